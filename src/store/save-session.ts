import { fail } from '../errors.ts';
import type { FormatName } from '../formats/index.ts';
import { type SessionId, type SessionRecord, sessionIdAt } from '../session/record.ts';
import {
  addCopies,
  addOnlyCopy,
  filesIn,
  obstacleTo,
  prepareDirectory,
  presentFiles,
  type SessionsDirectory,
  sessionFile,
  sessionsPath,
  writePointer,
} from './directory.ts';
import { isListable, whatIsAt } from './read-files.ts';
import { refusalToWrite } from './refusal.ts';
import type { Sessions } from './sessions.ts';
import { describeError, isSystemError, isUnwritable } from './system-errors.ts';
import { addToVault, idsInVault, prepareVault, type Vault } from './vault.ts';

/** What can be written: without a vault only the three files, which then are the session. */
export interface Writable {
  readonly sessions: Sessions;
  readonly vault: Vault | undefined;
  readonly warnings: readonly string[];
}

/**
 * Makes ready for writing, before anything is measured or asked.
 *
 * @throws Failure `sessions-directory-unusable`, `cannot-write`
 */
export function prepareToWrite(sessions: Sessions): Writable {
  const { directory, vault, io } = sessions;
  const obstacle = obstacleTo(directory);
  if (obstacle !== undefined) throw fail('sessions-directory-unusable', obstacle);
  try {
    prepareDirectory(directory, io.now(), io.processes);
  } catch (error) {
    throw refusalToWrite(directory.path, error, 'pause');
  }
  if (vault === undefined) return { sessions, vault, warnings: [] };
  try {
    prepareVault(vault, io);
    return { sessions, vault, warnings: [] };
  } catch (error) {
    if (!isUnwritable(error)) throw refusalToWrite(vault.directory, error, 'pause');
    const warning =
      `${vault.directory} cannot be written (${describeError(error)}): only the files in ` +
      `${sessionsPath} are saved, and no offer will be made when the branch is checked out.`;
    return { sessions, vault: undefined, warnings: [warning] };
  }
}

export interface Saved {
  readonly record: SessionRecord;
  /** Absolute paths of the files that are there now. */
  readonly files: Partial<Record<FormatName, string>>;
  /** Whether there was no other session before. */
  readonly isFirst: boolean;
  readonly warnings: readonly string[];
}

/**
 * Saves a new session under the first free id from now on. Its record's appearing in the vault (the
 * JSON file's, where there is no vault) is the one moment at which the session exists.
 *
 * @param siblings directories of other work trees, where the vault cannot tell their ids
 * @throws Failure `cannot-write`; no session has appeared then
 */
export function saveSession(
  writable: Writable,
  create: (id: SessionId, pausedAt: Date) => SessionRecord,
  siblings: readonly SessionsDirectory[] = [],
): Saved {
  const { sessions } = writable;
  const { directory, io } = sessions;
  const pausedAt = io.now();
  const taken = new Set([
    ...takenIds(sessions),
    ...siblings.flatMap((sibling) => [...filesIn(sibling).keys()]),
  ]);
  for (let second = 0; ; second += 1) {
    const id = sessionIdAt(new Date(pausedAt.getTime() + second * 1000));
    if (taken.has(id)) continue;
    const record = create(id, pausedAt);
    if (!commit(writable, record)) continue;
    const copied = writeCopies(writable, record);
    const pointer = writePointer(directory, record, io.processes);
    return {
      record,
      files: presentFiles(directory, id),
      isFirst: taken.size === 0,
      warnings: [...writable.warnings, ...copied, ...(pointer === undefined ? [] : [pointer])],
    };
  }
}

/** Ids in use, also those of a vault that can be read but not written. */
function takenIds({ directory, vault }: Sessions): ReadonlySet<SessionId> {
  const isReadable = vault !== undefined && whatIsAt(vault.sessions) === 'directory';
  const inVault = isReadable && isListable(vault.sessions) ? idsInVault(vault) : [];
  return new Set([...filesIn(directory).keys(), ...inVault]);
}

/** False when another pause has taken the id. */
function commit({ sessions, vault }: Writable, record: SessionRecord): boolean {
  const { directory, io } = sessions;
  try {
    return vault === undefined
      ? addOnlyCopy(directory, record, io.processes)
      : addToVault(vault, record, io.processes);
  } catch (error) {
    throw refusalToWrite(vault?.sessions ?? directory.path, error, 'pause');
  }
}

/** The session exists by now: what goes wrong here is told, and mended by the next command. */
function writeCopies({ sessions, vault }: Writable, record: SessionRecord): readonly string[] {
  const { directory, io } = sessions;
  const formats = sessions.formats.filter((format) => vault !== undefined || format !== 'json');
  try {
    const inTheWay = addCopies(directory, record, { formats, processes: io.processes });
    return inTheWay.map((format) => {
      const file = sessionFile(directory, record.session_id, format);
      return `${file} was there already and is left as it was.`;
    });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const warning =
      `The session is saved, but not all its files in ${directory.path}: ${describeError(error)}. ` +
      'The next mpm-session command tries again.';
    return [warning];
  }
}
