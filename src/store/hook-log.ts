import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  type Stats,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { errorCode } from '../errors.ts';
import type { Io } from '../io.ts';
import { cleanLine } from '../session/clean-text.ts';
import { replaceWhole } from './durable-files.ts';
import { lookAt } from './read-files.ts';
import { isSystemError } from './system-errors.ts';
import { hookFiles, type Vault } from './vault.ts';

/**
 * What the hooks decided, in the vault's `log`: one line each, its fields separated by tabs:
 *
 *     <ISO time or empty> <event> <arguments, separated by blanks> <outcome> <reason> [<detail>]
 *
 * The hooks' own sh appends to it, too; it has no clock everywhere.
 */
export interface HookDecision {
  /** ISO 8601; null where it is not known. */
  readonly time: string | null;
  readonly event: string;
  readonly args: readonly string[];
  /** `asked`, `hinted`, `quiet`, `paused`, `refused`, `passed` or `failed`. */
  readonly outcome: string;
  /** A code of `hooks/decisions.ts`, or what another version writes; `-` for none. */
  readonly reason: string;
  readonly detail?: string;
}

/** Absent on Windows. */
const noFollow = constants.O_NOFOLLOW ?? 0;
const nonBlocking = constants.O_NONBLOCK ?? 0;

/**
 * Appends a decision, in one write: lines of hooks that run at the same time stay whole. What stands
 * there and is no file is left alone, and never waited for.
 *
 * @throws the system's error
 */
export function appendDecision(
  vault: Vault,
  decision: Omit<HookDecision, 'time'>,
  io: Pick<Io, 'now' | 'processes'>,
): void {
  const { event, args, outcome, reason, detail } = decision;
  const fields = [io.now().toISOString(), event, args.join(' '), outcome, reason];
  const line = [...fields, ...(detail === undefined ? [] : [detail])].map(cleanLine).join('\t');
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
  const descriptor = openSync(logOf(vault), flags | noFollow | nonBlocking, 0o600);
  try {
    if (fstatSync(descriptor).isFile()) writeSync(descriptor, `${line}\n`);
  } finally {
    closeSync(descriptor);
  }
  trimLog(vault, io);
}

/** The decisions that can be read, newest first; none where there is no log, or it is none. */
export function readDecisions(vault: Vault): readonly HookDecision[] {
  return linesOf(vault).flatMap(decisionIn).reverse();
}

function decisionIn(line: string): readonly HookDecision[] {
  const [time = '', event = '', args = '', outcome = '', reason = '', detail] = line.split('\t');
  if (event === '' || outcome === '' || reason === '') return [];
  return [
    {
      time: Number.isNaN(Date.parse(time)) ? null : time,
      event,
      args: args.split(' ').filter((arg) => arg !== ''),
      outcome,
      reason,
      ...(detail === undefined ? {} : { detail }),
    },
  ];
}

const largestLog = 64 * 1024;
const linesKept = 200;

/**
 * Cuts a log of more than 64 KiB to its last lines. A line that a hook appends in that moment is
 * lost: nothing but `why` would have read it.
 *
 * @throws the system's error
 */
export function trimLog(vault: Vault, { processes }: Pick<Io, 'processes'>): void {
  const stat = lookAt(logOf(vault));
  if (stat?.isFile() !== true || stat.size <= largestLog) return;
  const content = linesOf(vault)
    .slice(-linesKept)
    .map((line) => `${line}\n`)
    .join('');
  replaceWhole(
    { directory: vault.directory, name: hookFiles.log, content, isCopy: true },
    processes,
  );
}

function logOf(vault: Vault): string {
  return path.join(vault.directory, hookFiles.log);
}

/** More than this is never looked at, whatever has become of the log: the end of it. */
const mostRead = 4 * largestLog;

/** The whole lines at the end of the log, oldest first. */
function linesOf(vault: Vault): readonly string[] {
  let descriptor: number;
  try {
    descriptor = openSync(logOf(vault), constants.O_RDONLY | noFollow | nonBlocking);
  } catch (error) {
    if (isSystemError(error)) return [];
    throw error;
  }
  try {
    return wholeLines(descriptor, fstatSync(descriptor));
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return [];
  } finally {
    closeSync(descriptor);
  }
}

function wholeLines(descriptor: number, stat: Stats): readonly string[] {
  if (!stat.isFile()) return [];
  const start = Math.max(0, stat.size - mostRead);
  const bytes = Buffer.alloc(stat.size - start);
  const count = readSync(descriptor, bytes, 0, bytes.length, start);
  const lines = bytes.subarray(0, count).toString('utf8').split('\n');
  // After the last line end nothing is whole; nor is the first line, when it was read from within.
  return lines.slice(start === 0 ? 0 : 1, -1);
}
