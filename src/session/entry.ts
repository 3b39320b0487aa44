import type { RecordProblem, SessionId, SessionRecord } from './record.ts';

/** Why a session's file gives no session. */
export type SessionProblem =
  | RecordProblem
  /** `what` stands alone as a sentence without its full stop; it never holds the file's content. */
  | { readonly kind: 'unreadable'; readonly what: string };

/** One session of the list, readable or not. */
export type SessionEntry = ReadableEntry | UnreadableEntry;

interface EntryBase {
  readonly id: SessionId;
  /** `vault`: the copy that counts. `directory`: only a file that anybody may have written. */
  readonly where: 'vault' | 'directory';
  /** Brought by the repository itself (git tracks its file): shown, never trusted. */
  readonly foreign: boolean;
}

export interface ReadableEntry extends EntryBase {
  readonly record: SessionRecord;
  readonly problem?: never;
}

export interface UnreadableEntry extends EntryBase {
  readonly record?: never;
  readonly problem: SessionProblem;
}

/** One line for a list or an error, without its full stop; it never holds the file's content. */
export function describeProblem(problem: SessionProblem): string {
  switch (problem.kind) {
    case 'unreadable':
      return problem.what;
    case 'newer-schema':
      return `schema version ${problem.version} needs a newer mpm-session`;
    case 'wrong-shape':
      return problem.where === '' ? problem.what : `${problem.where}: ${problem.what}`;
  }
}

/** Newest first; the id's time decides, since it is there also when nothing can be read. */
export function newestFirst(entries: readonly SessionEntry[]): readonly SessionEntry[] {
  return entries.toSorted((a, b) => (a.id < b.id ? 1 : -1));
}
