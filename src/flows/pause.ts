import { Failure } from '../errors.ts';
import { type BranchIdentities, readIdentities, writeIdentity } from '../git/branch-identity.ts';
import { recentCommits } from '../git/history.ts';
import { inspect } from '../git/inspect.ts';
import type { Repository } from '../git/repository.ts';
import { worktreeRoots } from '../git/worktrees.ts';
import type { Project } from '../project.ts';
import { createSession, type GitMoment } from '../session/create.ts';
import { type BranchIdentity, type BranchName, headBranch } from '../session/git-state.ts';
import type { Notes } from '../session/notes.ts';
import type { SessionId, SessionRecord } from '../session/record.ts';
import { obstacleTo, type SessionsDirectory, sessionsDirectoryIn } from '../store/directory.ts';
import { withLock } from '../store/lock.ts';
import { adoptSessions } from '../store/mend-sessions.ts';
import { prepareToWrite, type Saved, saveSession, type Writable } from '../store/save-session.ts';
import { describeError, isSystemError } from '../store/system-errors.ts';
import { excludeSessions, findCommitRisk } from './never-committed.ts';

/** What is to be remembered, besides what can be measured. */
export interface PauseRequest {
  readonly notes: Notes;
  readonly trigger: SessionRecord['trigger'];
  readonly agents: SessionRecord['agents'];
  /** Where the command ran; absolute. */
  readonly workingDirectory: string;
}

const commitsShown = 5;

/**
 * Measures the moment and writes it down as a new session.
 *
 * @throws Failure; no session has been written then
 */
export async function pauseSession(project: Project, request: PauseRequest): Promise<Saved> {
  const { repository, sessions } = project;
  const writable = prepareToWrite(sessions);
  const found = repository === undefined ? outsideGit : await lookAround(repository, writable);
  const create = (id: SessionId, pausedAt: Date) =>
    createSession({ ...request, id, pausedAt, projectPath: project.root, git: found.git });
  const saved = saveSession(writable, create, await siblingsOf(project, writable));
  await adoptSessions(writable);
  return { ...saved, warnings: [...found.warnings, ...saved.warnings] };
}

/** The directories of the other work trees, when the vault they share cannot be written. */
async function siblingsOf(
  { repository, root }: Project,
  { vault }: Writable,
): Promise<readonly SessionsDirectory[]> {
  if (repository === undefined || vault !== undefined) return [];
  const roots = await worktreeRoots(repository);
  return roots
    .filter((other) => other !== root)
    .map(sessionsDirectoryIn)
    .filter((directory) => obstacleTo(directory) === undefined);
}

interface Surroundings {
  readonly git: GitMoment | undefined;
  readonly warnings: readonly string[];
}

const outsideGit: Surroundings = { git: undefined, warnings: [] };

/** The moment, and whether its session could end up in a commit. */
async function lookAround(repository: Repository, writable: Writable): Promise<Surroundings> {
  const excluded = excludeSessions(repository);
  const [measured, risk] = await Promise.all([
    measure(repository, writable),
    findCommitRisk(repository),
  ]);
  return { git: measured.git, warnings: [...excluded, ...measured.warnings, ...risk.warnings] };
}

async function measure(repository: Repository, writable: Writable): Promise<Surroundings> {
  const [inspection, commits] = await Promise.all([
    inspect(repository),
    recentCommits(repository, commitsShown),
  ]);
  const branch = headBranch(inspection.head);
  const named = await identify(repository, writable, { branch, known: inspection.identities });
  const isUnread = commits === undefined && inspection.head.kind !== 'unborn';
  const unread = 'The newest commits could not be read; is the repository whole? Try: git fsck';
  return {
    git: { ...inspection, identity: named.identity, recentCommits: commits ?? [] },
    warnings: [...named.warnings, ...(isUnread ? [unread] : [])],
  };
}

interface Identified {
  readonly identity: BranchIdentity | undefined;
  readonly warnings: readonly string[];
}

/** The branch's identity, made now when this is its first session. */
async function identify(
  repository: Repository,
  { vault, sessions }: Writable,
  { branch, known }: { readonly branch: BranchName | undefined; readonly known: BranchIdentities },
): Promise<Identified> {
  if (branch === undefined) return { identity: undefined, warnings: [] };
  const found = known.get(branch)?.at(-1);
  if (found !== undefined || vault === undefined) return { identity: found, warnings: [] };
  try {
    return await withLock(vault.directory, sessions.io, () => makeIdentity(repository, branch));
  } catch (error) {
    // A session without its branch's identity is better than none.
    if (error instanceof Failure) return unidentified(error.message);
    if (isSystemError(error)) return unidentified(describeError(error));
    throw error;
  }
}

/** Under the vault's lock: another process may have made it meanwhile. */
async function makeIdentity(repository: Repository, branch: BranchName): Promise<Identified> {
  const meanwhile = (await readIdentities(repository)).get(branch)?.at(-1);
  if (meanwhile !== undefined) return { identity: meanwhile, warnings: [] };
  const written = await writeIdentity(repository, branch);
  return written.ok ? { identity: written.identity, warnings: [] } : unidentified(written.reason);
}

function unidentified(reason: string): Identified {
  const warning =
    `The branch could not be given its identity (${reason}): the session is found by the branch's ` +
    'name, and will not follow it when it is renamed.';
  return { identity: undefined, warnings: [warning] };
}
