import { fail } from '../errors.ts';
import type { Io } from '../io.ts';
import { readNamedFile } from '../store/read-files.ts';
import { describeError, isSystemError } from '../store/system-errors.ts';

/**
 * Standard input as text.
 *
 * @param limit in bytes
 * @throws Failure `too-long`, `not-utf8`
 */
export async function readStandardInput(io: Io, limit: number): Promise<string> {
  const bytes = await io.stdin.read(limit);
  if (bytes.length > limit) throw fail('too-long', { what: 'What standard input holds', limit });
  return decodeText(bytes, 'standard input');
}

/**
 * A file that the user named, as text; it may be a link or a pipe.
 *
 * @param limit in bytes
 * @throws Failure `cannot-read`, `too-long`, `not-utf8`
 */
export function readTextFile(file: string, source: string, limit: number): string {
  let bytes: Buffer;
  try {
    bytes = readNamedFile(file, limit);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw fail('cannot-read', { path: source, reason: describeError(error) });
  }
  if (bytes.length > limit) throw fail('too-long', { what: source, limit });
  return decodeText(bytes, source);
}

function decodeText(bytes: Buffer, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw fail('not-utf8', { source });
    throw error;
  }
}
