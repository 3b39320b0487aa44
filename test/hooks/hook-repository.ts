/**
 * A repository in which our hooks run, set up by hand: the scripts in the vault, the block in a hook
 * file or the command in git's configuration, and offers as a pause renders them.
 */

import { execFileSync } from 'node:child_process';
import {
  accessSync,
  appendFileSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { configCommand, hookBlock } from '../../src/hooks/blocks.ts';
import type { HookEvent } from '../../src/hooks/events.ts';
import { readState } from '../../src/integrations/surroundings.ts';
import { type VaultHeader, vaultScripts } from '../../src/integrations/vault-scripts.ts';
import {
  createRepository,
  type RepositoryOptions,
  type TestRepository,
} from '../helpers/repository.ts';
import { type RunOptions, type RunResult, runCommand } from '../helpers/run.ts';
import { type Env, hermeticEnv } from '../helpers/temporary.ts';

export const projectRoot = fileURLToPath(new URL('../../', import.meta.url));

/** The shells that a hook may be written for, `#!` and all; which of them are here. */
export const shells = [
  shell('dash', 'dash'),
  shell('bash', 'bash'),
  shell('bash --posix', 'bash', '--posix'),
  shell('busybox ash', 'busybox', 'ash'),
  shell('zsh', 'zsh'),
  shell('mksh', 'mksh'),
];

export interface Shell {
  readonly name: string;
  /** What follows `#!`; undefined where the shell is not installed. */
  readonly interpreter: string | undefined;
}

function shell(name: string, program: string, argument?: string): Shell {
  const found = ['/bin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']
    .map((directory) => path.join(directory, program))
    .find(isExecutable);
  const words = found === undefined ? undefined : [found, ...(argument ? [argument] : [])];
  return { name, interpreter: words?.join(' ') };
}

export interface Offer {
  readonly kind: 'ask' | 'hint' | 'quiet';
  readonly reason: string;
  /** `YYYYMMDDHHMMSS`. */
  readonly at: string;
  readonly lines: readonly string[];
}

export const someHint = ['Something is paused here.', 'Take it up: git mpm-resume'];

export interface Logged {
  readonly time: string;
  readonly event: string;
  readonly args: string;
  readonly outcome: string;
  readonly reason: string;
  readonly detail: string | undefined;
}

export interface HookSetUp {
  /** `hook-file` unless told otherwise; `configuration` needs git 2.54. */
  readonly through?: 'hook-file' | 'configuration';
  /** What follows `#!`, `/bin/sh` when not given. */
  readonly interpreter?: string;
  /** Lines of the user's, before and after our block. */
  readonly before?: string;
  readonly after?: string;
  readonly header?: Partial<VaultHeader>;
}

export interface HookRepository extends TestRepository {
  readonly vault: string;
}

/** With a first commit, and branches `feature` (one commit more) and `same` (on main's commit). */
export function hookRepository(
  options: RepositoryOptions = {},
  setUp: HookSetUp = {},
): HookRepository {
  const repository = createRepository(options);
  repository.commit('first', { 'first.txt': 'one\n' });
  repository.git('branch', 'same');
  repository.git('switch', '--quiet', '-c', 'feature');
  repository.commit('second', { 'second.txt': 'two\n' });
  repository.git('switch', '--quiet', '-');
  return withHooks(repository, setUp);
}

/** Writes the scripts and sets up post-checkout. */
export function withHooks(repository: TestRepository, setUp: HookSetUp = {}): HookRepository {
  const ready = { ...repository, vault: vaultOf(repository) };
  installScripts(ready, setUp.header);
  installHook(ready, 'post-checkout', setUp);
  return ready;
}

export function installScripts(
  repository: HookRepository,
  header: Partial<VaultHeader> = {},
): void {
  mkdirSync(path.join(repository.vault, 'sessions'), { recursive: true });
  const edits = vaultScripts(
    {
      packageDirectory: projectRoot,
      vaultDirectory: repository.vault,
      header: {
        version: '0.1.0',
        node: process.execPath,
        program: path.join(projectRoot, 'dist/bin/mpm-session.js'),
        since: 0,
        ...header,
      },
    },
    readState,
  );
  for (const { target, after } of edits) {
    if (after?.kind !== 'file') throw new Error(`${target} is no file`);
    writeFileSync(target, after.content, { mode: after.mode });
  }
}

export function installHook(
  repository: HookRepository,
  event: HookEvent,
  { through = 'hook-file', interpreter = '/bin/sh', before = '', after = '' }: HookSetUp = {},
): void {
  if (through === 'configuration') {
    const command = configCommand(event);
    repository.git('config', `hook.mpm-session-${event}.command`, command);
    repository.git('config', `hook.mpm-session-${event}.event`, event);
    return;
  }
  const directory = repository.git('rev-parse', '--git-path', 'hooks').trim();
  const file = path.resolve(repository.path, directory, event);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `#!${interpreter}\n${before}${hookBlock(event)}${after}`);
  chmodSync(file, 0o755);
}

export function vaultOf(repository: TestRepository): string {
  const common = repository.git('rev-parse', '--path-format=absolute', '--git-common-dir');
  return path.join(common.trim(), 'mpm-session');
}

/** Gives a branch an identity and, unless `offer` is false, a session to be offered on it. */
export function offerOn(
  repository: HookRepository,
  branch: string,
  offer: Partial<Offer> | false = {},
): string {
  identities += 1;
  const identity = identities.toString(16).padStart(20, '0');
  repository.git('config', '--add', `branch.${branch}.mpm-session`, identity);
  if (offer === false) mkdirSync(path.join(repository.vault, 'offers'), { recursive: true });
  else writeOffer(repository, identity, offer);
  return identity;
}

let identities = 0xabc;

export function writeOffer(
  repository: HookRepository,
  key: string,
  { kind = 'ask', reason = '-', at = '20260102030405', lines = someHint }: Partial<Offer> = {},
): void {
  const id = `session-${at.slice(0, 8)}-${at.slice(8)}`;
  const text = [`1 ${at} ${id} ${kind} ${reason}`, ...lines].map((line) => `${line}\n`).join('');
  writeOfferFile(repository, key, text);
}

export function writeOfferFile(repository: HookRepository, key: string, content: string | Buffer) {
  const directory = path.join(repository.vault, 'offers');
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, key), content);
}

/** Runs git there; nothing is expected of its exit status. */
export function git(
  repository: TestRepository,
  args: readonly string[],
  options: Partial<RunOptions> & { readonly set?: Env } = {},
): Promise<RunResult> {
  const { set = {}, ...others } = options;
  const env = { ...repository.env, ...set };
  return runCommand({ program: 'git', args, cwd: repository.path, ...others, env });
}

/** What `git` printed besides what it prints by itself: the hint, line by line. */
export function hintIn(run: RunResult): readonly string[] {
  return run.stderr.split('\n').filter((line) => someHint.includes(line));
}

/** All that the hooks decided, oldest first. */
export function logged(repository: HookRepository): readonly Logged[] {
  const file = path.join(repository.vault, 'log');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'latin1').split('\n').slice(0, -1);
  return lines.map((line) => {
    const [time = '', event = '', args = '', outcome = '', reason = '', detail] = line.split('\t');
    return { time, event, args, outcome, reason, detail };
  });
}

export function lastDecision(repository: HookRepository): string | undefined {
  const last = logged(repository).at(-1);
  return last === undefined ? undefined : `${last.outcome} ${last.reason}`;
}

/** A program in Node's place of ours: notes its arguments, and ends with this status. */
export function recordingProgram(directory: string, exit: number, extra = ''): VaultHeader {
  const program = path.join(directory, 'program.mjs');
  const notes = path.join(directory, 'program-ran');
  writeFileSync(
    program,
    `import fs from 'node:fs';
fs.appendFileSync(${JSON.stringify(notes)}, process.argv.slice(2).join(' ') + '\\n');
${extra}
process.exitCode = ${exit};
`,
  );
  return { version: '0.1.0', node: process.execPath, program, since: 0 };
}

/** The arguments of each run of {@link recordingProgram}. */
export function runsIn(directory: string): readonly string[] {
  const notes = path.join(directory, 'program-ran');
  return existsSync(notes) ? readFileSync(notes, 'utf8').split('\n').slice(0, -1) : [];
}

/** git as a {@link RunResult} that must have succeeded. */
export async function gitOk(
  repository: TestRepository,
  ...args: readonly string[]
): Promise<RunResult> {
  const run = await git(repository, args);
  if (run.code !== 0) throw new Error(`git ${args.join(' ')}: ${run.code}\n${run.stderr}`);
  return run;
}

/** Whether the git under test is at least that new. */
export function gitAtLeast(major: number, minor: number): boolean {
  const env = hermeticEnv(tmpdir());
  const said = execFileSync('git', ['--version'], { env, encoding: 'utf8' });
  const [, first = '0', second = '0'] = /(\d+)\.(\d+)/.exec(said) ?? [];
  return Number(first) > major || (Number(first) === major && Number(second) >= minor);
}

export function trust(repository: TestRepository): void {
  appendFileSync(path.join(repository.home, '.gitconfig'), '[safe]\n\tdirectory = *\n');
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
