/** `core.hooksPath`, as it is set. */
export interface HooksPath {
  readonly value: string;
  /** `local`, `worktree`, `global`, `system` or `command`. */
  readonly scope: string;
  /** As git names it: `file:.git/config`. */
  readonly origin: string;
}

/** The customary way to have no hooks at all. */
export function isNullDevice(hooksPath: string | undefined): boolean {
  return hooksPath === '/dev/null' || hooksPath?.toLowerCase() === 'nul';
}
