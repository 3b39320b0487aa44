import type { FormatName } from '../formats/index.ts';
import type { Project } from '../project.ts';
import type { ReadableEntry } from '../session/entry.ts';
import type { SessionRecord } from '../session/record.ts';
import { type Changed, changeSession } from '../store/change-session.ts';
import {
  fileName,
  obstacleTo,
  sessionsDirectoryIn,
  updateSessionFiles,
} from '../store/directory.ts';
import { whatIsAt } from '../store/read-files.ts';
import { isSystemError } from '../store/system-errors.ts';
import { publishOffers } from './offers.ts';
import { openWorkTree } from './work-trees.ts';

/** Notes that the session was taken up again; it is kept, and no longer offered. */
export function markResumed(project: Project, entry: ReadableEntry, now: Date): Promise<Changed> {
  return updateSession(project, entry, (record) => ({
    ...record,
    lifecycle: { ...record.lifecycle, status: 'resumed', resumed_at: now.toISOString() },
  }));
}

/** Notes that the session is not to be offered any more. */
export function markDismissed(project: Project, entry: ReadableEntry, now: Date): Promise<Changed> {
  return updateSession(project, entry, (record) => ({
    ...record,
    lifecycle: { ...record.lifecycle, status: 'dismissed', dismissed_at: now.toISOString() },
  }));
}

/**
 * Changes a session, and what is offered on its branch with it.
 *
 * @throws Failure of {@link changeSession}
 */
export async function updateSession(
  project: Project,
  entry: ReadableEntry,
  change: (record: SessionRecord) => SessionRecord,
): Promise<Changed> {
  const changed = await changeSession(project.sessions, entry, change);
  // Unchanged: there was nothing to change, or no way to write it, which has been said.
  if (changed.record === entry.record) return changed;
  const offering = await publishOffers(project, [changed.record]);
  if (changed.record.project_path !== project.root) await followHome(project, changed.record);
  return { ...changed, warnings: [...changed.warnings, ...offering] };
}

/**
 * Has the files in the work tree where a session was paused say what its record says, if that is a
 * work tree of this repository still: those that this program wrote, and nobody has edited since.
 * They are copies, which can stay as they are where they cannot be written.
 */
async function followHome(project: Project, record: SessionRecord): Promise<void> {
  const { repository, sessions } = project;
  const root = record.project_path;
  const directory = sessionsDirectoryIn(root);
  if (repository === undefined || obstacleTo(directory) !== undefined) return;
  if (whatIsAt(directory.path) !== 'directory') return;
  const home = await openWorkTree(repository, root);
  if (home === undefined) return;
  const isOurs = (format: FormatName) => !home.tracked.has(fileName(record.session_id, format));
  const { processes } = sessions.io;
  try {
    updateSessionFiles(directory, { before: record, after: record }, { isOurs, processes });
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}
