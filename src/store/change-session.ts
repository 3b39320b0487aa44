import { fail } from '../errors.ts';
import type { FormatName } from '../formats/index.ts';
import type { Processes } from '../io.ts';
import type { ReadableEntry } from '../session/entry.ts';
import type { SessionId, SessionRecord } from '../session/record.ts';
import { unreadable } from '../session/select.ts';
import {
  fileName,
  obstacleTo,
  readFromDirectory,
  removeSessionFiles,
  replaceOnlyCopy,
  type SessionsDirectory,
  updateSessionFiles,
} from './directory.ts';
import { withLock } from './lock.ts';
import { assertWritable, whatIsAt } from './read-files.ts';
import { refusalToWrite } from './refusal.ts';
import type { SessionRead } from './session-file.ts';
import type { Sessions } from './sessions.ts';
import { describeError, isSystemError, isUnwritable } from './system-errors.ts';
import {
  addToVault,
  prepareVault,
  readFromVault,
  removeFromVault,
  replaceInVault,
  type Vault,
} from './vault.ts';

/** A session in its new state, and what could not be written. */
export interface Changed {
  readonly record: SessionRecord;
  readonly warnings: readonly string[];
}

/** A session's record in two states. */
interface Revision {
  readonly before: SessionRecord;
  readonly after: SessionRecord;
}

/**
 * Changes a session: in the vault under its lock (outside git in its JSON file, which is all there
 * is), then in the files that still say what was written to them. A session that only the directory
 * had is adopted by the vault.
 *
 * @throws Failure `cannot-write`, `store-locked`; `no-match`, `unreadable-session`, `newer-schema`
 */
export async function changeSession(
  sessions: Sessions,
  entry: ReadableEntry,
  change: (record: SessionRecord) => SessionRecord,
): Promise<Changed> {
  const { vault, io } = sessions;
  if (vault === undefined) return changeOnlyCopy(sessions, entry, change);
  try {
    prepareVault(vault, io);
    return await withLock(vault.directory, io, async () => {
      const before = currentRecord(vault, entry);
      const after = change(before);
      writeToVault(vault, after, io.processes);
      return { record: after, warnings: await changeFiles(sessions, { before, after }) };
    });
  } catch (error) {
    if (!isUnwritable(error)) throw refusalToWrite(vault.sessions, error, 'change');
    const warning = `${vault.directory} cannot be written: the session's status stays as it was.`;
    return { record: entry.record, warnings: [warning] };
  }
}

async function changeOnlyCopy(
  sessions: Sessions,
  entry: ReadableEntry,
  change: (record: SessionRecord) => SessionRecord,
): Promise<Changed> {
  const { directory, io } = sessions;
  const obstacle = obstacleTo(directory);
  if (obstacle !== undefined) throw fail('sessions-directory-unusable', obstacle);
  const before = recordOf(readFromDirectory(directory, entry.id), entry.id);
  const after = change(before);
  try {
    replaceOnlyCopy(directory, after, io.processes);
  } catch (error) {
    throw refusalToWrite(directory.path, error, 'change');
  }
  return { record: after, warnings: await changeFiles(sessions, { before, after }) };
}

function writeToVault(vault: Vault, record: SessionRecord, processes: Processes): void {
  const { session_id: id } = record;
  if (readFromVault(vault, id).kind !== 'absent') replaceInVault(vault, record, processes);
  else if (!addToVault(vault, record, processes)) {
    throw unreadable(id, { kind: 'unreadable', what: 'another session is taking its id' });
  }
}

function currentRecord(vault: Vault, entry: ReadableEntry): SessionRecord {
  const read = readFromVault(vault, entry.id);
  if (read.kind === 'absent' && entry.where === 'directory') return entry.record;
  return recordOf(read, entry.id);
}

/** Another process may have changed, damaged or deleted the session since it was listed. */
function recordOf(read: SessionRead, id: SessionId): SessionRecord {
  if (read.kind === 'record') return read.record;
  if (read.kind === 'problem') throw unreadable(id, read.problem);
  throw fail('no-match', { selector: id });
}

async function changeFiles(sessions: Sessions, revision: Revision): Promise<readonly string[]> {
  const { directory, io } = sessions;
  const obstacle = obstacleTo(directory);
  if (obstacle !== undefined) return [];
  const tracked = await sessions.trackedNames();
  const isOurs = (format: FormatName) => !tracked.has(fileName(revision.before.session_id, format));
  try {
    updateSessionFiles(directory, revision, { isOurs, processes: io.processes });
    return [];
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return [`The files in ${directory.path} could not be rewritten: ${describeError(error)}.`];
  }
}

/** A directory that may hold files of sessions, and the names in it that are not to be removed. */
export interface HeldDirectory {
  readonly directory: SessionsDirectory;
  readonly isKept: (name: string) => boolean;
}

/**
 * Deletes sessions: of each its files in every work tree first, its record last, so that an
 * interruption leaves a session that is whole again at the next command.
 *
 * @param held of every work tree that may hold some
 * @throws Failure `cannot-write`, `store-locked`
 */
export async function removeSessions(
  sessions: Sessions,
  ids: readonly SessionId[],
  held: readonly HeldDirectory[],
): Promise<void> {
  const { vault, io } = sessions;
  if (vault === undefined || whatIsAt(vault.sessions) === 'nothing') {
    for (const id of ids) removeFiles(id, held);
    return;
  }
  // Before any copy goes: a session whose record stays would come back.
  blaming(vault.sessions, () => assertWritable(vault.sessions));
  try {
    await withLock(vault.directory, io, async () => {
      for (const id of ids) {
        removeFiles(id, held);
        blaming(vault.sessions, () => removeFromVault(vault, id));
      }
    });
  } catch (error) {
    throw refusalToWrite(vault.directory, error, 'removal');
  }
}

function removeFiles(id: SessionId, held: readonly HeldDirectory[]): void {
  for (const { directory, isKept } of held) {
    if (obstacleTo(directory) !== undefined) continue;
    blaming(directory.path, () => removeSessionFiles(directory, id, isKept));
  }
}

/** @throws Failure `cannot-write` that names the place where removing was refused */
function blaming(place: string, remove: () => void): void {
  try {
    remove();
  } catch (error) {
    throw refusalToWrite(place, error, 'removal');
  }
}
