import path from 'node:path';
import type { SessionsDirectory } from '../../store/directory.ts';
import { ignorePattern } from '../../store/directory.ts';
import { whatIsAt } from '../../store/read-files.ts';
import type { FileEdit, FileState, HookSurroundings } from '../integration.ts';
import { withExcludeLines, withoutExcludeLines } from './exclude-lines.ts';

/** What `init` puts into a sessions directory, as `pause` does when it makes one. */
const ignoreEverything = '*\n';

/**
 * What is missing for the sessions to be ignored on every branch: the line in `info/exclude`, and,
 * where the directory is there, its own `.gitignore`.
 */
export function planIgnoring(
  surroundings: HookSurroundings,
  directory: SessionsDirectory,
): readonly FileEdit[] {
  return [...excluding(surroundings), ...ignoringItself(surroundings, directory)];
}

function excluding(surroundings: HookSurroundings): readonly FileEdit[] {
  return excludeEdit(surroundings, {
    change: (content) => withExcludeLines(content, [ignorePattern]),
    about: 'has git ignore the sessions on every branch, here only',
  });
}

/** The line taken out again. */
export function planExposing(surroundings: HookSurroundings): readonly FileEdit[] {
  return excludeEdit(surroundings, {
    change: (content) => withoutExcludeLines(content, [ignorePattern]),
    about: 'takes out the line for the sessions',
  });
}

interface Change {
  readonly change: (content: Buffer) => Buffer;
  readonly about: string;
}

function excludeEdit(
  surroundings: HookSurroundings,
  { change, about }: Change,
): readonly FileEdit[] {
  const target = excludeFileIn(surroundings);
  const before = surroundings.read(target);
  // A link leads to a file that others may share; `pause` adds its line there.
  if (before?.kind === 'link') return [];
  const after = changed(before, change);
  if (after === before) return [];
  return [{ kind: 'file', target, tracked: false, before, after, about }];
}

function changed(
  before: Exclude<FileState, { kind: 'link' }>,
  change: Change['change'],
): FileState {
  const old = before?.content ?? Buffer.alloc(0);
  const content = change(old);
  if (content.equals(old)) return before;
  return { kind: 'file', content, mode: before?.mode ?? 0o644 };
}

export function excludeFileIn({ commonDir }: Pick<HookSurroundings, 'commonDir'>): string {
  return path.join(commonDir, 'info', 'exclude');
}

function ignoringItself(
  { isTracked, read }: HookSurroundings,
  directory: SessionsDirectory,
): readonly FileEdit[] {
  if (whatIsAt(directory.path) !== 'directory') return [];
  const target = path.join(directory.path, '.gitignore');
  if (whatIsAt(target) !== 'nothing') return [];
  return [
    {
      kind: 'file',
      target,
      tracked: isTracked(target),
      before: read(target),
      after: { kind: 'file', content: Buffer.from(ignoreEverything), mode: 0o600 },
      about: 'has the sessions directory ignore itself',
    },
  ];
}

/** An edit of `info/exclude` that leaves our line there, whatever else it takes out. */
export function keepingExcluded(edit: FileEdit): FileEdit {
  const { before, after } = edit;
  const held = before?.kind === 'file' && holds(before.content);
  if (!held || after?.kind === 'link') return edit;
  const kept = changed(after, (content) => withExcludeLines(content, [ignorePattern]));
  return { ...edit, after: kept };
}

function holds(content: Buffer): boolean {
  return withExcludeLines(content, [ignorePattern]).equals(content);
}
