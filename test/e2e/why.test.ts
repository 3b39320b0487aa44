import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { decisions } from '../../src/hooks/decisions.ts';
import type { TestRepository } from '../helpers/repository.ts';
import {
  dataOf,
  failureOf,
  list,
  mpm,
  outsideGit,
  pause,
  repositoryWithCommit,
  shown,
} from './program.ts';

let repository: TestRepository;
const vault = () => path.join(repository.path, '.git/mpm-session');

beforeEach(() => {
  repository = repositoryWithCommit();
});

interface Why {
  readonly decisions: readonly unknown[];
  readonly remarks: readonly string[];
}

const why = (...args: readonly string[]) => dataOf<Why>(repository, ['why', ...args]);

/** As the hooks' sh appends them, where hooks are set up and a session can be offered. */
function logged(...lines: readonly string[]): void {
  mkdirSync(path.join(vault(), 'offers'), { recursive: true });
  writeFileSync(path.join(vault(), 'post-checkout'), '');
  writeFileSync(path.join(vault(), 'log'), lines.map((line) => `${line}\n`).join(''));
}

const oid = '1f0b8a8d4a9c2b6d7e5f3a1c9b8d7e6f5a4b3c2d';

describe('why', () => {
  it('gives the decisions, newest first', async () => {
    logged(
      `\tpost-checkout\t${oid} ${oid} 1\tquiet\tresumed`,
      '2026-11-22T19:13:00Z\tpre-commit\t\trefused\t-\tsessions/x.json',
    );
    expect(await why()).toEqual({
      decisions: [
        {
          ...{ time: '2026-11-22T19:13:00Z', event: 'pre-commit', args: [], outcome: 'refused' },
          ...{ reason: '-', detail: 'sessions/x.json' },
        },
        {
          ...{ time: null, event: 'post-checkout', args: [oid, oid, '1'], outcome: 'quiet' },
          reason: 'resumed',
        },
      ],
      remarks: [],
    });
  });

  it('says them as sentences', async () => {
    const time = new Date(Date.now() - 5 * 60_000).toISOString();
    logged(
      `\tpost-checkout\t${oid} ${oid} 1\tquiet\tresumed`,
      `${time}\tpost-checkout\ta b 1\thinted\tmode-hint`,
    );
    expect((await mpm(repository, ['why'])).stdout.split('\n').slice(0, 2)).toEqual([
      '5 minutes ago  post-checkout  printed the offer: offer.mode is hint.',
      '               post-checkout  said nothing: the newest session there has been resumed.',
    ]);
  });

  it('says them with the branch entered, also where a session is what is noted', async () => {
    repository.git('switch', '--quiet', '-c', 'feature/login');
    const { session } = await pause(repository, ['x']);
    const id = session.session_id;
    logged(
      `\tpost-checkout\t${oid} ${oid} 1\tquiet\tno-session\trefs/heads/main`,
      `\tpost-checkout\t${oid} ${oid} 1\tquiet\tbisecting\tHEAD`,
      `\tpost-checkout\t${oid} ${oid} 1\tasked\tnot-now\t${id}`,
      '\tpre-commit\t\trefused\tsession-files\t3',
    );
    expect(shown(await mpm(repository, ['why']))).toEqual([
      'pre-commit     refused: the commit would have added session files. (3)',
      `feature/login  asked: not now, was the answer. (${id})`,
      'detached HEAD  said nothing: a bisect is going on.',
      'main           said nothing: nothing has been paused there.',
    ]);
  });

  it('keeps every line within 100 columns, whatever is said', async () => {
    const time = new Date(Date.now() - 5 * 60_000).toISOString();
    const long = `refs/heads/${'feature/'.repeat(12)}login`;
    logged(
      ...decisions.map((reason) => `${time}\tpost-checkout\t${oid} ${oid} 1\thinted\t${reason}`),
      `${time}\tpost-checkout\t${oid} ${oid} 1\tquiet\tci\t${long}`,
    );
    const lines = shown(await mpm(repository, ['why', '--limit', '1000']));
    expect(lines.length).toBeGreaterThan(decisions.length);
    for (const line of lines) {
      expect(line.length).toBeLessThanOrEqual(100);
      expect(line).not.toContain(oid.slice(0, 10));
    }
  });

  it('does not claim that what failed was done', async () => {
    logged(`\tpost-checkout\t${oid} ${oid} 1\tfailed\tresume-failed\tsession-x: disk full`);
    const { stdout } = await mpm(repository, ['why']);
    expect(stdout).toContain('failed: the session was to be resumed, and could not be.');
  });

  it('can explain every reason there is, and shows one of another version as it is', async () => {
    const reasons = [...decisions, 'of-another-version'];
    logged(...reasons.map((reason) => `\tpost-checkout\t\tquiet\t${reason}`));
    const { stdout } = await mpm(repository, ['why', '--limit', '1000']);
    // What is too long for one line goes on in the next.
    const lines = stdout.replaceAll(/\n +/g, ' ').trimEnd().split('\n');
    expect(lines).toHaveLength(reasons.length);
    expect(lines[0]).toBe('post-checkout  said nothing: of-another-version.');
    for (const line of lines.slice(1)) expect(line).toMatch(/nothing: .+\.$/);
  });

  it('shows the last ten, or as many as wanted', async () => {
    const numbers = Array.from({ length: 30 }, (_, number) => number);
    logged(...numbers.map((number) => `\tpost-checkout\t${number}\tquiet\tci`));
    const newest = [...numbers].reverse();
    const args = ({ decisions: all }: Why) =>
      all.map((one) => Number((one as { args: readonly string[] }).args[0]));
    expect(args(await why())).toEqual(newest.slice(0, 10));
    expect(args(await why('--limit', '3'))).toEqual(newest.slice(0, 3));
    expect(args(await why('--limit', '100'))).toEqual(newest);
    expect(await failureOf(repository, ['why', '--limit', '0'])).toMatchObject({ exit: 2 });
  });

  it('passes nothing on to the terminal that it would obey', async () => {
    logged('\tpost-checkout\t\u001b[2J\tquiet\tci\t\u001b]0;x\u0007');
    expect((await mpm(repository, ['why'])).stdout).not.toMatch(/[^\P{Cc}\n]/u);
  });
});

describe('without any decision, why says what is the case', () => {
  it('when no hooks are set up', async () => {
    expect((await why()).remarks.join('\n')).toMatch(/No hooks are set up.*mpm-session init/);
    const { stdout, code } = await mpm(repository, ['why']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('No hooks are set up')]);
  });

  it('when nothing can be offered', async () => {
    logged();
    const { remarks } = await why();
    expect(remarks).toEqual([expect.stringContaining('No hook has run')]);
    await pause(repository, ['x']);
    await dataOf(repository, ['rm', '1']);
    expect((await why()).remarks).toEqual([expect.stringMatching(/can be offered/)]);
  });

  it('when hooks are switched off here', async () => {
    logged();
    const env = { ...repository.env, MPM_SESSION_HOOKS: '0' };
    expect((await dataOf<Why>(repository, ['why'], { env })).remarks).toEqual([
      expect.stringContaining('MPM_SESSION_HOOKS'),
    ]);
  });

  it('when the configuration is wrong', async () => {
    logged();
    repository.write('.mpmrc', 'offer: {mode: hnt}\n');
    const run = await mpm(repository, ['why']);
    expect(run).toMatchObject({ code: 0, stderr: expect.stringContaining('.mpmrc') });
  });

  it('and outside git that it means nothing there', async () => {
    expect(await failureOf(outsideGit(), ['why'])).toMatchObject({ code: 'not-a-repository' });
  });
});

it('a log that has grown long is cut by the next command that lists, or pauses', async () => {
  await pause(repository, ['x']);
  const line = `\tpost-checkout\t${oid} ${oid} 1\tquiet\tresumed`;
  logged(...Array.from({ length: 2000 }, () => line));
  await list(repository);
  expect(readFileSync(path.join(vault(), 'log'), 'utf8')).toBe(`${line}\n`.repeat(200));
  logged(...Array.from({ length: 2000 }, () => line));
  await pause(repository, ['another']);
  expect(readFileSync(path.join(vault(), 'log'), 'utf8')).toBe(`${line}\n`.repeat(200));
});
