/**
 * Integrations are data: what they want is returned as edits, which are printed (`init --dry-run`),
 * applied (`init`), compared (`doctor`) or reversed (`uninstall`) by others.
 */

/** The events of git that our hooks answer; `post-checkout` offers, the others guard. */
export const hookEvents = ['post-checkout', 'pre-commit', 'pre-merge-commit', 'pre-push'] as const;
export type HookEvent = (typeof hookEvents)[number];

/** What is at a path; undefined when nothing is. `mode` is the permission bits. */
export type FileState =
  | { readonly kind: 'file'; readonly content: Buffer; readonly mode: number }
  | { readonly kind: 'link'; readonly target: string }
  | undefined;

/** A file as it is, and as it is to be. */
export interface FileEdit {
  readonly kind: 'file';
  /** Absolute path. */
  readonly target: string;
  /** Whether git tracks it here, so that the change will show up for the whole team. */
  readonly tracked: boolean;
  readonly before: FileState;
  readonly after: FileState;
  /** One line for people: what the edit is for. */
  readonly about: string;
}

/** A key of the repository's own configuration (`git config --local`) with all its values. */
export interface ConfigEdit {
  readonly kind: 'config';
  readonly target: string;
  readonly tracked: false;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly about: string;
}

export type Edit = FileEdit | ConfigEdit;

/** How git runs hooks here; read once, before anything is decided. Paths are absolute and physical. */
export interface HookSurroundings {
  readonly topLevel: string;
  readonly gitDir: string;
  readonly commonDir: string;
  readonly gitVersion: readonly [number, number];
  /** `core.hooksPath` as it is set, and in which file or scope; undefined when it is not. */
  readonly hooksPath: HooksPath | undefined;
  /** Where git looks for hooks (`git rev-parse --git-path hooks`); need not exist. */
  readonly hooksDirectory: string;
  /** Whether other work trees share the git directory; a relative `core.hooksPath` means theirs. */
  readonly hasLinkedWorktrees: boolean;
  /**
   * What is at a path, without following a link at its end.
   *
   * @throws Failure `cannot-read` when that is a directory, a device or larger than 64 MiB
   */
  readonly read: (file: string) => FileState;
  /** Whether files can be made in a directory, or in the one it would be made in. */
  readonly isWritable: (directory: string) => boolean;
  /** Whether git tracks a path in this work tree; false for all paths outside it. */
  readonly isTracked: (file: string) => boolean;
  /** All values of a key in the repository's own configuration. */
  readonly configured: (key: string) => readonly string[];
}

export interface HooksPath {
  readonly value: string;
  /** `local`, `worktree`, `global`, `system` or `command`. */
  readonly scope: string;
  /** As git names it: `file:.git/config`. */
  readonly origin: string;
}

export const hookManagerNames = [
  'git-config',
  'husky',
  'lefthook',
  'pre-commit',
  'simple-git-hooks',
  'hooks-directory',
] as const;
export type HookManagerName = (typeof hookManagerNames)[number];

/** What a hook manager wants for our hooks to run here. */
export interface Installation {
  /** Empty when all is in place already. */
  readonly edits: readonly Edit[];
  /** What the user should know besides: what another tool will do to it, what to run. */
  readonly notes: readonly string[];
}

/** One way in which git comes to run hooks. */
export interface HookManager {
  readonly name: HookManagerName;
  /** For people, as in «through husky (.husky/post-checkout)». */
  readonly about: string;
  /** Whether it is what runs hooks here, judged by what git does rather than by a file lying about. */
  readonly detect: (surroundings: HookSurroundings) => boolean;
  /**
   * @throws Failure `hooks-unavailable` where it must not or cannot install; `cannot-edit` when a
   * file of the user's is not understood: nothing is done then
   */
  readonly install: (surroundings: HookSurroundings) => Installation;
  /** The edits that take out what `install` put in, as far as it is still there. */
  readonly remove: (surroundings: HookSurroundings) => readonly Edit[];
}
