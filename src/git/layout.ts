import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { errorCode, fail } from '../errors.ts';
import type { Environment } from '../io.ts';
import { isOid, type Operation } from '../session/git-state.ts';

/** Where a repository's parts lie; absolute physical paths. */
export interface Layout {
  /** Top level of the work tree. */
  readonly topLevel: string;
  /** This work tree's own git directory (`HEAD`, `index`). */
  readonly gitDir: string;
  /** The git directory shared by all work trees (`config`, objects); often the same. */
  readonly commonDir: string;
}

/** `ask-git`: the environment or the place is unusual, so that only git itself can tell. */
export type Discovery =
  | { readonly kind: 'found'; readonly layout: Layout }
  | { readonly kind: 'none' }
  | { readonly kind: 'bare'; readonly directory: string }
  | { readonly kind: 'git-directory'; readonly directory: string }
  /** There is something that may be a repository, and this user may not look. */
  | { readonly kind: 'unreadable'; readonly path: string; readonly code: string }
  | { readonly kind: 'ask-git' };

/** Variables that move the repository to where walking upwards would not find it. */
export const explicitVariables = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_COMMON_DIR'] as const;

const discoveryVariables = [
  ...explicitVariables,
  'GIT_CEILING_DIRECTORIES',
  'GIT_DISCOVERY_ACROSS_FILESYSTEM',
];

/**
 * Finds the work tree that `directory` is in by looking for `.git` upwards, as git does
 * (gitrepository-layout(5)), which spares each run a process. What could make git see it
 * otherwise (the environment, `core.worktree`, `core.bare`) is answered with `ask-git`.
 *
 * @param directory absolute physical path
 */
export function discoverLayout(directory: string, env: Environment): Discovery {
  if (discoveryVariables.some((name) => env[name] !== undefined)) return { kind: 'ask-git' };
  for (let current = directory; ; current = path.dirname(current)) {
    const found = tryToLookIn(current);
    if (found !== undefined) return found;
    if (path.dirname(current) === current) return { kind: 'none' };
  }
}

function tryToLookIn(directory: string): Discovery | undefined {
  try {
    return lookIn(directory);
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    return { kind: 'unreadable', path: path.join(directory, '.git'), code };
  }
}

/** What one directory on the way up says; undefined when the search goes on above it. */
function lookIn(directory: string): Discovery | undefined {
  const gitDir = gitDirectoryOf(directory);
  if (gitDir === 'unclear') return { kind: 'ask-git' };
  if (gitDir !== undefined) {
    const layout = { topLevel: directory, gitDir, commonDir: commonOf(gitDir) };
    return mayLieElsewhere(layout) ? { kind: 'ask-git' } : { kind: 'found', layout };
  }
  if (!looksLikeGitDirectory(directory)) return undefined;
  return { kind: path.basename(directory) === '.git' ? 'git-directory' : 'bare', directory };
}

/** A `.git` file holds `gitdir: <path>`, relative to the directory it is in. */
const gitFileLimit = 64 * 1024;

function gitDirectoryOf(directory: string): string | 'unclear' | undefined {
  const dotGit = path.join(directory, '.git');
  const stat = statSync(dotGit, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (stat.isDirectory()) return looksLikeGitDirectory(dotGit) ? realpathSync(dotGit) : 'unclear';
  if (!stat.isFile() || stat.size > gitFileLimit) return 'unclear';
  const target = /^gitdir: (.+?)\n?$/.exec(readFileSync(dotGit, 'utf8'))?.[1];
  if (target === undefined) return 'unclear';
  const gitDir = path.resolve(directory, target);
  return isPresent(path.join(gitDir, 'HEAD')) ? realpathSync(gitDir) : 'unclear';
}

function commonOf(gitDir: string): string {
  const file = path.join(gitDir, 'commondir');
  if (!isPresent(file)) return gitDir;
  return realpathSync(path.resolve(gitDir, readFileSync(file, 'utf8').trim()));
}

/**
 * Whether the configuration could name another work tree, or none. git reads these keys from this
 * one file, without includes; anything that merely looks like them is a reason to ask git.
 */
function mayLieElsewhere(layout: Layout): boolean {
  const config = readConfigFile(layout);
  return config === undefined || /worktree|bare(?!\s*=\s*false\b)/i.test(config);
}

/** By what git itself looks for (gitrepository-layout(5)); other directories may hold such names. */
function looksLikeGitDirectory(directory: string): boolean {
  const isDirectory = (name: string) =>
    statSync(path.join(directory, name), { throwIfNoEntry: false })?.isDirectory() === true;
  return holdsHead(path.join(directory, 'HEAD')) && isDirectory('objects') && isDirectory('refs');
}

/** `ref: refs/…` or an object id; in old repositories a link into `refs/`. */
function holdsHead(file: string): boolean {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (stat?.isSymbolicLink() === true) return readlinkSync(file).startsWith('refs/');
  if (stat?.isFile() !== true || stat.size > gitFileLimit) return false;
  return /^(?:ref: refs\/|[0-9a-f]{40})/.test(readFileSync(file, 'utf8'));
}

/**
 * The outermost directory around `directory` that looks like a work tree, for when it is not yet
 * known which one is meant; undefined outside all.
 */
export function outermostWorkTree(directory: string): string | undefined {
  let outermost: string | undefined;
  for (let current = directory; ; current = path.dirname(current)) {
    if (isPresent(path.join(current, '.git'))) outermost = current;
    if (path.dirname(current) === current) return outermost;
  }
}

/** What git is in the middle of, read from the files it leaves in the git directory. */
export function operationIn(layout: Layout): Operation | null {
  const has = (name: string) => isPresent(path.join(layout.gitDir, name));
  if (has('rebase-merge')) return 'rebase';
  if (has('rebase-apply')) return has('rebase-apply/applying') ? 'am' : 'rebase';
  if (has('MERGE_HEAD')) return 'merge';
  if (has('CHERRY_PICK_HEAD')) return 'cherry-pick';
  if (has('REVERT_HEAD')) return 'revert';
  return has('BISECT_LOG') ? 'bisect' : null;
}

/**
 * `ref: refs/heads/<branch>` or an object id, as `HEAD` says; undefined where the file does not tell
 * (a reftable's names no real branch, an old repository's is a link).
 */
export function readHeadFile(layout: Layout): string | undefined {
  const file = path.join(layout.gitDir, 'HEAD');
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  const content = readFileSync(file, 'utf8').replace(/\n$/, '');
  const isPlain = isOid(content) || content.startsWith('ref: refs/heads/');
  return isPlain && content !== 'ref: refs/heads/.invalid' ? content : undefined;
}

/** A line of a reflog is not longer: two object ids, a person, a time, and a message. */
const reflogTail = 16 * 1024;

/**
 * The last line of `HEAD`'s reflog, without its end: `<old> <new> <person> <time> <zone> TAB
 * <message>`. Read from the end of the file, which can be large. Undefined where there is no such
 * file (a reftable, `core.logAllRefUpdates`).
 */
export function lastReflogLine(layout: Layout): string | undefined {
  const file = path.join(layout.gitDir, 'logs/HEAD');
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  const descriptor = openSync(file, constants.O_RDONLY);
  try {
    const bytes = Buffer.alloc(reflogTail);
    const start = Math.max(0, fstatSync(descriptor).size - reflogTail);
    const count = readSync(descriptor, bytes, 0, reflogTail, start);
    return bytes.subarray(0, count).toString('utf8').split('\n').at(-2);
  } finally {
    closeSync(descriptor);
  }
}

/** Whether refs are kept in a reftable, where `CHERRY_PICK_HEAD` and its like are no files. */
export function usesReftable(layout: Layout): boolean {
  return isPresent(path.join(layout.commonDir, 'reftable'));
}

/** Whether this repository takes `A` and `a` for one name; as git found it when making it. */
export function ignoresCase(layout: Layout): boolean {
  return /ignorecase\s*=\s*true/i.test(readConfigFile(layout) ?? '');
}

/** The repository's own configuration, or undefined when it cannot be read: git will say why. */
function readConfigFile(layout: Layout): string | undefined {
  try {
    return readFileSync(path.join(layout.commonDir, 'config'), 'utf8');
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}

/** Whether somebody holds git's lock on the repository's configuration. */
export function isConfigLocked(layout: Layout): boolean {
  return isPresent(path.join(layout.commonDir, 'config.lock'));
}

/** The bytes of this work tree's index, or undefined when nothing was ever staged. */
export function readIndex(layout: Layout): Buffer | undefined {
  try {
    return readFileSync(path.join(layout.gitDir, 'index'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw fail('cannot-read', {
      path: path.join(layout.gitDir, 'index'),
      reason: errorCode(error) ?? String(error),
    });
  }
}

/** The physical path of a directory, or undefined when there is none that can be entered. */
export function realDirectory(directory: string): string | undefined {
  try {
    const physical = realpathSync(directory);
    return statSync(physical).isDirectory() ? physical : undefined;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}

function isPresent(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}
