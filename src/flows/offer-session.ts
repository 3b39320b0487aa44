import { newestOffer, offerKeyOf } from '../hooks/offer.ts';
import type { ReadableEntry } from '../session/entry.ts';
import { readOffer } from '../store/offers.ts';
import { readFromVault, type Vault } from '../store/vault.ts';

/**
 * The newest session among those offered under some keys (identities of a branch, or a commit), by
 * the vault's own record. Costs the same however many sessions there are. Undefined when there is
 * none, or the record cannot be read or no longer belongs there.
 */
export function newestOffered(vault: Vault, keys: readonly string[]): ReadableEntry | undefined {
  const newest = newestOffer(keys, (key) => readOffer(vault, key));
  if (newest === undefined) return undefined;
  const { key, offer } = newest;
  const read = readFromVault(vault, offer.id);
  if (read.kind !== 'record' || offerKeyOf(read.record) !== key) return undefined;
  return { id: offer.id, where: 'vault', foreign: false, record: read.record };
}
