import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  futimesSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { errorCode } from '../errors.ts';
import type { Processes } from '../io.ts';
import { namesIn } from './read-files.ts';

/**
 * Files that are whole or absent, and still there after a power cut: written under a temporary
 * name, synced, given their name in one step, and the directory synced. Only the owner reads them.
 */

const privateFile = 0o600;
const privateDirectory = 0o700;

/** Absent on Windows, where links need a privilege to make. */
const noFollow = constants.O_NOFOLLOW ?? 0;

export interface NewFile {
  readonly directory: string;
  readonly name: string;
  readonly content: string;
  /** What the file's modification time is to say; the time of writing when left out. */
  readonly modifiedAt?: Date;
  /** A copy of what is durable elsewhere, which need not be waited for. */
  readonly isCopy?: boolean;
}

/**
 * Writes a file under a name that must be free. Its content is durable on return; its name is after
 * {@link syncDirectory}.
 *
 * @returns false when the name is taken; nothing has changed then
 * @throws the system's error (`ENOSPC`, `EACCES`, …); nothing is left under the name then
 */
export function createWhole(file: NewFile, processes: Processes): boolean {
  const temporary = writeTemporary(file, processes);
  const target = path.join(file.directory, file.name);
  try {
    linkSync(temporary, target);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    if (!cannotLink(error)) throw error;
    return copyExclusively(file, target);
  } finally {
    discard(temporary);
  }
}

/**
 * Writes a file, in the place of what has that name now. Its content is durable on return; that it
 * took the place is after {@link syncDirectory}.
 *
 * @throws the system's error; what had the name before is untouched then
 */
export function replaceWhole(file: NewFile, processes: Processes): void {
  const temporary = writeTemporary(file, processes);
  try {
    renameSync(temporary, path.join(file.directory, file.name));
  } catch (error) {
    discard(temporary);
    throw error;
  }
}

/**
 * Writes one file outside the store, under a path that must be free.
 *
 * @throws the system's error (`EEXIST` when it is taken); nothing is left of the file then
 */
export function writeNewFile(file: string, content: string): void {
  const target = { directory: path.dirname(file), name: path.basename(file), content };
  if (!copyExclusively(target, file)) {
    throw Object.assign(new Error('a file of that name has appeared'), {
      code: 'EEXIST',
      syscall: 'open',
    });
  }
}

/** Removes a file; one that is not there is removed already. */
export function removeFile(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** Takes a file away after the fact: failing to changes neither success nor failure. */
export function discard(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // A temporary file is found again by `removeLeftovers`.
  }
}

/** `.tmp-<pid>-<random>`: the number tells whether the writer is still there. */
const temporaryName = /^\.tmp-(\d+)-[0-9a-f]{16}$/;

/** A name that {@link removeLeftovers} knows for this process's. */
function temporaryFileName({ pid }: Processes): string {
  return `.tmp-${pid}-${randomBytes(8).toString('hex')}`;
}

function writeTemporary(file: NewFile, processes: Processes): string {
  const temporary = path.join(file.directory, temporaryFileName(processes));
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow;
  const descriptor = openSync(temporary, flags, privateFile);
  try {
    fill(descriptor, file);
  } catch (error) {
    discard(temporary);
    throw error;
  } finally {
    closeSync(descriptor);
  }
  return temporary;
}

function fill(descriptor: number, file: NewFile): void {
  // The mode given to open() is cut down by the umask; a stricter one than 0600 helps nobody.
  fchmodSync(descriptor, privateFile);
  const bytes = Buffer.from(file.content, 'utf8');
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(descriptor, bytes, written);
  }
  if (file.modifiedAt !== undefined) futimesSync(descriptor, file.modifiedAt, file.modifiedAt);
  if (file.isCopy !== true) fsyncSync(descriptor);
}

/** File systems without hard links (exFAT, some network shares) answer with one of these. */
function cannotLink(error: unknown): boolean {
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errorCode(error) ?? '');
}

/** Without links the name is taken before the content is there; a torn file fails its checksum. */
function copyExclusively(file: NewFile, target: string): boolean {
  let descriptor: number;
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow;
    descriptor = openSync(target, flags, privateFile);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    fill(descriptor, file);
  } catch (error) {
    discard(target);
    throw error;
  } finally {
    closeSync(descriptor);
  }
  return true;
}

/** Makes the names in a directory durable. Windows cannot sync a directory, and does not need to. */
export function syncDirectory(directory: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(directory, constants.O_RDONLY);
  } catch (error) {
    if (errorCode(error) === 'EPERM' || errorCode(error) === 'EISDIR') return;
    throw error;
  }
  try {
    fsyncSync(descriptor);
  } catch (error) {
    // Some file systems refuse to sync a directory; there is nothing more to be done on them.
    if (errorCode(error) !== 'EINVAL' && errorCode(error) !== 'EPERM') throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a directory for the owner alone, durably; one that is there keeps its mode. */
export function makePrivateDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: privateDirectory });
    // The umask may have taken the owner's own rights away.
    chmodSync(directory, privateDirectory);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    throw error;
  }
  syncDirectory(path.dirname(directory));
}

/** A temporary file is left alone for a minute, in case its writer's number means another machine. */
const leftoverAge = 60_000;

/** Removes what writers that died left in `directory`; what cannot be removed is left for later. */
export function removeLeftovers(directory: string, now: Date, processes: Processes): void {
  for (const file of leftoversIn(directory, now, processes)) discard(file);
}

/** The absolute paths of what writers that died left in `directory`. */
export function leftoversIn(directory: string, now: Date, processes: Processes): readonly string[] {
  return namesIn(directory)
    .filter((name) => {
      const writer = temporaryName.exec(name)?.[1];
      return writer !== undefined && !processes.isAlive(Number(writer));
    })
    .map((name) => path.join(directory, name))
    .filter((file) => {
      const stat = lstatSync(file, { throwIfNoEntry: false });
      return stat !== undefined && now.getTime() - stat.mtimeMs >= leftoverAge;
    });
}
