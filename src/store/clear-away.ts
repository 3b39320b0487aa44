import { rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { errorCode } from '../errors.ts';
import type { Io } from '../io.ts';
import {
  obstacleTo,
  ownIgnore,
  pointedAt,
  pointerName,
  type SessionsDirectory,
} from './directory.ts';
import { removeFile, removeLeftovers } from './durable-files.ts';
import { namesIn, readRegularFile } from './read-files.ts';
import { hookFiles, type Vault } from './vault.ts';

/** Takes away what hooks have in a vault; sessions, and what `init` wrote down, stay. */
export function removeHookState({ directory }: Vault): void {
  rmSync(path.join(directory, hookFiles.offers), { recursive: true, force: true });
  for (const name of namesIn(directory).filter(isHookState)) removeFile(path.join(directory, name));
}

const hookStateNames: ReadonlySet<string> = new Set([
  hookFiles.postCheckout,
  hookFiles.guard,
  hookFiles.autoPause,
  hookFiles.guardOff,
  hookFiles.log,
  hookFiles.hookError,
  hookFiles.canary,
  hookFiles.offerSettings,
]);

function isHookState(name: string): boolean {
  const isOfOne = name.startsWith(hookFiles.entered) || name.startsWith(hookFiles.terminal);
  return isOfOne || hookStateNames.has(name);
}

/** Whether there is anything in a vault for hooks to find. */
export function hasHookState({ directory }: Vault): boolean {
  return namesIn(directory).some((name) => name === hookFiles.offers || isHookState(name));
}

/** Removes the vault's directories as far as nothing is in them. */
export function removeEmptyVault({ directory, sessions }: Vault): void {
  removeEmptyDirectory(sessions);
  removeEmptyDirectory(path.join(directory, 'blobs'));
  removeEmptyDirectory(directory);
}

/** Removes a vault with all that is in it. */
export function removeVault({ directory }: Vault): void {
  rmSync(directory, { recursive: true, force: true });
}

/**
 * Removes a sessions directory that holds no sessions any more; when other things are in it, it
 * stays with them, and goes on ignoring itself.
 *
 * @returns the absolute paths that were left
 * @throws the system's error
 */
export function removeSessionsDirectory(
  directory: SessionsDirectory,
  isKept: (name: string) => boolean,
  { now, processes }: Pick<Io, 'now' | 'processes'>,
): readonly string[] {
  if (obstacleTo(directory) !== undefined) return [];
  removeLeftovers(directory.path, now(), processes);
  const isPointerOurs = pointedAt(directory) !== undefined && !isKept(pointerName);
  if (isPointerOurs) removeFile(path.join(directory.path, pointerName));
  const left = namesIn(directory.path).filter((name) => name !== ownIgnore.name);
  if (left.length > 0) return left.map((name) => path.join(directory.path, name));
  const ignore = readRegularFile(
    path.join(directory.path, ownIgnore.name),
    ownIgnore.content.length,
  );
  const isIgnoreOurs =
    ignore.kind === 'read' && ignore.content.toString('utf8') === ownIgnore.content;
  if (isIgnoreOurs && !isKept(ownIgnore.name)) {
    removeFile(path.join(directory.path, ownIgnore.name));
  }
  removeEmptyDirectory(directory.path);
  removeEmptyDirectory(path.dirname(directory.path));
  return namesIn(directory.path).map((name) => path.join(directory.path, name));
}

function removeEmptyDirectory(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    // What cannot be removed holds something, or is in nobody's way.
    if (errorCode(error) === undefined) throw error;
  }
}
