import { isOfferKey, offerKeyOf } from '../hooks/offer.ts';
import type { ReadableEntry } from '../session/entry.ts';
import { readOffer } from '../store/offers.ts';
import { readFromVault, type Vault } from '../store/vault.ts';

/**
 * The newest session among those offered under some keys (identities of a branch, or a commit), by
 * the vault's own record. Costs the same however many sessions there are. Undefined when there is
 * none, or the record cannot be read or no longer belongs there.
 */
export function newestOffered(vault: Vault, keys: readonly string[]): ReadableEntry | undefined {
  const offered = keys
    .filter(isOfferKey)
    .flatMap((key) => {
      const offer = readOffer(vault, key);
      return offer === undefined ? [] : [{ key, id: offer.id }];
    })
    .toSorted((one, other) => (one.id < other.id ? 1 : -1));
  const [newest] = offered;
  if (newest === undefined) return undefined;
  const read = readFromVault(vault, newest.id);
  if (read.kind !== 'record' || offerKeyOf(read.record) !== newest.key) return undefined;
  return { id: newest.id, where: 'vault', foreign: false, record: read.record };
}
