import { fail } from '../../errors.ts';
import type { FileEdit, HookEvent, HookSurroundings } from '../integration.ts';
import { findBlock, insertBlock, removeBlock } from '../managed-block.ts';

export interface HookFile {
  readonly file: string;
  readonly event: HookEvent;
  /** Permission bits of the file where it is made. */
  readonly mode: number;
  readonly about: string;
}

/**
 * Our block in a hook file that a manager runs as a shell script.
 *
 * @returns undefined when it is there
 * @throws Failure `cannot-edit` when it is not a file of its own, no shell script, or our block in
 *   it was edited
 */
export function blockEdit(surroundings: HookSurroundings, hook: HookFile): FileEdit | undefined {
  const { file, event, about } = hook;
  const before = surroundings.read(file);
  if (before?.kind === 'link') throw cannotEdit(hook, 'it is a symbolic link.');
  const found = before === undefined ? undefined : findBlock(before.content);
  if (found?.kind === 'edited') {
    throw cannotEdit(hook, 'our lines there were edited.', found.line);
  }
  const content = insertBlock(before?.content, event);
  if (content === undefined) throw cannotEdit(hook, 'it is no shell script.');
  if (before?.content.equals(content)) return undefined;
  const after = { kind: 'file', content, mode: before?.mode ?? hook.mode } as const;
  return {
    kind: 'file',
    target: file,
    tracked: surroundings.isTracked(file),
    before,
    after,
    about,
  };
}

/** Our block taken out of a file; the file as well when nothing is left. Undefined: not in it. */
export function blockRemoval(surroundings: HookSurroundings, file: string): FileEdit | undefined {
  const before = surroundings.read(file);
  if (before?.kind !== 'file') return undefined;
  const content = removeBlock(before.content);
  if (content !== 'empty' && content.equals(before.content)) return undefined;
  const after = content === 'empty' ? undefined : { ...before, content };
  const tracked = surroundings.isTracked(file);
  return { kind: 'file', target: file, tracked, before, after, about: 'Takes out our lines' };
}

/**
 * What the block does as one line of sh, to be added by hand where hooks run by sh in the work tree's
 * top level. It starts git once each time, which the block does not.
 *
 * @param args what the hook was given, as words of the shell
 */
export function byHand(event: HookEvent, args = '"$@"'): string {
  const vault = 'mpm_vault=$(git rev-parse --git-common-dir)/mpm-session';
  if (event === 'post-checkout') {
    return `${vault}; test ! -f "$mpm_vault/post-checkout" || (set -- ${args}; . "$mpm_vault/post-checkout") || :`;
  }
  return `${vault}; test ! -f "$mpm_vault/guard" || /bin/sh "$mpm_vault/guard" ${event} ${args} || exit 1`;
}

function cannotEdit({ file, event }: HookFile, problem: string, line?: number) {
  return fail('cannot-edit', { file, line, problem, add: byHand(event) });
}
