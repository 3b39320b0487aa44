import { ask, type Repository } from './repository.ts';

/** The top levels of all work trees, the main one first; a bare main repository has none. */
export async function worktreeRoots(repository: Repository): Promise<readonly string[]> {
  const answer = await ask(repository, ['worktree', 'list', '--porcelain', '-z']);
  // Records end with an empty field; `worktree <path>` begins each (git-worktree(1)).
  return answer.stdout
    .toString('utf8')
    .split('\0\0')
    .filter((record) => !record.split('\0').includes('bare'))
    .flatMap((record) => /^worktree ([^\0]+)/.exec(record)?.[1] ?? []);
}
