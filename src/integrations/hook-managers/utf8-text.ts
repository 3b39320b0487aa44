import type { Buffer } from 'node:buffer';

/** The text of a file that is to be written again: undefined when that would change its bytes. */
export function utf8Text(content: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
