/** What the hook finds in a repository's vault. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Offer, parseOffer } from '../../src/hooks/offer.ts';
import type { TestRepository } from '../helpers/repository.ts';

export function vaultOf({ outer }: Pick<TestRepository, 'outer'>): string {
  return path.join(outer, '.git/mpm-session');
}

export function offersIn(repository: Pick<TestRepository, 'outer'>): string {
  return path.join(vaultOf(repository), 'offers');
}

/** Every offer by its name; undefined when there is no directory for them. */
export function offersOf(
  repository: Pick<TestRepository, 'outer'>,
): Readonly<Record<string, Offer>> | undefined {
  const directory = offersIn(repository);
  if (!existsSync(directory)) return undefined;
  return Object.fromEntries(
    readdirSync(directory).map((name) => {
      const offer = parseOffer(readFileSync(path.join(directory, name), 'utf8'));
      if (offer === undefined) throw new Error(`${name} is no offer`);
      return [name, offer];
    }),
  );
}

/** The identities of a branch, git's effective one last. */
export function identitiesOf(repository: TestRepository, branch: string): readonly string[] {
  const all = repository.git('config', '--get-all', `branch.${branch}.mpm-session`);
  return all.trim().split('\n');
}

/** The offers of a branch, by its only identity. */
export function offerOn(repository: TestRepository, branch: string): Offer | undefined {
  const [identity = '', ...others] = identitiesOf(repository, branch);
  if (others.length > 0) throw new Error(`${branch} has several identities`);
  return offersOf(repository)?.[identity];
}
