/** What `doctor` found about one thing. */
export interface Check {
  /** Kebab-case; stays the same from version to version. */
  readonly code: string;
  /** `unknown`: it could not be found out, which is never the same as being well. */
  readonly state: 'ok' | 'problem' | 'unknown';
  /** One line. It may hold names from the repository, which are cleaned where it is printed. */
  readonly message: string;
  /** A command, or what to do; undefined when there is nothing to be done. */
  readonly fix: string | undefined;
  /** What `--fix` would do about it. */
  readonly repair?: Repair;
  /** How many things it is about; 1 when left out. */
  readonly count?: number;
}

/** What `--fix` can do, in the order in which it does it. */
export const repairs = [
  'interrupted-init',
  'setup',
  'executable',
  'ignoring',
  'leftovers',
  'files',
  'permissions',
  'offers',
  'hook-error',
] as const;
export type Repair = (typeof repairs)[number];

export function well(code: string, message: string): Check {
  return { code, state: 'ok', message, fix: undefined };
}

/** A problem that the user mends, or that cannot be mended. */
export function problem(code: string, message: string, fix: string): Check {
  return { code, state: 'problem', message, fix };
}

/** A problem that `--fix` mends. */
export function mendable(code: string, message: string, repair: Repair): Check {
  return { code, state: 'problem', message, fix: 'mpm-session doctor --fix', repair };
}

export function unknown(code: string, message: string, fix?: string): Check {
  return { code, state: 'unknown', message, fix };
}
