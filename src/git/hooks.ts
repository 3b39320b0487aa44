import path from 'node:path';
import { readConfiguration } from './configuration.ts';
import type { HooksPath } from './hooks-path.ts';
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
  const entries = await readConfiguration(repository, { keys: '^core\\.hookspath$' });
  return entries.at(-1);
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

/** All paths that git tracks in this work tree, relative to its top level. */
export async function readTrackedPaths(repository: Repository): Promise<ReadonlySet<string>> {
  const answer = await ask(repository, ['ls-files', '-z', '--full-name'], asConfigured);
  return new Set(answer.stdout.toString('utf8').split('\0').slice(0, -1));
}
