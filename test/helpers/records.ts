import fc from 'fast-check';
import { type SessionId, type SessionRecord, sessionIdAt } from '../../src/session/record.ts';

/** The least a session can hold: paused outside git, without a word. */
export function emptyRecord(changes: Partial<SessionRecord> = {}): SessionRecord {
  return {
    schema_version: 1,
    session_id: 'session-20261122-141852' as SessionId,
    paused_at: '2026-11-22T14:18:52.899Z',
    project_path: '/home/dev/shop',
    trigger: 'manual',
    conversation: { summary: '', accomplishments: [], next_steps: [] },
    todos: { active: [], completed: [] },
    open_questions: [],
    important_reminders: [],
    resume_instructions: { quick_start: [], files_to_review: [], validation_commands: {} },
    git_context: {
      is_git_repo: false,
      branch: null,
      head: null,
      detached: false,
      upstream: null,
      operation: null,
      stash_count: null,
      recent_commits: [],
      status: null,
    },
    work: null,
    agents: [],
    active_context: { working_directory: '/home/dev/shop' },
    lifecycle: { status: 'paused' },
    ...changes,
  };
}

export const someOid = '1f0b8a8d4a9c2b6d7e5f3a1c9b8d7e6f5a4b3c2d';

/** Paused on a branch with one of everything. */
export function fullRecord(changes: Partial<SessionRecord> = {}): SessionRecord {
  return emptyRecord({
    conversation: {
      primary_task: 'Login with passkeys',
      current_phase: 'testing',
      summary: 'about to test the login flow\nwith an expired token',
      accomplishments: ['form', 'session cookie'],
      next_steps: ['test expiry', 'write the docs'],
    },
    todos: {
      active: [
        { content: 'fix the redirect', status: 'in_progress' },
        { content: 'ask about 2FA', status: 'pending' },
      ],
      completed: [{ content: 'schema', status: 'completed' }],
    },
    open_questions: ['Do refresh tokens rotate?'],
    important_reminders: ['the staging key expires on Friday'],
    resume_instructions: {
      quick_start: ['start the mail catcher'],
      files_to_review: ['src/login.ts'],
      validation_commands: { check_git: 'git status' },
    },
    git_context: {
      is_git_repo: true,
      branch: 'feature/login',
      head: someOid,
      detached: false,
      branch_id: '0123456789abcdef0123',
      upstream: { name: 'origin/feature/login', ahead: 2, behind: 1 },
      operation: 'rebase',
      stash_count: 1,
      recent_commits: [
        {
          sha: '1f0b8a8',
          author: 'Ada Lovelace',
          timestamp: '2026-11-21T10:00:00+01:00',
          message: 'feat: passkeys',
        },
      ],
      status: {
        clean: false,
        modified_files: ['src/login.ts', 'src/new name.ts'],
        untracked_files: ['notes.txt'],
        changes: [
          { path: 'src/login.ts', index: '.', worktree: 'M', kind: 'unstaged' },
          {
            path: 'src/new name.ts',
            from: 'src/old.ts',
            index: 'R',
            worktree: '.',
            kind: 'staged',
          },
          { path: 'notes.txt', index: '?', worktree: '?', kind: 'untracked' },
        ],
      },
    },
    agents: [{ name: 'claude-code', session_id: '5b1d' }],
    ...changes,
  });
}

/** Texts that formats have been seen to get wrong, among any other: also lone surrogates. */
export const oddText = fc.oneof(
  fc.constantFrom(
    ...['12e4567', '0123489', 'yes', 'No', 'null', '~', '2026-11-22', '1:30', '0x1f', '.inf', '='],
    ...[
      '',
      ' ',
      ' leading',
      'trailing ',
      'a: b',
      '# c',
      '- d',
      '---',
      '...',
      '%TAG',
      '"q"',
      "it's",
    ],
    ...[
      '&anchor',
      '*alias',
      '!tag',
      '@',
      '`',
      '{',
      '[',
      '|',
      '>',
      '? key',
      '<<',
      '\ufeffbom',
      '\0',
    ],
    ...['two\nlines', 'two\n', 'three\n\n\n', '\n', '\nfirst', 'a\n  b\n c', 'a\n \nb', 'a\n\tb\n'],
    ...[
      'a\r\nb',
      'a\u0085b',
      'a\u2028b\nc',
      'a\u202eb\nc',
      '\x1b[31m',
      '\\n',
      '\\',
      '\ud83d',
      '日本 😀',
    ],
    ...['C:\\new', 'a\nb #c\n: d', '\ufffe\nx', '\u{e0041}', 'é\ne\u0301'],
  ),
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\t', ':', '#', '-', '\r', '"', '\u2028') }),
);

/** No system's paths have a NUL; the schema refuses them. */
const oddPath = oddText.map((path) => path.replaceAll('\0', ''));

const time = fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
const texts = fc.array(oddText, { maxLength: 3 });
const oid = fc.stringMatching(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const todos = fc.array(
  fc.record({
    content: oddText,
    status: fc.constantFrom('pending' as const, 'in_progress' as const, 'completed' as const),
  }),
  { maxLength: 2 },
);

const change = fc.record(
  {
    path: oddText,
    path_base64: oddText,
    from: oddText,
    index: fc.constantFrom('.', 'M', 'R', '?'),
    worktree: fc.constantFrom('.', 'M', '?'),
    kind: fc.constantFrom(
      'staged' as const,
      'unstaged' as const,
      'both' as const,
      'untracked' as const,
      'conflicted' as const,
    ),
  },
  { requiredKeys: ['path', 'index', 'worktree', 'kind'] },
);

const gitContext = fc.record(
  {
    is_git_repo: fc.boolean(),
    branch: fc.option(oddText),
    head: fc.option(oid),
    detached: fc.boolean(),
    branch_id: oddText,
    upstream: fc.option(
      fc.record({ name: oddText, ahead: fc.option(fc.nat()), behind: fc.option(fc.nat()) }),
    ),
    operation: fc.option(fc.constantFrom('merge' as const, 'am' as const)),
    stash_count: fc.option(fc.nat()),
    recent_commits: fc.array(
      fc.record({ sha: oddText, author: oddText, timestamp: oddText, message: oddText }),
      { maxLength: 2 },
    ),
    status: fc.option(
      fc.record({
        clean: fc.boolean(),
        modified_files: texts,
        untracked_files: texts,
        changes: fc.array(change, { maxLength: 3 }),
      }),
    ),
  },
  {
    requiredKeys: [
      'is_git_repo',
      'branch',
      'head',
      'detached',
      'upstream',
      'operation',
      'stash_count',
      'recent_commits',
      'status',
    ],
  },
);

/** Any key but those that no object of JavaScript's can be trusted with; the schema drops them. */
const key = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('yes', 'on', 'null', '1', 'a: b', '- c', ''),
  )
  .filter((name) => !['__proto__', 'constructor', 'prototype'].includes(name));

/** What another tool added: any JSON, here and there. */
const extra = fc.dictionary(
  key.map((name) => `x_${name}`),
  fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown),
  { maxKeys: 2 },
);

/** Any record the schema takes. */
export const anyRecord: fc.Arbitrary<SessionRecord> = fc
  .record({
    extra,
    base: fc.record({
      session_id: fc
        .date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
        .map(sessionIdAt),
      paused_at: time,
      project_path: oddPath,
      trigger: fc.constantFrom('manual' as const, 'switch' as const, 'agent' as const),
      conversation: fc.record(
        {
          primary_task: oddText,
          current_phase: oddText,
          summary: oddText,
          accomplishments: texts,
          next_steps: texts,
        },
        { requiredKeys: ['summary', 'accomplishments', 'next_steps'] },
      ),
      todos: fc.record({ active: todos, completed: todos }),
      open_questions: texts,
      important_reminders: texts,
      resume_instructions: fc.record({
        quick_start: texts,
        files_to_review: texts,
        validation_commands: fc.dictionary(key, oddText, { maxKeys: 3 }),
      }),
      git_context: gitContext,
      agents: fc.array(
        fc.record({ name: oddText, session_id: oddText }, { requiredKeys: ['name'] }),
        { maxLength: 2 },
      ),
      active_context: fc.record({ working_directory: oddPath }),
      lifecycle: fc.record(
        {
          status: fc.constantFrom('paused' as const, 'resumed' as const, 'dismissed' as const),
          resumed_at: time,
          dismissed_at: time,
        },
        { requiredKeys: ['status'] },
      ),
    }),
  })
  .map(({ base, extra: added }) => ({ ...added, ...emptyRecord(base) }));

/** The value as JSON text can carry it: lone surrogates replaced. */
export function wellFormed<Value>(value: Value): Value {
  const text = JSON.stringify(value, (_, child: unknown) =>
    typeof child === 'string' ? child.toWellFormed() : child,
  );
  return JSON.parse(text) as Value;
}
