import { deepest, isDeeperThan } from '../../formats/decoded.ts';
import { findJsonError } from '../../formats/strict-json.ts';

/** A value in a JSON text: where it stands, as offsets in UTF-16 units, `end` not included. */
export type JsonNode = JsonObject | JsonArray | JsonScalar;

export interface JsonObject {
  readonly kind: 'object';
  readonly start: number;
  readonly end: number;
  readonly members: readonly JsonMember[];
}

export interface JsonMember {
  readonly key: string;
  /** Where the key begins. */
  readonly start: number;
  readonly value: JsonNode;
}

export interface JsonArray {
  readonly kind: 'array';
  readonly start: number;
  readonly end: number;
  readonly items: readonly JsonNode[];
}

export interface JsonScalar {
  readonly kind: 'scalar';
  readonly start: number;
  readonly end: number;
  readonly value: string | number | boolean | null;
}

export type JsonSource =
  | { readonly ok: true; readonly root: JsonNode }
  | { readonly ok: false; readonly line: number | undefined };

/**
 * Reads a JSON text (RFC 8259) for editing it in place: everything else of it, white space and order,
 * is the user's. `line` is where it stops being JSON, from 1; undefined when it is nested too deeply.
 */
export function readJsonSource(text: string): JsonSource {
  const plain = withoutMark(text);
  try {
    if (isDeeperThan(deepest, JSON.parse(plain))) return { ok: false, line: undefined };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { ok: false, line: findJsonError(plain).line };
  }
  return { ok: true, root: nodeAt({ text: plain, offset: 0 }) };
}

/** The member of an object by its key; the last where the key is written twice, as JSON.parse has it. */
export function memberOf(node: JsonNode | undefined, key: string): JsonMember | undefined {
  if (node?.kind !== 'object') return undefined;
  return node.members.findLast((member) => member.key === key);
}

/** The value that a node stands for. */
export function jsonValue(node: JsonNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'array') return node.items.map(jsonValue);
  return Object.fromEntries(node.members.map((member) => [member.key, jsonValue(member.value)]));
}

/** The text with one value in the place of another. */
export function replaceValue(text: string, node: JsonNode, value: unknown): string {
  return splice(text, node, render(text, value, indentationAt(text, node.start)));
}

/** The text with a member more at the end of an object, laid out like those before it. */
export function addMember(
  text: string,
  object: JsonObject,
  member: { readonly key: string; readonly value: unknown },
): string {
  const key = JSON.stringify(member.key);
  return insertLast(text, object, {
    after: object.members.at(-1)?.value.end,
    render: (indentation) => `${key}: ${render(text, member.value, indentation)}`,
  });
}

/** The text with an item more at the end of an array, laid out like those before it. */
export function addItem(text: string, array: JsonArray, value: unknown): string {
  return insertLast(text, array, {
    after: array.items.at(-1)?.end,
    render: (indentation) => render(text, value, indentation),
  });
}

/** The text without a member of an object, or an item of an array, by its position. */
export function removeAt(text: string, parent: JsonObject | JsonArray, position: number): string {
  const parts =
    parent.kind === 'array'
      ? parent.items
      : parent.members.map(({ start, value }) => ({ start, end: value.end }));
  const [previous, part, next] = [parts[position - 1], parts[position], parts[position + 1]];
  if (part === undefined) return text;
  const start = startOfLine(text, part.start);
  if (start !== undefined && (previous ?? next) !== undefined) {
    return removeLine(text, { ...part, start }, previous?.end);
  }
  if (previous !== undefined) return splice(text, { start: previous.end, end: part.end }, '');
  if (next !== undefined) return splice(text, { start: part.start, end: next.start }, '');
  return splice(text, { start: parent.start + 1, end: parent.end - 1 }, '');
}

/** The end of the line before, when nothing but white space is between it and the offset. */
function startOfLine(text: string, offset: number): number | undefined {
  const space = /\r?\n[\t ]*$/.exec(text.slice(0, offset))?.[0];
  return space === undefined ? undefined : offset - space.length;
}

/** A part on lines of its own goes with its comma, or with that of the part before it. */
function removeLine(text: string, part: Part, previousEnd: number | undefined): string {
  const comma = /^\s*,/.exec(text.slice(part.end))?.[0];
  if (comma !== undefined) return splice(text, { ...part, end: part.end + comma.length }, '');
  const without = splice(text, part, '');
  if (previousEnd === undefined) return without;
  const at = text.indexOf(',', previousEnd);
  return splice(without, { start: at, end: at + 1 }, '');
}

interface Part {
  readonly start: number;
  readonly end: number;
}

/** A file may begin with a byte order mark, which is one unit long, and which JSON.parse refuses. */
function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, ' ');
}

interface Cursor {
  readonly text: string;
  offset: number;
}

/** The text is known to be JSON, and not deeper than JSON.parse could follow. */
function nodeAt(cursor: Cursor): JsonNode {
  skipSpace(cursor);
  const start = cursor.offset;
  const first = cursor.text[start];
  if (first === '{') {
    const members = partsUntil('}', cursor, memberAt);
    return { kind: 'object', start, end: cursor.offset, members };
  }
  if (first === '[') {
    const items = partsUntil(']', cursor, nodeAt);
    return { kind: 'array', start, end: cursor.offset, items };
  }
  scalar.lastIndex = start;
  const source = scalar.exec(cursor.text)?.[0] ?? '';
  cursor.offset = start + source.length;
  const value = JSON.parse(source) as JsonScalar['value'];
  return { kind: 'scalar', start, end: cursor.offset, value };
}

const space = /[\t\n\r ]*/y;
const scalar = /"(?:[^"\\]|\\.)*"|[^\s,\]}]+/y;

function partsUntil<Part>(end: string, cursor: Cursor, read: (cursor: Cursor) => Part): Part[] {
  const parts: Part[] = [];
  cursor.offset += 1;
  for (;;) {
    skipSpace(cursor);
    const next = cursor.text[cursor.offset];
    if (next === end) break;
    if (next === ',') cursor.offset += 1;
    parts.push(read(cursor));
  }
  cursor.offset += 1;
  return parts;
}

function memberAt(cursor: Cursor): JsonMember {
  const key = nodeAt(cursor);
  skipSpace(cursor);
  cursor.offset += 1;
  const name = key.kind === 'scalar' ? String(key.value) : '';
  return { key: name, start: key.start, value: nodeAt(cursor) };
}

function skipSpace(cursor: Cursor): void {
  space.lastIndex = cursor.offset;
  cursor.offset += space.exec(cursor.text)?.[0].length ?? 0;
}

interface Addition {
  /** Where the last part ends; undefined when there is none yet. */
  readonly after: number | undefined;
  readonly render: (indentation: string) => string;
}

function insertLast(text: string, parent: JsonObject | JsonArray, addition: Addition): string {
  const [opening, closing] = [parent.start + 1, parent.end - 1];
  const outside = indentationAt(text, parent.start);
  if (addition.after === undefined) {
    const inside = outside + unitOf(text);
    const added = `${lineEndOf(text)}${inside}${addition.render(inside)}${lineEndOf(text)}${outside}`;
    return splice(text, { start: opening, end: closing }, added);
  }
  const isOnOneLine = !/[\r\n]/.test(text.slice(opening, closing));
  if (isOnOneLine) return insert(text, addition.after, `, ${addition.render(outside)}`);
  const inside = indentationAt(text, addition.after);
  const added = `${lineEndOf(text)}${inside}${addition.render(inside)}`;
  return insert(text, addition.after, `,${added}`);
}

/** White space at the beginning of the line of an offset. */
function indentationAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1);
  return /^[\t ]*/.exec(line)?.[0] ?? '';
}

/** What this file indents by: that of its first indented line. */
function unitOf(text: string): string {
  return /\n([\t ]+)\S/.exec(text)?.[1] ?? '  ';
}

function lineEndOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** Lists of plain values on one line, as people write them. */
function render(text: string, value: unknown, indentation: string): string {
  if (isPlainList(value)) return `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
  const rendered = JSON.stringify(value, undefined, unitOf(text));
  return rendered.replaceAll('\n', `${lineEndOf(text)}${indentation}`);
}

function isPlainList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.every((item) => typeof item !== 'object');
}

function insert(text: string, offset: number, added: string): string {
  return splice(text, { start: offset, end: offset }, added);
}

function splice(text: string, part: Part, added: string): string {
  return text.slice(0, part.start) + added + text.slice(part.end);
}
