import path from 'node:path';
import * as v from 'valibot';
import { readRegularFile } from '../../store/read-files.ts';
import { hookFiles, type Vault } from '../../store/vault.ts';
import {
  type Edit,
  type EditPlan,
  type FileState,
  type HookSurroundings,
  isSameContent,
} from '../integration.ts';
import { findBlock, removeBlock } from '../managed-block.ts';
import {
  type AppliedEdit,
  editFrom,
  editSchema,
  keptEdit,
  keptPath,
  pathFrom,
  seal,
  unseal,
} from './sealed-json.ts';

/** What `init` has done here, so that `uninstall` can take it back. */
export interface Manifest {
  /** Of the first `init`. */
  readonly installedAt: Date;
  /** In the order they were made; more than one of a target that was edited in between. */
  readonly applied: readonly AppliedEdit[];
  /** Directories that were made for files; absolute, outer ones first. */
  readonly directories: readonly string[];
}

export type ManifestRead =
  | { readonly kind: 'absent' }
  | { readonly kind: 'read'; readonly manifest: Manifest }
  /** `problem` completes the sentence "it …". Nothing of it is to be believed. */
  | { readonly kind: 'damaged'; readonly problem: string };

const schema = v.object({
  schema_version: v.literal(1),
  installed_at: v.pipe(v.string(), v.isoTimestamp()),
  applied: v.array(editSchema),
  directories: v.array(v.string()),
});

/** It holds the contents of hooks, which may be programs. */
export const largestJournal = 512 * 1024 * 1024;

/** Reads `installed.json`. Never throws: what cannot be believed is an answer. */
export function readManifest(vault: Vault): ManifestRead {
  const read = readRegularFile(path.join(vault.directory, hookFiles.installed), largestJournal);
  if (read.kind === 'absent') return { kind: 'absent' };
  if (read.kind === 'refused') return { kind: 'damaged', problem: read.reason };
  const value = unseal(read.content.toString('utf8'));
  if (value === undefined) return { kind: 'damaged', problem: 'is not as it was written' };
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) return { kind: 'damaged', problem: 'is of another version' };
  const { installed_at, applied, directories } = parsed.output;
  const commonDir = path.dirname(vault.directory);
  return {
    kind: 'read',
    manifest: {
      installedAt: new Date(installed_at),
      applied: applied.map((edit) => editFrom(edit, commonDir)),
      directories: directories.map((each) => pathFrom(each, commonDir)),
    },
  };
}

/** The text of `installed.json`. */
export function manifestText(manifest: Manifest, vault: Vault): string {
  const commonDir = path.dirname(vault.directory);
  return seal({
    schema_version: 1,
    installed_at: manifest.installedAt.toISOString(),
    applied: manifest.applied.map((edit) => keptEdit(edit, commonDir)),
    directories: manifest.directories.map((each) => keptPath(each, commonDir)),
  });
}

/** What more has been done; a target that was left as it was keeps what was there at first. */
export function addToManifest(
  known: Manifest | undefined,
  done: Pick<Manifest, 'applied' | 'directories'> & { readonly at: Date },
): Manifest {
  const applied = done.applied.reduce(withEdit, known?.applied ?? []);
  const directories = [...new Set([...(known?.directories ?? []), ...done.directories])];
  return { installedAt: known?.installedAt ?? done.at, applied, directories };
}

function withEdit(applied: readonly AppliedEdit[], edit: AppliedEdit): readonly AppliedEdit[] {
  const at = applied.findLastIndex((one) => isSameTarget(one, edit));
  const last = applied[at];
  const joined = last === undefined ? undefined : joinedEdit(last, edit);
  if (joined === undefined) return [...applied, edit];
  const others = applied.filter((_, index) => index !== at);
  return isChange(joined) ? [...others, joined] : others;
}

/** Both as one, when nothing happened in between. */
function joinedEdit(first: AppliedEdit, next: AppliedEdit): AppliedEdit | undefined {
  if (first.kind === 'file' && next.kind === 'file' && isSameState(first.after, next.before)) {
    return { ...next, before: first.before };
  }
  if (first.kind === 'config' && next.kind === 'config' && isSame(first.after, next.before)) {
    return { ...next, before: first.before };
  }
  return undefined;
}

/** Whether an edit changes anything. */
export function isChange(edit: AppliedEdit): boolean {
  return edit.kind === 'file'
    ? !isSameState(edit.before, edit.after)
    : !isSame(edit.before, edit.after);
}

export function isSameState(one: FileState, other: FileState): boolean {
  if (one === undefined || other === undefined) return one === other;
  if (!isSameContent(one, other)) return false;
  return one.kind === 'link' || other.kind === 'link' || !hasModes || one.mode === other.mode;
}

/** Windows has no permission bits to keep. */
const hasModes = path.sep === '/';

export function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((value, at) => value === other[at]);
}

function isSameTarget(one: AppliedEdit, other: AppliedEdit): boolean {
  return one.kind === other.kind && one.target === other.target;
}

/**
 * What `uninstall` is to do. A target that is as we left it becomes what it was before, to the byte;
 * one that was edited since only loses what is ours in it, as `takenOut` says.
 *
 * @param manifest undefined when it is lost; then `takenOut` is all that is known
 * @param takenOut the edits that take out what is found of ours now, by those who know each kind
 */
export function reverseEdits(
  manifest: Manifest | undefined,
  now: HookSurroundings,
  takenOut: readonly Edit[],
): EditPlan {
  const applied = manifest?.applied ?? [];
  const targets = applied
    .toReversed()
    .filter((edit, at, all) => all.findIndex((one) => isSameTarget(one, edit)) === at);
  const single = targets.map((edit) => {
    const history = applied.filter((one) => isSameTarget(one, edit));
    const known = takenOut.find((one) => isSameTarget(one, edit));
    return edit.kind === 'config'
      ? reversedKey(history, { now, known, key: edit.target })
      : reversedFile(history, { now, known, file: edit.target });
  });
  const reversals = single.map((one) => asEditedAside(one, single));
  const kept = reversals.filter((one) => isOnlyCopy(one, reversals));
  const others = takenOut.filter((edit) => !targets.some((one) => isSameTarget(one, edit)));
  return {
    edits: [
      ...reversals.filter((one) => !kept.includes(one)).map(({ edit }) => edit),
      ...others.filter(({ target }) => !kept.some(({ edit }) => edit.target === target)),
    ].filter(isChange),
    notes: kept.map(
      ({ edit }) => `${edit.target} is kept: what had its place before has been replaced since.`,
    ),
  };
}

interface Reversal {
  readonly edit: Edit;
  /** Whether it is as it was before the first edit. */
  readonly isWhole: boolean;
  /** What it was then. */
  readonly first: FileState;
  /** What our last edit left. */
  readonly made: FileState;
  /** What takes out what is ours in it now. */
  readonly known: Edit | undefined;
}

/** One line for people. */
function aboutReversal(isWhole: boolean, after: FileState | readonly string[]): string {
  if (!isWhole) return 'takes out what is ours';
  const isGone = after === undefined || (Array.isArray(after) && after.length === 0);
  return isGone
    ? "takes away what 'mpm-session init' made"
    : "puts back what was there before 'mpm-session init'";
}

function reversedFile(
  history: readonly AppliedEdit[],
  context: { now: HookSurroundings; known: Edit | undefined; file: string },
): Reversal {
  const { now, known, file } = context;
  const before = now.read(file);
  let state = before;
  let isWhole = true;
  for (const edit of history.toReversed()) {
    if (edit.kind !== 'file') continue;
    isWhole = isSameContent(state, edit.after);
    if (!isWhole) break;
    state = withModeOf(edit, state);
  }
  const isUntouched = state === before;
  const after = isUntouched && known?.kind === 'file' ? known.after : withoutBlock(state);
  const about = aboutReversal(isWhole, after);
  const first = history[0];
  const last = history.at(-1);
  return {
    edit: { kind: 'file', target: file, tracked: now.isTracked(file), before, after, about },
    isWhole,
    first: first?.kind === 'file' ? first.before : undefined,
    made: last?.kind === 'file' ? last.after : undefined,
    known,
  };
}

/** What was before an edit, with the permissions of now where they were changed since. */
function withModeOf(edit: AppliedEdit & { kind: 'file' }, now: FileState): FileState {
  const { before, after } = edit;
  if (before?.kind !== 'file' || after?.kind !== 'file' || now?.kind !== 'file') return before;
  return now.mode === after.mode ? before : { ...before, mode: now.mode };
}

/** What was before may hold an older block, when the manifest of that time was lost. */
function withoutBlock(state: FileState): FileState {
  if (state?.kind !== 'file') return state;
  const { kind } = findBlock(state.content);
  if (kind !== 'ours' && kind !== 'several') return state;
  const content = removeBlock(state.content);
  return content === 'empty' ? undefined : { ...state, content };
}

function reversedKey(
  history: readonly AppliedEdit[],
  context: { now: HookSurroundings; known: Edit | undefined; key: string },
): Reversal {
  const { now, known, key } = context;
  const before = now.configured(key);
  let values = before;
  let isWhole = true;
  for (const edit of history.toReversed()) {
    if (edit.kind !== 'config') continue;
    isWhole = isSame(values, edit.after);
    values = isWhole ? edit.before : values.filter((value) => !addedBy(edit).includes(value));
    if (!isWhole) break;
  }
  const after = !isWhole && known?.kind === 'config' ? known.after : values;
  const about = aboutReversal(isWhole, after);
  return {
    edit: { kind: 'config', target: key, tracked: false, before, after, about },
    isWhole,
    first: undefined,
    made: undefined,
    known,
  };
}

function addedBy(edit: AppliedEdit & { kind: 'config' }): readonly string[] {
  return edit.after.filter((value) => !edit.before.includes(value));
}

/** A hook that was edited where it was put aside comes back as it is now. */
function asEditedAside(one: Reversal, all: readonly Reversal[]): Reversal {
  const { edit, first, known } = one;
  if (edit.kind !== 'file' || known?.kind !== 'file' || first === undefined) return one;
  const isEdited = all.some(
    (aside) =>
      aside.edit.kind === 'file' &&
      aside.first === undefined &&
      isSameContent(aside.made, first) &&
      !isSameState(aside.edit.before, aside.made),
  );
  return isEdited ? { ...one, edit: { ...edit, after: known.after } } : one;
}

/** A hook that was put aside is not deleted unless it is back in its place. */
function isOnlyCopy(one: Reversal, all: readonly Reversal[]): boolean {
  const { edit } = one;
  if (edit.kind !== 'file' || edit.after !== undefined || edit.before === undefined) return false;
  return all.some(({ first, isWhole }) => !isWhole && isSameContent(edit.before, first));
}
