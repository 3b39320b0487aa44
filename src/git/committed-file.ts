import { ask, type Repository } from './repository.ts';

/**
 * What the commit that is checked out holds at a path, as text.
 *
 * @param path below the top level, with `/`
 * @returns undefined when it holds no file there, or there is no commit yet
 */
export async function committedText(
  repository: Repository,
  path: string,
): Promise<string | undefined> {
  const answer = await ask(repository, ['cat-file', 'blob', `HEAD:${path}`], { answers: [128] });
  return answer.exit === 0 ? answer.stdout.toString('utf8') : undefined;
}
