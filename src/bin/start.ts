import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { exitCodes } from '../errors.ts';
import type { ControllingTerminal, Io, Output } from '../io.ts';
import { type Invocation, main } from '../main.ts';
import { lookAtProcess } from './outside/processes.ts';

/**
 * Runs the program in the real world. Below it nothing touches `process`, but for one guarded line
 * in `config/search.ts`.
 */
export async function start(invocation: Invocation): Promise<void> {
  process.stdout.on('error', endOnBrokenOutput);
  process.stderr.on('error', endOnBrokenOutput);
  process.exitCode = await main(realIo(), invocation);
}

/** A reader that has seen enough (`| head`) closes the pipe: that is no failure of ours. */
function endOnBrokenOutput(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit();
  process.stderr.write(
    `error: The output cannot be written: ${error.message}.\n` +
      'What the command did is done. Free the cause, or send the output elsewhere.\n',
  );
  process.exit(exitCodes.failed);
}

function realIo(): Io {
  const packageDirectory = fileURLToPath(new URL('../../', import.meta.url));
  return {
    argv: process.argv.slice(2),
    cwd: currentDirectory(),
    env: process.env,
    stdin: { read: readStandardInput, isTerminal: isatty(0), readLine },
    stdout: output(process.stdout, isatty(1)),
    stderr: output(process.stderr, isatty(2)),
    now: () => new Date(),
    homeDirectory: homedir(),
    packageDirectory,
    version: versionOf(packageDirectory),
    nodePath: process.execPath,
    processes: { pid: process.pid, isAlive },
    endGroup,
    openTerminal,
    lookAtProcess,
    leave: (exit) => process.exit(exit),
    vanish,
  };
}

function vanish(): never {
  process.kill(process.pid, 'SIGKILL');
  return process.exit();
}

/** Loaded only to ask. */
async function openTerminal(): Promise<ControllingTerminal | undefined> {
  const { openControllingTerminal } = await import('./outside/controlling-terminal.ts');
  return openControllingTerminal();
}

/** A directory that was deleted under us has no path; the one it had says so best. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return process.env['PWD'] ?? '(deleted)';
  }
}

function output(stream: NodeJS.WriteStream, isTerminal: boolean): Output {
  return { isTerminal, write: (text) => void stream.write(text) };
}

async function readStandardInput(limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > limit) break;
  }
  return Buffer.concat(chunks);
}

/** A terminal hands over one line at a time (termios(3), canonical mode). */
function readLine(): Promise<string | undefined> {
  const { stdin } = process;
  return new Promise((resolve) => {
    const take = (chunk: Buffer) => finish(chunk.toString('utf8').replace(/\r?\n$/, ''));
    const end = () => finish(undefined);
    const finish = (line: string | undefined) => {
      stdin.off('data', take).off('end', end).pause();
      resolve(line);
    };
    // What was paused by a question before does not flow again by itself.
    stdin.on('data', take).on('end', end).resume();
  });
}

function versionOf(packageDirectory: string): string {
  const manifest: unknown = JSON.parse(readFileSync(`${packageDirectory}package.json`, 'utf8'));
  const version = (manifest as { version?: unknown }).version;
  return typeof version === 'string' ? version : 'unknown';
}

/** Signal 0 asks without sending anything (kill(2)); EPERM means alive and somebody else's. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** ESRCH: it has ended by itself. */
function endGroup(leader: number): void {
  try {
    process.kill(process.platform === 'win32' ? leader : -leader, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
