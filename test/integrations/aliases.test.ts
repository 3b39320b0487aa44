import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isOnPath, planAliases, removeAliases } from '../../src/integrations/aliases.ts';
import { list } from '../e2e/program.ts';
import { createRepository } from '../helpers/repository.ts';
import { runCommand } from '../helpers/run.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

const dist = fileURLToPath(new URL('../../dist/bin', import.meta.url));

const nothing = () => [];
const never = () => false;
const installed = { kind: 'installed', nodePath: process.execPath, directory: dist } as const;
const npx = { kind: 'npx', version: '0.1.0' } as const;

function valuesOf(target: Parameters<typeof planAliases>[0]['target']) {
  const { edits } = planAliases({ target, isFound: never, configured: nothing });
  return new Map(edits.map((edit) => [edit.target, edit.after[0] ?? '']));
}

/** What somebody may have made of ours. */
const changed: readonly (readonly [RegExp, string])[] = [
  [/$/, ' --quiet'],
  [/$/, '; rm -rf x'],
  [/$/, '\nsecond line'],
  [/ >&2; exit 1/, ' >&2; exit 0'],
  [/\.js &&/, '.js; x &&'],
];

describe('aliases', () => {
  it('stand for every subcommand of git that the package has, and for nothing else', () => {
    const manifest = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    ) as { bin: Record<string, string> };
    const bins = Object.keys(manifest.bin).filter((name) => name.startsWith('git-'));
    const expected = bins.map((name) => name.replace('git-', 'alias.'));
    expect([...valuesOf(installed).keys()].sort()).toEqual(expected.sort());
    for (const name of bins) {
      expect(valuesOf(installed).get(name.replace('git-', 'alias.'))).toContain(`${name}.js`);
    }
  });

  it('are made only for those that git does not find by itself', () => {
    const isFound = (name: string) => name === 'mpm-pause';
    const { edits } = planAliases({ target: installed, isFound, configured: nothing });
    expect(edits.map(({ target }) => target)).not.toContain('alias.mpm-pause');
    expect(edits).not.toHaveLength(0);
  });

  it.each(['local', 'global'])('leave a %s one of the user’s, and say so', (scope) => {
    const configured = (key: string) =>
      key === 'alias.mpm-pause' ? [{ scope, value: '!my own' }] : [];
    const { edits, notes } = planAliases({ target: installed, isFound: never, configured });
    expect(edits.map(({ target }) => target)).not.toContain('alias.mpm-pause');
    expect(notes.join()).toMatch(/alias\.mpm-pause is an alias of your own/);
  });

  it.each([
    ['a program', installed],
    ['a program with a quote and blanks in its path', { ...installed, directory: "/it's/a b" }],
    ['npx', npx],
  ])('are known again: %s', (_, target) => {
    const values = valuesOf(target);
    const local = (key: string) => [{ scope: 'local', value: values.get(key) ?? '' }];
    const again = planAliases({ target, isFound: never, configured: local });
    expect(again).toEqual({ edits: [], notes: [] });
    const other = planAliases({
      target: { ...installed, directory: '/elsewhere' },
      isFound: never,
      configured: local,
    });
    expect(other.edits).toHaveLength(values.size);
    const removed = removeAliases((key) => [values.get(key) ?? '']);
    expect(removed.map(({ after }) => after)).toEqual([...values].map(() => []));
  });

  it.each([
    '!node /x/git-mpm-pause.js',
    '!cd "./$GIT_PREFIX" && exec node /x/git-mpm-pause.js --quiet',
    'log',
    ...changed.map(([from, to]) =>
      (valuesOf(installed).get('alias.mpm-pause') ?? '').replace(from, to),
    ),
  ])('of the user’s are not taken out: %s', (value) => {
    expect(removeAliases(() => [value])).toEqual([]);
  });

  it('whose program is gone say so in one line', async () => {
    const gone = path.join(temporaryDirectory(), 'node_modules/mpm-session/dist/bin');
    const repository = createRepository();
    for (const [key, value] of valuesOf({ ...installed, directory: gone })) {
      repository.git('config', '--local', key, value);
    }
    const { path: cwd, env } = repository;
    const run = await runCommand({ program: 'git', args: ['mpm-pause', 'x'], cwd, env });
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(/^mpm-session is not installed here any more: .*\n$/);
    expect(run.stderr.match(/\n/g)).toHaveLength(1);
  });

  it('run the program where the user is, whatever its path, in any work tree', async () => {
    const odd = path.join(temporaryDirectory(), `it's "a" $HOME path`);
    symlinkSync(dist, odd);
    const repository = createRepository({ layout: 'linked-worktree' });
    for (const [key, value] of valuesOf({ ...installed, directory: odd })) {
      repository.git('config', '--local', key, value);
    }
    repository.write('below/deep/file', '');
    const cwd = path.join(repository.path, 'below/deep');
    for (const [place, message] of [
      [cwd, "it's two words"],
      [repository.outer, 'outer'],
    ] as const) {
      const args = ['mpm-pause', message, '--export', 'copy.json'];
      const run = await runCommand({ program: 'git', args, cwd: place, env: repository.env });
      expect(run).toMatchObject({ code: 0 });
      const copy = JSON.parse(readFileSync(path.join(place, 'copy.json'), 'utf8')) as {
        active_context: unknown;
      };
      expect(copy.active_context).toMatchObject({ working_directory: place });
    }
    const messages = (await list(repository)).map((row) => row.message);
    expect(messages.sort()).toEqual(["it's two words", 'outer']);
  });
});

describe('a subcommand', () => {
  const workTree = path.resolve('/nowhere/at/all');

  it('is on PATH in a directory of its own, not in one that is there only while npm runs', () => {
    const base = temporaryDirectory();
    const env = (...directories: string[]) => ({ PATH: directories.join(path.delimiter) });
    const has = (directory: string) => {
      mkdirSync(directory, { recursive: true });
      symlinkSync(path.join(dist, 'git-mpm-pause.js'), path.join(directory, 'git-mpm-pause'));
      return directory;
    };
    const plain = has(path.join(base, 'bin'));
    const local = has(path.join(base, 'project/node_modules/.bin'));
    const cache = has(path.join(base, '.npm/_npx/0123/bin'));
    const inside = has(path.join(base, 'work/bin'));
    const found = (...directories: string[]) =>
      isOnPath('mpm-pause', env(...directories), path.join(base, 'work'));
    expect(found(plain)).toBe(true);
    expect(found(local, cache, inside)).toBe(false);
    expect(found(local, cache, inside, plain)).toBe(true);
    expect(isOnPath('mpm-pause', env('bin', '.'), workTree)).toBe(false);
    expect(isOnPath('mpm-pause', {}, workTree)).toBe(false);
    expect(isOnPath('mpm-resume', env(plain), workTree)).toBe(false);
  });
});
