import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { errorCode } from '../errors.ts';

/**
 * Reading files that a checkout may have put there, and whose names may be links, FIFOs or anything
 * else. Nothing here waits, follows a link at the end of a path, or reads more than it was asked to.
 */

/** Absent on Windows, which has no FIFOs among files; links are told apart there by `lstat`. */
const noFollow = constants.O_NOFOLLOW ?? 0;
const nonBlocking = constants.O_NONBLOCK ?? 0;

/** The largest configuration file that is read, in bytes. It also bounds the time to parse one. */
const largestDataFile = 64 * 1024;

/** `problem` holds nothing of the file's content. */
export type DataFile =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string };

/**
 * What has this name, links not followed; undefined when nothing has.
 *
 * @throws the system's error when that cannot be found out (`EACCES`, …)
 */
export function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** The text of a small regular file. A byte order mark is left out. */
export function readDataFile(path: string): DataFile {
  const opened = open(path);
  if (!opened.ok) return opened;
  try {
    const kind = fstatSync(opened.file);
    if (!kind.isFile()) return refuse(`not read, because it is ${kindName(kind)}`);
    const bytes = readUpTo(opened.file, largestDataFile + 1);
    if (bytes.length > largestDataFile) {
      return refuse(`not read, because it is larger than ${largestDataFile} bytes`);
    }
    return decode(bytes);
  } finally {
    closeSync(opened.file);
  }
}

/** The largest file that is searched for a text, in bytes. */
const largestSearched = 4 * 1024 * 1024;

/**
 * Whether a regular file, or one that a link leads to, holds `text`. Only for deciding whether a
 * file that belongs to others concerns us at all: false whenever that cannot be found out.
 */
export function mentions(path: string, text: string): boolean {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
    const file = openSync(path, constants.O_RDONLY | nonBlocking);
    try {
      return readUpTo(file, largestSearched).includes(text);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (errorCode(error) !== undefined) return false;
    throw error;
  }
}

type Opened =
  | { readonly ok: true; readonly file: number }
  | { readonly ok: false; readonly problem: string };

function open(path: string): Opened {
  try {
    if (noFollow === 0 && lookAt(path)?.isSymbolicLink()) return refuse(symbolicLink);
    return { ok: true, file: openSync(path, constants.O_RDONLY | noFollow | nonBlocking) };
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    return refuse(linkRefused.has(code) ? symbolicLink : `not read (${code})`);
  }
}

const symbolicLink = 'not read, because it is a symbolic link';

/** Linux and macOS; FreeBSD; NetBSD. */
const linkRefused: ReadonlySet<string> = new Set(['ELOOP', 'EMLINK', 'EFTYPE']);

function refuse(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}

function kindName(kind: Stats): string {
  if (kind.isDirectory()) return 'a directory';
  if (kind.isFIFO()) return 'a FIFO';
  return 'a device or socket';
}

function readUpTo(file: number, limit: number): Buffer {
  const { size } = fstatSync(file);
  const buffer = Buffer.allocUnsafe(Math.min(size + 1, limit));
  let length = 0;
  while (length < buffer.length) {
    const read = readSync(file, buffer, length, buffer.length - length, null);
    if (read === 0) break;
    length += read;
  }
  return buffer.subarray(0, length);
}

function decode(bytes: Buffer): DataFile {
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    if (errorCode(error) !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    return refuse('not read, because it is not valid UTF-8');
  }
}
