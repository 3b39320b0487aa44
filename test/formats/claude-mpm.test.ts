import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { decodeClaudeMpm } from '../../src/formats/claude-mpm.ts';
import { checksumState, decodeJson, encodeJson } from '../../src/formats/json.ts';
import { type GitContext, parseRecord, type SessionRecord } from '../../src/session/record.ts';
import { oddText } from '../helpers/records.ts';

/** What claude-mpm's own code wrote in real repositories (v4.20.6 to v6.5.83). */
const fixtures = new URL('../fixtures/claude-mpm/', import.meta.url);

const textOf = (name: string) => readFileSync(new URL(`${name}.json`, fixtures), 'utf8');

const names = readdirSync(fixtures)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length));

function recordOf(name: string): SessionRecord {
  const decoded = decodeJson(textOf(name));
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.problem));
  return decoded.record;
}

type Json = { [key: string]: unknown };

/** A real file with some of its fields changed. */
function changed(name: string, changes: Json): unknown {
  return { ...(JSON.parse(textOf(name)) as Json), ...changes };
}

/** What each file truly tells, beside what it repeats in all of them. */
interface Told {
  readonly id: string;
  readonly at: string;
  readonly summary: string;
  readonly branch?: string;
  readonly detached?: true;
  /** Subjects of the commits, the newest first. */
  readonly commits?: readonly string[];
  readonly sha?: string;
  /** Undefined when git was not asked, or failed. */
  readonly modified?: readonly string[];
  readonly untracked?: readonly string[];
  readonly project?: string;
}

const clean = { modified: [], untracked: [] };
const base = { branch: 'main', commits: ['base'], sha: 'b44a866', ...clean };

const weird = 'line one: "x"\n- dash\n# hash\n  indented\n\x1b[31mred\x1b[0m\ttab 日本語 😀\ntrue';

const told: Readonly<Record<string, Told>> = {
  'clean-repo': {
    id: 'session-20261122-141852',
    at: '2026-11-22T14:18:52.899Z',
    summary: 'Clean repo pause',
    branch: 'feature/login',
    commits: ['fix: third', 'feat: second | with pipe', 'first commit'],
    sha: '6765776',
    ...clean,
  },
  'detached-head': {
    id: 'session-20261122-141853',
    at: '2026-11-22T14:18:53.605Z',
    summary: 'Detached',
    detached: true,
    commits: ['one'],
    sha: '49d2450',
    ...clean,
  },
  'dirty-one-modified': {
    ...base,
    id: 'session-20261122-141853',
    at: '2026-11-22T14:18:53.375Z',
    summary: 'single unstaged change (status.strip() bug)',
    sha: '996156c',
    modified: ['EADME.md'],
  },
  'dirty-repo': {
    ...base,
    id: 'session-20261122-141853',
    at: '2026-11-22T14:18:53.121Z',
    summary: 'Dirty: everything at once',
    sha: '80cd268',
    modified: [
      ...['added.txt', 'alpha.txt', 'beta.txt', 'both.txt', 'deleted.txt', '"file with space.txt"'],
      ...['"old name.txt" -> "new name.txt"', '"quo\\"te.txt"', 'staged.txt', '"tab\\there.txt"'],
      '"\\303\\274\\303\\261\\303\\257\\303\\247\\303\\270d\\303\\251-\\346\\227\\245\\346\\234\\254.txt"',
    ],
    untracked: ['newdir/', '"ni\\303\\261o \\342\\230\\203.md"', '"untracked file.txt"'],
  },
  'linked-worktree': {
    ...base,
    id: 'session-20261122-141855',
    at: '2026-11-22T14:18:56.009Z',
    summary: 'from a linked worktree',
    branch: 'wt-branch',
    modified: [''],
  },
  'message-none': {
    ...base,
    id: 'session-20261122-141854',
    at: '2026-11-22T14:18:54.676Z',
    summary: '',
  },
  'message-weird': {
    ...base,
    id: 'session-20261122-141854',
    at: '2026-11-22T14:18:54.315Z',
    summary: [
      'He said "hi" & it\'s `done`\n\n## Next Steps\n\n- injected step\n\n',
      '**Project**: `/somewhere/else`\n\nünï ☃ 日本語 😀 \x1b[31mred\x1b[0m [bold]rich[/bold] ',
      '[/oops] \\ back\\slash %s $',
      '{HOME} $(id)\ttab\r\nCRLF line\n--- \nkey: value # yaml?',
    ].join(''),
  },
  'no-commits': {
    id: 'session-20261122-141853',
    at: '2026-11-22T14:18:53.828Z',
    summary: 'No commits yet',
  },
  'non-git-dir': {
    id: 'session-20261122-141854',
    at: '2026-11-22T14:18:54.038Z',
    summary: 'Plain directory',
  },
  'pyproject-version': {
    ...base,
    id: 'session-20261122-141857',
    at: '2026-11-22T14:18:57.879Z',
    summary: 'project with pyproject',
    sha: '045d1e6',
  },
  'subdir-of-repo': {
    id: 'session-20261122-141855',
    at: '2026-11-22T14:18:55.742Z',
    summary: 'from a subdirectory',
    project: '/home/dev/subdir-of-repo/pkg/web',
  },
  'yaml-v4.20.6-clean': {
    ...base,
    id: 'session-20261122-141859',
    at: '2026-11-22T14:18:59.806Z',
    summary: 'YAML era clean',
  },
  'yaml-v4.20.6-message-weird': {
    ...base,
    id: 'session-20261122-141900',
    at: '2026-11-22T14:19:00.520Z',
    summary: weird,
  },
  'yaml-v5.6.15-clean': {
    ...base,
    id: 'session-20261122-141858',
    at: '2026-11-22T14:18:58.126Z',
    summary: 'YAML era clean',
  },
  'yaml-v5.6.15-commit': {
    ...base,
    id: 'session-20261122-141900',
    at: '2026-11-22T14:19:00.993Z',
    summary: 'committed by the tool',
    sha: '2d9ba0f',
    modified: ['wip.txt'],
  },
  'yaml-v5.6.15-dirty': {
    ...base,
    id: 'session-20261122-141858',
    at: '2026-11-22T14:18:58.351Z',
    summary: 'YAML era: dirty & "quoted" ☃',
    sha: '38c2293',
    modified: ['EADME.md', '"\\303\\274\\303\\261\\303\\257.txt"'],
    untracked: ['"new file.txt"'],
  },
  'yaml-v6.5.34-clean': {
    ...base,
    id: 'session-20261122-141858',
    at: '2026-11-22T14:18:58.972Z',
    summary: 'YAML era clean',
  },
  'yaml-v6.5.34-message-weird': {
    ...base,
    id: 'session-20261122-141859',
    at: '2026-11-22T14:18:59.549Z',
    summary: weird,
  },
};

test('every file has its expectation', () => {
  expect(names.toSorted()).toEqual(Object.keys(told).toSorted());
});

test.each(Object.entries(told))('%s holds what it tells and nothing else', (name, expected) => {
  const project = expected.project ?? `/home/dev/${name}`;
  const askedGit = expected.modified !== undefined;
  const commit = (message: string, index: number) => ({
    sha: index === 0 ? expected.sha : expect.stringMatching(/^[0-9a-f]{7}$/),
    author: 'Ada Lovelace',
    timestamp: '2026-01-05 10:00:00 +0100',
    message,
  });
  expect(recordOf(name)).toEqual({
    schema_version: 1,
    session_id: expected.id,
    paused_at: expected.at,
    project_path: project,
    trigger: 'manual',
    conversation: { summary: expected.summary, accomplishments: [], next_steps: [] },
    todos: { active: [], completed: [] },
    open_questions: [],
    important_reminders: [],
    resume_instructions: { quick_start: [], files_to_review: [], validation_commands: {} },
    git_context: {
      is_git_repo: askedGit || name === 'no-commits',
      branch: expected.branch ?? null,
      head: null,
      detached: expected.detached ?? false,
      upstream: null,
      operation: null,
      stash_count: null,
      recent_commits: (expected.commits ?? []).map(commit),
      status: askedGit
        ? {
            clean: [...(expected.modified ?? []), ...(expected.untracked ?? [])].length === 0,
            modified_files: expected.modified,
            untracked_files: expected.untracked,
            changes: [],
          }
        : null,
    },
    work: null,
    agents: [],
    active_context: { working_directory: project },
    lifecycle: { status: 'paused' },
  });
  expect(checksumState(textOf(name))).toBe('absent');
});

test.each(names)('%s is the same after being written as ours', (name) => {
  const record = recordOf(name);
  const text = encodeJson(record);
  expect(checksumState(text)).toBe('valid');
  expect(decodeJson(text)).toEqual({ ok: true, record });
});

describe('beyond the constants', () => {
  const decode = (changes: Json) => {
    const decoded = decodeClaudeMpm(changed('clean-repo', changes));
    if (!decoded.ok) throw new Error(JSON.stringify(decoded.problem));
    return decoded.record;
  };

  const inGit = (changes: Partial<Json>): Json => ({
    git_context: {
      ...(JSON.parse(textOf('clean-repo')) as { git_context: Json }).git_context,
      ...changes,
    },
  });

  test('an automatic pause with real numbers keeps them', () => {
    const usage = { tokens_used: 180_000, tokens_total: 200_000, percentage: 90 };
    const tasks = { pending_tasks: [{ id: '1' }], in_progress_tasks: [], completed_count: 0 };
    const record = decode({
      duration_hours: 1.5,
      context_usage: usage,
      task_list: tasks,
      incremental_pause: { enabled: true },
    });
    expect(record).toMatchObject({
      trigger: 'agent',
      duration_hours: 1.5,
      context_usage: usage,
      task_list: tasks,
    });
  });

  test('todos, questions, reminders and steps are kept', () => {
    const todos = { active: [{ content: 'a', status: 'pending' }], completed: [] };
    const conversation = {
      primary_task: 'Login',
      current_phase: 'Testing',
      summary: 's',
      accomplishments: ['x'],
      next_steps: ['y'],
    };
    const lists = { open_questions: ['q'], important_reminders: ['r'] };
    expect(decode({ todos, conversation, ...lists })).toMatchObject({
      todos,
      conversation,
      ...lists,
    });
  });

  test('instructions of a person stay beside the template that goes', () => {
    const { resume_instructions: template } = JSON.parse(textOf('clean-repo')) as {
      resume_instructions: { quick_start: string[]; validation_commands: Json };
    };
    const record = decode({
      resume_instructions: {
        quick_start: ['start the db', ...template.quick_start],
        files_to_review: ['a.ts'],
        validation_commands: { ...template.validation_commands, test: 'npm test' },
      },
    });
    expect(record.resume_instructions).toEqual({
      quick_start: ['start the db'],
      files_to_review: ['a.ts'],
      validation_commands: { test: 'npm test' },
    });
  });

  test("a branch that is really called 'unknown' is told from a failure of git", () => {
    expect(decode(inGit({ branch: 'unknown' })).git_context).toMatchObject({
      branch: 'unknown',
      status: { clean: true },
    } satisfies Json);
    expect(decode(inGit({ branch: 'unknown', recent_commits: [] })).git_context).toMatchObject({
      is_git_repo: true,
      branch: null,
      status: null,
    } satisfies Json);
  });

  test('what a file claims about HEAD, work or trust beyond its format is not believed', () => {
    const record = decode({
      ...inGit({ head: 'f'.repeat(40), branch_id: '0123456789abcdef0123', operation: 'merge' }),
      work: { manifest: 'x' },
      agents: [{ name: 'x' }],
      lifecycle: { status: 'resumed' },
      checksum: 'sha256:0',
    });
    expect(record.work).toBeNull();
    expect(record.agents).toEqual([]);
    expect(record.lifecycle).toEqual({ status: 'paused' });
    const { head, operation }: GitContext = record.git_context;
    expect({ head, operation }).toEqual({ head: null, operation: null });
    expect(record.git_context).not.toHaveProperty('branch_id');
    expect(record).not.toHaveProperty('checksum');
  });

  test.each([
    ['2026-11-22T14:01:55+00:00', '2026-11-22T14:01:55.000Z'],
    ['2026-11-22T15:01:55.546382+01:00', '2026-11-22T14:01:55.546Z'],
    ['2026-11-22T14:01:55.546382', '2026-11-22T14:01:55.546Z'],
    ['2026-11-22T14:01:55Z', '2026-11-22T14:01:55.000Z'],
  ])('the time %s is %s, whatever time zone this runs in', (written, utc) => {
    for (const zone of ['UTC', 'Asia/Kolkata']) {
      vi.stubEnv('TZ', zone);
      expect(decode({ paused_at: written }).paused_at).toBe(utc);
    }
    vi.unstubAllEnvs();
  });

  test('fields that a hand-made file lacks are empty, not invented', () => {
    const { session_id, paused_at, git_context } = JSON.parse(textOf('clean-repo')) as Json;
    const decoded = decodeClaudeMpm({ session_id, paused_at, git_context, conversation: {} });
    expect(decoded).toMatchObject({
      ok: true,
      record: {
        project_path: '',
        conversation: { summary: '', accomplishments: [], next_steps: [] },
        active_context: { working_directory: '' },
      },
    });
  });
});

describe('a file of the wrong shape is a problem with its place, never an exception', () => {
  test.each([
    ['a list', [], 'session_id'],
    ['null', null, ''],
    ['no conversation', changed('clean-repo', { conversation: null }), 'conversation'],
    ['a number as id', changed('clean-repo', { session_id: 20_261_122 }), 'session_id'],
    ['an id of another form', changed('clean-repo', { session_id: 'session-1' }), 'session_id'],
    ['a number as time', changed('clean-repo', { paused_at: 1 }), 'paused_at'],
    ['no time at all', changed('clean-repo', { paused_at: 'yesterday' }), 'paused_at'],
    ['no git', changed('clean-repo', { git_context: null }), 'git_context'],
    [
      'a map among the steps',
      changed('clean-repo', { conversation: { next_steps: ['a', {}] } }),
      'conversation.next_steps.1',
    ],
    ['todos of its own', changed('clean-repo', { todos: { active: ['a'] } }), 'todos.active.0'],
  ])('%s', (_, value, where) => {
    expect(decodeClaudeMpm(value)).toMatchObject({
      ok: false,
      problem: { kind: 'wrong-shape', where, what: expect.stringMatching(/./) },
    });
  });

  test('the problem does not quote the file', () => {
    const decoded = decodeClaudeMpm(changed('clean-repo', { open_questions: 'secret' }));
    expect(decoded).toEqual({
      ok: false,
      problem: { kind: 'wrong-shape', where: 'open_questions', what: 'expected Array' },
    });
  });

  test('whatever becomes of real files', () => {
    let accepted = 0;
    fc.assert(
      fc.property(damagedFile, (value) => {
        const decoded = decodeClaudeMpm(value);
        if (!decoded.ok) {
          expect(decoded.problem.kind).toBe('wrong-shape');
          return;
        }
        accepted += 1;
        expect(parseRecord(decoded.record)).toEqual(decoded);
      }),
      { numRuns: 10_000 },
    );
    // Both ways were tried, or the test says nothing.
    expect(accepted).toBeGreaterThan(1000);
    expect(accepted).toBeLessThan(9000);
  });

  test('whatever becomes of their text', () => {
    const damagedText = fc
      .tuple(fc.constantFrom(...names), fc.nat(3000), fc.nat(20), oddText)
      .map(([name, at, length, put]) => {
        const text = textOf(name);
        return text.slice(0, at) + put + text.slice(at + length);
      });
    fc.assert(
      fc.property(damagedText, (text) => {
        const decoded = decodeJson(text);
        if (decoded.ok) expect(decodeJson(encodeJson(decoded.record)).ok).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

/** A real file in which some values, at any depth, are gone or others. */
const damagedFile = fc
  .tuple(
    fc.constantFrom(...names),
    fc.array(
      fc.record({
        place: fc.nat(),
        put: fc.oneof(
          fc.constant(undefined),
          fc.constantFrom(null, '', [], {}, 0, -1, true, 'unknown', ['x'], [null], { a: 1 }),
          oddText,
          fc.jsonValue({ maxDepth: 4 }),
        ),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([name, damages]) => {
    const value = JSON.parse(textOf(name)) as Json;
    for (const { place, put } of damages) {
      const places = placesIn(value);
      const chosen = places[place % places.length];
      if (chosen === undefined) continue;
      if (put === undefined) delete chosen.holder[chosen.key];
      else chosen.holder[chosen.key] = structuredClone(put);
    }
    return value;
  });

interface Place {
  readonly holder: Json;
  readonly key: string;
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Json;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesIn(holder[key])]);
}
