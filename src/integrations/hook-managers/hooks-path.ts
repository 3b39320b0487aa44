import path from 'node:path';
import { type Failure, fail } from '../../errors.ts';
import { isNullDevice } from '../../git/hooks-path.ts';
import { runsConfiguredHooks } from '../../git/version.ts';
import { isInside } from '../../paths.ts';
import type { HookSurroundings } from '../integration.ts';

/**
 * That hook files may be put where git looks for them: a directory of this repository's own. One that
 * other repositories share is not ours to write to.
 *
 * @throws Failure `hooks-unavailable`
 */
export function assertOwnHooksDirectory(surroundings: HookSurroundings): void {
  const { hooksPath, hooksDirectory, commonDir } = surroundings;
  const change = "Change 'core.hooksPath'";
  if (isNullDevice(hooksPath?.value)) {
    const reason = `core.hooksPath is ${hooksPath?.value}: they are switched off`;
    throw unavailable(surroundings, { reason, change });
  }
  if (hooksPath?.value === '') {
    const reason = 'core.hooksPath is empty: git looks for them in the top level of the work tree';
    throw unavailable(surroundings, { reason, change });
  }
  if (isOwnHooksDirectory(surroundings)) return;
  throw unavailable(surroundings, {
    reason: `git looks for them in ${hooksDirectory}, outside this work tree and its git directory`,
    change: hooksPath === undefined ? `Make ${path.join(commonDir, 'hooks')} a directory` : change,
  });
}

/** Whether the directory that git looks in is part of this repository or its work tree. */
export function isOwnHooksDirectory(surroundings: HookSurroundings): boolean {
  const { topLevel, gitDir, commonDir, hooksDirectory } = surroundings;
  return [topLevel, gitDir, commonDir].some((own) => isInside(own, hooksDirectory));
}

/** @throws Failure `hooks-unavailable` where no file can be made */
export function assertWritableHooks(surroundings: HookSurroundings): void {
  const { hooksDirectory } = surroundings;
  if (surroundings.isWritable(hooksDirectory)) return;
  throw unavailable(surroundings, {
    reason: `${hooksDirectory} is no directory that can be written`,
    change: 'Make it one',
  });
}

function unavailable(
  surroundings: HookSurroundings,
  why: { readonly reason: string; readonly change: string },
): Failure {
  const { hooksPath } = surroundings;
  const set = hooksPath === undefined ? '' : ` (set in ${hooksPath.scope}, ${hooksPath.origin})`;
  const advice = adviceFor(surroundings, why.change);
  return fail('hooks-unavailable', { reason: `${why.reason}${set}.`, advice });
}

function adviceFor({ gitVersion }: HookSurroundings, change: string): string {
  if (runsConfiguredHooks(gitVersion)) {
    return "git can run ours from its configuration: 'mpm-session init --hooks git-config'.";
  }
  return `${change} or install git 2.54, then run the command again.`;
}
