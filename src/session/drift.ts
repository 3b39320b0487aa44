import type { BranchName, Commit, Oid, Upstream } from './git-state.ts';
import type { SessionRecord } from './record.ts';

/**
 * How far a claim of the session still holds: checked and as then, checked and different, or not
 * checkable. Without evidence it is `unknown`, never "no change".
 */
export type ClaimState = 'verified' | 'changed' | 'unknown';

/** What moved since a session was paused, seen from the tip of its branch. */
export interface Drift {
  /** `behind`: the branch was moved back. `rewritten`: what was paused on is no longer part of it. */
  readonly history: 'same' | 'ahead' | 'behind' | 'rewritten' | 'unknown';
  readonly commits: {
    readonly state: ClaimState;
    /** Commits since, by ancestry; null when unknown. */
    readonly count: number | null;
    /** The newest of them, newest first. */
    readonly list: readonly Commit[];
    /** Commits of then that the branch has no more; null when unknown. */
    readonly lost: number | null;
  };
  readonly branch: {
    readonly state: ClaimState;
    readonly then: string | null;
    /** Null when the branch is gone, or cannot be told. */
    readonly now: string | null;
  };
  readonly upstream: {
    readonly state: ClaimState;
    readonly then: Upstream | null;
    readonly now: Upstream | null;
  };
  readonly files: { readonly state: ClaimState; readonly list: readonly string[] };
  readonly stash: {
    readonly state: ClaimState;
    readonly then: number | null;
    readonly now: number | null;
  };
}

/** What was measured; undefined is what could not be. */
export interface Evidence {
  /** The session's branch as it is called now; `gone` when it was looked for and is not there. */
  readonly branch: BranchName | 'gone' | undefined;
  /** The tip of that branch, or the commit checked out for a detached session. */
  readonly tip: Oid | undefined;
  readonly divergence: { readonly onlyFrom: number; readonly onlyTo: number } | undefined;
  readonly commits: readonly Commit[];
  /** Of the session's branch, so only known while that is the one checked out. */
  readonly upstream: Upstream | null | undefined;
  readonly stashCount: number | undefined;
}

/** Compares what was recorded with what was found. */
export function measureDrift(record: SessionRecord, evidence: Evidence): Drift {
  return {
    ...historyDrift(record, evidence),
    branch: branchDrift(record, evidence),
    upstream: upstreamDrift(record, evidence),
    files: { state: 'unknown', list: [] },
    stash: stashDrift(record, evidence),
  };
}

function historyDrift(
  record: SessionRecord,
  evidence: Evidence,
): Pick<Drift, 'history' | 'commits'> {
  const then = record.git_context.head;
  if (then !== null && then === evidence.tip) {
    return { history: 'same', commits: { state: 'verified', count: 0, list: [], lost: 0 } };
  }
  const found = evidence.divergence;
  if (found === undefined) {
    return { history: 'unknown', commits: { state: 'unknown', count: null, list: [], lost: null } };
  }
  return {
    history: historyOf(found.onlyFrom, found.onlyTo),
    commits: {
      state: found.onlyFrom + found.onlyTo === 0 ? 'verified' : 'changed',
      count: found.onlyTo,
      list: evidence.commits,
      lost: found.onlyFrom,
    },
  };
}

function historyOf(onlyFrom: number, onlyTo: number): Drift['history'] {
  if (onlyFrom === 0) return onlyTo === 0 ? 'same' : 'ahead';
  return onlyTo === 0 ? 'behind' : 'rewritten';
}

function branchDrift(record: SessionRecord, evidence: Evidence): Drift['branch'] {
  const then = record.git_context.branch;
  if (evidence.branch === undefined) return { state: 'unknown', then, now: null };
  if (evidence.branch === 'gone') return { state: 'changed', then, now: null };
  const state = evidence.branch === then ? 'verified' : 'changed';
  return { state, then, now: evidence.branch };
}

function upstreamDrift(record: SessionRecord, evidence: Evidence): Drift['upstream'] {
  const then = record.git_context.upstream;
  const now = evidence.upstream;
  if (now === undefined) return { state: 'unknown', then, now: null };
  const isSame =
    then?.name === now?.name && then?.ahead === now?.ahead && then?.behind === now?.behind;
  return { state: isSame ? 'verified' : 'changed', then, now };
}

function stashDrift(record: SessionRecord, evidence: Evidence): Drift['stash'] {
  const then = record.git_context.stash_count;
  const now = evidence.stashCount;
  if (then === null || now === undefined) return { state: 'unknown', then, now: now ?? null };
  return { state: then === now ? 'verified' : 'changed', then, now };
}
