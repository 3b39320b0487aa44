import type { Repository } from '../../git/repository.ts';
import type { Canary } from '../../integrations/canary.ts';
import { readConfiguredHooks } from '../../integrations/configured-hooks.ts';
import type { HookScene } from '../../integrations/reach.ts';
import { readSurroundings } from '../../integrations/surroundings.ts';
import type { Io } from '../../io.ts';
import type { Project } from '../../project.ts';
import { type Vault, vaultIn } from '../../store/vault.ts';

/** What is examined, and what the checks share. */
export interface Examined {
  readonly io: Io;
  readonly project: Project;
  readonly repository: Repository;
  readonly vault: Vault;
  readonly scene: HookScene;
  readonly run: Canary['run'];
}

/** How git runs hooks in this work tree; nothing is run to find it out. */
export async function readHookScene(repository: Repository, io: Io): Promise<HookScene> {
  const [surroundings, configured] = await Promise.all([
    readSurroundings(repository),
    readConfiguredHooks(repository),
  ]);
  const { directory } = vaultIn(repository.layout.commonDir);
  return { surroundings, configured, vault: directory, env: io.env };
}
