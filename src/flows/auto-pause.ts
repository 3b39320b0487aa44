import { type Checkout, type Left, whatWasLeft } from '../git/left-branch.ts';
import type { Decision } from '../hooks/decisions.ts';
import type { Project } from '../project.ts';
import { decideAutomaticPause, withNotesOf } from '../session/automatic-pause.ts';
import { createSession } from '../session/create.ts';
import type { ReadableEntry } from '../session/entry.ts';
import type { BranchName } from '../session/git-state.ts';
import { noNotes } from '../session/notes.ts';
import { type SessionId, sessionIdAt } from '../session/record.ts';
import { branchLastEntered } from '../store/last-switch.ts';
import { vaultIn } from '../store/vault.ts';
import { updateSession } from './lifecycle.ts';
import { newestOffered } from './offer-session.ts';
import { type Measured, measureMoment, type PauseRequest, pauseSession } from './pause.ts';

/** What became of an automatic pause. */
export interface AutoPaused {
  readonly outcome: 'paused' | 'quiet';
  readonly reason: Decision;
  /** The session, or the branch that was left. */
  readonly detail: string;
  readonly warnings: readonly string[];
}

/**
 * Pauses the branch that was just left, the uncommitted changes having been carried along. Its newest
 * session is brought up to date when an automatic pause made it; otherwise a new one keeps what its
 * notes say. Nothing is written when nothing has changed since, or nothing is left unfinished.
 *
 * @throws Failure of {@link pauseSession} and {@link updateSession}
 */
export async function autoPause(
  project: Project & { readonly repository: NonNullable<Project['repository']> },
  checkout: Checkout,
  workingDirectory: string,
): Promise<AutoPaused> {
  const { repository } = project;
  const left = await whatWasLeft(repository, {
    ...checkout,
    lastEntered: branchLastEntered(vaultIn(repository.layout.commonDir), repository.layout.gitDir),
  });
  if (left.kind !== 'branch') return nothing(reasons[left.kind], checkout.old);
  const { branch, oid } = left;
  const measured = await measureMoment(repository, { branch, oid });
  const newest = newestOf(project, measured, branch);
  const now = project.sessions.io.now();
  const automatic: PauseRequest = {
    notes: noNotes,
    trigger: 'switch',
    agents: [],
    workingDirectory,
  };
  const moment = (id: SessionId) =>
    createSession({
      ...automatic,
      id,
      pausedAt: now,
      projectPath: project.root,
      git: { ...measured.moment, identity: measured.identities.get(branch)?.at(-1) },
    });
  const decision = decideAutomaticPause(newest?.record, moment(newest?.id ?? sessionIdAt(now)));
  if (decision === 'left-clean' || decision === 'left-unchanged') return nothing(decision, branch);
  if (decision === 'update' && newest !== undefined) {
    const { warnings } = await updateSession(project, newest, (record) =>
      withNotesOf(moment(record.session_id), record),
    );
    return { outcome: 'paused', reason: 'brought-up-to-date', detail: newest.id, warnings };
  }
  const { record, warnings } = await pauseSession(project, {
    ...automatic,
    measured,
    finish: (fresh) => withNotesOf(fresh, newest?.record),
  });
  return { outcome: 'paused', reason: 'left', detail: record.session_id, warnings };
}

const reasons = {
  detached: 'left-detached',
  unborn: 'no-commit',
  unknown: 'left-unknown',
} as const satisfies Record<Exclude<Left['kind'], 'branch'>, Decision>;

function nothing(reason: Decision, detail: string): AutoPaused {
  return { outcome: 'quiet', reason, detail, warnings: [] };
}

function newestOf(
  project: Project,
  { identities }: Measured,
  branch: BranchName,
): ReadableEntry | undefined {
  const { vault } = project.sessions;
  return vault === undefined ? undefined : newestOffered(vault, identities.get(branch) ?? []);
}
