import { describe, expect, it } from 'vitest';
import { parseJson, parsePartOfJson, parseYaml } from '../../src/config/parse.ts';

const limit = 64 * 1024;
const secret = 'hunter2-is-a-secret';

describe('YAML', () => {
  it('gives the values of the core schema, and the line of each key and entry', () => {
    const parsed = parseYaml(
      '# my settings\nautoPause: off\noffer:\n  timeout: 30s\nformats:\n  - md\n  - json\n',
    );
    if (!parsed.ok) throw new Error(parsed.problem);
    expect(parsed.value).toEqual({
      ...{ autoPause: 'off', offer: { timeout: '30s' }, formats: ['md', 'json'] },
    });
    const { lineOf } = parsed;
    expect([['autoPause'], ['offer', 'timeout'], ['formats', 1], []].map(lineOf)).toEqual([
      2, 4, 7, 2,
    ]);
    expect(
      [['nothing'], ['offer', 'nothing'], ['autoPause', 'x'], ['formats', 9]].map(lineOf),
    ).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('reads JSON indented by tabs', () => {
    const parsed = parseYaml('{\n\t"offer": {\n\t\t"mode": "hint"\n\t}\n}\n');
    expect(parsed).toMatchObject({ ok: true, value: { offer: { mode: 'hint' } } });
    expect(parsed.ok && parsed.lineOf(['offer', 'mode'])).toBe(3);
  });

  it('does not become YAML 1.1 because the file says so', () => {
    const parsed = parseYaml('%YAML 1.1\n---\nautoPause: off\n<<: {guard: off}\n');
    expect(parsed).toMatchObject({ ok: true, value: { autoPause: 'off', '<<': { guard: 'off' } } });
  });

  it.each(['', '\n', '# only a comment\n', '---\n', '~'])('says nothing: %j', (text) => {
    expect(parseYaml(text)).toMatchObject({ ok: true, value: null });
  });

  it.each([
    ['a tab', `a:\n\t${secret}: 1\n`, 2, 'not valid YAML: a tab is used to indent (column 1)'],
    ['two documents', `a: 1\n---\n${secret}: 1\n`, 2, 'more than one YAML document (column 1)'],
    ['an open bracket', `a: [${secret}\n`, 2, /or a bracket is open/],
    ['an open quote', `a: "${secret}\n`, undefined, /^not valid YAML: a character is missing/],
    ['a missing colon', `${secret}\nb: 1\n`, 1, /^not valid YAML: a key spans lines/],
    [
      'a mapping where none can be',
      `a: ${secret}: c\n`,
      1,
      /^not valid YAML: two keys on one line/,
    ],
    ['a repeated key', `a: 1\n"a": ${secret}\n`, 2, 'the same key is written twice (column 1)'],
    ['a repeated nested key', `b:\n  a: 1\n  a: ${secret}\n`, 3, /twice \(column 3\)$/],
    ['an anchor', `a: &${secret}\n  b: 1\n`, 1, /^anchors and aliases .* \(column 4\)$/],
    ['an alias', `a: 1\nb: *${secret}\n`, 2, /^anchors and aliases .* \(column 4\)$/],
    ['a tag', `a: !!js/function ${secret}\n`, 1, /^tags are not supported; .* \(column 4\)$/],
    ['a tag of the core schema', `a: !!str ${secret}\n`, 1, /^tags are not supported/],
    ['a reserved character', `a: @${secret}\n`, 1, /begins with this character needs quotes/],
    ['an unknown escape', `a: "\\q${secret}"\n`, 1, /a backslash in double quotes/],
    ['a text behind a text', `a: "x" ${secret}\n`, 1, /what stands here cannot stand here/],
    ['an unknown directive', `%FOO ${secret}\n---\na: 1\n`, 1, 'not valid YAML (column 1)'],
    ['a key that is a list', `? [${secret}]\n: 1\n`, 1, /a key is not a text/],
  ])('%s is a problem with its place, and nothing of the text', (_, text, line, problem) => {
    const parsed = parseYaml(text);
    expect(parsed).toMatchObject({
      ok: false,
      problem: typeof problem === 'string' ? problem : expect.stringMatching(problem),
    });
    if (line !== undefined) expect(parsed).toMatchObject({ line });
    expect(JSON.stringify(parsed)).not.toContain(secret);
  });
});

describe('JSON', () => {
  it('gives the values, and the line of each key', () => {
    const parsed = parseJson('{\n  "formats": ["md",\n    "json"]\n}');
    expect(parsed).toMatchObject({ ok: true, value: { formats: ['md', 'json'] } });
    expect(parsed.ok && [['formats'], ['formats', 1]].map(parsed.lineOf)).toEqual([2, 3]);
  });

  it.each([
    ['a comment', `{\n  // ${secret}\n}`, 2, 3],
    ['a comma too many', `{\n  "a": "${secret}",\n}`, 3, 1],
    ['single quotes', `{\n  "a": '${secret}'\n}`, 2, 8],
    ['YAML', `a: ${secret}\n`, 1, 1],
    ['nothing after the bracket', '{"a": 1', 1, 8],
  ])('%s is a problem with its place, and nothing of the text', (_, text, line, column) => {
    const parsed = parseJson(text);
    expect(parsed).toEqual({ ok: false, line, problem: `not valid JSON (column ${column})` });
  });

  it('refuses a key that is written twice, but not in a part that concerns others', () => {
    const text = '{\n "a": 1,\n "a": 2\n}';
    expect(parseJson(text)).toMatchObject({ ok: false, line: 3 });
    const part = parsePartOfJson(text);
    expect(part).toMatchObject({ ok: true, value: { a: 2 } });
    expect(part.ok && part.lineOf(['a'])).toBe(3);
  });
});

it('JSON knows white space that YAML does not', () => {
  expect(parseJson('{\r"a":\r1\r}')).toMatchObject({ ok: true, value: { a: 1 } });
});

/** Each is the longest file that is read, and of a shape that made a parser slow or made it fail. */
describe('a hostile file', () => {
  const fill = (make: (index: number) => string): string => {
    const parts: string[] = [];
    for (let index = 0, length = 0; ; index += 1) {
      const part = make(index);
      length += part.length;
      if (length > limit - 2) return parts.join('');
      parts.push(part);
    }
  };
  const shapes: readonly (readonly [string, string])[] = [
    ['thousands of keys', fill((index) => `${index.toString(36)}:\n`)],
    [
      'thousands of keys in braces',
      `{${fill((index) => `"${index.toString(36)}":1,`).slice(0, -1)}}`,
    ],
    ['thousands of equal keys', fill(() => 'a: 1\n')],
    ['thousands of mappings', `[${fill(() => '{},').slice(0, -1)}]`],
    ['open brackets', '['.repeat(limit)],
    ['open braces', '{"a":'.repeat(limit / 5)],
    ['nested lists', `${'['.repeat(limit / 2)}${']'.repeat(limit / 2)}`],
    ['nested block lists', '- '.repeat(limit / 2)],
    ['nested keys', '? '.repeat(limit / 2)],
    [
      'aliases of aliases',
      'a0: &a0 [x, x]\n' +
        fill((i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]\n`).slice(0, limit / 2),
    ],
    ['tags', fill(() => '- !x y\n')],
    ['documents', fill(() => '---\n')],
    ['comments', fill(() => '#\n')],
    ['one open text', `{"a": "${'x\\n'.repeat(limit / 3 - 3)}`],
    ['NUL', '\u0000'.repeat(limit)],
  ];

  it.each(shapes)('of %s takes a bounded time and never throws', (_, text) => {
    for (const parse of [parseYaml, parseJson, parsePartOfJson]) {
      const start = performance.now();
      const parsed = parse(text);
      // As often as there can be issues.
      for (let issue = 0; issue < 20; issue += 1) {
        if (parsed.ok) parsed.lineOf(['a', issue]);
      }
      // About 0.2 s here; with yaml's own check of unique keys, 1.6 s.
      expect(performance.now() - start).toBeLessThan(1200);
    }
  });
});
