import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addItem,
  addMember,
  type JsonNode,
  jsonValue,
  memberOf,
  readJsonSource,
  removeAt,
  replaceValue,
} from '../../../src/integrations/hook-managers/json-source.ts';

const added = { jobs: [{ name: 'ours', run: 'a\n"b"' }] };
const layouts = [undefined, 1, 2, 4, '\t'] as const;

/** An object as people and tools lay it out. */
const documents = fc
  .record({
    value: fc.dictionary(
      fc.string().filter((key) => key !== '__proto__' && key !== 'ours'),
      fc.jsonValue({ maxDepth: 2 }),
    ),
    layout: fc.constantFrom(...layouts),
    lineEnd: fc.constantFrom('\n', '\r\n'),
    end: fc.constantFrom('', '\n'),
  })
  .map(({ value, layout, lineEnd, end }) => ({
    value: JSON.parse(JSON.stringify(value)) as Record<string, unknown>,
    text: JSON.stringify(value, undefined, layout).replaceAll('\n', lineEnd) + end,
  }));

describe('editing JSON in place', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(documents, ({ text, value }) => {
        expect(jsonValue(rootOf(text))).toEqual(value);
      }),
    );
  });

  it('adds a member to what is there, and takes it out again to the byte', () => {
    fc.assert(
      fc.property(documents, ({ text, value }) => {
        const root = rootOf(text);
        if (root.kind !== 'object') throw new Error('no object');
        const more = addMember(text, root, { key: 'ours', value: added });
        expect(JSON.parse(more)).toEqual({ ...value, ours: added });
        const after = rootOf(more);
        if (after.kind !== 'object') throw new Error('no object');
        expect(removeAt(more, after, after.members.length - 1)).toBe(text);
      }),
    );
  });

  it('replaces one value and no other byte outside of it', () => {
    fc.assert(
      fc.property(documents, fc.string(), ({ text, value }, replacement) => {
        const [key] = Object.keys(value);
        if (key === undefined) return;
        const member = memberOf(rootOf(text), key);
        if (member === undefined) throw new Error('no member');
        const replaced = replaceValue(text, member.value, replacement);
        expect(JSON.parse(replaced)).toEqual({ ...value, [key]: replacement });
        expect(replaced.startsWith(text.slice(0, member.value.start))).toBe(true);
        expect(replaced.endsWith(text.slice(member.value.end))).toBe(true);
      }),
    );
  });

  it.each([
    ['[1]', '[1, "x"]'],
    ['[]', '[\n  "x"\n]'],
    ['[\n    1\n]', '[\n    1,\n    "x"\n]'],
    ['[\n  "// , ]"\n]', '[\n  "// , ]",\n  "x"\n]'],
  ])('adds an item to a list as it is laid out: %j', (text, expected) => {
    const root = rootOf(text);
    if (root.kind !== 'array') throw new Error('no list');
    const more = addItem(text, root, 'x');
    expect(more).toBe(expected);
    const after = rootOf(more);
    if (after.kind !== 'array') throw new Error('no list');
    expect(removeAt(more, after, after.items.length - 1)).toBe(text);
  });

  it.each([
    ['{\n  "a": 1,\n  "b": 2\n}', 0, '{\n  "b": 2\n}'],
    ['{\n  "a": 1,\n  "b": 2\n}', 1, '{\n  "a": 1\n}'],
    ['{"a": 1, "b": 2, "c": 3}', 1, '{"a": 1, "c": 3}'],
    ['{"a": 1, "b": 2}', 0, '{"b": 2}'],
    ['{ "a": 1 }', 0, '{}'],
  ])('takes a member out of %j', (text, position, expected) => {
    const root = rootOf(text);
    if (root.kind !== 'object') throw new Error('no object');
    expect(removeAt(text, root, position)).toBe(expected);
  });

  it.each([
    ['{\n"a": 1,\n}', 3],
    ['{\n// a\n"a": 1}', 2],
    ['{"a": 1} x', 1],
    ['', 1],
    ['['.repeat(10_000) + ']'.repeat(10_000), undefined],
  ] as const)('says where %j is no JSON', (text, line) => {
    expect(readJsonSource(text)).toEqual({ ok: false, line });
  });
});

function rootOf(text: string): JsonNode {
  const source = readJsonSource(text);
  if (!source.ok) throw new Error(`not JSON, line ${source.line}`);
  return source.root;
}
