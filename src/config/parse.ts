import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import type { LineOf, ValuePath } from './config.ts';
import { jsonErrorOffset } from './strict-json.ts';

/** `problem` holds nothing of the text. */
export type Parsed =
  | {
      readonly ok: true;
      readonly value: unknown;
      readonly lineOf: LineOf;
    }
  | { readonly ok: false; readonly line: number | undefined; readonly problem: string };

/** Strict JSON. A key written twice is a problem: one of the two would be without effect. */
export function parseJson(text: string): Parsed {
  const parsed = parsePartOfJson(text);
  if (!parsed.ok) return parsed;
  const composed = compose(text);
  const lineOf: LineOf = (path) => lineIn(composed, path);
  return findRepeatedKey(composed) ?? { ...parsed, lineOf };
}

/** Strict JSON that mostly concerns others, who may write a key twice. Lines cost time when asked for. */
export function parsePartOfJson(text: string): Parsed {
  let composed: Composed | undefined;
  const lineOf: LineOf = (path) => {
    composed ??= compose(text);
    return lineIn(composed, path);
  };
  try {
    return { ok: true, value: JSON.parse(text) as unknown, lineOf };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return problemAt(jsonErrorOffset(text), 'not valid JSON', lineCounterOf(text));
  }
}

/** YAML 1.2, core schema, one document, without aliases and tags. JSON is a part of it. */
export function parseYaml(text: string): Parsed {
  const composed = compose(text);
  const { document, lines } = composed;
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) {
    return problemAt(error.pos[0], yamlProblems[error.code] ?? 'not valid YAML', lines);
  }
  return (
    findAlias(composed) ??
    findRepeatedKey(composed) ?? {
      ok: true,
      value: document.toJS({ maxAliasCount: 0 }) as unknown,
      lineOf: (path) => lineIn(composed, path),
    }
  );
}

interface Composed {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

/**
 * `uniqueKeys` is off because its cost grows with the square of the keys (1.6 s for 64 KiB of them);
 * {@link findRepeatedKey} does the same in one pass. `logLevel: 'silent'` would accept a second
 * document without a word.
 */
function compose(text: string): Composed {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'core',
    resolveKnownTags: false,
    stringKeys: true,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter: lines,
  });
  return { document, lines };
}

const yamlProblems: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'not valid YAML: a tab is used to indent',
  MULTIPLE_DOCS: 'more than one YAML document',
  MULTILINE_IMPLICIT_KEY: 'not valid YAML: a key spans lines, perhaps a ":" is missing',
  MISSING_CHAR: 'not valid YAML: a character is missing, perhaps a quote or bracket',
  BAD_INDENT: 'not valid YAML: the indentation does not fit, or a bracket is open',
  NON_STRING_KEY: 'not valid YAML: a key is not a text',
  TAG_RESOLVE_FAILED: 'tags are not supported',
  RESOURCE_EXHAUSTION: 'nested too deeply',
};

function findAlias({ document, lines }: Composed): Parsed | undefined {
  let found: Parsed | undefined;
  visit(document, {
    Alias: (_, alias) => {
      found = problemAt(startOf(alias), 'aliases are not supported', lines);
      return visit.BREAK;
    },
  });
  return found;
}

function findRepeatedKey({ document, lines }: Composed): Parsed | undefined {
  let found: Parsed | undefined;
  visit(document, {
    Map: (_, map) => {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          found = problemAt(startOf(key), 'the same key is written twice', lines);
          return visit.BREAK;
        }
        seen.add(key.value);
      }
      return undefined;
    },
  });
  return found;
}

function lineIn({ document, lines }: Composed, path: ValuePath): number | undefined {
  let place: unknown = document.contents;
  let node: unknown = document.contents;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === part);
      place = pair?.key;
      node = pair?.value;
    } else if (isSeq(node)) {
      place = node.items[Number(part)];
      node = place;
    } else {
      return undefined;
    }
  }
  const offset = startOf(place);
  return offset === undefined ? undefined : lines.linePos(offset).line;
}

function startOf(node: unknown): number | undefined {
  return isAlias(node) || isScalar(node) || isMap(node) || isSeq(node)
    ? (node as Node).range?.[0]
    : undefined;
}

function lineCounterOf(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let offset = text.indexOf('\n'); offset !== -1; offset = text.indexOf('\n', offset + 1)) {
    lines.addNewLine(offset + 1);
  }
  return lines;
}

function problemAt(offset: number | undefined, problem: string, lines: LineCounter): Parsed {
  if (offset === undefined) return { ok: false, line: undefined, problem };
  const { line, col } = lines.linePos(offset);
  return { ok: false, line, problem: `${problem} (column ${col})` };
}
