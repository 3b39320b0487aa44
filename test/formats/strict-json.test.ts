import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findJsonError } from '../../src/formats/strict-json.ts';

/** The offset is marked by `^`. */
it.each([
  '{"a": 1 ^"b": 2}',
  '{"a": 1,^}',
  '[1, 2,^]',
  '[1 ^2]',
  '{^a: 1}',
  "{^'a': 1}",
  '{"a": ^hint}',
  '{"a": ^nullable}',
  '{"a": ^01}',
  '{"a": ^.5}',
  '{"a": ^+1}',
  '{"a"^}',
  '{"a" ^1}',
  '{"a":^}',
  '{"a": 1^]',
  '[^}',
  '[^,1]',
  '{^,"a": 1}',
  '{"a": 1} ^x',
  '{"a": 1}^}',
  '1 ^2',
  '^// comment\n{}',
  '{ ^/* comment */ }',
  '{"a": ^"\\x41"}',
  '{"a": ^"line\nbreak"}',
  '{"a": ^"open',
  '{"a": [1, {"b": true}^',
  '{"a":\u00a0^1}'.replace('\u00a0^', '^\u00a0'),
  '^',
  '  ^',
])('%j stops being JSON at the mark', (marked) => {
  const offset = marked.indexOf('^');
  const text = marked.slice(0, offset) + marked.slice(offset + 1);
  expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
  expect(findJsonError(text).offset).toBe(offset);
});

it('tells line and column, both counted from 1', () => {
  expect(findJsonError('{\n  "a": 1,\n  x\n}')).toEqual({ offset: 14, line: 3, column: 3 });
  expect(findJsonError('x')).toEqual({ offset: 0, line: 1, column: 1 });
});

it('finds nothing wrong in what JSON.parse takes', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom('', '\n', '\t ', '\r\n'), (json, space) => {
      const text = `${space}${json}${space}`;
      expect(findJsonError(text).offset).toBe(text.length);
    }),
  );
});

it('finds something wrong, within the text, in what JSON.parse refuses', () => {
  const damaged = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('"', '{', ']', ',', ':', 'x', '0', '\\', '\n', ''))
    .map(([json, at, by]) => {
      const offset = at % (json.length + 1);
      return json.slice(0, offset) + by + json.slice(offset + 1);
    });
  fc.assert(
    fc.property(damaged, (text) => {
      fc.pre(!isJson(text));
      const { offset } = findJsonError(text);
      expect(offset).toBeLessThanOrEqual(text.length);
      // What comes before the mistake could still have become JSON; with it, nothing can.
      expect(findJsonError(text.slice(0, offset)).offset).toBe(offset);
    }),
    { numRuns: 500 },
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
