import { type AddingCommit, hasParent, whereCommitsAre } from '../../git/adding-commits.ts';
import type { IgnoreProof } from '../../git/ignore.ts';
import type { Repository } from '../../git/repository.ts';
import { counted } from '../../session/counted.ts';
import { shellQuote } from '../../session/shell-quote.ts';
import { sessionsPath } from '../../store/directory.ts';
import { type Found, whatIsAt } from '../../store/read-files.ts';
import { checkHistory, describeAddingCommit } from '../history-check.ts';
import {
  type Exposure,
  findExposure,
  type IndexedSessions,
  untrackCommand,
} from '../never-committed.ts';
import { type Check, mendable, problem, unknown, well } from './check.ts';
import type { Examined } from './examined.ts';

/** Whether sessions are ignored, and in no index and no commit that is still to be pushed. */
export async function checkNeverCommitted({
  repository,
  project,
}: Examined): Promise<readonly Check[]> {
  const exposure = await findExposure(repository);
  return [
    checkIgnored(exposure.proof, whatIsAt(project.sessions.directory.path)),
    ...negationChecks(exposure),
    ...indexChecks(exposure.index),
    ...commitChecks(exposure.commits, {
      none: 'No unpushed commit adds a session file.',
      fix: await commandAgainst(repository, exposure.commits),
    }),
  ];
}

/** What takes session files out of unpushed commits, which are the newest first; as guard.sh has it. */
async function commandAgainst(
  repository: Repository,
  commits: readonly AddingCommit[],
): Promise<string> {
  const oldest = commits.at(-1)?.oid;
  if (oldest === undefined) return '';
  const files = commits.flatMap((commit) => commit.files);
  const { head, branch, branches } = await whereCommitsAre(repository, commits);
  if (commits.length === 1 && head === oldest && branches.every((one) => one === branch)) {
    const untrack = untrackCommand({ tracked: [], staged: files });
    return `${untrack} && git commit --amend --no-edit --allow-empty`;
  }
  const isAsOurs = files.every((file) => file.startsWith(`${sessionsPath}/`));
  const inside = isAsOurs ? sessionsPath : `":(icase)${sessionsPath}"`;
  const filter = `git rm -r --cached --quiet --ignore-unmatch ${inside}`;
  // No other listed commit is before the oldest, on whatever branch it is.
  const revisions = [
    ...(branch === undefined ? ['HEAD'] : []),
    ...branches.map(shellQuote),
    ...((await hasParent(repository, oldest)) ? [`^${oldest.slice(0, 12)}^`] : []),
  ];
  return `git filter-branch -f --index-filter '${filter}' -- ${revisions.join(' ')}`;
}

function checkIgnored(proof: IgnoreProof, directory: Found): Check {
  switch (proof.state) {
    case 'ignored':
      return well('ignored', `git ignores ${sessionsPath}: proved with git check-ignore.`);
    case 'unknown':
      return unknown(
        'ignored-unproved',
        `Whether git ignores ${sessionsPath} could not be proved: ${proof.reason}`,
      );
    case 'exposed': {
      const { rule } = proof;
      const message = `git does not ignore ${sessionsPath}`;
      if (rule === undefined && directory === 'nothing') {
        return well('nothing-to-ignore', `${message} yet: the first pause has it do so.`);
      }
      if (rule === undefined) return mendable('not-ignored', `${message}.`, 'ignoring');
      const { source, pattern } = rule;
      return {
        ...mendable('ignore-negated', `${message}: ${source} says '${pattern}'.`, 'ignoring'),
        fix: `Take '${pattern}' out of ${source}`,
      };
    }
  }
}

/** What says so already in `proof` is not said once more. */
function negationChecks({ proof, negations }: Exposure): readonly Check[] {
  if (proof.state !== 'ignored') return [];
  return negations.map(({ source, pattern }) =>
    well(
      'negation',
      `${source} says '${pattern}': only the directory's own .gitignore still holds against it.`,
    ),
  );
}

function indexChecks(index: IndexedSessions): readonly Check[] {
  const { tracked, staged } = index;
  const fix = untrackCommand(index);
  const files = (paths: readonly string[]) => `${counted(paths.length, 'file')} in ${sessionsPath}`;
  if (tracked.length + staged.length === 0) {
    return [well('not-tracked', 'git tracks no session file, and none is staged.')];
  }
  return [
    ...(tracked.length === 0 ? [] : [problem('tracked', `git tracks ${files(tracked)}.`, fix)]),
    ...(staged.length === 0
      ? []
      : [problem('staged', `The next commit would hold ${files(staged)}.`, fix)]),
  ];
}

const mostCommits = 20;

/** One for each commit, as far as somebody can be expected to read them. */
function commitChecks(
  commits: readonly AddingCommit[],
  { none, fix }: { readonly none: string; readonly fix: string },
): readonly Check[] {
  if (commits.length === 0) return [well('history', none)];
  const shown = commits.slice(0, mostCommits);
  const more = commits.length - shown.length;
  const checks = shown.map((commit) =>
    problem('session-commits', `${describeAddingCommit(commit)}.`, fix),
  );
  if (more === 0) return checks;
  return [...checks, problem('session-commits', `… and ${counted(more, 'more commit')}.`, fix)];
}

/**
 * The one check of `doctor --ci`: whether a range of history holds session files.
 *
 * @throws Failure `unknown-range`
 */
export async function checkRange(repository: Repository, range: string): Promise<readonly Check[]> {
  const { commits, examined, isShallow } = await checkHistory(repository, range);
  const none =
    examined === 0
      ? `There is no commit in ${range}.`
      : `None of the ${counted(examined, 'commit')} in ${range} adds a session file.`;
  const fix = 'Take the files out of these commits and push again: they are notes of one person';
  const shallow = unknown(
    'history-cut-off',
    'History is cut off here (a shallow clone): commits of the range may be missing.',
    'git fetch --unshallow',
  );
  return [...commitChecks(commits, { none, fix }), ...(isShallow ? [shallow] : [])];
}
