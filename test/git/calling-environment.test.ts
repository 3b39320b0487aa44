import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ask, openRepository } from '../../src/git/repository.ts';
import { gitEnvironment } from '../../src/git/spawn.ts';
import { createRepository, type TestRepository } from '../helpers/repository.ts';
import { runCommand, runProgram, withBins } from '../helpers/run.ts';
import { hermeticEnv, temporaryDirectory, temporaryHome } from '../helpers/temporary.ts';
import { canary } from './canary.ts';

interface Listed {
  readonly branch: string | null;
  readonly head: string | null;
  readonly message: string | null;
}

async function sessionsOf(repository: TestRepository): Promise<readonly Listed[]> {
  const run = await runProgram(['--json', 'list'], { cwd: repository.path, env: repository.env });
  return (JSON.parse(run.stdout) as { data: { sessions: Listed[] } }).data.sessions;
}

/** Two repositories of one user, each with a commit; ours is on the branch `ours`. */
function neighbours(layout: 'plain' | 'linked-worktree' | 'submodule') {
  const theirs = createRepository({ layout });
  theirs.commit('in theirs');
  const ours = createRepository({ home: theirs.home });
  ours.git('switch', '--quiet', '-c', 'ours');
  return { theirs, ours, head: ours.commit('in ours', { 'of ours': '' }) };
}

/** Installs a hook in the repository and its work trees, running with our bins on `PATH`. */
function installHook(repository: TestRepository, name: string, line: string): void {
  const hooks = repository.git('rev-parse', '--path-format=absolute', '--git-path', 'hooks').trim();
  mkdirSync(hooks, { recursive: true });
  const log = path.join(hooks, 'log');
  writeFileSync(path.join(hooks, name), `#!/bin/sh\nexec >'${log}' 2>&1\nenv\n${line}\n`, {
    mode: 0o755,
  });
}

function logOf(repository: TestRepository): string {
  const hooks = repository.git('rev-parse', '--path-format=absolute', '--git-path', 'hooks').trim();
  return readFileSync(path.join(hooks, 'log'), 'utf8');
}

async function commit(repository: TestRepository, ...options: string[]): Promise<void> {
  repository.write('changed', `${Math.random()}`);
  repository.git('add', 'changed');
  const run = await runCommand({
    program: 'git',
    args: ['commit', '--quiet', '-m', 'with hook', ...options],
    cwd: repository.path,
    env: withBins(repository.env),
  });
  expect(run.code, run.stderr).toBe(0);
}

describe('paused from a hook of another repository', () => {
  it.each([
    ['plain', 'pre-commit'],
    ['plain', 'post-commit'],
    ['linked-worktree', 'pre-commit'],
    ['linked-worktree', 'post-commit'],
    ['submodule', 'pre-commit'],
  ] as const)('(%s, %s), a session is of the repository it is run in', async (layout, hook) => {
    const { theirs, ours, head } = neighbours(layout);
    const cd = `cd '${ours.path}' &&`;
    installHook(
      theirs,
      hook,
      `mpm-session -C '${ours.path}' pause elsewhere\n${cd} git mpm-pause there`,
    );
    const index = ours.git('ls-files', '--stage');
    await commit(theirs, 'changed');
    if (hook === 'pre-commit') expect(logOf(theirs)).toMatch(/^GIT_INDEX_FILE=.*next-index/m);
    if (layout !== 'plain') expect(logOf(theirs)).toMatch(/^GIT_DIR=/m);

    const found = await sessionsOf(ours);
    expect(found, logOf(theirs)).toMatchObject([
      { branch: 'ours', head, message: 'there' },
      { branch: 'ours', head, message: 'elsewhere' },
    ]);
    expect(await sessionsOf(theirs)).toEqual([]);
    expect(ours.git('ls-files', '--stage')).toBe(index);
    expect(ours.git('status', '--porcelain')).toBe('');
  });
});

describe('paused from a hook of the same repository', () => {
  it.each(['plain', 'linked-worktree', 'submodule'] as const)(
    'the session is of the work tree that commits (%s)',
    async (layout) => {
      const { theirs } = neighbours(layout);
      installHook(theirs, 'post-commit', 'git mpm-pause hooked');
      await commit(theirs);
      const head = theirs.git('rev-parse', 'HEAD').trim();
      expect(await sessionsOf(theirs), logOf(theirs)).toMatchObject([{ head, message: 'hooked' }]);
    },
  );

  it('the real index is looked at, not the one of a partial commit', async () => {
    const repository = createRepository();
    repository.commit('first', { a: '1', b: '1' });
    repository.write('a', '2');
    repository.write('b', '2');
    repository.git('add', 'b');
    installHook(repository, 'pre-commit', 'git mpm-pause --json partial');
    const run = await runCommand({
      program: 'git',
      args: ['commit', '--quiet', '-m', 'only a', 'a'],
      cwd: repository.path,
      env: withBins(repository.env),
    });
    expect(run.code, run.stderr).toBe(0);
    const log = logOf(repository);
    expect(log).toMatch(/^GIT_INDEX_FILE=.*next-index/m);
    const document = JSON.parse(/^\{.*$/m.exec(log)?.[0] ?? '') as {
      data: { session: { git_context: { status: { changes: unknown } } } };
    };
    expect(document.data.session.git_context.status.changes).toMatchObject([
      { path: 'a', kind: 'unstaged' },
      { path: 'b', kind: 'staged' },
    ]);
    expect(repository.git('status', '--porcelain')).toBe('M  b\n');
  });
});

describe('what the caller’s environment says to git', () => {
  async function pauseWith(extra: Readonly<Record<string, string>>) {
    const repository = createRepository();
    repository.commit('first', { file: 'one\n' });
    repository.write('file', 'two\n');
    const env = { ...repository.env, ...extra };
    const run = await runProgram(['--json', 'pause', 'x'], { cwd: repository.path, env });
    expect(run.code, run.stderr).toBe(0);
    const { data } = JSON.parse(run.stdout) as { data: { session: { git_context: unknown } } };
    return { repository, git: data.session.git_context, stderr: run.stderr };
  }

  it('starts no program to compare files', async () => {
    const trap = canary();
    const repository = createRepository();
    repository.commit('first', { file: 'one\n' });
    repository.write('file', 'two\n');
    const env = { ...repository.env, GIT_EXTERNAL_DIFF: trap.program };
    const opened = await openRepository(repository.path, env);
    if (opened === undefined) throw new Error('not found');
    const answer = await ask(opened, ['diff']);
    expect(answer.stdout.toString()).toContain('+two');
    expect(trap.hasRun()).toBe(false);
  });

  it.each([
    'GIT_PAGER',
    'GIT_EDITOR',
    'GIT_SEQUENCE_EDITOR',
    'GIT_ASKPASS',
    'GIT_SSH',
    'GIT_SSH_COMMAND',
    'GIT_PROXY_COMMAND',
    'GIT_TEMPLATE_DIR',
    'GIT_ATTR_SOURCE',
    'GIT_REPLACE_REF_BASE',
    'GIT_NO_REPLACE_OBJECTS',
    'GIT_OPTIONAL_LOCKS',
    'GIT_NAMESPACE',
    'PAGER',
    'EDITOR',
    'SSH_ASKPASS',
  ])('is not passed on: %s', (name) => {
    expect(gitEnvironment({ [name]: 'x' })).not.toHaveProperty(name);
  });

  it('writes no trace', async () => {
    const directory = temporaryDirectory();
    const file = (name: string) => path.join(directory, name);
    const traces = {
      GIT_TRACE: file('1'),
      GIT_TRACE_SETUP: file('2'),
      GIT_TRACE2: file('3'),
      GIT_TRACE2_EVENT: file('4'),
      GIT_TRACE2_PERF: file('5'),
      GIT_TRACE_REDACT: '0',
    };
    await pauseWith(traces);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('sets no configuration: git -c of a caller, GIT_CONFIG_COUNT, GIT_CONFIG', async () => {
    const trap = canary();
    const { git } = await pauseWith({
      GIT_CONFIG_PARAMETERS: `'core.fsmonitor'='${trap.program}' 'status.renames'='nonsense'`,
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.fsmonitor',
      GIT_CONFIG_VALUE_0: trap.program,
      GIT_CONFIG: '/nowhere/config',
    });
    expect(git).toMatchObject({ branch: 'main', status: { modified_files: ['file'] } });
    expect(trap.hasRun()).toBe(false);
  });

  it.each([
    ['GIT_INDEX_FILE', '/nowhere/index'],
    ['GIT_OBJECT_DIRECTORY', '/nowhere/objects'],
    ['GIT_GLOB_PATHSPECS', '1'],
    ['GIT_ICASE_PATHSPECS', '1'],
    ['GIT_INTERNAL_SUPER_PREFIX', 'x/'],
  ])('moves nothing: %s=%s', async (name, value) => {
    const { git, repository } = await pauseWith({ [name]: value });
    expect(git).toMatchObject({
      branch: 'main',
      head: repository.git('rev-parse', 'HEAD').trim(),
      recent_commits: [{ message: 'first' }],
      status: { modified_files: ['file'], untracked_files: [] },
    });
  });

  it('does not change the language of what is parsed', () => {
    const env = gitEnvironment({ LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8', LANGUAGE: 'de' });
    expect(env).toMatchObject({ LC_ALL: 'C' });
    expect(env).not.toHaveProperty('LANGUAGE');
  });

  it('keeps where the user’s own configuration lies', async () => {
    const home = temporaryHome();
    const config = path.join(temporaryDirectory(), 'config');
    writeFileSync(config, '[core]\n\texcludesFile = /nowhere\n[user]\n\tname = Other\n');
    const env = gitEnvironment({
      ...hermeticEnv(home),
      GIT_CONFIG_GLOBAL: config,
      GIT_CONFIG_NOSYSTEM: '1',
      HTTPS_PROXY: 'x',
    });
    expect(env).toMatchObject({
      GIT_CONFIG_GLOBAL: config,
      GIT_CONFIG_NOSYSTEM: '1',
      HOME: home,
      HTTPS_PROXY: 'x',
      PATH: hermeticEnv(home)['PATH'],
    });
  });
});

describe('run as a subcommand of git', () => {
  it('with -c, --git-dir and -C before it, git’s way', async () => {
    const repository = createRepository();
    repository.commit('first');
    const trap = canary();
    const run = async (...args: string[]) => {
      const done = await runCommand({
        program: 'git',
        args,
        cwd: '/',
        env: withBins(repository.env),
      });
      expect(done.code, done.stderr).toBe(0);
    };
    await run('-C', repository.path, '-c', `core.fsmonitor=${trap.program}`, 'mpm-pause', 'one');
    const gitDir = path.join(repository.path, '.git');
    await run(`--git-dir=${gitDir}`, `--work-tree=${repository.path}`, 'mpm-pause', 'two');
    expect((await sessionsOf(repository)).map(({ message }) => message)).toEqual(['two', 'one']);
    expect(trap.hasRun()).toBe(false);
  });
});
