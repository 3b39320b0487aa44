import { worktreeRoots } from '../git/worktrees.ts';
import type { Project } from '../project.ts';
import type { SessionId } from '../session/record.ts';
import { removeSessions } from '../store/change-session.ts';
import { fileNames, sessionsDirectoryIn, sessionsPath } from '../store/directory.ts';

/** What was deleted, and which files were left because git tracks them. */
export interface Removed {
  readonly removed: readonly SessionId[];
  readonly warnings: readonly string[];
}

/**
 * Deletes sessions with their files in every work tree; a file left in one would bring its session
 * back. Files that git tracks are the user's to remove.
 */
export async function deleteSessions(
  project: Project,
  ids: readonly SessionId[],
): Promise<Removed> {
  const { repository, sessions } = project;
  const roots = repository === undefined ? [project.root] : await worktreeRoots(repository);
  const directories = [...new Set([project.root, ...roots])].map(sessionsDirectoryIn);
  const tracked = await sessions.trackedNames();
  await removeSessions(sessions, ids, {
    directories,
    isKept: (name) => tracked.has(name.toLowerCase()),
  });
  const warnings = ids
    .flatMap(fileNames)
    .filter((name) => tracked.has(name))
    .map((name) => `${name} is tracked by git and stays: git rm ${sessionsPath}/${name}`);
  return { removed: ids, warnings };
}
