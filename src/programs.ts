import { type StdioOptions, spawn } from 'node:child_process';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from './io.ts';
import { isInside } from './paths.ts';

/** How a program other than git is started. */
export interface ProgramCall {
  /** Absolute path of the program; {@link findProgram} finds it. */
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

/**
 * A program by its name, from the absolute directories of `PATH` outside `workTree`: one planted in a
 * checkout, or found through a relative entry, is never run. Undefined when there is none.
 */
export function findProgram(
  name: string,
  env: Environment,
  workTree: string | undefined,
): string | undefined {
  const file = isWindows ? `${name}.exe` : name;
  const isOutside = (directory: string) =>
    workTree === undefined || !isInside(workTree, physical(directory));
  return (env['PATH'] ?? env['Path'] ?? '')
    .split(path.delimiter)
    .filter((directory) => path.isAbsolute(directory) && isOutside(directory))
    .map((directory) => path.join(directory, file))
    .find(isExecutableFile);
}

const isWindows = path.sep === '\\';

/** A directory that cannot be looked into is judged by its name; nothing will be found in it. */
function physical(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return directory;
  }
}

function isExecutableFile(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false; // Any reason not to be able to run it is a reason to look further along PATH.
  }
}
