/** What a branch, a clone or another program could put where sessions are kept. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRepository, type TestRepository } from '../helpers/repository.ts';
import { type RunResult, runProgram } from '../helpers/run.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

let repository: TestRepository;
const at = (name: string) => path.join(repository.path, name);
const sessions = () => at('.claude-mpm/sessions');

/** Nothing here takes long; what waits for a FIFO's writer would wait for ever. */
function run(...args: string[]): Promise<RunResult> {
  return runProgram(args, { cwd: repository.path, env: repository.env, timeout: 10_000 });
}

async function dataOf(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await run(...args, '--json');
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
  return (JSON.parse(stdout) as { data: unknown }).data;
}

async function list() {
  const data = (await dataOf('list')) as {
    sessions: { id: string; message: string | null; problem: string | null }[];
  };
  return data.sessions;
}

async function pause(message: string): Promise<string> {
  const { session } = (await dataOf('pause', message)) as { session: { session_id: string } };
  return session.session_id;
}

beforeEach(() => {
  repository = createRepository();
  repository.commit('start');
});

describe('something else in the place of the directory', { timeout: 60_000 }, () => {
  let outside: string;
  const places = ['.claude-mpm', '.claude-mpm/sessions'];
  const things: Readonly<Record<string, (place: string) => void>> = {
    'a link to .git/hooks': (place) => symlinkSync(at('.git/hooks'), place),
    'a link out of the work tree': (place) => symlinkSync(outside, place),
    'a link to nothing': (place) => symlinkSync(path.join(outside, 'nothing'), place),
    'a file': (place) => writeFileSync(place, 'mine'),
    'a FIFO': (place) => execFileSync('mkfifo', [place]),
  };
  const cases = places.flatMap((place) =>
    Object.keys(things).map((what) => [place, what] as const),
  );

  beforeEach(() => {
    outside = temporaryDirectory();
    mkdirSync(path.join(outside, 'sessions'));
  });

  it.each(cases)(
    '%s is %s: nothing is written, and the vault is still read',
    async (place, what) => {
      const id = await pause('before');
      rmSync(at('.claude-mpm'), { recursive: true });
      if (place !== '.claude-mpm') mkdirSync(at('.claude-mpm'));
      things[what]?.(at(place));
      const before = everything();

      expect(await run('pause', 'refused')).toMatchObject({
        code: 4,
        stderr: expect.stringContaining(at(place)),
      });
      expect(await list()).toMatchObject([{ id, message: 'before', problem: null }]);
      for (const args of [['show', id], ['resume', id], ['status'], ['dismiss', id], ['rm', id]]) {
        expect(await run(...args), args.join(' ')).toMatchObject({ code: 0 });
      }
      expect(await list()).toEqual([]);
      expect(everything()).toEqual(before);
    },
  );

  function everything(): unknown {
    const filesIn = (directory: string) => readdirSync(directory, { recursive: true }).sort();
    return [
      filesIn(outside),
      filesIn(at('.git/hooks')),
      filesIn(at('.claude-mpm/..')).filter((name) => !String(name).startsWith('.git')),
    ];
  }
});

describe('a link in the place of a file', { timeout: 60_000 }, () => {
  let victim: string;

  beforeEach(() => {
    victim = path.join(temporaryDirectory(), 'victim');
    writeFileSync(victim, 'mine');
    mkdirSync(sessions(), { recursive: true });
  });

  it.each(['LATEST-SESSION.txt', '.gitignore'])(
    '%s: what it leads to is not written',
    async (name) => {
      symlinkSync(victim, path.join(sessions(), name));
      const id = await pause('beside it');
      await list();
      await dataOf('resume', id);
      await dataOf('rm', id);
      expect(readFileSync(victim, 'utf8')).toBe('mine');
      expect(lstatSync(victim).mode & 0o777).toBe(0o644);
    },
  );

  it('LATEST-SESSION.txt becomes a file', async () => {
    symlinkSync(victim, path.join(sessions(), 'LATEST-SESSION.txt'));
    const id = await pause('the newest');
    const pointer = path.join(sessions(), 'LATEST-SESSION.txt');
    expect(lstatSync(pointer).isFile()).toBe(true);
    expect(readFileSync(pointer, 'utf8')).toContain(`Latest Session: ${id}\n`);
  });

  it('LATEST-SESSION.txt may even be a directory: the session is saved all the same', async () => {
    mkdirSync(path.join(sessions(), 'LATEST-SESSION.txt'));
    const { code, stderr } = await run('pause', 'saved');
    expect([code, stderr]).toEqual([0, expect.stringContaining('LATEST-SESSION.txt')]);
    expect(await list()).toMatchObject([{ message: 'saved' }]);
  });

  it('a session’s files: not written, not read, and only the link is removed', async () => {
    const id = await pause('mine');
    for (const ending of ['json', 'yaml', 'md']) {
      const file = path.join(sessions(), `${id}.${ending}`);
      rmSync(file);
      symlinkSync(victim, file);
    }
    expect(await list()).toMatchObject([{ id, message: 'mine', problem: null }]);
    await dataOf('resume', id);
    expect(readFileSync(victim, 'utf8')).toBe('mine');
    await dataOf('rm', id);
    expect(existsSync(victim)).toBe(true);
    expect(readdirSync(sessions()).filter((name) => name.startsWith(id))).toEqual([]);
  });

  it('a session that nobody knows: what it leads to is not shown', async () => {
    writeFileSync(victim, '{"secret": "4711"}');
    symlinkSync(victim, path.join(sessions(), 'session-20260101-000000.json'));
    const { code, stdout, stderr } = await run('list');
    expect(code).toBe(0);
    expect(stdout).toMatch(/20260101-000000 .*link/);
    expect(stdout + stderr).not.toContain('4711');
    const shown = await run('show', 'session-20260101-000000');
    expect(shown.code).toBe(1);
    expect(shown.stdout + shown.stderr).not.toContain('4711');
  });
});

describe('a file that is no session', { timeout: 60_000 }, () => {
  const hostile = 'session-20260101-000000';
  const file = () => path.join(sessions(), `${hostile}.json`);
  const deep = (opening: string) => opening.repeat(100_000);

  const contents: Readonly<Record<string, () => void>> = {
    'a FIFO': () => execFileSync('mkfifo', [file()]),
    'a directory': () => mkdirSync(file()),
    'of 300 MB': () => {
      writeFileSync(file(), '{');
      truncateSync(file(), 300 * 1024 * 1024);
    },
    // In a branch this is some hundred kilobytes; parsed, it would be gigabytes.
    'of 100 MB of small lists': () =>
      writeFileSync(file(), `[${'[],'.repeat(1_000)}`.repeat(33_000)),
    empty: () => writeFileSync(file(), ''),
    'cut off': () => writeFileSync(file(), '{"schema_version": 1, "session_id":'),
    'of another kind': () => writeFileSync(file(), '[null, 1, "text"]'),
    null: () => writeFileSync(file(), 'null'),
    'not UTF-8': () => writeFileSync(file(), Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d])),
    'of 100,000 opened lists': () => writeFileSync(file(), deep('[')),
    'of 100,000 nested lists': () => writeFileSync(file(), deep('[') + deep(']')),
    'of 100,000 nested objects': () => writeFileSync(file(), `${deep('{"a":')}1${deep('}')}`),
    'of 100,000 lists in a key of ours': () =>
      writeFileSync(file(), `{"schema_version": 1, "x": ${deep('[')}${deep(']')}}`),
    'of a newer schema': () => writeFileSync(file(), '{"schema_version": 99}'),
    'of a schema that is no number': () => writeFileSync(file(), '{"schema_version": "1e999"}'),
    'of another session': () =>
      writeFileSync(file(), '{"schema_version": 1, "session_id": "session-20200101-000000"}'),
  };

  it.each(Object.entries(contents))(
    '%s: is a line of the list, and stops nothing',
    async (_, put) => {
      const id = await pause('whole');
      put();
      const rows = await list();
      expect(rows).toMatchObject([
        { id, message: 'whole', problem: null },
        { id: hostile, message: null, problem: expect.stringMatching(/./) },
      ]);
      expect(await run('list')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('20260101-000000'),
      });
      for (const command of ['show', 'resume', 'dismiss']) {
        expect(await run(command, hostile), command).toMatchObject({ code: 1 });
      }
      expect(await run('resume')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('whole'),
      });
      await pause('after');
      expect(await list()).toHaveLength(3);
    },
  );

  it('is read again when it has become one', async () => {
    const id = await pause('whole');
    const text = readFileSync(path.join(sessions(), `${id}.json`), 'utf8');
    writeFileSync(file(), text.replaceAll(id, hostile));
    expect(await list()).toMatchObject([
      { id, problem: null },
      { id: hostile, message: 'whole', problem: null },
    ]);
  });

  it('changes no object of the program’s by its keys', async () => {
    const id = await pause('whole');
    const record = JSON.parse(readFileSync(path.join(sessions(), `${id}.json`), 'utf8'));
    const poison =
      '"__proto__": {"polluted": true, "foreign": true}, "constructor": {"prototype": {"x": 1}}';
    const text = JSON.stringify({ ...record, session_id: hostile })
      .replace('{', `{${poison},`)
      .replace('"conversation":{', `"conversation":{${poison},`);
    writeFileSync(file(), text);
    const rows = await list();
    expect(rows).toMatchObject([
      { id, message: 'whole', problem: null, foreign: false },
      { id: hostile, foreign: false },
    ]);
    const shown = await run('show', hostile, '--json');
    expect(shown.code).toBeLessThan(2);
    expect(shown.stdout).not.toContain('polluted');
    for (const format of ['json', 'yaml', 'md']) {
      const other = await run('show', hostile, '--format', format);
      expect(other.stdout + other.stderr).not.toContain('polluted');
    }
  });
});
