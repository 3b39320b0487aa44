/** Selectors, the numbers of the list, and what is said when nothing fits. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TestRepository } from '../helpers/repository.ts';
import {
  dataOf,
  failureOf,
  list,
  mpm,
  outsideGit,
  pause,
  readText,
  repositoryWithCommit,
  resume,
  shortId,
  shown,
} from './program.ts';

interface Several {
  readonly repository: TestRepository;
  /** Newest first: `third` on other, `second` and `first` on main. */
  readonly ids: readonly [string, string, string];
}

/** Three sessions: two on `main`, then one on `other`, which stays checked out. */
async function several(): Promise<Several> {
  const repository = repositoryWithCommit();
  const idOf = async (message: string) => (await pause(repository, [message])).session.session_id;
  const first = await idOf('first');
  const second = await idOf('second');
  repository.git('switch', '--quiet', '-c', 'other');
  const third = await idOf('third');
  return { repository, ids: [third, second, first] };
}

const shownBy = async (repository: TestRepository, ...args: string[]) =>
  (await dataOf<{ session: { session_id: string } }>(repository, ['show', ...args])).session
    .session_id;

describe('a selector', () => {
  it('is a number of the list, a whole id or a part of one', async () => {
    const { repository, ids } = await several();
    for (const [index, id] of ids.entries()) {
      expect(await shownBy(repository, String(index + 1))).toBe(id);
      expect(await shownBy(repository, id)).toBe(id);
      expect(await shownBy(repository, id.slice('session-'.length))).toBe(id);
    }
    const [newest] = ids;
    // The last digits of one id can be the time of another by accident only within a minute.
    const time = newest.slice(-6);
    expect((await resume(repository, time)).session.session_id).toBe(newest);
    expect((await resume(repository, '--select', time)).session.session_id).toBe(newest);
    expect(await shownBy(repository, newest.toUpperCase())).toBe(newest);
  });

  it('that fits several names them all', async () => {
    const { repository, ids } = await several();
    const part = ids[0].slice(8, 12);
    const failure = await failureOf(repository, ['resume', part]);
    expect(failure).toMatchObject({ exit: 3, code: 'ambiguous-session' });
    for (const id of ids) expect(failure.message).toContain(id);
    expect((await list(repository)).map(({ status }) => status)).toEqual(Array(3).fill('paused'));
  });

  it.each([
    ['4', 'out-of-range', 'There is no session number 4; the list has 3.'],
    ['0', 'out-of-range', 'There is no session number 0; the list has 3.'],
    ['999', 'out-of-range', 'There is no session number 999; the list has 3.'],
    ['9999', 'no-match', "No session matches '9999'."],
    ['nope', 'no-match', "No session matches 'nope'."],
    ['session-20010101-000000', 'no-match', "No session matches 'session-20010101-000000'."],
    ['../x', 'no-match', "No session matches '../x'."],
  ])('«%s» that fits none: %s', async (selector, code, message) => {
    const { repository } = await several();
    for (const command of ['show', 'resume', 'dismiss', 'rm']) {
      expect(await failureOf(repository, [command, selector])).toMatchObject({
        exit: 3,
        code,
        message,
        hint: expect.stringContaining('mpm-session list'),
      });
    }
  });

  it('that is empty is never a session, even when there is only one', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['the only one']);
    for (const command of ['show', 'resume', 'dismiss', 'rm']) {
      const { exit } = await failureOf(repository, [command, '']);
      expect([command, exit === 2 || exit === 3]).toEqual([command, true]);
    }
    expect(await list(repository)).toMatchObject([{ status: 'paused' }]);
  });

  it.each([
    ['two of them', ['1', '2']],
    ['an argument and --select', ['1', '--select', '2']],
    ['one and --latest', ['1', '--latest']],
    ['--branch and --latest', ['--branch', 'main', '--latest']],
  ])('is one: not %s', async (_, args) => {
    const { repository } = await several();
    expect(await failureOf(repository, ['resume', ...args])).toMatchObject({
      exit: 2,
      code: 'wrong-usage',
    });
  });
});

describe('without a selector', () => {
  it('the newest of this branch is meant', async () => {
    const { repository, ids } = await several();
    expect((await resume(repository)).session.session_id).toBe(ids[0]);
    repository.git('switch', '--quiet', 'main');
    expect((await resume(repository)).session.session_id).toBe(ids[1]);
  });

  it('--latest means the newest of any branch', async () => {
    const { repository, ids } = await several();
    repository.git('switch', '--quiet', 'main');
    expect((await resume(repository, '--latest')).session.session_id).toBe(ids[0]);
  });

  it('on a branch without one, it is told what there is elsewhere', async () => {
    const { repository, ids } = await several();
    repository.git('switch', '--quiet', '-c', 'empty');
    const failure = await failureOf(repository, ['resume']);
    expect(failure).toEqual({
      exit: 3,
      code: 'no-session',
      message: `No session is paused on empty. Elsewhere: other (${ids[0]}); main (${ids[1]}).`,
      hint: "Resume one by its number in 'mpm-session list', or the newest with --latest.",
    });
    expect((await failureOf(repository, ['dismiss'])).code).toBe('no-session');
  });

  it('in a repository without any, it is told how to pause', async () => {
    const repository = repositoryWithCommit();
    for (const args of [['resume'], ['resume', '--latest'], ['dismiss']]) {
      expect(await failureOf(repository, args)).toMatchObject({
        exit: 3,
        code: 'no-session',
        hint: 'Pause one with \'git mpm-pause "what you are doing"\'.',
      });
    }
  });
});

describe('a session that was resumed', () => {
  it('is resumed again, and said to be no fresh one', async () => {
    const { repository, ids } = await several();
    const first = await mpm(repository, ['resume']);
    expect(shown(first)[0]).toMatch(/^Paused (?:just now|\d+ seconds ago)$/);
    const again = await mpm(repository, ['resume']);
    expect(shown(again)[0]).toMatch(/^Paused .+, resumed before, .+$/);
    expect(again.code).toBe(0);
    const [entry] = await list(repository);
    expect(entry).toMatchObject({ id: ids[0], status: 'resumed' });
  });

  it('gives way to one paused later', async () => {
    const { repository } = await several();
    await resume(repository);
    const { session } = await pause(repository, ['fourth']);
    expect((await resume(repository)).session.session_id).toBe(session.session_id);
  });

  it('says when', async () => {
    const { repository } = await several();
    const before = Date.now();
    const { session } = await resume(repository);
    const time = Date.parse(session.lifecycle.resumed_at ?? '');
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());
    expect((await mpm(repository, ['show', '1'])).stdout).toContain('Resumed At');
  });
});

describe('a session that was dismissed', () => {
  it('is kept, marked, and can still be resumed', async () => {
    const { repository, ids } = await several();
    const { session } = await dataOf<{ session: { session_id: string; lifecycle: unknown } }>(
      repository,
      ['dismiss'],
    );
    expect(session).toMatchObject({ session_id: ids[0], lifecycle: { status: 'dismissed' } });
    const text = shown(await mpm(repository, ['list']));
    expect(text.find((line) => line.includes(shortId(ids[0])))).toContain('[dismissed]');
    expect(shown(await mpm(repository, ['resume']))[0]).toMatch(/, dismissed before, /);
  });

  it('may be any', async () => {
    const { repository } = await several();
    const run = await mpm(repository, ['dismiss', '3']);
    expect(run.stdout).toMatch(/^Dismissed session-\d{8}-\d{6}; it is kept\.\n$/);
    expect((await list(repository)).map(({ status }) => status)).toEqual([
      'paused',
      'paused',
      'dismissed',
    ]);
  });
});

describe('the list', () => {
  it('is newest first, with everything a script needs', async () => {
    const { repository, ids } = await several();
    const head = repository.git('rev-parse', 'HEAD').trim();
    expect(await list(repository)).toEqual(
      ids.map((id, index) => ({
        number: index + 1,
        id,
        paused_at: expect.stringMatching(/Z$/),
        branch: index === 0 ? 'other' : 'main',
        head,
        message: ['third', 'second', 'first'][index],
        status: 'paused',
        work: null,
        where: 'vault',
        here: index === 0,
        foreign: false,
        problem: null,
      })),
    );
  });

  it('for people has a line for each, those of this branch marked', async () => {
    const { repository, ids } = await several();
    const run = await mpm(repository, ['ls']);
    const lines = run.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(
      new RegExp(`^\\* +1 +${shortId(ids[0])} .* other [0-9a-f]{8} +third$`),
    );
    expect(lines[1]).toMatch(new RegExp(`^ +2 +${shortId(ids[1])} .* main +[0-9a-f]{8} +second$`));
  });

  it('keeps its numbers when only a part is shown', async () => {
    const { repository, ids } = await several();
    const numbers = async (...args: string[]) =>
      (await list(repository, ...args)).map(({ number }) => number);
    expect(await numbers('--branch', 'main')).toEqual([2, 3]);
    expect(await numbers('--here')).toEqual([1]);
    expect(await numbers('--limit', '2')).toEqual([1, 2]);
    expect(await numbers('--branch', 'main', '--limit', '1')).toEqual([2]);
    expect(await numbers('--branch', 'nowhere')).toEqual([]);
    expect(await shownBy(repository, '3')).toBe(ids[2]);
  });

  it('that is empty says how to begin; one that is filtered empty does not', async () => {
    const repository = repositoryWithCommit();
    expect((await mpm(repository, ['list'])).stdout).toBe(
      'No sessions yet. Pause one with: git mpm-pause "what you are doing"\n',
    );
    await pause(repository);
    const filtered = await mpm(repository, ['list', '--branch', 'nowhere']);
    expect(filtered).toMatchObject({ code: 0, stdout: 'No session matches.\n' });
  });

  it.each(['0', '-1', 'x', '1.5', '1e2', ''])('takes no --limit of «%s»', async (limit) => {
    expect(await failureOf(repositoryWithCommit(), ['list', `--limit=${limit}`])).toMatchObject({
      exit: 2,
      code: 'wrong-usage',
    });
  });

  it('shows the first line of a message, stripped of what a terminal would obey', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['first \u001b[2Jline\u202e\nsecond line']);
    const { stdout } = await mpm(repository, ['list']);
    expect(stdout).toMatch(/ {2}first \[2Jline …\n$/);
  });
});

describe('show', () => {
  it('has every format, and the files’ own text', async () => {
    const repository = repositoryWithCommit();
    const { files, session } = await pause(repository, ['about to test']);
    for (const format of ['json', 'yaml', 'md'] as const) {
      const run = await mpm(repository, ['show', '1', '--format', format]);
      expect(run).toMatchObject({
        code: 0,
        stderr: '',
        stdout: readText(files[format]),
      });
    }
    const paths = await mpm(repository, ['show', '1', '--format', 'path']);
    expect(shown(paths)).toEqual(expect.arrayContaining(Object.values(files)));
    expect(await dataOf<object>(repository, ['show', '1', '--format', 'path'])).toMatchObject({
      paths: shown(paths),
    });
    expect(shown(paths).at(-1)).toContain(`.git/mpm-session/sessions/${session.session_id}.json`);
    const text = await mpm(repository, ['show', '1']);
    expect(text.stdout).toContain('How to Resume');
  });

  it('changes nothing', async () => {
    const repository = repositoryWithCommit();
    await pause(repository);
    await mpm(repository, ['show', '1']);
    expect(await list(repository)).toMatchObject([{ status: 'paused' }]);
  });

  it('takes one selector, and a format that there is', async () => {
    const { repository } = await several();
    for (const args of [[], ['1', '2'], ['1', '--format', 'xml'], ['1', '--format', 'patch']]) {
      const failure = await failureOf(repository, ['show', ...args]);
      expect(failure).toMatchObject({ exit: 2, code: 'wrong-usage' });
    }
    const { message } = await failureOf(repository, ['show', '1', '--format', 'xml']);
    expect(message).toMatch(/text, md, json, yaml, path.*'xml'/);
  });

  it.each([['show 1 --format md'], ['show 1 --format json'], ['resume --format md']])(
    '%s is not --json as well',
    async (line) => {
      const failure = await failureOf((await several()).repository, line.split(' '));
      expect(failure).toMatchObject({ exit: 2, code: 'wrong-usage' });
      expect(failure.message).toMatch(/--format (?:md|json) and --json/);
    },
  );

  it('names its files as they are, for those who open them', async () => {
    const outside = outsideGit();
    const place = { ...outside, path: path.join(outside.path, 'with a\ttab') };
    mkdirSync(place.path);
    const { files } = await pause(place);
    const { stdout } = await mpm(place, ['show', '1', '--format', 'path']);
    expect(stdout.split('\n')).toContain(files.json);
    expect((await mpm(place, ['pause'])).stdout).toContain('with a\\ttab');
  });

  it('of a part of many ids lists some of them', async () => {
    const repository = repositoryWithCommit();
    for (const minute of ['00', '01']) {
      for (let second = 10; second < 20; second += 1) {
        const id = `session-20260102-03${minute}${second}`;
        repository.write(`.claude-mpm/sessions/${id}.json`, '{}');
      }
    }
    const { message } = await failureOf(repository, ['show', 's']);
    expect(message).toMatch(/^'s' matches 20 sessions: (session-\S+ ?){10}and 10 more\.$/);
  });
});
