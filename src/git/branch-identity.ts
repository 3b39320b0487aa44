import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type BranchIdentity, type BranchName, isBranchIdentity } from '../session/git-state.ts';
import { readConfiguration } from './configuration.ts';
import { isConfigLocked } from './layout.ts';
import type { Repository } from './repository.ts';
import { runGit } from './spawn.ts';

/**
 * A branch's identity is the value of `branch.<name>.mpm-session` in the repository's configuration.
 * git renames it with `branch -m`, copies it with `-c` and drops it with `-d`, which is exactly when
 * sessions should follow, be shared, or be left behind.
 */
const variable = 'mpm-session';

/** The identities of every branch that has any, git's effective one last. */
export type BranchIdentities = ReadonlyMap<BranchName, readonly BranchIdentity[]>;

export async function readIdentities(repository: Repository): Promise<BranchIdentities> {
  const found = new Map<BranchName, BranchIdentity[]>();
  for (const { branch, value } of await readEntries(repository)) {
    if (!isBranchIdentity(value)) continue;
    found.set(branch, [...(found.get(branch) ?? []), value]);
  }
  return found;
}

/** Where something else stands than an identity; the others pass it over. */
export async function readStrayIdentities(
  repository: Repository,
): Promise<readonly { readonly branch: BranchName; readonly key: string }[]> {
  const entries = await readEntries(repository);
  return entries.filter(({ value }) => !isBranchIdentity(value));
}

interface Entry {
  readonly branch: BranchName;
  readonly key: string;
  readonly value: string;
}

async function readEntries(repository: Repository): Promise<readonly Entry[]> {
  const keys = `^branch\\..*\\.${variable}$`;
  const entries = await readConfiguration(repository, { keys });
  return entries.map(({ key, value }) => {
    const branch = key.slice('branch.'.length, -(variable.length + 1)) as BranchName;
    return { branch, key, value };
  });
}

export type IdentityWritten =
  | { readonly ok: true; readonly identity: BranchIdentity }
  | { readonly ok: false; readonly reason: string };

const looks = 40;
const mostRefusals = 3;
const pauseBetween = 50; // milliseconds; two seconds in all

/**
 * Gives `branch` an identity. The caller holds the vault's lock and has just seen that there is
 * none. Waits while another git holds `config.lock`; a configuration that cannot be written is an
 * answer, not a failure: the session is then known by the branch's name.
 */
export async function writeIdentity(
  repository: Repository,
  branch: BranchName,
): Promise<IdentityWritten> {
  // Arguments reach git as UTF-8, so a name that is not cannot be given to it.
  if (branch.includes('\u{fffd}')) return { ok: false, reason: 'its name is not valid UTF-8' };
  const identity = randomBytes(10).toString('hex') as BranchIdentity;
  const args = ['config', '--local', '--add', `branch.${branch}.${variable}`, identity];
  const { program, layout } = repository;
  let refusals = 0;
  for (let look = 1; ; look += 1) {
    if (look < looks && isConfigLocked(layout)) {
      await delay(pauseBetween);
      continue;
    }
    const answer = await runGit(program, { directory: layout.topLevel, args });
    if (answer.exit === 0) return { ok: true, identity };
    // Perhaps another git held the lock between the look and the call; not each time, though.
    refusals += 1;
    if (look >= looks || refusals === mostRefusals) return { ok: false, reason: answer.stderr };
    await delay(pauseBetween);
  }
}
