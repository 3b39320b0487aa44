import path from 'node:path';
import { fail } from '../../errors.ts';
import { blockEnd, blockStart } from '../../hooks/blocks.ts';
import { type HookEvent, hookEvents } from '../../hooks/events.ts';
import { isInside } from '../../paths.ts';
import type {
  EditPlan,
  FileEdit,
  FileState,
  HookManager,
  HookSurroundings,
} from '../integration.ts';
import {
  findBlock,
  hasCarriageReturnInShebang,
  insertBlock,
  isShellScript,
  removeBlock,
} from '../managed-block.ts';
import { follow } from './follow-links.ts';
import { aboutHook, aboutRemoval, branchNotes, byHand, isByHand } from './hook-file.ts';
import { assertOwnHooksDirectory, assertWritableHooks, isOwnHooksDirectory } from './hooks-path.ts';
import { type AsideWay, asidePath, nameLink, wayFor, wrapper, wrapperWay } from './put-aside.ts';

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
): FileEditPlan {
  const missing = events.filter((event) => !isAddedByHand(surroundings, event));
  if (missing.length === 0) return { edits: [], notes: [] };
  assertOwnHooksDirectory(surroundings);
  const plans = missing.map((event) => installed({ surroundings, event }));
  const edits = plans.flatMap((plan) => plan.edits);
  if (edits.length > 0) assertWritableHooks(surroundings);
  const notes = edits.length > 0 ? [...notesOn(surroundings), ...branchNotes(edits)] : [];
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

/** Whether a hook runs ours because somebody has put the line there, which is theirs to take out. */
export function isAddedByHand(surroundings: HookSurroundings, event: HookEvent): boolean {
  const file = fileOf({ surroundings, event });
  const content = follow(surroundings, file)?.content;
  return content !== undefined && isByHand(event, content);
}

/** As {@link EditPlan}, of files alone. */
type FileEditPlan = EditPlan & { readonly edits: readonly FileEdit[] };

function installed(hook: Hook): FileEditPlan {
  const before = hook.surroundings.read(fileOf(hook));
  if (before === undefined) return { edits: [own(hook, before)], notes: [] };
  if (before.kind === 'link') return chained(hook, before);
  refuseEdited(hook, before.content);
  const way = wrapperWay(hook.event, before.content);
  if (way !== undefined) return { edits: renewedWrapper(hook, before, way), notes: [] };
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

function withBlock(hook: Hook, before: File): FileEditPlan {
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
function chained(hook: Hook, state: File | Link): FileEditPlan {
  const { surroundings, event } = hook;
  const file = fileOf(hook);
  const way = wayFor({ surroundings, event, state, isRun: state.kind === 'link' || isRun(state) });
  if (way === undefined) {
    throw fail('hooks-unavailable', {
      reason: `${file} has to be put aside, and looks both at its name and at its directory.`,
      advice: `Have a shell script there run it, then run the command again; or add to it: ${byHand(event)}`,
    });
  }
  const aside = asidePath(surroundings, event);
  const link = nameLink(surroundings, event);
  const places = way.kind === 'name' ? [aside, link.file] : [aside];
  const taken = places.find((place) => surroundings.read(place) !== undefined);
  if (taken !== undefined) {
    throw fail('hooks-unavailable', {
      reason: `${file} is no shell script and has to be put aside, and ${taken} is there already.`,
      advice: 'Move one of them away, then run the command again.',
    });
  }
  const before = surroundings.read(file);
  const content = wrapper(event, way);
  return {
    edits: [
      edit(hook, { file: aside, before: undefined, after: state }),
      ...(way.kind === 'name'
        ? [edit(hook, { file: link.file, before: undefined, after: link.state })]
        : []),
      edit(hook, { file, before, after: { kind: 'file', content, mode: hookMode } }),
    ],
    notes: [`${file} becomes ${aside}, which is run as it was.`],
  };
}

function renewedWrapper(hook: Hook, before: File, way: AsideWay): readonly FileEdit[] {
  const after = { kind: 'file', content: wrapper(hook.event, way), mode: hookMode } as const;
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
  if (wrapperWay(hook.event, before.content) !== undefined) return unchained(hook, before);
  const content = removeBlock(before.content);
  if (content !== 'empty' && content.equals(before.content)) return [];
  const after = content === 'empty' ? undefined : { ...before, content };
  return [edit(hook, { file, before, after, about: aboutRemoval(after) })];
}

function unchained(hook: Hook, before: File): readonly FileEdit[] {
  const { surroundings, event } = hook;
  const aside = asidePath(surroundings, event);
  const link = nameLink(surroundings, event);
  const [found, named] = [surroundings.read(aside), surroundings.read(link.file)];
  const isOurs = named?.kind === 'link' && named.target === link.state.target;
  return [
    edit(hook, { file: fileOf(hook), before, after: found, about: backAgain }),
    ...(isOurs
      ? [edit(hook, { file: link.file, before: named, after: undefined, about: backAgain })]
      : []),
    ...(found === undefined
      ? []
      : [edit(hook, { file: aside, before: found, after: undefined, about: backAgain })]),
  ];
}

const backAgain = 'puts the hook back that was there before';

function fileOf({ surroundings, event }: Hook): string {
  return path.join(surroundings.hooksDirectory, event);
}

function edit(
  { surroundings, event }: Hook,
  change: { file: string; before: FileState; after: FileState; about?: string },
): FileEdit {
  const { file, before, after, about = aboutHook(event) } = change;
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
