import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeYaml } from '../../src/formats/write-yaml.ts';
import { decodeYaml } from '../../src/formats/yaml.ts';
import { emptyRecord, fullRecord, oddText } from '../helpers/records.ts';

const problemOf = (text: string) => {
  const decoded = decodeYaml(text);
  if (decoded.ok) throw new Error('decoded');
  return decoded;
};

describe('writing', () => {
  test('a whole record', async () => {
    await expect(encodeYaml(fullRecord())).toMatchFileSnapshot('./full-record.yaml');
  });

  test('says that what is changed in it is not read back', () => {
    expect(encodeYaml(emptyRecord()).split('\n').slice(0, 2).join(' ')).toContain('not read back');
  });

  test.each([
    ['one line', 'plain', '"plain"'],
    ['several lines', 'a: b\n# c\n\n  d', '|-\n    a: b\n    # c\n\n      d'],
    ['a newline at the end', 'a\nb\n', '|\n    a\n    b'],
    ['several newlines at the end', 'a\n\n', '"a\\n\\n"'],
    ['a first line that begins with a space', ' a\nb', '" a\\nb"'],
    ['a line of spaces', 'a\n  \nb', '"a\\n  \\nb"'],
    ['control characters', 'a\nb\x1b[31m\x85', '"a\\nb\\x1b[31m\\x85"'],
    ['what turns text around', 'a\u202eb', '"a\\u202eb"'],
    ['beyond sixteen bits', '😀\u{e0041}', '"😀\\U000e0041"'],
    ['quotes and backslashes', 'say "\\"\t', '"say \\"\\\\\\"\\t"'],
    ['a lone surrogate', 'a\ud83d', '"a\ufffd"'],
    ['other scripts', 'né 日本', '"né 日本"'],
  ])('%s', (_, summary, written) => {
    const yaml = encodeYaml(
      emptyRecord({ conversation: { summary, accomplishments: [], next_steps: [] } }),
    );
    expect(yaml).toContain(`\n  summary: ${written}\n`);
  });

  test('quotes the keys that YAML 1.1 would take for something else', () => {
    const validation_commands = { yes: 'a', on: 'b', 'a: b': 'c', run_it: 'd' };
    const yaml = encodeYaml(
      emptyRecord({
        resume_instructions: { quick_start: [], files_to_review: [], validation_commands },
      }),
    );
    expect(yaml).toContain('\n    "yes": "a"\n    "on": "b"\n    "a: b": "c"\n    run_it: "d"\n');
  });

  test('writes a key of any length so that it can be read', () => {
    const validation_commands = { ['k'.repeat(3000)]: 'a', ['l\n'.repeat(600)]: 'b\nc' };
    const instructions = { quick_start: [], files_to_review: [], validation_commands };
    const decoded = decodeYaml(encodeYaml(emptyRecord({ resume_instructions: instructions })));
    expect(decoded).toMatchObject({ ok: true, value: { resume_instructions: instructions } });
  });
});

describe('reading', () => {
  test.each([
    ['a: 1\nb: [x, y]\n', { a: 1, b: ['x', 'y'] }],
    [
      'day: 2026-11-22\nanswer: yes\nsha: 12e4567\n',
      { day: '2026-11-22', answer: 'yes', sha: Number.POSITIVE_INFINITY },
    ],
    ['{\n\t"a": "\\ud83d\\ude00",\n\t"b": [1, null]\n}', { a: '😀', b: [1, null] }],
    ['\ufeffa: 1', { a: 1 }],
    ['<<: {a: 1}', { '<<': { a: 1 } }],
    ['', null],
    ['# nothing\n', null],
    ['text', 'text'],
  ])('%j', (text, value) => {
    expect(decodeYaml(text)).toMatchObject({ ok: true, value });
  });

  test('knows the line of every part, or of the nearest around it', () => {
    const decoded = decodeYaml('# head\nnext:\n  - a\n  - b: 1\n    c: 2\nlast: x\n');
    if (!decoded.ok) throw new Error(decoded.problem);
    expect(decoded.lineOf(['next'])).toBe(2);
    expect(decoded.lineOf(['next', 0])).toBe(3);
    expect(decoded.lineOf(['next', 1, 'c'])).toBe(5);
    expect(decoded.lineOf(['next', 1, 'missing'])).toBe(4);
    expect(decoded.lineOf(['next', 9])).toBe(2);
    expect(decoded.lineOf(['last', 'deeper'])).toBe(6);
    expect(decoded.lineOf([])).toBe(2);
    const empty = decodeYaml('');
    expect(empty.ok && empty.lineOf(['a'])).toBeUndefined();
  });

  test.each([
    ['a: 1\nb: [x', 2],
    ['a: 1\n\tb: 2\n', 2],
    ['a: "x\n', 2],
    ['a: 1\n---\nb: 2\n', 2],
    ['a: 1\nb: 2\na: 3\n', 3],
    ['x:\n  "a": 1\n  a: 2\n', 3],
    ['{"a": 1,\n "a": 2}', 2],
    ['a: &x 1\nb: *x\n', 2],
    ['a: 1\nb: *missing\n', 2],
    ['a: 1\n? [b]\n: c', 2],
  ])('finds the line of what is wrong: %j', (text, line) => {
    expect(problemOf(text)).toMatchObject({ line, column: expect.any(Number) });
    expect(problemOf(text).problem).not.toBe('');
  });

  test('refuses a text that stands for an enormous value', () => {
    const levels = Array.from({ length: 20 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`);
    expect(problemOf(['a0: &a0 [x]', ...levels].join('\n')).problem).toContain('aliases');
  });

  test('survives any depth', () => {
    for (const depth of [100, 1000, 20_000, 200_000]) {
      const closed = `${'['.repeat(depth)}${']'.repeat(depth)}`;
      for (const deep of [closed, '- '.repeat(depth), '? '.repeat(depth), `- ${closed}`]) {
        expect(problemOf(deep).problem).toContain('too deeply');
      }
    }
  });

  test('reads many keys in a moment', () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `key${i}: ${i}`).join('\n');
    const start = performance.now();
    expect(decodeYaml(text).ok).toBe(true);
    expect(performance.now() - start).toBeLessThan(3000);
  });

  test('does not touch the prototype of anything', () => {
    const decoded = decodeYaml('__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}');
    expect(decoded.ok).toBe(true);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  test('never throws', () => {
    const yamlish = fc
      .array(
        fc.constantFrom(
          ...[
            'a',
            'b',
            ': ',
            ':',
            '- ',
            '-',
            '\n',
            '\n  ',
            '\t',
            '[',
            ']',
            '{',
            '}',
            ',',
            '"',
            "'",
          ],
          ...[
            '|',
            '>',
            '&a ',
            '*a',
            '!!int ',
            '!x ',
            '#',
            '? ',
            '---',
            '...',
            '%YAML 1.1\n',
            '\\',
            '\0',
          ],
        ),
        { maxLength: 20 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(yamlish, oddText), (text) => {
        const decoded = decodeYaml(text);
        if (decoded.ok) decoded.lineOf(['a', 0, 'b']);
        else expect(decoded.problem).not.toBe('');
      }),
      { numRuns: 5000 },
    );
  });
});
