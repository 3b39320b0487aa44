import { realDirectory } from '../git/layout.ts';
import { openRepository, type Repository } from '../git/repository.ts';
import { gitEnvironment } from '../git/spawn.ts';
import { worktreeRoots } from '../git/worktrees.ts';
import { type Project, trackedNames } from '../project.ts';
import type { SessionId } from '../session/record.ts';
import { shellQuote } from '../session/shell-quote.ts';
import { type HeldDirectory, removeSessions } from '../store/change-session.ts';
import {
  fileNames,
  filesIn,
  obstacleTo,
  pointedAt,
  sessionsDirectoryIn,
  sessionsPath,
} from '../store/directory.ts';
import { refreshOffers } from './offers.ts';

/** What was deleted, and which files were left because git tracks them. */
export interface Removed {
  readonly removed: readonly SessionId[];
  readonly warnings: readonly string[];
}

/** One that may hold files of the sessions. */
interface WorkTree {
  readonly root: string;
  /** The names in its sessions directory that git tracks in it, in lower case. */
  readonly tracked: ReadonlySet<string>;
}

/**
 * Deletes sessions with their files in every work tree; a file left in one would bring its session
 * back. Files that git tracks in a work tree are the user's to remove there.
 *
 * @throws Failure; also when a work tree that holds such files cannot be opened
 */
export async function deleteSessions(
  project: Project,
  ids: readonly SessionId[],
): Promise<Removed> {
  const here = { root: project.root, tracked: await project.sessions.trackedNames() };
  const others = await otherWorkTrees(project, ids);
  await removeSessions(project.sessions, ids, [here, ...others].map(held));
  const warnings = [
    ...(await refreshOffers(project)),
    ...trackedAmong(ids, here).map((name) => stays(name, `git rm :/${sessionsPath}/${name}`)),
    ...others.flatMap((other) => {
      const rm = `git -C ${shellQuote(other.root)} rm`;
      return trackedAmong(ids, other).map((name) => stays(name, `${rm} ${sessionsPath}/${name}`));
    }),
  ];
  return { removed: ids, warnings };
}

async function otherWorkTrees(
  { root: here, repository }: Project,
  ids: readonly SessionId[],
): Promise<readonly WorkTree[]> {
  if (repository === undefined) return [];
  const roots = (await worktreeRoots(repository)).flatMap((root) => realDirectory(root) ?? []);
  const others = [...new Set(roots)].filter((root) => root !== here && holdsSome(root, ids));
  const found = await Promise.all(others.map((root) => openWorkTree(repository, root)));
  return found.filter((workTree) => workTree !== undefined);
}

function holdsSome(root: string, ids: readonly SessionId[]): boolean {
  const directory = sessionsDirectoryIn(root);
  if (obstacleTo(directory) !== undefined) return false;
  const files = filesIn(directory);
  const pointed = pointedAt(directory);
  return ids.some((id) => files.has(id) || id === pointed);
}

/** Undefined when what is there now is no longer a work tree of this repository. */
async function openWorkTree(repository: Repository, root: string): Promise<WorkTree | undefined> {
  const opened = await openRepository(root, gitEnvironment(repository.program.env));
  if (opened?.layout.topLevel !== root) return undefined;
  if (opened.layout.commonDir !== repository.layout.commonDir) return undefined;
  return { root, tracked: await trackedNames(opened) };
}

function held({ root, tracked }: WorkTree): HeldDirectory {
  const isKept = (name: string) => tracked.has(name.toLowerCase());
  return { directory: sessionsDirectoryIn(root), isKept };
}

function trackedAmong(ids: readonly SessionId[], { tracked }: WorkTree): readonly string[] {
  return ids.flatMap(fileNames).filter((name) => tracked.has(name));
}

function stays(name: string, command: string): string {
  return `${name} is tracked by git and stays: ${command}`;
}
