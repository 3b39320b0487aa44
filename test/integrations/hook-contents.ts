import fc from 'fast-check';
import { blockEnd, blockStart } from '../../src/hooks/blocks.ts';

/**
 * What can be in a hook file: shebangs of all kinds, with and without a line end, any line ends, any
 * bytes, and lines that look like ours.
 */
export const anyHook: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.constantFrom('', '\u{feff}'),
    fc.option(
      fc.constantFrom(
        ...['#!/bin/sh', '#!/usr/bin/env bash', '#! /bin/zsh -eu', '#!/usr/bin/python3', '#!'],
        ...['#!/bin/sh\r', '#!/usr/bin/env -S node', '#!/bin/busybox sh', '#', '#!\t/bin/ksh  '],
      ),
      { nil: '' },
    ),
    fc.constantFrom('', '\n', '\r\n', '\n\n', '\r'),
    fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
        fc
          .constantFrom(
            ...[
              'echo one',
              'exit 0',
              '\n',
              '\r\n',
              '\0',
              '# >>>',
              "cat <<'E'",
              blockStart.slice(2),
            ],
            ...[`echo "${blockEnd}"`, `  ${blockStart}`, 'set -eu', '\u{feff}'],
          )
          .map((line) => Buffer.from(line)),
      ),
      { maxLength: 6 },
    ),
    fc.constantFrom('', '\n', '\r\n'),
  )
  .map(([mark, shebang, end, lines, last]) =>
    Buffer.concat([Buffer.from(`${mark}${shebang}${end}`), ...lines, Buffer.from(last)]),
  );
