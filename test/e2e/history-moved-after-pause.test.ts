/** What `resume` says of the commits since: by ancestry, against the session's own branch. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { mpm, outsideGit, type Place, pause, repositoryWithCommit, resume } from './program.ts';

type Drift = Awaited<ReturnType<typeof resume>>['drift'];

async function driftOf(place: Place, ...args: string[]): Promise<Drift> {
  return (await resume(place, ...args)).drift;
}

const subjects = ({ commits }: Drift) => commits.list.map(({ message }) => message);

async function textOf(place: Place): Promise<string> {
  return (await mpm(place, ['resume'])).stdout;
}

/** `main` with two commits, paused on the second. */
async function paused(): Promise<TestRepository> {
  const repository = repositoryWithCommit();
  repository.commit('second', { 'second.txt': '2\n' });
  await pause(repository, ['about to test']);
  return repository;
}

describe('commits since', () => {
  it('are none when nothing happened, and that was checked', async () => {
    const repository = await paused();
    const drift = await driftOf(repository);
    expect(drift.history).toBe('same');
    expect(drift.commits).toEqual({ state: 'verified', count: 0, list: [], lost: 0 });
    expect(await textOf(repository)).toContain('= No commit since.');
  });

  it('are those the branch has gained, newest first', async () => {
    const repository = await paused();
    for (const message of ['third', 'fourth']) repository.commit(message);
    const drift = await driftOf(repository);
    expect(drift.history).toBe('ahead');
    expect(drift.commits).toMatchObject({ state: 'changed', count: 2, lost: 0 });
    expect(subjects(drift)).toEqual(['fourth', 'third']);
    expect(drift.commits.list[0]).toEqual({
      sha: repository.git('rev-parse', 'HEAD').trim(),
      author: 'Test Person',
      timestamp: repository.git('log', '-1', '--format=%aI').trim(),
      message: 'fourth',
    });
    const text = await textOf(repository);
    expect(text).toContain('2 commits since.');
    expect(text).toMatch(/fourth[\s\S]*third/);
  });

  it('count when they are dated long before the pause', async () => {
    const repository = await paused();
    const date = '2001-01-01T00:00:00Z';
    const backdated = repositoryAt(repository.path, repository.home);
    backdated.git(
      '-c',
      `alias.c=!GIT_COMMITTER_DATE=${date} git commit`,
      ...[...['c', '--quiet', '--allow-empty', `--date=${date}`, '-m', 'back-dated']],
    );
    expect(repository.git('log', '-1', '--format=%cI').slice(0, 4)).toBe('2001');
    expect(subjects(await driftOf(repository))).toEqual(['back-dated']);
  });

  it('do not count when they are another branch’s, or the stash’s', async () => {
    const repository = await paused();
    repository.git('switch', '--quiet', '-c', 'other');
    repository.commit('on other');
    repository.write('second.txt', 'stashed\n');
    repository.git('stash', 'push', '--quiet');
    repository.git('switch', '--quiet', 'main');
    const drift = await driftOf(repository);
    expect(drift.history).toBe('same');
    expect(drift.commits.count).toBe(0);
    expect(drift.stash).toMatchObject({ state: 'changed', now: 1 });
  });

  it('that came with a merge count, all of them', async () => {
    const repository = await paused();
    repository.git('switch', '--quiet', '-c', 'other', 'HEAD^');
    for (const message of ['other 1', 'other 2']) repository.commit(message);
    repository.git('switch', '--quiet', 'main');
    repository.git('merge', '--quiet', '--no-edit', 'other');
    expect(await driftOf(repository)).toMatchObject({
      history: 'ahead',
      commits: { count: 3, lost: 0 },
    });
  });

  it('are those of the session’s branch, wherever one stands', async () => {
    const repository = await paused();
    repository.commit('on main');
    repository.git('switch', '--quiet', '-c', 'other');
    repository.commit('on other');
    const drift = await driftOf(repository, '--branch', 'main');
    expect(drift.history).toBe('ahead');
    expect(subjects(drift)).toEqual(['on main']);
  });

  it('in a great number are counted, and the newest of them named', async () => {
    const repository = await paused();
    const stream = Array.from({ length: 30 }, (_, index) => fastImportCommit(index)).join('');
    repository.write('.git/stream', stream);
    repository.git('-c', 'alias.import=!git fast-import --quiet <.git/stream', 'import');
    const drift = await driftOf(repository);
    expect(drift.commits.count).toBe(30);
    expect(subjects(drift)[0]).toBe('commit 29');
    expect(drift.commits.list.length).toBeLessThan(30);
    const rest = 30 - drift.commits.list.length;
    expect(await textOf(repository)).toContain(`and ${rest} more`);
  });

  it.each(['text', 'md'])(
    'with odd words are shown without what a terminal would obey (%s)',
    async (format) => {
      const repository = await paused();
      repository.git('config', 'user.name', 'Eve\u001b[7m \u202eevE');
      repository.commit('evil \u001b[31mred\u001b]0;title\u0007 \u202egnp.exe');
      const { stdout } = await mpm(repository, ['resume', '--format', format]);
      expect(stdout).toContain('evil [31mred]0;title gnp.exe (Eve[7m evE, ');
      expect(stdout).not.toMatch(/[\u001b\u0007\u202e]/);
    },
  );

  it('without a message are shown without one', async () => {
    const repository = await paused();
    repository.git('commit', '--quiet', '--allow-empty', '--allow-empty-message', '-m', '');
    const sha = repository.git('rev-parse', '--short=10', 'HEAD').trim();
    expect(await textOf(repository)).toMatch(
      new RegExp(`^ +${sha} \\(Test Person, [\\d-]+\\)$`, 'm'),
    );
    await pause(repository, ['again']);
    for (const args of [['show', '1'], ['resume']]) {
      const { stdout } = await mpm(repository, args);
      expect(stdout).toContain(`${sha} (Test Person, `);
      expect(stdout).not.toContain('undefined');
    }
  });
});

describe('history', () => {
  it('that was amended is rewritten: one gone, one new', async () => {
    const repository = await paused();
    repository.git('commit', '--quiet', '--amend', '-m', 'second, better');
    const drift = await driftOf(repository);
    expect(drift.history).toBe('rewritten');
    expect(drift.commits).toMatchObject({ state: 'changed', count: 1, lost: 1 });
    expect(subjects(drift)).toEqual(['second, better']);
    expect(await textOf(repository)).toContain(
      'History was rewritten: 1 commit of then is no longer part of the branch, and 1 commit is new.',
    );
  });

  it('that was rebased is rewritten', async () => {
    const repository = await paused();
    repository.git('switch', '--quiet', '-c', 'base', 'HEAD^');
    repository.commit('new base', { 'base.txt': '' });
    repository.git('switch', '--quiet', 'main');
    repository.git('rebase', '--quiet', 'base');
    expect(await driftOf(repository)).toMatchObject({
      history: 'rewritten',
      commits: { count: 2, lost: 1 },
    });
  });

  it('that was reset is behind', async () => {
    const repository = await paused();
    repository.git('reset', '--quiet', '--hard', 'HEAD^');
    const drift = await driftOf(repository);
    expect(drift).toMatchObject({ history: 'behind', commits: { count: 0, lost: 1, list: [] } });
    expect(await textOf(repository)).toContain('The branch was moved back: 1 commit of then');
  });

  it('that shares nothing any more is rewritten', async () => {
    const repository = await paused();
    const tree = repository.git('write-tree').trim();
    const orphan = repository.git('commit-tree', '-m', 'orphan', tree).trim();
    repository.git('reset', '--quiet', '--hard', orphan);
    expect(await driftOf(repository)).toMatchObject({
      history: 'rewritten',
      commits: { count: 1, lost: 2 },
    });
  });

  it('whose commits are no longer in the repository is unknown, not “none”', async () => {
    const repository = await paused();
    repository.git('reset', '--quiet', '--hard', 'HEAD^');
    repository.git('reflog', 'expire', '--expire=now', '--all');
    repository.git('gc', '--quiet', '--prune=now');
    const drift = await driftOf(repository);
    expect(drift.history).toBe('unknown');
    expect(drift.commits).toEqual({ state: 'unknown', count: null, list: [], lost: null });
    expect(await textOf(repository)).toContain('could not be checked');
  });

  it('of a branch that is gone is not told from another', async () => {
    const repository = await paused();
    repository.git('switch', '--quiet', '-c', 'other');
    repository.git('branch', '--quiet', '-D', 'main');
    const drift = await driftOf(repository, '1');
    expect(drift).toMatchObject({
      history: 'unknown',
      branch: { state: 'changed', now: null },
      upstream: { state: 'unknown' },
    });
    expect((await mpm(repository, ['resume', '1'])).stdout).toContain('The branch main is gone.');
  });

  it('of a detached session is not “rewritten” because another branch is checked out', async () => {
    const repository = repositoryWithCommit();
    const { session } = await detachedSession(repository);
    repository.git('switch', '--quiet', 'main');
    repository.commit('on main');
    const { drift } = await resume(repository, session.session_id);
    expect(drift.history).not.toBe('rewritten');
  });

  it('of a commit that is checked out is the same', async () => {
    const repository = repositoryWithCommit();
    await detachedSession(repository);
    expect((await driftOf(repository)).history).toBe('same');
    const text = await textOf(repository);
    expect(text).toContain('No commit since');
    expect(text).not.toContain('branch is where it was');
  });
});

describe('the upstream', () => {
  it('is compared with then, on the branch itself', async () => {
    const origin = repositoryWithCommit();
    const directory = path.join(origin.home, 'clone');
    origin.git('clone', '--quiet', '.', directory);
    const clone = repositoryAt(directory, origin.home);
    await pause(clone, ['x']);
    expect((await driftOf(clone)).upstream.state).toBe('verified');
    origin.commit('theirs');
    clone.git('fetch', '--quiet');
    const { upstream, history } = await driftOf(clone);
    expect(history).toBe('same');
    expect(upstream).toMatchObject({
      state: 'changed',
      now: { name: 'origin/main', ahead: 0, behind: 1 },
    });
    expect(await textOf(clone)).toContain('0 ahead of origin/main and 1 behind');
    clone.git('branch', '--unset-upstream');
    expect(await textOf(clone)).toContain('no upstream any more');
  });

  it('of a branch that is not checked out is unknown', async () => {
    const repository = await paused();
    repository.git('switch', '--quiet', '-c', 'other');
    expect((await driftOf(repository, '--branch', 'main')).upstream.state).toBe('unknown');
  });
});

describe('the page', () => {
  it('says once when it was', async () => {
    const repository = await paused();
    await textOf(repository);
    const text = await textOf(repository);
    expect(text).toMatch(/^Paused just now, resumed before, just now$/m);
    expect(text).not.toMatch(/(?:Paused|Resumed) At/);
    expect((await mpm(repository, ['show', '1'])).stdout).toMatch(/Paused At[\s\S]*Resumed At/);
  });

  it.each(['text', 'md'])(
    'says nothing of what moved outside git, where nothing can (%s)',
    async (format) => {
      const place = outsideGit();
      await pause(place, ['outside']);
      const { stdout, code } = await mpm(place, ['resume', '--format', format]);
      expect(code).toBe(0);
      expect(stdout).toContain('outside');
      expect(stdout).not.toContain('Since Then');
      expect(stdout).not.toContain('\n\n\n');
    },
  );

  it('tells what was, then what moved, and not how to do what is being done', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['about to test', '--next', 'expiry']);
    repository.commit('meanwhile');
    const text = await textOf(repository);
    const order = [
      'Paused just now',
      'about to test',
      'expiry',
      'Since Then',
      'meanwhile',
      'Git State',
    ];
    const places = order.map((part) => text.indexOf(part));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(text).not.toContain('How to Resume');
  });

  it('is Markdown for an agent with --format md', async () => {
    const repository = await paused();
    repository.commit('meanwhile');
    const { stdout, code } = await mpm(repository, ['resume', '--format', 'md']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^# Session paused on `main`$/m);
    expect(stdout).toMatch(/^## Since Then$/m);
    expect(stdout).toMatch(/^- \*\*changed\*\*: 1 commit since\.$/m);
  });

  it('is the JSON document with --format json', async () => {
    const repository = await paused();
    const failed = await mpm(repository, ['resume', '--format', 'json', 'no such session']);
    expect(failed).toMatchObject({ code: 3, stderr: '' });
    expect(JSON.parse(failed.stdout)).toMatchObject({ ok: false, error: { code: 'no-match' } });
    const plain = await mpm(repository, ['resume', '--format', 'json']);
    const document = JSON.parse(plain.stdout);
    expect(Object.keys(document)).toEqual(['ok', 'data']);
    expect(document.data).toMatchObject({
      applied: false,
      work: { state: 'none' },
      drift: { history: 'same' },
    });
  });
});

function detachedSession(repository: TestRepository) {
  repository.git('switch', '--quiet', '--detach');
  repository.commit('off any branch');
  return pause(repository, ['detached']);
}

/** One commit on `main` without changes, in the language of git-fast-import(1). */
function fastImportCommit(number: number): string {
  const message = `commit ${number}`;
  const who = `Test Person <test@example.com> ${1_700_000_000 + number} +0000`;
  const from = number === 0 ? 'from refs/heads/main^0\n' : '';
  return `commit refs/heads/main\ncommitter ${who}\ndata ${message.length}\n${message}\n${from}\n`;
}
