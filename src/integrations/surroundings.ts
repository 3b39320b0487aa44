import { accessSync, constants, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { errorCode, fail } from '../errors.ts';
import { readConfiguration, valuesOf } from '../git/configuration.ts';
import {
  readGitVersion,
  readHooksDirectory,
  readHooksPath,
  readTrackedPaths,
} from '../git/hooks.ts';
import { ignoresCase } from '../git/layout.ts';
import type { Repository } from '../git/repository.ts';
import { namesIn, readRegularFile } from '../store/read-files.ts';
import { describeError, isSystemError } from '../store/system-errors.ts';
import type { FileState, HookSurroundings } from './integration.ts';

/**
 * Asks git and the file system how hooks run in this work tree. What is in files is read when it is
 * asked for; what git says is as of now.
 *
 * @throws Failure of git's
 */
export async function readSurroundings(repository: Repository): Promise<HookSurroundings> {
  const { layout } = repository;
  const { topLevel, gitDir, commonDir } = layout;
  const [gitVersion, hooksPath, own, tracked] = await Promise.all([
    readGitVersion(repository),
    readHooksPath(repository),
    readConfiguration(repository, 'own'),
    readTrackedPaths(repository),
  ]);
  const hooksDirectory = physicalPath(await readHooksDirectory(repository, hooksPath));
  const isTracked = trackedIn(topLevel, { tracked, ignoresCase: ignoresCase(layout) });
  return {
    topLevel,
    gitDir,
    commonDir,
    gitVersion,
    hooksPath,
    hooksDirectory,
    hasLinkedWorktrees: namesIn(path.join(commonDir, 'worktrees')).length > 0,
    read: readState,
    isWritable,
    isTracked,
    configured: (key) => valuesOf(own, key),
  };
}

/** Hooks can be programs; one larger than this is not copied about. */
const largestFile = 64 * 1024 * 1024;

const permissionBits = 0o7777;

/**
 * What is at a path, without following a link at its end.
 *
 * @throws Failure `cannot-read` when it is nothing that an edit could put back
 */
export function readState(file: string): FileState {
  const stat = statOf(file);
  if (stat === undefined) return undefined;
  if (stat.isSymbolicLink()) return { kind: 'link', target: readlinkSync(file) };
  const read = readRegularFile(file, largestFile);
  if (read.kind === 'absent') return undefined;
  if (read.kind === 'refused') {
    throw fail('cannot-read', { path: file, reason: `it ${read.reason}` });
  }
  return { kind: 'file', content: read.content, mode: stat.mode & permissionBits };
}

function statOf(file: string) {
  try {
    return lstatSync(file, { throwIfNoEntry: false });
  } catch (error) {
    if (errorCode(error) === 'ENOTDIR') return undefined;
    if (isSystemError(error)) {
      throw fail('cannot-read', { path: file, reason: describeError(error) });
    }
    throw error;
  }
}

/** The path with every link in it resolved, as far as there is anything at it. */
export function physicalPath(place: string): string {
  try {
    return realpathSync(place);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const parent = path.dirname(place);
    if (parent === place) return place;
    return path.join(physicalPath(parent), path.basename(place));
  }
}

function isWritable(directory: string): boolean {
  try {
    const stat = statSync(directory, { throwIfNoEntry: false });
    if (stat === undefined) {
      const parent = path.dirname(directory);
      return parent !== directory && isWritable(parent);
    }
    accessSync(directory, constants.W_OK | constants.X_OK);
    return stat.isDirectory();
  } catch (error) {
    if (isSystemError(error)) return false;
    throw error;
  }
}

interface Tracked {
  readonly tracked: ReadonlySet<string>;
  readonly ignoresCase: boolean;
}

function trackedIn(topLevel: string, known: Tracked): (file: string) => boolean {
  const fold = (name: string) => (known.ignoresCase ? name.toLowerCase() : name);
  const names = known.ignoresCase ? new Set([...known.tracked].map(fold)) : known.tracked;
  return (file) => {
    const relative = path.relative(topLevel, file);
    return names.has(fold(relative.split(path.sep).join('/')));
  };
}
