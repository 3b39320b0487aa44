/** Runs the built program as a user's shell would, but without a terminal. */
import { spawn } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Env, temporaryDirectory } from './temporary.ts';

export interface RunOptions {
  readonly cwd: string;
  readonly env: Env;
  /** Standard input; without it, there is none (`/dev/null`). */
  readonly input?: string | Uint8Array;
  /** Milliseconds, 30 000 when not given. After it everything is killed and the promise rejects. */
  readonly timeout?: number;
}

export interface Command extends RunOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** Kills what the program had started and left running when it ended. */
  readonly rest?: 'left' | 'killed';
  /** Kills all of it when aborted. */
  readonly stop?: AbortSignal;
}

export interface RunResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `runProgram(['pause', '-m', 'x'], …)` runs `mpm-session pause -m x`. */
export function runProgram(args: readonly string[], options: RunOptions): Promise<RunResult> {
  return runBin('mpm-session', args, options);
}

/** `runBin('git-mpm-pause', ['x'], …)`: one of the package's bins, by its name. */
export async function runBin(
  name: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  return runCommand(binCommand(name, args, options));
}

/** `runGit(repository, ['mpm-pause', 'x'])` runs `git mpm-pause x`, our bins being on `PATH`. */
export async function runGit(
  repository: { readonly path: string; readonly env: Env },
  args: readonly string[],
  options: Partial<RunOptions> = {},
): Promise<RunResult> {
  const { cwd = repository.path, env = repository.env, ...others } = options;
  return runCommand({ ...others, program: 'git', args, cwd, env: withBins(env) });
}

/** The command that {@link runBin} runs, for a terminal or under strace. */
export function binCommand(name: string, args: readonly string[], options: RunOptions): Command {
  return { ...options, program: process.execPath, args: [builtBin(name), ...args] };
}

/** `env` with all bins of the package (and this very Node) first on `PATH`, as npm links them. */
export function withBins(env: Env): Env {
  const directory = temporaryDirectory();
  symlinkSync(process.execPath, path.join(directory, 'node'));
  for (const name of Object.keys(bins())) {
    const target = builtBin(name);
    makeExecutable(target);
    symlinkSync(target, path.join(directory, name));
  }
  return { ...env, PATH: `${directory}${path.delimiter}${env['PATH'] ?? ''}` };
}

/**
 * Runs in a session of its own: without a controlling terminal, so that nothing can find the
 * terminal of whoever runs the tests through `/dev/tty`.
 */
export function runCommand(command: Command): Promise<RunResult> {
  const { program, args, cwd, env, input, timeout = 30_000, rest = 'left', stop } = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env,
      detached: true,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
    const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString('utf8');

    const timer = setTimeout(() => {
      killGroup(child.pid);
      const shown = [program, ...args].join(' ');
      reject(new Error(`'${shown}' did not end within ${timeout} ms.\n${text(stderr)}`));
    }, timeout);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    stop?.addEventListener('abort', () => killGroup(child.pid));
    if (rest === 'killed') child.on('exit', () => killGroup(child.pid));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout: text(stdout), stderr: text(stderr) });
    });

    // EPIPE: a program may end without reading what it was given.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

const projectRoot = fileURLToPath(new URL('../../', import.meta.url));

function builtBin(name: string): string {
  const target = bins()[name];
  if (target === undefined) throw new Error(`package.json has no bin called ${name}`);

  const file = path.join(projectRoot, target);
  if (!existsSync(file)) throw new Error(`${file} is missing: run «npm run build» first.`);
  return file;
}

function bins(): Readonly<Record<string, string>> {
  const manifest = readFileSync(path.join(projectRoot, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { bin: Record<string, string> }).bin;
}

/** As `npm install` does to every bin it links. */
function makeExecutable(file: string): void {
  try {
    accessSync(file, constants.X_OK);
  } catch {
    chmodSync(file, 0o755);
  }
}

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // ESRCH: all of it has ended by itself.
  }
}
