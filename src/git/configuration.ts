import { setTimeout as delay } from 'node:timers/promises';
import { isConfigLocked } from './layout.ts';
import { ask, type Repository } from './repository.ts';

/** A value in git's configuration. A key with several has one entry for each, git's choice last. */
export interface ConfigurationEntry {
  /** `system`, `global`, `local`, `worktree` or `command`. */
  readonly scope: string;
  /** The file or whatever else sets it, as git names it: `file:.git/config`. */
  readonly origin: string;
  /** As git writes it: section and name in lower case, what is between them as it is. */
  readonly key: string;
  readonly value: string;
}

/** What is read: keys of all scopes that match a regular expression, or the repository's own. */
export type Wanted = { readonly keys: string } | 'own';

/**
 * The configuration as git reads it here, in its order: `own` is what `git config --local` reads.
 * Regular expressions are POSIX extended ones over keys as git writes them.
 *
 * @throws Failure `git-failed` when git cannot read it
 */
export async function readConfiguration(
  repository: Repository,
  wanted: Wanted,
): Promise<readonly ConfigurationEntry[]> {
  const which = wanted === 'own' ? ['--local', '--list'] : ['--get-regexp', wanted.keys];
  const answer = await ask(
    repository,
    ['config', '--null', '--show-scope', '--show-origin', ...which],
    // Every other git of ours has a `core.hooksPath` that is not the user's. 1: no key matches.
    { hooks: 'as-configured', answers: [1] },
  );
  return entriesIn(answer.stdout.toString('utf8'));
}

/** `<scope> NUL <origin> NUL <key> LF <value> NUL`, repeated. */
function entriesIn(output: string): readonly ConfigurationEntry[] {
  const fields = output.split('\0');
  const entries: ConfigurationEntry[] = [];
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [scope = '', origin = '', entry = ''] = fields.slice(at, at + 3);
    const end = entry.indexOf('\n');
    // A key alone, without LF, is true (git-config(1)).
    const [key, value] = end < 0 ? [entry, 'true'] : [entry.slice(0, end), entry.slice(end + 1)];
    entries.push({ scope, origin, key, value });
  }
  return entries;
}

/** The values that entries give to a key, in their order. */
export function valuesOf(entries: readonly ConfigurationEntry[], key: string): readonly string[] {
  const wanted = configurationKey(key);
  return entries.filter((entry) => entry.key === wanted).map(({ value }) => value);
}

/** A key as git writes it: section and name in lower case, what is between them as it is. */
function configurationKey(key: string): string {
  const first = key.indexOf('.');
  const last = key.lastIndexOf('.');
  if (first < 0) return key.toLowerCase();
  return `${key.slice(0, first).toLowerCase()}${key.slice(first, last)}${key.slice(last).toLowerCase()}`;
}

/**
 * Gives a key of the repository's own configuration these values and no others, one after the other.
 * Waits while another git holds `config.lock`.
 *
 * @throws Failure `git-failed` when the configuration cannot be written
 */
export async function writeKey(
  repository: Repository,
  key: string,
  values: readonly string[],
): Promise<void> {
  const [first, ...others] = values;
  if (first === undefined) {
    await config(repository, ['--unset-all', '--', key]);
    return;
  }
  await config(repository, ['--replace-all', '--', key, first]);
  for (const value of others) await config(repository, ['--add', '--', key, value]);
}

const looks = 40;
const pauseBetween = 50; // milliseconds; two seconds in all

async function config(repository: Repository, args: readonly string[]): Promise<void> {
  for (let look = 1; look < looks && isConfigLocked(repository.layout); look += 1) {
    await delay(pauseBetween);
  }
  // 5: there is nothing to unset (git-config(1)).
  await ask(repository, ['config', '--local', ...args], { answers: [5] });
}
