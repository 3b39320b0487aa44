import type { Commit, Oid, Upstream } from '../session/git-state.ts';
import { ask, type Repository } from './repository.ts';

/** sha, author, author's date (strict ISO 8601), subject; each ended by NUL. */
const commitFormat = '%H%x00%an%x00%aI%x00%s%x00';
const fieldsPerCommit = 4;

/**
 * The newest commits, newest first; undefined when git has none to tell of.
 *
 * @param from where the history begins; `HEAD` when left out
 */
export async function recentCommits(
  repository: Repository,
  count: number,
  from?: Oid,
): Promise<readonly Commit[] | undefined> {
  const args = [
    'log',
    `--max-count=${count}`,
    '--encoding=UTF-8',
    '--no-show-signature',
    `--format=tformat:${commitFormat}`,
    ...(from === undefined ? [] : [from, '--']),
  ];
  // 128 on an unborn branch, and in a damaged repository: the status asked for beside tells which.
  const answer = await ask(repository, args, { answers: [128] });
  return answer.exit === 0 ? parseCommits(answer.stdout.toString('utf8')) : undefined;
}

function parseCommits(output: string): readonly Commit[] {
  const fields = output.replace(/\0\n/g, '\0').split('\0');
  const commits: Commit[] = [];
  for (let at = 0; at + fieldsPerCommit < fields.length; at += fieldsPerCommit) {
    const [sha = '', author = '', timestamp = '', message = ''] = fields.slice(at);
    commits.push({ sha, author, timestamp, message });
  }
  return commits;
}

/** How two commits stand to each other: how many only `from`, and how many only `to`, reaches. */
export interface Divergence {
  readonly onlyFrom: number;
  readonly onlyTo: number;
}

/**
 * Undefined when git cannot tell: one of the commits is no longer in the repository.
 *
 * @param from a full or abbreviated object id
 */
export async function divergence(
  repository: Repository,
  from: string,
  to: Oid,
): Promise<Divergence | undefined> {
  const range = `${from}...${to}`;
  const answer = await ask(repository, ['rev-list', '--left-right', '--count', range, '--'], {
    answers: [128],
  });
  if (answer.exit !== 0) return undefined;
  const [onlyFrom = Number.NaN, onlyTo = Number.NaN] = answer.stdout
    .toString('utf8')
    .split('\t')
    .map(Number);
  return { onlyFrom, onlyTo };
}

/** How many commits `to` reaches. */
export async function commitCount(repository: Repository, to: Oid): Promise<number> {
  const answer = await ask(repository, ['rev-list', '--count', to, '--']);
  return Number(answer.stdout.toString('utf8'));
}

/**
 * The commits that `to` reaches and `from` does not (all of `to`'s without a `from`), newest first,
 * at most `limit` of them.
 */
export async function commitsSince(
  repository: Repository,
  range: { readonly from: string | undefined; readonly to: Oid; readonly limit: number },
): Promise<readonly Commit[]> {
  const { openPorcelain } = await import('./porcelain.ts');
  const output = await openPorcelain(repository.program, repository.layout.topLevel).raw([
    'log',
    `--max-count=${range.limit}`,
    '--encoding=UTF-8',
    `--format=tformat:${commitFormat}`,
    range.from === undefined ? range.to : `${range.from}..${range.to}`,
    '--',
  ]);
  return parseCommits(output);
}

/** Which of `commits` (full or abbreviated ids) `tip` contains. One process for each. */
export async function ancestorsOf(
  repository: Repository,
  tip: Oid,
  commits: readonly string[],
): Promise<ReadonlySet<string>> {
  const answers = await Promise.all(
    [...new Set(commits)].map(async (commit) => {
      const args = ['merge-base', '--is-ancestor', '--end-of-options', commit, tip];
      const answer = await ask(repository, args, { answers: [1, 128] });
      return answer.exit === 0 ? [commit] : [];
    }),
  );
  return new Set(answers.flat());
}

/** The tip of a branch given by its full name, or undefined when there is no such branch. */
export async function branchTip(repository: Repository, branch: string): Promise<Oid | undefined> {
  // Not rev-parse, which would take `main~1` for a name.
  const args = ['show-ref', '--verify', '--hash', '--', `refs/heads/${branch}`];
  const answer = await ask(repository, args, { answers: [1, 128] });
  return answer.exit === 0 ? (answer.stdout.toString('utf8').trim() as Oid) : undefined;
}

/** `<short name> NUL <how far> NUL`: nothing, `[gone]`, or `[ahead 1, behind 2]` with either or both. */
const upstreamFormat = '%(upstream:short)%00%(upstream:track)%00';

/** The upstream of a branch that need not be checked out; null when it has none. */
export async function upstreamOf(repository: Repository, branch: string): Promise<Upstream | null> {
  const ref = `refs/heads/${branch}`;
  const args = ['for-each-ref', `--format=%(refname)%00${upstreamFormat}`, '--', ref];
  const answer = await ask(repository, args);
  for (const line of answer.stdout.toString('utf8').split('\n')) {
    // A pattern also matches what lies below it.
    const [found, name = '', track = ''] = line.split('\0');
    if (found !== ref || name === '') continue;
    if (track === '[gone]') return { name, ahead: null, behind: null };
    const count = (word: string) => Number(new RegExp(`${word} (\\d+)`).exec(track)?.[1] ?? 0);
    return { name, ahead: count('ahead'), behind: count('behind') };
  }
  return null;
}
