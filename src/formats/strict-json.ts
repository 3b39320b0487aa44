/** One token after white space: a mark, a text, or another scalar. */
const jsonToken =
  /(?<space>[\t\n\r ]*)(?:(?<mark>[{}[\],:])|(?<text>"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))/y;
const jsonSpace = /[\t\n\r ]*/y;

/** What may come next, as the tokens that may: a mark itself, `"` for a text, `0` for a scalar. */
const states = {
  value: '{["0',
  firstValue: '{["0]',
  key: '"',
  firstKey: '"}',
  colon: ':',
  moreKeys: ',}',
  moreValues: ',]',
  end: '',
} as const;

type State = keyof typeof states;

/** `offset` counts UTF-16 units from 0; `line` and `column` count from 1. */
export interface JsonErrorPlace {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/**
 * Where a text stops being JSON (RFC 8259): at the first token that cannot stand where it stands, or
 * at the end of the text when it is cut off. `JSON.parse` tells this only in prose that quotes the
 * text.
 */
export function findJsonError(text: string): JsonErrorPlace {
  const offset = errorOffset(text);
  const before = text.slice(0, offset);
  return { offset, line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

function errorOffset(text: string): number {
  const open: State[] = [];
  let state: State = 'value';
  let offset = 0;
  for (;;) {
    jsonToken.lastIndex = offset;
    const match = jsonToken.exec(text);
    if (match === null) return endOfSpace(text, offset);
    const { space = '', mark, text: quoted } = match.groups ?? {};
    const token = mark ?? (quoted === undefined ? '0' : '"');
    if (!states[state].includes(token)) return offset + space.length;
    state = stateAfter(token, state, open);
    offset = jsonToken.lastIndex;
  }
}

/** `open` holds, for each list and mapping begun, what may come after one of its values. */
function stateAfter(token: string, state: State, open: State[]): State {
  switch (token) {
    case '{':
      open.push('moreKeys');
      return 'firstKey';
    case '[':
      open.push('moreValues');
      return 'firstValue';
    case ':':
      return 'value';
    case ',':
      return state === 'moreKeys' ? 'key' : 'value';
    case '}':
    case ']':
      open.pop();
      break;
  }
  if (token === '"' && (state === 'key' || state === 'firstKey')) return 'colon';
  return open.at(-1) ?? 'end';
}

function endOfSpace(text: string, offset: number): number {
  jsonSpace.lastIndex = offset;
  return offset + (jsonSpace.exec(text)?.[0].length ?? 0);
}
