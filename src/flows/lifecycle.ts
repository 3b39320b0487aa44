import type { Project } from '../project.ts';
import type { ReadableEntry } from '../session/entry.ts';
import { type Changed, changeSession } from '../store/change-session.ts';

/** Notes that the session was taken up again; it is kept, and no longer offered. */
export function markResumed(project: Project, entry: ReadableEntry, now: Date): Promise<Changed> {
  return changeSession(project.sessions, entry, (record) => ({
    ...record,
    lifecycle: { ...record.lifecycle, status: 'resumed', resumed_at: now.toISOString() },
  }));
}

/** Notes that the session is not to be offered any more. */
export function markDismissed(project: Project, entry: ReadableEntry, now: Date): Promise<Changed> {
  return changeSession(project.sessions, entry, (record) => ({
    ...record,
    lifecycle: { ...record.lifecycle, status: 'dismissed', dismissed_at: now.toISOString() },
  }));
}
