import type { Drift } from '../session/drift.ts';
import { type DriftLine, describeDrift } from '../session/drift-text.ts';
import { caution, faint, good, type Line, strong } from './document.ts';

const marks = { verified: good('='), changed: caution('!'), unknown: faint('?') } as const;

/** What moved, as lines for a terminal: `=` as then, `!` differs, `?` could not be checked. */
export function driftLines(drift: Drift): readonly Line[] {
  return [[strong('Since Then')], ...describeDrift(drift).flatMap(claimLines)];
}

function claimLines({ state, text, commits, more }: DriftLine): readonly Line[] {
  return [
    ['  ', marks[state], ` ${text}`],
    ...commits.map(
      ({ sha, message, author }): Line => [
        '      ',
        caution(sha.slice(0, 10)),
        ` ${message} `,
        faint(`(${author})`),
      ],
    ),
    ...(more > 0 ? [['      ', faint(`and ${more} more`)]] : []),
  ];
}
