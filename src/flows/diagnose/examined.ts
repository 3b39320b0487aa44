import type { Repository } from '../../git/repository.ts';
import type { Canary } from '../../integrations/canary.ts';
import type { HookScene } from '../../integrations/reach.ts';
import type { Io } from '../../io.ts';
import type { Project } from '../../project.ts';
import type { Vault } from '../../store/vault.ts';

/** What is examined, and what the checks share. */
export interface Examined {
  readonly io: Io;
  readonly project: Project;
  readonly repository: Repository;
  readonly vault: Vault;
  readonly scene: HookScene;
  readonly run: Canary['run'];
}
