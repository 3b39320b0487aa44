import { Failure } from '../errors.ts';
import type { ReadableEntry, SessionEntry } from '../session/entry.ts';
import type { SessionRecord } from '../session/record.ts';
import {
  addCopies,
  filesIn,
  isOwnCopy,
  obstacleTo,
  pointedAt,
  readFromDirectory,
  removeEmptyCopies,
  writePointer,
} from './directory.ts';
import { isSystemError } from './durable-files.ts';
import { prepareToWrite, type Writable } from './save-session.ts';
import type { Sessions } from './sessions.ts';
import { addToVault, idsInVault } from './vault.ts';

/**
 * Gives the vault the sessions that it could not be given when they were paused: files that this
 * program wrote and nobody has touched. Others (claude-mpm's, or copied by hand) it takes over when
 * they are resumed.
 */
export function adoptSessions({ sessions, vault }: Writable): void {
  if (vault === undefined) return;
  const known = new Set(idsInVault(vault));
  for (const id of filesIn(sessions.directory).keys()) {
    if (known.has(id) || !isOwnCopy(sessions.directory, id)) continue;
    const read = readFromDirectory(sessions.directory, id);
    if (read.kind === 'record') addToVault(vault, read.record, sessions.io.processes);
  }
}

/**
 * Writes anew the files of this work tree's sessions that have gone (`git clean -fdx`, a branch
 * that once tracked them), and adopts what the vault does not know. Costs two directory listings
 * when all is there.
 *
 * @param workTreeExists whether a recorded work tree still stands
 */
export function mendSessions(
  sessions: Sessions,
  entries: readonly SessionEntry[],
  workTreeExists: (path: string) => boolean,
): void {
  if (obstacleTo(sessions.directory) !== undefined) return;
  const ours = entries.filter((entry) => isOurs(entry, sessions));
  const atHome = ours.filter(
    ({ record }) =>
      record.project_path === sessions.directory.root ||
      (sessions.isMainWorkTree && !workTreeExists(record.project_path)),
  );
  const [newest] = atHome;
  if (newest !== undefined) removeEmptyCopies(sessions.directory, newest.id);
  const present = filesIn(sessions.directory);
  const incomplete = atHome.filter(({ id }) =>
    sessions.formats.some((format) => present.get(id)?.has(format) !== true),
  );
  const known = new Set(entries.filter(({ where }) => where === 'vault').map(({ id }) => id));
  const isAllThere =
    incomplete.length === 0 &&
    (newest === undefined || pointedAt(sessions.directory) !== undefined) &&
    (sessions.vault === undefined || [...present.keys()].every((id) => known.has(id)));
  if (isAllThere) return;
  tryToMend(sessions, { incomplete: incomplete.map(({ record }) => record), newest });
}

/** A session that this program wrote: the vault's, or outside git a file nobody has touched. */
function isOurs(entry: SessionEntry, { vault, directory }: Sessions): entry is ReadableEntry {
  if (entry.record === undefined) return false;
  if (vault !== undefined) return entry.where === 'vault';
  return isOwnCopy(directory, entry.id);
}

/** A command that only reads must also work where nothing can be written. */
function tryToMend(
  sessions: Sessions,
  missing: {
    readonly incomplete: readonly SessionRecord[];
    readonly newest: ReadableEntry | undefined;
  },
): void {
  const { directory, formats, io } = sessions;
  try {
    const writable = prepareToWrite(sessions);
    for (const record of missing.incomplete) {
      addCopies(directory, record, { formats, processes: io.processes });
    }
    if (missing.newest !== undefined && pointedAt(directory) === undefined) {
      writePointer(directory, missing.newest.record, io.processes);
    }
    adoptSessions(writable);
  } catch (error) {
    if (!isSystemError(error) && !(error instanceof Failure)) throw error;
  }
}
