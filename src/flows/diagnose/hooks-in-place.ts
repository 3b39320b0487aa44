import type { Repository } from '../../git/repository.ts';
import { hookEvents } from '../../hooks/events.ts';
import { type HookScene, reachOf } from '../../integrations/reach.ts';
import { readHeader } from '../../integrations/vault-scripts.ts';
import type { Io } from '../../io.ts';
import { isListable, whatIsAt } from '../../store/read-files.ts';
import { type Vault, vaultIn } from '../../store/vault.ts';
import { readHookScene } from '../hook-scene.ts';
import { explainDead } from './dead-hooks.ts';
import { describeThrough } from './firing.ts';
import { readVaultScripts } from './scripts.ts';

/** Whether hooks can fire, as far as files and configuration tell. */
export interface HooksInPlace {
  /** False also where it cannot be known without running them. */
  readonly firing: boolean;
  /** `through husky (.husky/post-checkout)`; otherwise why not. */
  readonly how: string;
}

/** Runs no hook: `doctor` asks git itself. */
export async function lookAtHooks(repository: Repository, io: Io): Promise<HooksInPlace> {
  const vault = vaultIn(repository.layout.commonDir);
  if (isClosed(vault)) {
    return { firing: false, how: `not known: ${vault.directory} cannot be read by this user` };
  }
  if (readVaultScripts(vault).every((text) => text === undefined)) {
    return { firing: false, how: "not set up; run 'mpm-session init'" };
  }
  const gone = missingProgram(vault);
  if (gone !== undefined) return { firing: false, how: gone };
  return judge(await readHookScene(repository, io));
}

/** Whether there is a vault that this user cannot look into. */
export function isClosed({ directory }: Vault): boolean {
  return whatIsAt(directory) === 'directory' && !isListable(directory);
}

function judge(scene: HookScene): HooksInPlace {
  const { topLevel } = scene.surroundings;
  for (const event of hookEvents) {
    const reach = reachOf(event, scene);
    if (reach.state === 'dead') {
      return { firing: false, how: `${event}: ${explainDead(reach.cause).why}` };
    }
    if (reach.state === 'shared' && reach.order === 'behind') {
      const how = `${event}: not known, since ${reach.others} in ${describeThrough(reach.through, topLevel)} may end it first`;
      return { firing: false, how };
    }
  }
  const reach = reachOf('post-checkout', scene);
  const through = reach.state === 'dead' ? 'git' : describeThrough(reach.through, topLevel);
  return { firing: true, how: `through ${through}` };
}

function missingProgram(vault: Vault): string | undefined {
  for (const text of readVaultScripts(vault)) {
    const header = text === undefined ? undefined : readHeader(text);
    if (header === undefined) return "what the hooks run is damaged; run 'mpm-session doctor'";
    const isGone = header.program !== '' && whatIsAt(header.program) === 'nothing';
    if (isGone) return `the program they run is gone: ${header.program}`;
  }
  return undefined;
}
