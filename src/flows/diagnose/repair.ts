import path from 'node:path';
import { Failure } from '../../errors.ts';
import type { FormatName } from '../../formats/index.ts';
import { hookEvents } from '../../hooks/events.ts';
import { recoverInstallation } from '../../integrations/edits/apply-edits.ts';
import { reachOf } from '../../integrations/reach.ts';
import { counted } from '../../session/counted.ts';
import { fileName, updateSessionFiles } from '../../store/directory.ts';
import { removeFile } from '../../store/durable-files.ts';
import { makeExecutable, makePrivate, tooOpenIn } from '../../store/private-files.ts';
import { whatIsAt } from '../../store/read-files.ts';
import { prepareToWrite } from '../../store/save-session.ts';
import { describeError, isSystemError } from '../../store/system-errors.ts';
import { hookFiles, vaultIn } from '../../store/vault.ts';
import { readHookScene } from '../hook-scene.ts';
import { carryOut, editPlace, planSetUp, type SetUpContext } from '../init.ts';
import { excludeSessions } from '../never-committed.ts';
import { refreshOffers } from '../offers.ts';
import { loadSessions } from '../sessions.ts';
import { type Check, type Repair, repairs } from './check.ts';
import { isOwnFile } from './firing.ts';
import { placesOf } from './storage.ts';

/** What `--fix` did, or could not do, about one kind of problem. */
export interface Repaired {
  readonly repair: Repair;
  readonly done: boolean;
  /** One line. */
  readonly message: string;
}

/** Does what is safe about the problems found; nothing of the user's but our own lines is touched. */
export async function repairAll(
  context: SetUpContext,
  checks: readonly Check[],
): Promise<readonly Repaired[]> {
  const wanted = new Set(checks.map(({ repair }) => repair));
  const repaired: Repaired[] = [];
  for (const repair of repairs) {
    if (!wanted.has(repair)) continue;
    repaired.push(await tryTo(repair, context));
  }
  return repaired;
}

async function tryTo(repair: Repair, context: SetUpContext): Promise<Repaired> {
  try {
    return { repair, done: true, message: await actions[repair](context) };
  } catch (error) {
    if (error instanceof Failure) {
      return { repair, done: false, message: `${error.message} ${error.hint}` };
    }
    if (!isSystemError(error)) throw error;
    return { repair, done: false, message: `The system refused: ${describeError(error)}.` };
  }
}

type Action = (context: SetUpContext) => Promise<string>;

const actions: Readonly<Record<Repair, Action>> = {
  'interrupted-init': async (context) => {
    const recovery = await recoverInstallation(editPlace(context));
    switch (recovery.kind) {
      case 'nothing':
        return "There was nothing left to do for the 'init' that was interrupted.";
      case 'completed':
        return "Completed the 'init' that was interrupted.";
      case 'put-back':
        return recovery.untouched.length === 0
          ? "Took back what the interrupted 'init' had begun."
          : `Took back what the interrupted 'init' had begun, but for ${recovery.untouched.join(', ')}, changed since.`;
    }
  },
  setup: async (context) => {
    const plan = await planSetUp(context, { hooks: undefined, install: undefined });
    const { edits } = await carryOut(context, plan);
    if (plan.refusal !== undefined) throw plan.refusal;
    const targets = edits.map(({ target }) => target);
    return targets.length === 0
      ? "There was nothing for 'init' to put back."
      : `Put back what 'init' had set up: ${targets.join(', ')}.`;
  },
  executable: async ({ io, project }) => {
    const scene = await readHookScene(project.repository, io);
    const files = hookEvents.flatMap((event) => {
      const reach = reachOf(event, scene);
      const cause = reach.state === 'dead' ? reach.cause : undefined;
      return cause?.code === 'hook-not-executable' && isOwnFile(cause.file) ? [cause.file] : [];
    });
    for (const file of files) makeExecutable(file);
    return `Made executable: ${files.join(', ')}.`;
  },
  ignoring: async ({ project }) => {
    const warnings = excludeSessions(project.repository);
    const { directory } = project.sessions;
    if (whatIsAt(directory.path) === 'directory') prepareToWrite(project.sessions);
    return warnings[0] ?? 'Had git ignore the sessions directory again.';
  },
  leftovers: async ({ project }) => {
    prepareToWrite(project.sessions);
    return 'Removed what interrupted runs had left.';
  },
  files: async ({ project }) => {
    const { entries } = await loadSessions(project);
    const { directory, io, trackedNames } = project.sessions;
    const tracked = await trackedNames();
    for (const { id, record, where } of entries) {
      if (where !== 'vault' || record?.project_path !== directory.root) continue;
      const isOurs = (format: FormatName) => !tracked.has(fileName(id, format));
      const { processes } = io;
      updateSessionFiles(directory, { before: record, after: record }, { isOurs, processes });
    }
    return 'Wrote files of sessions anew.';
  },
  permissions: async ({ project }) => {
    const vault = vaultIn(project.repository.layout.commonDir).directory;
    const open = placesOf(project, vault).flatMap(tooOpenIn);
    makePrivate(open);
    return `Closed ${counted(open.length, 'file or directory', 'files and directories')} to others.`;
  },
  offers: async ({ project }) => {
    const [warning] = await refreshOffers(project);
    return warning ?? 'Rendered the offers anew.';
  },
  'hook-error': async ({ project }) => {
    const { directory } = vaultIn(project.repository.layout.commonDir);
    removeFile(path.join(directory, hookFiles.hookError));
    return 'Forgot what the last failing hook said.';
  },
};
