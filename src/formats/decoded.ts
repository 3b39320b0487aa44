import type { RecordProblem, SessionRecord } from '../session/record.ts';

/** What a session's file held. Reading one never throws. */
export type Decoded =
  | { readonly ok: true; readonly record: SessionRecord }
  | { readonly ok: false; readonly problem: FileProblem };

/** Why a file is not a session: what it says is no record, or it is not even of its format. */
export type FileProblem = RecordProblem | SyntaxProblem;

/** `line` and `column` count from 1 and are undefined where the parser does not tell. */
export interface SyntaxProblem {
  readonly kind: 'syntax';
  readonly what: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** The problem as a sentence without its full stop; it never holds the file's content. */
export function explainProblem(problem: FileProblem): string {
  switch (problem.kind) {
    case 'newer-schema':
      return `schema version ${problem.version} needs a newer mpm-session`;
    case 'wrong-shape':
      return problem.where === '' ? problem.what : `${problem.where}: ${problem.what}`;
    case 'syntax':
      return problem.line === undefined
        ? problem.what
        : `${problem.what} (line ${problem.line}, column ${problem.column})`;
  }
}

/** A record needs five levels; the rest is room for what other tools add to it. */
export const deepest = 64;

/**
 * Whether a parsed value has more than so many levels. `JSON.parse` accepts what `JSON.stringify`
 * cannot write again for want of stack.
 */
export function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((child) => isDeeperThan(levels - 1, child));
}
