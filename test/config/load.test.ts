import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { defaultConfig } from '../../src/config/config.ts';
import { describeIssue } from '../../src/config/issue.ts';
import { loadConfig } from '../../src/config/load.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

let topLevel: string;
let userDirectory: string;
let packageDirectory: string;

beforeEach(() => {
  topLevel = temporaryDirectory();
  userDirectory = path.join(temporaryDirectory(), '.config');
  packageDirectory = temporaryDirectory();
  mkdirSync(userDirectory);
});

const load = (top: string | undefined = topLevel) =>
  loadConfig({ topLevel: top, userDirectory, packageDirectory });

/** Writes files below the top level, by their names. */
function put(files: Readonly<Record<string, string | Uint8Array>>, directory = topLevel): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(directory, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

async function issues(): Promise<readonly string[]> {
  return (await load()).issues.map(describeIssue);
}

describe('where configuration is found', () => {
  const json = '{"formats": ["json"]}';
  const yaml = 'formats:\n  - json\n';

  it.each([
    ['.mpmrc', json],
    ['.mpmrc', yaml],
    ['.mpmrc.json', json],
    ['.mpmrc.yaml', yaml],
    ['.mpmrc.yml', yaml],
    ['.config/mpmrc', yaml],
    ['.config/mpmrc.json', json],
    ['.config/mpmrc.yaml', yaml],
    ['.config/mpmrc.yml', yaml],
    ['package.json', `{"name": "x", "mpm": ${json}}`],
    ['.mpmrc', `\ufeff${yaml}`],
  ])('%s at the top level', async (name, content) => {
    put({ [name]: content });
    const { config, issues, sources } = await load();
    expect(issues).toEqual([]);
    expect(config).toEqual({ ...defaultConfig, formats: ['json'] });
    expect(sources.formats).toBe(`repository: ${name}`);
  });

  it.each(['mpmrc', 'mpmrc.json', 'mpmrc.yaml', 'mpmrc.yml'])(
    '%s in the directory of the user',
    async (name) => {
      put({ [name]: json }, userDirectory);
      for (const top of [topLevel, undefined]) {
        const { config, issues, sources } = await load(top);
        expect(issues).toEqual([]);
        expect(config.formats).toEqual(['json']);
        expect(sources.formats).toBe(`user: ${path.join(userDirectory, name)}`);
      }
    },
  );

  it('nowhere else', async () => {
    topLevel = path.join(topLevel, 'work-tree');
    put({ '.mpmrc': json }, path.dirname(topLevel));
    put({
      'sub/.mpmrc': json,
      mpmrc: json,
      'package.yaml': `mpm: ${json}`,
      '.config/config': json,
    });
    put({ '.mpmrc': json, 'mpm/config.json': json }, userDirectory);
    const { config, issues } = await load();
    expect(issues).toEqual([]);
    expect(config).toEqual(defaultConfig);
  });

  it('not at all when nothing is there, not even the directory of the user', async () => {
    const nowhere = path.join(topLevel, 'does', 'not', 'exist');
    const { config, issues } = await loadConfig({
      topLevel: nowhere,
      userDirectory: nowhere,
      packageDirectory,
    });
    expect({ config, issues }).toEqual({ config: defaultConfig, issues: [] });
  });

  it('the user wins over the repository', async () => {
    put({ '.mpmrc': 'formats: [json]' });
    put({ mpmrc: 'formats: [md, json]' }, userDirectory);
    expect((await load()).config.formats).toEqual(['md', 'json']);
  });

  it('a home directory that is a repository does not lose what only a user may set', async () => {
    userDirectory = path.join(topLevel, '.config');
    put({ '.config/mpmrc': 'guard: off\n' });
    const { config, issues } = await load();
    expect(config.guard).toBe('off');
    expect(issues).toEqual([]);
  });
});

describe('of several files', () => {
  it("the first in cosmiconfig's order is used, and the others are named", async () => {
    put({
      'package.json': '{"mpm": {"formats": ["json"]}}',
      '.mpmrc': 'formats: [md, json]',
      '.config/mpmrc.yml': 'formats: [json, yaml]',
    });
    const { config, issues } = await load();
    expect(config.formats).toEqual(['json']);
    expect(issues.map(describeIssue)).toEqual([
      '.mpmrc: has no effect, because package.json is used',
      '.config/mpmrc.yml: has no effect, because package.json is used',
    ]);
    expect(new Set(issues.map(({ severity }) => severity))).toEqual(new Set(['warning']));
  });

  it('one after it that is blank is not worth naming', async () => {
    put({ '.mpmrc': 'formats: [json]', '.mpmrc.yaml': ' \n' });
    expect(await load()).toMatchObject({ config: { formats: ['json'] }, issues: [] });
  });

  it.each([
    ['is blank', ' \n\t\n'],
    ['holds comments only', '# nothing yet\n'],
  ])('one that %s does not count', async (_, content) => {
    put({ '.mpmrc': content, '.mpmrc.yaml': 'formats: [json]' });
    const { config, issues } = await load();
    expect(issues).toEqual([]);
    expect(config.formats).toEqual(['json']);
  });

  it('one that cannot be parsed is reported and passed over', async () => {
    put({ '.mpmrc': 'formats: [', '.mpmrc.yaml': 'formats: [json]' });
    const { config, issues } = await load();
    expect(issues).toMatchObject([{ file: '.mpmrc', severity: 'error' }]);
    expect(config.formats).toEqual(['json']);
  });
});

describe('package.json', () => {
  it.each([
    ['of others', '{"name": "x"}'],
    ['of others, although it mentions us', '{"name": "mpm", "keywords": ["mpm"]}'],
    ['that is broken, and does not mention us', '{"name": '],
    ['with null for us', '{"mpm": null}'],
    ['that is a list', '["mpm"]'],
    ['that is a text', '"mpm"'],
    ['with another key of the name inherited', '{"__proto__": {"mpm": {"formats": ["json"]}}}'],
    ['that is very large', `{"name": "${'x'.repeat(100_000)}"}`],
  ])('%s says nothing', async (_, content) => {
    put({ 'package.json': content });
    const { config, issues } = await load();
    expect(issues).toEqual([]);
    expect(config).toEqual(defaultConfig);
  });

  it('is judged only in our part, with the lines of the file', async () => {
    put({
      'package.json':
        '{\n  "name": "x",\n  "name": "y",\n  "formats": 1,\n  "mpm": {\n    "formats": ["md", "json"],\n    "ofer": 1\n  }\n}',
    });
    const { config, issues } = await load();
    expect(config.formats).toEqual(['md', 'json']);
    expect(issues.map(describeIssue)).toEqual([
      "package.json line 7: unknown key 'ofer' (did you mean 'offer'?)",
    ]);
  });

  it('that mentions us and cannot be read is reported', async () => {
    put({ 'package.json': `{"x": "${'x'.repeat(70_000)}", "mpm": {}}` });
    expect(await issues()).toEqual([
      'package.json: not read, because it is larger than 65536 bytes',
    ]);
    put({ 'package.json': '{"mpm": {}' });
    expect(await issues()).toEqual(['package.json line 1: not valid JSON (column 11)']);
  });

  it('that is a link is reported when it mentions us, and never used', async () => {
    put({ elsewhere: '{"mpm": {"formats": ["json"]}}' });
    symlinkSync('elsewhere', path.join(topLevel, 'package.json'));
    const { config, issues } = await load();
    expect(issues.map(describeIssue)).toEqual([
      'package.json: not read, because it is a symbolic link',
    ]);
    expect(config).toEqual(defaultConfig);
    put({ elsewhere: '{"name": "x"}' });
    expect((await load()).issues).toEqual([]);
  });

  it('that is a directory is not ours', async () => {
    mkdirSync(path.join(topLevel, 'package.json'));
    expect(await issues()).toEqual([]);
  });

  /** Opening alone has effects with some devices, which a link can lead to. */
  it('that is no file is not even opened', async () => {
    execFileSync('mkfifo', [path.join(topLevel, 'package.json')]);
    const script = 'exec 3>package.json; touch somebody-opened-it';
    const writer = spawn('sh', ['-c', script], { cwd: topLevel, stdio: 'ignore' });
    onTestFinished(() => void writer.kill('SIGKILL'));
    await setTimeout(200);
    expect(await issues()).toEqual([]);
    await setTimeout(200);
    expect(existsSync(path.join(topLevel, 'somebody-opened-it'))).toBe(false);
  });
});

describe('problems', () => {
  it('are named with file and line, whatever the format', async () => {
    put({ '.mpmrc': '# mine\nformats: [md, json]\nofer:\n  mode: hint\n' });
    put({ 'mpmrc.json': '{\n  "formats": ["json"],\n  "guard": "of"\n}' }, userDirectory);
    expect(await issues()).toEqual([
      ".mpmrc line 3: unknown key 'ofer' (did you mean 'offer'?)",
      `${userDirectory}/mpmrc.json line 3: 'guard' must be one of block, off (did you mean 'off'?)`,
    ]);
  });

  it('a repository cannot weaken a protection', async () => {
    put({ '.mpmrc': 'guard: off\nwork:\n  ignored: true\n' });
    const { config, issues } = await load();
    expect(config).toEqual(defaultConfig);
    expect(issues).toMatchObject([
      { severity: 'warning', line: 1, key: 'guard' },
      { severity: 'warning', line: 3, key: 'work.ignored' },
    ]);
  });
});

describe('a file that is not what it should be', () => {
  const secret = 'password: hunter2';
  const place = (name: string) => path.join(topLevel, name);

  it.each<readonly [string, string, () => void]>([
    [
      'a link to a secret',
      'it is a symbolic link',
      () => {
        put({ secret }, packageDirectory);
        symlinkSync(path.join(packageDirectory, 'secret'), place('.mpmrc'));
      },
    ],
    [
      'a link to a good file beside it',
      'it is a symbolic link',
      () => {
        put({ good: 'formats: [json]' });
        symlinkSync('good', place('.mpmrc'));
      },
    ],
    ['a dangling link', 'it is a symbolic link', () => symlinkSync('nowhere', place('.mpmrc'))],
    ['a directory', 'it is a directory', () => mkdirSync(place('.mpmrc'))],
    ['a link to a directory', 'it is a symbolic link', () => symlinkSync('.', place('.mpmrc'))],
    [
      'larger than 64 KiB',
      'it is larger than 65536 bytes',
      () => put({ '.mpmrc': `formats: [json]\n#${'x'.repeat(65_536)}` }),
    ],
    [
      'not UTF-8',
      'it is not valid UTF-8',
      () => put({ '.mpmrc': Buffer.from('formats: [json] # \xe4', 'latin1') }),
    ],
    [
      'UTF-16',
      'it is not valid UTF-8',
      () => put({ '.mpmrc': Buffer.from('\ufeffformats: [json]', 'utf16le') }),
    ],
  ])('%s is refused, with the reason and nothing of the content', async (_, reason, make) => {
    make();
    const { config, issues } = await load();
    expect(issues.map(describeIssue)).toEqual([`.mpmrc: not read, because ${reason}`]);
    expect(issues).toMatchObject([{ severity: 'error' }]);
    expect(config).toEqual(defaultConfig);
  });

  it('a socket is refused for what it is', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(place('.mpmrc'), resolve));
    onTestFinished(() => void server.close());
    expect(await issues()).toEqual(['.mpmrc: not read, because it is a device or socket']);
  });

  it('exactly 64 KiB are read', async () => {
    put({ '.mpmrc': `formats: [json]\n#${'x'.repeat(65_536 - 17)}` });
    expect((await load()).config.formats).toEqual(['json']);
  });

  it('.config that is a link is not followed', async () => {
    put({ 'elsewhere/mpmrc': 'formats: [json]' });
    symlinkSync('elsewhere', place('.config'));
    const { config, issues } = await load();
    expect(config).toEqual(defaultConfig);
    expect(issues.map(describeIssue)).toEqual([
      '.config/mpmrc: not read, because .config is a symbolic link',
    ]);
    expect(issues).toMatchObject([{ severity: 'error' }]);
  });

  it('.config that is a link, but has nothing of ours, is nobody’s business', async () => {
    put({ 'elsewhere/other': '' });
    symlinkSync('elsewhere', place('.config'));
    expect(await issues()).toEqual([]);
  });

  it('.config that is a file or leads in a circle hides nothing and breaks nothing', async () => {
    put({ '.mpmrc': 'formats: [json]', '.config': 'a file' });
    expect(await load()).toMatchObject({ config: { formats: ['json'] }, issues: [] });
    execFileSync('rm', [place('.config')]);
    symlinkSync('.config', place('.config'));
    const { config, issues } = await load();
    expect(config.formats).toEqual(['json']);
    expect(issues).toMatchObject([{ severity: 'warning', what: expect.stringContaining('ELOOP') }]);
  });

  it('a directory of the user that cannot be searched is a warning, and the rest is used', async () => {
    userDirectory = path.join(userDirectory, 'x'.repeat(300));
    put({ '.mpmrc': 'formats: [json]' });
    const { config, issues } = await load();
    expect(config.formats).toEqual(['json']);
    expect(issues).toMatchObject([
      { severity: 'warning', file: userDirectory, what: expect.stringContaining('ENAMETOOLONG') },
    ]);
  });
});

describe('code', () => {
  const code = 'throw new Error("this must never run")';

  it.each(
    ['js', 'ts', 'cjs', 'mjs', 'cts', 'mts'].flatMap((ending) => [
      `.mpmrc.${ending}`,
      `mpm.config.${ending}`,
      `.config/mpmrc.${ending}`,
      `.config/config.${ending}`,
    ]),
  )('%s is named and not loaded', async (name) => {
    put({ [name]: code, '.mpmrc': 'formats: [json]' });
    const { config, issues } = await load();
    expect(config.formats).toEqual(['json']);
    expect(issues).toEqual([
      {
        ...{ severity: 'warning', file: name, line: undefined, key: undefined },
        what: 'code, which is never loaded',
      },
    ]);
  });

  it('of the user is named too', async () => {
    put({ 'mpmrc.js': code }, userDirectory);
    expect(await issues()).toEqual([`${userDirectory}/mpmrc.js: code, which is never loaded`]);
  });

  it('is no directory of the name', async () => {
    mkdirSync(path.join(topLevel, 'mpm.config.js'));
    expect(await issues()).toEqual([]);
  });
});
