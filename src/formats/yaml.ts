import {
  Composer,
  type Document,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  Parser,
  type Scalar,
  visit,
} from 'yaml';
import { deepest, isDeeperThan } from './decoded.ts';

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
 * Reads one YAML (or JSON) document by YAML 1.2's core schema: dates and `yes` are strings. Aliases
 * are refused, because with them a short text could stand for an enormous value. Never throws.
 *
 * @param text as long as the caller thinks fit; a mebibyte takes up to some seconds
 */
export function decodeYaml(text: string): DecodedYaml {
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  // The parser keeps its own stack. What follows recurses, and 2 KB of `- - -` in it end the process:
  // V8 aborts when a regular expression is compiled where the stack is all but full.
  if (isDeeperThan(deepest * levelsOfTokens, tokens)) return tooDeep;
  const [document, second] = new Composer(options).compose(tokens, true, text.length);
  if (document === undefined) return { ok: true, value: null, lineOf: () => undefined };
  const [error] = document.errors;
  if (error !== undefined) return problemAt(lines, error.pos[0], error.message);
  if (second !== undefined)
    return problemAt(lines, second.range[0], 'a second document starts here');
  const misuse = findMisuse(document);
  if (misuse !== undefined) return problemAt(lines, misuse.offset, misuse.problem);
  const value: unknown = document.toJS();
  return { ok: true, value, lineOf: (path) => lineOf(document, lines, path) };
}

const options = {
  schema: 'core',
  version: '1.2',
  // Looked for below: the library compares every key with every other.
  uniqueKeys: false,
} as const;

/** A collection's token has a list of items, and an item has tokens. */
const levelsOfTokens = 3;

const tooDeep: DecodedYaml = {
  ok: false,
  problem: 'nested too deeply',
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

/** What the parser lets pass but nobody means: an alias, a key that is no text, or one given twice. */
function findMisuse(document: Document): Misuse | undefined {
  const found: Misuse[] = [];
  const stopAt = (node: Node, problem: string) => {
    found.push({ offset: node.range?.[0], problem });
    return visit.BREAK;
  };
  visit(document, {
    Alias: (_, node) => stopAt(node, aliasProblem),
    Map: (_, { items }) => {
      const complex = items.map(({ key }) => key).find((key) => isCollection(key));
      if (complex !== undefined) return stopAt(complex, 'a list or map cannot be a key');
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
