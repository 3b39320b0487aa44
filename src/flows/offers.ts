import { Failure } from '../errors.ts';
import { readIdentities } from '../git/branch-identity.ts';
import { type OfferKey, offerKeyOf, renderOffer } from '../hooks/offer.ts';
import type { Processes } from '../io.ts';
import type { Project } from '../project.ts';
import type { SessionEntry } from '../session/entry.ts';
import type { SessionId, SessionRecord } from '../session/record.ts';
import { trimLog } from '../store/hook-log.ts';
import { withLock } from '../store/lock.ts';
import {
  areRendered,
  offerKeys,
  offerText,
  type RenderedSettings,
  readOffer,
  removeOffer,
  renderSettings,
  writeOffer,
} from '../store/offers.ts';
import { isListable, whatIsAt } from '../store/read-files.ts';
import { listSessions } from '../store/sessions.ts';
import { describeError, isSystemError } from '../store/system-errors.ts';
import { prepareVault, readFromVault, type Vault, vaultRecordPath } from '../store/vault.ts';

/**
 * Renders the offers of sessions that were just written, each unless its branch has a newer one.
 * Costs the same however many sessions there are, unless the configuration has changed since the
 * others were rendered.
 *
 * @param records as the vault has them now
 * @returns warnings: the sessions are safe, whatever happens here
 */
export function publishOffers(
  project: Project,
  records: readonly SessionRecord[],
): Promise<readonly string[]> {
  return warning(project, async (vault) => {
    const { io } = project.sessions;
    trimLog(vault, io);
    if (!areRendered(vault, settingsOf(project))) return renderAll(project, vault);
    const renderOne = await rendererFor(project);
    return withLock(vault.directory, io, async () => {
      for (const record of records) publish(vault, { record, renderOne }, io.processes);
    });
  });
}

/**
 * Renders whatever is not as the sessions and the configuration want it: after sessions were
 * deleted, hooks installed.
 *
 * @returns warnings
 */
export function refreshOffers(project: Project): Promise<readonly string[]> {
  return warning(project, (vault) => renderAll(project, vault));
}

async function warning(
  project: Project,
  render: (vault: Vault) => Promise<void>,
): Promise<readonly string[]> {
  const vault = vaultInUse(project);
  if (vault === undefined) return [];
  try {
    await render(vault);
    return [];
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    return [
      `What is offered when a branch is checked out could not be brought up to date: ${reason} ` +
        'The next mpm-session command tries again.',
    ];
  }
}

/** Undefined for what is a bug. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof Failure) return error.message;
  return isSystemError(error) ? `${describeError(error)}.` : undefined;
}

/**
 * As {@link refreshOffers}, for commands that only read, which must also work where nothing can be
 * written: costs the reading of the offers when all is as it should be.
 *
 * @param entries the whole list, newest first
 */
export async function reconcileOffers(
  project: Project,
  entries: readonly SessionEntry[],
): Promise<void> {
  const vault = vaultInUse(project);
  if (vault === undefined) return;
  try {
    trimLog(vault, project.sessions.io);
    const wanted = await wantedOffers(project, entries);
    if (!isUpToDate(project, vault, wanted)) await render(project, vault, wanted);
  } catch (error) {
    if (reasonOf(error) === undefined) throw error;
  }
}

/**
 * Has the hooks follow the configuration as it is now; for commands that do not read the sessions.
 * Costs one look when they do already, and is left to a later command where nothing can be written.
 */
export async function followConfiguration(project: Project): Promise<void> {
  const vault = vaultInUse(project);
  if (vault === undefined || areRendered(vault, settingsOf(project))) return;
  try {
    await renderAll(project, vault);
  } catch (error) {
    if (reasonOf(error) === undefined) throw error;
  }
}

/** Not one that is still to be made, because somebody only looks, or whose sessions cannot be read. */
function vaultInUse({ sessions: { vault } }: Project): Vault | undefined {
  if (vault === undefined || whatIsAt(vault.sessions) !== 'directory') return undefined;
  return isListable(vault.sessions) ? vault : undefined;
}

/**
 * The offers that should be there, by their names.
 *
 * @param entries the whole list, newest first
 */
export async function expectedOffers(
  project: Project,
  entries: readonly SessionEntry[],
): Promise<ReadonlyMap<OfferKey, string>> {
  const { offers, renderOne } = await wantedOffers(project, entries);
  return new Map([...offers].map(([key, record]) => [key, renderOne(key, record)]));
}

type Renderer = (key: OfferKey, record: SessionRecord) => string;

interface Wanted {
  /** The newest session of each branch, or commit. */
  readonly offers: ReadonlyMap<OfferKey, SessionRecord>;
  readonly renderOne: Renderer;
}

async function wantedOffers(project: Project, entries: readonly SessionEntry[]): Promise<Wanted> {
  const { vault } = project.sessions;
  const offers = new Map<OfferKey, SessionRecord>();
  for (const entry of entries) {
    const key = entry.record === undefined ? undefined : offerKeyOf(entry.record);
    if (entry.record === undefined || key === undefined || offers.has(key)) continue;
    // One that only the directory had may have been adopted since it was listed.
    const isKept =
      entry.where === 'vault' ||
      (!entry.foreign && vault !== undefined && vaultRecordPath(vault, entry.id).length > 0);
    if (isKept) offers.set(key, entry.record);
  }
  return { offers, renderOne: await rendererFor(project) };
}

/** Asks git for the branches' names only where one of them could be ignored. */
async function rendererFor(project: Project): Promise<Renderer> {
  const { offers: settings } = settingsOf(project);
  if (settings.ignoreBranches.length === 0 || project.repository === undefined) {
    return (_, record) => renderOffer(record, settings, []);
  }
  const names = new Map<string, string[]>();
  for (const [branch, identities] of await readIdentities(project.repository)) {
    for (const identity of identities) {
      names.set(identity, [...(names.get(identity) ?? []), branch]);
    }
  }
  return (key, record) => renderOffer(record, settings, names.get(key) ?? []);
}

function settingsOf({ config }: Project): RenderedSettings {
  return {
    offers: { mode: config['offer.mode'], ignoreBranches: config['offer.ignoreBranches'] },
    autoPause: config.autoPause === 'switch',
    guardOff: config.guard === 'off',
  };
}

function isUpToDate(project: Project, vault: Vault, { offers, renderOne }: Wanted): boolean {
  if (!areRendered(vault, settingsOf(project))) return false;
  if (!offerKeys(vault).every((key) => offers.has(key))) return false;
  return [...offers].every(([key, record]) => offerText(vault, key) === renderOne(key, record));
}

async function renderAll(project: Project, vault: Vault): Promise<void> {
  const { entries } = await listSessions(project.sessions);
  await render(project, vault, await wantedOffers(project, entries));
}

/** Other processes may have paused, changed or deleted since `wanted` was found out. */
async function render(project: Project, vault: Vault, wanted: Wanted): Promise<void> {
  const { offers, renderOne } = wanted;
  const { io } = project.sessions;
  prepareVault(vault, io);
  await withLock(vault.directory, io, async () => {
    for (const key of offerKeys(vault)) {
      if (!offers.has(key) && offered(vault, key) === undefined) removeOffer(vault, key);
    }
    for (const { session_id: id } of offers.values()) {
      const record = recordIn(vault, id);
      if (record !== undefined) publish(vault, { record, renderOne }, io.processes);
    }
    renderSettings(vault, settingsOf(project), io.processes);
  });
}

interface Publication {
  readonly record: SessionRecord;
  readonly renderOne: Renderer;
}

function publish(vault: Vault, { record, renderOne }: Publication, processes: Processes): void {
  const key = offerKeyOf(record);
  const isThere = vaultRecordPath(vault, record.session_id).length > 0;
  if (key === undefined || !isThere) return;
  const newer = readOffer(vault, key);
  const isOlder = newer !== undefined && newer.id > record.session_id;
  if (isOlder && offered(vault, key) !== undefined) return;
  const text = renderOne(key, record);
  if (offerText(vault, key) !== text) writeOffer(vault, { key, text }, processes);
}

/** The session that an offer is about, when it is there and belongs to it. */
function offered(vault: Vault, key: OfferKey): SessionRecord | undefined {
  const offer = readOffer(vault, key);
  const record = offer === undefined ? undefined : recordIn(vault, offer.id);
  return record !== undefined && offerKeyOf(record) === key ? record : undefined;
}

function recordIn(vault: Vault, id: SessionId): SessionRecord | undefined {
  const read = readFromVault(vault, id);
  return read.kind === 'record' ? read.record : undefined;
}
