import { fail } from '../errors.ts';
import { gitConfig } from './hook-managers/git-config.ts';
import { hooksDirectory } from './hook-managers/hooks-directory.ts';
import { husky } from './hook-managers/husky.ts';
import { lefthook } from './hook-managers/lefthook.ts';
import { preCommit } from './hook-managers/pre-commit.ts';
import { simpleGitHooks } from './hook-managers/simple-git-hooks.ts';
import type { Edit, HookManager, HookManagerName, HookSurroundings } from './integration.ts';

/** In the order in which they are asked whether hooks are run by them; the last always says so. */
export const hookManagers: readonly HookManager[] = [
  gitConfig,
  husky,
  lefthook,
  preCommit,
  simpleGitHooks,
  hooksDirectory,
];

/**
 * What runs hooks here, or the one that is wanted.
 *
 * @param wanted when git does not run hooks by it, its `install` says why
 */
export function chooseHookManager(
  surroundings: HookSurroundings,
  wanted?: HookManagerName,
): HookManager {
  const chosen = hookManagers.find((manager) =>
    wanted === undefined ? manager.detect(surroundings) : manager.name === wanted,
  );
  if (chosen !== undefined) return chosen;
  throw fail('hooks-unavailable', {
    reason: `there is no way called '${wanted}'.`,
    advice: `Choose one of: ${hookManagers.map(({ name }) => name).join(', ')}.`,
  });
}

/** What every hook manager finds of ours, taken out; each target once. */
export function takeOutHooks(surroundings: HookSurroundings): readonly Edit[] {
  const edits = hookManagers.flatMap((manager) => manager.remove(surroundings));
  return edits.filter(
    (edit, at) =>
      edits.findIndex((one) => one.kind === edit.kind && one.target === edit.target) === at,
  );
}
