import { chmodSync } from 'node:fs';
import path from 'node:path';
import { isListable, lookAt, namesIn } from './read-files.ts';

/** Something of ours that others on the machine could read, with the mode it should have. */
export interface TooOpen {
  /** Absolute path. */
  readonly path: string;
  readonly mode: number;
}

const forOthers = 0o077;

/** Windows has no such modes: what it reports says nothing. */
const hasModes = path.sep !== '\\';

/** Everything in `directory`, itself included, that is not the owner's alone. Links are passed over. */
export function tooOpenIn(directory: string): readonly TooOpen[] {
  const stat = hasModes ? lookAt(directory) : undefined;
  if (stat === undefined || stat.isSymbolicLink()) return [];
  if (!stat.isDirectory()) return tooOpen(directory, stat.mode, 0o600);
  const inside = isListable(directory) ? namesIn(directory) : [];
  return [
    ...tooOpen(directory, stat.mode, 0o700),
    ...inside.flatMap((name) => tooOpenIn(path.join(directory, name))),
  ];
}

function tooOpen(file: string, mode: number, wanted: number): readonly TooOpen[] {
  return (mode & forOthers) === 0 ? [] : [{ path: file, mode: wanted }];
}

/** @throws the system's error, for files of other users */
export function makePrivate(files: readonly TooOpen[]): void {
  for (const file of files) chmodSync(file.path, file.mode);
}

/** For everybody who can read it, as git has it. @throws the system's error */
export function makeExecutable(file: string): void {
  const mode = lookAt(file)?.mode ?? 0;
  chmodSync(file, (mode & 0o777) | ((mode & 0o444) >> 2));
}
