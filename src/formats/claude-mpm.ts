import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import {
  type ParsedRecord,
  parseRecord,
  type SessionRecord,
  schemaVersion,
  wrongShape,
} from '../session/record.ts';

/**
 * The JSON that claude-mpm's own pause writes (v4.20 and later). Many of its fields are constants
 * whatever happened; those are not taken over, because they say nothing.
 *
 * - No HEAD, upstream, operation or stash count is in it: null.
 * - `branch` is empty exactly when HEAD was detached, and `unknown` with no commits when git failed,
 *   which it then also calls clean: neither branch nor status is known.
 * - Outside the top level of a repository it asks git nothing, and calls that clean, too.
 * - `modified_files` mixes staged and unstaged, so `changes` stays empty. The names are taken over as
 *   they are: quoted by git, and the first sometimes without its first letter.
 *
 * Keys that it does not write itself are kept. Never throws.
 */
export function decodeClaudeMpm(value: unknown): ParsedRecord {
  const result = v.safeParse(pauseSchema, value, { abortEarly: true });
  if (!result.success) return wrongShape(result.issues[0]);
  const pause = result.output;
  return parseRecord({
    ...otherKeys(pause),
    schema_version: schemaVersion,
    session_id: pause.session_id,
    paused_at: inUtc(pause.paused_at),
    project_path: pause.project_path,
    trigger: pause['incremental_pause'] === undefined ? 'manual' : 'agent',
    conversation: conversationOf(pause),
    todos: pause.todos,
    open_questions: pause.open_questions,
    important_reminders: pause.important_reminders,
    resume_instructions: instructionsOf(pause),
    git_context: gitContextOf(pause),
    work: null,
    agents: [],
    active_context: pause.active_context,
    lifecycle: { status: 'paused' },
  });
}

const text = v.nullish(v.string(), '');
const texts = v.nullish(v.array(v.string()), () => []);

/** What is asked of a file before it is taken for claude-mpm's; of the rest, only what is there. */
const pauseSchema = v.looseObject({
  session_id: v.string(),
  paused_at: v.string(),
  project_path: text,
  conversation: v.looseObject({
    primary_task: text,
    current_phase: text,
    summary: text,
    accomplishments: texts,
    next_steps: texts,
  }),
  git_context: v.looseObject({
    is_git_repo: v.boolean(),
    branch: text,
    recent_commits: v.nullish(v.array(v.unknown()), () => []),
    status: v.nullish(
      v.looseObject({ clean: v.boolean(), modified_files: texts, untracked_files: texts }),
    ),
  }),
  important_reminders: texts,
  open_questions: texts,
  resume_instructions: v.nullish(
    v.looseObject({
      quick_start: texts,
      files_to_review: texts,
      validation_commands: v.nullish(v.record(v.string(), v.string()), () => ({})),
    }),
    () => ({}),
  ),
  active_context: v.nullish(v.looseObject({ working_directory: text }), () => ({})),
  todos: v.nullish(v.unknown(), () => ({ active: [], completed: [] })),
});

type Pause = v.InferOutput<typeof pauseSchema>;

/**
 * What other tools added. `version` is the project's or claude-mpm's own, nobody can tell which;
 * `checksum` would be ours, and it has none.
 */
function otherKeys(pause: Pause): Record<string, unknown> {
  const { version: _, build: __, checksum: ___, ...rest } = pause;
  return Object.fromEntries(Object.entries(rest).filter(([key, value]) => !isConstant(key, value)));
}

function isConstant(key: string, value: unknown): boolean {
  const constant = constants.get(key);
  return constant !== undefined && isDeepStrictEqual(value, constant);
}

const constants = new Map<string, unknown>([
  ['duration_hours', 0],
  ['context_usage', { tokens_used: 0, tokens_total: 200_000, percentage: 0 }],
  ['performance_metrics', {}],
  ['task_list', { pending_tasks: [], in_progress_tasks: [], completed_count: 0 }],
]);

/** Also what Python's `isoformat` gives: microseconds, and `+00:00`. Its ids are UTC, so a time is. */
function inUtc(time: string): string {
  const zoned = /(?:z|[+-]\d\d:?\d\d)$/i.test(time) ? time : `${time}Z`;
  const date = new Date(zoned);
  return Number.isNaN(date.getTime()) ? time : date.toISOString();
}

function conversationOf({ conversation }: Pause): SessionRecord['conversation'] {
  const { primary_task: task, current_phase: phase, summary, ...rest } = conversation;
  return {
    ...rest,
    ...(task !== '' && task !== 'Manual pause - see message below' && { primary_task: task }),
    ...(phase !== '' && phase !== 'In progress' && { current_phase: phase }),
    summary: summary === 'No summary provided' ? '' : summary,
  };
}

function instructionsOf(pause: Pause): SessionRecord['resume_instructions'] {
  const { resume_instructions: given, session_id: id } = pause;
  const markdown = `${id}.md`;
  const isTemplate = (line: string) =>
    line === `Read ${markdown} for full context` ||
    line === 'Run: git status to check current state' ||
    (line.startsWith('Run: cat ') && line.endsWith('/LATEST-SESSION.txt'));
  const isTemplateCheck = (command: string) =>
    command === 'git status && git log -1 --stat' ||
    (command.startsWith('cat ') && command.endsWith(`/${markdown}`));
  return {
    ...given,
    quick_start: given.quick_start.filter((line) => !isTemplate(line)),
    validation_commands: Object.fromEntries(
      Object.entries(given.validation_commands).filter(([, command]) => !isTemplateCheck(command)),
    ),
  };
}

function gitContextOf({ git_context: git }: Pause): unknown {
  const gitFailed = git.branch === 'unknown' && git.recent_commits.length === 0;
  const asked = git.is_git_repo && !gitFailed;
  return {
    is_git_repo: git.is_git_repo,
    branch: asked && git.branch !== '' ? git.branch : null,
    head: null,
    detached: asked && git.branch === '',
    upstream: null,
    operation: null,
    stash_count: null,
    recent_commits: git.recent_commits,
    status: asked && git.status ? { ...git.status, changes: [] } : null,
  };
}
