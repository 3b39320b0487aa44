import * as v from 'valibot';
import { changeKinds, operations } from './git-state.ts';

/** The newest layout of the record that this version reads and the only one it writes. */
export const schemaVersion = 1;

/** `session-YYYYMMDD-HHMMSS`, UTC. claude-mpm reads no other names. */
export type SessionId = string & { readonly brand: 'SessionId' };

export function isSessionId(text: string): text is SessionId {
  return /^session-\d{8}-\d{6}$/.test(text);
}

/** The id of a pause at `time`, to the second. */
export function sessionIdAt(time: Date): SessionId {
  const digits = time.toISOString().replace(/[-:]/g, '');
  return `session-${digits.slice(0, 8)}-${digits.slice(9, 15)}` as SessionId;
}

const text = v.string();
const texts = v.array(v.string());
/** No path has a NUL, and no system takes one that does. */
const path = v.pipe(
  text,
  v.check((value) => !value.includes('\0'), 'holds a NUL character'),
);
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const oid = v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'not a full object id'));
const time = v.pipe(
  v.string(),
  v.check((value) => !Number.isNaN(Date.parse(value)), 'not a date'),
);

const change = v.looseObject({
  path: text,
  path_base64: v.exactOptional(text),
  from: v.exactOptional(text),
  from_base64: v.exactOptional(text),
  index: text,
  worktree: text,
  kind: v.picklist(changeKinds),
});

const commit = v.looseObject({ sha: text, author: text, timestamp: text, message: text });

const todo = v.looseObject({
  content: text,
  status: v.picklist(['pending', 'in_progress', 'completed']),
});

/** The agents known by name, as options and the configuration spell them. */
export const agentNames = ['claude-code', 'codex', 'gemini', 'copilot', 'opencode'] as const;

const agent = v.looseObject({ name: text, session_id: v.exactOptional(text) });

const gitContext = v.looseObject({
  is_git_repo: v.boolean(),
  branch: v.nullable(text),
  head: v.nullable(oid),
  detached: v.boolean(),
  branch_id: v.exactOptional(text),
  upstream: v.nullable(
    v.looseObject({ name: text, ahead: v.nullable(count), behind: v.nullable(count) }),
  ),
  operation: v.nullable(v.picklist(operations)),
  stash_count: v.nullable(count),
  recent_commits: v.array(commit),
  status: v.nullable(
    v.looseObject({
      clean: v.boolean(),
      modified_files: texts,
      untracked_files: texts,
      changes: v.array(change),
    }),
  ),
});

/**
 * The one judge of a session, whatever file it was decoded from. Unknown keys are kept, so that a
 * record passes through this version without losing what another tool wrote.
 * A field that was not measured is absent or null.
 */
const recordSchema = v.looseObject({
  schema_version: v.literal(schemaVersion),
  session_id: v.custom<SessionId>(
    (value) => typeof value === 'string' && isSessionId(value),
    'not a session id',
  ),
  paused_at: time,
  project_path: path,
  trigger: v.picklist(['manual', 'switch', 'agent']),
  conversation: v.looseObject({
    primary_task: v.exactOptional(text),
    current_phase: v.exactOptional(text),
    /** The message; empty when none was given. */
    summary: text,
    accomplishments: texts,
    next_steps: texts,
  }),
  todos: v.looseObject({ active: v.array(todo), completed: v.array(todo) }),
  open_questions: texts,
  important_reminders: texts,
  resume_instructions: v.looseObject({
    quick_start: texts,
    files_to_review: texts,
    validation_commands: v.record(v.string(), text),
  }),
  git_context: gitContext,
  /** What was saved of the uncommitted changes; null when nothing was. */
  work: v.null(),
  agents: v.array(agent),
  active_context: v.looseObject({ working_directory: path }),
  lifecycle: v.looseObject({
    status: v.picklist(['paused', 'resumed', 'dismissed']),
    resumed_at: v.exactOptional(time),
    dismissed_at: v.exactOptional(time),
  }),
});

export type SessionRecord = v.InferOutput<typeof recordSchema>;
export type GitContext = SessionRecord['git_context'];

export type Todo = SessionRecord['todos']['active'][number];

/** Why a value is not a session record. */
export type RecordProblem =
  | { readonly kind: 'newer-schema'; readonly version: number }
  /** `where` is the dotted path of the first wrong field, empty for the whole. */
  | { readonly kind: 'wrong-shape'; readonly where: string; readonly what: string };

export type ParsedRecord =
  | { readonly ok: true; readonly record: SessionRecord }
  | { readonly ok: false; readonly problem: RecordProblem };

/** Judges a decoded value. Never throws. */
export function parseRecord(value: unknown): ParsedRecord {
  const version = schemaVersionOf(value);
  if (version !== undefined && version > schemaVersion) {
    return { ok: false, problem: { kind: 'newer-schema', version } };
  }
  const result = v.safeParse(recordSchema, value, { abortEarly: true });
  if (result.success) return { ok: true, record: result.output };
  return wrongShape(result.issues[0]);
}

/** What a schema found wrong with a value, as the problem of a record. */
export function wrongShape(issue: v.BaseIssue<unknown>): ParsedRecord {
  const where = v.getDotPath(issue) ?? '';
  return { ok: false, problem: { kind: 'wrong-shape', where, what: whatIsWrong(issue) } };
}

/** Without quoting the value, as Valibot's own message does: it may be anybody's, and of any size. */
function whatIsWrong(issue: v.BaseIssue<unknown>): string {
  // These carry our own words.
  if (issue.kind === 'validation' || issue.type === 'custom') return issue.message;
  return issue.received === 'undefined'
    ? 'missing'
    : `expected ${issue.expected ?? 'another value'}`;
}

function schemaVersionOf(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || !('schema_version' in value)) return undefined;
  return typeof value.schema_version === 'number' ? value.schema_version : undefined;
}
