import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { type FormatName, formats } from '../../src/formats/index.ts';
import { decodeJson } from '../../src/formats/json.ts';
import { decodeYaml } from '../../src/formats/yaml.ts';
import { parseRecord, type SessionRecord } from '../../src/session/record.ts';
import { anyRecord, fullRecord, wellFormed } from '../helpers/records.ts';

/** Every format that can be read back, with its reader. */
const readers: Readonly<Partial<Record<FormatName, (text: string) => unknown>>> = {
  json: (text) => {
    const decoded = decodeJson(text);
    return decoded.ok ? decoded.record : decoded;
  },
  yaml: (text) => {
    const decoded = decodeYaml(text);
    if (!decoded.ok) return decoded;
    const parsed = parseRecord(decoded.value);
    return parsed.ok ? parsed.record : parsed;
  },
};

describe.each(Object.entries(readers))('%s', (name, read) => {
  const encode = (record: SessionRecord) => formats[name as FormatName].encode(record);

  test('gives back every record as it was', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        expect(read(encode(record))).toEqual(wellFormed(record));
      }),
      { numRuns: 1000 },
    );
  });

  test('gives back what other tools added, at every level', () => {
    const record = fullRecord();
    const added = {
      ...record,
      x_tool: { deep: [{ er: null }, 1.5, true, ''] },
      git_context: { ...record.git_context, 'x tool': 'kept' },
      agents: [{ name: 'codex', 'x\ud800': ['kept'] }],
    };
    const agents = [{ name: 'codex', 'x\ufffd': ['kept'] }];
    expect(read(encode(added))).toEqual({ ...added, agents });
  });
});

describe.each(Object.keys(formats) as FormatName[])('%s', (name) => {
  const { encode, extension } = formats[name];

  test('is named by its extension', () => {
    expect(extension).toBe(`.${name}`);
  });

  test('ends in one newline and starts without a byte order mark, whatever the record holds', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        expect(encode(record)).toMatch(/^[^\s\ufeff][\s\S]*[^\n]\n$/);
      }),
    );
  });

  test('holds no character that a terminal obeys or nobody sees', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        expect(encode(record)).not.toMatch(
          /[^\P{Cc}\n\t]|[\p{Default_Ignorable_Code_Point}\u2028\u2029\ud800-\udfff]/u,
        );
      }),
    );
  });
});

test('a reader of YAML 1.1 gets the same strings', () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      const read: unknown = parseYaml(formats.yaml.encode(record), { version: '1.1' });
      expect(read).toEqual(wellFormed(record));
    }),
  );
});

test('a key that a reader of YAML 1.1 takes for a number stays a key', () => {
  const record = { ...fullRecord(), x_: { e0: '', e12: '' } };
  expect(parseYaml(formats.yaml.encode(record), { version: '1.1' })).toEqual(record);
});
