import path from 'node:path';
import { Failure, fail } from '../errors.ts';
import { readConfiguration } from '../git/configuration.ts';
import { isNullDevice } from '../git/hooks-path.ts';
import type { Repository } from '../git/repository.ts';
import { isOlder, oldestGit } from '../git/version.ts';
import { hookEvents } from '../hooks/events.ts';
import { type AgentFound, findAgents } from '../integrations/agents-found.ts';
import { type AliasTarget, isOnPath, planAliases } from '../integrations/aliases.ts';
import { askWhetherHooksFire, type Firing } from '../integrations/canary.ts';
import {
  applyEdits,
  type EditPlace,
  recoverInstallation,
} from '../integrations/edits/apply-edits.ts';
import { damagedJournal, readJournal } from '../integrations/edits/journal.ts';
import { readManifest } from '../integrations/edits/manifest.ts';
import { afterEdits, mergeEdits } from '../integrations/edits/merge-edits.ts';
import { byHand } from '../integrations/hook-managers/hook-file.ts';
import { isAddedByHand } from '../integrations/hook-managers/hooks-directory.ts';
import { isOwnHooksDirectory } from '../integrations/hook-managers/hooks-path.ts';
import { planIgnoring } from '../integrations/ignoring/keep-ignored.ts';
import { chooseHookManager, hookManagers } from '../integrations/index.ts';
import type {
  Edit,
  EditPlan,
  HookManager,
  HookManagerName,
  HookSurroundings,
} from '../integrations/integration.ts';
import type { PlannedRun } from '../integrations/package-managers.ts';
import { type HookScene, reachOf } from '../integrations/reach.ts';
import { readSurroundings } from '../integrations/surroundings.ts';
import { vaultScripts } from '../integrations/vault-scripts.ts';
import type { Io } from '../io.ts';
import type { Project } from '../project.ts';
import { removeEmptyVault } from '../store/clear-away.ts';
import { type Vault, vaultIn } from '../store/vault.ts';
import { readHookScene } from './hook-scene.ts';
import { planIgnoreRule } from './never-committed.ts';
import { refreshOffers } from './offers.ts';
import {
  type InstallWay,
  install,
  installedHeader,
  type ProgramPlan,
  planProgram,
  programIn,
} from './program-place.ts';

/** What is set up, and by whom. */
export interface SetUpContext {
  readonly io: Io;
  readonly project: Project & { readonly repository: Repository };
}

export interface SetUpWish {
  /** Undefined: the one that git runs hooks through here. */
  readonly hooks: HookManagerName | undefined;
  readonly install: InstallWay | undefined;
}

/** What there is to do; nothing to run and no edits when all is in place. */
export interface SetUpPlan {
  readonly wish: SetUpWish;
  readonly topLevel: string;
  readonly manager: HookManager;
  readonly installation: ProgramPlan;
  readonly runs: readonly PlannedRun[];
  readonly edits: readonly Edit[];
  readonly notes: readonly string[];
  /** Why no hooks are installed, where that must not or cannot be; all else is set up. */
  readonly refusal: Failure | undefined;
  readonly agents: readonly AgentFound[];
}

/** Where the edits of a project are made. */
export function editPlace({ io, project }: SetUpContext): EditPlace {
  const { repository } = project;
  return { repository, vault: vaultOf(project), machine: io };
}

function vaultOf({ repository }: SetUpContext['project']): Vault {
  return vaultIn(repository.layout.commonDir);
}

/**
 * Ends what a killed `init` or `uninstall` has begun; called first by every command that changes
 * what is set up.
 *
 * @returns what the user should know of it
 * @throws Failure `damaged-journal` and those of the store
 */
export async function recoverSetUp(context: SetUpContext): Promise<readonly string[]> {
  const recovery = await recoverInstallation(editPlace(context));
  if (recovery.kind !== 'put-back') return [];
  const untouched = recovery.untouched.map((file) => `${file} was changed meanwhile, and stays.`);
  return ['An init or uninstall that was interrupted has been taken back.', ...untouched];
}

/** As {@link recoverSetUp}, but only says it. */
export function interruptionOf(context: SetUpContext): readonly string[] {
  const { vault } = editPlace(context);
  const read = readJournal(vault);
  if (read.kind === 'absent') return [];
  if (read.kind === 'damaged') throw damagedJournal(vault, read.problem);
  return ['An init or uninstall was interrupted; it is taken back before anything else is done.'];
}

/**
 * Inspects the repository and decides what is missing.
 *
 * @throws Failure `git-too-old`, those of {@link planProgram}, and, where a way to run hooks is
 *   wished for, why it cannot be had; nothing has been changed
 */
export async function planSetUp(context: SetUpContext, wish: SetUpWish): Promise<SetUpPlan> {
  const { io, project } = context;
  const scene = await readHookScene(project.repository, io);
  const { surroundings } = scene;
  refuseOldGit(surroundings);
  const manager = chooseManager(context, scene, wish.hooks);
  const vault = vaultOf(project);
  const installation = await planProgram({ io, vault, surroundings }, wish.install);
  const team = project.config['ignore.gitignore']
    ? await planIgnoreRule(project.repository, surroundings)
    : { edits: [], notes: [] };
  const own = [
    ...scriptEdits(context, surroundings, installation),
    ...planIgnoring(surroundings, project.sessions.directory),
    ...team.edits,
  ];
  const hooks = planHooks(manager, afterEdits(surroundings, own), wish);
  const aliases = await aliasPlan(context, installation);
  return {
    wish,
    topLevel: surroundings.topLevel,
    manager,
    installation,
    runs: installation.runs,
    edits: mergeEdits([...own, ...hooks.edits, ...aliases.edits]),
    notes: [...team.notes, ...hooks.notes, ...aliases.notes, ...installationNotes(installation)],
    refusal: hooks.refusal,
    agents: project.config.agents === 'off' ? [] : findAgents(project.root, io.homeDirectory),
  };
}

/** Without hooks, what they run is put in place all the same, so that lines added by hand find it. */
function planHooks(
  manager: HookManager,
  surroundings: HookSurroundings,
  wish: SetUpWish,
): EditPlan & Pick<SetUpPlan, 'refusal'> {
  try {
    return { ...manager.install(surroundings), refusal: undefined };
  } catch (error) {
    if (!(error instanceof Failure) || wish.hooks !== undefined) throw error;
    const notes = [error.message, error.hint, ...byHandNotes(surroundings, error)];
    return { edits: [], notes, refusal: error };
  }
}

/** Where git runs hooks that are not ours to edit. */
function byHandNotes(surroundings: HookSurroundings, { code }: Failure): readonly string[] {
  const { hooksPath, hooksDirectory } = surroundings;
  const isNowhere = hooksPath?.value === '' || isNullDevice(hooksPath?.value);
  const isElsewhere = !isNowhere && !isOwnHooksDirectory(surroundings);
  if (code !== 'hooks-unavailable' || !isElsewhere) return [];
  return hookEvents
    .filter((event) => !isAddedByHand(surroundings, event))
    .map((event) => `Or add to ${path.join(hooksDirectory, event)}: ${byHand(event)}`);
}

/**
 * The one that is wanted; else the one that git runs hooks through here, unless another was wanted
 * before, and its hooks are all in place and reached.
 */
function chooseManager(
  context: SetUpContext,
  scene: HookScene,
  wanted: HookManagerName | undefined,
): HookManager {
  const { surroundings } = scene;
  const chosen = chooseHookManager(surroundings, wanted);
  const { vault } = editPlace(context);
  const isFirst = wanted !== undefined || readManifest(vault).kind !== 'read';
  if (isFirst || isComplete(chosen, surroundings)) return chosen;
  const standing = hookManagers.find(
    (one) =>
      one.detect(surroundings) &&
      one.remove(surroundings).length > 0 &&
      isComplete(one, surroundings),
  );
  if (standing === undefined) return chosen;
  return hookEvents.every((event) => reachOf(event, scene).state === 'reached') ? standing : chosen;
}

function isComplete(manager: HookManager, surroundings: HookSurroundings): boolean {
  try {
    return manager.install(surroundings).edits.length === 0;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

function refuseOldGit({ gitVersion }: HookSurroundings): void {
  if (!isOlder(gitVersion, oldestGit)) return;
  throw fail('git-too-old', { found: gitVersion.join('.'), needed: oldestGit.join('.') });
}

function scriptEdits(
  { io, project }: SetUpContext,
  { read }: HookSurroundings,
  { packageDirectory }: ProgramPlan,
): readonly Edit[] {
  const vault = vaultOf(project);
  const header = {
    version: io.version,
    node: io.nodePath,
    program: packageDirectory === undefined ? '' : programIn(packageDirectory),
    since: installedHeader(vault, read)?.since ?? Math.floor(io.now().getTime() / 1000),
  };
  // Where the scripts come from is there now, which the program need not be.
  const scripts = {
    packageDirectory: io.packageDirectory,
    vaultDirectory: vault.directory,
    header,
  };
  return vaultScripts(scripts, read);
}

function aliasTarget({ io }: SetUpContext, { packageDirectory }: ProgramPlan): AliasTarget {
  if (packageDirectory === undefined) return { kind: 'npx', version: io.version };
  const directory = path.dirname(programIn(packageDirectory));
  return { kind: 'installed', nodePath: io.nodePath, directory };
}

async function aliasPlan(context: SetUpContext, installation: ProgramPlan) {
  const { io, project } = context;
  const entries = await readConfiguration(project.repository, { keys: '^alias\\.' });
  return planAliases({
    target: aliasTarget(context, installation),
    isFound: (subcommand) => isOnPath(subcommand, io.env, project.root),
    configured: (key) => entries.filter((entry) => entry.key === key),
  });
}

function installationNotes({ packageDirectory }: ProgramPlan): readonly string[] {
  if (packageDirectory !== undefined) return [];
  return [
    'The program is not installed, so hooks say what is paused and ask nothing. ' +
      "To install it, run this with '--install dev' or '--install global'.",
  ];
}

/** What has come of a plan. */
export interface CarriedOut {
  /** The edits made: those of the plan, or those that were right after what was run. */
  readonly edits: readonly Edit[];
  /** What the programs that were run have printed. */
  readonly printed: string;
  readonly warnings: readonly string[];
}

/**
 * Runs what the plan has to run, then makes its edits, all or none, and renders the offers.
 *
 * @throws Failure; the edits are taken back then, what was run is not
 */
export async function carryOut(context: SetUpContext, plan: SetUpPlan): Promise<CarriedOut> {
  const { edits, printed } =
    plan.runs.length > 0 ? await installFirst(context, plan) : withoutRun(plan);
  if (edits.length > 0) await apply(context, { ...plan, edits });
  return { edits, printed, warnings: await refreshOffers(context.project) };
}

function withoutRun({ edits }: SetUpPlan): Omit<CarriedOut, 'warnings'> {
  return { edits, printed: '' };
}

/** Plans once more after it, since what was run may have edited the same files. */
async function installFirst(
  context: SetUpContext,
  { installation, wish }: SetUpPlan,
): Promise<Omit<CarriedOut, 'warnings'>> {
  const { io, project } = context;
  const surroundings = await readSurroundings(project.repository);
  const printed = await install({ io, surroundings }, installation);
  return { edits: (await planSetUp(context, wish)).edits, printed };
}

async function apply(context: SetUpContext, { wish, edits }: SetUpPlan): Promise<void> {
  const place = editPlace(context);
  try {
    await applyEdits(place, edits);
  } catch (error) {
    const isRace = error instanceof Failure && error.code === 'edited-meanwhile';
    // Another init may have done the same at the same time.
    if (isRace && (await planSetUp(context, wish)).edits.length === 0) return;
    // Its directory was made for this alone.
    removeEmptyVault(place.vault);
    throw error;
  }
}

/** Asks git whether the hooks fire; by files alone where asking would run hooks of the user's. */
export async function proveHooks(context: SetUpContext): Promise<readonly Firing[]> {
  const { repository } = context.project;
  const scene = await readHookScene(repository, context.io);
  return askWhetherHooksFire({ repository, scene, machine: context.io, run: 'only-alone' });
}
