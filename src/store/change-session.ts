import { fail } from '../errors.ts';
import type { FormatName } from '../formats/index.ts';
import type { ReadableEntry } from '../session/entry.ts';
import type { SessionId, SessionRecord } from '../session/record.ts';
import { unreadable } from '../session/select.ts';
import {
  fileName,
  obstacleTo,
  removeSessionFiles,
  type SessionsDirectory,
  updateSessionFiles,
} from './directory.ts';
import { withLock } from './lock.ts';
import { assertWritable, whatIsAt } from './read-files.ts';
import { refusalToWrite } from './refusal.ts';
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
 * Changes a session: in the vault under its lock, then in the files that still say what was written
 * to them. A session that only the directory had is adopted by the vault.
 *
 * @throws Failure `cannot-write`, `store-locked`
 */
export async function changeSession(
  sessions: Sessions,
  entry: ReadableEntry,
  change: (record: SessionRecord) => SessionRecord,
): Promise<Changed> {
  const { vault, io } = sessions;
  if (vault === undefined) {
    const revision = { before: entry.record, after: change(entry.record) };
    return { record: revision.after, warnings: await changeFiles(sessions, revision) };
  }
  try {
    prepareVault(vault, io);
    return await withLock(vault.directory, io, async () => {
      const before = currentRecord(vault, entry);
      const after = change(before);
      if (readFromVault(vault, entry.id).kind === 'absent') addToVault(vault, after, io.processes);
      else replaceInVault(vault, after, io.processes);
      return { record: after, warnings: await changeFiles(sessions, { before, after }) };
    });
  } catch (error) {
    if (!isUnwritable(error)) throw refusalToWrite(vault.sessions, error, 'change');
    const warning = `${vault.directory} cannot be written: the session's status stays as it was.`;
    return { record: entry.record, warnings: [warning] };
  }
}

/** Another process may have changed, damaged or deleted the session since it was listed. */
function currentRecord(vault: Vault, entry: ReadableEntry): SessionRecord {
  const read = readFromVault(vault, entry.id);
  if (read.kind === 'record') return read.record;
  if (read.kind === 'problem') throw unreadable(entry.id, read.problem);
  if (entry.where === 'directory') return entry.record;
  throw fail('no-match', { selector: entry.id });
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

/**
 * Deletes sessions: of each its files in every work tree first, its record last, so that an
 * interruption leaves a session that is whole again at the next command.
 *
 * @param files `directories` of every work tree that may hold some; `isKept` names those to leave
 * @throws Failure `cannot-write`, `store-locked`
 */
export async function removeSessions(
  sessions: Sessions,
  ids: readonly SessionId[],
  files: {
    readonly directories: readonly SessionsDirectory[];
    readonly isKept: (name: string) => boolean;
  },
): Promise<void> {
  const { vault, io } = sessions;
  const hasVault = vault !== undefined && whatIsAt(vault.sessions) !== 'nothing';
  const remove = async () => {
    for (const id of ids) {
      for (const directory of files.directories) {
        if (obstacleTo(directory) === undefined) removeSessionFiles(directory, id, files.isKept);
      }
      if (hasVault) removeFromVault(vault, id);
    }
  };
  try {
    if (!hasVault) {
      await remove();
      return;
    }
    // Before any copy goes: a session whose record stays would come back.
    assertWritable(vault.sessions);
    await withLock(vault.directory, io, remove);
  } catch (error) {
    throw refusalToWrite(vault?.sessions ?? sessions.directory.path, error, 'removal');
  }
}
