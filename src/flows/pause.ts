import { Failure } from '../errors.ts';
import { type BranchIdentities, readIdentities, writeIdentity } from '../git/branch-identity.ts';
import { recentCommits, upstreamOf } from '../git/history.ts';
import { inspect } from '../git/inspect.ts';
import type { Repository } from '../git/repository.ts';
import { worktreeRoots } from '../git/worktrees.ts';
import type { Project } from '../project.ts';
import { createSession, type GitMoment } from '../session/create.ts';
import {
  type BranchIdentity,
  type BranchName,
  headBranch,
  type Oid,
} from '../session/git-state.ts';
import type { Notes } from '../session/notes.ts';
import type { SessionId, SessionRecord } from '../session/record.ts';
import { obstacleTo, type SessionsDirectory, sessionsDirectoryIn } from '../store/directory.ts';
import { withLock } from '../store/lock.ts';
import { adoptSessions } from '../store/mend-sessions.ts';
import { prepareToWrite, type Saved, saveSession, type Writable } from '../store/save-session.ts';
import { describeError, isSystemError } from '../store/system-errors.ts';
import { excludeSessions, findCommitRisk } from './never-committed.ts';
import { publishOffers } from './offers.ts';

/** What is to be remembered, besides what can be measured. */
export interface PauseRequest {
  readonly notes: Notes;
  readonly trigger: SessionRecord['trigger'];
  readonly agents: SessionRecord['agents'];
  /** Where the command ran; absolute. */
  readonly workingDirectory: string;
  /** The moment, when it was measured before; otherwise it is now. */
  readonly measured?: Measured;
  /** What the session is made of, in its last shape: another session's notes may be kept in it. */
  readonly finish?: (record: SessionRecord) => SessionRecord;
}

const commitsShown = 5;

/**
 * Measures the moment and writes it down as a new session.
 *
 * @throws Failure; no session has been written then
 */
export async function pauseSession(project: Project, request: PauseRequest): Promise<Saved> {
  const { repository, sessions } = project;
  const { measured, finish = (record) => record, ...said } = request;
  const writable = prepareToWrite(sessions);
  const found =
    repository === undefined ? outsideGit : await lookAround(repository, writable, measured);
  const create = (id: SessionId, pausedAt: Date) =>
    finish(createSession({ ...said, id, pausedAt, projectPath: project.root, git: found.git }));
  const saved = saveSession(writable, create, await siblingsOf(project, writable));
  const adopted = await adoptSessions(writable);
  // Where the vault cannot be written, that was said already.
  const offering =
    writable.vault === undefined ? [] : await publishOffers(project, [...adopted, saved.record]);
  return { ...saved, warnings: [...found.warnings, ...saved.warnings, ...offering] };
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
async function lookAround(
  repository: Repository,
  writable: Writable,
  known: Measured | undefined,
): Promise<Surroundings> {
  const excluded = excludeSessions(repository);
  const [measured, risk] = await Promise.all([
    measureAndIdentify(repository, writable, known),
    findCommitRisk(repository),
  ]);
  return { git: measured.git, warnings: [...excluded, ...measured.warnings, ...risk.warnings] };
}

/** A moment as it was found, before anything is written for it. */
export interface Measured {
  readonly moment: Omit<GitMoment, 'identity'>;
  readonly identities: BranchIdentities;
  readonly warnings: readonly string[];
}

/** A branch that was just left: its name and the commit that was checked out. */
export interface LeftBranch {
  readonly branch: BranchName;
  readonly oid: Oid;
}

/** The moment on the branch checked out; or, the work tree being carried along, on the one left. */
export async function measureMoment(repository: Repository, left?: LeftBranch): Promise<Measured> {
  const [{ identities, ...inspection }, commits, upstream] = await Promise.all([
    inspect(repository),
    recentCommits(repository, commitsShown, left?.oid),
    left === undefined ? undefined : upstreamOf(repository, left.branch),
  ]);
  const place = left === undefined ? {} : { head: { kind: 'branch', ...left } as const };
  const isUnread = commits === undefined && inspection.head.kind !== 'unborn';
  const unread = 'The newest commits could not be read; is the repository whole? Try: git fsck';
  return {
    moment: {
      ...inspection,
      ...place,
      ...(upstream === undefined ? {} : { upstream }),
      recentCommits: commits ?? [],
    },
    identities,
    warnings: isUnread ? [unread] : [],
  };
}

async function measureAndIdentify(
  repository: Repository,
  writable: Writable,
  found: Measured | undefined,
): Promise<Surroundings> {
  const { moment, identities, warnings } = found ?? (await measureMoment(repository));
  const branch = headBranch(moment.head);
  const named = await identify(repository, writable, { branch, known: identities });
  return {
    git: { ...moment, identity: named.identity },
    warnings: [...named.warnings, ...warnings],
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
