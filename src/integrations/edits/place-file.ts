import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { errorCode } from '../../errors.ts';
import { discard, removeFile, syncDirectory } from '../../store/durable-files.ts';
import { lookAt } from '../../store/read-files.ts';
import type { FileState } from '../integration.ts';

/**
 * Makes a path be what a state says, in one step: who looks, or dies, meanwhile finds the old or the
 * new. Durable on return. Its directory is there.
 *
 * @param temporary a name in the same directory, whose remains {@link discard} takes away
 * @throws the system's error; the path is as it was then
 */
export function placeFile(target: string, state: FileState, temporary: string): void {
  if (state === undefined) {
    removeFile(target);
  } else {
    removeFile(temporary);
    try {
      if (state.kind === 'link') symlinkSync(state.target, temporary);
      else writeTemporary(temporary, state);
      renameSync(temporary, target);
    } catch (error) {
      discard(temporary);
      throw error;
    }
  }
  syncDirectory(path.dirname(target));
}

/** A name beside `target` that is known again by `id`, the one that is in the journal. */
export function temporaryBeside(target: string, id: string): string {
  return path.join(path.dirname(target), `.mpm-session-${id}`);
}

export function newJournalId(): string {
  return randomBytes(8).toString('hex');
}

/** Absent on Windows, where links need a privilege to make. */
const noFollow = constants.O_NOFOLLOW ?? 0;

function writeTemporary(file: string, { content, mode }: FileState & { kind: 'file' }): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow;
  const descriptor = openSync(file, flags, 0o600);
  try {
    for (let written = 0; written < content.length; ) {
      written += writeSync(descriptor, content, written);
    }
    // The mode given to open() is cut down by the umask.
    fchmodSync(descriptor, mode);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The directories that are not there and that a file at `target` needs, outer ones first. */
export function missingDirectories(target: string): readonly string[] {
  const directory = path.dirname(target);
  if (directory === target || lookAt(directory) !== undefined) return [];
  return [...missingDirectories(directory), directory];
}

/** Makes a directory with the permissions the user's others get, durably. */
export function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    throw error;
  }
  syncDirectory(path.dirname(directory));
}

/** Removes those directories that are empty, inner ones first; what cannot be removed stays. */
export function removeEmptyDirectories(directories: readonly string[]): void {
  for (const directory of directories.toReversed()) {
    try {
      rmdirSync(directory);
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
    }
  }
}
