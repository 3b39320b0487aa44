/** Exit codes, envelopes, streams, help: what a script, an agent and a pipe rely on. */
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRepository, type TestRepository } from '../helpers/repository.ts';
import { runBin, runGit } from '../helpers/run.ts';
import {
  dataOf,
  failureOf,
  list,
  mpm,
  onlyDocument,
  outsideGit,
  pause,
  readText,
  repositoryWithCommit,
  shell,
} from './program.ts';

const commands = [
  'pause',
  'resume',
  'list',
  'show',
  'dismiss',
  'rm',
  'status',
  'why',
  'config',
] as const;

/** How each command is made to succeed in a repository with one session, and what it answers. */
const successes: Readonly<Record<(typeof commands)[number], [string[], string[]]>> = {
  pause: [['x'], ['session', 'files', 'warnings']],
  resume: [[], ['session', 'drift', 'work', 'applied']],
  list: [[], ['sessions']],
  show: [['1'], ['session', 'where', 'foreign']],
  dismiss: [[], ['session']],
  rm: [['1'], ['removed']],
  status: [[], ['branch', 'head', 'session', 'hooks', 'ignored']],
  why: [[], ['decisions', 'remarks']],
  config: [[], ['values']],
};

/** How each command is made to fail there, and with which exit code. */
const failures: Readonly<Record<(typeof commands)[number], [string[], number]>> = {
  pause: [['x', '--from', 'no such file'], 1],
  resume: [['no such session'], 3],
  list: [['--limit', 'x'], 2],
  show: [['999'], 3],
  dismiss: [['no such session'], 3],
  rm: [['no such session'], 3],
  status: [['argument'], 2],
  why: [['--limit', '0'], 2],
  config: [['argument'], 2],
};

describe.each(commands)('%s', (command) => {
  const [args, keys] = successes[command];
  const [wrong, exit] = failures[command];

  it('prints one JSON document with --json, wherever it stands, and nothing else', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['x']);
    const run = await mpm(repository, [command, ...args, '--json']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const document = onlyDocument(run) as { ok: unknown; data: object };
    expect(Object.keys(document)).toEqual(['ok', 'data']);
    expect(document.ok).toBe(true);
    expect(Object.keys(document.data)).toEqual(keys);
  });

  it('prints nothing with --quiet, and colours nothing', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['x']);
    expect(await mpm(repository, [command, ...args, '--quiet'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('fails in two lines on standard error, the same that --json has', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['x']);
    const text = await mpm(repository, [command, ...wrong]);
    const json = await mpm(repository, [command, ...wrong, '--json', '-q']);
    expect(text).toMatchObject({ code: exit, stdout: '' });
    expect(json).toMatchObject({ code: exit, stderr: '' });
    const document = onlyDocument(json) as { ok: boolean; error: Record<string, string> };
    expect(document.ok).toBe(false);
    expect(Object.keys(document.error)).toEqual(['code', 'message', 'hint']);
    expect(text.stderr).toBe(`error: ${document.error['message']}\n${document.error['hint']}\n`);
  });

  it('explains itself with -h, also where it could not run', async () => {
    const place = outsideGit();
    const run = await mpm(place, [command, '-h']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain(`Usage: mpm-session ${command} [options]`);
    expect(run.stdout).toMatch(/^ {2}-C, --directory <dir>/m);
    expect(run.stdout).toMatch(/^ {6}--json/m);
    expect(run.stdout).toMatch(/\nExamples:\n {2}(?:git mpm-|mpm-session )/);
    expect(Math.max(...run.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it('names the option that was probably meant', async () => {
    const failure = await failureOf(outsideGit(), [command, '--helpp']);
    expect(failure).toEqual({
      exit: 2,
      code: 'wrong-usage',
      message: 'There is no option --helpp. Did you mean --help?',
      hint: expect.stringMatching(new RegExp(`^Run '.*${command} -h' for its options\\.$`)),
    });
  });
});

describe('the examples in the help', () => {
  it.each(commands)('of %s are commands and options that there are', async (command) => {
    const repository = repositoryWithCommit();
    for (const word of ['a', 'b', 'c']) await pause(repository, [word]);
    const { stdout } = await mpm(repository, [command, '-h']);
    const examples = [...stdout.matchAll(/^ {2}((?:git mpm-|mpm-session ).*)$/gm)];
    expect(examples.length).toBeGreaterThan(0);
    for (const [, line = ''] of examples) {
      const { code, stderr } = await shell(repository, `GIT_EDITOR=: ${line}`);
      expect([line, code === 2 || code === 70, stderr]).toEqual([line, false, expect.anything()]);
    }
  });
});

describe('usage', () => {
  it.each([
    ['a command mistyped', ['paus'], "'paus' is not an mpm-session command.", /'pause'/],
    ['letters that changed places', ['puase'], /'puase' is not/, /'pause'/],
    ['one nobody could mean', ['xyzzyq'], "'xyzzyq' is not an mpm-session command.", /--help/],
    ['a key of every object', ['constructor'], /'constructor' is not/, /--help/],
    ['an unknown short option', ['list', '-Z'], /There is no option -Z\./, /mpm-session list -h/],
    [
      'a value for a flag',
      ['pause', '--edit=yes'],
      '--edit takes no value.',
      /mpm-session pause -h/,
    ],
    ['an option without its value', ['pause', '--task'], '--task needs a value.', /pause -h/],
    [
      'an argument too many',
      ['list', 'x', 'y'],
      "list takes no arguments, and was given 'x y'.",
      /-h/,
    ],
    [
      'an option where a value should be',
      ['resume', '--branch', '--latest'],
      '--branch needs a value; if --latest is meant, write --branch=--latest',
      /mpm-session resume -h/,
    ],
    ['too many to dismiss', ['dismiss', '1', '2'], 'Name one session to dismiss.', /dismiss -h/],
    [
      'an option before the command',
      ['--frobnicate', 'list'],
      /There is no option --frobnicate/,
      /-h/,
    ],
  ])('%s is exit 2', async (_, args, message, hint) => {
    const failure = await failureOf(outsideGit(), args);
    expect(failure).toMatchObject({ exit: 2 });
    expect(failure.message).toMatch(message);
    expect(failure.hint).toMatch(hint);
  });

  it('takes -C from a cluster of short options before the command', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['x']);
    const run = await mpm(outsideGit(), ['-qC', repository.path, 'rm', '1']);
    expect(run).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await list(repository)).toEqual([]);
  });

  it('names the common options in the overview and in the help', async () => {
    for (const args of [['--help'], ['list', '-h']]) {
      const { stdout } = await mpm(outsideGit(), args);
      for (const option of ['-C, --directory', '    --json', '-q, --quiet', '-v, --version']) {
        expect(stdout).toContain(`\n  ${option}`);
      }
    }
  });

  it('without a command is the overview on standard error', async () => {
    const run = await mpm(outsideGit(), []);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    for (const command of commands) expect(run.stderr).toMatch(new RegExp(`^  ${command} `, 'm'));
    const asked = await mpm(outsideGit(), ['--help']);
    expect(asked).toEqual({ ...run, code: 0, stdout: run.stderr, stderr: '' });
  });

  it('the version is the package’s', async () => {
    const manifest = JSON.parse(readText(import.meta.dirname, '../../package.json'));
    for (const option of ['--version', '-v']) {
      expect(await mpm(outsideGit(), [option])).toMatchObject({
        code: 0,
        stdout: `mpm-session ${manifest.version}\n`,
        stderr: '',
      });
    }
  });

  it.each([
    ['git-mpm-pause', 'git mpm-pause'],
    ['git-mpm-resume', 'git mpm-resume'],
    ['git-mpm-sessions', 'git mpm-sessions'],
  ])('%s explains itself as it was called', async (bin, called) => {
    const place = outsideGit();
    const run = await runBin(bin, ['-h'], { cwd: place.path, env: place.env });
    expect(run.stdout).toContain(`Usage: ${called} [options]`);
    const refused = await runBin(bin, refusedBy[bin] ?? [], { cwd: place.path, env: place.env });
    expect(refused.stderr).toContain(`\nRun '${called} -h' for its options.\n`);
    const wrong = await runBin(bin, ['--jsn'], { cwd: place.path, env: place.env });
    expect(wrong).toMatchObject({
      code: 2,
      stderr: `error: There is no option --jsn. Did you mean --json?\nRun '${called} -h' for its options.\n`,
    });
  });

  /** What the command itself refuses, as its options were understood. */
  const refusedBy: Readonly<Record<string, readonly string[]>> = {
    'git-mpm-pause': ['--agent', 'x'],
    'git-mpm-resume': ['1', '--latest'],
    'git-mpm-sessions': ['x'],
  };

  it('works through git with git’s own options before it', async () => {
    const repository = repositoryWithCommit();
    const run = await runGit(repository, [
      '-c',
      'color.ui=always',
      '--no-pager',
      'mpm-pause',
      '-h',
    ]);
    expect(run).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('standard output', () => {
  /** So much that it does not fit into a pipe. */
  async function large(): Promise<TestRepository> {
    const repository = repositoryWithCommit();
    for (let number = 0; number < 3000; number += 1) repository.write(`file ${number}`, '');
    await pause(repository, ['x']);
    return repository;
  }

  it('that nobody reads to its end is left in silence', async () => {
    const repository = await large();
    const line = '{ mpm-session show 1 --format json; echo "exit $?" >&2; } | head -1';
    const run = await shell(repository, line);
    expect(run.stdout).toBe('{\n');
    expect(run.stderr).toMatch(/^exit (?:0|141)\n$/);
  });

  it('arrives whole in a pipe', async () => {
    const repository = await large();
    const run = await shell(repository, 'mpm-session show 1 --json | cat');
    expect(run.stdout.length).toBeGreaterThan(200_000);
    expect(JSON.parse(run.stdout).data.session.git_context.status.changes).toHaveLength(3000);
  });

  it('that is closed stops no pause', async () => {
    const repository = repositoryWithCommit();
    await shell(repository, 'mpm-session pause "nobody listens" >&- 2>&-');
    expect(await list(repository)).toMatchObject([{ message: 'nobody listens' }]);
  });

  it.skipIf(process.platform !== 'linux')(
    'that takes nothing is an error, not a stack',
    async () => {
      const repository = repositoryWithCommit();
      await pause(repository, ['x']);
      const run = await shell(repository, 'mpm-session list >/dev/full');
      expect(run.code).not.toBe(0);
      expect(run.stderr).not.toMatch(/node:|\bat /);
    },
  );
});

describe('colours', () => {
  const csi = '\u001b[';

  it('are none in a pipe, and forced when asked for', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['x']);
    const forced = { ...repository, env: { ...repository.env, FORCE_COLOR: '1' } };
    const both = { ...forced, env: { ...forced.env, NO_COLOR: '1' } };
    const off = { ...repository, env: { ...repository.env, FORCE_COLOR: '0' } };
    for (const args of [
      ['list'],
      ['show', '1'],
      ['resume'],
      ['status'],
      ['config'],
      ['show', 'no'],
    ]) {
      const plain = await mpm(repository, args);
      expect(plain.stdout + plain.stderr).not.toContain(csi);
      const coloured = await mpm(forced, args);
      expect(coloured.stdout + coloured.stderr).toContain(csi);
    }
    for (const place of [both, off]) {
      expect((await mpm(place, ['list'])).stdout).not.toContain(csi);
    }
  });

  it('are never in what a program reads', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['x']);
    const place = { ...repository, env: { ...repository.env, FORCE_COLOR: '1' } };
    for (const args of [
      ['list', '--json'],
      ['show', '1', '--format', 'json'],
      ['show', '1', '--format', 'md'],
      ['show', '1', '--format', 'yaml'],
      ['resume', '--format', 'md'],
      ['resume', '--format', 'json'],
    ]) {
      expect((await mpm(place, args)).stdout).not.toContain(csi);
    }
  });
});

describe('at a glance', () => {
  interface Status {
    readonly branch: string | null;
    readonly head: string | null;
    readonly session: string | null;
    readonly ignored: boolean;
  }
  const status = (repository: TestRepository) => dataOf<Status>(repository, ['status']);

  it('status tells the branch, its session and that it is ignored', async () => {
    const repository = repositoryWithCommit();
    const head = repository.git('rev-parse', 'HEAD').trim();
    const { session } = await pause(repository, ['about to test']);
    expect(await status(repository)).toMatchObject({
      branch: 'main',
      head,
      session: session.session_id,
      ignored: true,
    });
    const { stdout } = await mpm(repository, ['status']);
    expect(stdout).toContain(`main at ${head.slice(0, 10)}`);
    expect(stdout).toContain(`${session.session_id} paused just now  about to test`);
  });

  it('status tells what is not there as such', async () => {
    const unborn = createRepository();
    expect(await status(unborn)).toMatchObject({
      branch: 'main',
      head: null,
      session: null,
      ignored: false,
    });
    expect((await mpm(unborn, ['status'])).stdout).toMatch(/no commit yet[\s\S]*none/);
    unborn.commit('first');
    unborn.git('switch', '--quiet', '--detach');
    expect((await status(unborn)).branch).toBeNull();
  });

  it('status guesses nothing when git cannot prove that sessions are ignored', async () => {
    const repository = repositoryWithCommit();
    // Behind a symbolic link git tells nothing.
    symlinkSync(repository.home, path.join(repository.path, '.claude-mpm'));
    expect((await dataOf<{ ignored: unknown }>(repository, ['status'])).ignored).toBeNull();
    expect((await mpm(repository, ['status'])).stdout).toMatch(/^Ignored +not known$/m);
  });

  it('status writes nothing', async () => {
    const repository = repositoryWithCommit();
    await mpm(repository, ['status']);
    repository.git('clean', '--quiet', '-fdx');
    expect(repository.git('status', '--porcelain', '--ignored')).toBe('');
  });

  it('config tells each value and where it comes from', async () => {
    const repository = repositoryWithCommit();
    repository.write('.mpmrc', 'formats: [json, md]\n');
    const { values } = await dataOf<{ values: Record<string, unknown> }>(repository, ['config']);
    expect(values['formats']).toEqual({
      value: ['md', 'json'],
      source: expect.stringMatching(/^repository: .*\.mpmrc$/),
    });
    expect(values['offer.timeout']).toEqual({ value: '30s', source: 'default' });
    expect(values['work.save']).toEqual({ value: null, source: 'not supported yet' });
    const user = path.join(repository.home, '.config/mpmrc');
    repository.write(path.relative(repository.path, user), 'formats: [json]\n');
    const { stdout } = await mpm(repository, ['config']);
    expect(stdout).toMatch(/^formats +\["json"\] +user: /m);
    expect(stdout).toMatch(/^offer\.timeout +"30s" +default$/m);
    expect(stdout).toMatch(/^work\.save +not supported yet: /m);
  });
});

describe('a wrong configuration', () => {
  it('does not stop who is in the middle of work, and is told', async () => {
    const repository = repositoryWithCommit();
    repository.write('.mpmrc', 'formats: [json]\nformat: [md]\n');
    for (const args of [['pause', 'x'], ['resume']]) {
      const run = await mpm(repository, args);
      expect(run.code).toBe(0);
      expect(run.stderr).toMatch(/^warning: .*\.mpmrc.*2.*'?format'?.*formats/);
    }
    expect((await pause(repository)).warnings).toEqual([expect.stringContaining('.mpmrc')]);
  });

  it('is told also when the command fails, unless nothing but errors is wanted', async () => {
    const repository = repositoryWithCommit();
    repository.write('.mpmrc', 'format: [md]\n');
    const run = await mpm(repository, ['resume']);
    expect(run.code).toBe(3);
    expect(run.stderr).toMatch(/^warning: .*\.mpmrc.*\nerror: No session is paused on main/);
    const quiet = await mpm(repository, ['resume', '-q']);
    expect(quiet.stderr).toMatch(/^error: /);
  });

  it.each(['list', 'status', 'config', 'show 1', 'dismiss', 'rm 1'])('stops %s', async (line) => {
    const repository = repositoryWithCommit();
    await pause(repository, ['x']);
    repository.write('.mpmrc', 'formats: json and md\n');
    const failure = await failureOf(repository, line.split(' '));
    expect(failure).toMatchObject({ exit: 2, code: 'invalid-configuration' });
    expect(failure.message).toMatch(/\.mpmrc.*formats/);
  });

  it('of a key whose feature is not there yet is refused as such', async () => {
    const repository = repositoryWithCommit();
    const user = path.join(repository.home, '.config/mpmrc');
    repository.write(path.relative(repository.path, user), 'agents: off\n');
    expect((await failureOf(repository, ['list'])).message).toMatch(
      /'agents' is not supported by this version yet/,
    );
  });

  it('that is code is never run', async () => {
    const repository = repositoryWithCommit();
    const evil = `require("fs").writeFileSync(${JSON.stringify(path.join(repository.home, 'ran'))}, "")`;
    for (const name of ['.mpmrc.js', '.mpmrc.cjs', 'mpm.config.cjs', '.config/config.cjs']) {
      repository.write(name, evil);
    }
    const run = await mpm(repository, ['pause', 'x']);
    expect(run.code).toBe(0);
    expect(run.stderr).toMatch(/warning: .*\.mpmrc\.c?js/);
    expect(() => readText(repository.home, 'ran')).toThrow(/ENOENT/);
  });
});
