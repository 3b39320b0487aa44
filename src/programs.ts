import { type StdioOptions, spawn } from 'node:child_process';
import type { Environment } from './io.ts';

/** How a program other than git is started. */
export interface ProgramCall {
  /** Absolute path of the program; `findProgram` of git/layout.ts finds it. */
  readonly path: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly env: Environment;
  /** The descriptor of an open file that it reads; without one it reads nothing. */
  readonly input?: number;
  /** Milliseconds; what runs longer is killed. */
  readonly timeout?: number;
}

export interface ProgramAnswer {
  /** Null when it was ended by a signal, or could not be started. */
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, without a shell. Never rejects: what cannot be started has no exit. */
export function runProgram(call: ProgramCall): Promise<ProgramAnswer> {
  return new Promise((resolve) => {
    const child = spawn(call.path, call.args, {
      cwd: call.directory,
      env: call.env,
      stdio: stdioOf(call),
      windowsHide: true,
      ...(call.timeout === undefined ? {} : { timeout: call.timeout, killSignal: 'SIGKILL' }),
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', (error) => resolve({ exit: null, stdout: '', stderr: error.message }));
    child.on('close', (exit) => resolve({ exit, stdout: textOf(stdout), stderr: textOf(stderr) }));
  });
}

function stdioOf({ input }: ProgramCall): StdioOptions {
  return [input ?? 'ignore', 'pipe', 'pipe'];
}

function textOf(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8');
}
