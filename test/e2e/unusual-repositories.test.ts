/** The same commands wherever git itself works, and a clear word where it does not. */
import { cpSync, existsSync, mkdirSync, renameSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { runGit, runProgram } from '../helpers/run.ts';
import {
  dataOf,
  failureOf,
  filesOf,
  list,
  mpm,
  outsideGit,
  type Place,
  pause,
  readText,
  repositoryWithCommit,
  resume,
  sessionFiles,
  sessionsDirectory,
} from './program.ts';

const below = (place: Place, directory: string): Place => ({
  ...place,
  path: path.join(place.path, directory),
});

/** Pauses, commits, resumes and lists: the main job, as it must go everywhere. */
async function wholeJob(repository: TestRepository, place: Place = repository): Promise<void> {
  repository.write('new.txt', '');
  const { session, files } = await pause(place, ['about to test']);
  const id = session.session_id;
  const head = repository.git('rev-parse', 'HEAD').trim();
  expect(session.git_context).toMatchObject({ is_git_repo: true, head });
  expect(session.git_context.status?.untracked_files).toEqual(['new.txt']);
  expect(session.project_path).toBe(repository.path);
  expect(files.json).toBe(path.join(sessionsDirectory(repository), `${id}.json`));
  expect(sessionFiles(repository)).toEqual(expect.arrayContaining([...filesOf(id)]));

  const next = repository.commit('made meanwhile');
  const resumed = await resume(place);
  expect(resumed.session.session_id).toBe(id);
  expect(resumed.drift).toMatchObject({
    history: 'ahead',
    commits: { state: 'changed', count: 1, list: [{ sha: next, message: 'made meanwhile' }] },
  });
  expect((await list(place)).map((entry) => [entry.id, entry.here, entry.where])).toEqual([
    [id, true, 'vault'],
  ]);
  expect(repository.git('status', '--porcelain')).toBe('?? new.txt\n');
}

/** `reftable` came with git 2.45. */
const hasReftable = isAtLeast(repositoryAt('/', '/').git('version'), [2, 45]);

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, first = 0, second = 0] = /(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(first) > major || (Number(first) === major && Number(second) >= minor);
}

describe('the whole job is done', () => {
  it('in a subdirectory', async () => {
    const repository = repositoryWithCommit();
    mkdirSync(path.join(repository.path, 'a b/c'), { recursive: true });
    await wholeJob(repository, below(repository, 'a b/c'));
    expect(existsSync(path.join(repository.path, 'a b/c/.claude-mpm'))).toBe(false);
  });

  it('in a SHA-256 repository', async () => {
    const repository = repositoryWithCommit({ objectFormat: 'sha256' });
    await wholeJob(repository);
    const [entry] = await list(repository);
    expect(entry?.head).toHaveLength(64);
  });

  it.skipIf(!hasReftable)('in a reftable repository', async () => {
    await wholeJob(repositoryWithCommit({ refFormat: 'reftable' }));
  });

  it('in a linked work tree', async () => {
    const linked = createRepository({ layout: 'linked-worktree' });
    await wholeJob(linked);
    expect(existsSync(path.join(linked.outer, '.claude-mpm'))).toBe(false);
  });

  it('in a submodule', async () => {
    const module = createRepository({ layout: 'submodule' });
    await wholeJob(module);
    expect(existsSync(path.join(module.outer, '.claude-mpm'))).toBe(false);
    expect(existsSync(path.join(module.outer, '.git/modules/a module/mpm-session'))).toBe(true);
  });

  it('in a work tree of a bare repository', async () => {
    const origin = repositoryWithCommit();
    const bare = path.join(origin.home, 'bare.git');
    const tree = path.join(origin.home, 'tree');
    origin.git('clone', '--quiet', '--bare', '.', bare);
    origin.git(`--git-dir=${bare}`, 'worktree', 'add', '--quiet', '-b', 'work', tree);
    await wholeJob(repositoryAt(tree, origin.home));
    expect(existsSync(path.join(bare, 'mpm-session/sessions'))).toBe(true);
  });

  it('with a git directory elsewhere', async () => {
    const repository = repositoryWithCommit();
    const elsewhere = path.join(repository.home, 'separate.git');
    repository.git('init', '--quiet', `--separate-git-dir=${elsewhere}`);
    await wholeJob(repository);
    expect(existsSync(path.join(elsewhere, 'mpm-session/sessions'))).toBe(true);
  });

  it('with GIT_DIR and GIT_WORK_TREE', async () => {
    const repository = repositoryWithCommit();
    const gitDir = path.join(repository.home, 'hidden.git');
    renameSync(path.join(repository.path, '.git'), gitDir);
    const env = { ...repository.env, GIT_DIR: gitDir, GIT_WORK_TREE: repository.path };
    const git = (...args: string[]) =>
      repository.git(`--git-dir=${gitDir}`, `--work-tree=${repository.path}`, ...args);
    const commit = (message: string) => {
      git('commit', '--quiet', '--allow-empty', '-m', message);
      return git('rev-parse', 'HEAD').trim();
    };
    await wholeJob({ ...repository, env, git, commit });
    expect(existsSync(path.join(repository.path, '.git'))).toBe(false);
  });

  it('behind a symbolic link to the work tree', async () => {
    const repository = repositoryWithCommit();
    const link = path.join(repository.home, 'link');
    symlinkSync(repository.path, link);
    await wholeJob(repository, { path: link, env: { ...repository.env, PWD: link } });
  });

  it('in a shallow clone', async () => {
    const origin = repositoryWithCommit();
    origin.commit('second');
    const directory = path.join(origin.home, 'shallow');
    origin.git('clone', '--quiet', '--depth=1', `file://${origin.path}`, directory);
    await wholeJob(repositoryAt(directory, origin.home));
  });
});

describe('the directory to work in', () => {
  it('is given with -C before the command or after it, as git has it', async () => {
    const repository = repositoryWithCommit();
    mkdirSync(path.join(repository.path, 'sub'));
    const from = (directory: string) => ({ cwd: directory, env: repository.env });
    const parent = path.dirname(repository.path);
    const name = path.basename(repository.path);
    for (const args of [
      ['-C', name, 'pause', 'before'],
      ['pause', '-C', repository.path, 'after'],
      ['-C', name, '-C', 'sub', 'pause', 'twice'],
      [`--directory=${name}`, 'pause', 'long'],
    ]) {
      const run = await runProgram(args, from(parent));
      expect(run).toMatchObject({ code: 0, stderr: '' });
    }
    const listed = await list(repository);
    expect(listed.map(({ message }) => message)).toEqual(['long', 'twice', 'after', 'before']);
    const record = await dataOf<{ session: { active_context: unknown } }>(repository, [
      'show',
      '2',
    ]);
    expect(record.session.active_context).toEqual({
      working_directory: path.join(repository.path, 'sub'),
    });
  });

  it('is git’s own with git -C', async () => {
    const repository = repositoryWithCommit();
    const run = await runGit(repository, ['-C', repository.path, 'mpm-pause', 'x'], { cwd: '/' });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(await list(repository)).toHaveLength(1);
  });

  it('is git’s own with git --git-dir and --work-tree', async () => {
    const repository = repositoryWithCommit();
    const args = [`--git-dir=${repository.path}/.git`, `--work-tree=${repository.path}`];
    const run = await runGit(repository, [...args, 'mpm-pause', 'x'], { cwd: repository.home });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(await list(repository)).toHaveLength(1);
    expect(existsSync(path.join(repository.home, '.claude-mpm'))).toBe(false);
  });

  it('that is not there is named', async () => {
    const place = outsideGit();
    expect(await failureOf(place, ['-C', 'nowhere', 'list'])).toMatchObject({
      exit: 1,
      code: 'no-directory',
      message: `${path.join(place.path, 'nowhere')} is not a directory that can be entered.`,
    });
  });

  it('that cannot be resolved is named, and no bug', async () => {
    const place = outsideGit();
    const tooLong = 'x'.repeat(300);
    symlinkSync('loop', path.join(place.path, 'loop'));
    for (const directory of ['loop', tooLong]) {
      const failure = await failureOf(place, ['-C', directory, 'list']);
      expect(failure).toMatchObject({ exit: 1, code: 'no-directory' });
    }
  });

  it('whose .git is a link to itself cannot be read, and no session is written beside it', async () => {
    const place = outsideGit();
    symlinkSync('.git', path.join(place.path, '.git'));
    const failure = await failureOf(place, ['pause', 'x']);
    expect(failure).toMatchObject({ exit: 1, code: 'cannot-read' });
    expect(failure.message).toContain('.git');
    expect(existsSync(path.join(place.path, '.claude-mpm'))).toBe(false);
  });

  it('that is a file is named', async () => {
    const repository = repositoryWithCommit();
    expect(await failureOf(repository, ['-C', 'first.txt', 'list'])).toMatchObject({
      exit: 1,
      code: 'no-directory',
    });
  });
});

describe('work trees of one repository', () => {
  it('share their sessions, and have their own files', async () => {
    const linked = createRepository({ layout: 'linked-worktree' });
    const main = repositoryAt(linked.outer, linked.home);
    const inMain = (await pause(main, ['in main'])).session.session_id;
    const inLinked = (await pause(linked, ['in linked'])).session.session_id;
    for (const place of [main, linked]) {
      expect((await list(place)).map(({ id }) => id)).toEqual([inLinked, inMain]);
    }
    expect(sessionFiles(main)).toEqual(expect.arrayContaining([...filesOf(inMain)]));
    expect(sessionFiles(main)).not.toContain(`${inLinked}.json`);
    expect(sessionFiles(linked)).not.toContain(`${inMain}.json`);
    expect((await resume(main)).session.session_id).toBe(inMain);
    expect((await resume(linked)).session.session_id).toBe(inLinked);
  });

  it('pause at the same time under ids of their own', async () => {
    const linked = createRepository({ layout: 'linked-worktree' });
    const main = repositoryAt(linked.outer, linked.home);
    const runs = await Promise.all([main, linked, main, linked].map((place) => pause(place)));
    expect(new Set(runs.map(({ session }) => session.session_id)).size).toBe(4);
    expect(await list(main)).toHaveLength(4);
  });
});

describe('a repository that was moved', () => {
  it('keeps its sessions', async () => {
    const repository = repositoryWithCommit();
    const { session } = await pause(repository, ['x']);
    const directory = path.join(repository.home, 'moved');
    renameSync(repository.path, directory);
    const moved = repositoryAt(directory, repository.home);
    expect((await resume(moved)).session.session_id).toBe(session.session_id);
  });

  it('and copied with its files has each session once', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['x']);
    const directory = path.join(repository.home, 'copy');
    cpSync(repository.path, directory, { recursive: true });
    expect(await list({ ...repository, path: directory })).toHaveLength(1);
  });
});

describe('outside git', () => {
  it('pause, list, show, resume and dismiss work on the directory itself', async () => {
    const place = outsideGit();
    const { session } = await pause(place, ['out here', '--next', 'go on']);
    expect(session).toMatchObject({
      project_path: place.path,
      git_context: { is_git_repo: false },
    });
    expect(await list(place)).toMatchObject([
      { id: session.session_id, branch: null, here: true, where: 'directory', foreign: false },
    ]);
    const resumed = await resume(place);
    expect(resumed.session.lifecycle.status).toBe('resumed');
    expect(resumed.drift).toMatchObject({ history: 'unknown', commits: { count: null } });
    expect((await mpm(place, ['show', '1'])).stdout).toContain('out here');
    await dataOf(place, ['dismiss', '1']);
    expect((await list(place))[0]?.status).toBe('dismissed');
    await dataOf(place, ['rm', '1']);
    expect(await list(place)).toEqual([]);
  });

  it('a session of the directory above is none of this one', async () => {
    const place = outsideGit();
    await pause(place, ['above']);
    mkdirSync(path.join(place.path, 'sub'));
    expect(await list(below(place, 'sub'))).toEqual([]);
  });

  it('status says that it needs a repository', async () => {
    const place = outsideGit();
    const failure = await failureOf(place, ['status']);
    expect(failure).toMatchObject({ exit: 1, code: 'not-a-repository' });
    expect(failure.message).toContain(place.path);
    expect(failure.hint).toMatch(/-C <dir>.*git init/);
  });

  it('works without git being there at all', async () => {
    const place = outsideGit();
    const env = { ...place.env, PATH: path.join(place.path, 'none') };
    expect((await pause({ ...place, env }, ['x'])).session.git_context.is_git_repo).toBe(false);
  });
});

describe('where there is no work tree', () => {
  it.each(['pause', 'resume', 'list', 'status', 'config'])('%s says so', async (command) => {
    const bare = createRepository({ layout: 'bare' });
    const failure = await failureOf(bare, [command]);
    expect(failure).toMatchObject({ exit: 1, code: 'bare-repository' });
    expect(failure.message).toContain(bare.path);
    expect(failure.hint).toContain('git worktree list');
    expect(existsSync(path.join(bare.path, '.claude-mpm'))).toBe(false);
  });

  it.each(['.git', '.git/hooks', '.git/refs/heads'])('%s is no place to pause in', async (name) => {
    const repository = repositoryWithCommit();
    const place = below(repository, name);
    expect((await failureOf(place, ['pause', 'x'])).exit).toBe(1);
    expect(existsSync(path.join(place.path, '.claude-mpm'))).toBe(false);
  });

  it('the git directory of a linked work tree is no place to pause in', async () => {
    const linked = createRepository({ layout: 'linked-worktree' });
    const place = { ...linked, path: linked.git('rev-parse', '--absolute-git-dir').trim() };
    expect((await failureOf(place, ['pause', 'x'])).exit).toBe(1);
    expect(existsSync(path.join(place.path, '.claude-mpm'))).toBe(false);
  });
});

describe('variables that git sets for its own children', () => {
  it('do not mislead: an alias, and the environment of a hook', async () => {
    const repository = repositoryWithCommit();
    const other = createRepository({ home: repository.home });
    other.commit('unrelated', { 'other.txt': 'other\n' });
    repository.git('config', 'alias.zz', '!git mpm-pause from-alias');
    expect((await runGit(repository, ['zz'])).code).toBe(0);
    const env = {
      ...repository.env,
      GIT_INDEX_FILE: path.join(other.path, '.git/index'),
      GIT_OBJECT_DIRECTORY: path.join(other.path, '.git/objects'),
      GIT_PREFIX: 'sub/',
      GIT_LITERAL_PATHSPECS: '1',
      GIT_CONFIG_PARAMETERS: "'status.showUntrackedFiles=no'",
      GIT_TRACE: '1',
    };
    repository.write('seen', '');
    const { session } = await pause({ ...repository, env }, ['x']);
    expect(session.git_context.status).toMatchObject({
      modified_files: [],
      untracked_files: ['seen'],
    });
    expect(session.git_context.recent_commits).toHaveLength(1);
    expect(await list(repository)).toHaveLength(2);
    expect(readText(repository.path, '.git/config')).toContain('mpm-session');
  });
});
