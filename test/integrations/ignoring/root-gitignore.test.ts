/** The line in the root .gitignore: put in once, taken out alone. */
import { Buffer } from 'node:buffer';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addIgnoreRule,
  removeIgnoreRule,
} from '../../../src/integrations/ignoring/root-gitignore.ts';
import type { FileEdit, FileState } from '../../../src/integrations/integration.ts';
import { readState } from '../../../src/integrations/surroundings.ts';
import { temporaryDirectory } from '../../helpers/temporary.ts';

const rule = '/.claude-mpm/sessions/';
const wish = { rule, isIgnoredAlready: false };

function placeWith(content: string | Buffer | undefined, mode = 0o644) {
  const state: FileState =
    content === undefined ? undefined : { kind: 'file', content: Buffer.from(content), mode };
  return { topLevel: '/top', read: () => state, isTracked: () => content !== undefined };
}

function textOf(edit: FileEdit | undefined): string | undefined {
  return edit?.after?.kind === 'file' ? edit.after.content.toString('utf8') : undefined;
}

const onlyEdit = (edits: readonly unknown[]) => edits[0] as FileEdit | undefined;

describe('put in', () => {
  it.each<[string, string | undefined, string]>([
    ['without a file', undefined, `${rule}\n`],
    ['into an empty file', '', `${rule}\n`],
    ['at the end', 'a\nb\n', `a\nb\n${rule}\n`],
    ['after a last line without an end', 'a\nb', `a\nb\n${rule}\n`],
    ['with the file’s own line ends', 'a\r\nb', `a\r\nb\r\n${rule}\r\n`],
  ])('%s', (_, before, after) => {
    const { edits, notes } = addIgnoreRule(placeWith(before), wish);
    expect(edits).toHaveLength(1);
    expect(onlyEdit(edits)).toMatchObject({
      target: path.join('/top', '.gitignore'),
      tracked: before !== undefined,
    });
    expect(textOf(onlyEdit(edits))).toBe(after);
    expect(notes).toEqual([]);
  });

  it('keeps the file’s mode', () => {
    const edit = onlyEdit(addIgnoreRule(placeWith('a\n', 0o600), wish).edits);
    expect(edit?.after).toMatchObject({ mode: 0o600 });
  });

  it('is not done where git ignores sessions already', () => {
    const done = { ...wish, isIgnoredAlready: true };
    expect(addIgnoreRule(placeWith('a\n'), done)).toEqual({ edits: [], notes: [] });
  });

  it('is not done to what is no plain file, and why is said', () => {
    const top = temporaryDirectory();
    const place = { topLevel: top, read: readState, isTracked: () => false };
    const file = path.join(top, '.gitignore');
    symlinkSync('elsewhere', file);
    const linked = addIgnoreRule(place, wish);
    expect(linked.edits).toEqual([]);
    expect(linked.notes).toEqual([expect.stringMatching(/is a symbolic link.*add to it: \/\.cl/)]);
    expect(removeIgnoreRule(place, rule)).toEqual([]);

    const other = temporaryDirectory();
    mkdirSync(path.join(other, '.gitignore'));
    const directory = addIgnoreRule({ ...place, topLevel: other }, wish);
    expect(directory.edits).toEqual([]);
    expect(directory.notes).toEqual([expect.stringMatching(/cannot be read/)]);

    const third = temporaryDirectory();
    writeFileSync(path.join(third, '.gitignore'), Buffer.from('a\n', 'utf16le'));
    const wide = addIgnoreRule({ ...place, topLevel: third }, wish);
    expect(wide.notes).toEqual([expect.stringMatching(/not plain text/)]);
  });
});

describe('taken out', () => {
  it.each<[string, string, string]>([
    ['alone, wherever it was moved', `a\n${rule}\nb\n`, 'a\nb\n'],
    ['with CRLF', `a\r\n${rule}\r\n`, 'a\r\n'],
    ['at the end without a line end', `a\n${rule}`, 'a\n'],
    ['every time it is there', `${rule}\na\n${rule}\n`, 'a\n'],
  ])('%s', (_, before, after) => {
    expect(textOf(onlyEdit(removeIgnoreRule(placeWith(before), rule)))).toBe(after);
  });

  it.each(['a\n', '', `# ${rule}\n`, `!${rule}\n`, `${rule}x\n`, ` ${rule}\n`])(
    'is nothing of «%s»',
    (content) => {
      expect(removeIgnoreRule(placeWith(content), rule)).toEqual([]);
    },
  );

  it('takes the file with it when nothing else is in it, but not a tracked one', () => {
    const untracked = { ...placeWith(`${rule}\n`), isTracked: () => false };
    expect(onlyEdit(removeIgnoreRule(untracked, rule))).toHaveProperty('after', undefined);
    expect(textOf(onlyEdit(removeIgnoreRule(placeWith(`${rule}\n`), rule)))).toBe('');
  });

  it('leaves everything else as it was, byte by byte', () => {
    const text = fc.uint8Array().filter((bytes) => !bytes.includes(0));
    fc.assert(
      fc.property(text, (bytes) => {
        const before = Buffer.from(bytes);
        const added = onlyEdit(addIgnoreRule(placeWith(before), wish).edits);
        const content = added?.after?.kind === 'file' ? added.after.content : undefined;
        const removed = onlyEdit(removeIgnoreRule(placeWith(content), rule));
        const left = removed?.after?.kind === 'file' ? removed.after.content : undefined;
        const isEnded = before.length === 0 || before.at(-1) === 10;
        expect(left?.subarray(0, before.length)).toEqual(before);
        if (isEnded) expect(left).toEqual(before);
      }),
    );
  });
});
