import { readIdentities } from '../git/branch-identity.ts';
import { ancestorsOf, branchTip } from '../git/history.ts';
import { readHead } from '../git/inspect.ts';
import type { Project } from '../project.ts';
import type { SessionEntry } from '../session/entry.ts';
import { type BranchName, type Head, headBranch } from '../session/git-state.ts';
import type { SessionRecord } from '../session/record.ts';
import { belongsHere, commitsInQuestion, type Here } from '../session/select.ts';

/** Where the user is, before anything is known of the sessions. */
export type Place = Omit<Here, 'contained'>;

const outsideGit: Place = { head: undefined, identities: [] };

/** The branch or commit checked out. */
export async function locate({ repository }: Project): Promise<Place> {
  if (repository === undefined) return outsideGit;
  const [head, identities] = await Promise.all([readHead(repository), readIdentities(repository)]);
  const branch = headBranch(head);
  return { head, identities: branch === undefined ? [] : (identities.get(branch) ?? []) };
}

/** A place as it decides which of `entries` belong to it. */
export async function among(
  { repository }: Project,
  place: Place,
  entries: readonly SessionEntry[],
): Promise<Here> {
  const { head } = place;
  const commits = commitsInQuestion(entries, head);
  if (repository === undefined || head?.kind !== 'branch' || commits.length === 0) {
    return { ...place, contained: new Set() };
  }
  return { ...place, contained: await ancestorsOf(repository, head.oid, commits) };
}

/**
 * Which sessions are a branch's: those that belong to it; of a branch that is gone, those that name
 * it and have not followed it to another name.
 */
export async function belongingTo(
  project: Project,
  entries: readonly SessionEntry[],
  branch: BranchName,
): Promise<(record: SessionRecord) => boolean> {
  const { repository } = project;
  if (repository === undefined) return (record) => record.git_context.branch === branch;
  const [tip, identities] = await Promise.all([
    branchTip(repository, branch),
    readIdentities(repository),
  ]);
  const own = identities.get(branch) ?? [];
  if (tip === undefined && own.length === 0) {
    const borne = new Set<string>([...identities.values()].flat());
    return ({ git_context: then }) =>
      then.branch === branch && !(then.branch_id !== undefined && borne.has(then.branch_id));
  }
  const head: Head =
    tip === undefined ? { kind: 'unborn', branch } : { kind: 'branch', branch, oid: tip };
  const there = await among(project, { head, identities: own }, entries);
  return (record) => belongsHere(record, there);
}
