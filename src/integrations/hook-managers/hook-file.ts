import type { Buffer } from 'node:buffer';
import path from 'node:path';
import { fail } from '../../errors.ts';
import type { HookEvent } from '../../hooks/events.ts';
import type { FileEdit, FileState, HookSurroundings } from '../integration.ts';
import { findBlock, insertBlock, removeBlock } from '../managed-block.ts';
import { follow } from './follow-links.ts';

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
 * @returns undefined when it is there, or the line that people add by hand, also behind links
 * @throws Failure `cannot-edit` when it is not a file of its own, or our block in it was edited;
 *   `hooks-unavailable` when it is no shell script
 */
export function blockEdit(surroundings: HookSurroundings, hook: HookFile): FileEdit | undefined {
  const { file, event, about } = hook;
  const behind = follow(surroundings, file);
  if (behind !== undefined && isByHand(event, behind.content)) return undefined;
  const before = surroundings.read(file);
  if (before?.kind === 'link') throw cannotEdit(hook, 'it is a symbolic link.');
  const found = before === undefined ? undefined : findBlock(before.content);
  if (found?.kind === 'edited') {
    throw cannotEdit(hook, 'our lines there were edited.', found.line);
  }
  const content = insertBlock(before?.content, event);
  if (content === undefined) throw noShellScript(file);
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
  return { kind: 'file', target: file, tracked, before, after, about: aboutRemoval(after) };
}

/** One line for people: what a hook file of ours is for. */
export function aboutHook(event: HookEvent): string {
  return event === 'post-checkout' ? 'offers what was paused' : 'keeps sessions uncommitted';
}

/** One line for people: what becomes of a hook file that is rid of ours. */
export function aboutRemoval(after: FileState): string {
  return after === undefined ? 'takes out our hook' : 'takes out our lines';
}

/** What to do about tracked files that were changed. `files`: as they are shown. */
export function trackedNote(files: readonly string[]): string {
  return `${files.join(', ')}: tracked by git, so the change shows up in 'git status'. It names no path of this machine, and does nothing where mpm-session is not set up: it can be committed.`;
}

/** Where tracked hook files are what git runs, a branch brings its own. */
export function branchNotes(edits: readonly FileEdit[]): readonly string[] {
  const isTracked = (...events: readonly HookEvent[]) =>
    edits.some(
      ({ tracked, target }) => tracked && events.some((one) => path.basename(target) === one),
    );
  const [atCommit, atPush] = [isTracked('pre-commit', 'pre-merge-commit'), isTracked('pre-push')];
  if (!atCommit && !atPush) return [];
  const what = [...(atCommit ? ['commits'] : []), ...(atPush ? ['pushes'] : [])].join(' and ');
  const still = atCommit && !atPush ? '; pushes still are' : '';
  return [
    `On branches that do not have this change yet, ${what} are not guarded until it is merged into them${still}.`,
  ];
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
    return `${vault}; test ! -f "$mpm_vault/post-checkout" || (set -- ${args}; . "$mpm_vault/post-checkout") 3>&2 2>/dev/null || :`;
  }
  return `${vault}; test ! -f "$mpm_vault/guard" || /bin/sh "$mpm_vault/guard" ${event} ${args} || test "$?" != 1 || exit 1`;
}

/** Whether somebody has added that line. */
export function isByHand(event: HookEvent, content: Buffer): boolean {
  return content.includes(byHand(event));
}

function cannotEdit({ file, event }: HookFile, problem: string, line?: number) {
  return fail('cannot-edit', { file, line, problem, add: byHand(event) });
}

/** No line of ours can be added to it, by hand either. */
function noShellScript(file: string) {
  return fail('hooks-unavailable', {
    reason: `${file} is no shell script.`,
    advice: `Rename it, have a shell script called ${path.basename(file)} run it, then run the command again.`,
  });
}
