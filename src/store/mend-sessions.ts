import { Failure } from '../errors.ts';
import type { ReadableEntry, SessionEntry } from '../session/entry.ts';
import type { SessionRecord } from '../session/record.ts';
import {
  addCopies,
  fileNames,
  filesIn,
  isOwnCopy,
  isUnignored,
  obstacleTo,
  pointedAt,
  pointerName,
  readFromDirectory,
  removeEmptyCopies,
  writePointer,
} from './directory.ts';
import { withLock } from './lock.ts';
import { prepareToWrite, type Writable } from './save-session.ts';
import type { Sessions } from './sessions.ts';
import { isSystemError } from './system-errors.ts';
import { addToVault, idsInVault, readFromVault } from './vault.ts';

/**
 * Gives the vault the sessions that it could not be given when they were paused: files that this
 * program wrote, nobody has touched and git does not track. Others (claude-mpm's, or copied by hand)
 * it takes over when they are resumed.
 *
 * @returns those that the vault has now and had not
 */
export async function adoptSessions({
  sessions,
  vault,
}: Writable): Promise<readonly SessionRecord[]> {
  if (vault === undefined) return [];
  const { directory, io } = sessions;
  const known = new Set(idsInVault(vault));
  const unknown = [...filesIn(directory).keys()].filter(
    (id) => !known.has(id) && isOwnCopy(directory, id),
  );
  if (unknown.length === 0) return [];
  const tracked = await sessions.trackedNames();
  return unknown.flatMap((id) => {
    if (fileNames(id).some((name) => tracked.has(name))) return [];
    const read = readFromDirectory(directory, id);
    const isAdded = read.kind === 'record' && addToVault(vault, read.record, io.processes);
    return isAdded ? [read.record] : [];
  });
}

/**
 * Writes anew the files of this work tree's sessions that have gone (`git clean -fdx`, a branch
 * that once tracked them), and adopts what the vault does not know. Costs two directory listings
 * when all is there.
 *
 * @param workTreeExists whether a recorded work tree still stands
 */
export async function mendSessions(
  sessions: Sessions,
  entries: readonly SessionEntry[],
  workTreeExists: (path: string) => boolean,
): Promise<void> {
  if (obstacleTo(sessions.directory) !== undefined) return;
  const ours = entries.filter((entry) => isOurs(entry, sessions));
  const atHome = ours.filter(
    ({ record }) =>
      record.project_path === sessions.directory.root ||
      (sessions.isMainWorkTree && !workTreeExists(record.project_path)),
  );
  const [newest] = atHome;
  for (const { id } of recentAmong(atHome)) removeEmptyCopies(sessions.directory, id);
  const present = filesIn(sessions.directory);
  const incomplete = atHome.filter(({ id }) =>
    sessions.formats.some((format) => present.get(id)?.has(format) !== true),
  );
  const pointTo = newest === undefined || (await hasPointer(sessions)) ? undefined : newest;
  const isAllThere =
    incomplete.length === 0 &&
    pointTo === undefined &&
    (newest === undefined || !isUnignored(sessions.directory)) &&
    !entries.some((entry) => isOrphan(entry, sessions));
  if (isAllThere) return;
  await tryToMend(sessions, { incomplete, pointTo });
}

/** What git tracks under its name is no pointer, and git's; a command that reads leaves it alone. */
async function hasPointer({ directory, trackedNames }: Sessions): Promise<boolean> {
  if (pointedAt(directory) !== undefined) return true;
  return (await trackedNames()).has(pointerName.toLowerCase());
}

/** How long a file system may keep what is not synced to itself. */
const unsyncedFor = 60_000;

/** Those whose copies a power cut may have left empty: paused shortly before the newest, or it. */
function recentAmong(sessions: readonly ReadableEntry[]): readonly ReadableEntry[] {
  const pausedAt = ({ record }: ReadableEntry) => Date.parse(record.paused_at);
  const [newest] = sessions;
  if (newest === undefined) return [];
  return sessions.filter((entry) => pausedAt(newest) - pausedAt(entry) <= unsyncedFor);
}

/** One that the vault could not be given when it was paused; claude-mpm's stay where they are. */
function isOrphan(entry: SessionEntry, { vault, directory }: Sessions): boolean {
  const isOutside = vault !== undefined && entry.where === 'directory' && !entry.foreign;
  return isOutside && isOwnCopy(directory, entry.id);
}

/** A session that this program wrote: the vault's, or outside git a file nobody has touched. */
function isOurs(entry: SessionEntry, { vault, directory }: Sessions): entry is ReadableEntry {
  if (entry.record === undefined) return false;
  if (vault !== undefined) return entry.where === 'vault';
  return isOwnCopy(directory, entry.id);
}

/** What is to be written anew. */
interface Missing {
  readonly incomplete: readonly ReadableEntry[];
  /** What a new pointer names; undefined when there is one. */
  readonly pointTo: ReadableEntry | undefined;
}

/** A command that only reads must also work where nothing can be written. */
async function tryToMend(sessions: Sessions, missing: Missing): Promise<void> {
  try {
    const writable = prepareToWrite(sessions);
    if (writable.vault === undefined) mend(writable, missing);
    // A session that somebody deletes at the same time must not come back.
    else await withLock(writable.vault.directory, sessions.io, () => mendAll(writable, missing));
  } catch (error) {
    if (!isSystemError(error) && !(error instanceof Failure)) throw error;
  }
}

async function mendAll(writable: Writable, missing: Missing): Promise<void> {
  mend(writable, missing);
  await adoptSessions(writable);
}

function mend({ sessions, vault }: Writable, { incomplete, pointTo }: Missing): void {
  const { directory, formats, io } = sessions;
  const isGone = ({ id }: ReadableEntry) =>
    vault !== undefined && readFromVault(vault, id).kind === 'absent';
  for (const entry of incomplete) {
    if (!isGone(entry)) addCopies(directory, entry.record, { formats, processes: io.processes });
  }
  if (pointTo === undefined || isGone(pointTo) || pointedAt(directory) !== undefined) return;
  writePointer(directory, pointTo.record, io.processes);
}
