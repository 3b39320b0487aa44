import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checksumState, decodeJson, encodeJson } from '../../src/formats/json.ts';
import { describeProblem } from '../../src/session/entry.ts';
import { anyRecord, emptyRecord, fullRecord, oddText } from '../helpers/records.ts';

const problemOf = (text: string) => {
  const decoded = decodeJson(text);
  if (decoded.ok) throw new Error('decoded');
  return decoded.problem;
};

describe('writing', () => {
  test('is ASCII, indented by two, without a byte order mark, with a newline at the end', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        expect(encodeJson(record)).toMatch(/^\{\n {2}"[\x20-\x7e\n]*\n\}\n$/);
      }),
    );
  });

  test('keeps the order of the schema, whatever order the record has, others after', () => {
    const { session_id, lifecycle, ...rest } = fullRecord();
    const shuffled = { x_tool: 1, lifecycle, ...rest, session_id };
    const keys = Object.keys(JSON.parse(encodeJson(shuffled)) as object);
    expect(keys).toEqual([...Object.keys(fullRecord()), 'x_tool', 'checksum']);
  });

  test('takes an escaped backslash before what looks like a surrogate for what it is', () => {
    const summary = '\\ud83d \ud83d \\\\ud83d 😀';
    const record = emptyRecord({
      conversation: { summary, accomplishments: [], next_steps: [] },
    });
    const decoded = decodeJson(encodeJson(record));
    expect(decoded.ok && decoded.record.conversation.summary).toBe('\\ud83d \ufffd \\\\ud83d 😀');
  });

  test('refuses to write what it could not read again', () => {
    const record = fullRecord();
    const broken = { ...record, git_context: { ...record.git_context, head: 'abc' } };
    expect(() => encodeJson(broken)).toThrow('git_context.head');
  });
});

describe('the checksum', () => {
  test('is that of the text without it', () => {
    const text = encodeJson(fullRecord());
    const [, written] = /,\n {2}"checksum": "sha256:(\w+)"/.exec(text) ?? [];
    const plain = text.replace(/,\n {2}"checksum": "sha256:\w+"/, '');
    expect(written).toBe(createHash('sha256').update(plain).digest('hex'));
    expect(JSON.parse(plain)).toEqual(fullRecord());
  });

  test('is valid on everything that was written, also with a mark in front', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        expect(checksumState(encodeJson(record))).toBe('valid');
      }),
    );
    expect(checksumState(`\ufeff${encodeJson(fullRecord())}`)).toBe('valid');
  });

  test('finds every flipped bit', () => {
    const bytes = Buffer.from(encodeJson(fullRecord()));
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(checksumState(flipped.toString('utf8')), `bit ${bit}`).toBe('damaged');
    }
  });

  test('finds what was cut, added, or laid out anew', () => {
    const text = encodeJson(fullRecord());
    const value: unknown = JSON.parse(text);
    for (const changed of [
      `${text}\n`,
      text.slice(0, -1),
      text.slice(0, -20),
      `${text}\0\0`,
      text.replaceAll('\n', '\r\n'),
      text.replace('login', 'logout'),
      JSON.stringify(value),
      JSON.stringify(value, null, '\t'),
      JSON.stringify(value, null, 4),
    ]) {
      expect(checksumState(changed)).toBe('damaged');
    }
  });

  test('is absent where there never was one', () => {
    const mention = `the "checksum": "sha256:${'0'.repeat(64)}" is\n  "checksum": wrong`;
    for (const text of [
      '',
      '{}',
      JSON.stringify(fullRecord(), null, 2),
      JSON.stringify(
        { summary: mention, nested: { checksum: 'x' }, project_path: mention },
        null,
        2,
      ),
    ]) {
      expect(checksumState(text)).toBe('absent');
    }
  });

  test('is no part of the record, whatever it says', () => {
    const decoded = decodeJson(encodeJson(fullRecord()).replace(/sha256:\w{4}/, 'sha256:0000'));
    expect(decoded).toEqual({ ok: true, record: fullRecord() });
  });
});

describe('reading', () => {
  test('tolerates a byte order mark', () => {
    expect(decodeJson(`\ufeff${encodeJson(fullRecord())}`)).toEqual({
      ok: true,
      record: fullRecord(),
    });
  });

  test.each([
    ['', 'it is empty'],
    [' \n', 'it is empty'],
    ['{\n  "a": 1,\n}', 'it is not valid JSON (line 3, column 1)'],
    ['{"a" 1}', 'it is not valid JSON (line 1, column 6)'],
    ['secret', 'it is not valid JSON (line 1, column 1)'],
    ['{"secret', 'it is not valid JSON (line 1, column 2)'],
    [encodeJson(fullRecord()).slice(0, 40), 'it is not valid JSON (line 3, column 16)'],
  ])('says what is wrong and where, without quoting: %j', (text, explained) => {
    expect(describeProblem(problemOf(text))).toBe(explained);
  });

  test.each(['[]', 'null', '3', '"x"', 'true'])('%s is not a session', (text) => {
    expect(problemOf(text)).toMatchObject({ kind: 'wrong-shape' });
  });

  test('names the first wrong field', () => {
    const text = encodeJson(fullRecord()).replace('"index": "."', '"index": 3');
    expect(describeProblem(problemOf(text))).toMatch(/^git_context\.status\.changes\.0\.index: /);
  });

  test.each([
    ['project_path', { project_path: '/x\0y' }],
    ['active_context.working_directory', { active_context: { working_directory: '/x\0y' } }],
  ])('refuses a NUL in %s, at which every use of the path would throw', (where, changes) => {
    expect(problemOf(JSON.stringify({ ...fullRecord(), ...changes }))).toEqual({
      kind: 'wrong-shape',
      where,
      what: 'holds a NUL character',
    });
  });

  test('tells a newer schema from a wrong one', () => {
    const newer = encodeJson(fullRecord()).replace('"schema_version": 1', '"schema_version": 2');
    expect(problemOf(newer)).toEqual({ kind: 'newer-schema', version: 2 });
    expect(describeProblem(problemOf(newer))).toContain('2');
  });

  test('survives any depth, opened or also closed', () => {
    for (const depth of [100, 5000, 100_000]) {
      const deep = '['.repeat(depth);
      expect(problemOf(deep)).toMatchObject({ kind: 'unreadable' });
      expect(problemOf(`${deep}${']'.repeat(depth)}`)).toMatchObject({
        what: 'it is nested too deeply',
      });
      const inside = encodeJson(fullRecord()).replace(
        '"checksum"',
        `"x": ${deep}${']'.repeat(depth)}, "checksum"`,
      );
      expect(problemOf(inside)).toMatchObject({ what: 'it is nested too deeply' });
    }
  });

  test('never throws, and what it accepts can be written again', () => {
    const text = encodeJson(fullRecord());
    const cut = fc
      .tuple(fc.nat(text.length), fc.nat(text.length), oddText)
      .map(([from, to, put]) => text.slice(0, from) + put + text.slice(to));
    fc.assert(
      fc.property(fc.oneof(oddText, fc.json(), cut), (input) => {
        const decoded = decodeJson(input);
        if (decoded.ok) expect(encodeJson(decoded.record)).toContain('"schema_version": 1');
        else expect(describeProblem(decoded.problem)).not.toBe('');
      }),
      { numRuns: 5000 },
    );
  });
});
