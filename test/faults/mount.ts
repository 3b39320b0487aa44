import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from '../helpers/temporary.ts';

let prefix: readonly string[] | undefined;
let isProbed = false;

/** For `it.skipIf(!canMount())`. Says on stderr, once, why the tests are skipped. */
export function canMount(): boolean {
  if (isProbed) return prefix !== undefined;
  isProbed = true;
  const directory = mkdtempSync(path.join(tmpdir(), 'mpm-mount-'));
  prefix = [[], ['sudo', '-n']].find((before) => {
    const [program = '', ...args] = [...before, 'mount', '-t', 'tmpfs', 'tmpfs', directory];
    return spawnSync(program, args).status === 0;
  });
  if (prefix === undefined) {
    process.stderr.write(
      'Tests with file systems of their own are SKIPPED: mount does not work.\n',
    );
  } else {
    unmount(directory);
  }
  rmdirSync(directory);
  return prefix !== undefined;
}

/** A new, empty tmpfs of 64 MB that belongs to this user; unmounted when the current test ends. */
export function mountTmpfs(): string {
  const directory = temporaryDirectory();
  const owner = `uid=${process.getuid?.()},gid=${process.getgid?.()},mode=700`;
  mount('-t', 'tmpfs', '-o', `size=64m,${owner}`, 'tmpfs', directory);
  unmountLater(directory);
  return directory;
}

export interface Room {
  /** Pages of 4 KiB. */
  readonly pages: number;
  readonly inodes: number;
}

/** How many pages and inodes of a tmpfs are in use. */
function usedOf(directory: string): Room {
  const { blocks, bfree, files, ffree } = statfsSync(directory);
  return { pages: blocks - bfree, inodes: files - ffree };
}

/** Leaves so much of a tmpfs, and no more; without it there is plenty. */
export function leaveFree(directory: string, room: Partial<Room> = {}): void {
  const used = usedOf(directory);
  const pages = room.pages === undefined ? 16_384 : used.pages + room.pages;
  const inodes = room.inodes === undefined ? 16_384 : used.inodes + room.inodes;
  mount('-o', `remount,size=${pages * 4}k,nr_inodes=${inodes}`, directory);
}

/** Mounts a file system that is in a file, for this user, until the current test ends. */
export function mountImage(image: string, directory: string): () => void {
  mount('-o', 'loop', image, directory);
  if (process.getuid?.() !== 0) run('chown', `${process.getuid?.()}`, directory);
  return unmountLater(directory);
}

/** Makes a directory read-only for everybody, root too, until the current test ends. */
export function mountReadOnly(directory: string): () => void {
  mount('--bind', directory, directory);
  mount('-o', 'remount,bind,ro', directory);
  return unmountLater(directory);
}

/** When the current test ends, unless it is done before. */
function unmountLater(directory: string): () => void {
  let isMounted = true;
  const end = () => {
    if (isMounted) unmount(directory);
    isMounted = false;
  };
  onTestFinished(end);
  return end;
}

function mount(...args: string[]): void {
  run('mount', ...args);
}

function unmount(directory: string): void {
  run('umount', '--lazy', directory);
}

function run(...words: string[]): void {
  const [program = '', ...args] = [...(prefix ?? []), ...words];
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${words.join(' ')} failed: ${stderr}`);
}
