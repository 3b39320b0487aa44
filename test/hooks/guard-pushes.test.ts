/** What the guard lets be pushed: no commit made since `init` that adds a session file. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { type RunResult, runCommand } from '../helpers/run.ts';
import { openTerminal } from '../helpers/terminal.ts';
import {
  committed,
  type GuardOptions,
  guardedRepository,
  logOf,
  sessionsPath,
  tryGit,
  vaultOf,
} from './guarded.ts';

const record = `${sessionsPath}/session-20260101-000000.json`;

interface Pushing {
  readonly repository: TestRepository;
  readonly remote: TestRepository;
}

/** A repository with guards and a remote that has its first commit. */
function withRemote(options: GuardOptions = {}): Pushing {
  const repository = guardedRepository(options);
  const remote = createRepository({ layout: 'bare', home: repository.home });
  repository.git('remote', 'add', 'origin', remote.path);
  repository.git('push', '--quiet', '--set-upstream', 'origin', 'main');
  return { repository, remote };
}

/** Commits a session file past the guard, as `--no-verify` or another program would. */
function leak(repository: TestRepository, names: readonly string[] = [record]): string {
  for (const name of names) repository.write(name, `${name}\n${Math.random()}\n`);
  repository.git('--literal-pathspecs', 'add', '--force', '--', ...names);
  repository.git('commit', '--quiet', '--no-verify', '-m', 'a mistake');
  return repository.git('rev-parse', 'HEAD').trim();
}

function remove(repository: TestRepository): void {
  repository.git('rm', '-r', '--quiet', '--cached', sessionsPath);
  repository.git('commit', '--quiet', '-m', 'cleaned');
}

const push = (repository: TestRepository, ...args: readonly string[]) =>
  tryGit(repository, ['push', '--quiet', ...args]);

function typed(repository: TestRepository, line: string): Promise<RunResult> {
  const env = { ...repository.env, FILTER_BRANCH_SQUELCH_WARNING: '1' };
  return runCommand({ program: '/bin/sh', args: ['-c', line], cwd: repository.path, env });
}

/** The command that mends, as it would be copied into a shell. */
function commandIn(stderr: string): string {
  const [, command] = /(git (?:rm|filter-branch) .*)$/m.exec(stderr) ?? [];
  if (command === undefined) throw new Error(`no command in «${stderr}»`);
  return command;
}

/** Whether any commit of the bare repository has a session file. */
function reached({ remote }: Pushing): boolean {
  return remote.git('log', '--all', '--format=%H', '--', sessionsPath) !== '';
}

describe('a push of a commit that adds session files', () => {
  it('is refused, with commit, files and the command that mends, which does', async () => {
    const place = withRemote();
    const oid = leak(place.repository);
    const run = await push(place.repository);
    expect(run.code).toBe(1);
    const day = new Date().toISOString().slice(0, 10);
    expect(run.stderr.split('\n').slice(0, 6)).toEqual([
      'mpm-session: push refused: a commit adds session files, and those stay on this machine:',
      `  ${oid.slice(0, 7)} ${day}`,
      `    ${record}`,
      expect.stringMatching(/^mpm-session: Take them out: git rm .*--amend/),
      "mpm-session: To push all the same, add '--no-verify'.",
      expect.stringMatching(/^error: failed to push/),
    ]);
    expect(reached(place)).toBe(false);
    expect(logOf(place.repository)).toEqual([
      ['', 'pre-push', 'origin', 'refused', 'session-commits', '1'],
    ]);
    expect((await typed(place.repository, commandIn(run.stderr))).code).toBe(0);
    expect((await push(place.repository)).code).toBe(0);
    expect(existsSync(path.join(place.repository.path, record))).toBe(true);
  });

  it('goes through with --no-verify', async () => {
    const place = withRemote();
    leak(place.repository);
    expect((await push(place.repository, '--no-verify')).code).toBe(0);
    expect(reached(place)).toBe(true);
  });

  it('is refused when a later commit removed them, and mended through all of them', async () => {
    const place = withRemote();
    const { repository } = place;
    leak(repository);
    leak(repository, [record, `${sessionsPath}/b`]);
    remove(repository);
    repository.commit('work', { file: 'x' });
    const run = await push(repository);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('2 commits add session files');
    const mended = await typed(repository, commandIn(run.stderr));
    expect(mended.code, mended.stderr).toBe(0);
    expect((await push(repository)).code).toBe(0);
    expect(reached(place)).toBe(false);
    expect(repository.git('log', '-1', '--format=%s')).toBe('work\n');
  });

  it('is refused where that is the first push of all, root commit included', async () => {
    const repository = guardedRepository();
    repository.git('switch', '--quiet', '--orphan', 'other');
    leak(repository);
    repository.commit('second', { file: '' });
    repository.git('config', 'log.showRoot', 'false');
    const remote = createRepository({ layout: 'bare', home: repository.home });
    repository.git('remote', 'add', 'origin', remote.path);
    const run = await push(repository, 'origin', 'other');
    expect(run.code).toBe(1);
    const mended = await typed(repository, commandIn(run.stderr));
    expect(mended.code, mended.stderr).toBe(0);
    expect((await push(repository, 'origin', 'other')).code).toBe(0);
    expect(reached({ repository, remote })).toBe(false);
  });

  const annotated = ['tag', '-a', '-m', 'x', 'v1'];
  it.each<[string, readonly string[], readonly string[]]>([
    ['to a new branch', [], ['origin', 'HEAD:refs/heads/new']],
    ['of a commit by its id', [], ['origin', 'HEAD~0:refs/heads/new']],
    ['as a tag', ['tag', 'v1'], ['origin', 'v1']],
    ['as an annotated tag', annotated, ['origin', 'v1']],
    ['with --follow-tags', annotated, ['--follow-tags']],
    ['with --mirror', [], ['--mirror', 'origin']],
    ['with --all', [], ['--all', 'origin']],
    ['by force', [], ['--force', 'origin', 'main']],
    ['beside a deletion', [], ['origin', 'main', ':old']],
  ])('is refused %s', async (_, before, args) => {
    const place = withRemote();
    const { repository } = place;
    repository.git('push', '--quiet', 'origin', 'main:old');
    leak(repository);
    if (before.length > 0) repository.git(...before);
    expect((await push(repository, ...args)).code).toBe(1);
    expect(reached(place)).toBe(false);
  });

  it('is refused by the address of the remote, or of another', async () => {
    const place = withRemote();
    const { repository, remote } = place;
    leak(repository);
    expect((await push(repository, remote.path, 'main')).code).toBe(1);
    expect(logOf(repository).at(-1)?.[2]).toBe('<url>');
    const other = createRepository({ layout: 'bare', home: repository.home });
    expect((await push(repository, `file://${other.path}`, 'main')).code).toBe(1);
  });

  it('is refused on a branch that is merged, and in a merge', async () => {
    const place = withRemote();
    const { repository } = place;
    repository.git('switch', '--quiet', '-c', 'side');
    leak(repository);
    remove(repository);
    repository.git('switch', '--quiet', 'main');
    repository.commit('meanwhile', { second: '' });
    repository.git('merge', '--quiet', '--no-edit', 'side');
    expect((await push(repository)).code).toBe(1);

    const evil = withRemote();
    evil.repository.git('switch', '--quiet', '-c', 'side');
    evil.repository.commit('side', { side: '' });
    evil.repository.git('switch', '--quiet', 'main');
    evil.repository.commit('meanwhile', { second: '' });
    evil.repository.git('merge', '--quiet', '--no-commit', 'side');
    leak(evil.repository);
    const run = await push(evil.repository);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(`    ${record}\n`);
    const mended = await typed(evil.repository, commandIn(run.stderr));
    expect(mended.code, mended.stderr).toBe(0);
    expect((await push(evil.repository)).code).toBe(0);
    expect(reached(evil)).toBe(false);
    expect(evil.repository.git('rev-list', '--merges', '--count', 'HEAD')).toBe('1\n');
  });

  it('is refused behind a commit that carries an old date', async () => {
    const now = Math.floor(Date.now() / 1000);
    const { repository } = withRemote({ since: now - 1000 });
    leak(repository);
    const env = { GIT_COMMITTER_DATE: '2001-01-01T00:00:00Z' };
    await tryGit(repository, ['commit', '--quiet', '--allow-empty', '-m', 'old'], env);
    expect((await push(repository)).code).toBe(1);
  });

  it('is mended from its first commit on, whatever dates commits carry', async () => {
    const place = withRemote();
    const { repository } = place;
    const commit = async (year: number, name: string) => {
      repository.write(name, String(year));
      repository.git('add', '--force', name);
      const env = { GIT_COMMITTER_DATE: `${year}-01-01T00:00:00Z` };
      const run = await tryGit(repository, ['commit', '--quiet', '-nm', name], env);
      expect(run.code).toBe(0);
    };
    await commit(2030, record);
    repository.git('switch', '--quiet', '-c', 'side');
    await commit(2001, `${sessionsPath}/side`);
    repository.git('switch', '--quiet', 'main');
    await commit(2031, 'file');
    repository.git('merge', '--quiet', '--no-edit', 'side');
    const run = await push(repository);
    expect(run.code).toBe(1);
    const mended = await typed(repository, commandIn(run.stderr));
    expect(mended.code, mended.stderr).toBe(0);
    expect((await push(repository)).code).toBe(0);
    expect(reached(place)).toBe(false);
  });

  it('is refused in other letters, and as a repository of its own', async () => {
    const place = withRemote();
    const { repository } = place;
    leak(repository, ['.Claude-Mpm/SESSIONS/x']);
    repository.commit('more', { file: '' });
    const run = await push(repository);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('    .Claude-Mpm/SESSIONS/x\n');
    const mended = await typed(repository, commandIn(run.stderr));
    expect(mended.code, mended.stderr).toBe(0);
    expect((await push(repository)).code).toBe(0);

    const commit = repository.git('rev-parse', 'HEAD').trim();
    const args = ['update-index', '--add', '--cacheinfo', `160000,${commit},${sessionsPath}`];
    repository.git(...args);
    repository.git('commit', '--quiet', '--no-verify', '-m', 'a mistake');
    repository.git('config', 'diff.ignoreSubmodules', 'all');
    expect((await push(repository)).code).toBe(1);
  });

  it('is refused whatever the configuration makes of logs, and of replaced commits', async () => {
    const { repository } = withRemote();
    const oid = leak(repository);
    for (const [key, value] of [
      ['log.follow', 'true'],
      ['log.diffMerges', 'off'],
      ['log.showSignature', 'true'],
      ['diff.renames', 'copies'],
      ['diff.orderFile', 'missing'],
      ['color.ui', 'always'],
      ['core.quotePath', 'false'],
    ]) {
      repository.git('config', key ?? '', value ?? '');
    }
    const clean = repository.git('commit-tree', '-m', 'clean', '-p', 'main~1', 'main~1^{tree}');
    repository.git('replace', oid, clean.trim());
    const run = await push(repository);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(`    ${record}\n`);
    expect(run.stderr).not.toContain('\u001b');
  });
});

describe('a push that goes through', () => {
  it('has no such commit', async () => {
    const { repository } = withRemote();
    repository.commit('work', { 'a/b': 'x', '.claude-mpm/other': 'x' });
    expect(await push(repository)).toMatchObject({ code: 0, stderr: '' });
    expect(logOf(repository)).toEqual([]);
  });

  it('has only older ones than init', async () => {
    const now = Math.floor(Date.now() / 1000);
    const { repository } = withRemote({ since: now + 1000 });
    leak(repository);
    expect((await push(repository)).code).toBe(0);
  });

  it('removes what is there, or deletes a branch', async () => {
    const { repository } = withRemote();
    leak(repository);
    repository.git('push', '--quiet', '--no-verify');
    repository.git('push', '--quiet', '--no-verify', 'origin', 'main:old');
    remove(repository);
    expect((await push(repository)).code).toBe(0);
    expect((await push(repository, 'origin', ':old')).code).toBe(0);
  });

  it('has only what that remote has already, by name and by address', async () => {
    const { repository, remote } = withRemote();
    leak(repository);
    repository.git('push', '--quiet', '--no-verify');
    remove(repository);
    expect((await push(repository, 'origin', 'HEAD:new')).code).toBe(0);
    expect((await push(repository, remote.path, 'HEAD:newer')).code).toBe(0);
    const other = createRepository({ layout: 'bare', home: repository.home });
    repository.git('remote', 'add', 'other', other.path);
    expect((await push(repository, 'other', 'main')).code).toBe(1);
  });

  it('has a merge of what came from that remote', async () => {
    const { repository, remote } = withRemote();
    const colleague = path.join(repository.home, 'colleague');
    repository.git('clone', '--quiet', remote.path, colleague);
    const theirs = repositoryAt(colleague, repository.home);
    leak(theirs);
    theirs.git('push', '--quiet');
    repository.commit('mine', { mine: '' });
    repository.git('pull', '--quiet', '--no-rebase', '--no-edit');
    expect(committed(repository)).toEqual([record]);
    expect(await push(repository)).toMatchObject({ code: 0, stderr: '' });
  });

  it('is forced over commits that are not here, and adds none', async () => {
    const { repository, remote } = withRemote();
    const colleague = path.join(repository.home, 'colleague');
    repository.git('clone', '--quiet', remote.path, colleague);
    const theirs = repositoryAt(colleague, repository.home);
    theirs.commit('theirs', { theirs: '' });
    theirs.git('push', '--quiet');
    repository.commit('mine', { mine: '' });
    leak(repository);
    expect((await push(repository, '--force')).code).toBe(1);
    repository.git('reset', '--quiet', '--hard', 'HEAD~1');
    expect(await push(repository, '--force')).toMatchObject({ code: 0, stderr: '' });
    expect(logOf(repository).map(([, , , outcome]) => outcome)).toEqual(['refused']);
  });

  it('has nothing to push', async () => {
    const { repository } = withRemote();
    expect(await push(repository)).toMatchObject({ code: 0, stderr: '' });
  });

  it('is made where the guard is off', async () => {
    const { repository } = withRemote();
    leak(repository);
    writeFileSync(path.join(vaultOf(repository), 'guard-off'), '');
    expect((await push(repository)).code).toBe(0);
  });
});

describe('the guard of pushes', () => {
  it.each([
    ['bash --posix', '/bin/bash --posix'],
    ['busybox', '/usr/bin/busybox sh'],
  ])('does the same under %s', async (_, shell) => {
    const place = withRemote({ shell });
    expect((await push(place.repository)).code).toBe(0);
    leak(place.repository, [record, `${sessionsPath}/ä b`]);
    place.repository.commit('more', { file: '' });
    const run = await push(place.repository);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(`    "${sessionsPath}/\\303\\244 b"\n`);
    expect((await typed(place.repository, commandIn(run.stderr))).code).toBe(0);
    expect((await push(place.repository)).code).toBe(0);
  });

  it('guards a repository of SHA-256', async () => {
    const repository = guardedRepository({ objectFormat: 'sha256' });
    const remote = path.join(repository.home, 'remote.git');
    repository.git('init', '--quiet', '--bare', '--object-format=sha256', remote);
    repository.git('remote', 'add', 'origin', remote);
    expect((await push(repository, 'origin', 'main')).code).toBe(0);
    leak(repository);
    expect((await push(repository, 'origin', 'main')).code).toBe(1);
  });

  it('takes nonsense on its input for nothing', async () => {
    const repository = guardedRepository();
    leak(repository);
    const guard = path.join(vaultOf(repository), 'guard');
    const args = [guard, 'pre-push', 'origin', 'x'];
    for (const input of ['', '\n', 'a b c d\n', '--all --all --all --all\n', 'x', '0 0 0 0\n']) {
      const { path: cwd, env } = repository;
      const run = await runCommand({ program: '/bin/sh', args, cwd, env, input });
      expect(run).toMatchObject({ code: 0, stderr: '' });
    }
  });

  it('waits for nobody at a terminal, and notes that it was told nothing', async () => {
    const repository = guardedRepository();
    const { path: cwd, env } = repository;
    const args = [path.join(vaultOf(repository), 'guard'), 'pre-push', 'origin', 'x'];
    const terminal = openTerminal('/bin/sh', args, { cwd, env });
    expect((await terminal.exit).code).toBe(0);
    expect(terminal.screen().text).toBe('');
    expect(logOf(repository)).toEqual([['', 'pre-push', 'origin', 'failed', 'no-input']]);
  });

  it('gives the user’s own hook what git says', async () => {
    const { repository } = withRemote();
    const hook = path.join(repository.path, '.git/hooks/pre-push');
    const text = readFileSync(hook, 'utf8');
    writeFileSync(hook, `${text}cat >"$HOME/seen"\necho "$@" >>"$HOME/seen"\n`);
    repository.commit('work', { file: '' });
    expect((await push(repository)).code).toBe(0);
    expect(readFileSync(path.join(repository.home, 'seen'), 'utf8')).toMatch(
      /^refs\/heads\/main [0-9a-f]{40} refs\/heads\/main [0-9a-f]{40}\norigin .+\n$/,
    );
  });
});
