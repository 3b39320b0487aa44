import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml';
import { isTooDeep } from './decoded.ts';

/** Keys and positions, from the outermost inwards. */
export type YamlPath = readonly (string | number)[];

export type DecodedYaml =
  | {
      readonly ok: true;
      readonly value: unknown;
      /** The line of the deepest part of `path` that is there; undefined when the text is empty. */
      readonly lineOf: (path: YamlPath) => number | undefined;
    }
  | {
      readonly ok: false;
      /** May quote the text. `line` and `column` count from 1, undefined where nothing tells. */
      readonly problem: string;
      readonly line: number | undefined;
      readonly column: number | undefined;
    };

/**
 * Reads one YAML (or JSON) document by YAML 1.2's core schema: dates and `yes` are strings. Anchors
 * are refused, because a short text could stand for an enormous value. Never throws.
 *
 * @param text as long as the caller thinks fit: 1 MiB of deeply nested text takes a second
 */
export function decodeYaml(text: string): DecodedYaml {
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      schema: 'core',
      version: '1.2',
      // Not 'silent', which would also pass over a second document.
      logLevel: 'error',
      prettyErrors: false,
      // Checked below: the library compares every key with every other.
      uniqueKeys: false,
    });
    const [error] = document.errors;
    if (error?.code === 'RESOURCE_EXHAUSTION') return tooDeep;
    if (error !== undefined) return problemAt(lines, error.pos[0], error.message);
    const misuse = findMisuse(document);
    if (misuse !== undefined) return problemAt(lines, misuse.offset, misuse.problem);
    const value: unknown = document.toJS({ maxAliasCount: 0 });
    if (isTooDeep(value)) return tooDeep;
    return { ok: true, value, lineOf: (path) => lineOf(document, lines, path) };
  } catch (error) {
    if (error instanceof RangeError) return tooDeep;
    if (error instanceof ReferenceError) return problemAt(lines, undefined, aliasProblem);
    throw error;
  }
}

const tooDeep: DecodedYaml = {
  ok: false,
  problem: 'too deeply nested',
  line: undefined,
  column: undefined,
};

const aliasProblem = 'anchors and aliases (&name, *name) are not supported';

function problemAt(lines: LineCounter, offset: number | undefined, problem: string): DecodedYaml {
  if (offset === undefined) return { ok: false, problem, line: undefined, column: undefined };
  const { line, col } = lines.linePos(offset);
  return { ok: false, problem, line, column: col };
}

interface Misuse {
  readonly offset: number | undefined;
  readonly problem: string;
}

/** What the parser lets pass but nobody means: an alias, or a key given twice. */
function findMisuse(document: Document): Misuse | undefined {
  const found: Misuse[] = [];
  const stopAt = (node: Node, problem: string) => {
    found.push({ offset: node.range?.[0], problem });
    return visit.BREAK;
  };
  visit(document, {
    Alias: (_, node) => stopAt(node, aliasProblem),
    Map: (_, { items }) => {
      const repeated = repeatedKey(items.map(({ key }) => key));
      if (repeated === undefined) return undefined;
      return stopAt(repeated, `the key '${String(repeated.value)}' is given twice`);
    },
  });
  return found[0];
}

function repeatedKey(keys: readonly unknown[]): Scalar | undefined {
  const seen = new Set<string>();
  for (const key of keys) {
    if (!isScalar(key)) continue;
    const name = String(key.value);
    if (seen.has(name)) return key;
    seen.add(name);
  }
  return undefined;
}

function lineOf(document: Document, lines: LineCounter, path: YamlPath): number | undefined {
  let place: Place | undefined = placeOf(document.contents, document.contents);
  let deepest = place;
  for (const step of path) {
    place = childOf(place?.node, step);
    if (place === undefined) break;
    deepest = place;
  }
  return deepest === undefined ? undefined : lines.linePos(deepest.offset).line;
}

/** A value, and where it starts: at its key when it has one. */
interface Place {
  readonly node: unknown;
  readonly offset: number;
}

function placeOf(node: unknown, start: unknown): Place | undefined {
  const offset = isNode(start) ? start.range?.[0] : undefined;
  return offset === undefined ? undefined : { node, offset };
}

function childOf(node: unknown, step: string | number): Place | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
    return pair === undefined ? undefined : placeOf(pair.value, pair.key);
  }
  if (!isSeq(node)) return undefined;
  const item = node.items[Number(step)];
  return placeOf(item, item);
}
