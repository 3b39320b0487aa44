import type { Drift } from '../session/drift.ts';
import { type DriftLine, describeDrift } from '../session/drift-text.ts';
import type { SessionRecord } from '../session/record.ts';
import { commitSpans } from './brief-page.ts';
import { caution, faint, good, type Line, strong } from './document.ts';

const marks = { verified: good('='), changed: caution('!'), unknown: faint('?') } as const;

/**
 * What moved, as lines for a terminal: `=` as then, `!` differs, `?` could not be checked. None where
 * nothing can move.
 */
export function driftLines(record: SessionRecord, drift: Drift): readonly Line[] {
  const claims = describeDrift(record, drift).flatMap(claimLines);
  return claims.length === 0 ? [] : [[strong('Since Then')], ...claims];
}

function claimLines({ state, text, commits, more }: DriftLine): readonly Line[] {
  return [
    ['  ', marks[state], ` ${text}`],
    ...commits.map((commit): Line => ['      ', ...commitSpans(commit)]),
    ...(more > 0 ? [['      ', faint(`and ${more} more`)]] : []),
  ];
}
