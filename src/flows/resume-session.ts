import type { Project } from '../project.ts';
import type { Drift } from '../session/drift.ts';
import type { ReadableEntry } from '../session/entry.ts';
import type { SessionRecord } from '../session/record.ts';
import { markResumed } from './lifecycle.ts';
import { driftOf } from './resume.ts';

/** A session that was taken up again. */
export interface ResumedSession {
  readonly record: SessionRecord;
  /** As it was before this resume. */
  readonly before: SessionRecord['lifecycle'];
  readonly drift: Drift;
}

/**
 * Takes a session up again: measures what moved, and marks it as resumed. The same for the command
 * and for a «yes» to the hook's question; this is where saved work will be applied.
 *
 * @throws Failure of {@link markResumed}
 */
export async function resumeSession(
  project: Project,
  entry: ReadableEntry,
): Promise<ResumedSession & { readonly warnings: readonly string[] }> {
  const drift = await driftOf(project.repository, entry.record);
  const { record, warnings } = await markResumed(project, entry, project.sessions.io.now());
  return { record, before: entry.record.lifecycle, drift, warnings };
}
