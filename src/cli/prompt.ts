import type { SessionRecord } from '../session/record.ts';
import { ageOf } from './ages.ts';
import { type Document, faint, type Line, lines, name, strong } from './document.ts';
import { headline } from './headline.ts';

/** What can be answered to the offer of a session; each is chosen by its first letter. */
export type Answer = 'yes' | 'show' | 'not-now' | 'dismiss';

/** What is asked about, in a few lines. */
export function offerPage(record: SessionRecord, now: Date): Document {
  const { conversation, git_context: git } = record;
  const about = headline(conversation.summary) || headline(conversation.primary_task ?? '');
  const next = conversation.next_steps.map(headline).find((step) => step !== '');
  const place =
    git.branch === null ? [' at ', name(git.head?.slice(0, 10) ?? '')] : [' on ', name(git.branch)];
  const paused: Line = ['Paused ', ageOf(record.paused_at, now), ...place];
  return lines(
    [...paused, ...(about === '' ? [', no message'] : [': ', strong(about)])],
    ...(next === undefined ? [] : [['  ', faint('Next: '), next]]),
  );
}

/** The cursor stays behind it. */
export const question = 'Resume? [y]es  [s]how  [n]ot now  [d]ismiss ';

/** What stands behind the question once it is answered. */
export const spoken: Readonly<Record<Answer | 'no-answer' | 'gone', string>> = {
  yes: 'yes',
  show: 'show',
  'not-now': 'not now',
  dismiss: 'dismiss',
  'no-answer': 'not now (no answer)',
  gone: '',
};

/** A byte that was typed; undefined for one that answers nothing. */
export function answerFor(byte: number): Answer | undefined {
  return answers.get(byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);
}

const letter = (character: string) => character.charCodeAt(0);
const control = (character: string) => character.charCodeAt(0) - 0x40;

/** Who presses Enter, or wants to be out of here, is in the middle of something else. */
const answers: ReadonlyMap<number, Answer> = new Map([
  [letter('y'), 'yes'],
  [letter('s'), 'show'],
  [letter('d'), 'dismiss'],
  [letter('n'), 'not-now'],
  [letter('q'), 'not-now'],
  [letter('\r'), 'not-now'],
  [letter('\n'), 'not-now'],
  [0x1b, 'not-now'], // Escape
  [control('C'), 'not-now'],
  [control('D'), 'not-now'],
  [control('Z'), 'not-now'],
  [control('\\'), 'not-now'],
]);
