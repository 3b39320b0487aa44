import type { FormatName } from '../formats/index.ts';
import type { ReadableEntry } from '../session/entry.ts';
import type { SessionId, SessionRecord } from '../session/record.ts';
import {
  obstacleTo,
  removeSessionFiles,
  type SessionsDirectory,
  updateSessionFiles,
} from './directory.ts';
import { describeError, isSystemError, isUnwritable } from './durable-files.ts';
import { withLock } from './lock.ts';
import { refusalToWrite } from './refusal.ts';
import type { Sessions } from './sessions.ts';
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
    prepareVault(vault, io.now(), io.processes);
    const revision = await withLock(vault.directory, io, async () => {
      const before = newestRecord(vault, entry);
      const after = change(before);
      if (readFromVault(vault, entry.id).kind === 'absent') addToVault(vault, after, io.processes);
      else replaceInVault(vault, after, io.processes);
      return { before, after };
    });
    return { record: revision.after, warnings: await changeFiles(sessions, revision) };
  } catch (error) {
    if (!isUnwritable(error)) throw refusalToWrite(vault.sessions, error);
    const warning = `${vault.directory} cannot be written: the session's status stays as it was.`;
    return { record: entry.record, warnings: [warning] };
  }
}

/** Another process may have changed it since it was listed. */
function newestRecord(vault: Vault, entry: ReadableEntry): SessionRecord {
  const read = readFromVault(vault, entry.id);
  return read.kind === 'record' ? read.record : entry.record;
}

async function changeFiles(sessions: Sessions, revision: Revision): Promise<readonly string[]> {
  const { directory, io } = sessions;
  const obstacle = obstacleTo(directory);
  if (obstacle !== undefined) return [];
  const tracked = await sessions.trackedFiles();
  const isOurs = (format: FormatName) =>
    !tracked.some((path) => path.endsWith(`/${revision.before.session_id}.${format}`));
  try {
    updateSessionFiles(directory, revision, { isOurs, processes: io.processes });
    return [];
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return [`The files in ${directory.path} could not be rewritten: ${describeError(error)}.`];
  }
}

/**
 * Deletes a session: its files in every work tree first, its record last, so that an interruption
 * leaves a session that is whole again at the next command.
 *
 * @param files `directories` of every work tree that may hold some; `kept` are names to leave
 * @throws Failure `cannot-write`
 */
export function removeSession(
  sessions: Sessions,
  id: SessionId,
  files: { readonly directories: readonly SessionsDirectory[]; readonly kept: readonly string[] },
): void {
  const { vault } = sessions;
  try {
    for (const directory of files.directories) {
      if (obstacleTo(directory) === undefined) removeSessionFiles(directory, id, files.kept);
    }
    if (vault !== undefined) removeFromVault(vault, id);
  } catch (error) {
    throw refusalToWrite(vault?.sessions ?? sessions.directory.path, error);
  }
}
