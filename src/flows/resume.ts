import type { BranchIdentities } from '../git/branch-identity.ts';
import { branchTip, commitCount, commitsSince, divergence } from '../git/history.ts';
import { type Inspection, inspect } from '../git/inspect.ts';
import type { Repository } from '../git/repository.ts';
import { type Drift, type Evidence, measureDrift } from '../session/drift.ts';
import { type BranchName, headBranch, headOid, type Oid } from '../session/git-state.ts';
import type { SessionRecord } from '../session/record.ts';
import { newestCommit } from '../session/select.ts';

const commitsListed = 20;

const noEvidence: Evidence = {
  branch: undefined,
  tip: undefined,
  divergence: undefined,
  commits: [],
  upstream: undefined,
  stashCount: undefined,
};

/** What moved since a session was paused; outside git nothing can be told. */
export async function driftOf(
  repository: Repository | undefined,
  record: SessionRecord,
): Promise<Drift> {
  if (repository === undefined) return measureDrift(record, noEvidence);
  const inspection = await inspect(repository);
  const branch = await branchNow(repository, record, inspection);
  const tip = await tipOf(repository, { record, branch }, inspection);
  const isCheckedOut = branch !== undefined && branch === headBranch(inspection.head);
  return measureDrift(record, {
    branch,
    tip,
    ...(await historySince(repository, { record, branch }, tip)),
    upstream: isCheckedOut ? inspection.upstream : undefined,
    stashCount: inspection.stashCount,
  });
}

/** What the session's branch is called now. By its identity when it has one, else by its name. */
async function branchNow(
  repository: Repository,
  record: SessionRecord,
  inspection: Inspection,
): Promise<Evidence['branch']> {
  const { branch_id: identity, branch } = record.git_context;
  const then = branch as BranchName | null;
  if (then === null) return undefined;
  if (identity !== undefined) {
    const bearers = bearersOf(identity, inspection.identities);
    const preferred = [headBranch(inspection.head), then];
    return preferred.find((name) => bearers.some((own) => own === name)) ?? bearers[0] ?? 'gone';
  }
  if (headBranch(inspection.head) === then) return then;
  return (await branchTip(repository, then)) === undefined ? 'gone' : then;
}

function bearersOf(identity: string, identities: BranchIdentities): readonly BranchName[] {
  return [...identities]
    .filter(([, own]) => own.some((one) => one === identity))
    .map(([name]) => name);
}

async function tipOf(
  repository: Repository,
  { record, branch }: { readonly record: SessionRecord; readonly branch: Evidence['branch'] },
  { head }: Inspection,
): Promise<Oid | undefined> {
  const then = record.git_context.head;
  if (branch === 'gone') return undefined;
  // A session of a detached HEAD has no branch that could move: HEAD is there, or elsewhere.
  if (branch === undefined) return headOid(head) === then ? headOid(head) : undefined;
  return branch === headBranch(head) ? headOid(head) : branchTip(repository, branch);
}

type History = Pick<Evidence, 'divergence' | 'commits'>;

async function historySince(
  repository: Repository,
  { record, branch }: { readonly record: SessionRecord; readonly branch: Evidence['branch'] },
  tip: Oid | undefined,
): Promise<History> {
  const from = newestCommit(record);
  if (from === undefined) return historySinceUnborn(repository, record, { branch, tip });
  if (tip === undefined) return noHistory;
  const found = await divergence(repository, from, tip);
  if (found === undefined || found.onlyTo === 0) return { divergence: found, commits: [] };
  const commits = await commitsSince(repository, { from, to: tip, limit: commitsListed });
  return { divergence: found, commits };
}

const noHistory: History = { divergence: undefined, commits: [] };

/** Paused before the first commit: all that the branch has now came since. */
async function historySinceUnborn(
  repository: Repository,
  record: SessionRecord,
  { branch, tip }: { readonly branch: Evidence['branch']; readonly tip: Oid | undefined },
): Promise<History> {
  const { status, branch: then, recent_commits: commitsThen } = record.git_context;
  const wasUnborn = status !== null && then !== null && commitsThen.length === 0;
  if (!wasUnborn || branch === undefined || branch === 'gone') return noHistory;
  if (tip === undefined) return { divergence: { onlyFrom: 0, onlyTo: 0 }, commits: [] };
  const [onlyTo, commits] = await Promise.all([
    commitCount(repository, tip),
    commitsSince(repository, { from: undefined, to: tip, limit: commitsListed }),
  ]);
  return { divergence: { onlyFrom: 0, onlyTo }, commits };
}
