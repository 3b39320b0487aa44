import path from 'node:path';
import { fail } from '../../errors.ts';
import { blockEnd, blockStart } from '../../hooks/blocks.ts';
import {
  type FileEdit,
  type FileState,
  type HookEvent,
  type HookManager,
  type HookSurroundings,
  hookEvents,
  type Installation,
} from '../integration.ts';
import {
  findBlock,
  hasCarriageReturnInShebang,
  insertBlock,
  isShellScript,
  removeBlock,
} from '../managed-block.ts';
import { byHand } from './hook-file.ts';
import {
  assertOwnHooksDirectory,
  assertWritableHooks,
  isInside,
  isOwnHooksDirectory,
} from './hooks-path.ts';

/**
 * Plain hooks, where git looks for them (githooks(5)). In a shell script our block comes first, in
 * the user's own file. What is no shell script, is a link, or is not to run (without permission to)
 * is put aside, and a file of ours runs it as it was.
 */
export const hooksDirectory: HookManager = {
  name: 'hooks-directory',
  about: 'plain hooks',
  detect: () => true,
  install: (surroundings) => installHookFiles(surroundings, hookEvents),
  remove: (surroundings) => removeHookFiles(surroundings, hookEvents),
};

/**
 * Hook files for these events.
 *
 * @throws Failure `hooks-unavailable`, `cannot-edit`
 */
export function installHookFiles(
  surroundings: HookSurroundings,
  events: readonly HookEvent[],
): Installation {
  if (events.length === 0) return { edits: [], notes: [] };
  assertOwnHooksDirectory(surroundings);
  const plans = events.map((event) => installed({ surroundings, event }));
  const edits = plans.flatMap((plan) => plan.edits);
  if (edits.length > 0) assertWritableHooks(surroundings);
  const notes = edits.length > 0 ? notesOn(surroundings) : [];
  return { edits, notes: [...plans.flatMap((plan) => plan.notes), ...notes] };
}

/** What takes ours out of the hook files of these events, and puts back what was put aside. */
export function removeHookFiles(
  surroundings: HookSurroundings,
  events: readonly HookEvent[] = hookEvents,
): readonly FileEdit[] {
  if (!isOwnHooksDirectory(surroundings)) return [];
  return events.flatMap((event) => removed({ surroundings, event }));
}

interface Hook {
  readonly surroundings: HookSurroundings;
  readonly event: HookEvent;
}

function installed(hook: Hook): Installation {
  const before = hook.surroundings.read(fileOf(hook));
  if (before === undefined) return { edits: [own(hook, before)], notes: [] };
  if (before.kind === 'link') return chained(hook, before);
  refuseEdited(hook, before.content);
  if (isWrapper(hook.event, before.content))
    return { edits: renewedWrapper(hook, before), notes: [] };
  if (isRun(before) && isShellScript(before.content)) return withBlock(hook, before);
  const plain = removeBlock(before.content);
  if (plain === 'empty') return { edits: [own(hook, before)], notes: [] };
  return chained(hook, { ...before, content: plain });
}

type File = FileState & { readonly kind: 'file' };
type Link = FileState & { readonly kind: 'link' };

function own(hook: Hook, before: FileState): FileEdit {
  const content = insertBlock(undefined, hook.event) ?? Buffer.alloc(0);
  return edit(hook, {
    file: fileOf(hook),
    before,
    after: { kind: 'file', content, mode: hookMode },
  });
}

const hookMode = 0o755;

function withBlock(hook: Hook, before: File): Installation {
  const content = insertBlock(before.content, hook.event) ?? before.content;
  const dead = hasCarriageReturnInShebang(before.content) ? [carriageReturn(hook)] : [];
  if (content.equals(before.content)) return { edits: [], notes: dead };
  const change = edit(hook, { file: fileOf(hook), before, after: { ...before, content } });
  return { edits: [change], notes: [...dead, ...notesOnLfs(hook, before.content)] };
}

function carriageReturn(hook: Hook): string {
  return `${fileOf(hook)} ends its first line with a carriage return, so that git cannot run it on this system: give it plain line ends.`;
}

/** git-lfs compares its files with what it would write. */
function notesOnLfs(hook: Hook, content: Buffer): readonly string[] {
  if (!content.includes(`git lfs ${hook.event}`)) return [];
  return [
    `${fileOf(hook)} is of git-lfs: 'git lfs install' and 'git lfs update' will stop with an error at it, and 'git lfs update --force' takes our block away; 'mpm-session init' brings it back.`,
  ];
}

function refuseEdited(hook: Hook, content: Buffer): void {
  const found = findBlock(content);
  if (found.kind !== 'edited') return;
  throw fail('cannot-edit', {
    file: fileOf(hook),
    line: found.line,
    problem: `what stands between '${firstWords(blockStart)}' and '${firstWords(blockEnd)}' was edited.`,
    add: byHand(hook.event),
  });
}

function firstWords(marker: string): string {
  return marker.slice(0, marker.indexOf('mpm-session') + 'mpm-session'.length);
}

/** The hook is put aside before ours takes its place: at no moment is there none. */
function chained(hook: Hook, before: File | Link): Installation {
  const aside = asideOf(hook);
  const found = hook.surroundings.read(aside);
  if (found !== undefined) {
    throw fail('hooks-unavailable', {
      reason: `${fileOf(hook)} is no shell script and has to be put aside, and ${aside} is there already.`,
      advice: 'Move one of them away, then run the command again. Nothing was changed.',
    });
  }
  const content = wrapper(hook.event);
  const file = fileOf(hook);
  const original = hook.surroundings.read(file);
  const moved =
    before.kind === 'link' ? { ...before, target: seenFromAside(before.target) } : before;
  return {
    edits: [
      edit(hook, { file: aside, before: undefined, after: moved }),
      edit(hook, { file, before: original, after: { kind: 'file', content, mode: hookMode } }),
    ],
    notes: [`${file} becomes ${aside}, which is run as it was.`],
  };
}

/** Its own name is kept, because hooks for several events look at what they are called by. */
const asideDirectory = 'mpm-chained';

function asideOf({ surroundings, event }: Hook): string {
  return path.join(surroundings.hooksDirectory, asideDirectory, event);
}

function seenFromAside(target: string): string {
  return path.isAbsolute(target) ? target : `../${target}`;
}

function seenFromHooks(target: string): string {
  return target.replace(/^\.\.\//, '');
}

/** As git does, it passes over a hook that may not be executed. */
function wrapper(event: HookEvent): Buffer {
  const content = insertBlock(Buffer.from(wrapperWithoutBlock(event)), event);
  if (content === undefined) throw new Error('the wrapper is no shell script');
  return content;
}

function wrapperWithoutBlock(event: HookEvent): string {
  return `#!/bin/sh
# The hook that was here before 'mpm-session init', unchanged; 'mpm-session uninstall' puts it back.
mpm_hook=./${asideDirectory}/${event}
case $0 in */*) mpm_hook=\${0%/*}/${asideDirectory}/${event} ;; esac
[ -x "$mpm_hook" ] || exit 0
exec "$mpm_hook" "$@"
`;
}

function isWrapper(event: HookEvent, content: Buffer): boolean {
  const plain = removeBlock(content);
  return plain !== 'empty' && plain.toString('latin1') === wrapperWithoutBlock(event);
}

function renewedWrapper(hook: Hook, before: File): readonly FileEdit[] {
  const after = { kind: 'file', content: wrapper(hook.event), mode: hookMode } as const;
  if (before.content.equals(after.content) && isRun(before)) return [];
  return [edit(hook, { file: fileOf(hook), before, after })];
}

/** Whether git runs it. Windows has no permission bits; there git looks at the content. */
function isRun({ mode }: File): boolean {
  return path.sep === '\\' || (mode & 0o111) !== 0;
}

function removed(hook: Hook): readonly FileEdit[] {
  const file = fileOf(hook);
  const before = hook.surroundings.read(file);
  if (before?.kind !== 'file') return [];
  if (isWrapper(hook.event, before.content)) return unchained(hook, before);
  const content = removeBlock(before.content);
  if (content === 'empty') return [edit(hook, { file, before, after: undefined })];
  if (content.equals(before.content)) return [];
  return [edit(hook, { file, before, after: { ...before, content } })];
}

function unchained(hook: Hook, before: File): readonly FileEdit[] {
  const aside = asideOf(hook);
  const found = hook.surroundings.read(aside);
  const restore = edit(hook, { file: fileOf(hook), before, after: inPlaceAgain(found) });
  if (found === undefined) return [restore];
  return [restore, edit(hook, { file: aside, before: found, after: undefined })];
}

function inPlaceAgain(found: FileState): FileState {
  return found?.kind === 'link' ? { ...found, target: seenFromHooks(found.target) } : found;
}

function fileOf({ surroundings, event }: Hook): string {
  return path.join(surroundings.hooksDirectory, event);
}

function edit(
  { surroundings, event }: Hook,
  change: { file: string; before: FileState; after: FileState },
): FileEdit {
  const { file, before, after } = change;
  const about = event === 'post-checkout' ? 'offers what was paused' : 'keeps sessions uncommitted';
  return {
    kind: 'file',
    target: file,
    tracked: surroundings.isTracked(file),
    before,
    after,
    about,
  };
}

function notesOn(surroundings: HookSurroundings): readonly string[] {
  const { hooksPath, hooksDirectory: directory } = surroundings;
  if (hooksPath === undefined) return [];
  const notes: string[] = [];
  if (isInside(surroundings.topLevel, directory) && !isInside(surroundings.commonDir, directory)) {
    notes.push(
      `${directory} is in the work tree: commit the hooks there for everyone, or list them in .git/info/exclude.`,
    );
  }
  const isOfOneTree = hooksPath.scope === 'worktree' || !path.isAbsolute(hooksPath.value);
  if (surroundings.hasLinkedWorktrees && isOfOneTree) {
    notes.push(
      "core.hooksPath leads to another directory in each work tree: run 'mpm-session init' in those where hooks are wanted.",
    );
  }
  return notes;
}
