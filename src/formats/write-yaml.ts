import type { SessionRecord } from '../session/record.ts';
import { inSchemaOrder } from './json.ts';

/**
 * The record as YAML, for people. Written without the `yaml` library, whose loading alone costs a
 * pause 10 ms: a record needs only block maps and lists, and two kinds of strings. Plain strings are
 * not among them, so that YAML 1.1 (PyYAML) reads `12e4567`, `0123489`, `yes` and dates as strings.
 */
export function encodeYaml(record: SessionRecord): string {
  const entries = Object.entries(inSchemaOrder(record)).map(
    ([key, value]) => comment(key) + entry(key, value, ''),
  );
  return `${header(record)}${entries.join('')}`;
}

function header(record: SessionRecord): string {
  return [
    `# A session paused with mpm-session. The same record for programs: ${record.session_id}.json`,
    '# This file is for reading: in this version, what you change here is not read back.',
    '',
    '',
  ].join('\n');
}

const comments = new Map([
  ['conversation', 'What you wrote'],
  ['resume_instructions', 'How to take it up again'],
  ['git_context', 'What git said'],
]);

function comment(key: string): string {
  const text = comments.get(key);
  return text === undefined ? '' : `\n# ${text}\n`;
}

/** One key with its value; `indent` is what stands before the key. */
function entry(key: string, value: unknown, indent: string): string {
  const name = plainKey(key) ? key : quoted(key);
  // A longer key must be marked as one (YAML 1.2 section 7.4.2).
  if (name.length > 1000) return `${indent}? ${name}\n${indent}:${node(value, indent)}`;
  return `${indent}${name}:${node(value, indent)}`;
}

/** Not the words that YAML 1.1 takes for truth values and null. */
function plainKey(key: string): boolean {
  return (
    /^[a-z][a-z_0-9]*$/.test(key) && !/^(?:y|n|yes|no|on|off|true|false|null|e[0-9_]+)$/.test(key)
  );
}

/** What follows a `key:` or a `-` that stands at `indent`, to the end of its last line. */
function node(value: unknown, indent: string): string {
  if (typeof value === 'string') return ` ${string(value, indent)}\n`;
  if (Array.isArray(value)) return list(value, indent);
  if (typeof value === 'object' && value !== null) return map(value, indent);
  return ` ${JSON.stringify(value)}\n`;
}

function map(value: object, indent: string): string {
  const entries = Object.entries(value);
  if (entries.length === 0) return ' {}\n';
  return `\n${entries.map(([key, child]) => entry(key, child, `${indent}  `)).join('')}`;
}

/** The first line of an item that is a map or list itself stays beside its `-`. */
function list(values: readonly unknown[], indent: string): string {
  if (values.length === 0) return ' []\n';
  const dash = `${indent}  -`;
  const items = values.map((value) => {
    const text = node(value, `${indent}  `);
    return text.startsWith('\n') ? `${dash}${text.slice(dash.length + 1)}` : dash + text;
  });
  return `\n${items.join('')}`;
}

/** Several lines stand as they are below a `|`; whatever that could not show or keep is quoted. */
function string(value: string, indent: string): string {
  const trailing = value.endsWith('\n');
  const lines = (trailing ? value.slice(0, -1) : value).split('\n');
  if (!value.includes('\n') || !canStandAlone(value, lines)) return quoted(value);
  const body = lines.map((line) => (line === '' ? '' : `${indent}  ${line}`));
  return [trailing ? '|' : '|-', ...body].join('\n');
}

/**
 * A first line that begins with a space would hide how deep the block is indented; editors cut
 * spaces off blank lines; a blank line at the end needs a third kind of `|`.
 */
function canStandAlone(value: string, lines: readonly string[]): boolean {
  if (/^\s/.test(value) || lines.at(-1) === '') return false;
  if (lines.some((line) => line !== '' && line.trim() === '')) return false;
  return value.search(unprintable) === -1;
}

/**
 * What YAML does not print, breaks lines at (1.1: also NEL, LS and PS), or nobody would see. Tab and
 * newline are apart: they stand in a block, and are escaped between quotes.
 */
const unprintable =
  /[^\P{Cc}\n\t]|[\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB\uFFFE\uFFFF\u2028\u2029\uD800-\uDFFF]/u;
const toEscape = new RegExp(`["\\\\\\n\\t]|${unprintable.source}`, 'gu');

function quoted(value: string): string {
  return `"${value.replace(toEscape, escapeCharacter)}"`;
}

const shortEscapes = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function escapeCharacter(character: string): string {
  const short = shortEscapes.get(character);
  if (short !== undefined) return short;
  if (/[\uD800-\uDFFF]/u.test(character)) return '\uFFFD';
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  if (hex.length <= 2) return `\\x${hex.padStart(2, '0')}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
