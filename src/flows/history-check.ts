import { fail } from '../errors.ts';
import {
  type AddingCommit,
  commitsAdding,
  countCommits,
  isShallow,
} from '../git/adding-commits.ts';
import type { Repository } from '../git/repository.ts';
import { counted } from '../session/counted.ts';
import { sessionsPath } from '../store/directory.ts';

/** What a range of history has of sessions. */
export interface HistoryReport {
  /** How many commits there were to look at. */
  readonly examined: number;
  /** Those that add or change session files, newest first. */
  readonly commits: readonly AddingCommit[];
  /** History is cut off somewhere, so that less may have been looked at than there is. */
  readonly isShallow: boolean;
}

/**
 * Looks for session files in history, for use in CI, where no hook can be got round.
 *
 * @param range as git takes it: `main..HEAD`, or one revision for everything it reaches
 * @throws Failure `unknown-range`
 */
export async function checkHistory(repository: Repository, range: string): Promise<HistoryReport> {
  const [counted, shallow] = await Promise.all([
    countCommits(repository, range),
    isShallow(repository),
  ]);
  if (!('count' in counted)) {
    throw fail('unknown-range', { range, reason: counted.reason, isShallow: shallow });
  }
  const commits =
    counted.count === 0 ? [] : await commitsAdding(repository, sessionsPath, { range });
  return { examined: counted.count, commits, isShallow: shallow };
}

/** One line about a commit, for the log of a CI run. Names in it are as they are, and to be cleaned. */
export function describeAddingCommit({ oid, author, committedAt, files }: AddingCommit): string {
  const [first = ''] = files;
  const what = files.length === 1 ? first : counted(files.length, 'session file');
  return `${oid.slice(0, 10)} (${author}, ${committedAt.slice(0, 10)}) adds ${what}`;
}
