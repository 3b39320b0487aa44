import { findJsonError } from '../formats/strict-json.ts';
import { decodeYaml, findLines } from '../formats/yaml.ts';
import type { LineOf } from './config.ts';

/** `problem` holds nothing of the text. */
export type Parsed =
  | {
      readonly ok: true;
      readonly value: unknown;
      readonly lineOf: LineOf;
    }
  | { readonly ok: false; readonly line: number | undefined; readonly problem: string };

/** YAML 1.2, core schema, one document, without aliases and tags. JSON is a part of it. */
export function parseYaml(text: string): Parsed {
  const decoded = decodeYaml(text);
  return decoded.ok ? decoded : problemAt(decoded);
}

/**
 * Strict JSON. A key written twice is a problem: one of the two would be without effect. The value is
 * JSON's own, because a lone carriage return is white space there, and part of a text in YAML.
 */
export function parseJson(text: string): Parsed {
  const parsed = parsePartOfJson(text);
  if (!parsed.ok) return parsed;
  const decoded = decodeYaml(text);
  return decoded.ok ? { ...parsed, lineOf: decoded.lineOf } : problemAt(decoded);
}

/** Strict JSON that mostly concerns others, who may write a key twice. Lines cost time when asked for. */
export function parsePartOfJson(text: string): Parsed {
  let lines: LineOf | undefined;
  const lineOf: LineOf = (path) => {
    lines ??= findLines(text);
    return lines(path);
  };
  try {
    return { ok: true, value: JSON.parse(text) as unknown, lineOf };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return problemAt({ ...findJsonError(text), problem: 'not valid JSON' });
  }
}

interface Problem {
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly problem: string;
}

function problemAt({ line, column, problem }: Problem): Parsed {
  const what = column === undefined ? problem : `${problem} (column ${column})`;
  return { ok: false, line, problem: what };
}
