import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode, fail } from '../errors.ts';
import type { Io } from '../io.ts';
import { createWhole, discard } from './durable-files.ts';
import { lookAt, readRegularFile, whatIsAt } from './read-files.ts';
import { isSystemError } from './system-errors.ts';

type Machine = Pick<Io, 'now' | 'processes'>;

const attempts = 400;
const pauseBetween = 25; // milliseconds; ten seconds in all

const lockName = 'lock';

/**
 * Runs `action` while no other process does the same in `directory`. A lock left by a process that
 * died is taken over.
 *
 * @throws Failure `store-locked` after ten seconds, `lock-unusable` when what stands there is no file;
 *   the system's error when no lock can be made
 */
export async function withLock<Result>(
  directory: string,
  machine: Machine,
  action: () => Promise<Result>,
): Promise<Result> {
  const own = await acquire(directory, machine);
  try {
    return await action();
  } finally {
    release(path.join(directory, lockName), own);
  }
}

/** After the fact: what goes wrong here changes neither success nor failure. */
function release(lock: string, own: string): void {
  const read = readRegularFile(lock, own.length);
  // Who was suspended for longer than a lock is held no longer has it.
  if (read.kind === 'read' && read.content.toString('utf8') === own) discard(lock);
}

/** @returns what the lock holds, which is like no other's */
async function acquire(directory: string, machine: Machine): Promise<string> {
  const lock = path.join(directory, lockName);
  for (let attempt = 1; ; attempt += 1) {
    const content = signature(machine);
    // Nobody waits for the disk: what a power cut leaves of it is taken over by its age.
    const lockFile = { directory, name: lockName, content, isCopy: true };
    if (createWhole(lockFile, machine.processes)) return content;
    const owner = ownerOf(lock, machine);
    if (owner?.isGone === true) removeAbandoned(directory, owner.content, machine);
    if (attempt === attempts) {
      throw fail('store-locked', { path: lock, owner: owner?.name ?? 'unknown' });
    }
    await delay(pauseBetween);
  }
}

/** `<pid> <random> <host>/<pid namespace>`; the random part is like no other's. */
function signature({ processes }: Machine): string {
  return `${processes.pid} ${randomBytes(8).toString('hex')} ${numberedBy()}\n`;
}

const signed = /^(\d+) [0-9a-f]{16} (\S+)\n$/;

/**
 * What gives processes their numbers. A directory can be shared by machines, and by containers with
 * numbers of their own, of which another one's say nothing here.
 */
function numberedBy(): string {
  return `${encodeURIComponent(hostname())}/${pidNamespace()}`;
}

/** `pid:[4026531836]` (namespaces(7)); empty where there are none. */
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch (error) {
    if (isSystemError(error)) return '';
    throw error;
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

/** Who made a lock or a guard; undefined when it has gone meanwhile. */
function ownerOf(file: string, { now, processes }: Machine): Owner | undefined {
  const content = contentOf(file);
  const since = lookAt(file)?.mtimeMs;
  if (content === undefined || since === undefined) return undefined;
  const age = now().getTime() - since;
  const [, pid, place] = signed.exec(content) ?? [];
  if (pid === undefined) return { name: 'unknown', isGone: age > timeToSignIn, content };
  // A number can belong to another process by now, so age counts as well.
  const isDead = place === numberedBy() && !processes.isAlive(Number(pid));
  return { name: `process ${pid}`, isGone: isDead || age > longestHold, content };
}

/** Whether there is a lock whose owner is gone. */
export function isLockAbandoned(directory: string, machine: Machine): boolean {
  return ownerOf(path.join(directory, lockName), machine)?.isGone === true;
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
function removeAbandoned(directory: string, content: string, machine: Machine): void {
  const guard = path.join(directory, guardName);
  const own = signature(machine);
  if (!createWhole({ directory, name: guardName, content: own }, machine.processes)) {
    // Its owner died within the microseconds it is held.
    if (ownerOf(guard, machine)?.isGone === true) discard(guard);
    return;
  }
  const lock = path.join(directory, lockName);
  if (contentOf(lock) === content) discard(lock);
  discard(guard);
}

const guardName = 'lock.takeover';

/** Absent on Windows. */
const ifFile = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** @throws Failure `lock-unusable`: somebody else's, which is waited for neither to be read nor to go */
function contentOf(file: string): string | undefined {
  const found = whatIsAt(file);
  if (found !== 'file' && found !== 'nothing' && found !== 'hidden') {
    throw fail('lock-unusable', { path: file, what: `a ${found}` });
  }
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | ifFile);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}
