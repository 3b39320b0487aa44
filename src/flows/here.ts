import { readIdentities } from '../git/branch-identity.ts';
import { ancestorsOf, branchTip } from '../git/history.ts';
import { readHead } from '../git/inspect.ts';
import type { Project } from '../project.ts';
import type { SessionEntry } from '../session/entry.ts';
import { type BranchName, type Head, headBranch } from '../session/git-state.ts';
import { commitsInQuestion, type Here } from '../session/select.ts';

const outsideGit: Here = { head: undefined, identities: [], contained: new Set() };

/** Where the user is, as far as it decides which of `entries` belong here. */
export async function whereHere(project: Project, entries: readonly SessionEntry[]): Promise<Here> {
  const { repository } = project;
  if (repository === undefined) return outsideGit;
  const [head, identities] = await Promise.all([readHead(repository), readIdentities(repository)]);
  const branch = headBranch(head);
  const own = branch === undefined ? [] : (identities.get(branch) ?? []);
  return { head, identities: own, contained: await containedIn(project, entries, head) };
}

async function containedIn(
  { repository }: Project,
  entries: readonly SessionEntry[],
  head: Head,
): Promise<ReadonlySet<string>> {
  const commits = commitsInQuestion(entries, head);
  if (repository === undefined || head.kind === 'unborn' || commits.length === 0) return new Set();
  return ancestorsOf(repository, head.oid, commits);
}

/** As {@link whereHere}, with another branch in the place of the one checked out. */
export async function whereBranch(
  project: Project,
  entries: readonly SessionEntry[],
  branch: BranchName,
): Promise<Here> {
  const { repository } = project;
  if (repository === undefined) return outsideGit;
  const [tip, identities] = await Promise.all([
    branchTip(repository, branch),
    readIdentities(repository),
  ]);
  const head: Head =
    tip === undefined ? { kind: 'unborn', branch } : { kind: 'branch', branch, oid: tip };
  const contained = await containedIn(project, entries, head);
  return { head, identities: identities.get(branch) ?? [], contained };
}
