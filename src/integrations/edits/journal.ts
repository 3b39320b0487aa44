import path from 'node:path';
import * as v from 'valibot';
import { type Failure, fail } from '../../errors.ts';
import type { Processes } from '../../io.ts';
import { removeFile, replaceWhole, syncDirectory } from '../../store/durable-files.ts';
import { readRegularFile } from '../../store/read-files.ts';
import { hookFiles, type Vault } from '../../store/vault.ts';
import { largestJournal } from './manifest.ts';
import {
  type AppliedEdit,
  editFrom,
  editSchema,
  keptEdit,
  keptPath,
  pathFrom,
  seal,
  unseal,
} from './sealed-json.ts';

/**
 * What is being done, written before it is begun, so that who finds it can take it back; and once all
 * of it is done, what remains to be written. The second taking the place of the first is the moment
 * from which it counts as done.
 */
export type Journal =
  | {
      readonly phase: 'applying';
      /** In the names of temporary files. */
      readonly id: string;
      readonly edits: readonly AppliedEdit[];
      /** That are made for files; outer ones first. */
      readonly directories: readonly string[];
    }
  | {
      readonly phase: 'applied';
      /** The text of `installed.json`; null when it is to go. */
      readonly manifest: string | null;
      /** To be removed where they are empty. */
      readonly directories: readonly string[];
    };

const schema = v.variant('phase', [
  v.object({
    schema_version: v.literal(1),
    phase: v.literal('applying'),
    id: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
    edits: v.array(editSchema),
    directories: v.array(v.string()),
  }),
  v.object({
    schema_version: v.literal(1),
    phase: v.literal('applied'),
    manifest: v.nullable(v.string()),
    directories: v.array(v.string()),
  }),
]);

export type JournalRead =
  | { readonly kind: 'absent' }
  | { readonly kind: 'read'; readonly journal: Journal }
  | { readonly kind: 'damaged'; readonly problem: string };

export function readJournal(vault: Vault): JournalRead {
  const read = readRegularFile(path.join(vault.directory, hookFiles.installing), largestJournal);
  if (read.kind === 'absent') return { kind: 'absent' };
  if (read.kind === 'refused') return { kind: 'damaged', problem: read.reason };
  const value = unseal(read.content.toString('utf8'));
  if (value === undefined) return { kind: 'damaged', problem: 'is not as it was written' };
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) return { kind: 'damaged', problem: 'is of another version' };
  return { kind: 'read', journal: journalFrom(parsed.output, path.dirname(vault.directory)) };
}

/** What is said of one that cannot be read. */
export function damagedJournal({ directory }: Vault, problem: string): Failure {
  return fail('damaged-journal', { file: path.join(directory, hookFiles.installing), problem });
}

function journalFrom(kept: v.InferOutput<typeof schema>, commonDir: string): Journal {
  const directories = kept.directories.map((each) => pathFrom(each, commonDir));
  if (kept.phase === 'applied') return { phase: kept.phase, manifest: kept.manifest, directories };
  const edits = kept.edits.map((edit) => editFrom(edit, commonDir));
  return { phase: kept.phase, id: kept.id, edits, directories };
}

/** Durable on return. */
export function writeJournal(journal: Journal, vault: Vault, processes: Processes): void {
  const commonDir = path.dirname(vault.directory);
  const directories = journal.directories.map((each) => keptPath(each, commonDir));
  const kept =
    journal.phase === 'applied'
      ? { ...journal, directories }
      : {
          ...journal,
          directories,
          edits: journal.edits.map((edit) => keptEdit(edit, commonDir)),
        };
  const content = seal({ schema_version: 1, ...kept });
  replaceWhole({ directory: vault.directory, name: hookFiles.installing, content }, processes);
  syncDirectory(vault.directory);
}

export function removeJournal(vault: Vault): void {
  removeFile(path.join(vault.directory, hookFiles.installing));
  syncDirectory(vault.directory);
}
