import { briefOf } from '../session/brief.ts';
import type { Drift } from '../session/drift.ts';
import type { SessionRecord } from '../session/record.ts';
import { ageOf } from './ages.ts';
import { resumptionLines } from './brief-page.ts';
import { blank, caution, type Document, type Line, lines } from './document.ts';
import { driftLines } from './drift-page.ts';

/** What somebody reads who resumes a session: how old it is, the brief, and what moved since. */
export function resumedPage(
  {
    record,
    before,
    drift,
  }: {
    readonly record: SessionRecord;
    /** As it was before this resume. */
    readonly before: SessionRecord['lifecycle'];
    readonly drift: Drift;
  },
  now: Date,
): Document {
  return lines(
    ['Paused ', ageOf(record.paused_at, now), ...earlier(before, now)],
    blank,
    ...resumptionLines(briefOf(record), driftLines(record, drift)),
  );
}

/** A session can be resumed again, and is said to be no fresh one. */
function earlier(
  { status, resumed_at, dismissed_at }: SessionRecord['lifecycle'],
  now: Date,
): Line {
  if (status === 'paused') return [];
  const time = status === 'resumed' ? resumed_at : dismissed_at;
  return [', ', caution(`${status} before${time === undefined ? '' : `, ${ageOf(time, now)}`}`)];
}
