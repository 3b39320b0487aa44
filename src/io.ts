/**
 * The outside world, entering once: `bin/start.ts` makes the real one, tests make others.
 * Below it nothing reads `process`, a clock or a stream by itself.
 */
export interface Io {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  /** Physical path of the current directory. */
  readonly cwd: string;
  readonly env: Environment;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly now: () => Date;
  readonly homeDirectory: string;
  /** Directory that holds the program's own files: nothing from a checkout is in it. */
  readonly packageDirectory: string;
  readonly version: string;
  /** Absolute path of the Node that runs this program. */
  readonly nodePath: string;
  readonly processes: Processes;
  /** Undefined when this process belongs to no terminal. */
  readonly openTerminal: () => Promise<ControllingTerminal | undefined>;
  /** What the system says of a process; undefined where there is no /proc, or no such process. */
  readonly lookAtProcess: (pid: number) => ProcessLook | undefined;
  /** Ends a process and all of its group; where there are no groups, that process. */
  readonly endGroup: (leader: number) => void;
  /** Ends the program at once, whatever is still under way. */
  readonly leave: (exit: number) => never;
  /** The same without a trace: at its end Node sets a terminal as it was when it began. */
  readonly vanish: () => never;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Input {
  /** All of standard input, at most `limit` bytes and one more to tell that there was more. */
  readonly read: (limit: number) => Promise<Buffer>;
  readonly isTerminal: boolean;
  /** The next line that is typed, without its end; undefined when there is none (Ctrl-D). */
  readonly readLine: () => Promise<string | undefined>;
}

export interface Output {
  readonly isTerminal: boolean;
  readonly write: (text: string) => void;
}

/** This process among the machine's others; used to tell a crashed writer from a live one. */
export interface Processes {
  readonly pid: number;
  readonly isAlive: (pid: number) => boolean;
}

/** The terminal that this process belongs to, wherever its standard streams lead. */
export interface ControllingTerminal {
  /** Open for reading, for a program that is asked about the terminal. */
  readonly descriptor: number;
  /** Whether keys wait to be read, told without taking them. In canonical mode: whole lines. */
  readonly isInputWaiting: () => Promise<boolean>;
  /** From now on a signal that would end this process ends the reading of keys instead. */
  readonly outliveSignals: () => void;
  /** The next byte typed; `end` after a hang-up or such a signal. */
  readonly readKey: () => number | 'nothing' | 'end';
  /** How many bytes the terminal took at once. */
  readonly write: (bytes: Uint8Array) => number;
  readonly close: () => void;
}

/** A process as /proc shows it. */
export interface ProcessLook {
  /** Of its program, without a path. */
  readonly name: string;
  readonly parent: number;
  /** Its process group, and the one that its terminal listens to; 0 or less when there is none. */
  readonly group: number;
  readonly foregroundGroup: number;
  /** Whether its standard output, and its standard error, go to the terminal that it belongs to. */
  readonly speaksToTerminal: boolean;
}
