import path from 'node:path';
import type { HooksPath } from '../integrations/integration.ts';
import { ask, type Repository } from './repository.ts';

/**
 * Everything git is asked about hooks. Every other git of ours is told that there are none
 * (`settings.ts`); these see the configuration as it is. None of them runs a hook.
 */

const asConfigured = { hooks: 'as-configured' } as const;

/** Major and minor version of the git that runs here, which is not always the user's only one. */
export async function readGitVersion(repository: Repository): Promise<readonly [number, number]> {
  const answer = await ask(repository, ['version'], asConfigured);
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(answer.stdout.toString('utf8')) ?? [];
  return [Number(major), Number(minor)];
}

/** `core.hooksPath` as git takes it here, whatever file or scope sets it; undefined when none does. */
export async function readHooksPath(repository: Repository): Promise<HooksPath | undefined> {
  const answer = await ask(
    repository,
    ['config', '--null', '--show-scope', '--show-origin', '--get', 'core.hooksPath'],
    { ...asConfigured, answers: [1] },
  );
  if (answer.exit === 1) return undefined;
  // `<scope> NUL <origin> NUL <value> NUL`
  const [scope = '', origin = '', value = ''] = answer.stdout.toString('utf8').split('\0');
  return { scope, origin, value };
}

/** Where git looks for hooks in this work tree; absolute, and need not exist. */
export async function readHooksDirectory(
  repository: Repository,
  hooksPath: HooksPath | undefined,
): Promise<string> {
  const { topLevel } = repository.layout;
  // git takes the empty path for the directory that hooks run in, and fails when asked about it.
  if (hooksPath?.value === '') return topLevel;
  const answer = await ask(
    repository,
    ['rev-parse', '--path-format=absolute', '--git-path', 'hooks'],
    asConfigured,
  );
  return path.resolve(topLevel, answer.stdout.toString('utf8').replace(/\n$/, ''));
}

/** The repository's own configuration: key, as git writes it, to all its values in their order. */
export async function readOwnConfiguration(
  repository: Repository,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const answer = await ask(repository, ['config', '--local', '--null', '--list'], asConfigured);
  const found = new Map<string, string[]>();
  // `<key> LF <value> NUL`; of a key without `=`, `<key> NUL`, which is true (git-config(1)).
  for (const entry of answer.stdout.toString('utf8').split('\0').slice(0, -1)) {
    const end = entry.indexOf('\n');
    const key = end < 0 ? entry : entry.slice(0, end);
    const value = end < 0 ? 'true' : entry.slice(end + 1);
    found.set(key, [...(found.get(key) ?? []), value]);
  }
  return found;
}

/** A key as git writes it: section and name in lower case, what is between them as it is. */
export function configurationKey(key: string): string {
  const first = key.indexOf('.');
  const last = key.lastIndexOf('.');
  if (first < 0) return key.toLowerCase();
  return `${key.slice(0, first).toLowerCase()}${key.slice(first, last)}${key.slice(last).toLowerCase()}`;
}

/** All paths that git tracks in this work tree, relative to its top level. */
export async function readTrackedPaths(repository: Repository): Promise<ReadonlySet<string>> {
  const answer = await ask(repository, ['ls-files', '-z', '--full-name'], asConfigured);
  return new Set(answer.stdout.toString('utf8').split('\0').slice(0, -1));
}
