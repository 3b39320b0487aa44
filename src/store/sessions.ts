import type { FormatName } from '../formats/index.ts';
import type { Io } from '../io.ts';
import { newestFirst, type SessionEntry } from '../session/entry.ts';
import type { SessionId } from '../session/record.ts';
import {
  fileNames,
  filesIn,
  obstacleTo,
  presentFiles,
  readFromDirectory,
  type SessionsDirectory,
} from './directory.ts';
import { isListable, whatIsAt } from './read-files.ts';
import type { SessionRead } from './session-file.ts';
import { idsInVault, isEmptyInVault, readFromVault, type Vault } from './vault.ts';

/** All sessions of a repository, or of a directory outside git: the vault and the files as one. */
export interface Sessions {
  readonly directory: SessionsDirectory;
  /** Undefined outside git, where the directory's files are all there is. */
  readonly vault: Vault | undefined;
  readonly formats: readonly FormatName[];
  /** Whether sessions whose work tree is gone get their files here. */
  readonly isMainWorkTree: boolean;
  /** The names in the directory that git tracks here, in lower case. */
  readonly trackedNames: () => Promise<ReadonlySet<string>>;
  readonly io: Pick<Io, 'now' | 'processes'>;
}

export interface Listing {
  /** Newest first; whatever cannot be read is an entry that says so. */
  readonly entries: readonly SessionEntry[];
  /** Why sessions may be missing from the list. */
  readonly warnings: readonly string[];
}

/** Every session there is: the vault's, and the directory's that the vault does not know. */
export async function listSessions(sessions: Sessions): Promise<Listing> {
  const { vault, directory } = sessions;
  const obstacle = obstacleTo(directory);
  const isVaultHidden = vault !== undefined && isHidden(vault.sessions);
  const warnings = [
    ...(isVaultHidden ? [`${vault.sessions} cannot be read by this user.`] : []),
    ...(obstacle === undefined
      ? []
      : [`${obstacle.path} is ${obstacle.what}; nothing is read there.`]),
  ];
  const fromVault = vault === undefined || isVaultHidden ? [] : entriesOf(vault, directory);
  const known = new Set(fromVault.map(({ id }) => id));
  const fromDirectory = obstacle === undefined ? await unknownEntries(sessions, known) : [];
  return { entries: newestFirst([...fromVault, ...fromDirectory]), warnings };
}

function isHidden(directory: string): boolean {
  const found = whatIsAt(directory);
  return found === 'hidden' || (found === 'directory' && !isListable(directory));
}

function entriesOf(vault: Vault, directory: SessionsDirectory): readonly SessionEntry[] {
  return idsInVault(vault)
    .flatMap((id) => toEntry({ id, where: 'vault', foreign: false }, readFromVault(vault, id)))
    .filter((entry) => entry.record !== undefined || !neverWas(entry.id, vault, directory));
}

/** A pause that did not come to its commit point has left no copies; a damaged session has some. */
function neverWas(id: SessionId, vault: Vault, directory: SessionsDirectory): boolean {
  if (!isEmptyInVault(vault, id)) return false;
  return Object.keys(presentFiles(directory, id)).length === 0;
}

/** Sessions of which there is only a file; one that git tracks was brought by a branch or a clone. */
async function unknownEntries(
  { directory, trackedNames }: Sessions,
  known: ReadonlySet<SessionId>,
): Promise<readonly SessionEntry[]> {
  const candidates = [...filesIn(directory)]
    .filter(([id, formats]) => !known.has(id) && formats.has('json'))
    .map(([id]) => id);
  const tracked = candidates.length === 0 ? new Set<string>() : await trackedNames();
  return candidates.flatMap((id) => {
    const foreign = fileNames(id).some((name) => tracked.has(name));
    return toEntry({ id, where: 'directory', foreign }, readFromDirectory(directory, id));
  });
}

/** A session removed between the listing and the reading is no entry. */
function toEntry(
  base: Pick<SessionEntry, 'id' | 'where' | 'foreign'>,
  read: SessionRead,
): readonly SessionEntry[] {
  if (read.kind === 'absent') return [];
  if (read.kind === 'problem') return [{ ...base, problem: read.problem }];
  return [{ ...base, record: read.record }];
}
