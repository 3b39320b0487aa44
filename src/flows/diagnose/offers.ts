import { readStrayIdentities } from '../../git/branch-identity.ts';
import { counted } from '../../session/counted.ts';
import { shellQuote } from '../../session/shell-quote.ts';
import { offerKeys, offerText } from '../../store/offers.ts';
import { listSessions } from '../../store/sessions.ts';
import { expectedOffers } from '../offers.ts';
import { type Check, mendable, problem, well } from './check.ts';
import type { Examined } from './examined.ts';

/** Whether what the hook would say on each branch is what its newest session says now. */
export async function checkOffers({ project, vault }: Examined): Promise<readonly Check[]> {
  const { entries } = await listSessions(project.sessions);
  const expected = await expectedOffers(project, entries);
  const present = offerKeys(vault);
  const stale = present.filter((key) => !expected.has(key));
  const wrong = [...expected].filter(([key, text]) => offerText(vault, key) !== text);
  const count = stale.length + wrong.length;
  if (count === 0) {
    return [
      well('offers', `${counted(expected.size, 'offer')}, each as its newest session wants it.`),
    ];
  }
  const message = `${counted(count, 'offer')} of ${expected.size} ${count === 1 ? 'is' : 'are'} not as the sessions and the configuration want ${count === 1 ? 'it' : 'them'}.`;
  return [mendable('offers-stale', message, 'offers')];
}

/** Whether every value that stands where a branch's identity does is one. */
export async function checkIdentities({ repository }: Examined): Promise<readonly Check[]> {
  const stray = await readStrayIdentities(repository);
  if (stray.length === 0) return [well('identities', "The branches' identities can be read.")];
  return stray.map(({ branch, key }) =>
    problem(
      'identity-unreadable',
      `The branch ${branch} has an identity that is none: its sessions are not offered.`,
      `git config --local --unset-all ${shellQuote(key)}`,
    ),
  );
}
