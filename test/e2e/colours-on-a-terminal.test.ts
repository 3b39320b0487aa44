/** A person at a shell, in a terminal: what they type and what they see. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TestRepository } from '../helpers/repository.ts';
import { binCommand, withBins } from '../helpers/run.ts';
import type { Env } from '../helpers/temporary.ts';
import { openTerminal, type Terminal } from '../helpers/terminal.ts';
import { list, pause, repositoryWithCommit } from './program.ts';

/** An interactive `sh` with a prompt of `$ `, as a person has it open. */
async function openShell(repository: TestRepository, more: Env = {}): Promise<Terminal> {
  const env = { ...withBins(repository.env), PS1: 'READY> ', ...more };
  const terminal = openTerminal('sh', ['-i'], { cwd: repository.path, env, columns: 200 });
  await terminal.waitFor(/READY> $/);
  return terminal;
}

/** Types a line and waits for the next prompt. */
async function type(terminal: Terminal, line: string): Promise<string> {
  const before = terminal.screen().raw.length;
  terminal.type(`${line}\r`);
  await terminal.waitFor(/READY> $/);
  return terminal.screen().raw.slice(before);
}

const bold = '\u001b[1m';
const anyColour = /\u001b\[\d+m/;

describe('at a terminal', () => {
  it('one pauses, sees what was saved in colours, and has the place again later', async () => {
    const repository = repositoryWithCommit();
    repository.write('first.txt', 'changed\n');
    const terminal = await openShell(repository);
    const paused = await type(terminal, 'git mpm-pause about to test the login');
    const [saved] = await list(repository);
    expect(paused).toContain(`${bold}${saved?.id}`);
    expect(paused).toMatch(/\u001b\[32mPaused\u001b\[0m/);
    expect(paused).toContain('about to test the login');
    expect(paused).toContain('1 uncommitted change is listed');

    await type(terminal, 'git commit -qam meanwhile');
    const resumed = await type(terminal, 'git mpm-resume');
    expect(resumed).toContain('about to test the login');
    expect(resumed).toContain('1 commit since.');
    expect(resumed).toMatch(anyColour);
    expect(await type(terminal, 'git mpm-sessions')).toMatch(/\u001b\[32m\*\u001b\[0m/);
  });

  it('errors are coloured too, and the shell sees the exit code', async () => {
    const terminal = await openShell(repositoryWithCommit());
    expect(await type(terminal, 'git mpm-resume')).toMatch(
      /\u001b\[31merror:\u001b\[0m No session/,
    );
    expect(await type(terminal, 'git mpm-resume 2>/dev/null; echo "exit $?"')).toContain('exit 3');
  });

  it('what goes into a pipe is not coloured', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['x']);
    const terminal = await openShell(repository);
    expect(await type(terminal, 'mpm-session list | cat')).not.toMatch(anyColour);
    expect(await type(terminal, 'mpm-session list --json')).not.toMatch(anyColour);
  });

  it.each(['NO_COLOR=1', 'TERM=dumb', 'FORCE_COLOR=0'])('nothing is with %s', async (variable) => {
    const repository = repositoryWithCommit();
    await pause(repository, ['x']);
    const terminal = await openShell(repository);
    await type(terminal, `export ${variable}`);
    const seen = await type(terminal, 'git mpm-sessions; git mpm-resume nope');
    expect(seen).toMatch(/\d{8}-\d{6} /);
    expect(seen).toContain('error:');
    expect(seen).not.toMatch(anyColour);
  });

  it('the message can be typed, ended by Ctrl-D', async () => {
    const repository = repositoryWithCommit();
    const terminal = await openShell(repository);
    terminal.type('git mpm-pause --message-stdin\r');
    terminal.type('first line\rsecond line\r\x04');
    await terminal.waitFor(/Resume with[\s\S]*READY> $/);
    expect(await list(repository)).toMatchObject([{ message: 'first line\nsecond line' }]);
  });

  it('the editor has the terminal to itself', async () => {
    const repository = repositoryWithCommit();
    const editor = path.join(repository.home, 'editor.sh');
    const script =
      'test -t 0 && test -t 1 && printf "EDIT? " && read line && echo "message: $line" >"$1"';
    writeFileSync(editor, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const terminal = await openShell(repository, { GIT_EDITOR: editor });
    terminal.type('git mpm-pause --edit\r');
    await terminal.waitFor(/EDIT\? $/);
    terminal.type('typed by hand\r');
    await terminal.waitFor(/Resume with[\s\S]*READY> $/);
    expect(await list(repository)).toMatchObject([{ message: 'typed by hand' }]);
  });

  it('Ctrl-C while the message is typed ends it, and leaves no session', async () => {
    const repository = repositoryWithCommit();
    const place = { cwd: repository.path, env: repository.env };
    const { program, args } = binCommand('mpm-session', ['pause', '--message-stdin'], place);
    // A key that comes before the terminal has a foreground process is nobody's.
    const started = ['-c', 'echo started; exec "$@"', 'sh', program, ...args];
    const terminal = openTerminal('sh', started, place);
    await terminal.waitFor(/started/);
    terminal.type('half a');
    await terminal.waitFor(/half a/);
    terminal.type('\x03');
    // What a shell calls exit 130.
    expect(await terminal.exit).toEqual({ code: null, signal: 'SIGINT' });
    expect(await list(repository)).toEqual([]);
  });
});
