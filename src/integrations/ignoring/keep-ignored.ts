import path from 'node:path';
import {
  ignorePattern,
  isUnignored,
  ownIgnore,
  type SessionsDirectory,
} from '../../store/directory.ts';
import type { FileEdit, HookSurroundings } from '../integration.ts';
import { excludeEdit, withExcludeLines, withoutExcludeLines } from './exclude-lines.ts';

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
  const edit = excludeEdit(surroundings, {
    change: withLine,
    about: 'has git ignore the sessions on every branch, here only',
  });
  return edit === undefined ? [] : [edit];
}

/** The line taken out again. */
export function planExposing(surroundings: HookSurroundings): readonly FileEdit[] {
  const edit = excludeEdit(surroundings, {
    change: (content) => withoutExcludeLines(content, [ignorePattern]),
    about: 'takes out the line for the sessions',
  });
  return edit === undefined ? [] : [edit];
}

function ignoringItself(
  { isTracked, read }: HookSurroundings,
  directory: SessionsDirectory,
): readonly FileEdit[] {
  if (!isUnignored(directory)) return [];
  const target = path.join(directory.path, ownIgnore.name);
  return [
    {
      kind: 'file',
      target,
      tracked: isTracked(target),
      before: read(target),
      after: { kind: 'file', content: Buffer.from(ownIgnore.content), mode: 0o600 },
      about: 'has the sessions directory ignore itself',
    },
  ];
}

/** An edit of `info/exclude` that leaves our line there, whatever else it takes out. */
export function keepingExcluded(edit: FileEdit): FileEdit {
  const { before, after } = edit;
  const held = before?.kind === 'file' && withLine(before.content).equals(before.content);
  if (!held || after?.kind === 'link') return edit;
  const content = withLine(after?.content ?? Buffer.alloc(0));
  return { ...edit, after: { kind: 'file', content, mode: after?.mode ?? before.mode } };
}

function withLine(content: Buffer): Buffer {
  return withExcludeLines(content, [ignorePattern]);
}
