import path from 'node:path';
import { type FormatName, formats } from '../formats/index.ts';
import { checksumState, decodeJson } from '../formats/json.ts';
import { encodeLatestPointer } from '../formats/latest-pointer.ts';
import type { Processes } from '../io.ts';
import { isSessionId, type SessionId, type SessionRecord } from '../session/record.ts';
import {
  createWhole,
  makePrivateDirectory,
  type NewFile,
  removeFile,
  removeLeftovers,
  replaceWhole,
  syncDirectory,
} from './durable-files.ts';
import { isListable, namesIn, readRegularFile, whatIsAt } from './read-files.ts';
import {
  copyLimit,
  problemWith,
  recordLimit,
  type SessionRead,
  sessionFrom,
} from './session-file.ts';
import { describeError, isSystemError } from './system-errors.ts';

/** Below the top level of the work tree, with `/` as git writes it. */
export const sessionsPath = '.claude-mpm/sessions';

/** The line of gitignore(5) that means this directory at the top level and no other of that name. */
export const ignorePattern = `/${sessionsPath}/`;

/** A path whose ignoring stands for that of every file in the directory. */
export const probePath = `${sessionsPath}/probe`;

export const pointerName = 'LATEST-SESSION.txt';

/** Where the files for people and tools are: `<root>/.claude-mpm/sessions`. */
export interface SessionsDirectory {
  readonly root: string;
  readonly path: string;
}

export function sessionsDirectoryIn(root: string): SessionsDirectory {
  return { root, path: path.join(root, ...sessionsPath.split('/')) };
}

/** What makes the directory unusable: it, or the one above, is a link or no directory. */
export interface Obstacle {
  readonly path: string;
  readonly what: string;
}

/** A branch may bring anything in the directory's place; nothing is written or read through it. */
export function obstacleTo(directory: SessionsDirectory): Obstacle | undefined {
  for (const place of [path.dirname(directory.path), directory.path]) {
    const found = whatIsAt(place);
    if (found === 'hidden') return { path: place, what: 'not accessible to this user' };
    if (found !== 'nothing' && found !== 'directory') return { path: place, what: `a ${found}` };
    // A submodule's files are not in our index, and yet a clone brought them.
    const isRepository = whatIsAt(path.join(place, '.git')) !== 'nothing';
    if (isRepository) return { path: place, what: 'a repository of its own' };
  }
  const isHidden = whatIsAt(directory.path) === 'directory' && !isListable(directory.path);
  return isHidden ? { path: directory.path, what: 'not readable by this user' } : undefined;
}

/**
 * Makes the directory, which ignores itself, and clears what writers that died left in it.
 * The caller has made sure that nothing is in its place.
 *
 * @throws the system's error
 */
export function prepareDirectory(
  directory: SessionsDirectory,
  now: Date,
  processes: Processes,
): void {
  makePrivateDirectory(path.dirname(directory.path));
  makePrivateDirectory(directory.path);
  removeLeftovers(directory.path, now, processes);
  if (!isUnignored(directory)) return;
  createWhole({ directory: directory.path, ...ownIgnore }, processes);
}

/** With which the directory ignores itself and all that is in it (gitignore(5)). */
export const ownIgnore = { name: '.gitignore', content: '*\n' } as const;

/** Whether the directory is there without what has it ignore itself. */
export function isUnignored(directory: SessionsDirectory): boolean {
  return (
    whatIsAt(path.join(directory.path, ownIgnore.name)) === 'nothing' &&
    whatIsAt(directory.path) === 'directory'
  );
}

/** Which formats of which sessions are there; other files are passed over. */
export function filesIn(
  directory: SessionsDirectory,
): ReadonlyMap<SessionId, ReadonlySet<FormatName>> {
  const found = new Map<SessionId, Set<FormatName>>();
  for (const name of namesIn(directory.path)) {
    const dot = name.lastIndexOf('.');
    const id = name.slice(0, dot);
    const format = formatNamed(name.slice(dot + 1));
    if (dot < 0 || format === undefined || !isSessionId(id)) continue;
    found.set(id, (found.get(id) ?? new Set()).add(format));
  }
  return found;
}

function formatNamed(extension: string): FormatName | undefined {
  return formatNames.find((name) => formats[name].extension === `.${extension}`);
}

const formatNames = Object.keys(formats) as readonly FormatName[];

/** The path of one of a session's files. */
export function sessionFile(
  directory: SessionsDirectory,
  id: SessionId,
  format: FormatName,
): string {
  return path.join(directory.path, fileName(id, format));
}

/** The names of all files that a session may have. */
export function fileNames(id: SessionId): readonly string[] {
  return formatNames.map((format) => fileName(id, format));
}

export function fileName(id: SessionId, format: FormatName): string {
  return `${id}${formats[format].extension}`;
}

/** Reads a session from its JSON, which anybody may have written. */
export function readFromDirectory(directory: SessionsDirectory, id: SessionId): SessionRead {
  const read = readRegularFile(sessionFile(directory, id, 'json'), copyLimit);
  if (read.kind === 'absent') return { kind: 'absent' };
  if (read.kind === 'refused') return problemWith(`the file ${read.reason}`);
  return sessionFrom(decodeJson(read.content.toString('utf8')), id);
}

/**
 * Writes a session's JSON file where it is the only copy: its appearing is the commit point then.
 * Durable on return.
 *
 * @returns false when a file of that name is there
 * @throws the system's error; no session has appeared then
 */
export function addOnlyCopy(
  directory: SessionsDirectory,
  record: SessionRecord,
  processes: Processes,
): boolean {
  if (!createWhole(newFile(directory, record, 'json'), processes)) return false;
  try {
    syncDirectory(directory.path);
  } catch (error) {
    removeFile(sessionFile(directory, record.session_id, 'json'));
    throw error;
  }
  return true;
}

/**
 * Writes those of a session's files that are not there, JSON last. They are copies, and not waited
 * for to be on the disk.
 *
 * @returns the formats that were not written because a file of that name was there
 * @throws the system's error
 */
export function addCopies(
  directory: SessionsDirectory,
  record: SessionRecord,
  options: { readonly formats: readonly FormatName[]; readonly processes: Processes },
): readonly FormatName[] {
  return jsonLast(options.formats).filter((format) => {
    const copy = { ...newFile(directory, record, format), isCopy: true };
    return !createWhole(copy, options.processes);
  });
}

/**
 * Writes a session's JSON file anew where it is the only copy, whoever wrote it before. Durable on
 * return.
 *
 * @throws the system's error
 */
export function replaceOnlyCopy(
  directory: SessionsDirectory,
  record: SessionRecord,
  processes: Processes,
): void {
  replaceWhole(newFile(directory, record, 'json'), processes);
  syncDirectory(directory.path);
}

/**
 * Brings a session's files from one record to another, JSON last. A file that is not there stays
 * away, and one that no longer says what was written to it (edited by hand, or claude-mpm's own) is
 * left alone.
 *
 * @throws the system's error
 */
export function updateSessionFiles(
  directory: SessionsDirectory,
  records: { readonly before: SessionRecord; readonly after: SessionRecord },
  options: { readonly isOurs: (format: FormatName) => boolean; readonly processes: Processes },
): void {
  const { before, after } = records;
  // The JSON file tells what the others were written from, should a change have been interrupted.
  const written = [before, ...ownRecord(directory, before.session_id)];
  for (const format of jsonLast(formatNames.filter(options.isOurs))) {
    const read = readRegularFile(sessionFile(directory, before.session_id, format), recordLimit);
    if (read.kind !== 'read') continue;
    const content = read.content.toString('utf8');
    const isUnedited = written.some((record) => formats[format].encode(record) === content);
    if (!isUnedited || content === formats[format].encode(after)) continue;
    replaceWhole(newFile(directory, after, format), options.processes);
  }
}

/** The record of a JSON file that this program wrote and nobody has touched since; none otherwise. */
export function ownRecord(directory: SessionsDirectory, id: SessionId): readonly SessionRecord[] {
  const read = readRegularFile(sessionFile(directory, id, 'json'), copyLimit);
  if (read.kind !== 'read') return [];
  const text = read.content.toString('utf8');
  if (checksumState(text) !== 'valid') return [];
  const decoded = decodeJson(text);
  return decoded.ok && decoded.record.session_id === id ? [decoded.record] : [];
}

/** Other programs take a session for complete when its JSON is there. */
function jsonLast(names: readonly FormatName[]): readonly FormatName[] {
  return names.toSorted((a, b) => Number(a === 'json') - Number(b === 'json'));
}

function newFile(directory: SessionsDirectory, record: SessionRecord, format: FormatName): NewFile {
  return {
    directory: directory.path,
    name: fileName(record.session_id, format),
    content: formats[format].encode(record),
    modifiedAt: new Date(record.paused_at),
  };
}

/**
 * Points `LATEST-SESSION.txt` at a session.
 *
 * @returns a warning when that failed, since nothing depends on the file
 */
export function writePointer(
  directory: SessionsDirectory,
  record: SessionRecord,
  processes: Processes,
): string | undefined {
  const files = presentFiles(directory, record.session_id);
  const json = sessionFile(directory, record.session_id, 'json');
  const content = encodeLatestPointer(record, { ...files, json });
  try {
    const pointer = { directory: directory.path, name: pointerName, content, isCopy: true };
    replaceWhole(pointer, processes);
    return undefined;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return `${pointerName} could not be written: ${describeError(error)}`;
  }
}

/** The absolute paths of those of a session's files that are there. */
export function presentFiles(
  directory: SessionsDirectory,
  id: SessionId,
): Partial<Record<FormatName, string>> {
  const present = formatNames
    .map((format) => [format, sessionFile(directory, id, format)] as const)
    .filter(([, file]) => whatIsAt(file) === 'file');
  return Object.fromEntries(present);
}

/** Removes a session's files, and the pointer when it is the one pointed at. */
export function removeSessionFiles(
  directory: SessionsDirectory,
  id: SessionId,
  isKept: (name: string) => boolean,
): void {
  if (whatIsAt(directory.path) === 'nothing') return;
  for (const name of fileNames(id)) {
    if (!isKept(name)) removeFile(path.join(directory.path, name));
  }
  if (pointedAt(directory) === id && !isKept(pointerName)) {
    removeFile(path.join(directory.path, pointerName));
  }
  syncDirectory(directory.path);
}

/**
 * Takes away those of a session's files that a power cut left empty, so that they are written anew:
 * copies are not waited for.
 */
export function removeEmptyCopies(directory: SessionsDirectory, id: SessionId): void {
  for (const format of formatNames) {
    const file = sessionFile(directory, id, format);
    const read = readRegularFile(file, 0);
    if (read.kind === 'read') removeFile(file);
  }
}

/** Whether a session's JSON file is one that this program wrote and nobody has touched since. */
export function isOwnCopy(directory: SessionsDirectory, id: SessionId): boolean {
  return ownRecord(directory, id).length > 0;
}

/** The id that the pointer names; undefined when there is no pointer. */
export function pointedAt(directory: SessionsDirectory): string | undefined {
  const read = readRegularFile(path.join(directory.path, pointerName), 64 * 1024);
  if (read.kind !== 'read') return undefined;
  return /^Latest Session: (\S+)/.exec(read.content.toString('utf8'))?.[1];
}
