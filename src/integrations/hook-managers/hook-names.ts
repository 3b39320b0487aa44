import path from 'node:path';
import { type Failure, fail } from '../../errors.ts';
import type { HookSurroundings } from '../integration.ts';

/** Hooks that a developer's git runs (githooks(5)), by which a manager may show itself. */
export const hookNames = [
  'applypatch-msg',
  'commit-msg',
  'post-applypatch',
  'post-checkout',
  'post-commit',
  'post-merge',
  'post-rewrite',
  'pre-applypatch',
  'pre-auto-gc',
  'pre-commit',
  'pre-merge-commit',
  'pre-push',
  'pre-rebase',
  'prepare-commit-msg',
] as const;

/** Whether a hook file that git would run holds some text: what a manager writes into all of its own. */
export function hasHookWith(surroundings: HookSurroundings, text: string): boolean {
  return hookNames.some((name) => {
    const found = surroundings.read(path.join(surroundings.hooksDirectory, name));
    return found?.kind === 'file' && found.content.includes(text);
  });
}

/** What is said when a manager is asked for by name that does not run hooks here. */
export function runsNoHooksHere(name: string, setUp: string): Failure {
  return fail('hooks-unavailable', {
    reason: `${name} runs none of git's hooks here.`,
    advice: `Set it up first (${setUp}), or leave out --hooks: what runs hooks is found by itself.`,
  });
}
