import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blockEnd, blockStart, hookBlock } from '../../src/hooks/blocks.ts';
import { hookEvents } from '../../src/hooks/events.ts';
import {
  findBlock,
  hasCarriageReturnInShebang,
  insertBlock,
  isShellScript,
  removeBlock,
} from '../../src/integrations/managed-block.ts';
import { anyHook } from './hook-contents.ts';

const block = hookBlock('post-checkout');

const inserted = (text: string) => insertBlock(Buffer.from(text), 'post-checkout')?.toString();
const removed = (text: string) => removeBlock(Buffer.from(text)).toString();

describe('whatever a hook holds', () => {
  test('putting the block in and taking it out gives back every byte', () => {
    let scripts = 0;
    fc.assert(
      fc.property(anyHook, fc.constantFrom(...hookEvents), (content, event) => {
        fc.pre(findBlock(content).kind === 'none');
        const once = insertBlock(content, event);
        if (once === undefined) return;
        scripts += 1;
        expect(findBlock(once)).toEqual({ kind: 'ours', event, isCurrent: true });
        expect(removeBlock(once)).toEqual(content);
        expect(insertBlock(once, event)).toEqual(once);
      }),
      { numRuns: 3000 },
    );
    expect(scripts).toBeGreaterThan(500);
  });

  test('only whole blocks are taken for ours, wherever lines are cut', () => {
    fc.assert(
      fc.property(fc.nat({ max: block.length - 2 }), fc.nat({ max: 40 }), (at, length) => {
        const cut = block.slice(0, at) + block.slice(at + 1 + length);
        const content = Buffer.from(`#!/bin/sh\n${cut}echo mine\n`);
        expect(findBlock(content).kind).not.toBe('ours');
        expect(removeBlock(content)).toEqual(content);
      }),
      { numRuns: 500 },
    );
  });
});

describe('where the block goes', () => {
  test.each([
    ['after the shebang', '#!/bin/sh\necho\n', `#!/bin/sh\n${block}echo\n`],
    ['at the top without one', 'echo\n', `${block}echo\n`],
    ['into an empty file', '', block],
    ['after one without a line end', '#!/bin/sh', `#!/bin/sh\n${block.slice(0, -1)}`],
    ['after one with a carriage return', '#!/bin/sh\r\nx\r\n', `#!/bin/sh\r\n${block}x\r\n`],
    [
      'after one with a byte order mark',
      '\u{feff}#!/bin/sh\nx\n',
      `\u{feff}#!/bin/sh\n${block}x\n`,
    ],
  ])('%s', (_, before, after) => {
    expect(inserted(before)).toBe(after);
    expect(removed(after)).toBe(before);
  });

  test('a block that was moved down stays there', () => {
    const moved = `#!/bin/sh\nset -x\n${block}echo\n`;
    expect(inserted(moved)).toBe(moved);
    expect(removed(moved)).toBe('#!/bin/sh\nset -x\necho\n');
  });

  test('a block of another event, or a second one, makes way for one of this event', () => {
    const other = `#!/bin/sh\n${hookBlock('pre-push')}echo\n`;
    expect(inserted(other)).toBe(`#!/bin/sh\n${block}echo\n`);
    expect(inserted(`#!/bin/sh\n${block}echo\n${block}`)).toBe(`#!/bin/sh\n${block}echo\n`);
  });
});

describe('a file of our own', () => {
  const own = insertBlock(undefined, 'pre-commit')?.toString() ?? '';

  test('is one that the kernel can run, and is gone with the block', () => {
    expect(own).toMatch(/^#!\/bin\/sh\n/);
    expect(removed(own)).toBe('empty');
  });

  test("is told apart from a user's with nothing but a shebang", () => {
    for (const before of ['#!/bin/sh', '#!/bin/sh\n', '#!/bin/sh\n\n', '']) {
      const content = insertBlock(Buffer.from(before), 'pre-commit') ?? Buffer.alloc(0);
      expect(removeBlock(content).toString()).toBe(before);
    }
  });

  test('keeps what was added to it, with its shebang', () => {
    expect(removed(`${own}echo mine\n`)).toBe('#!/bin/sh\necho mine\n');
  });
});

describe('what is not ours', () => {
  test('a line of the block that was changed is not written over', () => {
    const edited = `#!/bin/sh\n\n${block.replace('|| :', '|| exit 1')}`;
    expect(findBlock(Buffer.from(edited))).toEqual({ kind: 'edited', line: 3 });
    expect(removed(edited)).toBe(edited);
    expect(() => inserted(edited)).toThrow();
  });

  test.each([
    ['the first marker alone', `echo\n${blockStart}\n`, 2],
    ['the last marker alone', `${blockEnd}\n`, 1],
    ['a marker of another version', '\n\n# >>> mpm-session 9 >>> whatever\n', 3],
    ['a marker after a whole block', `${block}${blockEnd}\n`, block.split('\n').length],
  ])('%s', (_, text, line) => {
    expect(findBlock(Buffer.from(text))).toEqual({ kind: 'edited', line });
  });

  test('the block as text in a line of the user is nothing', () => {
    expect(findBlock(Buffer.from(`echo '${blockStart}'\n`))).toEqual({ kind: 'none' });
  });

  test('line ends that a checkout has converted are known, and mended', () => {
    const converted = `#!/bin/sh\r\n${block}echo\n`.replaceAll(/\r?\n/g, '\r\n');
    expect(findBlock(Buffer.from(converted))).toMatchObject({ kind: 'ours', isCurrent: false });
    expect(removed(converted)).toBe('#!/bin/sh\r\necho\r\n');
    expect(inserted(converted)).toBe(`#!/bin/sh\r\n${block}echo\r\n`);
  });
});

describe('what runs a hook', () => {
  test.each([
    ...['#!/bin/sh', '#! /bin/sh', '#!/bin/sh -e', '#!/bin/bash -eu', '#!/usr/bin/env bash'],
    ...['#!/usr/bin/env -S bash -eu', '#!/bin/dash', '#!/bin/busybox ash', '#!/usr/bin/zsh -f'],
    ...['#!/bin/bash -o pipefail', '#!/usr/bin/ksh', '#!/bin/mksh', '#!/bin/bash --norc', '#!'],
    ...['#!C:\\Program\\sh', 'echo no shebang', '', '#!/bin/sh\r\n', '#!/usr/bin/env zsh\n'],
  ])('a shell that understands the block: %j', (text) => {
    expect(isShellScript(Buffer.from(text))).toBe(true);
  });

  test.each([
    ...['#!/usr/bin/python3', '#!/usr/bin/env node', '#!/usr/bin/fish', '#!/bin/csh -f'],
    ...['#!/usr/bin/env -S', '#!/usr/bin/env A=1 sh', '#!/usr/bin/env -u X sh', '#!/bin/pwsh'],
    ...['#!/bin/sh -c', '#!/bin/bash -s', '#!/bin/bash -n', '#!/bin/rbash', '#!/bin/bash -r'],
    ...['\x7fELF\x02\x01\x01\0\0', 'MZ\x90\0', '#!/usr/bin/env', '#!/bin/busybox'],
  ])('something else: %j', (text) => {
    expect(isShellScript(Buffer.from(text, 'latin1'))).toBe(false);
    expect(insertBlock(Buffer.from(text, 'latin1'), 'pre-push')).toBeUndefined();
  });

  test('a carriage return in the shebang is seen', () => {
    const isSeen = (text: string) => hasCarriageReturnInShebang(Buffer.from(text));
    expect(['#!/bin/sh\r\n', '#!/bin/sh\r', '#!/bin/sh -e\r\necho'].map(isSeen)).toEqual([
      ...[true, true, true],
    ]);
    expect(['#!/bin/sh\n', '#!/bin/sh\necho\r\n', 'echo\r\n', ''].map(isSeen)).toEqual([
      ...[false, false, false, false],
    ]);
  });
});
