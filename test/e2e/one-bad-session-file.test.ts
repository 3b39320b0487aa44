/** Whatever a session's file has become, the others are listed, and nothing is made worse. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TestRepository } from '../helpers/repository.ts';
import {
  failureOf,
  hasOrdinaryUser,
  inSessions,
  list,
  mpm,
  mpmAsOrdinaryUser,
  pause,
  readText,
  repositoryWithCommit,
  resume,
  sessionFiles,
  shortId,
  shown,
} from './program.ts';

const vaultFile = (repository: TestRepository, id: string) =>
  path.join(repository.path, '.git/mpm-session/sessions', `${id}.json`);

/** A repository with two sessions; the older one's record in the vault is the one to be harmed. */
async function two() {
  const repository = repositoryWithCommit();
  const older = (await pause(repository, ['older'])).session.session_id;
  const newer = (await pause(repository, ['newer'])).session.session_id;
  return { repository, older, newer, file: vaultFile(repository, older) };
}

/** What a record can become. */
const damages: Readonly<Record<string, (file: string) => void>> = {
  'is empty': (file) => writeFileSync(file, ''),
  'is cut off': (file) => writeFileSync(file, readFileSync(file).subarray(0, 400)),
  'is cut off at its end': (file) => writeFileSync(file, readFileSync(file).subarray(0, -30)),
  'has one wrong letter': (file) => {
    writeFileSync(file, readFileSync(file, 'utf8').replace('"older"', '"oldfr"'));
  },
  'is full of zeros': (file) => writeFileSync(file, Buffer.alloc(readFileSync(file).length)),
  'is not JSON': (file) => writeFileSync(file, 'session: yes\n'),
  'is an array': (file) => writeFileSync(file, '[]'),
  'is null': (file) => writeFileSync(file, 'null'),
  'has no conversation': (file) => rewrite(file, { conversation: null }),
  'has a number for an id': (file) => rewrite(file, { session_id: 7 }),
  'is another session': (file) => rewrite(file, { session_id: 'session-20010101-000000' }),
  'is nested too deeply': (file) => {
    writeFileSync(file, `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
  },
  'is a directory': (file) => replaceBy(file, () => mkdirSync(file)),
  'is a symbolic link': (file) => replaceBy(file, () => symlinkSync('/etc/passwd', file)),
  'is a FIFO': (file) => replaceBy(file, () => execFileSync('mkfifo', [file])),
};

function rewrite(file: string, changes: object): void {
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readText(file)), ...changes }));
}

function replaceBy(file: string, make: () => void): void {
  rmSync(file);
  make();
}

describe('a record in the vault that', () => {
  it.each(Object.keys(damages))('%s is one marked line', async (name) => {
    const { repository, older, newer, file } = await two();
    damages[name]?.(file);
    const [first, second, ...others] = await list(repository);
    expect(others).toEqual([]);
    expect(first).toMatchObject({ id: newer, message: 'newer', problem: null });
    expect(second).toMatchObject({ number: 2, id: older, message: null, status: null });
    expect(second?.problem).toMatch(/\w/);
    const failure = await failureOf(repository, ['show', older]);
    expect(failure).toMatchObject({ exit: 1, code: 'unreadable-session' });
    expect(failure.message).toContain(older);
    expect(failure.hint).toContain(`mpm-session rm ${older}`);
    expect((await resume(repository)).session.session_id).toBe(newer);
  });

  it('is damaged is not hidden, repaired or overwritten by anything but rm', async () => {
    const { repository, older, file } = await two();
    writeFileSync(file, '{"torn');
    const problem = (await list(repository))[1]?.problem;
    const line = shown(await mpm(repository, ['list']))[1];
    expect(line).toMatch(new RegExp(`^2 +${shortId(older)} +unreadable `));
    expect(line).toContain(`unreadable ${problem}`);
    for (const args of [['list'], ['status'], ['resume'], ['pause', 'x'], ['dismiss', '1']]) {
      expect((await mpm(repository, args)).code).toBe(0);
    }
    for (const command of ['resume', 'dismiss']) {
      expect((await failureOf(repository, [command, older])).code).toBe('unreadable-session');
    }
    expect(readText(file)).toBe('{"torn');
    expect(shown(await mpm(repository, ['show', older, '--format', 'path']))).toContain(file);
    expect((await mpm(repository, ['rm', older])).stdout).toBe(`Deleted ${older}\n`);
    expect((await list(repository)).map(({ id }) => id)).not.toContain(older);
    expect(sessionFiles(repository).filter((each) => each.startsWith(older))).toEqual([]);
  });

  it('is of a newer version is refused, and left as it is', async () => {
    const { repository, older, file } = await two();
    rewrite(file, { schema_version: 2, invented: 'later' });
    const content = readText(file);
    const { mtimeMs } = statSync(file);
    for (const command of ['show', 'resume', 'dismiss']) {
      expect(await failureOf(repository, [command, older])).toMatchObject({
        exit: 1,
        code: 'newer-schema',
        message: `The session ${older} has schema version 2; this program reads up to 1.`,
        hint: expect.stringContaining('Nothing was changed'),
      });
    }
    expect((await list(repository))[1]?.problem).toMatch(/schema version 2/);
    expect(readText(file)).toBe(content);
    expect(statSync(file).mtimeMs).toBe(mtimeMs);
  });

  it.skipIf(!hasOrdinaryUser)('may not be read is one marked line', async () => {
    const { repository, older, file } = await two();
    chmodSync(file, 0);
    const run = await mpmAsOrdinaryUser(repository, ['list']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(shown(run)[1]).toMatch(new RegExp(`${shortId(older)} +unreadable .*permission denied`));
  });
});

describe('a file in the directory that the vault does not know', () => {
  const id = 'session-20261122-141852';
  const contents: Readonly<Record<string, string | Uint8Array>> = {
    'is empty': '',
    'is cut off': '{"session_id": "session-20261122-1418',
    'is an array': '[]',
    'has null for a conversation': JSON.stringify({ session_id: id, conversation: null }),
    'has a number for an id': '{"session_id": 20261122}',
    'is not UTF-8': Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
    'is of a newer version': JSON.stringify({ schema_version: 99, session_id: id }),
  };

  it.each(Object.entries(contents))('and %s is one marked line', async (_, content) => {
    const repository = repositoryWithCommit();
    const { session } = await pause(repository, ['whole']);
    writeFileSync(inSessions(repository, `${id}.json`), content);
    const [first, second, ...others] = await list(repository);
    expect(others).toEqual([]);
    expect(first).toMatchObject({ id: session.session_id, problem: null });
    expect(second).toMatchObject({ id, where: 'directory', foreign: false });
    expect(second?.problem).toMatch(/\w/);
    expect((await failureOf(repository, ['show', id])).exit).toBe(1);
    expect(readFileSync(inSessions(repository, `${id}.json`))).toEqual(Buffer.from(content));
  });

  it('and is a link, a FIFO or a directory is never opened', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['whole']);
    const secret = path.join(repository.home, 'secret.json');
    writeFileSync(secret, JSON.stringify({ session_id: id, message: 'stolen' }));
    symlinkSync(secret, inSessions(repository, 'session-20261122-000001.json'));
    execFileSync('mkfifo', [inSessions(repository, 'session-20261122-000002.json')]);
    mkdirSync(inSessions(repository, 'session-20261122-000003.json'));
    const listed = await list(repository);
    expect(listed).toHaveLength(4);
    const problems = Object.fromEntries(listed.map(({ id: each, problem }) => [each, problem]));
    expect(problems).toMatchObject({
      'session-20261122-000001': expect.stringContaining('symbolic link'),
      'session-20261122-000002': expect.stringContaining('is a FIFO'),
      'session-20261122-000003': expect.stringContaining('is a directory'),
    });
  });

  it('and has another name is passed over', async () => {
    const repository = repositoryWithCommit();
    const { files } = await pause(repository, ['whole']);
    const content = readText(files.json);
    const names = [
      'session-1.json',
      'Session-20261122-141852.json',
      'session-20261122-141852-2.json',
    ];
    for (const name of names) writeFileSync(inSessions(repository, name), content);
    expect(await list(repository)).toHaveLength(1);
    expect(sessionFiles(repository)).toEqual(expect.arrayContaining(names));
  });
});

describe('text in a session', () => {
  it('is never obeyed by a terminal, wherever it stands', async () => {
    const repository = repositoryWithCommit();
    const evil = 'a\u001b]0;owned\u0007b\u202ec\u200bd\u0085e\u009b31mf';
    const fields = [
      '--task',
      evil,
      '--phase',
      evil,
      '--done',
      evil,
      '--next',
      evil,
      '--todo',
      evil,
    ];
    const more = ['--question', evil, '--reminder', evil, '--file', evil, '-m', evil];
    repository.write(evil, '');
    await pause(repository, [...fields, ...more]);
    const commands = [
      ['list'],
      ['status'],
      ['show', '1'],
      ['show', '1', '--format', 'md'],
      ['resume'],
      ['resume', '--format', 'md'],
    ];
    for (const args of commands) {
      const { stdout, stderr } = await mpm(repository, args);
      expect(stdout.length).toBeGreaterThan(20);
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202e]/);
    }
    // The record has it all the same.
    expect((await resume(repository)).session.conversation.summary).toBe(evil);
  });

  it('of a record that somebody wrote is cleaned as well', async () => {
    const repository = repositoryWithCommit();
    const { session, files } = await pause(repository, ['x']);
    const id = 'session-20010101-000000';
    const copy = {
      ...session,
      session_id: id,
      git_context: { ...session.git_context, branch: 'evil\u001b[2J', operation: 'merge' },
      agents: [{ name: '\u001b[31magent', session_id: '\u202e' }],
    };
    writeFileSync(path.join(path.dirname(files.json), `${id}.json`), JSON.stringify(copy));
    for (const args of [['list'], ['show', id], ['resume', id], ['status']]) {
      const { code, stdout, stderr } = await mpm(repository, args);
      expect(code).toBe(0);
      expect(stdout + stderr).not.toMatch(/[\u001b\u202e]/);
    }
  });
});
