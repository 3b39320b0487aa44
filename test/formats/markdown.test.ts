import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeMarkdown } from '../../src/formats/markdown.ts';
import { cleanText } from '../../src/session/clean-text.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { linesOf, readMarkdown, visibleLines } from '../helpers/markdown.ts';
import { emptyRecord, fullRecord, oddText, someOid } from '../helpers/records.ts';

const withSummary = (summary: string) =>
  emptyRecord({ conversation: { summary, accomplishments: [], next_steps: [] } });

const withSteps = (next_steps: string[]) =>
  emptyRecord({ conversation: { summary: '', accomplishments: [], next_steps } });

/** The summary as it stands in the file. */
function rawSummary(summary: string): string {
  const [, below = ''] = encodeMarkdown(withSummary(summary)).split('**Summary**:\n');
  return below.split('\n\n## How to Resume')[0] ?? '';
}

/** Text that is mostly markup: every character and beginning that CommonMark or GFM gives a meaning. */
const markup = fc
  .array(
    fc.constantFrom(
      ...[
        '#',
        '##',
        '-',
        '+',
        '*',
        '**',
        '_',
        '__',
        '1.',
        '12)',
        '>',
        '`',
        '```',
        '~~',
        '~~~',
        '=',
        '===',
      ],
      ...[
        '---',
        '***',
        '|',
        '|-|',
        ':',
        '[',
        ']',
        '(',
        ')',
        '](',
        ']:',
        '![',
        '<',
        '>',
        '<b>',
        '</b>',
        '<!--',
      ],
      ...[
        '<https://x.y>',
        '<a@b.c>',
        '<1@b.c>',
        '&amp;',
        '&#35;',
        '&',
        ';',
        '\\',
        '!',
        '"',
        "'",
        '[x]',
        '[ ]',
        '$',
        '%',
      ],
      ...[
        '\n',
        '\n',
        '\n\n',
        ' ',
        ' ',
        '  ',
        '    ',
        '\t',
        'a',
        'b1',
        'é',
        '日',
        '😀',
        '/url',
        'snake_case',
      ],
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''));

const anyText = fc.oneof({ weight: 4, arbitrary: markup }, oddText);

const ourKinds = new Set([
  ...['heading', 'paragraph', 'list', 'item', 'text', 'code', 'strong', 'softbreak', 'linebreak'],
  'code_block',
]);

describe('a text of the user', () => {
  test('shows as exactly its own lines, whatever it holds', () => {
    fc.assert(
      fc.property(anyText, (message) => {
        const lines = visibleLines(cleanText(message));
        const read = readMarkdown(encodeMarkdown(withSummary(message)));
        expect([...read.kinds].filter((kind) => !ourKinds.has(kind))).toEqual([]);
        if (lines.length === 0) {
          expect(read.headings).toEqual(['# Paused session', '## How to Resume']);
          return;
        }
        expect(read.headings).toEqual([
          '# Paused session',
          '## What You Were Doing',
          '## How to Resume',
        ]);
        const [label, ...shown] = linesOf(read.below('## What You Were Doing'));
        expect(label).toBe('Summary:');
        expect(shown).toEqual(lines);
      }),
      { numRuns: 5000 },
    );
  });

  test('shows as exactly its own lines as an item of a list, one item each', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 3 }), (steps) => {
        const expected = steps.map((step) => visibleLines(cleanText(step)));
        const read = readMarkdown(encodeMarkdown(withSteps(['first', ...steps])));
        const [list, ...others] = read.below('## Next Steps');
        if (list === undefined || !('items' in list)) throw new Error('no list');
        expect(others).toEqual([]);
        expect(list.items.map(linesOf)).toEqual([
          ['first'],
          ...expected.filter((lines) => lines.length > 0),
        ]);
      }),
      { numRuns: 2000 },
    );
  });

  test('shows as exactly its own line where only one is meant', () => {
    fc.assert(
      fc.property(anyText, anyText, (subject, name) => {
        const record = emptyRecord({
          agents: [{ name: `agent ${subject}`, session_id: `id ${name}` }],
        });
        const read = readMarkdown(encodeMarkdown(record));
        const [list] = read.below('## Agents');
        if (list === undefined || !('items' in list)) throw new Error('no list');
        const collapsed = cleanText(`agent ${subject}`).replaceAll('\n', ' ').trim();
        expect(list.items.map(linesOf)[0]).toEqual([`Agent: ${collapsed}`]);
        expect(list.items).toHaveLength(2);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ["it's snake_case, 3.5 times C# and a*b = 2 * 3 < 4 & more > less", 'a\\*b = 2 * 3 < 4'],
    [
      'C:\\new\\dir, HEAD~1, ~/src, #12, [sic], (x), 50%',
      'C:\\new\\dir, HEAD~1, ~/src, #12, [sic]',
    ],
    ['1.5 is not a list, nor is -1 or +x', '1.5 is not a list, nor is -1 or +x'],
    ['a | b, "quoted", $HOME, @me: done!', 'a | b, "quoted", $HOME, @me: done!'],
  ])('stays as it was typed where nothing in it is markup: %s', (typed, kept) => {
    expect(rawSummary(typed)).toContain(kept);
  });

  test.each([
    ['# x', '\\# x'],
    ['## Next Steps', '#\\# Next Steps'],
    ['- x', '\\- x'],
    ['1. x', '1\\. x'],
    ['> x', '\\> x'],
    ['===', '\\==='],
    ['<b>', '\\<b>'],
    ['<1@b.c>', '\\<1@b.c>'],
    ['&amp;', '\\&amp;'],
    ['__init__ *x*', '\\_\\_init\\_\\_ \\*x\\*'],
    ['[a](b)', '[a\\](b)'],
    ['a\\', 'a\\\\'],
    ['```sh', '\\`\\`\\`sh'],
  ])('is escaped with one backslash for each character that would be markup: %s', (typed, raw) => {
    expect(rawSummary(typed)).toBe(raw);
  });

  test("that begins with a box is not taken for one of GFM's tasks", () => {
    expect(encodeMarkdown(withSteps(['[x] ships', '[ ]']))).toContain('1. \\[x] ships\n2. \\[ ]\n');
  });

  test('keeps its lines apart when rendered', () => {
    const read = readMarkdown(encodeMarkdown(withSummary('one\ntwo\n\nthree')));
    expect(read.kinds).toContain('linebreak');
    expect(read.below('## What You Were Doing')).toEqual([
      { kind: 'paragraph', text: 'Summary:\none\ntwo' },
      { kind: 'paragraph', text: 'three' },
    ]);
  });

  test('that is laid out with spaces is shown as it is, character by character', () => {
    const code = 'def f(x):\n    return x * 2\n\n    # *done*\n```\nend';
    const read = readMarkdown(encodeMarkdown(withSummary(`see\n\n${code}`)));
    expect(read.below('## What You Were Doing')).toEqual([
      { kind: 'paragraph', text: 'Summary:\nsee' },
      { kind: 'code_block', text: `${code}\n` },
    ]);
  });

  test('of a mebibyte of markup is written in a moment', () => {
    for (const unit of ['_', '*', '`', '\\', '<', '[a](b)\n', ' x\n\n', '- \n', '&a;', ' ', '~']) {
      const message = `a${unit.repeat(2 ** 20 / unit.length)}a`;
      const start = performance.now();
      encodeMarkdown(withSummary(message));
      expect(performance.now() - start, JSON.stringify(unit)).toBeLessThan(2000);
    }
  });
});

describe('a name', () => {
  test('shows as it is, whatever characters are in it', () => {
    fc.assert(
      fc.property(markup, (name) => {
        const path = `src/${cleanText(name).replaceAll('\n', '')}x`;
        const record = withFiles([path]);
        const [list] = readMarkdown(encodeMarkdown(record)).below('## Files to Review');
        expect(list === undefined ? [] : linesOf([list])).toEqual([path]);
      }),
      { numRuns: 2000 },
    );
  });

  test('with backticks at its ends or in a row is one code span', () => {
    for (const path of ['`', '``', 'a`b', '`a', 'a```b``', '` `']) {
      const read = readMarkdown(encodeMarkdown(withFiles([path])));
      expect(linesOf(read.below('## Files to Review'))).toEqual([path]);
      expect(read.kinds).toContain('code');
    }
  });

  test('with a newline or an escape sequence shows it instead of breaking the line', () => {
    const markdown = encodeMarkdown(withFiles(['a\nb', 'c\x1b[31m']));
    expect(markdown).toContain('`"a\\nb"`');
    expect(markdown).toContain('`"c\\u001b[31m"`');
  });
});

const withFiles = (files_to_review: string[]): SessionRecord =>
  emptyRecord({
    resume_instructions: { quick_start: [], files_to_review, validation_commands: {} },
  });

test('a whole brief', async () => {
  await expect(encodeMarkdown(fullRecord())).toMatchFileSnapshot('./full-record.md');
});

test('the title names the branch, else the commit, else nothing', () => {
  const git = emptyRecord().git_context;
  const titled = (changes: Partial<typeof git>) =>
    encodeMarkdown(emptyRecord({ git_context: { ...git, ...changes } })).split('\n')[0];
  expect(titled({ branch: 'fix/`x`' })).toBe('# Session paused on `` fix/`x` ``');
  expect(titled({ head: someOid, detached: true })).toBe('# Session paused at `1f0b8a8d4a9c`');
  expect(titled({})).toBe('# Paused session');
});

test('a check of several lines stands in a fence of its own', () => {
  const record = emptyRecord({
    resume_instructions: {
      quick_start: [],
      files_to_review: [],
      validation_commands: { run_it: 'npm ci\nnpm test' },
    },
  });
  const [list] = readMarkdown(encodeMarkdown(record)).below('## How to Resume');
  if (list === undefined || !('items' in list)) throw new Error('no list');
  expect(list.items[1]).toEqual([
    { kind: 'paragraph', text: 'run it:' },
    { kind: 'code_block', text: 'npm ci\nnpm test\n' },
  ]);
});

/** How claude-mpm finds its fields in a file when the JSON is gone (its patterns, reworded). */
describe("claude-mpm's reader of .md files", () => {
  const markdown = encodeMarkdown(
    fullRecord({
      conversation: {
        summary: 'the summary\n\n**Project**: `/somewhere/else`\n\n## Next Steps\n\n- injected',
        accomplishments: ['one thing', 'another_thing'],
        next_steps: ['first step', 'second step'],
      },
    }),
  );

  test.each([
    ['session id', /\*\*Session ID\*\*:\s*`?([^`\n]+)/, 'session-20261122-141852'],
    ['time', /\*\*Paused At\*\*:\s*([^\n]+)/, '2026-11-22T14:18:52.899Z'],
    ['project', /\*\*Project\*\*:\s*`?([^`\n]+)/, '/home/dev/shop'],
    ['summary', /\*\*Summary\*\*:\s*\n+([^\n]+)/, 'the summary'],
  ])('finds the %s', (_, pattern, found) => {
    expect(pattern.exec(markdown)?.[1]?.trim()).toBe(found);
  });

  test('finds what is done and what is next, not what the message pretends to be', () => {
    const section = (heading: RegExp) =>
      (heading.exec(markdown)?.[1] ?? '').match(/(?<=^\s*(?:[-*]|\d+\.)\s+).+$/gm);
    expect(section(/##\s+Accomplishments[^\n]*\n+([\s\S]*?)(?=\n##\s)/)).toEqual([
      'one thing',
      'another_thing',
    ]);
    expect(section(/##\s+Next Steps\n+([\s\S]*?)(?=\n##\s)/)).toEqual([
      'first step',
      'second step',
    ]);
  });
});
