/** What a person can say at a pause, and every way to say it. */
import { symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runGit } from '../helpers/run.ts';
import {
  dataOf,
  failureOf,
  list,
  mpm,
  outsideGit,
  pause,
  readText,
  repositoryWithCommit,
  resume,
  sessionFiles,
  shell,
  shown,
} from './program.ts';

describe('what is printed', () => {
  it('says how to be offered it on coming back, once, where init has not run', async () => {
    const repository = repositoryWithCommit();
    const paused = async () => (await mpm(repository, ['pause', 'x'])).stdout;
    expect(await paused()).toContain('mpm-session init');
    expect(await paused()).not.toContain('mpm-session init');
    const setUp = repositoryWithCommit();
    await mpm(setUp, ['init', '--yes']);
    expect((await mpm(setUp, ['pause', 'x'])).stdout).not.toContain('mpm-session init');
    expect((await mpm(outsideGit(), ['pause', 'x'])).stdout).not.toContain('mpm-session init');
  });
});

describe('the message', () => {
  it('is the words given, unquoted too', async () => {
    const repository = repositoryWithCommit();
    const { session } = await pause(repository, ['about', 'to', 'test the login']);
    expect(session.conversation.summary).toBe('about to test the login');
  });

  it('has one paragraph for each -m', async () => {
    const repository = repositoryWithCommit();
    const { session } = await pause(repository, ['-m', 'login works', '--message=expiry does not']);
    expect(session.conversation.summary).toBe('login works\n\nexpiry does not');
  });

  it('may be left out', async () => {
    const repository = repositoryWithCommit();
    const { session } = await pause(repository);
    expect(session.conversation).toEqual({ summary: '', accomplishments: [], next_steps: [] });
    expect((await list(repository))[0]?.message).toBe('');
  });

  it('comes from standard input, whatever characters it has', async () => {
    const repository = repositoryWithCommit();
    const input = '# "quoted" $HOME `x` \\ \'y\'\n\n日本 😀\n--json\n';
    const { session } = await pause(repository, ['--message-stdin'], { input });
    expect(session.conversation.summary).toBe(input.trimEnd());
  });

  it('may begin with a dash behind --', async () => {
    const repository = repositoryWithCommit();
    const { session } = await pause(repository, ['--', '--json', '-q is a flag']);
    expect(session.conversation.summary).toBe('--json -q is a flag');
  });

  it('that is an option’s name must be tied to its own, else a value was forgotten', async () => {
    const repository = repositoryWithCommit();
    const run = await mpm(repository, ['pause', '--message=--json', '--next=-q', '-m-v']);
    expect(shown(run)[0]).toMatch(/^Paused session-/);
    expect((await list(repository))[0]?.message).toBe('--json\n\n-v');

    expect(await failureOf(repository, ['pause', '-m', '--json'])).toMatchObject({
      exit: 2,
      code: 'wrong-usage',
      message: '-m needs a value; if --json is meant, write --message=--json',
    });
    expect(await list(repository)).toHaveLength(1);
  });

  it('may begin with a dash when it is no option', async () => {
    const repository = repositoryWithCommit();
    const given = ['-m', '- a list', '--next', '-1', '--todo', '-v is broken'];
    const { session } = await pause(repository, given);
    expect(session.conversation).toMatchObject({ summary: '- a list', next_steps: ['-1'] });
    expect(session.todos).toMatchObject({ active: [{ content: '-v is broken' }] });
  });

  it.each([
    ['words and -m', ['words', '-m', 'other']],
    ['words and --message-stdin', ['words', '--message-stdin']],
    ['-m and --message-stdin', ['-m', 'x', '--message-stdin']],
    ['--message-stdin and --from -', ['--message-stdin', '--from', '-']],
  ])('comes from one place only: not %s', async (_, args) => {
    const repository = repositoryWithCommit();
    expect(await failureOf(repository, ['pause', ...args], { input: 'x' })).toMatchObject({
      exit: 2,
      code: 'wrong-usage',
      hint: "Run 'mpm-session pause -h' for its options.",
    });
    expect(sessionFiles(repository)).toEqual([]);
  });
});

describe('the fields', () => {
  const options = [
    ...['--task', 'Login with passkeys', '--phase', 'testing'],
    ...['--done', 'form', '--done', 'cookie', '--next', 'expiry', '--next', 'docs'],
    ...['--todo', 'fix redirect', '--todo', 'ask', '--question', 'Do tokens rotate?'],
    ...['--reminder', 'key expires Friday', '--file', 'src/login.ts', '--file', 'a b.ts'],
  ];
  const recorded = {
    conversation: {
      primary_task: 'Login with passkeys',
      current_phase: 'testing',
      summary: 'about to test',
      accomplishments: ['form', 'cookie'],
      next_steps: ['expiry', 'docs'],
    },
    todos: {
      active: [
        { content: 'fix redirect', status: 'pending' },
        { content: 'ask', status: 'pending' },
      ],
      completed: [],
    },
    open_questions: ['Do tokens rotate?'],
    important_reminders: ['key expires Friday'],
  };
  const fields = {
    message: 'about to test',
    task: 'Login with passkeys',
    phase: 'testing',
    done: ['form', 'cookie'],
    next: ['expiry', 'docs'],
    todo: ['fix redirect', 'ask'],
    question: 'Do tokens rotate?',
    reminder: ['key expires Friday'],
    file: ['src/login.ts', 'a b.ts'],
  };

  it('are options, lists in the order given', async () => {
    const repository = repositoryWithCommit();
    const { session } = await pause(repository, ['about to test', ...options]);
    expect(session).toMatchObject(recorded);
    expect(session.resume_instructions.files_to_review).toEqual(['src/login.ts', 'a b.ts']);
  });

  it('are all in the brief', async () => {
    const repository = repositoryWithCommit();
    const { files } = await pause(repository, ['about to test', ...options]);
    const given = [...Object.values(recorded.conversation).flat(), ...fields.todo, ...fields.file];
    for (const brief of [readText(files.md), (await mpm(repository, ['show', '1'])).stdout]) {
      for (const text of [...given, fields.question, ...fields.reminder]) {
        expect(brief).toContain(text);
      }
      expect(brief).toMatch(/1\. expiry\s+2\. docs/);
    }
  });

  const yaml = `
message: about to test
task: Login with passkeys
phase: testing
done: [form, cookie]
next:
  - expiry
  - docs
todo:
  - fix redirect
  - ask
question: Do tokens rotate?
reminder: [key expires Friday]
file: [src/login.ts, a b.ts]
`;

  it.each([
    ['YAML', 'notes.yaml', yaml],
    ['JSON', 'notes.json', JSON.stringify(fields)],
    ['YAML with a byte order mark and CRLF', 'notes', `\uFEFF${yaml.replaceAll('\n', '\r\n')}`],
  ])('come from a file of %s', async (_, name, content) => {
    const repository = repositoryWithCommit();
    repository.write(name, content);
    const { session } = await pause(repository, ['--from', name]);
    expect(session).toMatchObject(recorded);
    expect(session.resume_instructions.files_to_review).toEqual(['src/login.ts', 'a b.ts']);
  });

  it.each([
    ['YAML', yaml],
    ['JSON', JSON.stringify(fields)],
  ])('come from standard input as %s', async (_, input) => {
    const repository = repositoryWithCommit();
    expect((await pause(repository, ['--from', '-'], { input })).session).toMatchObject(recorded);
  });

  it('of options win over the file’s texts, and come after the file’s lists', async () => {
    const repository = repositoryWithCommit();
    repository.write('notes.yaml', yaml);
    const more = [
      'new message',
      '--phase',
      'done testing',
      '--next',
      'ship',
      '--todo',
      'celebrate',
    ];
    const { session } = await pause(repository, ['--from', 'notes.yaml', ...more]);
    expect(session.conversation).toEqual({
      ...recorded.conversation,
      summary: 'new message',
      current_phase: 'done testing',
      next_steps: ['expiry', 'docs', 'ship'],
    });
    expect(session.todos.active.map(({ content }) => content)).toEqual([
      'fix redirect',
      'ask',
      'celebrate',
    ]);
  });

  it('of a file named by a relative path are looked for where -C leads', async () => {
    const repository = repositoryWithCommit();
    repository.write('sub/notes.yaml', 'message: from below');
    const { session } = await pause(repository, ['-C', 'sub', '--from', 'notes.yaml']);
    expect(session.conversation.summary).toBe('from below');
  });

  it('are read through a link, and from a pipe that has a name', async () => {
    const repository = repositoryWithCommit();
    repository.write('notes.yaml', 'message: linked');
    symlinkSync('notes.yaml', path.join(repository.path, 'link'));
    await pause(repository, ['--from', 'link']);
    const piped = await shell(
      repository,
      'echo "message: piped" | mpm-session pause --from /dev/stdin',
    );
    expect(piped).toMatchObject({ code: 0, stderr: '' });
    const messages = (await list(repository)).map(({ message }) => message);
    expect(messages).toEqual(['piped', 'linked']);
  });

  it('of an empty file are none', async () => {
    const repository = repositoryWithCommit();
    const { session } = await pause(repository, ['word', '--from', '-'], { input: '# nothing\n' });
    expect(session.conversation.summary).toBe('word');
  });
});

describe('an agent', () => {
  it('is named with its conversation', async () => {
    const repository = repositoryWithCommit();
    const args = ['handing over', '--agent', 'claude-code', '--agent-session', '5b1d-77'];
    const { session, files } = await pause(repository, args);
    expect(session).toMatchObject({
      trigger: 'agent',
      agents: [{ name: 'claude-code', session_id: '5b1d-77' }],
    });
    expect(readText(files.md)).toContain('5b1d-77');
  });

  it('may be named alone', async () => {
    const { session } = await pause(repositoryWithCommit(), ['--agent', 'codex']);
    expect(session.agents).toEqual([{ name: 'codex' }]);
  });

  it('is absent when a person pauses', async () => {
    const { session } = await pause(repositoryWithCommit());
    expect(session).toMatchObject({ trigger: 'manual', agents: [] });
  });

  it.each([
    ['that is not known', ['--agent', 'clippy'], /'clippy'.*claude-code, codex, gemini/],
    [
      'whose conversation alone is given',
      ['--agent-session', 'x'],
      /--agent-session needs --agent/,
    ],
  ])('%s is refused', async (_, args, message) => {
    const repository = repositoryWithCommit();
    const failure = await failureOf(repository, ['pause', ...args]);
    expect(failure).toMatchObject({ exit: 2, code: 'wrong-usage' });
    expect(failure.message).toMatch(message);
    expect(sessionFiles(repository)).toEqual([]);
  });
});

describe('a copy (--export)', () => {
  it.each([
    ['json', 'copy.json'],
    ['yaml', 'copy.yaml'],
    ['yaml', 'copy.YML'],
    ['md', 'copy.md'],
  ] as const)('is written as %s to %s', async (format, name) => {
    const repository = repositoryWithCommit();
    const paused = await pause(repository, ['x', '--export', name]);
    expect(readText(repository.path, name)).toBe(readText(paused.files[format]));
    expect(paused.exported).toBe(path.join(repository.path, name));
  });

  it('goes where it is told to, also outside the repository', async () => {
    const repository = repositoryWithCommit();
    const elsewhere = outsideGit().path;
    const { files } = await pause(repository, ['x', '--export', path.join(elsewhere, 'copy.md')]);
    expect(readText(elsewhere, 'copy.md')).toBe(readText(files.md));
  });

  it('never overwrites a file, and nothing is paused then', async () => {
    const repository = repositoryWithCommit();
    repository.write('copy.md', 'mine\n');
    expect(await failureOf(repository, ['pause', 'x', '--export', 'copy.md'])).toMatchObject({
      exit: 1,
      code: 'export-exists',
      hint: expect.stringContaining('Nothing was paused'),
    });
    expect(readText(repository.path, 'copy.md')).toBe('mine\n');
    expect(await list(repository)).toEqual([]);
  });

  it.each([
    ['with an ending that names no format', 'copy.txt', { exit: 2, code: 'wrong-usage' }],
    ['into a directory that is not there', 'none/copy.md', { exit: 1, code: 'no-directory' }],
    ['into a file', 'first.txt/copy.md', { exit: 1, code: 'no-directory' }],
    ['of too long a name', `${'x'.repeat(300)}.md`, { exit: 1, code: 'cannot-write' }],
  ])('%s is refused before anything is paused', async (_, name, expected) => {
    const repository = repositoryWithCommit();
    expect(await failureOf(repository, ['pause', 'x', '--export', name])).toMatchObject(expected);
    expect(await list(repository)).toEqual([]);
  });
});

describe('as a git subcommand', () => {
  it('pauses with the same words and options', async () => {
    const repository = repositoryWithCommit();
    repository.write('first.txt', 'changed\n');
    const args = ['mpm-pause', 'about to test', '--next', 'expiry'];
    const run = await runGit(repository, args);
    expect(run).toMatchObject({ code: 0, stderr: '' });

    const { session } = await dataOf<{ session: { conversation: unknown; session_id: string } }>(
      repository,
      ['show', '1'],
    );
    expect(session.conversation).toMatchObject({
      summary: 'about to test',
      next_steps: ['expiry'],
    });
    const id = session.session_id;
    expect(shown(run)).toEqual([
      `Paused ${id} on main at ${repository.git('rev-parse', 'HEAD').slice(0, 10)}`,
      'about to test',
      ...['json', 'yaml', 'md'].map((format) =>
        path.join(repository.path, `.claude-mpm/sessions/${id}.${format}`),
      ),
      '1 uncommitted change is listed; the contents stay in the work tree and are not saved.',
      `Resume with: git mpm-resume ${id}`,
      'To be offered it on coming back: mpm-session init',
    ]);
  });

  it('brings the session back, and lists all', async () => {
    const repository = repositoryWithCommit();
    await runGit(repository, ['mpm-pause', '-m', 'about to test']);
    repository.commit('made meanwhile');
    const resumed = await runGit(repository, ['mpm-resume']);
    expect(resumed).toMatchObject({ code: 0, stderr: '' });
    expect(resumed.stdout).toContain('about to test');
    expect(resumed.stdout).toContain('made meanwhile');
    const listed = await runGit(repository, ['mpm-sessions']);
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.stdout).toContain('[resumed] about to test');
  });
});

describe('quietly', () => {
  it.each([['-q'], ['--quiet'], ['-qm', 'x']])('%s prints nothing', async (...args) => {
    const repository = repositoryWithCommit();
    const run = await mpm(repository, ['pause', ...args]);
    expect(run).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await list(repository)).toHaveLength(1);
  });

  it('still prints errors', async () => {
    const run = await mpm(repositoryWithCommit(), ['pause', '-q', '--export', 'x.txt']);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(/^error: /);
  });
});

it('writes nothing but the session, one line of configuration and one of info/exclude', async () => {
  const repository = repositoryWithCommit();
  repository.write('first.txt', 'staged\n');
  repository.git('add', 'first.txt');
  repository.write('first.txt', 'and changed\n');
  repository.write('new.txt', '');
  const state = () => ({
    objects: repository.git('count-objects', '-v'),
    refs: repository.git('for-each-ref'),
    head: readText(repository.path, '.git/HEAD'),
    reflog: repository.git('reflog', 'show', '--all'),
    index: repository.gitBytes('ls-files', '--stage', '--debug').toString('base64'),
    status: repository.git('--no-optional-locks', 'status', '--porcelain=v2'),
    config: readText(repository.path, '.git/config'),
    exclude: readText(repository.path, '.git/info/exclude'),
  });
  const before = state();
  const { session } = await pause(repository, ['x']);
  const after = state();
  const identity = `\tmpm-session = ${session.git_context.branch_id}\n`;
  expect(after).toEqual({
    ...before,
    config: `${before.config}[branch "main"]\n${identity}`,
    exclude: `${before.exclude}/.claude-mpm/sessions/\n`,
  });
  writeFileSync(path.join(repository.path, '.git/info/exclude'), before.exclude);
  await pause(repository, ['y']);
  expect(state()).toEqual(after);
});

it('a long message is kept whole, and cut where it stands beside other things', async () => {
  const repository = repositoryWithCommit();
  const input = `${'é'.repeat(300_000)}\nsecond line`;
  const paused = await mpm(repository, ['pause', '--message-stdin'], { input });
  const cut = `${'é'.repeat(99)}…`;
  for (const command of ['list', 'status']) {
    const run = await mpm(repository, [command]);
    expect(run.stdout).toContain(cut);
    expect(run.stdout.length).toBeLessThan(500);
  }
  expect(paused.stdout).toContain(`  ${cut}\n`);
  expect((await resume(repository)).session.conversation.summary).toBe(input);
});
