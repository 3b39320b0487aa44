import path from 'node:path';
import { fail } from '../errors.ts';
import { checksumState, decodeJson, encodeJson } from '../formats/json.ts';
import type { Io, Processes } from '../io.ts';
import { describeProblem } from '../session/entry.ts';
import { isSessionId, type SessionId, type SessionRecord } from '../session/record.ts';
import {
  createWhole,
  makePrivateDirectory,
  removeFile,
  removeLeftovers,
  replaceWhole,
  syncDirectory,
} from './durable-files.ts';
import { removeAbandonedLock } from './lock.ts';
import { assertWritable, namesIn, readRegularFile, whatIsAt } from './read-files.ts';
import { problemWith, recordLimit, type SessionRead, sessionFrom } from './session-file.ts';

/**
 * The copy that counts: `<git common directory>/mpm-session`, shared by all work trees, carried by
 * no clone and no branch, out of reach of `git clean`. A record is in `sessions/<id>.json`.
 */
export interface Vault {
  readonly directory: string;
  readonly sessions: string;
}

type Machine = Pick<Io, 'now' | 'processes'>;

/** What else is in the vault, for the hooks: names below its directory. */
export const hookFiles = {
  /** The scripts that the blocks in hook files run. */
  postCheckout: 'post-checkout',
  guard: 'guard',
  /** One file for each branch identity, or commit, that has sessions. No directory: nothing to do. */
  offers: 'offers',
  /** What they were rendered with; not there where those are the defaults. */
  offerSettings: 'offer-settings',
  /** Markers: their being there is what they say. */
  autoPause: 'auto-pause',
  guardOff: 'guard-off',
  /** What the hooks decided, one line each; and what Node said when it failed in one. */
  log: 'log',
  hookError: 'hook-error',
  /** Exists while `doctor` asks whether hooks fire; they write their event into it. */
  canary: 'canary',
  /**
   * What names begin with: `entered-<name of a work tree's git directory>`, its last switch, and
   * `terminal-<process group of a git>`, how the terminal was before that was asked on.
   */
  entered: 'entered-',
  terminal: 'terminal-',
  /** What `init` is doing (a journal), and what it did. */
  installing: 'installing.json',
  installed: 'installed.json',
} as const;

/** The vault of a repository; it need not exist yet. */
export function vaultIn(commonDir: string): Vault {
  const directory = path.join(commonDir, 'mpm-session');
  return { directory, sessions: path.join(directory, 'sessions') };
}

/**
 * Makes the vault's directories, and clears what writers that died left there.
 *
 * @throws the system's error when it cannot be written; Failure when something else is in its place
 */
export function prepareVault(vault: Vault, machine: Machine): void {
  for (const directory of [vault.directory, vault.sessions]) {
    const found = whatIsAt(directory);
    if (found === 'file' || found === 'symbolic link' || found === 'special file') {
      throw fail('vault-unusable', { path: directory, what: `a ${found}` });
    }
    makePrivateDirectory(directory);
    assertWritable(directory);
    removeLeftovers(directory, machine.now(), machine.processes);
  }
  removeAbandonedLock(vault.directory, machine);
}

/** Whether `init` has put there what hooks run. */
export function hasHooks(vault: Vault): boolean {
  return whatIsAt(path.join(vault.directory, hookFiles.postCheckout)) === 'file';
}

export function idsInVault(vault: Vault): readonly SessionId[] {
  return namesIn(vault.sessions)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .filter(isSessionId);
}

/** Reads one record. A checksum that does not match is damage, since only this program writes here. */
export function readFromVault(vault: Vault, id: SessionId): SessionRead {
  const read = readRegularFile(path.join(vault.sessions, `${id}.json`), recordLimit);
  if (read.kind === 'absent') return { kind: 'absent' };
  if (read.kind === 'refused') return problemWith(`its record ${read.reason}`);
  const text = read.content.toString('utf8');
  const decoded = decodeJson(text);
  const isNewer = !decoded.ok && decoded.problem.kind === 'newer-schema';
  // What a damaged record still decodes to is nobody's session.
  if (decoded.ok && checksumState(text) !== 'valid') {
    return problemWith('its record is damaged: the checksum differs');
  }
  if (!decoded.ok && !isNewer) {
    return problemWith(`its record is damaged: ${describeProblem(decoded.problem)}`);
  }
  return sessionFrom(decoded, id);
}

/**
 * Whether a record is an empty file, which is how a name is taken where files cannot be linked: the
 * pause is about to fill it, or was killed before it could.
 */
export function isEmptyInVault(vault: Vault, id: SessionId): boolean {
  return readRegularFile(path.join(vault.sessions, `${id}.json`), 0).kind === 'read';
}

/** Where a session's record is; none when it is not there. */
export function vaultRecordPath(vault: Vault, id: SessionId): readonly string[] {
  const file = path.join(vault.sessions, `${id}.json`);
  return whatIsAt(file) === 'file' ? [file] : [];
}

/**
 * Adds a record: the commit point of a pause. Durable on return.
 *
 * @returns false when its id is taken
 * @throws the system's error; no session has appeared then
 */
export function addToVault(vault: Vault, record: SessionRecord, processes: Processes): boolean {
  if (!createWhole(vaultFile(vault, record), processes)) return false;
  try {
    syncDirectory(vault.sessions);
  } catch (error) {
    // What is not sure to stay must not be seen either.
    removeFile(path.join(vault.sessions, `${record.session_id}.json`));
    throw error;
  }
  return true;
}

/** Writes a record in the place of the one with its id. The caller holds the lock. */
export function replaceInVault(vault: Vault, record: SessionRecord, processes: Processes): void {
  replaceWhole(vaultFile(vault, record), processes);
  syncDirectory(vault.sessions);
}

export function removeFromVault(vault: Vault, id: SessionId): void {
  removeFile(path.join(vault.sessions, `${id}.json`));
  syncDirectory(vault.sessions);
}

function vaultFile(vault: Vault, record: SessionRecord) {
  return {
    directory: vault.sessions,
    name: `${record.session_id}.json`,
    content: encodeJson(record),
    modifiedAt: new Date(record.paused_at),
  };
}
