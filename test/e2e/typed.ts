/** A person at an interactive shell who types git commands, in a repository with our hook. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import type { TestRepository } from '../helpers/repository.ts';
import type { Env } from '../helpers/temporary.ts';
import { openTerminal, type Terminal } from '../helpers/terminal.ts';
import { type HookRepository, vaultOf, withHooks } from '../hooks/hook-repository.ts';
import { pause, repositoryWithCommit } from './program.ts';

export const shells = {
  bash: ['bash', ['--norc', '--noprofile', '-i']],
  dash: ['dash', ['-i']],
} as const;

export type ShellName = keyof typeof shells;

export interface ShellOptions {
  readonly shell?: ShellName;
  readonly columns?: number;
  readonly more?: Env;
}

const prompt = 'READY> ';

export async function openShell(
  repository: TestRepository,
  { shell = 'bash', columns = 100, more = {} }: ShellOptions = {},
): Promise<Terminal> {
  const [program, args] = shells[shell];
  const env = { ...repository.env, TERM: 'xterm', PS1: prompt, HISTFILE: '/dev/null', ...more };
  const terminal = openTerminal(program, args, { cwd: repository.path, env, columns });
  await terminal.waitFor(/READY> $/);
  return terminal;
}

/** Types a line and returns what was shown until the next prompt. */
export async function typed(terminal: Terminal, line: string): Promise<string> {
  const before = terminal.screen().text.length;
  terminal.type(`${line}\r`);
  await terminal.waitFor(/READY> $/);
  return terminal.screen().text.slice(before);
}

export const question = /Resume\? \[y\]es {2}\[s\]how {2}\[n\]ot now {2}\[d\]ismiss $/;

/** On `main`; a session is paused on `feature`, which is one commit ahead. */
export async function pausedOnFeature(): Promise<HookRepository> {
  const repository = repositoryWithCommit();
  repository.git('switch', '--quiet', '-c', 'feature');
  repository.commit('second', { 'second.txt': 'two\n' });
  await pause(repository, ['-m', 'about to test the login', '--next', 'test the expiry']);
  repository.git('switch', '--quiet', 'main');
  return { ...repository, vault: vaultOf(repository) };
}

export async function askable(): Promise<HookRepository> {
  return withHooks(await pausedOnFeature());
}

/** The log's lines, oldest first: outcome and reason. */
export function decisionsIn(repository: HookRepository): readonly string[] {
  const log = readFileSync(path.join(repository.vault, 'log'), 'utf8');
  return log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t').slice(3, 5).join(' '));
}

/** The number of the Node that asks in this repository; waits for it. Needs /proc. */
export async function askingProcess(repository: TestRepository): Promise<number> {
  for (let look = 0; look < 200; look += 1) {
    const found = readdirSync('/proc').find(
      (name) => /^\d+$/.test(name) && asksIn(name, repository),
    );
    if (found !== undefined) return Number(found);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('no Node is asking');
}

function asksIn(pid: string, { path: directory }: TestRepository): boolean {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return command[2] === 'hook' && readlinkSync(`/proc/${pid}/cwd`) === directory;
  } catch {
    return false; // It has ended, or is somebody else's.
  }
}
