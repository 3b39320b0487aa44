import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Brief, briefOf, type Section } from '../../src/session/brief.ts';
import { cleanText } from '../../src/session/clean-text.ts';
import type { ChangeKind } from '../../src/session/git-state.ts';
import type { GitContext, SessionId, SessionRecord } from '../../src/session/record.ts';
import { anyRecord, emptyRecord, fullRecord, someOid } from '../helpers/records.ts';

type SectionOf<Kind extends Section['kind']> = Extract<Section, { kind: Kind }>;

function section<Kind extends Section['kind']>(
  brief: Brief,
  title: string,
  kind: Kind,
): SectionOf<Kind> | undefined {
  const found = brief.sections.find((candidate) => candidate.title === title);
  if (found === undefined) return undefined;
  if (found.kind !== kind) throw new Error(`'${title}' is of kind ${found.kind}`);
  return found as SectionOf<Kind>;
}

const titles = (record: SessionRecord) => briefOf(record).sections.map(({ title }) => title);

const inGit = (changes: Partial<GitContext>): SessionRecord =>
  emptyRecord({
    git_context: { ...emptyRecord().git_context, is_git_repo: true, ...changes },
  });

const gitFacts = (changes: Partial<GitContext>) =>
  section(briefOf(inGit(changes)), 'Git State', 'facts')?.facts ?? [];

const commands = (record: SessionRecord) =>
  section(briefOf(record), 'How to Resume', 'commands')?.commands.map(({ command }) => command);

const change = (path: string, letters: string, kind: ChangeKind) => ({
  path,
  index: letters.charAt(0),
  worktree: letters.charAt(1),
  kind,
});

const withChanges = (changes: NonNullable<GitContext['status']>['changes']) =>
  inGit({ status: { clean: false, modified_files: [], untracked_files: [], changes } });

test('intent comes first, then what is next, then git, then the way back', () => {
  expect(titles(fullRecord())).toEqual([
    'What You Were Doing',
    'Accomplishments',
    'Next Steps',
    'Todos',
    'Open Questions',
    'Important Reminders',
    'Git State',
    'Changed Files',
    'Recent Commits',
    'Agents',
    'Files to Review',
    'Quick Start',
    'How to Resume',
  ]);
});

test('what is not known is not mentioned', () => {
  const brief = briefOf(
    emptyRecord({ project_path: '', active_context: { working_directory: '' } }),
  );
  expect(brief.title).toEqual({ text: 'Paused session' });
  expect(brief.session.map(({ label }) => label)).toEqual(['Session ID', 'Paused At']);
  expect(brief.sections.map(({ title }) => title)).toEqual(['How to Resume']);
});

test('blank texts are not items', () => {
  const record = emptyRecord({
    conversation: {
      summary: ' \n\t',
      primary_task: '\u200b',
      accomplishments: ['', ' '],
      next_steps: ['\n'],
    },
    todos: { active: [{ content: '\x07', status: 'pending' }], completed: [] },
    resume_instructions: {
      quick_start: [],
      files_to_review: [''],
      validation_commands: { a: ' ' },
    },
    agents: [{ name: '' }],
  });
  expect(titles(record)).toEqual(['How to Resume']);
  expect(commands(record)).toHaveLength(1);
});

test('every string is clean and no section is empty, whatever the record holds', () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      const brief = briefOf(record);
      for (const text of stringsIn(brief)) {
        expect(cleanText(text)).toBe(text);
        expect(text).not.toBe('');
      }
      for (const list of listsIn(brief.sections)) expect(list).not.toEqual([]);
    }),
    { numRuns: 500 },
  );
});

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

function listsIn(value: unknown): unknown[][] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(listsIn);
  return Array.isArray(value) ? [value, ...inner] : inner;
}

test('the message keeps its lines and the indentation of its first', () => {
  const record = emptyRecord({
    conversation: { summary: '\n \n  a\r\n\n    b \n\n', accomplishments: [], next_steps: [] },
  });
  expect(section(briefOf(record), 'What You Were Doing', 'intent')).toEqual({
    title: 'What You Were Doing',
    kind: 'intent',
    summary: '  a\n\n    b',
  });
});

test('next steps keep their order, todos come open ones first', () => {
  const brief = briefOf(fullRecord());
  expect(section(brief, 'Next Steps', 'steps')?.items).toEqual(['test expiry', 'write the docs']);
  expect(section(brief, 'Todos', 'todos')?.todos.map(({ status }) => status)).toEqual([
    'in_progress',
    'pending',
    'completed',
  ]);
});

test('an automatic pause and a session that is not paused any more say so', () => {
  const labelled = (changes: Partial<SessionRecord>) =>
    briefOf(emptyRecord(changes)).session.filter(({ label }) => / (?:By|At)$/.test(label));
  expect(labelled({ trigger: 'switch' })[1]).toEqual({
    label: 'Paused By',
    text: 'leaving the branch',
  });
  expect(
    labelled({ lifecycle: { status: 'resumed', resumed_at: '2026-11-23T08:00:00Z' } })[1],
  ).toEqual({ label: 'Resumed At', text: '2026-11-23T08:00:00Z' });
});

describe('the state of git', () => {
  test('on a branch', () => {
    expect(section(briefOf(fullRecord()), 'Git State', 'facts')?.facts).toEqual([
      { label: 'Branch', name: 'feature/login' },
      { label: 'HEAD', name: someOid },
      { label: 'Upstream', name: 'origin/feature/login', text: '2 ahead, 1 behind' },
      { label: 'In Progress', text: 'rebase' },
      { label: 'Work Tree', text: '3 files changed' },
      { label: 'Stash', text: '1 entry' },
    ]);
  });

  test.each([
    [{ ahead: 0, behind: 0 }, 'even with it'],
    [{ ahead: 3, behind: 0 }, '3 ahead'],
    [{ ahead: null, behind: null }, 'gone'],
  ])('upstream %o is %s', (counts, text) => {
    expect(gitFacts({ upstream: { name: 'o/m', ...counts } })).toEqual([
      { label: 'Upstream', name: 'o/m', text },
    ]);
  });

  test('unborn branch, detached HEAD, and a HEAD that nobody noted', () => {
    const status = { clean: true, modified_files: [], untracked_files: [], changes: [] };
    const commits = [{ sha: 'a1b2c3d', author: 'A', timestamp: '', message: 'm' }];
    const head = (changes: Partial<GitContext>) =>
      gitFacts(changes).find(({ label }) => label === 'HEAD');
    expect(head({ branch: 'main', status })).toEqual({ label: 'HEAD', text: 'no commit yet' });
    expect(head({ detached: true, head: someOid })).toEqual({
      label: 'HEAD',
      name: someOid,
      text: 'detached',
    });
    expect(head({ branch: 'main', status, recent_commits: commits })).toBeUndefined();
    expect(head({ branch: 'main' })).toBeUndefined();
  });

  test('a tree is called clean only when it was seen to be', () => {
    const seen = { modified_files: [], untracked_files: [], changes: [] };
    expect(gitFacts({ status: { clean: true, ...seen } })).toEqual([
      { label: 'Work Tree', text: 'clean' },
    ]);
    expect(gitFacts({ status: null })).toEqual([]);
  });

  test('the directory is named only when it was not the top, and from there', () => {
    const directory = (working_directory: string) =>
      section(briefOf(emptyRecord({ active_context: { working_directory } })), 'Git State', 'facts')
        ?.facts;
    expect(directory('/home/dev/shop')).toBeUndefined();
    expect(directory('/home/dev/shop/src/cart')).toEqual([
      { label: 'Working Directory', name: 'src/cart' },
    ]);
    expect(directory('/home/dev/shopping')).toEqual([
      { label: 'Working Directory', name: '/home/dev/shopping' },
    ]);
    const nowhere = emptyRecord({ project_path: '' });
    expect(section(briefOf(nowhere), 'Git State', 'facts')?.facts).toEqual([
      { label: 'Working Directory', name: '/home/dev/shop' },
    ]);
  });
});

describe('changed files', () => {
  test('are grouped by kind, conflicts first, each with what happened to it', () => {
    const record = withChanges([
      change('u.txt', '??', 'untracked'),
      change('w.txt', '.D', 'unstaged'),
      change('b.txt', 'AM', 'both'),
      { ...change('new.txt', 'R.', 'staged'), from: 'old.txt' },
      change('c.txt', 'DU', 'conflicted'),
      change('s.txt', 'M.', 'staged'),
    ]);
    const files = section(briefOf(record), 'Changed Files', 'files');
    expect(files?.groups).toEqual([
      { title: 'Conflicted', files: [{ name: 'c.txt', what: 'deleted by us' }], more: 0 },
      {
        title: 'Staged',
        files: [
          { name: 'new.txt', from: 'old.txt', what: 'renamed' },
          { name: 's.txt', what: 'modified' },
        ],
        more: 0,
      },
      {
        title: 'Staged, and changed again since',
        files: [{ name: 'b.txt', what: 'added, then modified' }],
        more: 0,
      },
      { title: 'Not staged', files: [{ name: 'w.txt', what: 'deleted' }], more: 0 },
      { title: 'Untracked', files: [{ name: 'u.txt' }], more: 0 },
    ]);
  });

  test('say that their contents were not saved', () => {
    expect(section(briefOf(fullRecord()), 'Changed Files', 'files')?.note).toContain('not saved');
  });

  test('fold into a count beyond fifty of a kind, and are all counted', () => {
    const many = Array.from({ length: 53 }, (_, index) =>
      change(`f${index}.txt`, '.M', 'unstaged'),
    );
    const brief = briefOf(withChanges([...many, change('u.txt', '??', 'untracked')]));
    const [modified, untracked] = section(brief, 'Changed Files', 'files')?.groups ?? [];
    expect(modified?.files.map(({ name }) => name)).toEqual(
      many.slice(0, 50).map(({ path }) => path),
    );
    expect(modified?.more).toBe(3);
    expect(untracked?.more).toBe(0);
    expect(section(brief, 'Git State', 'facts')?.facts).toEqual([
      { label: 'Work Tree', text: '54 files changed' },
    ]);
  });

  test('of claude-mpm are not told apart', () => {
    const status = {
      clean: false,
      modified_files: ['a.txt'],
      untracked_files: ['b.txt'],
      changes: [],
    };
    const brief = briefOf(inGit({ status }));
    expect(section(brief, 'Changed Files', 'files')?.groups).toEqual([
      { title: 'Changed', files: [{ name: 'a.txt' }], more: 0 },
      { title: 'Untracked', files: [{ name: 'b.txt' }], more: 0 },
    ]);
    expect(section(brief, 'Git State', 'facts')?.facts).toEqual([
      { label: 'Work Tree', text: '2 files changed' },
    ]);
  });
});

describe('the way back', () => {
  const id = 'session-20261122-141852';

  test('leads to the branch, and to exactly this session', () => {
    expect(commands(inGit({ branch: 'fix/$(rm -rf ~)' }))).toEqual([
      "git switch 'fix/$(rm -rf ~)'",
      `git mpm-resume ${id}`,
    ]);
  });

  test('leads to the commit when HEAD was detached', () => {
    expect(commands(inGit({ detached: true, head: someOid }))).toEqual([
      `git switch --detach ${someOid}`,
      `git mpm-resume ${id}`,
    ]);
  });

  test('outside git is the plain command', () => {
    expect(commands(emptyRecord())).toEqual([`mpm-session resume ${id}`]);
  });

  test.each(['a\u200bb', 'a\ufffdb'])(
    'does not name a branch that cannot be typed: %j',
    (branch) => {
      expect(commands(inGit({ branch }))).toEqual([`git mpm-resume ${id}`]);
    },
  );

  test('lists the checks, and does not repeat its own commands from the record', () => {
    const record = {
      ...inGit({ branch: 'main' }),
      session_id: id as SessionId,
      resume_instructions: {
        quick_start: ['git switch main', 'start the mail catcher', `git mpm-resume ${id}`],
        files_to_review: [],
        validation_commands: { check_git: 'git status' },
      },
    };
    expect(section(briefOf(record), 'Quick Start', 'steps')?.items).toEqual([
      'start the mail catcher',
    ]);
    expect(section(briefOf(record), 'How to Resume', 'commands')?.commands.at(-1)).toEqual({
      label: 'check git',
      command: 'git status',
    });
  });
});
