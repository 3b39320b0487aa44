import { createHash } from 'node:crypto';
import type { SessionProblem } from '../session/entry.ts';
import { parseRecord, type SessionRecord } from '../session/record.ts';
import { decodeClaudeMpm } from './claude-mpm.ts';
import { type Decoded, deepest, isDeeperThan } from './decoded.ts';
import { findJsonError } from './strict-json.ts';

/**
 * The record as JSON, for programs: two spaces of indentation, keys in the schema's order, all beyond
 * ASCII escaped (claude-mpm reads it under any locale), no byte order mark, a newline at the end.
 *
 * Its last key is `checksum`: `sha256:` and the hexadecimal SHA-256 of the same text without it, that
 * is with `,\n  "checksum": "sha256:…"` taken out.
 */
export function encodeJson(record: SessionRecord): string {
  const text = `${asciiJson(inSchemaOrder(record))}\n`;
  return `${text.slice(0, -ending.length)},\n  "checksum": "sha256:${sha256(text)}"${ending}`;
}

const ending = '\n}\n';

/**
 * Reads our own JSON, and claude-mpm's, which has no `schema_version`. The checksum is not judged
 * here (see {@link checksumState}), and is not part of the record.
 */
export function decodeJson(text: string): Decoded {
  const parsed = parseText(text);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  if (typeof value !== 'object' || value === null) return parseRecord(value);
  if (!Object.hasOwn(value, 'schema_version')) return decodeClaudeMpm(value);
  return parseRecord(withoutChecksum(value));
}

export type ChecksumState = 'valid' | 'absent' | 'damaged';

/**
 * Whether a text is what {@link encodeJson} wrote. `absent` is a text that never had a checksum; one
 * changed, cut or laid out anew by another program is `damaged`, though it may still be read.
 */
export function checksumState(text: string): ChecksumState {
  const plain = withoutMark(text);
  const match = wholeTail.exec(plain);
  if (match === null) return keyLine.test(plain) || lastValue.test(plain) ? 'damaged' : 'absent';
  const summed = plain.slice(0, match.index) + ending;
  return match[1] === sha256(summed) ? 'valid' : 'damaged';
}

const wholeTail = /,\n {2}"checksum": "sha256:([0-9a-f]{64})"\n\}\n$/;

/** One flipped bit cannot hide both of these. No string in JSON holds a newline, so a line is a key. */
const keyLine = /^ {2}"checksum":/m;
const lastValue = /"sha256:[0-9a-f]{64}"\s*\}\s*$/;

/** A record rebuilt by its one judge: the schema's keys first and in its order, then the others. */
export function inSchemaOrder(record: SessionRecord): SessionRecord {
  const parsed = parseRecord(withoutChecksum(record));
  if (!parsed.ok) throw new Error(`not a session record: ${JSON.stringify(parsed.problem)}`);
  return parsed.record;
}

function withoutChecksum(value: object): object {
  const { checksum: _, ...rest } = value as { checksum?: unknown };
  return rest;
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .replace(escapedPair, (whole, loneSurrogate) => (loneSurrogate ? '\\ufffd' : whole))
    .replace(beyondAscii, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Each escape as a whole, so that an escaped backslash is never taken for the start of the next. */
const escapedPair = /\\(?:u(d[89a-f][0-9a-f]{2})|.)/g;
const beyondAscii = /[\u007F-\uFFFF]/g;

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

type ParsedText =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: SessionProblem };

function parseText(text: string): ParsedText {
  const plain = withoutMark(text);
  try {
    const value: unknown = JSON.parse(plain);
    return isDeeperThan(deepest, value) ? tooDeep : { ok: true, value };
  } catch (error) {
    if (error instanceof RangeError) return tooDeep;
    if (error instanceof SyntaxError) return { ok: false, problem: syntaxProblem(plain) };
    throw error;
  }
}

const tooDeep: ParsedText = {
  ok: false,
  problem: { kind: 'unreadable', what: 'it is nested too deeply' },
};

function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

function syntaxProblem(text: string): SessionProblem {
  if (text.trim() === '') return { kind: 'unreadable', what: 'it is empty' };
  const { line, column } = findJsonError(text);
  return { kind: 'unreadable', what: `it is not valid JSON (line ${line}, column ${column})` };
}
