import { openRepository, type Repository } from '../git/repository.ts';
import { gitEnvironment } from '../git/spawn.ts';
import { trackedNames } from '../project.ts';

/** One that may hold files of the sessions. */
export interface WorkTree {
  readonly root: string;
  /** The names in its sessions directory that git tracks in it, in lower case. */
  readonly tracked: ReadonlySet<string>;
}

/** Undefined when what is there now is no longer a work tree of this repository. */
export async function openWorkTree(
  repository: Repository,
  root: string,
): Promise<WorkTree | undefined> {
  const opened = await openRepository(root, gitEnvironment(repository.program.env));
  if (opened?.layout.topLevel !== root) return undefined;
  if (opened.layout.commonDir !== repository.layout.commonDir) return undefined;
  return { root, tracked: await trackedNames(opened) };
}
