import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanLine, cleanText, visibleJson, visibleName } from '../../src/session/clean-text.ts';
import { oddText } from '../helpers/records.ts';

/** Listed one by one, so that a mistake in the implementation's classes shows. */
const unwanted = new Set(
  [
    ...range(0x00, 0x09),
    ...range(0x0b, 0x1f),
    ...range(0x7f, 0x9f),
    ...[0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x3164, 0xfeff, 0xffa0],
    ...range(0x180b, 0x180f),
    ...range(0x200b, 0x200f),
    ...range(0x2028, 0x202e),
    ...range(0x2060, 0x206f),
    ...range(0xfe00, 0xfe0f),
    ...range(0xfff0, 0xfffb),
    ...range(0x1bca0, 0x1bca3),
    ...range(0x1d173, 0x1d17a),
    ...range(0xe0000, 0xe0fff),
  ].map((code) => String.fromCodePoint(code)),
);

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

const text = fc.oneof(
  oddText,
  fc.string({ unit: fc.constantFrom('a', '\r', '\n', '\t', ...[...unwanted].slice(0, 400)) }),
);

describe('cleanText', () => {
  test('leaves nothing that a terminal obeys, turns text around or is not seen', () => {
    fc.assert(
      fc.property(text, (dirty) => {
        expect([...cleanText(dirty)].filter((character) => unwanted.has(character))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test('takes out each such character by itself, and no other', () => {
    const changed: string[] = [];
    for (let code = 0; code <= 0x10ffff; code += 1) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const character = String.fromCodePoint(code);
      if (cleanText(`a${character}b`) !== `a${character}b`) changed.push(character);
    }
    expect(new Set(changed)).toEqual(unwanted);
  });

  test('cleans once and for all', () => {
    fc.assert(
      fc.property(text, (dirty) => {
        const clean = cleanText(dirty);
        expect(cleanText(clean)).toBe(clean);
        expect(clean.isWellFormed()).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    [
      'CRLF, CR and the breaks of Unicode',
      'a\r\nb\rc\u2028d\u2029e\u0085f\vg\fh',
      'a\nb\nc\nd\ne\nf\ng\nh',
    ],
    ['tabs', 'a\tb', 'a b'],
    [
      'escape sequences',
      '\x1b[31mred\x1b[0m \x9b2J \x1b]52;c;eA==\x07',
      '[31mred[0m 2J ]52;c;eA==',
    ],
    ['text turned around', 'abc\u202etxt.exe', 'abctxt.exe'],
    ['lone surrogates', '\ud83dx\ude00', '\ufffdx\ufffd'],
    ['ordinary text', 'né 日本 😀 — “q”\u00a0x', 'né 日本 😀 — “q”\u00a0x'],
  ])('%s', (_, dirty, clean) => {
    expect(cleanText(dirty)).toBe(clean);
  });
});

test('cleanLine is one line', () => {
  expect(cleanLine('a\r\nb\n\nc\td')).toBe('a b  c d');
  fc.assert(fc.property(text, (dirty) => !cleanLine(dirty).includes('\n')));
});

describe('visibleName', () => {
  test('leaves a name alone when all of it can be seen', () => {
    for (const name of ['src/a b.ts', "it's", 'a"b', '日本/é.txt', 'C:\\x', '-n']) {
      expect(visibleName(name)).toBe(name);
    }
  });

  test.each([
    ['', '""'],
    [' a', '" a"'],
    ['a ', '"a "'],
    ['a\nb', '"a\\nb"'],
    ['a\r\tb"c\\d', '"a\\r\\tb\\"c\\\\d"'],
    ['\x1b[31m', '"\\u001b[31m"'],
    ['a\u202eb\u2028c', '"a\\u202eb\\u2028c"'],
    ['\u{e0041}', '"\\u{e0041}"'],
    ['\ud83d', '"\\ud83d"'],
  ])('shows what could not be seen: %j', (name, shown) => {
    expect(visibleName(name)).toBe(shown);
  });

  test('is clean, and tells apart all names that do not begin with a quote', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(cleanLine(visibleName(one))).toBe(visibleName(one));
        fc.pre(one !== other && !one.startsWith('"') && !other.startsWith('"'));
        expect(visibleName(one)).not.toBe(visibleName(other));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a JSON document', () => {
  test('holds the same value, with nothing in it that a terminal would obey', () => {
    const value = [
      '\u009b31m',
      'a\u202eb',
      '\u{e0041}',
      '\u2028',
      '\u007f',
      '\u001b',
      'žluťoučký 漢字',
    ];
    const text = visibleJson(JSON.stringify(value));
    expect(JSON.parse(text)).toEqual(value);
    expect(text).not.toMatch(/[\p{Cc}\p{Default_Ignorable_Code_Point}\u2028]/u);
    expect(text).toContain('žluťoučký 漢字');
  });
});
