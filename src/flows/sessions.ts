import { errorCode } from '../errors.ts';
import type { Project } from '../project.ts';
import { mendSessions } from '../store/mend-sessions.ts';
import { whatIsAt } from '../store/read-files.ts';
import { type Listing, listSessions } from '../store/sessions.ts';
import { reconcileOffers } from './offers.ts';

/**
 * All sessions, newest first; files that have gone are written anew on the way, and offers that are
 * not as they should be.
 */
export async function loadSessions(project: Project): Promise<Listing> {
  const listing = await listSessions(project.sessions);
  await mendSessions(project.sessions, listing.entries, isStanding);
  await reconcileOffers(project, listing.entries);
  return listing;
}

/**
 * Whether a work tree is there, or may be: a path that cannot be followed (another user's, one that
 * is no path at all) is no reason to take its sessions elsewhere.
 */
function isStanding(workTree: string): boolean {
  try {
    return whatIsAt(workTree) !== 'nothing';
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return true;
  }
}
