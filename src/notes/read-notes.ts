import path from 'node:path';
import { fail } from '../errors.ts';
import { decodeYaml } from '../formats/yaml.ts';
import type { Io } from '../io.ts';
import { type Notes, parseNotes } from '../session/notes.ts';
import { readStandardInput, readTextFile } from './read-text.ts';

/** In bytes. Notes for one pause; the message may have a mebibyte, and escaped it is longer. */
export const notesLimit = 2 * 1024 * 1024;

/** Notes from a file, or from standard input when it is called `-`. */
export async function readNotesFile(io: Io, file: string): Promise<Notes> {
  const source = file === '-' ? 'standard input' : file;
  const text =
    file === '-'
      ? await readStandardInput(io, notesLimit)
      : readTextFile(path.resolve(io.cwd, file), source, notesLimit);
  const parsed = notesFrom(text);
  if (parsed.ok) return parsed.notes;
  throw fail('unreadable-fields', { source, line: parsed.line, problem: parsed.problem });
}

export type NotesFromText =
  | { readonly ok: true; readonly notes: Notes }
  | { readonly ok: false; readonly line: number | undefined; readonly problem: string };

/** Notes from YAML, of which JSON is a part. */
export function notesFrom(text: string): NotesFromText {
  const decoded = decodeYaml(text);
  if (!decoded.ok) {
    const { line, column, problem } = decoded;
    const place = column === undefined ? '' : ` (column ${column})`;
    return { ok: false, line, problem: `${problem}${place}` };
  }
  const parsed = parseNotes(decoded.value);
  if (parsed.ok) return parsed;
  return { ok: false, line: decoded.lineOf(parsed.field), problem: parsed.problem };
}
