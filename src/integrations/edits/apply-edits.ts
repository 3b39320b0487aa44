import path from 'node:path';
import { fail } from '../../errors.ts';
import { readConfiguration, valuesOf, writeKey } from '../../git/configuration.ts';
import type { Repository } from '../../git/repository.ts';
import type { Io } from '../../io.ts';
import { discard, removeFile, replaceWhole, syncDirectory } from '../../store/durable-files.ts';
import { withLock } from '../../store/lock.ts';
import { describeError, isSystemError } from '../../store/system-errors.ts';
import { hookFiles, prepareVault, type Vault } from '../../store/vault.ts';
import type { Edit } from '../integration.ts';
import { physicalPath, readState } from '../surroundings.ts';
import {
  damagedJournal,
  type Journal,
  readJournal,
  removeJournal,
  writeJournal,
} from './journal.ts';
import {
  addToManifest,
  isChange,
  isSame,
  isSameState,
  type Manifest,
  manifestText,
  readManifest,
} from './manifest.ts';
import {
  makeDirectory,
  missingDirectories,
  newJournalId,
  placeFile,
  removeEmptyDirectories,
  temporaryBeside,
} from './place-file.ts';
import type { AppliedEdit } from './sealed-json.ts';

/** Where edits are made, and what is remembered of them. */
export interface EditPlace {
  readonly repository: Repository;
  readonly vault: Vault;
  readonly machine: Pick<Io, 'now' | 'processes'>;
}

/**
 * Makes all edits or none, in their order, and adds them to the manifest. A run that is killed on the
 * way leaves a journal, by which the next one puts everything back.
 *
 * @throws Failure `edited-meanwhile` when a target is no longer as its edit says, `cannot-write`,
 *   `git-failed`, `store-locked`, `damaged-journal`: all is as before then, unless the message says otherwise
 */
export function applyEdits(place: EditPlace, edits: readonly Edit[]): Promise<void> {
  return carryOut(place, edits, (directories) => {
    const known = readManifest(place.vault);
    const manifest = addToManifest(known.kind === 'read' ? known.manifest : undefined, {
      applied: edits.filter(isChange),
      directories,
      at: place.machine.now(),
    });
    return { manifest, obsolete: [] };
  });
}

/**
 * Makes the edits that take an installation back, as {@link applyEdits} does, and forgets the
 * manifest. Directories that were made for files go with the last of them.
 */
export function applyReversal(place: EditPlace, edits: readonly Edit[]): Promise<void> {
  return carryOut(place, edits, (directories) => {
    const known = readManifest(place.vault);
    const made = known.kind === 'read' ? known.manifest.directories : [];
    return { manifest: undefined, obsolete: [...made, ...directories] };
  });
}

/** What a journal led to; `untouched`: targets that somebody changed meanwhile, and that stay so. */
export type Recovery =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'completed' }
  | { readonly kind: 'put-back'; readonly untouched: readonly string[] };

/**
 * Ends what a killed run has begun: takes it back, or, when all was done but the notes about it,
 * completes those. Reads one file when there is nothing to do.
 *
 * @throws Failure `damaged-journal`; it is the only trace of what was begun, and stays
 */
export async function recoverInstallation(place: EditPlace): Promise<Recovery> {
  if (readJournal(place.vault).kind === 'absent') return { kind: 'nothing' };
  const { vault, machine } = place;
  return orCannotWrite(vault.directory, async () => {
    prepareVault(vault, machine);
    return withLock(vault.directory, machine, () => recover(place));
  });
}

async function recover(place: EditPlace): Promise<Recovery> {
  const read = readJournal(place.vault);
  if (read.kind === 'absent') return { kind: 'nothing' };
  if (read.kind === 'damaged') throw damagedJournal(place.vault, read.problem);
  if (read.journal.phase === 'applied') {
    complete(place, read.journal);
    return { kind: 'completed' };
  }
  const untouched = await putBack(place, read.journal);
  return { kind: 'put-back', untouched };
}

interface Outcome {
  /** Undefined when it is to be forgotten. */
  readonly manifest: Manifest | undefined;
  /** Directories to remove where they are empty. */
  readonly obsolete: readonly string[];
}

/** @param conclude what comes of it, given the directories that were made */
async function carryOut(
  place: EditPlace,
  edits: readonly Edit[],
  conclude: (directories: readonly string[]) => Outcome,
): Promise<void> {
  const { vault, machine } = place;
  const locked = (action: () => Promise<void>) =>
    orCannotWrite(vault.directory, async () => {
      prepareVault(vault, machine);
      await withLock(vault.directory, machine, action);
    });
  await locked(async () => {
    await recover(place);
    const changes = edits.filter(isChange);
    await assertUnchanged(place, changes);
    const journal = await begin(place, changes);
    try {
      for (const edit of changes) await apply(place, edit, journal);
      const { manifest, obsolete } = conclude(journal.directories);
      const text = manifest === undefined ? null : manifestText(manifest, vault);
      const done = { phase: 'applied', manifest: text, directories: obsolete } as const;
      writeJournal(done, vault, machine.processes);
    } catch (error) {
      await putBackAfter(place, journal);
      throw explained(error, vault.directory);
    }
    await orCannotWrite(vault.directory, async () => recover(place));
  });
}

async function begin(place: EditPlace, edits: readonly AppliedEdit[]) {
  const { vault, machine } = place;
  const needed = edits.flatMap((edit) =>
    edit.kind === 'file' && edit.after !== undefined ? missingDirectories(edit.target) : [],
  );
  const directories = [...new Set(needed)];
  const journal = { phase: 'applying', id: newJournalId(), edits, directories } as const;
  await orCannotWrite(vault.directory, async () => writeJournal(journal, vault, machine.processes));
  return journal;
}

type Begun = Journal & { readonly phase: 'applying' };

async function assertUnchanged(place: EditPlace, edits: readonly Edit[]): Promise<void> {
  for (const edit of edits) {
    if (edit.kind === 'file') assertReachable(edit.target);
    if (await isAs(place, edit, 'before')) continue;
    throw fail('edited-meanwhile', { target: edit.target });
  }
}

/** A link on the way would lead the edit to a file that nobody has spoken of. */
function assertReachable(target: string): void {
  const directory = path.dirname(target);
  if (physicalPath(directory) === directory) return;
  throw fail('behind-link', { target });
}

async function isAs(
  place: EditPlace,
  edit: AppliedEdit,
  which: 'before' | 'after',
): Promise<boolean> {
  if (edit.kind === 'file') return isSameState(readState(edit.target), edit[which]);
  return isSame(await valuesSet(place, edit.target), edit[which]);
}

async function valuesSet({ repository }: EditPlace, key: string): Promise<readonly string[]> {
  return valuesOf(await readConfiguration(repository, 'own'), key);
}

async function apply(place: EditPlace, edit: Edit, journal: Begun): Promise<void> {
  if (edit.kind === 'config') {
    await writeKey(place.repository, edit.target, edit.after);
    return;
  }
  await orCannotWrite(edit.target, async () => {
    if (edit.after !== undefined) missingDirectories(edit.target).forEach(makeDirectory);
    if (!(await isAs(place, edit, 'before'))) {
      throw fail('edited-meanwhile', { target: edit.target });
    }
    placeFile(edit.target, edit.after, temporaryBeside(edit.target, journal.id));
  });
}

/** What fails here as well is left to the next run; the journal is still there. */
async function putBackAfter(place: EditPlace, journal: Begun): Promise<void> {
  await orCannotWrite(
    place.vault.directory,
    async () => putBack(place, journal),
    "What was done so far is put back by the next 'mpm-session init' or 'mpm-session doctor --fix'.",
  );
}

/** @returns the targets that are neither as before nor as after */
async function putBack(place: EditPlace, journal: Begun): Promise<readonly string[]> {
  const untouched: string[] = [];
  for (const edit of journal.edits.toReversed()) {
    if (edit.kind === 'file') discard(temporaryBeside(edit.target, journal.id));
    if (await isAs(place, edit, 'before')) continue;
    if (edit.kind === 'config' && (await isBetween(place, edit))) {
      await writeKey(place.repository, edit.target, edit.before);
    } else if (edit.kind === 'file' && (await isAs(place, edit, 'after'))) {
      missingDirectories(edit.target).forEach(makeDirectory);
      placeFile(edit.target, edit.before, temporaryBeside(edit.target, journal.id));
    } else {
      untouched.push(edit.target);
    }
  }
  removeEmptyDirectories(journal.directories);
  removeJournal(place.vault);
  return untouched;
}

/** Values are written one after the other. */
async function isBetween(
  place: EditPlace,
  edit: AppliedEdit & { kind: 'config' },
): Promise<boolean> {
  const values = await valuesSet(place, edit.target);
  return [edit.before, edit.after].some((whole) => isSame(whole.slice(0, values.length), values));
}

function complete(place: EditPlace, done: Journal & { readonly phase: 'applied' }): void {
  const { directory } = place.vault;
  if (done.manifest === null) removeFile(path.join(directory, hookFiles.installed));
  else {
    const file = { directory, name: hookFiles.installed, content: done.manifest };
    replaceWhole(file, place.machine.processes);
  }
  syncDirectory(directory);
  removeEmptyDirectories(done.directories);
  removeJournal(place.vault);
}

async function orCannotWrite<Result>(
  target: string,
  action: () => Promise<Result>,
  outcome?: string,
): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    throw explained(error, target, outcome);
  }
}

function explained(error: unknown, target: string, outcome = 'Nothing was changed.'): unknown {
  if (!isSystemError(error)) return error;
  return fail('cannot-write', { path: target, reason: describeError(error), outcome });
}
