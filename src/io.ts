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
  readonly processes: Processes;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Input {
  /** All of standard input, at most `limit` bytes and one more to tell that there was more. */
  readonly read: (limit: number) => Promise<Buffer>;
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
