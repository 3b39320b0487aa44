import { worktreeRoots } from '../git/worktrees.ts';
import type { Project } from '../project.ts';
import type { SessionId } from '../session/record.ts';
import { removeSessions } from '../store/change-session.ts';
import { sessionsDirectoryIn, sessionsPath } from '../store/directory.ts';

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
  const tracked = await sessions.trackedFiles();
  const isNamed = (path: string) => ids.some((id) => path.startsWith(`${sessionsPath}/${id}.`));
  const kept = tracked.filter(isNamed);
  await removeSessions(sessions, ids, {
    directories,
    isKept: (name) => kept.includes(`${sessionsPath}/${name}`),
  });
  const warnings = kept.map((path) => `${path} is tracked by git and stays: git rm ${path}`);
  return { removed: ids, warnings };
}
