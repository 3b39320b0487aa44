/**
 * Integrations are data: what they want is returned as edits, which are printed (`init --dry-run`),
 * applied (`init`), compared (`doctor`) or reversed (`uninstall`) by others.
 */

import type { HooksPath } from '../git/hooks-path.ts';
import type { HookEvent } from '../hooks/events.ts';

/** What is at a path; undefined when nothing is. `mode` is the permission bits. */
export type FileState =
  | { readonly kind: 'file'; readonly content: Buffer; readonly mode: number }
  | { readonly kind: 'link'; readonly target: string }
  | undefined;

/** Whatever their modes. */
export function isSameContent(one: FileState, other: FileState): boolean {
  if (one?.kind === 'link' && other?.kind === 'link') return one.target === other.target;
  if (one?.kind === 'file' && other?.kind === 'file') return one.content.equals(other.content);
  return one === other;
}

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

export const hookManagerNames = [
  'git-config',
  'husky',
  'lefthook',
  'pre-commit',
  'simple-git-hooks',
  'hooks-directory',
] as const;
export type HookManagerName = (typeof hookManagerNames)[number];

/** What somebody wants changed, as a hook manager for our hooks to run here. */
export interface EditPlan {
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
  readonly install: (surroundings: HookSurroundings) => EditPlan;
  /** The edits that take out what `install` put in, as far as it is still there. */
  readonly remove: (surroundings: HookSurroundings) => readonly Edit[];
  /**
   * Whether git gets to our hook through it; undefined when the hook file that git would run is none
   * of its own. Left out where git needs nobody else to get there.
   */
  readonly reach?: (event: HookEvent, scene: FileScene) => Reach | undefined;
}

/** What decides whether a hook file is reached. */
export interface FileScene {
  readonly surroundings: HookSurroundings;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Whether git would get to our hook, as far as files and configuration tell: nothing is run. How a
 * hook comes to be dead without a word is in `Dead`, one code for each way.
 */
export type Reach =
  | { readonly state: 'reached'; readonly through: Through }
  /**
   * In place; but `others` of the user's run too. `behind`: they come before, and may end the hook.
   */
  | {
      readonly state: 'shared';
      readonly through: Through;
      readonly others: string;
      readonly order: 'behind' | 'beside';
    }
  | { readonly state: 'dead'; readonly cause: Dead };

export type Through =
  | { readonly kind: 'configuration'; readonly name: string }
  /** `by`: what runs the file; undefined when git itself does. */
  | { readonly kind: 'file'; readonly file: string; readonly by: string | undefined };

export type Dead =
  /** `by`: whose file stands there instead, if that can be seen; undefined when there is no file. */
  | { readonly code: 'hook-missing'; readonly file: string; readonly by: string | undefined }
  | { readonly code: 'hooks-switched-off'; readonly scope: string; readonly origin: string }
  | {
      readonly code: 'hooks-path-elsewhere';
      readonly value: string;
      readonly scope: string;
      readonly origin: string;
      /** Where our block is, and git does not look. */
      readonly block: string;
    }
  | {
      readonly code: 'hooks-directory-missing';
      readonly directory: string;
      readonly value: string;
      readonly scope: string;
      /** Where a relative path leads to in the main work tree, if there is such a directory. */
      readonly elsewhere: string | undefined;
    }
  | { readonly code: 'husky-not-installed'; readonly directory: string }
  | { readonly code: 'hook-manager-off'; readonly by: string; readonly variable: string }
  | { readonly code: 'hook-taken-over'; readonly by: string; readonly block: string }
  | { readonly code: 'hook-not-executable'; readonly file: string }
  | { readonly code: 'hook-carriage-returns'; readonly file: string }
  | { readonly code: 'hook-interpreter-missing'; readonly file: string; readonly program: string }
  | { readonly code: 'block-edited'; readonly file: string }
  | { readonly code: 'configuration-hook-ignored'; readonly version: string }
  | { readonly code: 'configuration-hook-disabled'; readonly key: string; readonly scope: string }
  | { readonly code: 'configuration-hook-edited'; readonly key: string };
