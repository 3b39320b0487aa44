import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigLayer, defaultConfig, resolveConfig } from '../../src/config/config.ts';
import { describeIssue } from '../../src/config/issue.ts';
import { configKeys, settings } from '../../src/config/settings.ts';

const repository = (value: unknown): ConfigLayer => ({
  from: 'repository',
  file: '.mpmrc',
  value,
  lineOf: () => 3,
});
const user = (value: unknown): ConfigLayer => ({
  from: 'user',
  file: '/home/me/.config/mpmrc',
  value,
  lineOf: () => 7,
});
const everything = new Set(configKeys);

const told = (layers: readonly ConfigLayer[], supported = everything) =>
  resolveConfig(layers, supported).issues.map(describeIssue);

describe('defaults', () => {
  it('are what the contract says', () => {
    expect(defaultConfig).toEqual({
      'offer.mode': 'auto',
      'offer.timeout': 30_000,
      'offer.ignoreBranches': [],
      autoPause: 'off',
      formats: ['md', 'json', 'yaml'],
      'work.save': true,
      'work.untracked': true,
      'work.ignored': false,
      'work.maxFileSize': 10_000_000,
      'work.maxTotalSize': 200_000_000,
      'work.exclude': expect.arrayContaining(['.env*', '*.pem', 'id_*', '.aws/']),
      'ignore.gitignore': true,
      guard: 'block',
      'retention.keep': 'all',
      'retention.maxAge': 'forever',
      agents: 'auto',
    });
  });

  it('hold where no file says anything', () => {
    for (const nothing of [undefined, null, {}, { offer: null, work: {} }]) {
      const resolved = resolveConfig([repository(nothing), user(nothing)], everything);
      expect(resolved.config).toEqual(defaultConfig);
      expect(resolved.issues).toEqual([]);
      expect(new Set(Object.values(resolved.sources))).toEqual(new Set(['default']));
    }
  });
});

describe('merging', () => {
  it('lets the user win over the repository, key by key', () => {
    const { config, issues, sources } = resolveConfig(
      [
        repository({ offer: { mode: 'hint', timeout: '5s' }, formats: ['json'] }),
        user({ offer: { mode: 'off' }, guard: 'off' }),
      ],
      everything,
    );
    expect(issues).toEqual([]);
    expect(config).toEqual({
      ...defaultConfig,
      'offer.mode': 'off',
      'offer.timeout': 5000,
      formats: ['json'],
      guard: 'off',
    });
    expect(sources).toMatchObject({
      'offer.mode': 'user: /home/me/.config/mpmrc',
      'offer.timeout': 'repository: .mpmrc',
      'work.save': 'default',
    });
  });

  it('adds what a repository excludes to the default, without repetition', () => {
    const { config, sources } = resolveConfig(
      [repository({ work: { exclude: ['build/', '.env*'] } })],
      everything,
    );
    expect(config['work.exclude']).toEqual([...defaultConfig['work.exclude'], 'build/']);
    expect(sources['work.exclude']).toBe('default + repository: .mpmrc');
  });

  it('keeps what a repository excludes when the user has a list of their own', () => {
    const { config, sources } = resolveConfig(
      [repository({ work: { exclude: ['build/'] } }), user({ work: { exclude: ['*.iso'] } })],
      everything,
    );
    expect(config['work.exclude']).toEqual(['*.iso', 'build/']);
    expect(sources['work.exclude']).toBe('user: /home/me/.config/mpmrc + repository: .mpmrc');
  });

  it('reads every kind of value', () => {
    const { config, issues } = resolveConfig(
      [
        user({
          offer: { ignoreBranches: ['main', 'release/*'] },
          autoPause: 'switch',
          work: { save: false, maxFileSize: '1MiB' },
          ignore: { gitignore: false },
          retention: { keep: 5, maxAge: '30d' },
          agents: ['codex', 'claude-code'],
        }),
      ],
      everything,
    );
    expect(issues).toEqual([]);
    expect(config).toMatchObject({
      'offer.ignoreBranches': ['main', 'release/*'],
      autoPause: 'switch',
      'work.save': false,
      'work.maxFileSize': 1_048_576,
      'ignore.gitignore': false,
      'retention.keep': 5,
      'retention.maxAge': 2_592_000_000,
      agents: ['claude-code', 'codex'],
    });
  });
});

describe('a repository', () => {
  const mayNotSet = configKeys.filter((key) => settings[key].repository === 'never');

  it('may set only what weakens no protection', () => {
    expect(mayNotSet).toEqual([
      'work.save',
      'work.untracked',
      'work.ignored',
      'work.maxFileSize',
      'work.maxTotalSize',
      'guard',
      'retention.keep',
      'retention.maxAge',
      'agents',
    ]);
  });

  it.each(mayNotSet)('that sets %s is reported, and has no effect', (key) => {
    const [group, member] = key.split('.');
    const { kind } = settings[key];
    const other = [false, true, 'off', 1, '1s', '1B'].find((value) => kind.read(value).ok);
    expect(other).toBeDefined();
    const written =
      member === undefined ? { [key]: other } : { [group ?? '']: { [member]: other } };
    const { config, issues, sources } = resolveConfig([repository(written)], everything);
    expect(config).toEqual(defaultConfig);
    expect(sources[key]).toBe('default');
    expect(issues).toMatchObject([{ severity: 'warning', key, line: 3, file: '.mpmrc' }]);
    expect(resolveConfig([user(written)], everything).issues).toEqual([]);
  });
});

describe('in this version', () => {
  it('what decides about offers, hooks and files has an effect', () => {
    expect(configKeys.filter((key) => settings[key].supported)).toEqual([
      ...['offer.mode', 'offer.timeout', 'offer.ignoreBranches', 'autoPause', 'formats'],
      ...['ignore.gitignore', 'guard'],
    ]);
  });

  it('a setting whose feature is not there is refused, and its default used', () => {
    const { config, issues } = resolveConfig([user({ retention: { keep: 5 } })]);
    expect(config).toEqual(defaultConfig);
    expect(issues.map(describeIssue)).toEqual([
      "/home/me/.config/mpmrc line 7: 'retention.keep' is not supported by this version yet",
    ]);
    expect(issues).toMatchObject([{ severity: 'error' }]);
  });

  it('its value is judged all the same', () => {
    expect(resolveConfig([user({ retention: { keep: 'al' } })]).issues.map(describeIssue)).toEqual([
      "/home/me/.config/mpmrc line 7: 'retention.keep' must be all, or a whole number, 0 or more (did you mean 'all'?)",
    ]);
  });

  it('formats is honoured', () => {
    expect(resolveConfig([repository({ formats: ['md', 'json'] })]).config.formats).toEqual([
      'md',
      'json',
    ]);
  });
});

describe('wrong keys', () => {
  it.each([
    [{ ofer: { mode: 'hint' } }, "unknown key 'ofer' (did you mean 'offer'?)"],
    [{ 'ofer.mode': 'hint' }, "unknown key 'ofer.mode' (did you mean 'offer.mode'?)"],
    [{ offer: { mod: 'hint' } }, "unknown key 'offer.mod' (did you mean 'offer.mode'?)"],
    [
      { 'offer.mode': 'hint' },
      "'offer.mode' must be written nested (did you mean 'offer: {mode: …}'?)",
    ],
    [{ maxFileSize: '1MB' }, "unknown key 'maxFileSize' (did you mean 'work.maxFileSize'?)"],
    [{ offer: { formats: ['md'] } }, "unknown key 'offer.formats' (did you mean 'formats'?)"],
    [{ Formats: ['md'] }, "unknown key 'Formats' (did you mean 'formats'?)"],
    [{ somethingElse: 1 }, "unknown key 'somethingElse'"],
    [{ '': 1 }, 'unknown key ""'],
    [{ $import: './evil.cjs' }, "'$import': a configuration file cannot import another"],
    [{ offer: { $import: 'x' } }, "'offer.$import': a configuration file cannot import another"],
  ])('%j: %s', (written, message) => {
    expect(told([repository(written)])).toEqual([`.mpmrc line 3: ${message}`]);
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    '%s is an unknown key like any other and pollutes nothing',
    (name) => {
      const written: unknown = JSON.parse(
        `{"${name}": {"polluted": true, "formats": ["json"]}, "offer": {"${name}": {"polluted": true}}}`,
      );
      const { config, issues, sources } = resolveConfig(
        [repository(written), user(written)],
        everything,
      );
      expect(issues.map(({ what }) => what)).toEqual([
        `unknown key '${name}'`,
        `unknown key 'offer.${name}'`,
        `unknown key '${name}'`,
        `unknown key 'offer.${name}'`,
      ]);
      expect(config).toEqual(defaultConfig);
      expect(Object.getPrototypeOf(config)).toBe(Object.prototype);
      expect(Object.keys(sources)).toEqual(configKeys);
      expect('polluted' in {}).toBe(false);
    },
  );

  it('are shown without what a terminal would obey, and cut', () => {
    const [hostile, long] = told([
      repository({ 'a\u001b]52;c;x\u0007\u202eb\u200b\u{e0041}': 1, ['k'.repeat(200)]: 1 }),
    ]);
    expect(hostile).toBe(
      '.mpmrc line 3: unknown key "a\\u001b]52;c;x\\u0007\\u202eb\\u200b\\u{e0041}"',
    );
    expect(long).toBe(`.mpmrc line 3: unknown key '${'k'.repeat(60)}…'`);
  });

  it('are not reported by the thousand', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, 1]));
    const { config, issues } = resolveConfig([repository({ ...many, formats: ['json'] })]);
    expect(issues).toHaveLength(21);
    expect(issues.at(-1)?.what).toBe('too much is wrong; what follows was not judged');
    expect(config).toEqual(defaultConfig);
  });
});

describe('wrong values', () => {
  it.each([
    [{ formats: 'md' }, "'formats' must be a list of one or more of md, json, yaml"],
    [{ formats: [] }, "'formats' must be a list of one or more of md, json, yaml"],
    [{ formats: null }, "'formats' must be a list of one or more of md, json, yaml"],
    [
      { offer: { timeout: 30 } },
      "'offer.timeout' must be a duration such as 30s (units: ms, s, m, h, d), from 1s to 10m",
    ],
    [
      { offer: { timeout: '11m' } },
      "'offer.timeout' must be a duration such as 30s (units: ms, s, m, h, d), from 1s to 10m",
    ],
    [{ offer: 'hint' }, "'offer' must hold keys with their values"],
    [{ offer: ['mode'] }, "'offer' must hold keys with their values"],
  ])('%j: %s', (written, message) => {
    const { config, issues } = resolveConfig([user(written)], everything);
    expect(issues.map(describeIssue)).toEqual([`/home/me/.config/mpmrc line 7: ${message}`]);
    expect(issues).toMatchObject([{ severity: 'error' }]);
    expect(config).toEqual(defaultConfig);
  });

  it.each(['text', 7, true, ['formats']])('a file that holds only %j', (written) => {
    expect(told([repository(written)])).toEqual([
      '.mpmrc line 3: must hold keys with their values',
    ]);
  });

  it('are never quoted', () => {
    const secret = 'hunter2';
    const written = {
      ...{ offer: { mode: secret, timeout: secret, ignoreBranches: secret } },
      ...{ formats: [secret], guard: secret, agents: [secret], work: { save: secret } },
    };
    const issues = [repository, user].flatMap((layer) => resolveConfig([layer(written)]).issues);
    expect(issues).toHaveLength(14);
    expect(JSON.stringify(issues)).not.toContain(secret);
  });

  it('are located at the entry of the list', () => {
    const lineOf = (path: readonly (string | number)[]) => (path.at(-1) === 1 ? 5 : 4);
    const { issues } = resolveConfig([{ ...repository({ formats: ['md', 'xml'] }), lineOf }]);
    expect(issues).toMatchObject([{ line: 5, key: 'formats' }]);
  });

  it('json left out of formats is written all the same, and said', () => {
    const { config, issues } = resolveConfig([repository({ formats: ['md', 'md'] })]);
    expect(config.formats).toEqual(['md', 'json']);
    expect(issues.map(describeIssue)).toEqual([
      ".mpmrc line 3: 'formats': json cannot be left out",
    ]);
  });
});

it('never throws, and always gives a whole configuration', () => {
  const name = fc.oneof(
    fc.constantFrom('offer', 'work', 'mode', 'formats', 'exclude', '__proto__', 'constructor'),
    fc.string(),
  );
  const anything = fc.anything({
    key: name,
    withNullPrototype: true,
    withDate: true,
    withMap: true,
  });
  fc.assert(
    fc.property(anything, anything, (first, second) => {
      const { config, issues } = resolveConfig([repository(first), user(second)], everything);
      expect(Object.keys(config)).toEqual(configKeys);
      for (const key of configKeys) expect(config[key]).toBeDefined();
      expect(config.formats).toContain('json');
      for (const issue of issues)
        expect(describeIssue(issue)).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
    }),
    { numRuns: 1000 },
  );
});
