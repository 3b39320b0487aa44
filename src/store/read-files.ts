import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { errorCode } from '../errors.ts';
import { describeError, isSystemError } from './system-errors.ts';

/**
 * Reading files that a checkout may have put there, and whose names may be links, FIFOs or anything
 * else. Nothing here waits, or reads more than it was asked to; a link at the end of a path is
 * followed only where that is said.
 */

/** Absent on Windows, which has no FIFOs among files; links are told apart there by `lstat`. */
const noFollow = constants.O_NOFOLLOW ?? 0;
const nonBlocking = constants.O_NONBLOCK ?? 0;

/** What stands at a path, without following a link. `hidden`: the system does not tell this user. */
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
    return lookAt(place);
  } catch (error) {
    if (isSystemError(error)) return 'hidden';
    throw error;
  }
}

/**
 * What has this name, links not followed; undefined when nothing has.
 *
 * @throws the system's error when that cannot be found out (`EACCES`, `ELOOP`, …)
 */
export function lookAt(place: string): Stats | undefined {
  try {
    return lstatSync(place, { throwIfNoEntry: false });
  } catch (error) {
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
    if (isSystemError(error)) return false;
    throw error;
  }
}

/** @throws the system's error when this user cannot make files in a directory */
export function assertWritable(directory: string): void {
  accessSync(directory, constants.W_OK | constants.X_OK);
}

export type FileRead =
  | { readonly kind: 'read'; readonly content: Buffer }
  | { readonly kind: 'absent' }
  /** `reason` completes the sentence "it …", and holds nothing of the file's content. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Reads a regular file of at most `limit` bytes, never through a link, never waiting on a FIFO.
 * Never throws: what cannot be read is an answer, so that one bad file never hides the others.
 */
export function readRegularFile(file: string, limit: number): FileRead {
  let descriptor: number;
  try {
    if (noFollow === 0 && lookAt(file)?.isSymbolicLink() === true) return symbolicLink;
    descriptor = openSync(file, constants.O_RDONLY | noFollow | nonBlocking);
  } catch (error) {
    return unreadable(error);
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return { kind: 'refused', reason: `is ${kindName(stat)}` };
    if (stat.size > limit) return { kind: 'refused', reason: `is larger than ${limit} bytes` };
    return { kind: 'read', content: readAll(descriptor, stat.size) };
  } catch (error) {
    return unreadable(error);
  } finally {
    closeSync(descriptor);
  }
}

const symbolicLink: FileRead = { kind: 'refused', reason: 'is a symbolic link' };

const deviceOrSocket = 'a device or socket';

function kindName(kind: Stats): string {
  if (kind.isDirectory()) return 'a directory';
  return kind.isFIFO() ? 'a FIFO' : deviceOrSocket;
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
  if (linkRefused.has(code)) return symbolicLink;
  // A socket cannot be opened at all.
  if (code === 'ENXIO') return { kind: 'refused', reason: `is ${deviceOrSocket}` };
  return { kind: 'refused', reason: `cannot be opened: ${describeError(error)}` };
}

/** Linux and macOS; FreeBSD; NetBSD. */
const linkRefused: ReadonlySet<string> = new Set(['ELOOP', 'EMLINK', 'EFTYPE']);

/**
 * Whether a regular file, or one that a link leads to, holds `text` in its first `limit` bytes. Only
 * for deciding whether a file that belongs to others concerns us at all: false whenever that cannot
 * be found out.
 */
export function mentions(file: string, text: string, limit: number): boolean {
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat?.isFile() !== true) return false;
    const descriptor = openSync(file, constants.O_RDONLY | nonBlocking);
    try {
      return readAll(descriptor, Math.min(stat.size, limit)).includes(text);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (isSystemError(error)) return false;
    throw error;
  }
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
