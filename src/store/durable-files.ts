import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { constants as osConstants } from 'node:os';
import path from 'node:path';
import { errorCode } from '../errors.ts';
import type { Processes } from '../io.ts';

/**
 * Files that are whole or absent, and still there after a power cut: written under a temporary
 * name, synced, given their name in one step, and the directory synced. Only the owner reads them.
 */

const privateFile = 0o600;
const privateDirectory = 0o700;

/** Absent on Windows, where opening never blocks on a FIFO and links need a privilege to make. */
const noFollow = constants.O_NOFOLLOW ?? 0;
const nonBlocking = constants.O_NONBLOCK ?? 0;

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
    throw Object.assign(new Error('a file of that name has appeared'), { code: 'EEXIST' });
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

/** What stands at a path, without following a link. `hidden`: this user may not know. */
export type Found = 'nothing' | 'directory' | 'file' | 'symbolic link' | 'special file' | 'hidden';

export function whatIsAt(place: string): Found {
  const stat = statusOf(place);
  if (stat === undefined) return 'nothing';
  if (stat === 'hidden') return 'hidden';
  if (stat.isSymbolicLink()) return 'symbolic link';
  if (stat.isDirectory()) return 'directory';
  return stat.isFile() ? 'file' : 'special file';
}

function statusOf(place: string): Stats | 'hidden' | undefined {
  try {
    return lstatSync(place, { throwIfNoEntry: false });
  } catch (error) {
    if (errorCode(error) === 'EACCES') return 'hidden';
    if (errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Whether this user can read the names in a directory. */
export function isListable(directory: string): boolean {
  try {
    accessSync(directory, constants.R_OK | constants.X_OK);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EACCES') return false;
    throw error;
  }
}

/** @throws the system's error when this user cannot make files in a directory */
export function assertWritable(directory: string): void {
  accessSync(directory, constants.W_OK | constants.X_OK);
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

export type FileRead =
  | { readonly kind: 'read'; readonly content: Buffer; readonly modifiedAt: Date }
  | { readonly kind: 'absent' }
  /** `reason` completes the sentence "it …". */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Reads a regular file of at most `limit` bytes, never through a link, never waiting on a FIFO.
 * Never throws: what cannot be read is an answer, so that one bad file never hides the others.
 */
export function readRegularFile(file: string, limit: number): FileRead {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | noFollow | nonBlocking);
  } catch (error) {
    return unreadable(error);
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return { kind: 'refused', reason: 'is not a regular file' };
    if (stat.size > limit) return { kind: 'refused', reason: `is larger than ${limit} bytes` };
    return { kind: 'read', content: readAll(descriptor, stat.size), modifiedAt: stat.mtime };
  } catch (error) {
    return unreadable(error);
  } finally {
    closeSync(descriptor);
  }
}

/** At most `size` bytes; fewer when the file ends before. */
function readAll(descriptor: number, size: number): Buffer {
  const content = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const count = readSync(descriptor, content, filled, size - filled, null);
    if (count === 0) break;
    filled += count;
  }
  return content.subarray(0, filled);
}

function unreadable(error: unknown): FileRead {
  const code = errorCode(error);
  if (code === undefined) throw error;
  if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' };
  if (code === 'ELOOP') return { kind: 'refused', reason: 'is a symbolic link' };
  if (code === 'ENXIO') return { kind: 'refused', reason: 'is not a regular file' };
  return { kind: 'refused', reason: `cannot be read: ${describeError(error)}` };
}

/**
 * Reads a file that the user named, through links, and also from a pipe: at most `limit` bytes and
 * one more to tell that there was more.
 *
 * @throws the system's error
 */
export function readNamedFile(file: string, limit: number): Buffer {
  const descriptor = openSync(file, constants.O_RDONLY);
  try {
    return readAll(descriptor, limit + 1);
  } finally {
    closeSync(descriptor);
  }
}

/** The names in a directory; none when it is not there. */
export function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** A temporary file is left alone for a minute, in case its writer's number means another machine. */
const leftoverAge = 60_000;

/** Removes what writers that died left in `directory`; what cannot be removed is left for later. */
export function removeLeftovers(directory: string, now: Date, processes: Processes): void {
  for (const name of namesIn(directory)) {
    const writer = temporaryName.exec(name)?.[1];
    if (writer === undefined || processes.isAlive(Number(writer))) continue;
    const file = path.join(directory, name);
    const stat = lstatSync(file, { throwIfNoEntry: false });
    if (stat === undefined || now.getTime() - stat.mtimeMs < leftoverAge) continue;
    discard(file);
  }
}

/** Whether an error is the file system's refusal, of any kind, rather than a bug. */
export function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

/** Whether an error says that this place cannot be written by this user at all. */
export function isUnwritable(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error) ?? '');
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the device reported an error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on this machine',
  EFBIG: 'the file would be too large',
  ENAMETOOLONG: 'the path is too long',
  EISDIR: 'it is a directory',
  EEXIST: 'a file of that name is there already',
  ENOENT: 'there is no such file or directory',
};

/** A system error in words, with its code for those who search for it. */
export function describeError(error: unknown): string {
  const code = systemCode(error);
  if (code === undefined) return error instanceof Error ? error.message : String(error);
  return `${reasons[code] ?? 'the system refused'} (${code})`;
}

/** libuv has no name for some errors (`EDQUOT`); the system's table does. */
function systemCode(error: unknown): string | undefined {
  const code = errorCode(error);
  if (code?.startsWith('Unknown system error') !== true) return code;
  const number = Number(code.slice('Unknown system error -'.length));
  return Object.entries(osConstants.errno).find(([, value]) => value === number)?.[0] ?? code;
}
