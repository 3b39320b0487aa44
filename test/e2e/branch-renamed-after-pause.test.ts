/** Sessions follow a branch, not its name. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createRepository, type TestRepository } from '../helpers/repository.ts';
import {
  dataOf,
  failureOf,
  inSessions,
  list,
  mpm,
  type Place,
  pause,
  repositoryWithCommit,
  resume,
} from './program.ts';

/** A repository on branch `login` with a session of it, whose id comes along. */
async function pausedOnLogin(): Promise<{ repository: TestRepository; id: string }> {
  const repository = repositoryWithCommit();
  repository.git('switch', '--quiet', '-c', 'login');
  const { session } = await pause(repository, ['on login']);
  return { repository, id: session.session_id };
}

async function hereIds(place: Place): Promise<readonly string[]> {
  return (await list(place, '--here')).map(({ id }) => id);
}

const identities = (repository: TestRepository, branch: string) =>
  repository.git('config', '--get-all', `branch.${branch}.mpm-session`).trim().split('\n');

describe('a branch', () => {
  it('that is renamed keeps its sessions, and the new name is told', async () => {
    const { repository, id } = await pausedOnLogin();
    repository.git('branch', '--move', 'login', 'feature/login');
    const { session, drift } = await resume(repository);
    expect(session.session_id).toBe(id);
    expect(session.git_context.branch).toBe('login');
    expect(drift.branch).toMatchObject({ state: 'changed', now: 'feature/login' });
    expect(drift.branch.then).toBe('login');
    const text = (await mpm(repository, ['resume'])).stdout;
    expect(text).toContain('The branch is called feature/login now (then login).');
  });

  it('that is renamed is found by its new name from another one, and not by its old', async () => {
    const { repository, id } = await pausedOnLogin();
    repository.git('branch', '--move', 'login', 'renamed');
    repository.git('switch', '--quiet', 'main');
    expect((await resume(repository, '--branch', 'renamed')).session.session_id).toBe(id);
    expect(await failureOf(repository, ['resume', '--branch', 'login'])).toMatchObject({
      exit: 3,
      code: 'no-session',
    });
  });

  it('that is deleted and made again inherits nothing, even at the same commit', async () => {
    const { repository, id } = await pausedOnLogin();
    repository.git('switch', '--quiet', 'main');
    repository.git('branch', '--quiet', '-D', 'login');
    repository.git('switch', '--quiet', '-c', 'login');
    expect(await hereIds(repository)).toEqual([]);
    expect(await failureOf(repository, ['resume'])).toMatchObject({ exit: 3, code: 'no-session' });
    const { drift } = await resume(repository, id);
    expect(drift.branch).toMatchObject({ state: 'changed', now: null });
    expect(drift.history).toBe('unknown');
  });

  it('that takes the old name of a renamed one has its own sessions', async () => {
    const { repository, id } = await pausedOnLogin();
    repository.git('branch', '--move', 'login', 'old-login');
    repository.git('switch', '--quiet', '-c', 'login');
    const own = (await pause(repository, ['a new one'])).session.session_id;
    expect(await hereIds(repository)).toEqual([own]);
    repository.git('switch', '--quiet', 'old-login');
    expect(await hereIds(repository)).toEqual([id]);
  });

  it('that is copied shares the sessions', async () => {
    const { repository, id } = await pausedOnLogin();
    repository.git('branch', '--copy', 'login', 'login-2');
    repository.git('switch', '--quiet', 'login-2');
    expect(await hereIds(repository)).toEqual([id]);
    const { drift } = await resume(repository);
    expect(drift.branch.now).toBe('login-2');
    repository.git('switch', '--quiet', 'login');
    expect(await hereIds(repository)).toEqual([id]);
  });

  it('that is moved over another has the sessions of both', async () => {
    const { repository, id } = await pausedOnLogin();
    repository.git('switch', '--quiet', '-c', 'other');
    const second = (await pause(repository, ['on other'])).session.session_id;
    repository.git('branch', '-M', 'other', 'login');
    expect(new Set(identities(repository, 'login')).size).toBe(2);
    expect(await hereIds(repository)).toEqual([second, id]);
    expect((await resume(repository)).session.session_id).toBe(second);
    const third = (await pause(repository, ['on both'])).session;
    expect(identities(repository, 'login')).toContain(third.git_context.branch_id);
    expect(await hereIds(repository)).toEqual([third.session_id, second, id]);
  });

  it('has one identity for all its sessions', async () => {
    const { repository } = await pausedOnLogin();
    await pause(repository, ['again']);
    expect(identities(repository, 'login')).toHaveLength(1);
  });

  it('whose name differs by case only is another', async () => {
    const { repository, id } = await pausedOnLogin();
    repository.git('pack-refs', '--all');
    repository.git('symbolic-ref', 'HEAD', 'refs/heads/LOGIN');
    expect(await hereIds(repository)).toEqual([]);
    expect((await failureOf(repository, ['resume'])).message).toContain(`login (${id})`);
  });

  it('may be called like a commit, like HEAD, or like a configuration key', async () => {
    const repository = repositoryWithCommit();
    const names = ['deadbeef', 'a.mpm-session', 'x.y.z', 'refs/heads/main', 'ümläut'];
    for (const name of names) {
      repository.git('update-ref', `refs/heads/${name}`, 'HEAD');
      repository.git('symbolic-ref', 'HEAD', `refs/heads/${name}`);
      const { session, warnings } = await pause(repository, [name]);
      expect(warnings).toEqual([]);
      expect(session.git_context.branch).toBe(name);
      expect(await hereIds(repository)).toEqual([session.session_id]);
    }
  });

  // Such a name reaches git from no argument, and no file system of a Mac takes it.
  it.skipIf(process.platform === 'darwin')(
    'whose name is not UTF-8 is found by that name',
    async () => {
      const repository = repositoryWithCommit();
      const oid = repository.git('rev-parse', 'HEAD');
      repository.write(Buffer.from('.git/refs/heads/caf\xe9', 'latin1'), oid);
      repository.write('.git/HEAD', Buffer.from('ref: refs/heads/caf\xe9\n', 'latin1'));
      const { session, warnings } = await pause(repository, ['x']);
      expect(session.git_context.branch).toBe('caf\ufffd');
      expect(warnings).toEqual([expect.stringContaining('not valid UTF-8')]);
      expect(await hereIds(repository)).toEqual([session.session_id]);
      expect((await resume(repository)).session.session_id).toBe(session.session_id);
    },
  );
});

describe('the identity', () => {
  it('waits for git to let go of its configuration', async () => {
    const repository = repositoryWithCommit();
    const lock = path.join(repository.path, '.git/config.lock');
    writeFileSync(lock, '');
    const paused = pause(repository, ['x']);
    await delay(500);
    rmSync(lock);
    const { session, warnings } = await paused;
    expect(warnings).toEqual([]);
    expect(identities(repository, 'main')).toEqual([session.git_context.branch_id]);
  });

  it('that cannot be written is told, and the session is found by the branch’s name', async () => {
    const repository = repositoryWithCommit();
    writeFileSync(path.join(repository.path, '.git/config.lock'), '');
    const { session, warnings } = await pause(repository, ['x']);
    expect(warnings).toEqual([expect.stringContaining('could not be given its identity')]);
    expect(session.git_context).not.toHaveProperty('branch_id');
    expect((await resume(repository)).session.session_id).toBe(session.session_id);
  });

  it('in somebody’s configuration that is none of ours is passed over', async () => {
    const repository = repositoryWithCommit();
    repository.git('config', 'branch.main.mpm-session', '../../etc/passwd');
    const { session } = await pause(repository, ['x']);
    expect(session.git_context.branch_id).toMatch(/^[0-9a-f]{20}$/);
    expect(identities(repository, 'main')).toEqual([
      '../../etc/passwd',
      session.git_context.branch_id,
    ]);
    expect(await hereIds(repository)).toEqual([session.session_id]);
  });
});

describe('a detached HEAD', () => {
  it('has the sessions of its very commit', async () => {
    const repository = repositoryWithCommit();
    const first = repository.git('rev-parse', 'HEAD').trim();
    await pause(repository, ['on the branch']);
    repository.git('switch', '--quiet', '--detach');
    const { session } = await pause(repository, ['at the commit']);
    expect(await hereIds(repository)).toEqual([session.session_id]);
    repository.commit('second');
    expect(await hereIds(repository)).toEqual([]);
    repository.git('switch', '--quiet', 'main');
    expect(await list(repository, '--here')).toMatchObject([{ message: 'on the branch' }]);
    repository.git('switch', '--quiet', '--detach', first);
    expect((await resume(repository)).session.session_id).toBe(session.session_id);
  });

  it('without a session of its own says which commit', async () => {
    const repository = repositoryWithCommit();
    repository.git('switch', '--quiet', '--detach');
    const head = repository.git('rev-parse', 'HEAD').slice(0, 10);
    expect(await failureOf(repository, ['resume'])).toMatchObject({
      exit: 3,
      message: `No session is paused at the commit ${head}.`,
    });
  });
});

describe('a rebase that stopped', () => {
  it('is a moment of its own, told by its operation', async () => {
    const repository = repositoryWithCommit();
    repository.git('switch', '--quiet', '-c', 'theirs');
    repository.commit('theirs', { 'first.txt': 'theirs\n' });
    repository.git('switch', '--quiet', 'main');
    repository.commit('ours', { 'first.txt': 'ours\n' });
    await pause(repository, ['before the rebase']);
    expect(() => repository.git('rebase', 'theirs')).toThrow();
    const { session } = await pause(repository, ['in the middle']);
    expect(session.git_context).toMatchObject({
      operation: 'rebase',
      detached: true,
      branch: null,
    });
    expect((await resume(repository)).session.session_id).toBe(session.session_id);
    repository.git('rebase', '--abort');
    expect((await resume(repository)).session.conversation.summary).toBe('before the rebase');
  });
});

describe('a branch without a commit', () => {
  it('keeps its session when the first commit is made', async () => {
    const repository = createRepository();
    const { session } = await pause(repository, ['before the first']);
    expect(await hereIds(repository)).toEqual([session.session_id]);
    expect((await resume(repository)).drift).toMatchObject({
      history: 'same',
      commits: { state: 'verified', count: 0 },
    });
    repository.commit('first');
    repository.commit('second');
    const { session: resumed, drift } = await resume(repository);
    expect(resumed.session_id).toBe(session.session_id);
    expect(drift).toMatchObject({ history: 'ahead', commits: { state: 'changed', count: 2 } });
  });

  it('has none of the sessions of others', async () => {
    const { repository } = await pausedOnLogin();
    repository.git('switch', '--quiet', '--orphan', 'fresh');
    expect(await hereIds(repository)).toEqual([]);
  });
});

describe('--branch', () => {
  it('takes the newest of that branch, and leaves the checkout alone', async () => {
    const { repository } = await pausedOnLogin();
    const { session } = await pause(repository, ['newer on login']);
    repository.git('switch', '--quiet', 'main');
    await pause(repository, ['on main']);
    const resumed = await resume(repository, '--branch', 'login');
    expect(resumed.session.session_id).toBe(session.session_id);
    expect(repository.git('symbolic-ref', '--short', 'HEAD').trim()).toBe('main');
    const listed = await list(repository, '--branch', 'login');
    expect(listed.map(({ number, message }) => [number, message])).toEqual([
      [2, 'newer on login'],
      [3, 'on login'],
    ]);
  });

  it('of the list follows a renamed branch too', async () => {
    const { repository, id } = await pausedOnLogin();
    repository.git('branch', '--move', 'login', 'renamed');
    expect((await list(repository, '--branch', 'renamed')).map((entry) => entry.id)).toEqual([id]);
  });

  it('that is nowhere is named', async () => {
    const { repository } = await pausedOnLogin();
    expect(await failureOf(repository, ['resume', '--branch', 'nope'])).toMatchObject({
      exit: 3,
      code: 'no-session',
      message: expect.stringContaining('on nope'),
    });
  });

  it('is never taken for an option of git', async () => {
    const { repository } = await pausedOnLogin();
    const target = path.join(repository.path, 'written-by-git');
    const failure = await failureOf(repository, ['resume', `--branch=--output=${target}`]);
    expect(failure).toMatchObject({ exit: 3, code: 'no-session' });
    expect(repository.git('status', '--porcelain')).toBe('');
  });
});

describe('a session that lost its identity', () => {
  it('belongs to the branch of that name as long as its commit does', async () => {
    const { repository, id } = await pausedOnLogin();
    const file = inSessions(repository, `${id}.json`);
    // Copied by hand from another clone: the vault does not know it, and this branch has no identity.
    const { session } = await dataOf<{ session: Record<string, unknown> }>(repository, [
      'show',
      id,
    ]);
    await dataOf(repository, ['rm', id]);
    repository.git('config', '--unset-all', 'branch.login.mpm-session');
    const context = session['git_context'] as Record<string, unknown>;
    const { branch_id: _, ...withoutIdentity } = context;
    const copy = JSON.stringify({ ...session, git_context: withoutIdentity });
    writeFileSync(file, copy);
    expect(await hereIds(repository)).toEqual([id]);
    repository.git('commit', '--quiet', '--amend', '--allow-empty', '-m', 'rewritten');
    expect(await hereIds(repository)).toEqual([]);
  });
});

it('a branch that is called (detached) is a branch', async () => {
  const repository = repositoryWithCommit();
  repository.git('switch', '--quiet', '-c', '(detached)');
  const { session } = await pause(repository, ['odd']);
  expect(session.git_context).toMatchObject({ branch: '(detached)', detached: false });
  expect((await resume(repository)).session.session_id).toBe(session.session_id);
});

it('a branch that is gone still names its sessions, and a new one of that name has none', async () => {
  const repository = repositoryWithCommit();
  repository.git('switch', '--quiet', '-c', 'feature');
  const { session } = await pause(repository, ['old']);
  repository.git('switch', '--quiet', 'main');
  repository.git('branch', '--quiet', '-D', 'feature');
  expect((await resume(repository, '--branch', 'feature')).session.session_id).toBe(
    session.session_id,
  );
  expect(await list(repository, '--branch', 'feature')).toHaveLength(1);
  repository.git('branch', 'feature');
  expect(await list(repository, '--branch', 'feature')).toEqual([]);
  const failure = await failureOf(repository, ['resume', '--branch', 'feature']);
  expect(failure).toMatchObject({ exit: 3, code: 'no-session' });
  expect(failure.message).toContain(`an earlier feature (${session.session_id})`);
});
