import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeYaml } from '../../src/formats/write-yaml.ts';
import { decodeYaml, findLines } from '../../src/formats/yaml.ts';
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
    ['1: a\nyes: b\n~: c', { '1': 'a', yes: 'b', '~': 'c' }],
    ['--- |\n*z\n&y\n!w\n', '*z\n&y\n!w\n'],
    [
      'a: x & y, *z, !w\nb: "*z"\nc: |\n  *z\n  &y\n  !w\nd: # *z\n',
      { a: 'x & y, *z, !w', b: '*z', c: '*z\n&y\n!w\n', d: null },
    ],
    ['', null],
    ['# nothing\n', null],
    ['text', 'text'],
  ])('%j', (text, value) => {
    expect(decodeYaml(text)).toMatchObject({ ok: true, value });
  });

  test('knows the line of every part that is there', () => {
    const decoded = decodeYaml('# head\nnext:\n  - a\n  - b: 1\n    c: 2\nlast: x\n');
    if (!decoded.ok) throw new Error(decoded.problem);
    const { lineOf } = decoded;
    expect([[], ['next'], ['next', 0], ['next', 1, 'c'], ['last']].map(lineOf)).toEqual([
      2, 2, 3, 5, 6,
    ]);
    for (const path of [
      ['next', 1, 'missing'],
      ['next', 9],
      ['last', 'deeper'],
      ['none', 'x'],
    ]) {
      expect(lineOf(path)).toBeUndefined();
    }
    const empty = decodeYaml('');
    expect(empty.ok && empty.lineOf([])).toBeUndefined();
  });

  test('knows the lines of a text that it would refuse, but for its depth', () => {
    const lineOf = findLines('{"a": 1,\n"a": {\n"b": 2}}');
    expect([['a'], ['a', 'b'], ['b']].map(lineOf)).toEqual([2, 3, undefined]);
    expect(findLines('[\n'.repeat(5000))([0])).toBeUndefined();
  });

  test.each([
    ['a: 1\nb: [x', 2],
    ['a: 1\n\tb: 2\n', 2],
    ['a: "x\n', 2],
    ['a: 1\n---\nb: 2\n', 2],
    ['a: 1\nb: 2\na: 3\n', 3],
    ['x:\n  "a": 1\n  a: 2\n', 3],
    ['{"a": 1,\n "a": 2}', 2],
    ['a:\n  &x\n  b: 1\n', 2],
    ['a: 1\nb: *missing\n', 2],
    ['a: 1\nb: !!str\n  c', 2],
    ['a: 1\nb: ! c', 2],
    ['a: 1\n? [b]\n: c', 2],
    ['1: a\n"1": b', 2],
    ['a: 1\n...\n%FOO\n---\n', 4],
  ])('finds the line of what is wrong: %j', (text, line) => {
    expect(problemOf(text)).toMatchObject({ line, column: expect.any(Number) });
    expect(problemOf(text).problem).not.toBe('');
  });

  test('refuses a text that stands for an enormous value', () => {
    const levels = Array.from({ length: 20 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`);
    expect(problemOf(['a0: &a0 [x]', ...levels].join('\n')).problem).toContain('aliases');
  });

  test('reads as many levels as JSON may have', () => {
    const nested = (levels: number) => `${'['.repeat(levels)}1${']'.repeat(levels)}`;
    expect(decodeYaml(nested(64)).ok).toBe(true);
    expect(decodeYaml(`${'- '.repeat(64)}1`).ok).toBe(true);
    expect(problemOf(nested(65)).problem).toContain('too deeply');
    // A pair in a list is a map in it.
    expect(problemOf(`${'[a: '.repeat(33)}1${']'.repeat(33)}`).problem).toContain('too deeply');
  });

  test('survives any depth', () => {
    for (const depth of [100, 1000, 20_000, 200_000]) {
      const closed = `${'['.repeat(depth)}${']'.repeat(depth)}`;
      const deeps = [closed, '- '.repeat(depth), '? '.repeat(depth), '{a: '.repeat(depth)];
      for (const deep of [...deeps, `- ${closed}`, `${'- '.repeat(depth)}\nend`]) {
        expect(problemOf(deep)).toMatchObject({ problem: 'nested too deeply', line: 1 });
      }
    }
  });

  /** Two mebibytes of each; an error for every character would take gigabytes. */
  test.each([
    ['[', 'nested too deeply'],
    ['- ', 'nested too deeply'],
    [']', 'it holds too much'],
    ['- a\n', 'it holds too much'],
    ['---\n', 'it holds too much'],
  ])('gives up early on nothing but %j', (part, problem) => {
    const before = process.cpuUsage();
    const text = part.repeat((2 * 1024 * 1024) / part.length);
    expect(problemOf(text)).toMatchObject({ problem, line: expect.any(Number) });
    // About 0.2 s; to the end it would be 2 s and more.
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  });

  test('reads a long text, whatever is in it', () => {
    const message = '- "a": [b], {c: *d}\n'.repeat(50_000);
    const quoted = decodeYaml(`message: ${JSON.stringify(message)}`);
    expect(quoted.ok && quoted.value).toEqual({ message });
    const block = decodeYaml(`message: |\n${message.replaceAll(/^/gm, '  ').trimEnd()}\n`);
    expect(block.ok && block.value).toEqual({ message });
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
