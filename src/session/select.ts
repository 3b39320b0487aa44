import { type Failure, fail } from '../errors.ts';
import {
  describeProblem,
  type ReadableEntry,
  type SessionEntry,
  type SessionProblem,
} from './entry.ts';
import type { BranchIdentity, Head } from './git-state.ts';
import { type SessionId, type SessionRecord, schemaVersion } from './record.ts';

/** Where the user is: what decides which sessions belong here. */
export interface Here {
  /** Undefined outside git, where every session of the directory belongs. */
  readonly head: Head | undefined;
  readonly identities: readonly BranchIdentity[];
  /** Those of the sessions' newest commits that `HEAD` contains, as the sessions spell them. */
  readonly contained: ReadonlySet<string>;
}

/**
 * Whether a session belongs to the branch (or detached commit) checked out. The branch's identity
 * decides; a record without one (claude-mpm's) belongs by the branch's name, when its newest commit
 * is still part of that branch.
 */
export function belongsHere(record: SessionRecord, here: Here): boolean {
  const { head } = here;
  const context = record.git_context;
  if (head === undefined) return true;
  if (head.kind === 'detached') return context.detached && context.head === head.oid;
  if (context.detached) return false;
  const identity = context.branch_id;
  if (identity !== undefined) return here.identities.some((own) => own === identity);
  const newest = newestCommit(record);
  if (context.branch !== head.branch) return false;
  return newest === undefined ? head.kind === 'unborn' : here.contained.has(newest);
}

/** The commit a session was paused at: the full id, or claude-mpm's abbreviated newest one. */
export function newestCommit(record: SessionRecord): string | undefined {
  const { head, recent_commits: commits } = record.git_context;
  const newest = head ?? commits[0]?.sha;
  // Anybody may have written the record: only what can be an object id is ever given to git.
  return newest !== undefined && /^[0-9a-f]{4,64}$/.test(newest) ? newest : undefined;
}

/** Commits whose containment in `HEAD` {@link belongsHere} will ask about. */
export function commitsInQuestion(
  entries: readonly SessionEntry[],
  head: Head | undefined,
): readonly string[] {
  if (head?.kind !== 'branch') return [];
  return entries.flatMap(({ record }) => {
    if (record === undefined || record.git_context.branch_id !== undefined) return [];
    if (record.git_context.branch !== head.branch) return [];
    return newestCommit(record) ?? [];
  });
}

/** The newest readable session that may be resumed and that `isWanted`. */
export function newestOf(
  entries: readonly SessionEntry[],
  isWanted: (record: SessionRecord) => boolean,
): ReadableEntry | undefined {
  return entries.find(
    (entry): entry is ReadableEntry =>
      entry.record !== undefined && !entry.foreign && isWanted(entry.record),
  );
}

/**
 * The session a selector means, told apart as claude-mpm does: digits within the list's bounds are
 * a number; up to three digits beyond it are a mistake; anything else is a part of an id.
 *
 * @param entries the whole list, newest first, as numbered by `list`
 * @throws Failure `empty-selector`, `no-match`, `out-of-range`, `ambiguous-session`
 */
export function selectOne(entries: readonly SessionEntry[], selector: string): SessionEntry {
  if (selector === '') throw fail('empty-selector');
  const whole = entries.find((entry) => entry.id === selector);
  if (whole !== undefined) return whole;
  if (/^\d+$/.test(selector)) {
    const numbered = entries[Number(selector) - 1];
    if (numbered !== undefined) return numbered;
    if (selector.length <= 3) throw fail('out-of-range', { selector, count: entries.length });
  }
  const part = selector.toLowerCase();
  const matching = entries.filter((entry) => entry.id.includes(part));
  const [only, ...others] = matching;
  if (only === undefined) throw fail('no-match', { selector });
  if (others.length === 0) return only;
  throw fail('ambiguous-session', { selector, candidates: matching.map((entry) => entry.id) });
}

/** @throws Failure saying why the session cannot be read */
export function readable(entry: SessionEntry): ReadableEntry {
  if (entry.record !== undefined) return entry;
  throw unreadable(entry.id, entry.problem);
}

/** The failure that explains why a session cannot be read. */
export function unreadable(id: SessionId, problem: SessionProblem): Failure {
  return problem.kind === 'newer-schema'
    ? fail('newer-schema', { id, version: problem.version, supported: schemaVersion })
    : fail('unreadable-session', { id, problem: describeProblem(problem) });
}
