import { newestOffer, parseOffer } from '../hooks/offer.ts';
import type { Project } from '../project.ts';
import { belongsHere } from '../session/select.ts';
import { listSessions } from '../store/sessions.ts';
import { among, locate } from './here.ts';
import { expectedOffers } from './offers.ts';

/** What was paused before the hooks were there to offer it. */
export interface PausedBefore {
  /** What the hook says on the branch that is checked out; empty when nothing is offered there. */
  readonly here: readonly string[];
  /** How many sessions are paused besides that one: on that branch, and on others. */
  readonly othersHere: number;
  readonly elsewhere: number;
}

export async function findPaused(project: Project): Promise<PausedBefore> {
  const [place, { entries }] = await Promise.all([locate(project), listSessions(project.sessions)]);
  const { head, identities } = place;
  const offers = await expectedOffers(project, entries);
  const keys: readonly string[] = head?.kind === 'detached' ? [head.oid] : identities;
  const newest = newestOffer(keys, (key) => parseOffer(offers.get(key) ?? ''))?.offer;
  const isOffered = newest !== undefined && newest.manner !== 'quiet';
  const others = entries.flatMap(({ id, record, foreign }) => {
    const isPaused = !foreign && record?.lifecycle.status === 'paused';
    return isPaused && !(isOffered && id === newest.id) ? [record] : [];
  });
  const there = await among(project, place, entries);
  const othersHere = others.filter((record) => belongsHere(record, there)).length;
  return {
    here: isOffered ? newest.lines : [],
    othersHere,
    elsewhere: others.length - othersHere,
  };
}
