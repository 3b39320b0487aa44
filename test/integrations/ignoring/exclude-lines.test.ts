import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  excludeFiles,
  withExcludeLines,
  withoutExcludeLines,
} from '../../../src/integrations/ignoring/exclude-lines.ts';
import { apply, managedRepository, surroundingsOf } from '../hook-managers/managed.ts';

describe('lines in info/exclude', () => {
  it('are added once, and taken out without touching a byte of the others', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom('', '\n', '\r\n'), (bytes, end) => {
        const content = Buffer.concat([Buffer.from(bytes), Buffer.from(end)]);
        const lines = ['/ours', '/ours too'];
        const added = withExcludeLines(content, lines);
        expect(withExcludeLines(added, lines)).toEqual(added);
        const isEnded = content.length === 0 || content.at(-1) === 0x0a;
        const expected = isEnded ? content : Buffer.concat([content, Buffer.from('\n')]);
        expect(withoutExcludeLines(added, lines)).toEqual(expected);
      }),
    );
  });

  it('mean the very files that they are for, whatever their names are', async () => {
    const repository = managedRepository();
    const names = ['a*b', 'a?b', '[ab]', 'a\\b', 'ends ', '#a', '!a', 'é', 'a b/c'];
    const others = ['aXb', 'a', 'ab', 'ends', 'b/c'];
    for (const name of [...names, ...others]) repository.write(`hooks/${name}`, '');
    const surroundings = await surroundingsOf(repository);
    const files = names.map((name) => `${repository.path}/hooks/${name}`);
    const edit = excludeFiles(surroundings, files);
    apply(edit === undefined ? [] : [edit]);
    const shown = repository.git('status', '--porcelain', '-z', '-uall').split('\0');
    expect(shown.filter((line) => line.startsWith('??')).toSorted()).toEqual(
      others.map((name) => `?? hooks/${name}`).toSorted(),
    );
    expect(excludeFiles(surroundings, files)).toBeUndefined();
  });
});
