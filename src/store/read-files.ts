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
} from 'node:fs';
import { errorCode } from '../errors.ts';
import { describeError } from './system-errors.ts';

/** Absent on Windows, where opening never blocks on a FIFO and links need a privilege to make. */
const noFollow = constants.O_NOFOLLOW ?? 0;
const nonBlocking = constants.O_NONBLOCK ?? 0;

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
