import type { Oid } from '../session/git-state.ts';
import { ask, type Repository } from './repository.ts';

/** A commit that adds or changes something below a directory. */
export interface AddingCommit {
  readonly oid: Oid;
  readonly author: string;
  /** When it was committed: strict ISO 8601. */
  readonly committedAt: string;
  /** From the top level, with `/`; of a merge, those that come from none of its parents. */
  readonly files: readonly string[];
}

/** What `git rev-list` takes as revisions; `range` is never taken for an option. */
export type Revisions =
  | { readonly range: string }
  /** Whatever is on a branch here, and on no remote. */
  | 'unpushed';

/**
 * The commits that add or change something below `directory`, in whatever letters; newest first.
 * Those that only remove are not among them. As guard.sh does it for what is pushed.
 *
 * @throws Failure `git-failed` when the revisions cannot be read
 */
export async function commitsAdding(
  repository: Repository,
  directory: string,
  revisions: Revisions,
): Promise<readonly AddingCommit[]> {
  const pathspec = `:(top,icase)${directory}`;
  const told = await ask(repository, [
    'rev-list',
    // Merges too; they differ from all their parents when they bring something of their own.
    '--full-history',
    '--topo-order',
    '--no-commit-header',
    '--encoding=UTF-8',
    '--format=%H%x00%an%x00%cI',
    ...(await asArguments(repository, revisions)),
    '--',
    pathspec,
  ]);
  const commits = told.stdout.toString('utf8').split('\n').slice(0, -1).map(parseCommit);
  if (commits.length === 0) return [];
  const files = await filesAddedBy(repository, pathspec, commits);
  return commits.flatMap((commit) => {
    const added = files.get(commit.oid) ?? [];
    return added.length === 0 ? [] : [{ ...commit, files: added }];
  });
}

/**
 * How many commits a range has.
 *
 * @returns `reason`: why git cannot read the range, in its words
 */
export async function countCommits(
  repository: Repository,
  range: string,
): Promise<{ readonly count: number } | { readonly reason: string }> {
  const args = ['rev-list', '--count', '--end-of-options', range, '--'];
  const answer = await ask(repository, args, { answers: [128, 129] });
  if (answer.exit === 0) return { count: Number(answer.stdout.toString('utf8')) };
  return { reason: answer.stderr.split('\n')[0]?.replace(/^fatal: /, '') ?? '' };
}

/** Whether history ends somewhere before its beginning, as in a shallow clone. */
export async function isShallow(repository: Repository): Promise<boolean> {
  const answer = await ask(repository, ['rev-parse', '--is-shallow-repository']);
  return answer.stdout.toString('utf8').trim() === 'true';
}

export interface CommitPlaces {
  /** Undefined before the first commit. */
  readonly head: Oid | undefined;
  /** The branch checked out; undefined when HEAD is detached. */
  readonly branch: string | undefined;
  /** The names of branches that have any of the commits. */
  readonly branches: readonly string[];
}

/** Of more commits, only the newest are asked for: each is a word of a command. */
const mostAsked = 500;

/** Where commits are that are to be made anew. */
export async function whereCommitsAre(
  repository: Repository,
  commits: readonly AddingCommit[],
): Promise<CommitPlaces> {
  const containing = commits.slice(0, mostAsked).map(({ oid }) => `--contains=${oid}`);
  const none = { answers: [1] };
  const [head, symbolic, refs] = await Promise.all([
    ask(repository, ['rev-parse', '--quiet', '--verify', 'HEAD'], none),
    ask(repository, ['symbolic-ref', '--quiet', 'HEAD'], none),
    ask(repository, ['for-each-ref', ...containing, '--format=%(refname)', 'refs/heads']),
  ]);
  const text = ({ stdout }: { readonly stdout: Buffer }) => stdout.toString('utf8').trim();
  const isBranch = text(symbolic).startsWith(branchPrefix);
  return {
    head: head.exit === 0 ? (text(head) as Oid) : undefined,
    branch: isBranch ? text(symbolic).slice(branchPrefix.length) : undefined,
    branches: text(refs)
      .split('\n')
      .filter((ref) => ref !== '')
      .map((ref) => ref.slice(branchPrefix.length)),
  };
}

const branchPrefix = 'refs/heads/';

export async function hasParent(repository: Repository, oid: Oid): Promise<boolean> {
  const args = ['rev-parse', '--quiet', '--verify', `${oid}^`];
  return (await ask(repository, args, { answers: [1] })).exit === 0;
}

async function asArguments(repository: Repository, revisions: Revisions) {
  if (revisions !== 'unpushed') return ['--end-of-options', revisions.range];
  const head = await ask(repository, ['rev-parse', '--quiet', '--verify', 'HEAD'], {
    answers: [1],
  });
  return [...(head.exit === 0 ? ['HEAD'] : []), '--branches', '--not', '--remotes'];
}

function parseCommit(line: string): Omit<AddingCommit, 'files'> {
  const [oid = '', author = '', committedAt = ''] = line.split('\0');
  return { oid: oid as Oid, author, committedAt };
}

/** `<oid> NUL`, then `<path> NUL` for each file; the `<oid>` of a merge even when there is none. */
async function filesAddedBy(
  repository: Repository,
  pathspec: string,
  commits: readonly { readonly oid: Oid }[],
): Promise<ReadonlyMap<Oid, readonly string[]>> {
  const answer = await ask(
    repository,
    [
      'diff-tree',
      '--stdin',
      '-z',
      '-r',
      '-c',
      '--root',
      '--name-only',
      '--no-renames',
      // Upper case: git 2.39 shows nothing at all when told what to leave out (`d`).
      '--diff-filter=ACMRT',
      '--ignore-submodules=none',
      '--',
      pathspec,
    ],
    { input: commits.map(({ oid }) => `${oid}\n`).join('') },
  );
  const asked = new Set<string>(commits.map(({ oid }) => oid));
  const found = new Map<Oid, readonly string[]>();
  let current: Oid | undefined;
  for (const field of answer.stdout.toString('utf8').split('\0').slice(0, -1)) {
    if (asked.has(field)) current = field as Oid;
    else if (current !== undefined) found.set(current, [...(found.get(current) ?? []), field]);
  }
  return found;
}
