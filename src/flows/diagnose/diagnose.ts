import { Failure } from '../../errors.ts';
import type { Repository } from '../../git/repository.ts';
import { hookEvents } from '../../hooks/events.ts';
import type { Canary } from '../../integrations/canary.ts';
import { readManifest } from '../../integrations/edits/manifest.ts';
import { reachOf } from '../../integrations/reach.ts';
import type { Io } from '../../io.ts';
import type { Project } from '../../project.ts';
import { isGuardOff } from '../../store/offers.ts';
import { describeError, isSystemError } from '../../store/system-errors.ts';
import { vaultIn } from '../../store/vault.ts';
import { readHookScene } from '../hook-scene.ts';
import { planSetUp } from '../init.ts';
import { type Check, mendable, problem, unknown, well } from './check.ts';
import type { Examined } from './examined.ts';
import { checkFiring } from './firing.ts';
import { isClosed } from './hooks-in-place.ts';
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
  if (isClosed(examined.vault)) {
    const { directory } = examined.vault;
    return [
      unknown('vault-closed', `${directory} cannot be read by this user.`, 'Check whose it is'),
    ];
  }
  const manifest = readManifest(examined.vault);
  if (manifest.kind === 'absent' && !isSetUp(examined)) {
    const message = 'No hooks are set up here: nothing is offered, and nothing guards commits.';
    return [problem('not-set-up', message, 'mpm-session init')];
  }
  const scripts = await checkScripts(examined);
  const firing = await checkFiring(examined);
  const others = [...checkGuard(examined), ...(await checkHookError(examined))];
  if (manifest.kind === 'read') {
    return [...(await whatSetUpMends({ scripts, firing }, examined)), ...others];
  }
  const checks = [...scripts, ...firing, ...others];
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

/** What `init` itself would refuse to do, `--fix` cannot do: what it says to that is what to do. */
async function whatSetUpMends(
  { scripts, firing }: { readonly scripts: readonly Check[]; readonly firing: readonly Check[] },
  { io, project, repository }: Examined,
): Promise<readonly Check[]> {
  const checks = [...scripts, ...firing];
  if (!checks.some(({ repair }) => repair === 'setup')) return checks;
  try {
    const context = { io, project: { ...project, repository } };
    const { refusal } = await planSetUp(context, { hooks: undefined, install: undefined });
    return refusal === undefined ? checks : [...scripts, ...refused(firing, refusal)];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return refused(checks, error);
  }
}

function refused(checks: readonly Check[], { hint }: Failure): readonly Check[] {
  return checks.map(({ repair, ...check }) => {
    if (repair === 'setup') return { ...check, fix: hint };
    return repair === undefined ? check : { ...check, repair };
  });
}

/** Whether the guards do what the configuration says. */
function checkGuard({ project, vault }: Examined): readonly Check[] {
  const isWanted = project.config.guard !== 'off';
  if (isWanted === isGuardOff(vault)) {
    const message = isWanted
      ? 'The guards are still off, though the configuration has them on.'
      : 'The guards are still on, though the configuration has them off.';
    return [mendable('guard-stale', message, 'offers')];
  }
  if (isWanted) return [well('guard', 'Commits and pushes of session files are refused.')];
  const source = project.sources.guard;
  return [
    well('guard-off', `Session files can be committed and pushed: guard is off (${source}).`),
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
