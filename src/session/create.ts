import {
  type BranchIdentity,
  type Change,
  type Commit,
  headBranch,
  headOid,
  type Operation,
  type WorkTreeStatus,
} from './git-state.ts';
import type { Notes } from './notes.ts';
import { parseRecord, type SessionId, type SessionRecord, schemaVersion } from './record.ts';
import { type Whereabouts, waysBack } from './ways-back.ts';

/** The moment of a pause, as far as git knows it. */
export interface GitMoment extends WorkTreeStatus {
  readonly operation: Operation | null;
  readonly identity: BranchIdentity | undefined;
  readonly recentCommits: readonly Commit[];
}

/** Everything a session is made of. */
export interface Pause {
  readonly id: SessionId;
  readonly pausedAt: Date;
  readonly trigger: SessionRecord['trigger'];
  /** Real path of the work tree, or of the directory outside git. */
  readonly projectPath: string;
  readonly workingDirectory: string;
  readonly notes: Notes;
  readonly agents: SessionRecord['agents'];
  /** Undefined outside git. */
  readonly git: GitMoment | undefined;
}

/** The record of a pause, complete but for what is measured elsewhere. */
export function createSession(pause: Pause): SessionRecord {
  const { notes, git } = pause;
  const parsed = parseRecord({
    schema_version: schemaVersion,
    session_id: pause.id,
    paused_at: pause.pausedAt.toISOString(),
    project_path: wellFormed(pause.projectPath),
    trigger: pause.trigger,
    conversation: {
      ...(notes.task === undefined ? {} : { primary_task: wellFormed(notes.task) }),
      ...(notes.phase === undefined ? {} : { current_phase: wellFormed(notes.phase) }),
      summary: wellFormed(notes.message ?? ''),
      accomplishments: notes.done.map(wellFormed),
      next_steps: notes.next.map(wellFormed),
    },
    todos: {
      active: notes.todo.map((content) => ({ content: wellFormed(content), status: 'pending' })),
      completed: [],
    },
    open_questions: notes.question.map(wellFormed),
    important_reminders: notes.reminder.map(wellFormed),
    resume_instructions: {
      quick_start: waysBack({ session_id: pause.id, git_context: placeOf(git) }).map(
        ({ command }) => command,
      ),
      files_to_review: notes.file.map(wellFormed),
      validation_commands: {
        ...(git === undefined ? {} : { check_git: 'git status && git log -1 --stat' }),
        check_session: `mpm-session show ${pause.id}`,
      },
    },
    git_context: contextOf(git),
    work: null,
    agents: pause.agents,
    active_context: { working_directory: wellFormed(pause.workingDirectory) },
    lifecycle: { status: 'paused' },
  });
  if (parsed.ok) return parsed.record;
  throw new Error(`createSession made a record that does not parse: ${JSON.stringify(parsed)}`);
}

/** A lone surrogate has no UTF-8 form, and would differ between the files of one session. */
function wellFormed(text: string): string {
  return text.toWellFormed();
}

function placeOf(git: GitMoment | undefined): Whereabouts['git_context'] {
  if (git === undefined) return { is_git_repo: false, branch: null, head: null, detached: false };
  return {
    is_git_repo: true,
    branch: headBranch(git.head) ?? null,
    head: headOid(git.head) ?? null,
    detached: git.head.kind === 'detached',
  };
}

function contextOf(git: GitMoment | undefined): unknown {
  return { ...placeOf(git), ...(git === undefined ? nothingMeasured : measuredIn(git)) };
}

const nothingMeasured = {
  upstream: null,
  operation: null,
  stash_count: null,
  recent_commits: [],
  status: null,
};

function measuredIn(git: GitMoment): object {
  const isTracked = (change: Change) => change.kind !== 'untracked';
  return {
    ...(git.identity === undefined ? {} : { branch_id: git.identity }),
    upstream: git.upstream,
    operation: git.operation,
    stash_count: git.stashCount,
    recent_commits: git.recentCommits,
    status: {
      clean: git.changes.length === 0,
      modified_files: git.changes.filter(isTracked).map(({ path }) => path.text),
      untracked_files: git.changes
        .filter((change) => !isTracked(change))
        .map(({ path }) => path.text),
      changes: git.changes.map(changeInRecord),
    },
  };
}

function changeInRecord({ path, from, index, worktree, kind }: Change): unknown {
  return {
    path: path.text,
    ...(path.base64 === undefined ? {} : { path_base64: path.base64 }),
    ...(from === undefined ? {} : { from: from.text }),
    ...(from?.base64 === undefined ? {} : { from_base64: from.base64 }),
    index,
    worktree,
    kind,
  };
}
