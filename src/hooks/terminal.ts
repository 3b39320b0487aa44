import path from 'node:path';
import type { ControllingTerminal, Environment, Io, ProcessLook } from '../io.ts';
import { findProgram, runProgram } from '../programs.ts';
import type { Decision } from './decisions.ts';

/**
 * Whether somebody who typed a git command may be asked something now, on the terminal, in the middle
 * of it. Whatever cannot be found out is a reason not to.
 */
export type Approach =
  | { readonly ok: true; readonly terminal: OpenTerminal }
  | { readonly ok: false; readonly reason: Decision };

/** A terminal that may be asked on; whoever has it closes it. */
export interface OpenTerminal {
  readonly line: ControllingTerminal;
  /** The process group that git leads and the terminal listens to. */
  readonly group: number;
  readonly settings: TerminalSettings;
  /** Whether the terminal still listens to git and what it started. */
  readonly isOurs: () => boolean;
  /** Has keys come one by one, unechoed, and Ctrl-C and its like come as keys. False: it cannot be. */
  readonly takeKeys: () => Promise<boolean>;
  /** Puts the settings back as they were found. */
  readonly giveBack: () => Promise<void>;
}

/** How to put back a terminal's settings by a program, for when this one is killed. */
export interface TerminalSettings {
  /** Absolute path of stty(1). */
  readonly stty: string;
  /** As `stty -g` prints them: one word. */
  readonly saved: string;
}

/** Looks at everything that can be looked at without changing anything. */
export async function approachTerminal(io: Io, workTree: string): Promise<Approach> {
  if (!io.stdout.isTerminal) return refused('not-a-terminal');
  const table = await processTable(io, workTree);
  const own = table.look(io.processes.pid);
  if (own === undefined) return refused('terminal-unclear');
  if (!isTyped(table, own)) return refused('not-typed');
  const line = await io.openTerminal();
  if (line === undefined) return refused('not-a-terminal');
  const settings = await readSettings(io, line, workTree);
  const obstacle = settings === undefined ? 'terminal-unclear' : await obstacleOn(line, settings);
  if (settings === undefined || obstacle !== undefined) {
    line.close();
    return refused(obstacle ?? 'terminal-unclear');
  }
  const set = (args: readonly string[]) =>
    run(io, { path: settings.stty, args, input: line.descriptor, workTree });
  const terminal: OpenTerminal = {
    ...{ line, group: own.group, settings },
    isOurs: () => isStillOurs(io, own.group),
    takeKeys: async () => {
      line.outliveSignals();
      return (await set(keyByKey)) !== undefined;
    },
    // Again, should the first have been ended by a signal to all.
    giveBack: async () => void ((await set([settings.saved])) ?? (await set([settings.saved]))),
  };
  return { ok: true, terminal };
}

/**
 * Not «raw», in which Enter is another byte than the shell expects of what is typed ahead. Without
 * Ctrl-S, which would have stty wait for Ctrl-Q.
 */
const keyByKey = ['-icanon', 'min', '1', 'time', '0', '-echo', '-isig', '-iexten', '-ixon'];

function refused(reason: Decision): Approach {
  return { ok: false, reason };
}

async function obstacleOn(
  line: ControllingTerminal,
  { isCooked }: { readonly isCooked: boolean },
): Promise<Decision | undefined> {
  if (!isCooked) return 'terminal-in-use';
  // A whole line is seen at once; half a line only when keys come one by one.
  return (await line.isInputWaiting()) ? 'input-waiting' : undefined;
}

interface ProcessTable {
  readonly look: (pid: number) => ProcessLook | undefined;
}

async function processTable(io: Io, workTree: string): Promise<ProcessTable> {
  if (io.lookAtProcess(io.processes.pid) !== undefined) return { look: io.lookAtProcess };
  return askPs(io, workTree);
}

/** What git and its hooks run one another through; a hook manager is several. */
const mostGenerations = 32;

/**
 * Whether git leads the process group that the terminal listens to, and started this itself, or
 * through git alone, as it does for an alias: a script, another program or a background job is never
 * held up by a question.
 */
function isTyped({ look }: ProcessTable, own: ProcessLook): boolean {
  if (own.group <= 0 || own.foregroundGroup !== own.group) return false;
  let pid = own.parent;
  let isAboveHook = false;
  for (let generation = 0; generation < mostGenerations; generation += 1) {
    const found = look(pid);
    if (found === undefined || found.group !== own.group) return false;
    if (pid === own.group) return isGit(found) && found.speaksToTerminal;
    if (isAboveHook && !isGit(found)) return false;
    isAboveHook ||= isGit(found);
    pid = found.parent;
  }
  return false;
}

function isGit({ name }: ProcessLook): boolean {
  return name === 'git' || name === 'git.exe';
}

/**
 * Where there is no /proc, from `ps`. Where a process's output goes cannot be told there; but one in
 * the group that git did not start is another part of a pipeline.
 */
async function askPs(io: Io, workTree: string): Promise<ProcessTable> {
  const ps = findProgram('ps', io.env, workTree);
  const columns = ['pid=', 'ppid=', 'pgid=', 'tpgid=', 'comm='].flatMap((one) => ['-o', one]);
  const answer =
    ps === undefined ? undefined : await run(io, { path: ps, args: ['-A', ...columns], workTree });
  return { look: readProcesses(answer ?? '') };
}

/** One process a line: four numbers and the path or name of its program, which may hold blanks. */
export function readProcesses(output: string): ProcessTable['look'] {
  const found = new Map<number, Omit<ProcessLook, 'speaksToTerminal'>>();
  for (const line of output.split('\n')) {
    const [, pid, parent, group, foregroundGroup, command] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(-?\d+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined || command === undefined) continue;
    const name = path.basename(command.trim());
    const numbers = { parent: Number(parent), group: Number(group) };
    found.set(Number(pid), { name, ...numbers, foregroundGroup: Number(foregroundGroup) });
  }
  const descends = (pid: number, from: number): boolean => {
    let current: number | undefined = pid;
    for (let step = 0; current !== undefined && step < mostGenerations; step += 1) {
      if (current === from) return true;
      current = found.get(current)?.parent;
    }
    return false;
  };
  const isAlone = (leader: number) =>
    [...found].every(([pid, { group }]) => group !== leader || descends(pid, leader));
  return (pid) => {
    const one = found.get(pid);
    return one === undefined ? undefined : { ...one, speaksToTerminal: isAlone(pid) };
  };
}

/** git may have been ended, and the shell be at its prompt again. */
function isStillOurs(io: Io, group: number): boolean {
  if (!io.processes.isAlive(group)) return false;
  const own = io.lookAtProcess(io.processes.pid);
  return own === undefined || own.foregroundGroup === group;
}

type FoundSettings = TerminalSettings & { readonly isCooked: boolean };

/** Undefined where stty cannot be asked. */
async function readSettings(
  io: Io,
  line: ControllingTerminal,
  workTree: string,
): Promise<FoundSettings | undefined> {
  return settingsTold(io.env['MPM_SESSION_STTY'] ?? '') ?? askStty(io, line, workTree);
}

/** By the hook's sh: stty's absolute path, what `stty -g` prints and, below, what `stty -a` does. */
function settingsTold(told: string): FoundSettings | undefined {
  const [stty = '', saved = '', ...all] = told.split('\n');
  if (!path.isAbsolute(stty) || !/^[\w:=-]+$/.test(saved)) return undefined;
  return { stty, saved, isCooked: isCooked(all.join('\n')) };
}

async function askStty(
  io: Io,
  { descriptor }: ControllingTerminal,
  workTree: string,
): Promise<FoundSettings | undefined> {
  const stty = findProgram('stty', io.env, workTree);
  const sh = findProgram('sh', io.env, workTree);
  if (stty === undefined || sh === undefined) return undefined;
  // One program for Node to start, which costs it more than the programs take.
  const args = ['-c', '"$1" -g && "$1" -a', 'sh', stty];
  const answer = await run(io, { path: sh, args, input: descriptor, workTree });
  return settingsTold(`${stty}\n${answer ?? ''}`);
}

/** `stty -a` names every setting, with a `-` before those that are off. */
export function isCooked(all: string): boolean {
  const words = new Set(all.split(/[\s;]+/));
  return ['icanon', 'isig', 'echo'].every((setting) => words.has(setting));
}

/** None of the programs asked has anything to wait for. */
const longest = 2000; // milliseconds

interface Question {
  readonly path: string;
  readonly args: readonly string[];
  readonly workTree: string;
  readonly input?: number;
}

async function run(io: Io, { workTree, ...question }: Question): Promise<string | undefined> {
  const env: Environment = { PATH: io.env['PATH'], LC_ALL: 'C' };
  const call = { ...question, directory: path.parse(question.path).root, env, timeout: longest };
  const answer = await runProgram(call);
  return answer.exit === 0 ? answer.stdout : undefined;
}
