/** A person at a terminal: a program on a pty, what it shows, and keys typed into it. */
import { constants } from 'node:os';
import { type IPty, spawn } from '@lydell/node-pty';
import { onTestFinished } from 'vitest';
import type { Env } from './temporary.ts';

export interface TerminalOptions {
  readonly cwd: string;
  readonly env: Env;
  /** 80 and 24 when not given. */
  readonly columns?: number;
  readonly rows?: number;
}

export interface Screen {
  /** Everything the terminal received, byte for byte (as UTF-8). */
  readonly raw: string;
  /** The same without escape sequences, `\r\n` as `\n`. Overwritten text is still there. */
  readonly text: string;
}

export interface TerminalExit {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Terminal {
  readonly pid: number;
  /** Resolves once the program has ended and all its output has arrived. */
  readonly exit: Promise<TerminalExit>;
  /** Keys as a terminal sends them: Enter is `\r`, Ctrl-C `\x03`, Escape `\x1b`. */
  type(text: string): void;
  /**
   * Waits until what was shown since the last match (as `text`) matches, and returns the match;
   * so the same prompt can be waited for again. Milliseconds, 10 000 when not given. Rejects, with
   * what was shown, after that time, or when the program ends first.
   */
  waitFor(pattern: RegExp, timeout?: number): Promise<RegExpExecArray>;
  screen(): Screen;
}

/** Starts a program on a terminal of its own; it is killed when the test ends. */
export function openTerminal(
  command: string,
  args: readonly string[],
  options: TerminalOptions,
): Terminal {
  const { cwd, env, columns = 80, rows = 24 } = options;
  const pty = spawn(command, [...args], { name: 'xterm-256color', cwd, env, cols: columns, rows });

  let raw = '';
  let seen = 0;
  let ended: TerminalExit | undefined;
  const waiting = new Set<() => void>();
  const changed = () => {
    for (const look of [...waiting]) look();
  };

  pty.onData((data) => {
    raw += data;
    changed();
  });
  const exit = new Promise<TerminalExit>((resolve) => {
    pty.onExit(({ exitCode, signal }) => {
      ended = exitOf(exitCode, signal);
      changed();
      resolve(ended);
    });
  });
  onTestFinished(() => {
    if (ended === undefined) kill(pty);
  });

  const screen = () => ({ raw, text: withoutEscapes(raw) });

  const waitFor: Terminal['waitFor'] = (pattern, timeout = 10_000) =>
    new Promise((resolve, reject) => {
      const once = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
      const stop = () => {
        clearTimeout(timer);
        waiting.delete(look);
      };
      const giveUp = (reason: string) => {
        stop();
        reject(new Error(`${pattern} was not shown ${reason}. Shown:\n${screen().text}`));
      };
      const look = () => {
        const match = once.exec(screen().text.slice(seen));
        if (match !== null) {
          seen += match.index + match[0].length;
          stop();
          resolve(match);
        } else if (ended !== undefined) {
          giveUp(`before the program ended (${ended.signal ?? ended.code})`);
        }
      };
      const timer = setTimeout(() => giveUp(`within ${timeout} ms`), timeout);
      waiting.add(look);
      look();
    });

  return { pid: pty.pid, exit, type: (text) => pty.write(text), waitFor, screen };
}

function exitOf(code: number, signal: number | undefined): TerminalExit {
  const names = Object.entries(constants.signals) as [NodeJS.Signals, number][];
  const name = names.find(([, number]) => number === signal)?.[0];
  return name === undefined ? { code, signal: null } : { code: null, signal: name };
}

/** ECMA-48: control sequences, the strings of OSC, DCS and their like, and short escapes. */
const escapes = new RegExp(
  [
    '\\x1b\\[[0-?]*[ -/]*[@-~]',
    '\\x1b\\][^\\x07\\x1b]*(?:\\x07|\\x1b\\\\)',
    '\\x1b[PX^_][^\\x1b]*\\x1b\\\\',
    '\\x1b[ -/]*[0-OQ-WYZ\\\\`-~]',
    // One whose end has not arrived yet.
    '\\x1b(?:\\[[0-?]*[ -/]*|[\\]PX^_][^\\x07\\x1b]*\\x1b?|[ -/]*)$',
  ].join('|'),
  'g',
);

function withoutEscapes(raw: string): string {
  return raw.replace(escapes, '').replaceAll('\r\n', '\n');
}

/** The program leads a process group; what else runs on the terminal is sent a hang-up. */
function kill(pty: IPty): void {
  try {
    process.kill(-pty.pid, 'SIGKILL');
  } catch {
    pty.kill();
  }
}
