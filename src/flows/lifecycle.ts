import type { Project } from '../project.ts';
import type { ReadableEntry } from '../session/entry.ts';
import type { SessionRecord } from '../session/record.ts';
import { type Changed, changeSession } from '../store/change-session.ts';
import { publishOffers } from './offers.ts';

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
  return { ...changed, warnings: [...changed.warnings, ...offering] };
}
