import { type OfferKey, parseOffer } from '../hooks/offer.ts';
import type { Project } from '../project.ts';
import { listSessions } from '../store/sessions.ts';
import { locate } from './here.ts';
import { expectedOffers } from './offers.ts';

/** What was paused before the hooks were there to offer it. */
export interface PausedBefore {
  /** What the hook says on the branch that is checked out; empty when nothing is offered there. */
  readonly here: readonly string[];
  /** How many sessions are paused besides that one. */
  readonly others: number;
}

export async function findPaused(project: Project): Promise<PausedBefore> {
  const [{ head, identities }, { entries }] = await Promise.all([
    locate(project),
    listSessions(project.sessions),
  ]);
  const offers = await expectedOffers(project, entries);
  const keys: readonly string[] = head?.kind === 'detached' ? [head.oid] : identities;
  const [newest] = keys
    .flatMap((key) => parseOffer(offers.get(key as OfferKey) ?? '') ?? [])
    .toSorted((one, other) => (one.id < other.id ? 1 : -1));
  const isOffered = newest !== undefined && newest.manner !== 'quiet';
  const paused = entries.filter(
    ({ record, foreign }) => !foreign && record?.lifecycle.status === 'paused',
  );
  return {
    here: isOffered ? newest.lines : [],
    others: paused.filter(({ id }) => !isOffered || id !== newest.id).length,
  };
}
