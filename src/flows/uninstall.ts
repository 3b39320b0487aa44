import path from 'node:path';
import { readIdentities } from '../git/branch-identity.ts';
import { committedText } from '../git/committed-file.ts';
import { realDirectory } from '../git/layout.ts';
import { openRepository } from '../git/repository.ts';
import { gitEnvironment } from '../git/spawn.ts';
import { worktreeRoots } from '../git/worktrees.ts';
import { hookEvents } from '../hooks/events.ts';
import { removeAliases } from '../integrations/aliases.ts';
import { applyReversal } from '../integrations/edits/apply-edits.ts';
import { type Manifest, readManifest, reverseEdits } from '../integrations/edits/manifest.ts';
import { afterEdits, mergeEdits } from '../integrations/edits/merge-edits.ts';
import { follow } from '../integrations/hook-managers/follow-links.ts';
import { excludeFileIn } from '../integrations/ignoring/exclude-lines.ts';
import { keepingExcluded, planExposing } from '../integrations/ignoring/keep-ignored.ts';
import { hookManagers } from '../integrations/index.ts';
import {
  type Edit,
  type FileEdit,
  type HookSurroundings,
  isSameContent,
} from '../integrations/integration.ts';
import { findBlock } from '../integrations/managed-block.ts';
import { detectPackageManager } from '../integrations/package-managers.ts';
import { readSurroundings } from '../integrations/surroundings.ts';
import { trackedNames } from '../project.ts';
import type { SessionId } from '../session/record.ts';
import {
  hasHookState,
  removeEmptyVault,
  removeHookState,
  removeSessionsDirectory,
  removeVault,
} from '../store/clear-away.ts';
import { isOwnCopy, sessionsDirectoryIn, sessionsPath } from '../store/directory.ts';
import { withLock } from '../store/lock.ts';
import { whatIsAt } from '../store/read-files.ts';
import { refusalToWrite } from '../store/refusal.ts';
import { listSessions } from '../store/sessions.ts';
import { hookFiles } from '../store/vault.ts';
import { editPlace, type SetUpContext } from './init.ts';
import { planIgnoreRemoval } from './never-committed.ts';
import { deleteSessions } from './remove.ts';

/** What there is to take out. */
export interface TakeOutPlan {
  readonly topLevel: string;
  readonly edits: readonly Edit[];
  readonly notes: readonly string[];
  /** Whether `init` has noted anything. */
  readonly isInstalled: boolean;
  /** Whether there is anything in the vault for hooks, besides what the edits are about. */
  readonly isStateLeft: boolean;
  /** How many sessions stay. */
  readonly sessionsLeft: number;
  /** Undefined unless everything is to go. */
  readonly purge: PurgePlan | undefined;
  /** The sessions that go with it. */
  readonly purged: readonly SessionId[];
}

/** What goes with `--purge`. */
export interface PurgePlan {
  readonly sessions: number;
  readonly identities: number;
  readonly vault: string;
  readonly isSomething: boolean;
}

export type Extent = 'installation' | 'everything';

/**
 * Decides what of ours is to go: by the notes that `init` made, and, for what was changed since or
 * when they are lost, by recognising our own text and keys.
 *
 * @throws Failure `cannot-edit`, `cannot-read`; nothing has been changed
 */
export async function planTakeOut(context: SetUpContext, extent: Extent): Promise<TakeOutPlan> {
  const { project } = context;
  const surroundings = await readSurroundings(project.repository);
  const { vault } = editPlace(context);
  const read = readManifest(vault);
  const manifest = read.kind === 'read' ? read.manifest : undefined;
  const traces = ownTraces(surroundings, vault.directory);
  const shared = await committedBefore(context, traces, manifest);
  const found = traces.filter((edit) => !shared.includes(edit));
  const reversal = reverseEdits(manifest, surroundings, found);
  const purge = extent === 'everything' ? await planPurge(context, surroundings) : undefined;
  const { entries } = await listSessions(project.sessions);
  const isEmpty = purge !== undefined || (entries.length === 0 && !hasDirectory(context));
  const kept = reversal.edits.flatMap((edit) => (isEmpty ? [edit] : stillIgnoring(edit, context)));
  const edits = purge === undefined ? kept : mergeEdits([...kept, ...purge.edits(kept)]);
  return {
    topLevel: surroundings.topLevel,
    edits,
    notes: [
      ...reversal.notes,
      ...shared.map(sharedNote),
      ...editedNotes(afterEdits(surroundings, edits), [...edits, ...(manifest?.applied ?? [])]),
      ...damageNotes(read),
      ...dependencyNotes(surroundings),
    ],
    isInstalled: read.kind !== 'absent',
    isStateLeft: hasHookState(vault),
    sessionsLeft: entries.length,
    purge: purge?.plan,
    purged: purge?.ids ?? [],
  };
}

/**
 * Those that would change, for everybody, what a commit holds and this `init` has not written: a
 * colleague's did.
 */
async function committedBefore(
  { project: { repository } }: SetUpContext,
  traces: readonly Edit[],
  manifest: Manifest | undefined,
): Promise<readonly Edit[]> {
  const shared: Edit[] = [];
  for (const edit of traces) {
    if (edit.kind !== 'file' || !edit.tracked) continue;
    if (manifest?.applied.some(({ target }) => target === edit.target)) continue;
    const relative = path.relative(repository.layout.topLevel, edit.target);
    const text = await committedText(repository, relative.split(path.sep).join('/'));
    const committed = new Set(linesOf(text));
    const remaining = new Set(linesOf(textOf(edit.after)));
    const removed = linesOf(textOf(edit.before)).filter((line) => !remaining.has(line));
    if (removed.every((line) => committed.has(line))) shared.push(edit);
  }
  return shared;
}

function linesOf(text: string | undefined): readonly string[] {
  return text?.split(/\r?\n/) ?? [];
}

function textOf(state: FileEdit['after']): string | undefined {
  return state?.kind === 'file' ? state.content.toString('utf8') : undefined;
}

function sharedNote({ target }: Edit): string {
  return `${target}: what it holds for mpm-session came by a commit, is everybody's, and stays.`;
}

/** What is found of ours by its own look. */
function ownTraces(surroundings: HookSurroundings, vault: string): readonly Edit[] {
  const found: Edit[] = [];
  const add = (edits: readonly Edit[]) => found.push(...edits);
  for (const manager of hookManagers) add(manager.remove(afterEdits(surroundings, found)));
  add(removeAliases(surroundings.configured));
  add(planIgnoreRemoval(surroundings));
  add(planExposing(afterEdits(surroundings, found)));
  add(scriptRemovals(surroundings, vault));
  return mergeEdits(found);
}

function scriptRemovals({ read }: HookSurroundings, vault: string): readonly FileEdit[] {
  return [hookFiles.postCheckout, hookFiles.guard].flatMap((name): readonly FileEdit[] => {
    const target = path.join(vault, name);
    const before = read(target);
    if (before === undefined) return [];
    const about = 'takes out the script that hooks run';
    return [{ kind: 'file', target, tracked: false, before, after: undefined, about }];
  });
}

/** Lines of ours that somebody has changed are not known to be ours any more. */
function editedNotes(
  after: HookSurroundings,
  edits: readonly Pick<Edit, 'kind' | 'target'>[],
): readonly string[] {
  const hooks = hookEvents.map((event) => path.join(after.hooksDirectory, event));
  const files = edits.flatMap(({ kind, target }) => (kind === 'file' ? [target] : []));
  return [...new Set([...hooks, ...files])].flatMap((file) => {
    const content = follow(after, file)?.content;
    const found = content === undefined ? undefined : findBlock(content);
    if (found?.kind !== 'edited') return [];
    return [`${file}, line ${found.line}: our lines there were edited, and stay: take them out.`];
  });
}

function damageNotes(read: ReturnType<typeof readManifest>): readonly string[] {
  if (read.kind !== 'damaged') return [];
  return [`What init wrote down ${read.problem}; its text is found by its own look instead.`];
}

function hasDirectory({ project }: SetUpContext): boolean {
  return whatIsAt(project.sessions.directory.path) === 'directory';
}

/** What a package manager has added, it takes out itself. */
function dependencyNotes({ topLevel, read }: HookSurroundings): readonly string[] {
  const remove = detectPackageManager(topLevel, read)?.removal;
  if (remove === undefined) return [];
  return [`package.json names mpm-session, and goes on to. To change that: ${remove}`];
}

/** Sessions stay ignored, so that which has git ignore them stays as well. */
function stillIgnoring(edit: Edit, { project }: SetUpContext): readonly Edit[] {
  if (edit.kind === 'config') return [edit];
  // Of whichever work tree.
  if (edit.target.endsWith(path.join(sessionsPath, '.gitignore'))) return [];
  if (edit.target !== excludeFileIn(project.repository.layout)) return [edit];
  const kept = keepingExcluded(edit);
  return isSameContent(kept.before, kept.after) ? [] : [kept];
}

async function planPurge(context: SetUpContext, surroundings: HookSurroundings) {
  const { project } = context;
  const [identities, ids] = await Promise.all([
    readIdentities(project.repository),
    ownIds(context),
  ]);
  const { vault } = editPlace(context);
  const keys = [...identities.keys()].map((branch) => `branch.${branch}.mpm-session`);
  const edits = (done: readonly Edit[]): readonly Edit[] => [
    ...planExposing(afterEdits(surroundings, done)),
    ...keys.map(
      (target): Edit => ({
        kind: 'config',
        target,
        tracked: false,
        before: surroundings.configured(target),
        after: [],
        about: "takes out the branch's identity",
      }),
    ),
  ];
  const isSomething = hasDirectory(context) || whatIsAt(vault.directory) !== 'nothing';
  const plan = {
    sessions: ids.length,
    identities: keys.length,
    vault: vault.directory,
    isSomething,
  };
  return { plan, ids, edits };
}

/** Those of the vault, and of files that this program wrote and nobody changed. */
async function ownIds({ project }: SetUpContext) {
  const { entries } = await listSessions(project.sessions);
  return entries
    .filter(({ id, where, foreign }) => !foreign && (where === 'vault' || isOurs(id)))
    .map(({ id }) => id);

  function isOurs(id: (typeof entries)[number]['id']): boolean {
    return isOwnCopy(project.sessions.directory, id);
  }
}

/**
 * Makes the edits, all or none, then clears what the hooks had in the vault. What a killed run has
 * left of that is found by the next.
 *
 * @returns warnings
 */
export async function takeOut(
  context: SetUpContext,
  plan: TakeOutPlan,
): Promise<readonly string[]> {
  const place = editPlace(context);
  const { vault, machine } = place;
  if (plan.edits.length > 0 || plan.isInstalled) {
    await applyReversal(place, plan.edits);
  }
  if (plan.isInstalled || plan.isStateLeft) {
    await blaming(vault.directory, () =>
      withLock(vault.directory, machine, async () => removeHookState(vault)),
    );
  }
  const warnings = plan.purge === undefined ? [] : await purge(context, plan.purged);
  removeEmptyVault(vault);
  return warnings;
}

/** Only what the user has seen: a session that was paused since stays, with all that it needs. */
async function purge(
  context: SetUpContext,
  agreed: readonly SessionId[],
): Promise<readonly string[]> {
  const { io, project } = context;
  const ids = (await ownIds(context)).filter((id) => agreed.includes(id));
  const { warnings } = await deleteSessions(project, ids);
  const left: string[] = [];
  for (const root of await ownWorkTrees(context)) {
    const tracked = await trackedAt(context, root);
    if (tracked === undefined) continue;
    const isKept = (name: string) => tracked.has(name.toLowerCase());
    const directory = sessionsDirectoryIn(root);
    const remove = () => removeSessionsDirectory(directory, isKept, io);
    left.push(...(await blaming(directory.path, async () => remove())));
  }
  if (!(await removedVault(context))) {
    return [
      ...warnings,
      'A session was paused meanwhile, and stays. To delete it, too: run this again.',
    ];
  }
  return [...warnings, ...left.map((file) => `${file} is not a file of mpm-session's, and stays.`)];
}

/** False when a session is in it. */
async function removedVault(context: SetUpContext): Promise<boolean> {
  const { vault, machine } = editPlace(context);
  if (whatIsAt(vault.directory) === 'nothing') return true;
  return blaming(vault.directory, () =>
    withLock(vault.directory, machine, async () => {
      const isUsed = (await ownIds(context)).length > 0;
      if (!isUsed) removeVault(vault);
      return !isUsed;
    }),
  );
}

/** @throws Failure `cannot-write` that names the place where removing was refused */
async function blaming<Result>(place: string, remove: () => Promise<Result>): Promise<Result> {
  try {
    return await remove();
  } catch (error) {
    throw refusalToWrite(place, error, 'removal');
  }
}

async function ownWorkTrees({ project }: SetUpContext): Promise<readonly string[]> {
  const roots = await worktreeRoots(project.repository);
  const others = roots.flatMap((root) => realDirectory(root) ?? []);
  return [...new Set([project.root, ...others])];
}

/** Undefined for what is no work tree of this repository any more. */
async function trackedAt(
  { project: { repository } }: SetUpContext,
  root: string,
): Promise<ReadonlySet<string> | undefined> {
  if (root === repository.layout.topLevel) return trackedNames(repository);
  const opened = await openRepository(root, gitEnvironment(repository.program.env));
  if (opened?.layout.topLevel !== root) return undefined;
  if (opened.layout.commonDir !== repository.layout.commonDir) return undefined;
  return trackedNames(opened);
}
