/** `git switch` typed at a shell: the question, each answer to it, and the terminal afterwards. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { hookBlock } from '../../src/hooks/blocks.ts';
import type { TestRepository } from '../helpers/repository.ts';
import { runCommand } from '../helpers/run.ts';
import type { Terminal } from '../helpers/terminal.ts';
import {
  type HookRepository,
  installScripts,
  projectRoot,
  withHooks,
} from '../hooks/hook-repository.ts';
import { list, pause } from './program.ts';
import {
  askable,
  askingProcess,
  decisionsIn,
  openShell,
  pausedOnFeature,
  question,
  type ShellName,
  shells,
  typed,
} from './typed.ts';

const shellNames = Object.keys(shells) as ShellName[];

/** The answer to `stty -g`, typed. */
async function settings(terminal: Terminal): Promise<string> {
  return /^[\w:=-]{20,}$/m.exec(await typed(terminal, 'stty -g'))?.[0] ?? 'unknown';
}

async function arriveAtQuestion(terminal: Terminal): Promise<void> {
  terminal.type('git switch feature\r');
  await terminal.waitFor(question);
}

/** Presses a key and returns what was shown until the prompt. */
async function press(terminal: Terminal, keys: string): Promise<string> {
  const before = terminal.screen().text.length;
  terminal.type(keys);
  await terminal.waitFor(/READY> $/);
  return terminal.screen().text.slice(before);
}

async function statusOf(repository: TestRepository): Promise<string | null | undefined> {
  return (await list(repository))[0]?.status;
}

function branchOf(repository: TestRepository): string {
  return repository.git('symbolic-ref', '--short', 'HEAD').trim();
}

describe.each(shellNames)('typed at %s', (shell) => {
  it('the question names the session; y resumes it, with what moved since', async () => {
    const repository = await askable();
    const terminal = await openShell(repository, { shell });
    const before = await settings(terminal);
    await arriveAtQuestion(terminal);
    const { text } = terminal.screen();
    expect(text).toContain('Paused just now on feature: about to test the login');
    expect(text).toContain('Next: test the expiry');

    const shown = await press(terminal, 'y');
    expect(shown).toContain('What You Were Doing');
    expect(shown).toContain('No commit since.');
    expect(await typed(terminal, 'echo "exit $?"')).toContain('exit 0');
    expect(await settings(terminal)).toBe(before);
    expect(await statusOf(repository)).toBe('resumed');
    expect(branchOf(repository)).toBe('feature');
    expect(decisionsIn(repository)).toEqual(['asked yes']);
  });

  it.each([
    ['n', 'n'],
    ['q', 'q'],
    ['Enter', '\r'],
    ['Escape', '\x1b'],
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
    ['Ctrl-Z', '\x1a'],
  ])('%s is «not now»: git ends as it would have', async (_name, key) => {
    const repository = await askable();
    const terminal = await openShell(repository, { shell });
    const before = await settings(terminal);
    await arriveAtQuestion(terminal);
    expect(await press(terminal, key)).toMatch(/^not now\n/);
    expect(await typed(terminal, 'echo "exit $?"')).toContain('exit 0');
    expect(await settings(terminal)).toBe(before);
    expect(await statusOf(repository)).toBe('paused');
    expect(branchOf(repository)).toBe('feature');
    expect(decisionsIn(repository)).toEqual(['asked not-now']);
  });

  it('d dismisses it', async () => {
    const repository = await askable();
    const terminal = await openShell(repository, { shell });
    await arriveAtQuestion(terminal);
    await press(terminal, 'd');
    expect(await statusOf(repository)).toBe('dismissed');
    expect(await typed(terminal, 'git switch main; git switch feature')).not.toContain('Resume?');
  });

  it.each([
    ['y', 'failed resume-failed'],
    ['d', 'failed dismiss-failed'],
  ])(
    '%s to a session that was deleted meanwhile does not claim to have done it',
    async (key, said) => {
      const repository = await askable();
      const terminal = await openShell(repository, { shell });
      await arriveAtQuestion(terminal);
      const [session] = await list(repository);
      rmSync(path.join(repository.path, '.git/mpm-session/sessions', `${session?.id}.json`));
      expect(await press(terminal, key)).toContain('No session matches');
      expect(await typed(terminal, 'echo "exit $?"')).toContain('exit 0');
      expect(decisionsIn(repository)).toEqual([said]);
    },
  );

  it('s shows the brief and asks again', async () => {
    const repository = await askable();
    const terminal = await openShell(repository, { shell });
    await arriveAtQuestion(terminal);
    terminal.type('s');
    await terminal.waitFor(/Next Steps[\s\S]*No commit since/);
    await terminal.waitFor(question);
    expect(await statusOf(repository)).toBe('paused');
    await press(terminal, 'Y');
    expect(await statusOf(repository)).toBe('resumed');
  });

  it('what is typed behind the answer belongs to the shell', async () => {
    const repository = await askable();
    const terminal = await openShell(repository, { shell });
    await arriveAtQuestion(terminal);
    terminal.type('n\recho after-$((1+1))\r');
    await terminal.waitFor(/after-2\n/);
    await terminal.waitFor(/READY> $/);
    expect(await typed(terminal, 'echo third-$((1+2))')).toContain('third-3');
    expect(decisionsIn(repository)).toEqual(['asked not-now']);
  });
});

describe('the question', () => {
  it('passes over keys that mean nothing, also those of several bytes', async () => {
    const repository = await askable();
    const terminal = await openShell(repository);
    await arriveAtQuestion(terminal);
    for (const keys of ['x', '\x1b[A', '\x1bOP', '\x1b[1;5C', 'é', '\x1by']) terminal.type(keys);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(terminal.screen().text).toMatch(question);
    expect(await press(terminal, 'y')).toContain('What You Were Doing');
    expect(await statusOf(repository)).toBe('resumed');
  });

  it('is «not now» when nobody answers within offer.timeout', async () => {
    const repository = await askable();
    repository.write('.mpmrc', 'offer:\n  timeout: 1s\n');
    const terminal = await openShell(repository);
    const before = await settings(terminal);
    await arriveAtQuestion(terminal);
    await terminal.waitFor(/not now \(no answer\)\nREADY> $/);
    expect(await typed(terminal, 'echo "exit $?"')).toContain('exit 0');
    expect(await settings(terminal)).toBe(before);
    expect(await statusOf(repository)).toBe('paused');
    expect(decisionsIn(repository)).toEqual(['asked no-answer']);
  });

  it('waits its whole time again after the brief was shown', async () => {
    const repository = await askable();
    repository.write('.mpmrc', 'offer:\n  timeout: 2s\n');
    const terminal = await openShell(repository);
    await arriveAtQuestion(terminal);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    terminal.type('s');
    await terminal.waitFor(question);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    await press(terminal, 'y');
    expect(await statusOf(repository)).toBe('resumed');
  });

  it.each([40, 200])('is readable in %d columns', async (columns) => {
    const repository = await askable();
    const terminal = await openShell(repository, { columns });
    await arriveAtQuestion(terminal);
    await press(terminal, 'y');
    expect(await statusOf(repository)).toBe('resumed');
  });

  it('shows nothing that a terminal would obey', async () => {
    const repository = await askable();
    repository.git('switch', '--quiet', 'feature');
    await pause(repository, [
      '-m',
      'evil \x1b]0;title\x07\x1b[2J \u202etxt',
      '--next',
      '\x9b31mred',
    ]);
    repository.git('switch', '--quiet', 'main');
    const terminal = await openShell(repository, { more: { NO_COLOR: '1' } });
    const from = terminal.screen().raw.length;
    await arriveAtQuestion(terminal);
    const shown = terminal.screen().raw.slice(from);
    expect(shown).toContain('evil ]0;title[2J txt');
    expect(shown.slice(shown.indexOf('Paused'))).not.toMatch(
      /[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]/,
    );
  });

  it('has colours unless they are not wanted', async () => {
    const repository = await askable();
    const coloured = await openShell(repository);
    await arriveAtQuestion(coloured);
    expect(coloured.screen().raw).toContain('\u001b[36mfeature\u001b[0m');
    await press(coloured, 'n');
    await typed(coloured, 'git switch -q main; export NO_COLOR=1');
    const from = coloured.screen().raw.length;
    await arriveAtQuestion(coloured);
    expect(coloured.screen().raw.slice(from)).not.toContain('\u001b[36m');
  });

  it('is asked at a detached commit that has a session of its own', async () => {
    const repository = await askable();
    repository.git('switch', '--quiet', '--detach', 'feature');
    const { session } = await pause(repository, ['-m', 'looking around']);
    repository.git('switch', '--quiet', 'main');
    const terminal = await openShell(repository);
    terminal.type('git checkout --quiet --detach feature\r');
    await terminal.waitFor(question);
    await press(terminal, 'y');
    const listed = await list(repository);
    expect(listed.find(({ id }) => id === session.session_id)?.status).toBe('resumed');
  });
});

describe('when the question is ended from outside', () => {
  it.skipIf(process.platform !== 'linux').each(['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGKILL'] as const)(
    'by %s, the terminal is as it was (needs /proc)',
    async (signal) => {
      const repository = await askable();
      const terminal = await openShell(repository, { shell: 'dash' });
      const before = await settings(terminal);
      await arriveAtQuestion(terminal);
      process.kill(await askingProcess(repository), signal);
      await terminal.waitFor(/READY> $/);
      expect(await typed(terminal, 'echo "exit $?"')).toContain('exit 0');
      expect(await settings(terminal)).toBe(before);
      expect(await statusOf(repository)).toBe('paused');
    },
  );

  it.skipIf(process.platform !== 'linux').each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)(
    "by %s to the hook's sh alone, it can still be answered (needs /proc)",
    async (signal) => {
      const repository = await askable();
      const terminal = await openShell(repository, { shell: 'bash' });
      const before = await settings(terminal);
      await arriveAtQuestion(terminal);
      process.kill(parentOf(await askingProcess(repository)), signal);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await press(terminal, 'n')).toMatch(/^not now\n/);
      expect(await typed(terminal, 'echo "exit $?"')).toContain('exit 0');
      expect(await settings(terminal)).toBe(before);
      expect(decisionsIn(repository)).toEqual(['asked not-now']);
    },
  );

  it.skipIf(process.platform !== 'linux')(
    'git being killed, Node goes away and the shell has its terminal (needs /proc)',
    async () => {
      const repository = await askable();
      const terminal = await openShell(repository);
      const before = await settings(terminal);
      await arriveAtQuestion(terminal);
      const asking = await askingProcess(repository);
      const sh = parentOf(asking);
      process.kill(groupOf(asking), 'SIGKILL');
      await terminal.waitFor(/READY> /);
      await expect.poll(() => isRunning(asking), { timeout: 5000 }).toBe(false);
      // Echoed by the shell alone, as it is while it reads a line with settings of its own.
      const shown = await typed(terminal, 'echo still-$((1+1))');
      expect(shown).toMatch(/still-2$/m);
      expect(shown.match(/echo/g)).toHaveLength(1);
      expect(await settings(terminal)).toBe(before);
      // And the hook's sh does not call it a failure of Node's.
      await expect.poll(() => isRunning(sh), { timeout: 5000 }).toBe(false);
      expect(decisionsIn(repository)).toEqual(['asked git-gone']);
    },
  );

  it.skipIf(process.platform !== 'linux')('the terminal being closed, Node goes away', async () => {
    const repository = await askable();
    const terminal = await openShell(repository);
    await arriveAtQuestion(terminal);
    const asking = await askingProcess(repository);
    process.kill(terminal.pid, 'SIGKILL');
    await terminal.exit;
    await expect.poll(() => isRunning(asking), { timeout: 5000 }).toBe(false);
    expect(await statusOf(repository)).toBe('paused');
  });
});

/** The process group, which has git's number (proc_pid_stat(5)). */
function groupOf(pid: number): number {
  return Number(/\) \S \d+ (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
}

function parentOf(pid: number): number {
  return Number(/\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
}

/** One that ended counts as gone also where nobody asks for its exit status. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe.each(shellNames)('typed ahead at %s, while git is still at work', (shell) => {
  async function slowHook(): Promise<HookRepository> {
    return withHooks(await pausedOnFeature(), { before: 'echo busy >&2; sleep 0.5\n' });
  }

  it.each([
    ['a whole line', 'echo ahead-$((1+1))\r', ''],
    ['half a line', 'echo ahead-', '$((1+1))\r'],
    ['one line and a half', 'true\recho ahead', '-$((1+1))\r'],
    ['the letter of an answer', 'y', '\recho ahead-$((1+1))\r'],
  ])('%s is no answer, and reaches the shell once', async (_name, ahead, rest) => {
    const repository = await slowHook();
    const terminal = await openShell(repository, { shell });
    const before = await settings(terminal);
    terminal.type('git switch feature\r');
    await terminal.waitFor(/busy\n/);
    terminal.type(ahead);
    await terminal.waitFor(/git mpm-resume/);
    terminal.type(rest);
    await terminal.waitFor(/ahead-2\n.*READY> $/);
    const { text } = terminal.screen();
    expect(text.match(/ahead-2$/gm)).toHaveLength(1);
    expect(text).not.toContain('Resume?');
    expect(await settings(terminal)).toBe(before);
    expect(await statusOf(repository)).toBe('paused');
    expect(decisionsIn(repository)).toEqual(['hinted input-waiting']);
  });
});

describe('git typed as an alias', () => {
  it.each([
    ['of a command', { sw: 'switch' }, 'git sw feature'],
    ['of a command and its arguments', { go: 'switch --quiet feature' }, 'git go'],
    ['of an alias', { sw: 'switch', go: 'sw feature' }, 'git go'],
    [
      'with options of git itself',
      { co: '-c advice.detachedHead=false checkout' },
      'git co feature',
    ],
  ])('%s asks, too', async (_name, aliases, line) => {
    const repository = await askable();
    for (const [name, value] of Object.entries(aliases)) {
      repository.git('config', `alias.${name}`, value);
    }
    const terminal = await openShell(repository);
    const before = await settings(terminal);
    terminal.type(`${line}\r`);
    await terminal.waitFor(question);
    await press(terminal, 'y');
    expect(await typed(terminal, 'echo "exit $?"')).toContain('exit 0');
    expect(await settings(terminal)).toBe(before);
    expect(await statusOf(repository)).toBe('resumed');
    expect(decisionsIn(repository)).toEqual(['asked yes']);
  });
});

describe('git running the hook', () => {
  it('through husky', async () => {
    const repository = await pausedOnFeature();
    const husky = await runCommand({
      ...{ program: process.execPath, args: [path.join(projectRoot, 'node_modules/husky/bin.js')] },
      ...{ cwd: repository.path, env: repository.env },
    });
    expect(husky.code).toBe(0);
    expect(repository.git('config', 'core.hooksPath').trim()).toBe('.husky/_');
    mkdirSync(path.join(repository.path, '.husky'), { recursive: true });
    writeFileSync(path.join(repository.path, '.husky/post-checkout'), hookBlock('post-checkout'));
    installScripts(repository);
    const terminal = await openShell(repository);
    await arriveAtQuestion(terminal);
    await press(terminal, 'y');
    expect(await statusOf(repository)).toBe('resumed');
  });

  it.skipIf(!hasConfigurationHooks())('by its configuration (needs git 2.54)', async () => {
    const repository = withHooks(await pausedOnFeature(), { through: 'configuration' });
    const terminal = await openShell(repository);
    await arriveAtQuestion(terminal);
    await press(terminal, 'y');
    expect(await statusOf(repository)).toBe('resumed');
    expect(await typed(terminal, 'echo "exit $?"')).toContain('exit 0');
  });

  it.skipIf(!hasConfigurationHooks())(
    'by its configuration and by the hook file: it is asked once (needs git 2.54)',
    async () => {
      const both = withHooks(await pausedOnFeature(), { through: 'configuration' });
      const repository = withHooks(both);
      const terminal = await openShell(repository);
      await arriveAtQuestion(terminal);
      expect(await press(terminal, 'n')).not.toContain('Resume?');
      expect(decisionsIn(repository)).toEqual(['asked not-now', 'quiet already-handled']);
    },
  );
});

function hasConfigurationHooks(): boolean {
  const git = process.env['MPM_TEST_GIT'] || 'git';
  const run = spawnSync(git, ['version'], { encoding: 'utf8' });
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(run.stdout) ?? [];
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 54);
}
