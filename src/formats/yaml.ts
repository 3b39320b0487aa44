import {
  Composer,
  CST,
  type Document,
  type ErrorCode,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { deepest, isDeeperThan } from './decoded.ts';

/**
 * The 1-based line of a part of the text, which begins at its key when it has one; undefined where
 * there is no such part. The path is of keys and positions, from the outermost inwards.
 */
type LineOf = (path: readonly (string | number)[]) => number | undefined;

export type DecodedYaml =
  | { readonly ok: true; readonly value: unknown; readonly lineOf: LineOf }
  | YamlProblem;

/** `line` and `column` count from 1, and are undefined where nothing tells. */
interface YamlProblem {
  readonly ok: false;
  /** Holds nothing of the text, which may be a secret's. */
  readonly problem: string;
  readonly line: number | undefined;
  readonly column: number | undefined;
}

/**
 * Reads one YAML (or JSON) document by YAML 1.2's core schema: dates and `yes` are texts, and every
 * key is one. Refused is what hides what a text means, or makes a short one stand for much: anchors
 * and aliases, tags, keys written twice. So is what would take memory or stack without bound. Never
 * throws, and takes at most a second or two for a mebibyte.
 */
export function decodeYaml(text: string): DecodedYaml {
  const composed = compose(text);
  if (!composed.ok) return composed;
  const { document, second, lines } = composed;
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) return problemAt(lines, error.pos[0], problems[error.code] ?? invalid);
  if (second !== undefined) return problemAt(lines, second.range[0], 'more than one YAML document');
  const repeated = findRepeatedKey(document);
  if (repeated !== undefined) return problemAt(lines, repeated.range?.[0], writtenTwice);
  const value: unknown = document.toJS();
  // `[a: [b: …]]` has twice the levels that its tokens have. JSON's reader allows no more either.
  if (isDeeperThan(deepest, value)) return problemAt(lines, undefined, tooDeep);
  return { ok: true, value, lineOf: (path) => lineIn(composed, path) };
}

/**
 * The lines of a text that another reader judges, as {@link decodeYaml} gives them. Of a key written
 * twice it knows the last. Nothing is anywhere in a text that is nested too deeply.
 */
export function findLines(text: string): LineOf {
  const composed = compose(text);
  return composed.ok ? (path) => lineIn(composed, path) : () => undefined;
}

interface Composed {
  readonly ok: true;
  readonly document: Document.Parsed;
  /** The document after it, if there is one. */
  readonly second: Document.Parsed | undefined;
  readonly lines: LineCounter;
}

function compose(text: string): Composed | YamlProblem {
  const lines = new LineCounter();
  const tokens = tokenize(text, lines);
  if (!Array.isArray(tokens)) return tokens;
  const [document, second] = new Composer(options).compose(tokens, true, text.length);
  if (document === undefined) throw new Error('yaml composed no document, though told to');
  return { ok: true, document, second, lines };
}

const options = {
  schema: 'core',
  version: '1.2',
  stringKeys: true,
  // Looked for in one pass below: the library compares every key with every other.
  uniqueKeys: false,
} as const;

/**
 * The library's parser closes what was opened, and its composer reads what is nested, by recursion.
 * A few KB of `- - -` are enough to end the process: V8 aborts when a regular expression is to be
 * compiled where the stack is all but full. So depth is watched while tokens come, one by one.
 */
function tokenize(text: string, lines: LineCounter): CST.Token[] | YamlProblem {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  let count = 0;
  let isContent = false;
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    // What follows the mark of a scalar is its content, and may look like anything.
    const type: CST.TokenType | null = isContent ? null : CST.tokenType(lexeme);
    isContent = type === 'scalar';
    const refusal = type === null ? undefined : refusedTokens[type];
    if (refusal !== undefined) return problemAt(lines, parser.offset, refusal);
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > highestStack) return problemAt(lines, parser.offset, tooDeep);
    count += 1;
    if (count > mostLexemes) return problemAt(lines, parser.offset, 'it holds too much');
  }
  return [...tokens, ...parser.end()];
}

/** Collections, and around and in them a document and a scalar. */
const highestStack = deepest + 2;

/** Each can be an error, which takes a kilobyte and some microseconds; a list's entry has about six. */
const mostLexemes = 250_000;

const tooDeep = 'nested too deeply';
const writtenTwice = 'the same key is written twice';
const anchorProblem =
  'anchors and aliases are not supported; a text that begins with & or * needs quotes';

const refusedTokens: Readonly<Partial<Record<CST.TokenType, string>>> = {
  alias: anchorProblem,
  anchor: anchorProblem,
  tag: 'tags are not supported; a text that begins with ! needs quotes',
};

const invalid = 'not valid YAML';

/** The library's own messages quote the text. */
const problems: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_DQ_ESCAPE: `${invalid}: a backslash in double quotes that begins no escape`,
  BAD_INDENT: `${invalid}: the indentation does not fit, or a bracket is open`,
  BAD_SCALAR_START: `${invalid}: a text that begins with this character needs quotes`,
  BLOCK_AS_IMPLICIT_KEY: `${invalid}: two keys on one line, or a text with ": " that needs quotes`,
  KEY_OVER_1024_CHARS: 'a key is longer than 1024 characters',
  MISSING_CHAR: `${invalid}: a character is missing, perhaps a quote or bracket`,
  MULTILINE_IMPLICIT_KEY: `${invalid}: a key spans lines, perhaps a ":" is missing`,
  NON_STRING_KEY: `${invalid}: a key is not a text`,
  TAB_AS_INDENT: `${invalid}: a tab is used to indent`,
  UNEXPECTED_TOKEN: `${invalid}: what stands here cannot stand here, perhaps a text needs quotes`,
};

function problemAt(lines: LineCounter, offset: number | undefined, problem: string): YamlProblem {
  if (offset === undefined) return { ok: false, problem, line: undefined, column: undefined };
  const { line, col } = lines.linePos(offset);
  return { ok: false, problem, line, column: col };
}

function findRepeatedKey(document: Document): Scalar | undefined {
  const found: Scalar[] = [];
  visit(document, {
    Map: (_, map) => {
      const repeated = repeatedKeyOf(map);
      if (repeated === undefined) return undefined;
      found.push(repeated);
      return visit.BREAK;
    },
  });
  return found[0];
}

function repeatedKeyOf(map: YAMLMap): Scalar | undefined {
  const seen = new Set<unknown>();
  for (const { key } of map.items) {
    if (!isScalar(key)) continue;
    if (seen.has(key.value)) return key;
    seen.add(key.value);
  }
  return undefined;
}

function lineIn({ document, lines }: Composed, path: Parameters<LineOf>[0]): number | undefined {
  let place: Place = { node: document.contents, start: document.contents };
  for (const step of path) place = childOf(place.node, step);
  const offset = isNode(place.start) ? place.start.range?.[0] : undefined;
  return offset === undefined ? undefined : lines.linePos(offset).line;
}

/** A value, and the node that it starts with; both undefined where nothing is. */
interface Place {
  readonly node: unknown;
  readonly start: unknown;
}

function childOf(node: unknown, step: string | number): Place {
  if (isMap(node)) {
    const pair = node.items.findLast(({ key }) => isScalar(key) && key.value === step);
    return { node: pair?.value, start: pair?.key };
  }
  const item = isSeq(node) ? node.items[Number(step)] : undefined;
  return { node: item, start: item };
}
