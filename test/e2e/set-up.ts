/** A repository that is set up and taken back, and everything in it to compare. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import type { TestRepository } from '../helpers/repository.ts';
import type { RunOptions } from '../helpers/run.ts';
import { dataOf, type Place } from './program.ts';

/** An edit as `--json` gives it. */
export interface ShownEdit {
  readonly kind: 'file' | 'config';
  readonly target: string;
  readonly tracked: boolean;
  readonly before: unknown;
  readonly after: unknown;
  readonly about: string;
}

export interface SetUp {
  readonly edits: readonly ShownEdit[];
  readonly runs: readonly string[];
  readonly applied: boolean;
  readonly hooks: string;
  readonly firing: boolean | null;
  readonly ignored: boolean | null;
  readonly notes: readonly string[];
}

export interface TakenOut {
  readonly edits: readonly ShownEdit[];
  readonly applied: boolean;
  readonly firing: boolean;
}

export function setUp(
  place: Place,
  args: readonly string[] = [],
  options: Partial<RunOptions> = {},
): Promise<SetUp> {
  return dataOf<SetUp>(place, ['init', '--yes', ...args], options);
}

export function takeOut(place: Place, ...args: readonly string[]): Promise<TakenOut> {
  return dataOf<TakenOut>(place, ['uninstall', '--yes', ...args]);
}

/**
 * A line for everything below a directory: path, mode and content; with `times`, when it was
 * changed. git's configuration is in it by its keys and values alone.
 */
export function everythingIn(
  { path: inner, outer }: TestRepository,
  { times = false } = {},
): readonly string[] {
  const isApart = path.relative(outer, inner).startsWith('..');
  return (isApart ? [outer, inner] : [outer]).flatMap((root) => below(root, outer, times));
}

function below(start: string, root: string, times: boolean): readonly string[] {
  const visit = (name: string): readonly string[] => {
    const file = path.join(root, name);
    const stat = lstatSync(file);
    const kind = `${name} ${stat.mode.toString(8)}`;
    if (stat.isDirectory()) {
      return [
        kind,
        ...readdirSync(file)
          .sort()
          .flatMap((child) => visit(path.join(name, child))),
      ];
    }
    const time = times ? ` ${stat.mtimeMs}` : '';
    return [`${kind} ${contentOf(file, stat.isSymbolicLink())}${time}`];
  };
  return visit(path.relative(root, start) || '.');
}

function contentOf(file: string, isLink: boolean): string {
  if (isLink) return `-> ${readlinkSync(file)}`;
  if (/\.git\/(?:.*\/)?config$/.test(file)) {
    const lines = readFileSync(file, 'utf8').split('\n');
    return JSON.stringify(lines.map((line) => line.trim()).filter((line) => line !== ''));
  }
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** What is in one list and not in the other, for a message that can be read. */
export function differences(before: readonly string[], after: readonly string[]) {
  return {
    gone: before.filter((line) => !after.includes(line)),
    new: after.filter((line) => !before.includes(line)),
  };
}

export const none = { gone: [], new: [] };
