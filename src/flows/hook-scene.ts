import type { Repository } from '../git/repository.ts';
import { readConfiguredHooks } from '../integrations/configured-hooks.ts';
import type { HookScene } from '../integrations/reach.ts';
import { readSurroundings } from '../integrations/surroundings.ts';
import type { Io } from '../io.ts';
import { vaultIn } from '../store/vault.ts';

/** How git runs hooks in this work tree; nothing is run to find it out. */
export async function readHookScene(repository: Repository, { env }: Io): Promise<HookScene> {
  const [surroundings, configured] = await Promise.all([
    readSurroundings(repository),
    readConfiguredHooks(repository),
  ]);
  const { directory } = vaultIn(repository.layout.commonDir);
  return { surroundings, configured, vault: directory, env };
}
