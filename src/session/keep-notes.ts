import type { SessionRecord } from './record.ts';

/**
 * A session of its own moment with what people (or an agent) had said in an earlier one of the same
 * branch, so that an automatic pause never buries it.
 */
export function withNotesOf(moment: SessionRecord, earlier: SessionRecord): SessionRecord {
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

/** Whether git would say the same of both moments, as far as sessions record it. */
export function isSameState(one: SessionRecord, other: SessionRecord): boolean {
  const told = ({ git_context: git }: SessionRecord) =>
    JSON.stringify([git.branch, git.head, git.operation, git.status?.changes]);
  return told(one) === told(other);
}
