/**
 * What git says about a work tree, as values. Filled in by `git/`, read by everything above it.
 */

/** A full object id: 40 hexadecimal digits, or 64 in a SHA-256 repository. */
export type Oid = string & { readonly brand: 'Oid' };

/** A branch's name without `refs/heads/`, decoded as UTF-8 (invalid bytes become U+FFFD). */
export type BranchName = string & { readonly brand: 'BranchName' };

/** The value of `branch.<name>.mpm-session`: 20 hexadecimal digits that git keeps with the branch. */
export type BranchIdentity = string & { readonly brand: 'BranchIdentity' };

export function isOid(text: string): text is Oid {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

/** An identity is also used as a file name, so nothing else is ever taken for one. */
export function isBranchIdentity(text: string): text is BranchIdentity {
  return /^[0-9a-f]{20}$/.test(text);
}

/** Where `HEAD` points. `unborn`: a branch without its first commit. */
export type Head =
  | { readonly kind: 'branch'; readonly branch: BranchName; readonly oid: Oid }
  | { readonly kind: 'unborn'; readonly branch: BranchName }
  | { readonly kind: 'detached'; readonly oid: Oid };

/** The branch checked out, or undefined when `HEAD` is detached. */
export function headBranch(head: Head): BranchName | undefined {
  return head.kind === 'detached' ? undefined : head.branch;
}

/** The commit checked out, or undefined on an unborn branch. */
export function headOid(head: Head): Oid | undefined {
  return head.kind === 'unborn' ? undefined : head.oid;
}

/** The upstream branch; `ahead` and `behind` are null when git cannot count (the upstream is gone). */
export interface Upstream {
  readonly name: string;
  readonly ahead: number | null;
  readonly behind: number | null;
}

export const operations = ['merge', 'rebase', 'cherry-pick', 'revert', 'bisect', 'am'] as const;
/** What git is in the middle of. */
export type Operation = (typeof operations)[number];

export const changeKinds = ['staged', 'unstaged', 'both', 'untracked', 'conflicted'] as const;
export type ChangeKind = (typeof changeKinds)[number];

/**
 * A path below the top level of the work tree, with `/` between its parts.
 * `base64` holds the exact bytes and is there only when they are not valid UTF-8.
 */
export interface RepositoryPath {
  readonly text: string;
  readonly base64?: string;
}

/** One path that differs from `HEAD`. `index` and `worktree` are git's letters, `.` for unchanged. */
export interface Change {
  readonly path: RepositoryPath;
  /** Where a renamed or copied path came from. */
  readonly from?: RepositoryPath;
  readonly index: string;
  readonly worktree: string;
  readonly kind: ChangeKind;
}

/** The output of one `git status`. */
export interface WorkTreeStatus {
  readonly head: Head;
  readonly upstream: Upstream | null;
  readonly stashCount: number;
  readonly changes: readonly Change[];
}

/** A commit as `recent_commits` and the drift report show it; `timestamp` is the author's, ISO 8601. */
export interface Commit {
  readonly sha: string;
  readonly author: string;
  readonly timestamp: string;
  readonly message: string;
}
