import { realDirectory } from '../git/layout.ts';
import { worktreeRoots } from '../git/worktrees.ts';
import type { Project } from '../project.ts';
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
import { openWorkTree, type WorkTree } from './work-trees.ts';

/** What was deleted, and which files were left because git tracks them. */
export interface Removed {
  readonly removed: readonly SessionId[];
  readonly warnings: readonly string[];
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
