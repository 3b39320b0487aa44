import { Failure } from '../../errors.ts';
import type { Repository } from '../../git/repository.ts';
import type { Canary } from '../../integrations/canary.ts';
import { hookEvents } from '../../integrations/integration.ts';
import { readManifest } from '../../integrations/manifest.ts';
import { reachOf } from '../../integrations/reach.ts';
import type { Io } from '../../io.ts';
import type { Project } from '../../project.ts';
import { describeError, isSystemError } from '../../store/system-errors.ts';
import { vaultIn } from '../../store/vault.ts';
import { type Check, problem, unknown } from './check.ts';
import { type Examined, readHookScene } from './examined.ts';
import { checkFiring } from './firing.ts';
import { checkConfiguration, checkGit } from './machine.ts';
import { checkNeverCommitted } from './never-committed.ts';
import { checkIdentities, checkOffers } from './offers.ts';
import { checkHookError, checkScripts, readVaultScripts } from './scripts.ts';
import { checkLeftovers, checkPermissions, checkRecords } from './storage.ts';

type Group = (examined: Examined) => Promise<readonly Check[]>;

/** In the order in which they are told. What is left over comes before a lock is taken. */
const groups: readonly Group[] = [
  checkGit,
  checkConfiguration,
  checkLeftovers,
  checkHooks,
  checkNeverCommitted,
  checkRecords,
  checkPermissions,
  checkIdentities,
  checkOffers,
];

/** Looks at everything, and changes nothing. */
export async function diagnose(
  io: Io,
  project: Project & { readonly repository: Repository },
  run: Canary['run'],
): Promise<readonly Check[]> {
  const { repository } = project;
  const scene = await readHookScene(repository, io);
  const vault = vaultIn(repository.layout.commonDir);
  const examined = { io, project, repository, vault, scene, run };
  const checks: Check[] = [];
  // One after another: some of them run programs, whose time is limited.
  for (const group of groups) checks.push(...(await examine(group, examined)));
  return checks;
}

/** What cannot be examined is not known to be well, and keeps nothing else from being examined. */
async function examine(group: Group, examined: Examined): Promise<readonly Check[]> {
  try {
    return await group(examined);
  } catch (error) {
    if (error instanceof Failure) return [unknown('not-examined', error.message, error.hint)];
    if (!isSystemError(error)) throw error;
    return [unknown('not-examined', `Something could not be looked at: ${describeError(error)}.`)];
  }
}

async function checkHooks(examined: Examined): Promise<readonly Check[]> {
  const manifest = readManifest(examined.vault);
  if (manifest.kind === 'absent' && !isSetUp(examined)) {
    const message = 'No hooks are set up here: nothing is offered, and nothing guards commits.';
    return [problem('not-set-up', message, 'mpm-session init')];
  }
  const checks = [
    ...(await checkScripts(examined)),
    ...(await checkFiring(examined)),
    ...(await checkHookError(examined)),
  ];
  if (manifest.kind === 'read') return checks;
  // What was set up here is not known, and is for the user to say again.
  const lost =
    manifest.kind === 'absent'
      ? "What 'mpm-session init' did here is not written down any more."
      : `What 'mpm-session init' did here is written in a file that ${manifest.problem}.`;
  return [
    ...checks.map(withoutSetUp),
    problem('manifest-lost', lost, 'mpm-session uninstall --yes && mpm-session init --yes'),
  ];
}

/** Whether anything of ours is there that `init` puts. */
function isSetUp({ vault, scene }: Examined): boolean {
  if (readVaultScripts(vault).some((text) => text !== undefined)) return true;
  return hookEvents.some((event) => {
    const reach = reachOf(event, scene);
    return reach.state !== 'dead' || reach.cause.code !== 'hook-missing';
  });
}

function withoutSetUp({ repair, ...check }: Check): Check {
  if (repair === undefined) return check;
  return repair === 'setup' ? { ...check, fix: 'mpm-session init' } : { ...check, repair };
}
