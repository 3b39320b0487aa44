import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { discoverLayout, operationIn, readIndex, usesReftable } from '../../src/git/layout.ts';
import { ask, openRepository } from '../../src/git/repository.ts';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { runProgram } from '../helpers/run.ts';
import { type Env, hermeticEnv, temporaryDirectory, temporaryHome } from '../helpers/temporary.ts';
import { canary } from './canary.ts';

/** What git itself says at a place: the judge of everything here. */
function layoutByGit(directory: string, env: Env) {
  const place = { ...repositoryAt(directory, env['HOME'] ?? ''), env };
  const one = (option: string) =>
    place.git('rev-parse', '--path-format=absolute', option).slice(0, -1);
  return {
    topLevel: one('--show-toplevel'),
    gitDir: one('--absolute-git-dir'),
    commonDir: one('--git-common-dir'),
  };
}

async function layoutAt(directory: string, env: Env) {
  return (await openRepository(directory, env))?.layout;
}

function committed(options: Parameters<typeof createRepository>[0] = {}): TestRepository {
  const repository = createRepository(options);
  if (options.layout !== 'bare') repository.commit('first', { 'deep/er/file': 'x' });
  return repository;
}

describe('a work tree is found as git finds it', () => {
  it.each(['plain', 'linked-worktree', 'submodule'] as const)(
    'in a %s, at its top and below, without asking git',
    async (layout) => {
      const { path: top, env } = committed({ layout });
      for (const directory of [top, path.join(top, 'deep'), path.join(top, 'deep/er')]) {
        const expected = layoutByGit(directory, env);
        expect(expected.topLevel).toBe(top);
        expect(await layoutAt(directory, env)).toEqual(expected);
      }
      const kinds = { plain: 'found', 'linked-worktree': 'found', submodule: 'ask-git' };
      expect(discoverLayout(top, env).kind).toBe(kinds[layout]);
    },
  );

  it.each(['sha256', 'sha1'] as const)('with %s object ids', async (objectFormat) => {
    const { path: top, env } = committed({ objectFormat });
    expect(await layoutAt(top, env)).toEqual(layoutByGit(top, env));
  });

  it('without a commit', async () => {
    const { path: top, env } = createRepository();
    expect(await layoutAt(top, env)).toEqual(layoutByGit(top, env));
  });

  it('in the innermost of nested repositories', async () => {
    const { path: top, env, home } = committed();
    const inner = path.join(top, 'deep/inner');
    repositoryAt(top, home).git('init', '--quiet', inner);
    expect((await layoutAt(inner, env))?.topLevel).toBe(inner);
    expect(await layoutAt(inner, env)).toEqual(layoutByGit(inner, env));
  });

  it('behind a .git file, with an absolute or a relative path in it', async () => {
    const { path: top, env } = committed();
    renameSync(path.join(top, '.git'), path.join(top, '../moved away'));
    for (const target of [path.join(path.dirname(top), 'moved away'), '../moved away']) {
      writeFileSync(path.join(top, '.git'), `gitdir: ${target}\n`);
      expect((await layoutAt(top, env))?.gitDir).toBe(path.join(path.dirname(top), 'moved away'));
      expect(await layoutAt(path.join(top, 'deep'), env)).toEqual(layoutByGit(top, env));
    }
  });

  it.each([
    ['Windows line ends', (target: string) => `gitdir: ${target}\r\n`],
    ['no line end', (target: string) => `gitdir: ${target}`],
    ['several line ends', (target: string) => `gitdir: ${target}\n\n`],
  ])('behind a .git file with %s', async (_, content) => {
    const { path: top, env } = committed();
    renameSync(path.join(top, '.git'), path.join(top, '../moved'));
    writeFileSync(path.join(top, '.git'), content('../moved'));
    expect(await layoutAt(top, env)).toEqual(layoutByGit(top, env));
  });

  it('behind a .git that is a symbolic link', async () => {
    const { path: top, env } = committed();
    renameSync(path.join(top, '.git'), path.join(top, '../elsewhere'));
    symlinkSync('../elsewhere', path.join(top, '.git'));
    expect(await layoutAt(top, env)).toEqual(layoutByGit(top, env));
  });

  it('where core.worktree puts it', async () => {
    const { path: top, env, git } = committed();
    const elsewhere = temporaryDirectory();
    git('config', 'core.worktree', elsewhere);
    expect(layoutByGit(top, env).topLevel).toBe(elsewhere);
    expect(await layoutAt(top, env)).toEqual(layoutByGit(top, env));
    const gitDir = path.join(top, '.git');
    const explicit = { ...env, GIT_DIR: gitDir };
    expect(await layoutAt(elsewhere, explicit)).toEqual({
      topLevel: elsewhere,
      gitDir,
      commonDir: gitDir,
    });
  });

  it('where config.worktree puts it, for that work tree alone', async () => {
    const main = committed();
    const linked = path.join(path.dirname(main.path), 'linked');
    main.git('worktree', 'add', '--quiet', linked);
    main.git('config', 'extensions.worktreeConfig', 'true');
    main.git('config', '--worktree', 'core.worktree', main.path);
    for (const directory of [main.path, linked]) {
      expect((await layoutAt(directory, main.env))?.topLevel).toBe(directory);
      expect(await layoutAt(directory, main.env)).toEqual(layoutByGit(directory, main.env));
    }
  });

  it('in a work tree of a bare main repository', async () => {
    const { path: bare, env, git, home } = committed({ layout: 'bare' });
    const tree = git('hash-object', '-t', 'tree', '-w', '/dev/null').trim();
    git('update-ref', 'refs/heads/main', git('commit-tree', '-m', 'first', tree).trim());
    const top = path.join(temporaryDirectory(), 'work');
    git('worktree', 'add', '--quiet', top, 'main');
    expect(await layoutAt(top, env)).toEqual(layoutByGit(top, env));
    expect((await layoutAt(top, env))?.commonDir).toBe(bare);
    expect(repositoryAt(top, home).git('status', '--porcelain')).toBe('');
  });

  it.each(['no', '0', 'off', 'FALSE', 'false # really'])(
    'when core.bare is «%s»',
    async (value) => {
      const { path: top, env } = committed();
      writeFileSync(path.join(top, '.git/config'), `[core]\n\tbare = ${value}\n`);
      expect(await layoutAt(top, env)).toEqual(layoutByGit(top, env));
    },
  );

  it('when its path has blanks, quotes, a line end and letters beyond ASCII', async () => {
    const { path: top, env } = committed();
    const odd = path.join(path.dirname(top), ' “odd”\n\'"$(x)\u0300 ');
    renameSync(top, odd);
    expect((await layoutAt(odd, env))?.topLevel).toBe(odd);
    // Now git has to be asked.
    writeFileSync(path.join(odd, '.git/config'), '[core]\n\tbare = no\n');
    expect((await layoutAt(path.join(odd, 'deep'), env))?.topLevel).toBe(odd);
    expect((await layoutAt(path.join(odd, 'deep'), env))?.gitDir).toBe(path.join(odd, '.git'));
  });
});

describe('an explicit place', () => {
  it('is GIT_DIR with GIT_WORK_TREE, wherever one stands, also relative', async () => {
    const { path: top, env } = committed();
    const gitDir = path.join(path.dirname(top), 'apart');
    renameSync(path.join(top, '.git'), gitDir);
    const expected = { topLevel: top, gitDir, commonDir: gitDir };
    const absolute = { ...env, GIT_DIR: gitDir, GIT_WORK_TREE: top };
    expect(await layoutAt(path.join(top, 'deep'), absolute)).toEqual(expected);
    const relative = { ...env, GIT_DIR: '../apart', GIT_WORK_TREE: '.' };
    expect(await layoutAt(top, relative)).toEqual(expected);
    const outside = await openRepository(temporaryDirectory(), absolute);
    expect(outside?.layout).toEqual(expected);
  });

  it('stays the place for every git that is asked later', async () => {
    const { path: top, env } = committed();
    const gitDir = path.join(path.dirname(top), 'apart');
    renameSync(path.join(top, '.git'), gitDir);
    const repository = await openRepository(top, {
      ...env,
      GIT_DIR: '../apart',
      GIT_WORK_TREE: '.',
    });
    if (repository === undefined) throw new Error('not found');
    const answer = await ask(repository, ['rev-parse', '--absolute-git-dir', '--show-toplevel']);
    expect(answer.stdout.toString()).toBe(`${gitDir}\n${top}\n`);
  });

  it('that is none is an error, never a search elsewhere', async () => {
    const { path: top, env } = committed();
    const none = { ...env, GIT_DIR: path.join(top, 'deep') };
    await expect(openRepository(top, none)).rejects.toMatchObject({ code: 'git-failed' });
  });

  it('that is bare is refused', async () => {
    const { path: bare, env } = committed({ layout: 'bare' });
    const explicit = { ...env, GIT_DIR: bare };
    await expect(openRepository(temporaryDirectory(), explicit)).rejects.toMatchObject({
      code: 'bare-repository',
    });
  });
});

describe('no repository', () => {
  it('is around an ordinary directory', async () => {
    const directory = temporaryDirectory();
    const env = hermeticEnv(temporaryHome());
    expect(discoverLayout(directory, env)).toEqual({ kind: 'none' });
    expect(await layoutAt(directory, env)).toBeUndefined();
  });

  it('is looked for above GIT_CEILING_DIRECTORIES', async () => {
    const { path: top, env } = committed();
    const below = path.join(top, 'deep/er');
    expect(await layoutAt(below, { ...env, GIT_CEILING_DIRECTORIES: top })).toBeUndefined();
    const above = { ...env, GIT_CEILING_DIRECTORIES: path.dirname(top) };
    expect((await layoutAt(below, above))?.topLevel).toBe(top);
  });

  it.each([
    ['an empty .git directory', (dotGit: string) => mkdirSync(dotGit)],
    ['an empty .git file', (dotGit: string) => writeFileSync(dotGit, '')],
    [
      'a .git file that points nowhere',
      (dotGit: string) => writeFileSync(dotGit, 'gitdir: no/where\n'),
    ],
    ['a .git link that points nowhere', (dotGit: string) => symlinkSync('no/where', dotGit)],
  ])('is %s', async (_, make) => {
    const directory = temporaryDirectory();
    make(path.join(directory, '.git'));
    expect(await layoutAt(directory, hermeticEnv(temporaryHome()))).toBeUndefined();
  });

  it('is an unfinished .git directory, so that the one around it counts', async () => {
    const { path: top, env } = committed();
    mkdirSync(path.join(top, 'deep/.git'));
    expect(await layoutAt(path.join(top, 'deep'), env)).toEqual(layoutByGit(top, env));
  });

  it('is a directory that only has the names of one in it', async () => {
    const { path: top, env } = committed();
    for (const name of ['HEAD', 'objects', 'refs']) mkdirSync(path.join(top, 'deep', name));
    expect(layoutByGit(path.join(top, 'deep'), env).topLevel).toBe(top);
    expect((await layoutAt(path.join(top, 'deep'), env))?.topLevel).toBe(top);
  });
});

describe('a repository without a work tree is refused', () => {
  it.each([{}, { GIT_CEILING_DIRECTORIES: '/nowhere' }])('a bare one, with %j', async (extra) => {
    const { path: bare, env } = committed({ layout: 'bare' });
    for (const directory of [bare, path.join(bare, 'refs')]) {
      await expect(openRepository(directory, { ...env, ...extra })).rejects.toMatchObject({
        code: 'bare-repository',
      });
    }
  });

  it('one whose configuration says so, although it has a .git', async () => {
    const { path: top, env, git } = committed();
    git('config', 'core.bare', 'true');
    await expect(openRepository(top, env)).rejects.toMatchObject({ code: 'bare-repository' });
  });

  it.each([{}, { GIT_CEILING_DIRECTORIES: '/nowhere' }])('inside .git, with %j', async (extra) => {
    const { path: top, env } = committed();
    for (const name of ['.git', '.git/refs/heads', '.git/hooks']) {
      mkdirSync(path.join(top, name), { recursive: true });
      await expect(
        openRepository(path.join(top, name), { ...env, ...extra }),
      ).rejects.toMatchObject({ code: 'inside-git-directory' });
    }
  });

  it('inside the git directory of a linked work tree or of a submodule', async () => {
    for (const layout of ['linked-worktree', 'submodule'] as const) {
      const { path: top, env } = committed({ layout });
      const { gitDir } = layoutByGit(top, env);
      await expect(openRepository(gitDir, env)).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:inside-git-directory|bare-repository)$/),
      });
    }
  });
});

describe('a bare repository that a checkout brought along', () => {
  /** Its configuration would have git run a program. */
  function embedded() {
    const outer = committed();
    const trap = canary();
    const directory = path.join(outer.path, 'docs/example');
    outer.git('init', '--quiet', '--bare', directory);
    outer.git(`--git-dir=${directory}`, 'config', 'core.fsmonitor', trap.program);
    outer.git(`--git-dir=${directory}`, 'config', 'core.worktree', '..');
    outer.git(`--git-dir=${directory}`, 'config', 'core.bare', 'false');
    return { outer, trap, directory };
  }

  it('springs its trap when git itself is run there', () => {
    const { outer, trap, directory } = embedded();
    repositoryAt(directory, outer.home).git('status');
    expect(trap.hasRun()).toBe(true);
  });

  it.each(['pause x', 'list', 'resume', 'status', 'show 1', 'config', 'dismiss'])(
    'is never entered by %s',
    async (line) => {
      const { outer, trap, directory } = embedded();
      for (const extra of [{}, { GIT_CEILING_DIRECTORIES: '/nowhere' }]) {
        const env = { ...outer.env, ...extra };
        const run = await runProgram(line.split(' '), { cwd: directory, env });
        expect(run).toMatchObject({ code: 1, stdout: '' });
        expect(run.stderr).toMatch(/bare repository/);
      }
      expect(trap.hasRun()).toBe(false);
      expect(outer.git('status', '--porcelain', '-uall')).not.toContain('claude-mpm');
    },
  );
});

describe('a repository without a configuration file', () => {
  it('is one to git, and so to every command', async () => {
    const { path: top, env, git } = committed();
    rmSync(path.join(top, '.git/config'));
    expect(git('status', '--porcelain')).toBe('');
    for (const line of ['pause x', 'list', 'resume --latest', 'status', 'show 1']) {
      rmSync(path.join(top, '.git/config'), { force: true });
      const run = await runProgram(line.split(' '), { cwd: top, env });
      expect(run.code, `${line}: ${run.stderr}`).toBe(0);
    }
  });
});

describe('the current directory', () => {
  it('may be a symbolic link into the work tree: the physical path counts', async () => {
    const { path: top, env } = committed();
    const link = path.join(temporaryDirectory(), 'link');
    symlinkSync(path.join(top, 'deep'), link);
    const run = await runProgram(['--json', 'pause', 'x', '-C', link], { cwd: '/', env });
    const { session } = (JSON.parse(run.stdout) as { data: { session: Record<string, unknown> } })
      .data;
    expect(session).toMatchObject({
      project_path: top,
      active_context: { working_directory: path.join(top, 'deep') },
    });
  });
});

describe('what git is in the middle of', () => {
  function conflicting() {
    const repository = createRepository();
    repository.commit('base', { file: 'base\n' });
    repository.git('switch', '--quiet', '-c', 'other');
    repository.commit('theirs', { file: 'theirs\n' });
    repository.git('switch', '--quiet', 'main');
    repository.commit('ours', { file: 'ours\n' });
    return repository;
  }

  function failing(repository: TestRepository, ...args: string[]): void {
    expect(() => repository.git(...args)).toThrow();
  }

  it.each<[string, string[]]>([
    ['merge', ['merge', 'other']],
    ['cherry-pick', ['cherry-pick', 'other']],
    ['revert', ['revert', '--no-edit', 'HEAD~1']],
    ['rebase', ['rebase', 'other']],
    ['rebase', ['rebase', '--apply', 'other']],
  ])('is a %s after %j', async (operation, args) => {
    const repository = conflicting();
    if (operation === 'revert') repository.commit('later', { file: 'later\n' });
    failing(repository, ...args);
    const layout = await layoutAt(repository.path, repository.env);
    expect(layout && operationIn(layout)).toBe(operation);
  });

  it('is an am', async () => {
    const repository = conflicting();
    repository.git('format-patch', '--quiet', '-1', 'other', '--output-directory', '.git/patches');
    failing(repository, 'am', '.git/patches/0001-theirs.patch');
    const layout = await layoutAt(repository.path, repository.env);
    expect(layout && operationIn(layout)).toBe('am');
  });

  it('is a bisect, and of this work tree alone', async () => {
    const repository = conflicting();
    const linked = path.join(path.dirname(repository.path), 'linked');
    repository.git('worktree', 'add', '--quiet', linked, 'other');
    repository.git('bisect', 'start');
    const [here, there] = [
      await layoutAt(repository.path, repository.env),
      await layoutAt(linked, repository.env),
    ];
    expect(here && operationIn(here)).toBe('bisect');
    expect(there && operationIn(there)).toBeNull();
  });

  it('is nothing', async () => {
    const repository = conflicting();
    const layout = await layoutAt(repository.path, repository.env);
    expect(layout && operationIn(layout)).toBeNull();
    expect(layout && usesReftable(layout)).toBe(false);
  });
});

describe('the index', () => {
  it('is undefined before anything was staged, and this work tree’s own', async () => {
    const { path: top, env, git } = createRepository();
    const layout = await layoutAt(top, env);
    expect(layout && readIndex(layout)).toBeUndefined();
    writeFileSync(path.join(top, 'a'), '');
    git('add', 'a');
    expect(layout && readIndex(layout)?.subarray(0, 4).toString()).toBe('DIRC');
  });

  it('that cannot be read is an error that says so', async () => {
    const { path: top, env } = createRepository();
    mkdirSync(path.join(top, '.git/index'));
    onTestFinished(() => rmSync(path.join(top, '.git/index'), { recursive: true }));
    const layout = await layoutAt(top, env);
    expect(() => layout && readIndex(layout)).toThrow(/index/);
  });
});

describe('a repository of somebody else', () => {
  it('is refused with the reason, as git refuses it', async () => {
    const { path: top, env } = committed();
    const repository = await openRepository(top, env);
    if (repository === undefined) throw new Error('not found');
    const program = {
      ...repository.program,
      env: { ...repository.program.env, GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' },
    };
    await expect(ask({ ...repository, program }, ['status'])).rejects.toMatchObject({
      code: 'unsafe-repository',
    });
  });
});
