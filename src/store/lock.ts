import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode, fail } from '../errors.ts';
import type { Io } from '../io.ts';
import { createWhole, discard } from './durable-files.ts';

type Machine = Pick<Io, 'now' | 'processes'>;

const attempts = 400;
const pauseBetween = 25; // milliseconds; ten seconds in all

const lockName = 'lock';

/**
 * Runs `action` while no other process does the same in `directory`. A lock left by a process that
 * died is taken over.
 *
 * @throws Failure `store-locked` after ten seconds; the system's error when no lock can be made
 */
export async function withLock<Result>(
  directory: string,
  machine: Machine,
  action: () => Promise<Result>,
): Promise<Result> {
  await acquire(directory, machine);
  try {
    return await action();
  } finally {
    discard(path.join(directory, lockName));
  }
}

async function acquire(directory: string, machine: Machine): Promise<void> {
  const lock = path.join(directory, lockName);
  for (let attempt = 1; ; attempt += 1) {
    const content = `${machine.processes.pid} ${randomBytes(8).toString('hex')}\n`;
    if (createWhole({ directory, name: lockName, content }, machine.processes)) return;
    const owner = ownerOf(lock, machine);
    if (owner?.isGone === true) {
      removeAbandoned(directory, owner.content, machine);
      continue;
    }
    if (attempt === attempts) {
      throw fail('store-locked', { path: lock, owner: owner?.name ?? 'unknown' });
    }
    await delay(pauseBetween);
  }
}

interface Owner {
  readonly name: string;
  readonly isGone: boolean;
  readonly content: string;
}

/** Nothing that is done under the lock takes a fraction of this. */
const longestHold = 60_000;

/** Where files cannot be linked a lock appears empty, and is filled a moment later. */
const timeToSignIn = 5000;

/** Undefined when the lock has gone meanwhile. */
function ownerOf(lock: string, { now, processes }: Machine): Owner | undefined {
  const content = contentOf(lock);
  const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
  if (content === undefined || since === undefined) return undefined;
  const age = now().getTime() - since;
  const pid = /^(\d+) [0-9a-f]{16}\n$/.exec(content)?.[1];
  if (pid === undefined) return { name: 'unknown', isGone: age > timeToSignIn, content };
  // A number can belong to another process by now, so age counts as well.
  const isGone = age > longestHold || !processes.isAlive(Number(pid));
  return { name: `process ${pid}`, isGone, content };
}

/** Clears what a process left that died while it held the lock, before it is in anybody's way. */
export function removeAbandonedLock(directory: string, machine: Machine): void {
  const owner = ownerOf(path.join(directory, lockName), machine);
  if (owner?.isGone === true) removeAbandoned(directory, owner.content, machine);
}

/**
 * Two processes may both have seen the same dead owner, and one of them may hold the lock by now:
 * only who holds the guard may remove a lock, and looks again first.
 */
function removeAbandoned(directory: string, content: string, { processes }: Machine): void {
  const guard = path.join(directory, guardName);
  const own = { directory, name: guardName, content: `${processes.pid}\n` };
  if (!createWhole(own, processes)) {
    if (isAbandonedGuard(guard, processes)) discard(guard);
    return;
  }
  const lock = path.join(directory, lockName);
  if (contentOf(lock) === content) discard(lock);
  discard(guard);
}

const guardName = 'lock.takeover';

/** Its owner died within the microseconds it is held. */
function isAbandonedGuard(guard: string, processes: Machine['processes']): boolean {
  const pid = Number(contentOf(guard));
  return Number.isInteger(pid) && pid > 0 && !processes.isAlive(pid);
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
