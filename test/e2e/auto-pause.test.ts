/** `autoPause: switch`: what becomes of the branch that is left. Without a terminal; hints only. */
import { existsSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RepositoryOptions, TestRepository } from '../helpers/repository.ts';
import { type HookRepository, type HookSetUp, withHooks } from '../hooks/hook-repository.ts';
import {
  dataOf,
  list,
  pause,
  repositoryWithCommit,
  resume,
  type Session,
  shell,
} from './program.ts';
import { decisionsIn, openShell, question, typed } from './typed.ts';

/** On `main`, with a branch `feature` one commit ahead; automatic pauses are on for this user. */
async function autoPausing(
  options: RepositoryOptions = {},
  setUp: HookSetUp = {},
): Promise<HookRepository> {
  const repository = repositoryWithCommit(options);
  repository.git('switch', '--quiet', '-c', 'feature');
  repository.commit('second', { 'second.txt': 'two\n' });
  repository.git('switch', '--quiet', 'main');
  writeSettings(repository, 'autoPause: switch\n');
  const ready = withHooks(repository, setUp);
  await list(ready);
  expect(existsSync(path.join(ready.vault, 'auto-pause'))).toBe(true);
  return ready;
}

function writeSettings(repository: TestRepository, text: string): void {
  const file = path.join(path.relative(repository.path, repository.home), '.config/mpmrc');
  repository.write(file, text);
}

async function shown(repository: TestRepository, id: string): Promise<Session> {
  return (await dataOf<{ session: Session }>(repository, ['show', id])).session;
}

async function only(repository: TestRepository): Promise<Session> {
  const [first, ...others] = await list(repository);
  expect(others).toEqual([]);
  return shown(repository, first?.id ?? '');
}

function log(repository: HookRepository): readonly string[] {
  return existsSync(path.join(repository.vault, 'log')) ? decisionsIn(repository) : [];
}

describe('leaving a branch with uncommitted work', () => {
  it('pauses it as it was: its commit, its upstream, its commits, the work carried along', async () => {
    const repository = await autoPausing();
    repository.git('branch', '--quiet', '--set-upstream-to=feature', 'main');
    repository.write('first.txt', 'changed\n');
    repository.write('new.txt', 'new\n');
    const left = repository.git('rev-parse', 'HEAD').trim();
    repository.git('switch', '--quiet', 'feature');

    const { trigger, git_context: git, lifecycle } = await only(repository);
    expect(trigger).toBe('switch');
    expect(lifecycle.status).toBe('paused');
    expect(git).toMatchObject({ branch: 'main', head: left, detached: false });
    expect(git.branch_id).toBe(repository.git('config', 'branch.main.mpm-session').trim());
    expect(git.upstream).toEqual({ name: 'feature', ahead: 0, behind: 1 });
    expect(git.recent_commits.map(({ message }) => message)).toEqual(['first']);
    expect(git.status?.modified_files).toEqual(['first.txt']);
    expect(git.status?.untracked_files).toEqual(['new.txt']);
    expect(log(repository)).toContain('paused left');
  });

  it('offers it on coming back', async () => {
    const repository = await autoPausing();
    repository.write('first.txt', 'changed\n');
    const terminal = await openShell(repository);
    await typed(terminal, 'git switch feature');
    terminal.type('git switch main\r');
    await terminal.waitFor(/Paused just now on main, no message/);
    await terminal.waitFor(question);
    terminal.type('y');
    await terminal.waitFor(/first\.txt[\s\S]*READY> $/);
    expect((await list(repository)).find(({ branch }) => branch === 'main')?.status).toBe(
      'resumed',
    );
  });

  it('is paused before the one that is entered is offered', async () => {
    const repository = await autoPausing();
    await pause(repository, ['-m', 'on main']);
    repository.write('first.txt', 'changed\n');
    repository.git('switch', '--quiet', 'feature');
    expect(log(repository).filter((line) => !line.startsWith('quiet no-session'))).toEqual([
      'paused left',
    ]);
    repository.git('switch', '--quiet', 'main');
    expect(log(repository).slice(-2)).toEqual(['paused left', 'hinted not-a-terminal']);
  });

  const pausedOnLeaving = async (options: RepositoryOptions) => {
    const made = await autoPausing(options);
    made.write('first.txt', 'changed\n');
    made.git('switch', '--quiet', 'feature');
    return (await only(made)).git_context.branch;
  };

  it('in a repository with SHA-256', async () => {
    expect(await pausedOnLeaving({ objectFormat: 'sha256' })).toBe('main');
  });

  // git before 2.45 knows none.
  it.skipIf((process.env['MPM_TEST_GIT'] ?? '') === '')(
    'in a repository with a reftable (needs MPM_TEST_GIT)',
    async () => {
      expect(await pausedOnLeaving({ refFormat: 'reftable' })).toBe('main');
    },
  );

  it('in a linked work tree', async () => {
    const made = repositoryWithCommit({ layout: 'linked-worktree' });
    writeSettings(made, 'autoPause: switch\n');
    const repository = withHooks(made);
    await list(repository);
    repository.write('first.txt', 'changed\n');
    repository.git('switch', '--quiet', '-c', 'other');
    const session = await only(repository);
    expect(session.git_context.branch).toBe('linked');
    expect(session.project_path).toBe(repository.path);
  });
});

describe('without a reflog', () => {
  it('the branch left is the one that the hook saw entered before', async () => {
    const repository = await autoPausing();
    repository.git('config', 'core.logAllRefUpdates', 'false');
    rmSync(path.join(repository.path, '.git/logs'), { recursive: true });
    repository.git('switch', '--quiet', 'feature');
    repository.write('second.txt', 'changed\n');
    repository.git('switch', '--quiet', '-c', 'other');
    expect((await only(repository)).git_context.branch).toBe('feature');
  });
});

describe('git is not held up', () => {
  it('for longer than offer.timeout, by somebody who holds the lock', async () => {
    const repository = await autoPausing();
    writeSettings(repository, 'autoPause: switch\noffer:\n  timeout: 1s\n');
    repository.write('first.txt', 'changed\n');
    const owner = `${encodeURIComponent(hostname())}/${readlinkSync('/proc/self/ns/pid')}`;
    const lock = path.join(repository.vault, 'lock');
    writeFileSync(lock, `${process.pid} 0123456789abcdef ${owner}\n`);
    repository.git('switch', '--quiet', 'feature');
    expect(log(repository)).toContain('failed pause-too-slow');
    rmSync(lock);
    expect(repository.git('status', '--porcelain').trim()).toBe('M first.txt');
  });
});

describe('one session of a branch', () => {
  it('is kept up to date: the same id, the newer state', async () => {
    const repository = await autoPausing();
    repository.write('first.txt', 'changed\n');
    repository.git('switch', '--quiet', 'feature');
    const first = await only(repository);
    repository.git('switch', '--quiet', 'main');
    repository.write('more.txt', 'more\n');
    repository.git('switch', '--quiet', '--detach', 'feature');
    const sessions = (await list(repository)).filter(({ branch }) => branch === 'main');
    expect(sessions.map(({ id }) => id)).toEqual([first.session_id]);
    const second = await shown(repository, first.session_id);
    expect(second.git_context.status?.untracked_files).toEqual(['more.txt']);
    expect(Date.parse(second.paused_at)).toBeGreaterThan(Date.parse(first.paused_at));
    expect(
      readFileSync(
        path.join(repository.path, '.claude-mpm/sessions', `${first.session_id}.md`),
        'utf8',
      ),
    ).toContain('more.txt');
  });

  it('is offered again once there is more, after it was resumed', async () => {
    const repository = await autoPausing();
    repository.write('first.txt', 'changed\n');
    repository.git('switch', '--quiet', 'feature');
    repository.git('switch', '--quiet', 'main');
    const { session } = await resume(repository);
    repository.write('more.txt', 'more\n');
    repository.git('switch', '--quiet', 'feature');
    expect((await shown(repository, session.session_id)).lifecycle).toEqual({ status: 'paused' });
  });

  it('is offered again when it was resumed and gone on with in the same files', async () => {
    const repository = await autoPausing();
    repository.write('first.txt', 'changed\n');
    repository.git('switch', '--quiet', 'feature');
    repository.git('switch', '--quiet', 'main');
    const { session } = await resume(repository);
    repository.write('first.txt', 'changed further\n');
    repository.git('switch', '--quiet', 'feature');
    expect((await shown(repository, session.session_id)).lifecycle).toEqual({ status: 'paused' });
  });

  it('is not written again when nothing has changed', async () => {
    const repository = await autoPausing();
    repository.write('first.txt', 'changed\n');
    repository.git('switch', '--quiet', '--detach', 'feature');
    const before = await only(repository);
    repository.git('switch', '--quiet', 'main');
    repository.git('switch', '--quiet', '--detach', 'feature');
    expect(await only(repository)).toEqual(before);
    expect(log(repository)).toContain('quiet left-unchanged');
  });

  it('does not bury what a person said: a new one carries it on', async () => {
    const repository = await autoPausing();
    const notes = ['--next', 'test the expiry', '--todo', 'docs', '--question', 'why?'];
    const said = await pause(repository, ['about to test', ...notes, '--reminder', 'ask Ann']);
    repository.write('first.txt', 'changed\n');
    repository.git('switch', '--quiet', '--detach', 'feature');
    const [newest, older] = await list(repository);
    expect(older?.id).toBe(said.session.session_id);
    const carried = await shown(repository, newest?.id ?? '');
    expect(carried.trigger).toBe('switch');
    expect(carried.conversation).toEqual(said.session.conversation);
    expect(carried.todos).toEqual(said.session.todos);
    expect(carried.open_questions).toEqual(['why?']);
    expect(carried.important_reminders).toEqual(['ask Ann']);
    expect(carried.git_context.status?.modified_files).toEqual(['first.txt']);
    // What was said at its own moment stays what it is.
    expect(await shown(repository, said.session.session_id)).toEqual(said.session);
  });

  it('says what the person said last, also after further automatic pauses', async () => {
    const repository = await autoPausing();
    await pause(repository, ['about to test']);
    for (const name of ['a.txt', 'b.txt']) {
      repository.write(name, 'x\n');
      repository.git('switch', '--quiet', '--detach', 'feature');
      repository.git('switch', '--quiet', 'main');
    }
    const [newest, ...others] = await list(repository);
    expect(others).toHaveLength(1);
    expect(newest?.message).toBe('about to test');
  });

  it('that was dismissed is left alone, and its notes are not brought back', async () => {
    const repository = await autoPausing();
    const { session } = await pause(repository, ['no longer wanted']);
    await dataOf(repository, ['dismiss']);
    repository.write('first.txt', 'changed\n');
    repository.git('switch', '--quiet', '--detach', 'feature');
    const [newest] = await list(repository);
    expect(newest).toMatchObject({
      message: expect.not.stringContaining('wanted'),
      status: 'paused',
    });
    expect((await shown(repository, session.session_id)).lifecycle.status).toBe('dismissed');
  });
});

describe('nothing is paused', () => {
  it('when the branch left has nothing unfinished', async () => {
    const repository = await autoPausing();
    repository.git('switch', '--quiet', 'feature');
    expect(await list(repository)).toEqual([]);
    expect(existsSync(path.join(repository.path, '.claude-mpm'))).toBe(false);
    expect(repository.git('config', '--list')).not.toContain('branch.main.mpm-session');
    expect(log(repository)).toContain('quiet left-clean');
  });

  it('when a detached HEAD is left', async () => {
    const repository = await autoPausing();
    repository.git('switch', '--quiet', '--detach', 'main');
    repository.write('first.txt', 'changed\n');
    repository.git('switch', '--quiet', 'feature');
    expect(await list(repository)).toEqual([]);
    expect(log(repository)).toContain('quiet left-detached');
  });

  it('when it cannot be told which branch was left, which is logged', async () => {
    const repository = await autoPausing();
    repository.write('first.txt', 'changed\n');
    // git writes this in the place of what it would say about the checkout.
    await shell(repository, 'GIT_REFLOG_ACTION=elsewhere git switch --quiet feature');
    expect(await list(repository)).toEqual([]);
    expect(log(repository)).toContain('quiet left-unknown');
  });

  it('while offers and hooks are switched off by MPM_SESSION_HOOKS=0', async () => {
    const repository = await autoPausing();
    repository.write('first.txt', 'changed\n');
    const terminal = await openShell(repository, { more: { MPM_SESSION_HOOKS: '0' } });
    await typed(terminal, 'git switch feature');
    expect(await list(repository)).toEqual([]);
  });

  it('in a repository whose vault cannot be read, and git does not notice', async () => {
    const repository = await autoPausing();
    repository.write('.git/mpm-session/sessions/session-20260101-000000.json', 'damaged');
    repository.write('first.txt', 'changed\n');
    repository.git('switch', '--quiet', 'feature');
    expect(log(repository)).toContain('paused left');
  });
});
