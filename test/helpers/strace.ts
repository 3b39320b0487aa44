/**
 * Fault injection with strace(1): which system calls change a directory, and what happens when the
 * program is killed, or told of an error, at one of them. Linux only.
 *
 * strace counts calls (`inject=…:when=N`) by name and by thread, over all paths. So that N means
 * one call and no other:
 * - A call of the program's main thread is injected with only that thread traced. Followed
 *   threads would be hit at their own N-th call too: libuv's write to an eventfd, say, and an
 *   error there hangs Node for ever.
 * - A call of another thread (asynchronous `fs`) is injected with all threads of the program
 *   traced. The first thread to reach N is hit.
 * - git processes that the program starts from `PATH` are each traced by a strace of their own,
 *   which a `git` put first on `PATH` starts. They are known by the order in which they start.
 *   Other children are not looked at, and no injection reaches them.
 *
 * N still varies from run to run: libuv's handler of SIGCHLD makes a `write`, in whichever thread
 * the signal finds, and what runs side by side opens files in any order. What does not vary is the
 * order of the calls that matter. So the log of a run tells whether the right one was hit; if not,
 * the run is thrown away and another is made, in a fresh copy of the directory.
 *
 * Give the program as `binCommand` does: of `git mpm-pause`, git would be the program traced.
 */
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Command, type RunResult, runCommand } from './run.ts';
import { type LoggedCall, readCalls } from './strace-log.ts';

export interface TracedCommand extends Command {
  /** The directory whose changes count: the repository. */
  readonly root: string;
}

/** One system call that changes something at or below `root`, or makes it durable. */
export interface StoreCall {
  readonly name: string;
  /** Which such call it is of its thread (`main`), or of all others (`other`); from 0. */
  readonly position: number;
  /** How many calls of this name its thread had made in this run, this one included. */
  readonly when: number;
  /** The path written, or the new name; relative to `root` when below it, `.` for `root`. */
  readonly path: string;
  /** Of a rename or link, the old name. */
  readonly from?: string;
  /** Whether it is the first thread of its process (and, in git, git itself and no child). */
  readonly thread: 'main' | 'other';
  /** Which git process made the call, the first being 1; absent when it was the program. */
  readonly git?: { readonly ordinal: number; readonly args: readonly string[] };
}

export interface InjectedRun extends RunResult {
  /** The command that was run in the end: its `root` is what the fault has left. */
  readonly command: TracedCommand;
  /** The call that was hit, as it was in this run: random names are other ones. */
  readonly hit: StoreCall;
  /** How many runs it took. */
  readonly tries: number;
}

/**
 * Lists every call that changes `root` when nothing goes wrong, in order. Calls that fail by
 * themselves are listed too.
 *
 * @param prepare makes a fresh copy of the directory, the same each time, and the command for it
 * @throws {Error} when the command does not end well: its calls would not be the whole list
 */
export async function storeCalls(prepare: () => TracedCommand): Promise<StoreCall[]> {
  const numbers = await numbersInMain(prepare);
  const command = prepare();
  return withLogs(async (logs) => {
    const env = { ...command.env, PATH: pathWithGit(logs, command, recordEveryGit()) };
    await runUnharmed({ ...command, env }, logs, followThreads);
    const gits = loggedGits(logs).flatMap((git) => callsOf(logs, command, git));
    const ofProgram = callsOf(logs, command, undefined).map((each) => ({
      ...each,
      call: each.call && { ...each.call, when: numbers.get(keyOf(each.call)) ?? each.call.when },
    }));
    return [...ofProgram, ...gits]
      .sort((one, other) => one.logged.time - other.logged.time)
      .flatMap(({ call }) => call ?? []);
  });
}

/**
 * Kills with SIGKILL before the call is made, as a crash of the machine would: when a git process
 * makes the call, the program that waits for it dies at the same moment, and what else it had
 * started is killed when it has ended.
 *
 * @throws {Error} when many runs did not hit the call, or when the command hangs
 */
export function killAt(prepare: () => TracedCommand, call: StoreCall): Promise<InjectedRun> {
  return inject(prepare, call, 'signal=SIGKILL');
}

/** Lets the call fail, unmade, with `errno` (`ENOSPC`); the program goes on. Else as {@link killAt}. */
export function failAt(
  prepare: () => TracedCommand,
  call: StoreCall,
  errno: string,
): Promise<InjectedRun> {
  return inject(prepare, call, `error=${errno}`);
}

let usable: boolean | undefined;

/** For `it.skipIf(!straceAvailable())`. Says on stderr, once, why the tests are skipped. */
export function straceAvailable(): boolean {
  if (usable !== undefined) return usable;

  const probe = ['-qq', '-f', '-b', 'execve', '-o', '/dev/null', '-e', 'inject=fsync:error=EIO'];
  const run = spawnSync('strace', [...probe, 'true'], { encoding: 'utf8' });
  usable = run.status === 0;
  if (!usable) {
    const reason = run.error?.message ?? run.stderr.trim();
    process.stderr.write(
      `Tests of injected faults are SKIPPED: strace cannot be used: ${reason}\n`,
    );
  }
  return usable;
}

/** Those that can change a directory or make a change durable. `?`: not on every architecture. */
const changing = [
  ...['open', 'openat', 'openat2', 'creat', 'write', 'pwrite64', 'writev', 'pwritev', 'pwritev2'],
  ...['copy_file_range', 'sendfile', 'fallocate', 'ftruncate', 'truncate', 'fsync', 'fdatasync'],
  ...['link', 'linkat', 'symlink', 'symlinkat', 'rename', 'renameat', 'renameat2'],
  ...['unlink', 'unlinkat', 'mkdir', 'mkdirat', 'rmdir', 'chmod', 'fchmod', 'fchmodat'],
  ...['fchmodat2', 'utimensat'],
];
const traceSet = [...changing, 'chdir'].map((name) => `?${name}`).join(',');

/** Timestamps, because the order between threads and processes shows only in them. */
function straceArgs(log: string): string[] {
  return ['-qq', '-y', '-ttt', '-o', log, '-e', `trace=${traceSet}`];
}

/** `-b execve`: threads are followed, programs that are started are let go. */
const followThreads = ['-ff', '-b', 'execve'];
const followChildren = ['-ff'];

/** Counted without other threads being followed: that changes what the main thread does. */
async function numbersInMain(prepare: () => TracedCommand): Promise<Map<string, number>> {
  const seen = new Map<string, number[]>();
  for (let run = 0; run < 3; run += 1) {
    for (const call of await callsInMain(prepare())) {
      seen.set(keyOf(call), [...(seen.get(keyOf(call)) ?? []), call.when]);
    }
  }
  return new Map([...seen].map(([key, numbers]) => [key, median(numbers)]));
}

async function callsInMain(command: TracedCommand): Promise<StoreCall[]> {
  return withLogs(async (logs) => {
    const env = { ...command.env, PATH: pathWithGit(logs, command, endApart()) };
    await runUnharmed({ ...command, env }, logs, []);
    return callsOf(logs, command, undefined).flatMap(({ call }) => call ?? []);
  });
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

async function runUnharmed(
  command: TracedCommand,
  logs: string,
  options: readonly string[],
): Promise<void> {
  const strace = [...straceArgs(path.join(logs, 'program')), ...options, '--'];
  const run = await runLimited(command, strace);
  if (run.code === 0) return;
  throw new Error(`The command fails without any fault (${run.code}): ${run.stderr}`);
}

/** What stays the same from run to run. */
function keyOf({ thread, position, name }: StoreCall): string {
  return `${thread} ${position} ${name}`;
}

const mostTries = 50;

async function inject(
  prepare: () => TracedCommand,
  wanted: StoreCall,
  fault: string,
): Promise<InjectedRun> {
  let adapted = wanted.when;
  for (let tries = 1; tries <= mostTries; tries += 1) {
    const command = prepare();
    // What missed by chance is tried again, in turn with what the last run suggests.
    const when = tries % 2 === 1 ? wanted.when : adapted;
    const { verdict, hung, ...run } = await runInjected(command, { ...wanted, when }, fault);
    if (verdict.isRight) {
      if (hung) throw new Error(`The command hangs after ${fault} at ${describeCall(verdict.hit)}`);
      return { ...run, command, hit: verdict.hit, tries };
    }
    // Not reached: what was hit came before it.
    adapted = verdict.wantedAt ?? adapted + 1;
  }
  throw new Error(`${mostTries} runs did not hit ${describeCall(wanted)}`);
}

function describeCall({ name, path: place, position }: StoreCall): string {
  return `${name} of ${place} (position ${position})`;
}

type Verdict =
  | { readonly isRight: true; readonly hit: StoreCall }
  /** Another call was hit, or none. `wantedAt`: the number that the wanted one had in this run. */
  | { readonly isRight: false; readonly isHit: boolean; readonly wantedAt: number | undefined };

async function runInjected(
  command: TracedCommand,
  wanted: StoreCall,
  fault: string,
): Promise<RunResult & { hung: boolean; verdict: Verdict }> {
  const injection = ['-e', `inject=${wanted.name}:${fault}:when=${wanted.when}`];
  const isMain = wanted.thread === 'main';
  return withLogs(async (logs) => {
    const judge = () => verdictOf(logs, command, wanted);
    if (wanted.git === undefined) {
      // Only this call is one that libuv itself makes when a child ends.
      const script = wanted.name === 'write' ? endApart() : 'exec "$git" "$@"';
      const env = { ...command.env, PATH: pathWithGit(logs, command, script) };
      const following = isMain ? [] : followThreads;
      const strace = [...straceArgs(path.join(logs, 'program')), ...injection, ...following, '--'];
      const run = await unlessWrong(judge, (stop) => runLimited({ ...command, env, stop }, strace));
      return { ...run, verdict: judge() };
    }
    const script = injectIntoGit(wanted.git.ordinal, [
      ...injection,
      ...(isMain ? [] : followChildren),
    ]);
    const env = { ...command.env, PATH: pathWithGit(logs, command, script) };
    const run = await unlessWrong(judge, (stop) => runLimited({ ...command, env, stop }, []));
    return { ...run, verdict: judge() };
  });
}

/** An error in a wrong place, one of libuv's own calls, can hang Node: such a run is cut short. */
async function unlessWrong<T>(
  judge: () => Verdict,
  run: (stop: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const timer = setInterval(() => {
    const verdict = judge();
    if (!verdict.isRight && verdict.isHit) stop.abort();
  }, 500);
  try {
    return await run(stop.signal);
  } finally {
    clearInterval(timer);
  }
}

/** What the log says of the run so far. */
function verdictOf(logs: string, command: TracedCommand, wanted: StoreCall): Verdict {
  const git = loggedGits(logs).find((each) => each.ordinal === wanted.git?.ordinal);
  const isStarted = wanted.git === undefined || git !== undefined;
  const calls = isStarted ? callsOf(logs, command, git) : [];
  // Several threads can have been hit at their own N-th call: the first.
  const hit = calls.find(
    ({ logged }) =>
      logged.name === wanted.name && logged.when === wanted.when && isInjected(logged),
  );
  if (hit?.call !== undefined && keyOf(hit.call) === keyOf(wanted)) {
    return { isRight: true, hit: hit.call };
  }
  const counterpart = calls.find(({ call }) => call && keyOf(call) === keyOf(wanted));
  return { isRight: false, isHit: hit !== undefined, wantedAt: counterpart?.call?.when };
}

function isInjected(logged: LoggedCall): boolean {
  return logged.outcome.startsWith('?') || logged.outcome.endsWith('(INJECTED)');
}

const limit = 30;

/**
 * An injected error can make a program wait for ever. `timeout` ends all of it even when the tests
 * themselves are killed; a strace that is killed alone would leave its program running.
 */
async function runLimited(
  command: TracedCommand,
  strace: readonly string[],
): Promise<RunResult & { hung: boolean }> {
  const started = performance.now();
  const run = await runCommand({
    ...command,
    program: 'timeout',
    args: [
      ...['-s', 'KILL', String(limit)],
      ...(strace.length === 0 ? [] : ['strace', ...strace]),
      ...[command.program, ...steady(command), ...command.args],
    ],
    // One thread for asynchronous calls, and each a system call of its own.
    env: { ...command.env, UV_USE_IO_URING: '0', UV_THREADPOOL_SIZE: '1' },
    timeout: (limit + 10) * 1000,
    rest: 'killed',
  });
  return { ...run, hung: performance.now() - started > limit * 1000 };
}

/**
 * Where in memory it was loaded decides whether V8 moves its builtins at start, which takes two
 * more `openat`: about one run in a hundred, whose calls would all be counted differently.
 */
function steady(command: Command): string[] {
  return command.program === process.execPath ? ['--no-short-builtin-calls'] : [];
}

async function withLogs<T>(use: (logs: string) => Promise<T>): Promise<T> {
  const logs = mkdtempSync(path.join(realpathSync(tmpdir()), 'mpm-strace-'));
  try {
    return await use(logs);
  } finally {
    rmSync(logs, { recursive: true, force: true });
  }
}

/** Puts a `git` first on `PATH` that runs `script` with the real git's path in `$git`. */
function pathWithGit(logs: string, command: TracedCommand, script: string): string {
  const search = command.env['PATH'] ?? '';
  const git = search
    .split(path.delimiter)
    .map((directory) => path.join(directory, 'git'))
    .find(isExecutable);
  if (git === undefined) return search;

  const directory = path.join(logs, 'bin');
  mkdirSync(directory);
  const file = path.join(directory, 'git');
  writeFileSync(file, `#!/bin/sh\ngit=${quoted(git)}\n${numberGit(logs)}\n${script}\n`);
  chmodSync(file, 0o755);
  return `${directory}${path.delimiter}${search}`;
}

/** `mkdir` gives each process a number of its own, whatever starts at the same time. */
function numberGit(logs: string): string {
  return [
    'n=1',
    `until mkdir ${quoted(logs)}/git-$n 2>/dev/null; do`,
    '  n=$((n + 1))',
    '  test "$n" -lt 10000 || exit 1',
    'done',
    `log=${quoted(logs)}/git-$n`,
    'printf "%s\\0" "$@" >"$log/args"',
  ].join('\n');
}

/**
 * Ends a git process when the program has long seen the end of its output and waits for nothing
 * else: so it is its main thread that SIGCHLD interrupts, and not, because strace holds the main
 * thread at a call just then, any other.
 */
function endApart(): string {
  return [
    '"$git" "$@"',
    'status=$?',
    'exec </dev/null >/dev/null 2>&1',
    'sleep 0.0$((2 + n % 3 * 2))',
    'exit "$status"',
  ].join('\n');
}

function recordEveryGit(): string {
  return `exec ${straceOfGit(followChildren)} -- "$git" "$@"`;
}

/** The parent is killed while it still waits for this script, before it can learn anything. */
function injectIntoGit(ordinal: number, options: readonly string[]): string {
  return [
    `test "$n" = ${ordinal} || exec "$git" "$@"`,
    `${straceOfGit(options)} -- "$git" "$@"`,
    'status=$?',
    'test "$status" != 137 || kill -KILL "$PPID"',
    'exit "$status"',
  ].join('\n');
}

function straceOfGit(options: readonly string[]): string {
  const fixed = [...straceArgs('LOG'), ...options].map(quoted);
  return `strace ${fixed.join(' ').replace("'LOG'", '"$log/log"')}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

type Git = NonNullable<StoreCall['git']>;

function loggedGits(logs: string): Git[] {
  return readdirSync(logs)
    .filter((name) => name.startsWith('git-'))
    .map((name) => ({ ordinal: Number(name.slice('git-'.length)), args: gitArgs(logs, name) }));
}

function gitArgs(logs: string, name: string): string[] {
  const file = path.join(logs, name, 'args');
  // A git that has just started has not written them yet.
  return existsSync(file) ? readFileSync(file, 'utf8').split('\0').slice(0, -1) : [];
}

interface Traced {
  readonly logged: LoggedCall;
  /** Undefined when it does not concern `root`. */
  readonly call: StoreCall | undefined;
}

/** All calls of one process, those outside `root` too. */
function callsOf(logs: string, command: TracedCommand, git: Git | undefined): Traced[] {
  const prefix = git === undefined ? 'program' : `git-${git.ordinal}/log`;
  const root = realpathSync(command.root);
  const positions = { main: 0, other: 0 };
  return readCalls(path.join(logs, prefix), command.cwd).map((logged) => {
    if (!isStoreCall(logged, root)) return { logged, call: undefined };
    const thread = logged.isMain ? 'main' : 'other';
    const position = positions[thread];
    positions[thread] += 1;
    const call = { ...describe(logged, root), position, thread, ...(git && { git }) } as const;
    return { logged, call };
  });
}

function describe(
  logged: LoggedCall,
  root: string,
): Pick<StoreCall, 'name' | 'when' | 'path' | 'from'> {
  const places = logged.paths.map((place) => relativeTo(root, place));
  const { name, when } = logged;
  const last = { name, when, path: places.at(-1) ?? '' };
  return places.length > 1 && places[0] !== undefined ? { ...last, from: places[0] } : last;
}

function isStoreCall(logged: LoggedCall, root: string): boolean {
  if (!logged.paths.some((place) => isInside(root, place))) return false;
  return !/^open/.test(logged.name) || /O_(?:CREAT|TRUNC|WRONLY|RDWR)/.test(logged.flags);
}

function isInside(root: string, place: string): boolean {
  return place === root || place.startsWith(root + path.sep);
}

function relativeTo(root: string, place: string): string {
  return isInside(root, place) ? path.relative(root, place) || '.' : place;
}
