import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  isIgnoredByTeam,
  negationsOver,
  proveIgnored,
  stagedBelow,
  trackedBelow,
} from '../../src/git/ignore.ts';
import { openRepository, type Repository } from '../../src/git/repository.ts';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { runProgram } from '../helpers/run.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

const directory = '.claude-mpm/sessions';
const probe = `${directory}/probe`;
const record = `${directory}/session-20260101-000000.json`;

async function open({ path: top, env }: TestRepository): Promise<Repository> {
  const found = await openRepository(top, env);
  if (found === undefined) throw new Error('not found');
  return found;
}

async function repositoryWith(files: Readonly<Record<string, string>>) {
  const test = createRepository();
  for (const [name, content] of Object.entries(files)) test.write(name, content);
  return { test, repository: await open(test) };
}

describe('the proof that sessions are ignored', () => {
  it.each<[string, Record<string, string>]>([
    ['by the directory itself', { [`${directory}/.gitignore`]: '*\n' }],
    ['by info/exclude', { '.git/info/exclude': `/${directory}/\n` }],
    ['by the root .gitignore', { '.gitignore': '.claude-mpm/\n' }],
    ['by one below', { '.claude-mpm/.gitignore': 'sessions\n' }],
  ])('holds %s', async (_, files) => {
    const { repository } = await repositoryWith(files);
    expect(await proveIgnored(repository, probe)).toEqual({ state: 'ignored' });
  });

  it('holds by the user’s own excludes file', async () => {
    const { test, repository } = await repositoryWith({});
    const file = path.join(test.home, 'ignored');
    writeFileSync(file, '.claude-mpm\n');
    test.git('config', '--global', 'core.excludesFile', file);
    expect(await proveIgnored(repository, probe)).toEqual({ state: 'ignored' });
  });

  it('holds for a tracked path, whatever the index says', async () => {
    const { test, repository } = await repositoryWith({ '.gitignore': `${directory}/\n` });
    test.write(probe, '');
    test.git('add', '--force', probe);
    expect(await proveIgnored(repository, probe)).toEqual({ state: 'ignored' });
  });

  it('is no proof when no rule says so', async () => {
    const { repository } = await repositoryWith({ '.gitignore': 'other\n' });
    expect(await proveIgnored(repository, probe)).toEqual({ state: 'exposed', rule: undefined });
  });

  it.each<[string, Record<string, string>, string, string]>([
    [
      'the root .gitignore',
      { '.git/info/exclude': `/${directory}/\n`, '.gitignore': '# ours\n!.claude-mpm/sessions/\n' },
      '.gitignore:2',
      '!.claude-mpm/sessions/',
    ],
    [
      'the .gitignore of the directory',
      { '.git/info/exclude': `${directory}/*\n`, [`${directory}/.gitignore`]: '*\n!pr*\n' },
      `${directory}/.gitignore:2`,
      '!pr*',
    ],
    [
      'info/exclude itself',
      { '.git/info/exclude': `/${directory}/\n!/${directory}/\n` },
      '.git/info/exclude:2',
      `!/${directory}/`,
    ],
  ])('is no proof against a negation in %s, which is named', async (_, files, source, pattern) => {
    // Rules for directories hold only for those that are there.
    const { repository } = await repositoryWith({ ...files, [record]: '{}' });
    expect(await proveIgnored(repository, probe)).toEqual({
      state: 'exposed',
      rule: { source, pattern },
    });
  });

  it('is of this work tree, not of where the program runs', async () => {
    const { test } = await repositoryWith({ 'below/.gitignore': '*\n' });
    const repository = await open(repositoryAt(path.join(test.path, 'below'), test.home));
    expect(await proveIgnored(repository, probe)).toEqual({ state: 'exposed', rule: undefined });
  });

  it('takes a path as it is, never for a pattern or an option', async () => {
    const { repository } = await repositoryWith({ '.gitignore': 'anything\n' });
    for (const odd of ['--help', '*', '[a]nything']) {
      expect((await proveIgnored(repository, odd)).state).toBe('exposed');
    }
  });

  it('cannot be had behind a symbolic link, and says why', async () => {
    const { test, repository } = await repositoryWith({ 'other/sessions/file': '' });
    symlinkSync('other', path.join(test.path, '.claude-mpm'));
    expect(await proveIgnored(repository, probe)).toEqual({
      state: 'unknown',
      reason: expect.stringMatching(/symbolic link/),
    });
  });
});

describe('a negation', () => {
  it.each<[string, Record<string, string>, string]>([
    ['in the root .gitignore', { '.gitignore': 'build\n!.claude-mpm/**\n' }, '.gitignore:2'],
    ['in one between', { '.claude-mpm/.gitignore': '!sessions/\n' }, '.claude-mpm/.gitignore:1'],
    ['in info/exclude', { '.git/info/exclude': '!.claude-mpm\n' }, '.git/info/exclude:1'],
  ])('%s is found where the directory ignores itself all the same', async (_, files, source) => {
    const own = { [`${directory}/.gitignore`]: '*\n', [record]: '{}' };
    const { repository } = await repositoryWith({ ...own, ...files });
    expect(await proveIgnored(repository, probe)).toEqual({ state: 'ignored' });
    expect((await negationsOver(repository, probe)).map((rule) => rule.source)).toContain(source);
  });

  it('in the user’s own excludes file is found, and named by its path', async () => {
    const { test, repository } = await repositoryWith({ [record]: '{}' });
    const file = path.join(test.home, 'ignored');
    writeFileSync(file, '\n!.claude-mpm/\n');
    test.git('config', '--global', 'core.excludesFile', file);
    expect(await negationsOver(repository, probe)).toEqual([
      { source: `${file}:2`, pattern: '!.claude-mpm/' },
    ]);
  });

  it('is none where nothing negates', async () => {
    const { repository } = await repositoryWith({ '.gitignore': `${directory}/\n!other\n` });
    expect(await negationsOver(repository, probe)).toEqual([]);
  });
});

describe('the root .gitignore', () => {
  const exclude = { '.git/info/exclude': `/${directory}/\n` };
  const inner = { [`${directory}/.gitignore`]: '*\n' };

  it.each([
    `/${directory}/`,
    `/${directory}`,
    directory,
    '.claude-mpm',
    '.claude-mpm/',
    '.claude-*',
    '.*/\r',
    '**/sessions',
  ])('ignores sessions for everybody by «%s»', async (rule) => {
    for (const files of [{}, inner, exclude]) {
      const { repository } = await repositoryWith({ ...files, '.gitignore': `x\n${rule}\ny\n` });
      expect(await isIgnoredByTeam(repository, probe)).toBe(true);
    }
  });

  it.each([
    ['nothing of them', 'build\n'],
    ['them in a comment', `#/${directory}/\n`],
    ['them, and takes it back', `/${directory}/\n!/${directory}/\n`],
    ['a name that only looks like it', '.claude-mpm-sessions\n'],
  ])('ignores %s', async (_, content) => {
    const { repository } = await repositoryWith({ ...inner, ...exclude, '.gitignore': content });
    expect(await isIgnoredByTeam(repository, probe)).toBe(false);
  });
});

describe('sessions that the next commit would hold', () => {
  const added = (test: TestRepository, name: string, content = '{}') => {
    test.write(name, content);
    test.git('add', '--force', name);
  };

  it('are those added or changed, in whatever letters', async () => {
    const test = createRepository();
    const repository = await open(test);
    added(test, record);
    expect(await stagedBelow(repository, directory)).toEqual([record]);
    test.commit('a mistake');
    expect(await stagedBelow(repository, directory)).toEqual([]);
    added(test, record, 'changed');
    added(test, '.Claude-MPM/sessions/ü\n');
    expect(await stagedBelow(repository, directory)).toEqual(['.Claude-MPM/sessions/ü\n', record]);
  });

  it('are not those removed, nor those only meant to be added', async () => {
    const test = createRepository();
    added(test, record);
    test.commit('a mistake');
    test.git('rm', '--quiet', '--cached', record);
    test.write(`${directory}/later`, '');
    test.git('add', '--force', '--intent-to-add', `${directory}/later`);
    expect(await stagedBelow(await open(test), directory)).toEqual([]);
  });

  it('may be a repository of its own, whatever the configuration hides', async () => {
    const test = createRepository();
    const oid = test.commit('first');
    test.git('config', 'diff.ignoreSubmodules', 'all');
    test.git('update-index', '--add', '--cacheinfo', `160000,${oid},${directory}`);
    expect(await stagedBelow(await open(test), directory)).toEqual([directory]);
  });
});

describe('sessions that git tracks', () => {
  /** What the index is like; `add` records the session files. */
  const indexes: Readonly<Record<string, (test: TestRepository, add: () => void) => void>> = {
    'version 2': (test, add) => {
      test.git('update-index', '--index-version', '2');
      add();
    },
    'version 3, for an intent to add': (test, add) => {
      add();
      test.write('later', '');
      test.git('add', '--intent-to-add', 'later');
    },
    'version 4, where paths share their beginnings': (test, add) => {
      test.write('.claude-mpm/sessionary', '');
      test.git('add', '--force', '.claude-mpm/sessionary');
      add();
      test.git('update-index', '--index-version', '4');
    },
    'a split index': (test, add) => {
      add();
      test.git('update-index', '--split-index');
    },
    'a split index, shared before': (test, add) => {
      test.git('update-index', '--split-index');
      add();
    },
    'an index with untracked cache': (test, add) => {
      test.git('update-index', '--force-untracked-cache');
      add();
      test.git('status');
    },
  };
  const versions = Object.entries(indexes);

  it.each(versions)('are found in %s', async (_, make) => {
    const test = createRepository();
    test.commit('first', { 'a/file': 'x', zz: 'x' });
    make(test, () => {
      test.write(record, '{}');
      test.write(`${directory}/ünï "x"\n`, '');
      test.git('add', '--force', '--', directory);
    });
    expect(await trackedBelow(await open(test), directory)).toEqual([
      record,
      `${directory}/ünï "x"\n`,
    ]);
  });

  it.each(versions)('are none in %s', async (_, make) => {
    const test = createRepository();
    test.commit('first', {
      'a/file': 'x',
      '.claude-mpm/other': 'x',
      '.claude-mpm/sessionsx/a': '',
    });
    make(test, () => {
      test.write(record, '{}'); // There, but not added.
      test.git('add', '--', 'a');
    });
    expect(await trackedBelow(await open(test), directory)).toEqual([]);
  });

  it('are found when only meant to be added', async () => {
    const test = createRepository();
    test.write(record, '{}');
    test.git('add', '--force', '--intent-to-add', record);
    expect(readFileSync(path.join(test.path, '.git/index')).readUInt32BE(4)).toBe(3);
    expect(await trackedBelow(await open(test), directory)).toEqual([record]);
  });

  it('are found, once each, when they are in conflict', async () => {
    const test = createRepository();
    test.commit('base');
    for (const side of ['one', 'two']) {
      test.git('switch', '--quiet', '-c', side, 'main');
      test.write(record, side);
      test.git('add', '--force', record);
      test.commit(side);
    }
    expect(() => test.git('merge', 'one')).toThrow();
    expect(new Set(await trackedBelow(await open(test), directory))).toEqual(new Set([record]));
  });

  it('are found behind a sparse index', async () => {
    const test = createRepository();
    test.write(record, '{}');
    test.git('add', '--force', record);
    test.commit('first', { 'kept/file': '', 'other/deep/file': '' });
    test.git('sparse-checkout', 'init', '--cone', '--sparse-index');
    test.git('sparse-checkout', 'set', 'kept');
    expect(readFileSync(path.join(test.path, '.git/index')).includes('sdir')).toBe(true);
    expect(await trackedBelow(await open(test), directory)).toEqual([record]);
  });

  it('are those of this work tree', async () => {
    const linked = createRepository({ layout: 'linked-worktree' });
    const main = repositoryAt(linked.outer, linked.home);
    main.write(record, '{}');
    main.git('add', '--force', record);
    expect(await trackedBelow(await open(main), directory)).toEqual([record]);
    expect(await trackedBelow(await open(linked), directory)).toEqual([]);
  });

  it('are found in other letters where the file system does not tell them apart', async () => {
    const test = createRepository();
    test.git('config', 'core.ignoreCase', 'true');
    const name = record.replace('claude-mpm/sessions', 'Claude-MPM/Sessions');
    test.write(name, '{}');
    test.git('add', '--force', name);
    expect(await trackedBelow(await open(test), directory)).toEqual([name]);
  });

  it('are none before anything was staged', async () => {
    expect(await trackedBelow(await open(createRepository()), directory)).toEqual([]);
  });

  it('are found whatever letters the directory has, and no pattern', async () => {
    const test = createRepository();
    const names = ['a*b/x', 'a[c]/x', 'ä/x', 'ac/x', 'aXb/x'];
    for (const name of names) test.write(name, '');
    test.git('add', '.');
    const repository = await open(test);
    for (const name of names) {
      expect(await trackedBelow(repository, path.dirname(name))).toEqual([name]);
    }
  });

  it('in an index that is damaged are a failure, not none', async () => {
    const test = createRepository();
    test.commit('first', { a: '' });
    const repository = await open(test);
    for (const content of ['', 'DIRC', 'DIRC\0\0\0\u{9}\0\0\0\0', 'x'.repeat(100)]) {
      writeFileSync(path.join(test.path, '.git/index'), content);
      await expect(trackedBelow(repository, directory)).rejects.toMatchObject({
        code: 'git-failed',
      });
    }
  });
});

describe('a pause', () => {
  async function warningsOf(test: TestRepository): Promise<readonly string[]> {
    const run = await runProgram(['--json', 'pause', 'x'], { cwd: test.path, env: test.env });
    expect(run.code, run.stderr).toBe(0);
    return (JSON.parse(run.stdout) as { data: { warnings: string[] } }).data.warnings;
  }

  it('leaves nothing that git would see, in every layout', async () => {
    for (const layout of ['plain', 'linked-worktree', 'submodule'] as const) {
      const test = createRepository({ layout });
      expect(await warningsOf(test)).toEqual([]);
      expect(test.git('status', '--porcelain', '--untracked-files=all')).toBe('');
      expect(test.git('add', '--all', '--dry-run')).toBe('');
    }
  });

  it.each(['!.claude-mpm/**', '!*', '!/.claude-mpm/sessions/'])(
    'is not exposed by «%s» in the root .gitignore',
    async (negation) => {
      const test = createRepository();
      test.commit('first', { '.gitignore': `build\n${negation}\n` });
      expect(await warningsOf(test)).toEqual([]);
      expect(test.git('status', '--porcelain', '--untracked-files=all')).toBe('');
    },
  );

  it('names the outermost rule that exposes its files, with file and line', async () => {
    const test = createRepository();
    test.write('.gitignore', '!.claude-mpm/sessions/\n');
    test.write(`${directory}/.gitignore`, '*\n!session*\n!probe\n');
    test.git('add', '--force', '.gitignore');
    test.commit('first');
    expect(await warningsOf(test)).toEqual([
      expect.stringMatching(/ \.gitignore:1 .*'!\.claude-mpm\/sessions\/'/),
    ]);
    expect(test.git('status', '--porcelain', '--untracked-files=all')).toMatch(/session-/);
  });

  it('warns of session files that git tracks, with the command that untracks them', async () => {
    const test = createRepository();
    test.write(record, '{}');
    test.git('add', '--force', record);
    test.commit('oops');
    expect(await warningsOf(test)).toEqual([
      expect.stringContaining('git rm -r --cached :/.claude-mpm/sessions'),
    ]);
    test.git('rm', '-r', '--cached', '--quiet', directory);
    test.commit('untracked');
    expect(await warningsOf(test)).toEqual([]);
  });

  it('writes its line once, in the one file of all work trees, and keeps what is there', async () => {
    const linked = createRepository({ layout: 'linked-worktree' });
    const file = path.join(linked.outer, '.git/info/exclude');
    writeFileSync(file, 'mine\r\nlast line');
    await warningsOf(linked);
    await warningsOf(linked);
    await warningsOf(repositoryAt(linked.outer, linked.home));
    expect(readFileSync(file, 'utf8')).toBe(`mine\r\nlast line\n/${directory}/\n`);
  });

  it('outside git asks nothing of git', async () => {
    const test = createRepository();
    const run = await runProgram(['pause', 'x'], { cwd: temporaryDirectory(), env: test.env });
    expect(run.code, run.stderr).toBe(0);
  });
});
