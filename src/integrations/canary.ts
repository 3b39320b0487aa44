import { closeSync, openSync, readFileSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../errors.ts';
import type { Repository } from '../git/repository.ts';
import { runGit } from '../git/spawn.ts';
import { type HookEvent, hookEvents } from '../hooks/events.ts';
import type { Io } from '../io.ts';
import { removeFile } from '../store/durable-files.ts';
import { withLock } from '../store/lock.ts';
import { describeError, isSystemError } from '../store/system-errors.ts';
import { hookFiles } from '../store/vault.ts';
import type { Reach } from './integration.ts';
import { type HookScene, otherConfiguredHooks, reachOf } from './reach.ts';

/** What git itself answered for one event. */
export interface Firing {
  readonly event: HookEvent;
  /** `unknown`: not asked, because something of the user's would have run; or it could not be. */
  readonly state: 'fires' | 'silent' | 'unknown';
  /** What was known before asking. */
  readonly reach: Reach;
  /** Why none of them could be asked; left out where it is only not wanted. */
  readonly obstacle?: Obstacle;
}

interface Obstacle {
  /** A sentence. */
  readonly reason: string;
  /** What to do; undefined when the reason says it. */
  readonly fix: string | undefined;
}

export interface Canary {
  readonly repository: Repository;
  readonly scene: HookScene;
  readonly machine: Pick<Io, 'now' | 'processes' | 'endGroup'>;
  /** `also-with-others`: even where hooks of the user's run with ours. */
  readonly run: 'only-alone' | 'also-with-others';
}

/**
 * Has git run each hook, and looks whether ours answered: it writes its event into the vault's
 * `canary` file and ends the hook, so that what follows it in a hook file does not run. Hooks that
 * would run nevertheless are switched off for the one run where that can be done; where it cannot,
 * nothing is run and the state is `unknown`.
 */
export async function askWhetherHooksFire(canary: Canary): Promise<readonly Firing[]> {
  const { scene, machine } = canary;
  const reaches = hookEvents.map((event) => ({ event, reach: reachOf(event, scene) }));
  const unasked = reaches.map(({ event, reach }) => ({ event, reach, state: stateUnasked(reach) }));
  if (unasked.every((one) => !isAsked(one, canary))) return unasked;
  try {
    return await withLock(scene.vault, machine, () => askAll(unasked, canary));
  } catch (error) {
    // Without a vault nothing answers; one that cannot be written says nothing about hooks.
    const obstacle = obstacleIn(error);
    return unasked.map((one) => (one.reach.state === 'dead' ? one : { ...one, obstacle }));
  }
}

/** @throws what is a bug */
function obstacleIn(error: unknown): Obstacle {
  if (error instanceof Failure) return { reason: error.message, fix: error.hint };
  if (!isSystemError(error)) throw error;
  const reason = `Nothing can be written to the vault: ${describeError(error)}.`;
  return { reason, fix: undefined };
}

function stateUnasked(reach: Reach): Firing['state'] {
  return reach.state === 'dead' ? 'silent' : 'unknown';
}

/** What is dead by its files would only run what else stands there. */
function isAsked({ event, reach }: Firing, { scene, run }: Canary): boolean {
  if (run === 'also-with-others') return true;
  return reach.state === 'reached' && alone(event, reach, scene) !== undefined;
}

async function askAll(firings: readonly Firing[], canary: Canary): Promise<readonly Firing[]> {
  const file = path.join(canary.scene.vault, hookFiles.canary);
  const answered: Firing[] = [];
  // Whatever a run that was killed left there, or somebody put there: never opened, never waited for.
  removeFile(file);
  closeSync(openSync(file, 'wx', 0o600));
  try {
    for (const firing of firings) {
      if (isAsked(firing, canary)) answered.push(await askOne(firing, file, canary));
      else answered.push(firing);
    }
  } finally {
    removeFile(file);
  }
  return answered;
}

/** Milliseconds. Ours answers within few of them; what else runs may be a test suite. */
const limits = { 'only-alone': 10_000, 'also-with-others': 120_000 } as const;

async function askOne(
  { event, reach }: Firing,
  file: string,
  { repository, scene, machine, run }: Canary,
): Promise<Firing> {
  truncateSync(file);
  const settings =
    run === 'only-alone' && reach.state === 'reached' ? alone(event, reach, scene) : [];
  const { program, layout } = repository;
  await runGit(program, {
    directory: layout.topLevel,
    args: [
      ...(settings ?? []).flatMap((setting) => ['-c', setting]),
      ...['hook', 'run', '--ignore-missing', event, '--', ...given[event]],
    ],
    hooks: 'as-configured',
    variables: { MPM_SESSION_CANARY: '1' },
    limit: { milliseconds: limits[run], endGroup: machine.endGroup },
  });
  const events = readFileSync(file, 'utf8').split('\n');
  return { event, reach, state: events.includes(event) ? 'fires' : 'silent' };
}

const noCommit = '0'.repeat(40);

/** Arguments as git gives them (githooks(5)): of a switch that went nowhere, of a push of nothing. */
const given: Readonly<Record<HookEvent, readonly string[]>> = {
  'post-checkout': [noCommit, noCommit, '1'],
  'pre-commit': [],
  'pre-merge-commit': [],
  'pre-push': ['origin', 'origin'],
};

/**
 * Settings under which git runs our hook and none that stands beside it; undefined when some cannot
 * be switched off.
 */
function alone(
  event: HookEvent,
  reach: Extract<Reach, { state: 'reached' }>,
  scene: HookScene,
): readonly string[] | undefined {
  const others = otherConfiguredHooks(event, scene);
  // `-c` takes the first `=` for the end of the key.
  if (others.some((name) => name.includes('=') || name.includes('\n'))) return undefined;
  const disabled = others.map((name) => `hook.${name}.enabled=false`);
  const isConfigured = reach.through.kind === 'configuration';
  return isConfigured ? [...disabled, 'core.hooksPath=/dev/null'] : disabled;
}
