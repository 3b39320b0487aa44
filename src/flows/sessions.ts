import { realDirectory } from '../git/layout.ts';
import type { Project } from '../project.ts';
import { mendSessions } from '../store/mend-sessions.ts';
import { type Listing, listSessions } from '../store/sessions.ts';

/** All sessions, newest first; files that have gone are written anew on the way. */
export async function loadSessions(project: Project): Promise<Listing> {
  const listing = await listSessions(project.sessions);
  await mendSessions(project.sessions, listing.entries, isStanding);
  return listing;
}

function isStanding(workTree: string): boolean {
  return realDirectory(workTree) !== undefined;
}
