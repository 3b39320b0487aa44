import { answerByKey, type NoAnswer, show } from '../hooks/keys.ts';
import type { OpenTerminal } from '../hooks/terminal.ts';
import { type Answer, answerFor, question, spoken } from './prompt.ts';

export type Outcome = Exclude<Answer, 'show'> | NoAnswer | 'input-waiting';

export interface Offered {
  /** What stands above the question. */
  readonly page: string;
  /** Called once the question can be read: what takes time, and need not be waited for, is begun. */
  readonly onAsked: () => void;
  /** What «show» shows. */
  readonly brief: () => Promise<string>;
  /** From when the time for an answer counts, until something was shown. */
  readonly since: Date;
  /** In milliseconds; may become known while the question is being asked. */
  readonly timeout: () => number;
  readonly now: () => Date;
}

/**
 * Asks by one key, on a terminal whose keys are taken already; `input-waiting`, and nothing asked,
 * when something was typed before the question could be read.
 */
export async function askToResume(terminal: OpenTerminal, offered: Offered): Promise<Outcome> {
  const { now, timeout, page } = offered;
  if (await terminal.line.isInputWaiting()) return 'input-waiting';
  const say = (text: string) => show(terminal, text, { until: later(now(), timeout()), now });
  await say(`${page}${question}`);
  offered.onAsked();
  let since = offered.since;
  for (;;) {
    const until = () => later(since, timeout());
    const answer = await answerByKey(terminal, answerFor, { until, now });
    if (answer === 'gone') return answer;
    await say(`${spoken[answer]}\n`);
    if (answer !== 'show') return answer;
    await say(`\n${await offered.brief()}\n${question}`);
    since = now();
  }
}

function later(from: Date, milliseconds: number): Date {
  return new Date(from.getTime() + milliseconds);
}
