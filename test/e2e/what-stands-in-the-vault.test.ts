/**
 * Something else stands where the vault has its own files: a pipe, a directory, a link. It is never
 * waited for and never written through; what cannot go on without its file says so.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TestRepository } from '../helpers/repository.ts';
import { doctor } from './doctor-command.ts';
import { dataOf, failureOf, list, pause, repositoryWithCommit } from './program.ts';

/** Each puts something at a path, and leaves `target` untouched. */
const kinds: readonly (readonly [string, (place: string, target: string) => void])[] = [
  ['a pipe', (place) => void execFileSync('mkfifo', [place])],
  ['a directory', (place) => mkdirSync(place)],
  ['a link to a file', (place, target) => symlinkSync(target, place)],
  ['a link to nothing', (place, target) => symlinkSync(`${target}.new`, place)],
];

/** Far more than any of it takes, and less than a test may. */
const limit = { timeout: 30_000 };

interface Scene {
  readonly repository: TestRepository;
  readonly target: string;
}

async function scene(name: string, put: (place: string, target: string) => void): Promise<Scene> {
  const repository = repositoryWithCommit();
  await dataOf(repository, ['init', '--yes', '--hooks', 'hooks-directory']);
  await pause(repository, ['about to test login']);
  const target = path.join(repository.home, 'target');
  writeFileSync(target, 'mine\n');
  put(path.join(repository.path, '.git/mpm-session', name), target);
  return { repository, target };
}

function isUntouched({ target }: Scene): boolean {
  return readFileSync(target, 'utf8') === 'mine\n' && !existsSync(`${target}.new`);
}

describe.each(kinds)('%s in the place of', (_, put) => {
  it('the lock: what needs it says what is there, and reading goes on', async () => {
    const found = await scene('lock', put);
    const { repository } = found;
    for (const args of [['pause', 'x'], ['dismiss'], ['uninstall', '--yes']]) {
      expect(await failureOf(repository, args, limit)).toMatchObject({
        exit: 1,
        code: 'lock-unusable',
        message: expect.stringContaining('mpm-session/lock is a '),
      });
    }
    expect(await list(repository)).toHaveLength(1);
    const { ok, checks } = await doctor(repository);
    expect(ok).toBe(false);
    const lock = checks.find(({ code }) => code === 'not-examined');
    expect(lock?.message).toContain('mpm-session/lock is a ');
    expect(isUntouched(found)).toBe(true);
  });

  it('what doctor asks hooks by: it is taken away, or named', async () => {
    const found = await scene('canary', put);
    const { checks } = await doctor(found.repository);
    const [asked] = checks.filter(({ code }) => ['hook-fires', 'hook-not-tried'].includes(code));
    if (put === kinds[1]?.[1]) expect(asked?.message).toMatch(/not tried\. Nothing can be written/);
    else expect(asked?.code).toBe('hook-fires');
    expect(isUntouched(found)).toBe(true);
  });

  it('the log: why knows of nothing, and sessions are paused and listed', async () => {
    const found = await scene('log', put);
    const { repository } = found;
    expect(await dataOf(repository, ['why'], limit)).toMatchObject({ decisions: [] });
    await pause(repository, ['another']);
    expect(await list(repository)).toHaveLength(2);
    expect(isUntouched(found)).toBe(true);
  });
});
