import { Buffer } from 'node:buffer';
import path from 'node:path';
import type { FileEdit, HookSurroundings } from '../integration.ts';

/**
 * Keeps files that only this machine has out of `git status`: a line each in `info/exclude`
 * (gitignore(5)), which no branch brings or takes away.
 *
 * @param files absolute paths in the work tree
 * @returns undefined when nothing is missing
 */
export function excludeFiles(
  surroundings: HookSurroundings,
  files: readonly string[],
): FileEdit | undefined {
  const lines = files.map((file) => patternFor(surroundings, file));
  return excludeEdit(surroundings, {
    change: (content) => withExcludeLines(content, lines),
    about: `keeps out of git status what only you have: ${lines.join(', ')}`,
  });
}

/** Takes those lines out again. */
export function includeFiles(
  surroundings: HookSurroundings,
  files: readonly string[],
): FileEdit | undefined {
  const lines = files.map((file) => patternFor(surroundings, file));
  return excludeEdit(surroundings, {
    change: (content) => withoutExcludeLines(content, lines),
    about: 'takes out the lines for files that are gone',
  });
}

/** Appends the lines that are missing; the file's last line is ended first where it is not. */
export function withExcludeLines(content: Buffer, lines: readonly string[]): Buffer {
  const present = content.toString('latin1').split(/\r?\n/);
  const missing = lines.filter((line) => !present.includes(latin1(line)));
  if (missing.length === 0) return content;
  const separator = content.length === 0 || content.at(-1) === lineFeed ? '' : '\n';
  return Buffer.concat([content, Buffer.from(`${separator}${missing.join('\n')}\n`)]);
}

/** Every line that is one of those given goes, with its end; all other bytes stay. */
export function withoutExcludeLines(content: Buffer, lines: readonly string[]): Buffer {
  const unwanted = new Set(lines.map(latin1));
  const kept = (content.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? []).filter(
    (line) => !unwanted.has(line.replace(/\r?\n$/, '')),
  );
  return Buffer.from(kept.join(''), 'latin1');
}

const lineFeed = 0x0a;

/** The file's bytes as units, since a pattern may be in any encoding. */
function latin1(line: string): string {
  return Buffer.from(line).toString('latin1');
}

export function excludeFileIn({ commonDir }: Pick<HookSurroundings, 'commonDir'>): string {
  return path.join(commonDir, 'info', 'exclude');
}

/** Rooted, with what a pattern would take for more than itself escaped. */
function patternFor({ topLevel }: HookSurroundings, file: string): string {
  const relative = path.relative(topLevel, file).split(path.sep).join('/');
  return `/${relative.replaceAll(/[\\*?[\]]/g, '\\$&').replaceAll(/ +$/g, (blanks) => blanks.replaceAll(' ', '\\ '))}`;
}

export interface Change {
  readonly change: (content: Buffer) => Buffer;
  readonly about: string;
}

/** `info/exclude` changed; undefined when the change is none. */
export function excludeEdit(
  surroundings: HookSurroundings,
  { change, about }: Change,
): FileEdit | undefined {
  const target = excludeFileIn(surroundings);
  const before = surroundings.read(target);
  // A link leads to a file that is shared with others; they are not told what this machine has.
  if (before?.kind === 'link') return undefined;
  const old = before?.content ?? Buffer.alloc(0);
  const content = change(old);
  if (content.equals(old)) return undefined;
  const after = { kind: 'file', content, mode: before?.mode ?? 0o644 } as const;
  return { kind: 'file', target, tracked: false, before, after, about };
}
