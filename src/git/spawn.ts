import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import type { Environment } from '../io.ts';
import { settings } from './settings.ts';

/** How git is started: by absolute path, with an environment of our own. */
export interface GitProgram {
  readonly path: string;
  readonly env: Environment;
}

export interface GitCall {
  readonly directory: string;
  readonly args: readonly string[];
  readonly input?: string | Buffer;
  /** Whether the repository's own hooks may run, and its `core.hooksPath` be seen; otherwise never. */
  readonly hooks?: 'as-configured';
  /** Variables besides the environment of {@link GitProgram}. */
  readonly variables?: Environment;
  /** When to give up on git and on the hooks that it runs, and how. */
  readonly limit?: TimeLimit;
}

export interface TimeLimit {
  readonly milliseconds: number;
  /** Ends a process and all of its group. */
  readonly endGroup: (leader: number) => void;
}

export interface GitAnswer {
  /** Null when git was ended by a signal. */
  readonly exit: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A repository whose git prints more than this is not one that a session can describe. */
const outputLimit = 256 * 1024 * 1024;

/** Options before the subcommand, for every git that is started here. */
function globalOptions({ hooks }: GitCall): readonly string[] {
  const used = settings.filter((one) => hooks === undefined || !one.startsWith('core.hooksPath='));
  return [...used.flatMap((one) => ['-c', one]), '--no-optional-locks', '--no-pager'];
}

/** Runs git for its bytes and its exit code. Rejects only when git cannot be started at all. */
export function runGit(program: GitProgram, call: GitCall): Promise<GitAnswer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program.path, [...globalOptions(call), ...call.args], {
      cwd: call.directory,
      env: { ...program.env, ...call.variables },
      stdio: [call.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      windowsHide: true,
      // Leads a group of its own then, without a terminal at which a hook could ask something.
      detached: call.limit !== undefined && !isWindows,
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let size = 0;
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > outputLimit) child.kill('SIGKILL');
      else stdout.push(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
    const timer = endLater(child, call.limit);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (exit) => {
      clearTimeout(timer);
      const message = Buffer.concat(stderr).toString('utf8').trim();
      resolve({ exit, stdout: Buffer.concat(stdout), stderr: message });
    });
    if (call.input === undefined) return;
    child.stdin?.on('error', ignore);
    child.stdin?.end(call.input);
  });
}

const isWindows = path.sep === '\\';

/** git alone would leave its hook behind; and what has left the group may hold the pipes open. */
function endLater(child: ChildProcess, limit: TimeLimit | undefined): NodeJS.Timeout | undefined {
  if (limit === undefined) return undefined;
  return setTimeout(() => {
    if (child.pid !== undefined) limit.endGroup(child.pid);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, limit.milliseconds);
}

/** git may answer and exit before it has read everything; its exit code says what matters. */
function ignore(): void {
  return;
}

/**
 * The environment git is run with: the user's, without what another git (a hook, `git -c`) set for
 * its own children, without programs git could start, and with messages in English.
 */
export function gitEnvironment(env: Environment): Environment {
  const kept = Object.entries(env).filter(
    ([name]) => !isGitsOwn(name) && !startsPrograms.has(name),
  );
  return { ...Object.fromEntries(kept), LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0' };
}

const startsPrograms = new Set(['PAGER', 'EDITOR', 'VISUAL', 'SSH_ASKPASS', 'LANGUAGE']);

/** Which configuration files exist, and where git's own programs lie, stays the user's choice. */
const keptGitVariables = new Set([
  'GIT_CONFIG_GLOBAL',
  'GIT_CONFIG_SYSTEM',
  'GIT_CONFIG_NOSYSTEM',
  'GIT_EXEC_PATH',
  'GIT_CEILING_DIRECTORIES',
  'GIT_DISCOVERY_ACROSS_FILESYSTEM',
]);

function isGitsOwn(name: string): boolean {
  return name.startsWith('GIT_') && !keptGitVariables.has(name);
}
