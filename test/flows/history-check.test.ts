/** Session files in history, as `doctor --ci <range>` looks for them. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkHistory } from '../../src/flows/history-check.ts';
import { findExposure } from '../../src/flows/never-committed.ts';
import { openRepository } from '../../src/git/repository.ts';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';

const directory = '.claude-mpm/sessions';
const record = `${directory}/session-20260101-000000.json`;

async function open({ path: top, env }: TestRepository) {
  const found = await openRepository(top, env);
  if (found === undefined) throw new Error('not found');
  return found;
}

async function check(test: TestRepository, range: string) {
  return checkHistory(await open(test), range);
}

function leak(test: TestRepository, name = record): string {
  test.write(name, String(Math.random()));
  test.git('--literal-pathspecs', 'add', '--force', name);
  return test.commit('a mistake');
}

function repositoryWithCommit(): TestRepository {
  const test = createRepository();
  test.commit('first', { file: 'x' });
  return test;
}

describe('a range of history', () => {
  it('without session files has none, and says how much was looked at', async () => {
    const test = repositoryWithCommit();
    test.commit('second', { '.claude-mpm/other': '', [`sub/${record}`]: '' });
    expect(await check(test, 'HEAD')).toEqual({ examined: 2, commits: [], isShallow: false });
    expect(await check(test, 'HEAD..HEAD')).toMatchObject({ examined: 0, commits: [] });
  });

  it('tells each commit that adds or changes some, newest first, and not what removes them', async () => {
    const test = repositoryWithCommit();
    test.git('config', 'user.name', 'Zoë\u202e');
    const first = leak(test);
    const second = leak(test, `${directory}/ü "x"\n`);
    test.git('rm', '-r', '--quiet', directory);
    test.commit('cleaned');
    const { commits, examined } = await check(test, 'main~3..main');
    expect(examined).toBe(3);
    expect(commits).toEqual([
      {
        oid: second,
        author: 'Zoë\u202e',
        committedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        files: [`${directory}/ü "x"\n`],
      },
      expect.objectContaining({ oid: first, files: [record] }),
    ]);
    expect((await check(test, 'main~1..main')).commits).toEqual([]);
  });

  it('finds them in a root commit, in other letters and in a merge', async () => {
    const test = createRepository();
    const root = leak(test, '.Claude-Mpm/Sessions/x');
    test.git('switch', '--quiet', '-c', 'side');
    test.commit('side', { side: '' });
    test.git('switch', '--quiet', 'main');
    test.commit('main', { main: '' });
    test.git('merge', '--quiet', '--no-commit', 'side');
    const merge = leak(test);
    const found = (await check(test, 'HEAD')).commits;
    expect(found.map(({ oid, files }) => [oid, files])).toEqual([
      [merge, [record]],
      [root, ['.Claude-Mpm/Sessions/x']],
    ]);
  });

  it('finds what a branch that was merged had added and taken back', async () => {
    const test = repositoryWithCommit();
    test.git('switch', '--quiet', '-c', 'side');
    const guilty = leak(test);
    test.git('rm', '--quiet', record);
    test.commit('cleaned');
    test.git('switch', '--quiet', 'main');
    test.commit('main', { main: '' });
    test.git('merge', '--quiet', '--no-edit', 'side');
    expect((await check(test, 'HEAD')).commits.map(({ oid }) => oid)).toEqual([guilty]);
  });

  it('does not blame a merge for what came with the other branch', async () => {
    const test = repositoryWithCommit();
    test.git('switch', '--quiet', '-c', 'side');
    const guilty = leak(test);
    test.git('switch', '--quiet', 'main');
    test.commit('main', { main: '' });
    test.git('merge', '--quiet', '--no-edit', 'side');
    expect((await check(test, 'HEAD')).commits.map(({ oid }) => oid)).toEqual([guilty]);
    expect((await check(test, 'side..HEAD')).commits).toEqual([]);
  });

  it.each(['nope', 'HEAD..nope', '', '--all', '-n1', '--', 'HEAD --', '0'.repeat(40)])(
    'that cannot be read is a failure that names it: «%s»',
    async (range) => {
      await expect(check(repositoryWithCommit(), range)).rejects.toMatchObject({
        code: 'unknown-range',
        exit: 2,
        message: expect.stringContaining(`'${range}'`),
      });
    },
  );

  it('that is cut off is said to be', async () => {
    const origin = repositoryWithCommit();
    origin.commit('second', { second: '' });
    const directory = path.join(origin.home, 'clone');
    origin.git('clone', '--quiet', '--depth=1', `file://${origin.path}`, directory);
    const clone = repositoryAt(directory, origin.home);
    expect(await check(clone, 'HEAD')).toMatchObject({ examined: 1, isShallow: true });
    await expect(check(clone, 'HEAD~1..HEAD')).rejects.toMatchObject({
      code: 'unknown-range',
      hint: expect.stringContaining('--unshallow'),
    });
  });
});

describe('what is exposed', () => {
  it('is nothing in a new repository, with or without a commit', async () => {
    for (const test of [createRepository(), repositoryWithCommit()]) {
      expect(await findExposure(await open(test))).toMatchObject({
        negations: [],
        index: { tracked: [], staged: [] },
        commits: [],
      });
    }
  });

  it('are tracked and staged files, and commits that are on no remote', async () => {
    const test = repositoryWithCommit();
    const pushed = leak(test);
    const remote = createRepository({ layout: 'bare', home: test.home });
    test.git('remote', 'add', 'origin', remote.path);
    test.git('push', '--quiet', 'origin', 'main');
    test.git('switch', '--quiet', '-c', 'side');
    const mine = leak(test, `${directory}/b`);
    test.git('switch', '--quiet', '--detach');
    const detached = leak(test, `${directory}/c`);
    test.write(`${directory}/d`, '');
    test.git('add', '--force', `${directory}/d`);
    const exposure = await findExposure(await open(test));
    expect(exposure.index).toEqual({
      tracked: [`${directory}/b`, `${directory}/c`, record],
      staged: [`${directory}/d`],
    });
    expect(exposure.commits.map(({ oid }) => oid)).toEqual([detached, mine]);
    expect(exposure.commits.map(({ oid }) => oid)).not.toContain(pushed);
  });
});
