/** Bad input: each has its error (what, what to do, exit code), and nothing saved before is harmed. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { TestRepository } from '../helpers/repository.ts';
import {
  failureOf,
  filesOf,
  hasOrdinaryUser,
  inSessions,
  list,
  mpm,
  mpmAsOrdinaryUser,
  outsideGit,
  pause,
  readText,
  repositoryWithCommit,
  resume,
  sessionFiles,
  shell,
  shortId,
} from './program.ts';

const mebibyte = 1024 * 1024;

describe('a message', () => {
  it('of exactly 1 MiB is kept whole', async () => {
    const repository = repositoryWithCommit();
    const input = `${'é'.repeat(mebibyte / 2 - 1)}!!`;
    expect(Buffer.byteLength(input)).toBe(mebibyte);
    const { session } = await pause(repository, ['--message-stdin'], { input });
    expect(session.conversation.summary).toBe(input);
    expect((await resume(repository)).session.conversation.summary).toBe(input);
    expect((await mpm(repository, ['list'])).code).toBe(0);
  });

  it('of more is refused, from wherever it comes', async () => {
    const repository = repositoryWithCommit();
    const input = 'x'.repeat(mebibyte + 1);
    repository.write('.git/notes.json', JSON.stringify({ message: input }));
    for (const args of [['--message-stdin'], ['--from', '.git/notes.json']]) {
      const failure = await failureOf(repository, ['pause', ...args], { input });
      expect(failure.exit).toBe(2);
      expect(failure.message).toContain(`longer than ${mebibyte} bytes`);
    }
    expect(await list(repository)).toEqual([]);
  });

  it('that is not UTF-8 is refused', async () => {
    const repository = repositoryWithCommit();
    const input = Buffer.from('gr\xfc\xdfe', 'latin1');
    repository.write('.git/notes.yaml', Buffer.from('message: gr\xfc\xdfe', 'latin1'));
    for (const [args, source] of [
      [['--message-stdin'], 'standard input'],
      [['--from', '-'], 'standard input'],
      [['--from', '.git/notes.yaml'], '.git/notes.yaml'],
    ] as const) {
      expect(await failureOf(repository, ['pause', ...args], { input })).toMatchObject({
        exit: 2,
        code: 'not-utf8',
        message: `What was read from ${source} is not valid UTF-8.`,
      });
    }
    expect(sessionFiles(repository)).toEqual([]);
  });

  it('with control characters is kept as it is, in every file', async () => {
    const repository = repositoryWithCommit();
    const input = 'bell \u0007, escape \u001b[31m, nul \u0000, CR \r, tab \t, NEL \u0085.';
    const { session, files } = await pause(repository, ['--message-stdin'], { input });
    expect(session.conversation.summary).toBe(input);
    expect(parse(readText(files.yaml)).conversation.summary).toBe(input);
    expect(readText(files.md)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u0085]/);
  });
});

describe('--from', () => {
  const cases: readonly [string, string, string, RegExp][] = [
    [
      'an unknown field',
      'message: x\nnexxt: [a]\n',
      'line 2',
      /unknown field 'nexxt' \(did you mean next\)/,
    ],
    [
      'a wrong kind of value',
      '{"message": "x",\n "done": 3}',
      'line 2',
      /done must be a text or a list of texts/,
    ],
    ['a wrong kind in a list', 'todo:\n  - a\n  - {b: c}\n', 'line', /todo/],
    ['no mapping at all', '- a\n', '', /must be a mapping of fields/],
    ['broken YAML', 'message: "x\n', 'line', /./],
    ['two documents', 'message: a\n---\nmessage: b\n', '', /./],
    ['a field twice', 'message: a\nmessage: b\n', 'line 2', /./],
    ['an alias bomb', bomb(), '', /./],
  ];

  it.each(cases)('with %s is refused with its place', async (_, input, place, problem) => {
    const repository = repositoryWithCommit();
    const failure = await failureOf(repository, ['pause', '--from', '-'], { input });
    expect(failure).toMatchObject({ exit: 2, code: 'unreadable-fields' });
    expect(failure.message).toContain('standard input');
    expect(failure.message).toContain(place);
    expect(failure.message).toMatch(problem);
    expect(sessionFiles(repository)).toEqual([]);
  });

  it.each([
    ['a file that is not there', 'nowhere.yaml'],
    ['a directory', '.'],
  ])('naming %s is refused', async (_, name) => {
    const repository = repositoryWithCommit();
    const failure = await failureOf(repository, ['pause', '--from', name]);
    expect(failure).toMatchObject({ exit: 1, code: 'cannot-read' });
    expect(failure.message).toContain(`Cannot read ${name}: `);
    expect(failure.message).not.toMatch(/on the way/);
  });
});

describe('git', () => {
  /** A `git` of our own, first on `PATH`. */
  function withGit(repository: TestRepository, script: string): TestRepository {
    const bin = path.join(repository.home, 'bin');
    mkdirSync(bin);
    writeFileSync(path.join(bin, 'git'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return { ...repository, env: { ...repository.env, PATH: `${bin}:${repository.env['PATH']}` } };
  }

  it('that is missing is named', async () => {
    const repository = repositoryWithCommit();
    const place = { ...repository, env: { ...repository.env, PATH: repository.home } };
    for (const command of ['pause', 'list', 'status']) {
      expect(await failureOf(place, [command])).toMatchObject({
        exit: 1,
        code: 'git-missing',
        hint: expect.stringContaining('2.36'),
      });
    }
    expect(sessionFiles(repository)).toEqual([]);
  });

  it('that is too old is named with its version', async () => {
    const old = 'for a; do [ "$a" = version ] && echo "git version 2.25.1" && exit; done; exit 129';
    const repository = withGit(repositoryWithCommit(), old);
    const failure = await failureOf(repository, ['pause', 'x']);
    expect(failure).toMatchObject({
      exit: 1,
      code: 'git-too-old',
      message: 'git 2.25.1 is too old.',
      hint: 'Install git 2.36 or newer.',
    });
  });

  it('in the work tree, or found through a relative PATH, is never run', async () => {
    const repository = repositoryWithCommit();
    const canary = path.join(repository.home, 'ran');
    for (const name of ['git', 'bin/git']) {
      repository.write(name, `#!/bin/sh\ntouch '${canary}'\n`, 0o755);
    }
    const inside = `${repository.path}/bin:.::bin:${repository.path}`;
    const env = { ...repository.env, PATH: `${inside}:${repository.env['PATH']}` };
    expect((await pause({ ...repository, env }, ['x'])).session.git_context.branch).toBe('main');
    expect(existsSync(canary)).toBe(false);
  });

  it('that cannot read its own repository is quoted, and nothing is called clean', async () => {
    const repository = repositoryWithCommit();
    repository.write('.git/index', 'garbage');
    const failure = await failureOf(repository, ['pause', 'x']);
    expect(failure).toMatchObject({ exit: 1, code: 'git-failed' });
    expect(failure.message).toMatch(/git .*index file/);
    rmSync(path.join(repository.path, '.git/index'));
    expect(await list(repository)).toEqual([]);
  });

  it.skipIf(process.getuid?.() !== 0)('that distrusts the owner is explained', async () => {
    const repository = repositoryWithCommit();
    for (const name of ['', '.git']) chownSync(path.join(repository.path, name), 65534, 65534);
    const failure = await failureOf(repository, ['pause', 'x']);
    expect(failure).toMatchObject({ exit: 1, code: 'unsafe-repository' });
    expect(failure.hint).toContain(`safe.directory '${repository.path}'`);
    expect(await mpm({ ...repository, path: repository.home }, ['list'])).toMatchObject({
      code: 0,
    });
  });

  it('runs no program of the repository: hooks, fsmonitor, pagers, aliases', async () => {
    const repository = repositoryWithCommit();
    const canary = path.join(repository.home, 'ran');
    repository.write('.git/evil.sh', `#!/bin/sh\ntouch '${canary}'\n`, 0o755);
    const evil = path.join(repository.path, '.git/evil.sh');
    for (const hook of ['post-index-change', 'reference-transaction', 'post-checkout']) {
      repository.write(`.git/hooks/${hook}`, `#!/bin/sh\ntouch '${canary}'\n`, 0o755);
    }
    const settings = ['core.fsmonitor', 'core.pager', 'diff.external', 'core.editor'];
    for (const key of settings) repository.git('config', key, `'${evil}'`);
    // The only one of them that no shell reads.
    repository.git('config', 'gpg.program', evil);
    repository.git('config', 'log.showSignature', 'true');
    repository.git('config', 'alias.status', `!'${evil}'`);
    repository.write('first.txt', 'changed\n');
    signHead(repository);
    rmSync(canary, { force: true });
    await pause(repository, ['x']);
    expect(existsSync(canary)).toBe(false);
    repository.commit('meanwhile');
    signHead(repository);
    rmSync(canary, { force: true });
    expect((await resume(repository)).drift.commits.count).toBe(1);
    await list(repository);
    expect(existsSync(canary)).toBe(false);
  });
});

describe.skipIf(!hasOrdinaryUser)('permissions', () => {
  it('a git directory that cannot be written: the files are saved, and adopted later', async () => {
    const repository = repositoryWithCommit();
    chmodTree(repository, '.git', 0o500);
    const run = await mpmAsOrdinaryUser(repository, ['pause', 'in a sandbox']);
    expect(run.code).toBe(0);
    expect(run.stderr).toMatch(/^warning: .*mpm-session cannot be written.*permission denied/m);
    const [id = ''] = /session-\d{8}-\d{6}/.exec(run.stdout) ?? [];
    expect(sessionFiles(repository)).toEqual(expect.arrayContaining([...filesOf(id)]));

    chmodTree(repository, '.git', 0o700);
    expect(await list(repository)).toMatchObject([{ id, message: 'in a sandbox', here: true }]);
    repository.git('clean', '--quiet', '-fdx');
    expect(await list(repository)).toMatchObject([{ id, where: 'vault' }]);
    expect((await resume(repository)).session.session_id).toBe(id);
  });

  it('a git directory that cannot be written: everything can be read', async () => {
    const repository = repositoryWithCommit();
    const { session } = await pause(repository, ['x']);
    chmodTree(repository, '.git', 0o500);
    for (const args of [['list'], ['show', '1'], ['status'], ['resume']]) {
      const run = await mpmAsOrdinaryUser(repository, args);
      expect([args[0], run.code]).toEqual([args[0], 0]);
      expect(run.stdout).toContain(shortId(session.session_id));
    }
    chmodTree(repository, '.git', 0o700);
  });

  it('a work tree that cannot be written: no session, and it is said', async () => {
    const repository = repositoryWithCommit();
    chmodSync(repository.path, 0o500);
    const run = await mpmAsOrdinaryUser(repository, ['pause', 'x']);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(
      /^error: Cannot write .*\.claude-mpm.*permission denied.*No session was/,
    );
    chmodSync(repository.path, 0o700);
    expect(await list(repository)).toEqual([]);
  });

  it('outside git, a session whose file cannot be written is not called dismissed', async () => {
    const repository = repositoryWithCommit();
    rmSync(path.join(repository.path, '.git'), { recursive: true });
    await pause(repository, ['x']);
    chmodSync(path.join(repository.path, '.claude-mpm/sessions'), 0o500);
    const run = await mpmAsOrdinaryUser(repository, ['dismiss', '1']);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(/^error: Cannot write .*sessions: .*The session is as it was\./);
    expect(await list(repository)).toMatchObject([{ message: 'x', status: 'paused' }]);
  });

  it('a sessions directory that cannot be written is what rm names', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['x']);
    chmodSync(path.join(repository.path, '.claude-mpm/sessions'), 0o500);
    const run = await mpmAsOrdinaryUser(repository, ['rm', '1']);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(
      /^error: Cannot write [^:]*\.claude-mpm\/sessions: permission denied/,
    );
    expect(await list(repository)).toMatchObject([{ message: 'x' }]);
  });

  it.each([
    ['the vault', '.git/mpm-session'],
    ['the vault’s records', '.git/mpm-session/sessions'],
    ['the sessions directory', '.claude-mpm/sessions'],
  ])('%s that may not be read is an error, not an empty list', async (_, name) => {
    const repository = repositoryWithCommit();
    await pause(repository, ['x']);
    chmodSync(path.join(repository.path, name), 0);
    const run = await mpmAsOrdinaryUser(repository, ['list', '--json']);
    chmodSync(path.join(repository.path, name), 0o700);
    const document = JSON.parse(run.stdout);
    const isTold = document.ok ? run.stderr !== '' : run.code === 1;
    expect([document.error?.code ?? 'listed', isTold]).toEqual([
      expect.not.stringMatching('bug'),
      true,
    ]);
  });
});

describe('a quota that is used up, like a full disk', () => {
  it('leaves no session of this pause, and all of those before', async () => {
    const repository = repositoryWithCommit();
    const { session } = await pause(repository, ['before']);
    const id = session.session_id;
    const before = readText(inSessions(repository, `${id}.json`));
    const vault = path.join(repository.path, '.git/mpm-session/sessions');
    const records = readdirSync(vault);
    // No file may grow beyond 512 bytes (1024 in some shells), which is less than a record has.
    const run = await shell(repository, 'ulimit -f 1; mpm-session pause "does not fit"');
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(
      /^error: Cannot write .*too large \(EFBIG\).*No session was written\./,
    );
    expect(readdirSync(vault)).toEqual(records);
    expect((await list(repository)).map((entry) => entry.id)).toEqual([id]);
    expect(readText(inSessions(repository, `${id}.json`))).toBe(before);
    expect(repository.git('status', '--porcelain')).toBe('');
  });
});

describe('a lock', () => {
  it('left by a process that died stops nobody', async () => {
    const repository = repositoryWithCommit();
    mkdirSync(path.join(repository.path, '.git/mpm-session'), { mode: 0o700 });
    const namespace = process.platform === 'linux' ? readlinkSync('/proc/self/ns/pid') : '';
    const place = `${encodeURIComponent(hostname())}/${namespace}`;
    repository.write('.git/mpm-session/lock', `4194303 0123456789abcdef ${place}\n`);
    const { warnings } = await pause(repository, ['x']);
    expect(warnings).toEqual([]);
    expect((await resume(repository)).session.lifecycle.status).toBe('resumed');
    expect(existsSync(path.join(repository.path, '.git/mpm-session/lock'))).toBe(false);
  });
});

describe('the vault’s place', () => {
  it.each([
    ['a file', (file: string) => writeFileSync(file, '')],
    ['a symbolic link', (file: string) => symlinkSync('/tmp', file)],
  ])('taken by %s is refused', async (what, make) => {
    const repository = repositoryWithCommit();
    const vault = path.join(repository.path, '.git/mpm-session');
    make(vault);
    const failure = await failureOf(repository, ['pause', 'x']);
    expect(failure).toMatchObject({ exit: 4, code: 'vault-unusable' });
    expect(failure.message).toContain(`${vault} is ${what}`);
  });
});

it('a directory that is deleted while one stands in it is named', async () => {
  const place = outsideGit();
  mkdirSync(path.join(place.path, 'gone'));
  const run = await shell(place, 'cd gone && rmdir ../gone && mpm-session list');
  expect(run.code).toBe(1);
  expect(run.stderr).toMatch(/^error: /);
  expect(run.stderr).not.toMatch(/node:internal/);
});

/** Gives the newest commit a signature, for which `log.showSignature` would start a program. */
function signHead(repository: TestRepository): void {
  const signature = 'gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n';
  const commit = repository.git('cat-file', 'commit', 'HEAD').replace('\n\n', `\n${signature}\n`);
  repository.write('.git/signed', commit);
  const oid = repository.git('hash-object', '-t', 'commit', '-w', '.git/signed').trim();
  repository.git('update-ref', 'HEAD', oid);
}

/** `chmod -R` of the directories, as the user who owns them. */
function chmodTree(repository: TestRepository, name: string, mode: number): void {
  const find = `find "$0" -type d -exec chmod ${mode.toString(8)} {} +`;
  repository.git('-c', `alias.chmods=!sh -c '${find}' ${name}`, 'chmods');
}

/** YAML whose aliases would unfold to a billion entries. */
function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const items = level === 0 ? Array(9).fill('lol') : Array(9).fill(`*a${level - 1}`);
    return `a${level}: &a${level} [${items.join(', ')}]`;
  });
  return `${levels.join('\n')}\ntodo: *a8\n`;
}
