import { Buffer } from 'node:buffer';
import path from 'node:path';
import { Failure } from '../../errors.ts';
import type { EditPlan, FileEdit, FileState, HookSurroundings } from '../integration.ts';

/** Where a `.gitignore` is looked at, and whether git tracks it. */
type Place = Pick<HookSurroundings, 'topLevel' | 'read' | 'isTracked'>;

/** What is ignored, and whether the file says so already; git has been asked. */
export interface IgnoreWish {
  /** The line as it is to stand there (gitignore(5)). */
  readonly rule: string;
  readonly isIgnoredAlready: boolean;
}

/**
 * The line that has git ignore sessions for the whole team, at the end of the root `.gitignore`. A
 * courtesy: what this repository relies on is `info/exclude` and the directory's own `.gitignore`.
 */
export function addIgnoreRule(place: Place, wish: IgnoreWish): EditPlan {
  if (wish.isIgnoredAlready) return nothing;
  const target = path.join(place.topLevel, '.gitignore');
  const found = readFile(place, target);
  if (found.kind === 'unusable') return { edits: [], notes: [skipped(found.reason, wish.rule)] };
  const before = found.state;
  const content = before?.content ?? Buffer.alloc(0);
  const edit: FileEdit = {
    kind: 'file',
    target,
    tracked: place.isTracked(target),
    before,
    after: {
      kind: 'file',
      content: withLine(content, wish.rule),
      mode: before?.mode ?? newFileMode,
    },
    about: 'has git ignore sessions for everybody who works on the repository',
  };
  return { edits: [edit], notes: [] };
}

/**
 * Takes that line out again, and nothing else; for when the file is no longer what `init` left, which
 * would be put back as it was before.
 */
export function removeIgnoreRule(place: Place, rule: string): readonly FileEdit[] {
  const target = path.join(place.topLevel, '.gitignore');
  const found = readFile(place, target);
  if (found.kind === 'unusable' || found.state === undefined) return [];
  const before = found.state;
  const content = withoutLine(before.content, rule);
  if (content.equals(before.content)) return [];
  const tracked = place.isTracked(target);
  // Nobody else has written anything into it.
  const isOurs = content.length === 0 && !tracked;
  const after: FileState = isOurs ? undefined : { ...before, content };
  const about = 'takes out the line for the sessions';
  return [{ kind: 'file', target, tracked, before, after, about }];
}

const nothing: EditPlan = { edits: [], notes: [] };

const newFileMode = 0o644;

function skipped(reason: string, rule: string): string {
  return `.gitignore ${reason}, and is left alone. To have the whole team ignore sessions, add to it: ${rule}`;
}

type IgnoreFile =
  | { readonly kind: 'usable'; readonly state: Extract<FileState, { kind: 'file' }> | undefined }
  /** `reason` completes the sentence ".gitignore …". */
  | { readonly kind: 'unusable'; readonly reason: string };

function readFile(place: Place, target: string): IgnoreFile {
  let state: FileState;
  try {
    state = place.read(target);
  } catch (error) {
    if (error instanceof Failure) return { kind: 'unusable', reason: 'cannot be read' };
    throw error;
  }
  // git itself does not read a linked .gitignore (gitignore(5)).
  if (state?.kind === 'link') return { kind: 'unusable', reason: 'is a symbolic link' };
  if (state?.content.includes(0) === true) return { kind: 'unusable', reason: 'is not plain text' };
  return { kind: 'usable', state };
}

/** With the line at the end, which it ends as the file ends its lines; git takes CRLF, too. */
function withLine(content: Buffer, line: string): Buffer {
  const end = content.includes('\r\n') ? '\r\n' : '\n';
  const isEnded = content.length === 0 || content.at(-1) === lineFeed;
  return Buffer.concat([content, Buffer.from(`${isEnded ? '' : end}${line}${end}`)]);
}

const lineFeed = 0x0a;

/** Bytes, since a pattern may be in any encoding. */
function withoutLine(content: Buffer, line: string): Buffer {
  const lines = content.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const kept = lines.filter((one) => one.replace(/\r?\n$/, '') !== line);
  return Buffer.from(kept.join(''), 'latin1');
}
