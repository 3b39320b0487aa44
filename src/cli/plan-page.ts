import path from 'node:path';
import {
  type Edit,
  type FileEdit,
  type FileState,
  isSameContent,
} from '../integrations/integration.ts';
import type { PlannedRun } from '../integrations/package-managers.ts';
import { isInside } from '../paths.ts';
import { visibleName } from '../session/clean-text.ts';
import { shellQuote } from '../session/shell-quote.ts';
import { bad, blank, caution, faint, good, type Line, strong } from './document.ts';

/** What a command is going to do, before it does it. */
export interface Planned {
  /** Paths are shown relative to it. */
  readonly topLevel: string;
  /** Programs that are run first. */
  readonly runs: readonly PlannedRun[];
  readonly edits: readonly Edit[];
}

/** One line for each edit: what becomes of what, whether git tracks it, what for. */
export function planLines(plan: Planned): readonly Line[] {
  const rows = [...plan.runs.map(runRow), ...editRows(plan)];
  const width = Math.min(Math.max(0, ...rows.map(({ target }) => target.length)), widestTarget);
  return rows.map(({ verb, target, mark, about }): Line => {
    const marked = mark === undefined ? [] : [caution(`${mark}  `)];
    return [
      '  ',
      strong(verb.padEnd(verbWidth)),
      target.padEnd(width),
      '  ',
      ...marked,
      faint(about),
    ];
  });
}

const widestTarget = 44;
const verbWidth = 'replace '.length;

interface Row {
  readonly verb: string;
  readonly target: string;
  readonly mark: string | undefined;
  readonly about: string;
}

function runRow({ call, changes, about }: PlannedRun): Row {
  const mark = changes === undefined ? undefined : `changes ${changes}`;
  return {
    verb: 'run',
    target: [call.program, ...call.args].map(shellQuote).join(' '),
    mark,
    about,
  };
}

function editRows({ edits, topLevel }: Planned): readonly Row[] {
  return edits.map((edit): Row => {
    const { about } = edit;
    if (edit.kind === 'config') {
      const verb = edit.after.length === 0 ? 'unset' : 'set';
      return { verb, target: visibleName(edit.target), mark: undefined, about };
    }
    const origin = originOf(edit, edits);
    const target = shownPath(edit.target, topLevel);
    const mark = edit.tracked ? 'tracked by git' : undefined;
    if (origin === undefined) return { verb: verbFor(edit), target, mark, about };
    return { verb: 'rename', target: `${shownPath(origin, topLevel)} -> ${target}`, mark, about };
  });
}

function verbFor({ before, after }: FileEdit): string {
  if (after === undefined) return 'delete';
  if (before === undefined) return 'create';
  return before.kind === after.kind ? 'change' : 'replace';
}

/** Where a new file's content comes from, when another edit takes that very content away. */
function originOf({ before, after }: FileEdit, edits: readonly Edit[]): string | undefined {
  if (before !== undefined || after === undefined) return undefined;
  return edits.find(
    (other) =>
      other.kind === 'file' &&
      isSameContent(other.before, after) &&
      !isSameContent(other.after, after),
  )?.target;
}

/** A path below the top level relative to it, any other as it is. */
function shownPath(file: string, topLevel: string): string {
  return visibleName(isInside(topLevel, file) ? path.relative(topLevel, file) : file);
}

/** All that would be written: the lines taken out and put in, and the values of configuration. */
export function listingLines(plan: Planned): readonly Line[] {
  const listings = plan.edits.map((edit) => [
    blank,
    ...(edit.kind === 'config' ? configListing(edit) : fileListing(edit, plan.topLevel)),
  ]);
  return listings.flat();
}

function configListing({ target, before, after }: Extract<Edit, { kind: 'config' }>): Line[] {
  return [
    [strong(`git config ${visibleName(target)}`)],
    ...before.filter((value) => !after.includes(value)).map(removed),
    ...after.filter((value) => !before.includes(value)).map(added),
  ];
}

function fileListing(edit: FileEdit, topLevel: string): Line[] {
  const { before, after } = edit;
  const mark = edit.tracked ? [caution('  tracked by git')] : [];
  const head: Line = [
    strong(`${verbFor(edit)} ${shownPath(edit.target, topLevel)}`),
    faint(modesOf(before, after)),
    ...mark,
  ];
  return [head, ...contentListing(before, after)];
}

function modesOf(before: FileState, after: FileState): string {
  const [then, now] = [modeOf(before), modeOf(after)];
  if (then === now || now === undefined) return '';
  return then === undefined ? `  mode ${now}` : `  mode ${then} -> ${now}`;
}

function modeOf(state: FileState): string | undefined {
  return state?.kind === 'file' ? state.mode.toString(8).padStart(4, '0') : undefined;
}

function contentListing(before: FileState, after: FileState): readonly Line[] {
  const [then, now] = [textOf(before), textOf(after)];
  if (then === undefined || now === undefined) return [['  binary: ', sizeOf(before, after)]];
  return differenceOf(linesOf(then), linesOf(now));
}

/** Undefined for what is not text. */
function textOf(state: FileState): string | undefined {
  if (state === undefined) return '';
  if (state.kind === 'link') return `link to ${state.target}`;
  const isText = state.content.equals(Buffer.from(state.content.toString('utf8')));
  return isText && !state.content.includes(0) ? state.content.toString('utf8') : undefined;
}

function sizeOf(before: FileState, after: FileState): string {
  const bytes = (state: FileState) => (state?.kind === 'file' ? state.content.length : 0);
  return `${bytes(before)} -> ${bytes(after)} bytes`;
}

function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  const parts = text.split('\n');
  const last = parts.pop() ?? '';
  return last === '' ? parts : [...parts, `${last}   (no line end)`];
}

/** What is between the first and the last line that differ. */
function differenceOf(before: readonly string[], after: readonly string[]): readonly Line[] {
  const shortest = Math.min(before.length, after.length);
  let start = 0;
  while (start < shortest && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shortest - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const place: readonly Line[] = before.length === 0 ? [] : [[faint(`  from line ${start + 1}`)]];
  return [
    ...place,
    ...before.slice(start, before.length - end).map(removed),
    ...after.slice(start, after.length - end).map(added),
  ];
}

function removed(line: string): Line {
  return [{ ...bad(`- ${line}`), hasTabs: true }];
}

function added(line: string): Line {
  return [{ ...good(`+ ${line}`), hasTabs: true }];
}

/** Edits as `--json` gives them: a file's content as text, or in Base64 where it is none. */
export function editsAsJson(edits: readonly Edit[]): readonly unknown[] {
  return edits.map((edit) => {
    const { kind, target, tracked, about } = edit;
    if (edit.kind === 'config') {
      return { kind, target, tracked, before: edit.before, after: edit.after, about };
    }
    return { kind, target, tracked, before: asJson(edit.before), after: asJson(edit.after), about };
  });
}

function asJson(state: FileState): unknown {
  if (state === undefined) return null;
  if (state.kind === 'link') return { kind: 'link', target: state.target };
  const mode = modeOf(state);
  const text = textOf(state);
  return text === undefined
    ? { kind: 'file', content_base64: state.content.toString('base64'), mode }
    : { kind: 'file', content: text, mode };
}
