import type { SessionRecord } from './record.ts';

/**
 * What an automatic pause of a branch that was left is to do: a new session, or the newest one
 * brought up to date; or nothing, for that reason.
 */
export type AutomaticPause = 'new' | 'update' | 'left-clean' | 'left-unchanged';

/**
 * Decides by the branch's newest session and the moment as a session of its own would record it. A
 * session that an automatic pause of this work tree made is its to change; any other stays what it
 * is, and so does what somebody dismissed.
 */
export function decideAutomaticPause(
  newest: SessionRecord | undefined,
  moment: SessionRecord,
): AutomaticPause {
  const isClean = moment.git_context.status?.clean === true;
  if (newest === undefined) return isClean ? 'left-clean' : 'new';
  const { status } = newest.lifecycle;
  // One that was resumed was worked on: also in the same files, whose contents are not compared.
  if (status !== 'resumed' && isSameState(newest, moment)) return 'left-unchanged';
  const isOurs = newest.trigger === 'switch' && newest.project_path === moment.project_path;
  if (isClean) return isOurs && status === 'paused' ? 'update' : 'left-clean';
  return isOurs && status !== 'dismissed' ? 'update' : 'new';
}

/** Whether git would say the same of both moments, as far as sessions record it. */
function isSameState(one: SessionRecord, other: SessionRecord): boolean {
  const told = ({ git_context: git }: SessionRecord) =>
    JSON.stringify([git.branch, git.head, git.operation, git.status?.changes]);
  return told(one) === told(other);
}

/**
 * A session of its own moment with what people (or an agent) had said in an earlier one of the same
 * branch, so that an automatic pause never buries it. What was dismissed is not brought back.
 */
export function withNotesOf(
  moment: SessionRecord,
  earlier: SessionRecord | undefined,
): SessionRecord {
  if (earlier === undefined || earlier.lifecycle.status === 'dismissed') return moment;
  const { files_to_review } = earlier.resume_instructions;
  return {
    ...earlier,
    ...moment,
    conversation: earlier.conversation,
    todos: earlier.todos,
    open_questions: earlier.open_questions,
    important_reminders: earlier.important_reminders,
    resume_instructions: { ...moment.resume_instructions, files_to_review },
    agents: earlier.agents,
  };
}
