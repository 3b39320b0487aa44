import { setTimeout as delay } from 'node:timers/promises';
import type { ControllingTerminal } from '../io.ts';
import type { OpenTerminal } from './terminal.ts';

type Clock = () => Date;

/** `gone`: there is nobody, or nothing, left to answer to. */
export type NoAnswer = 'no-answer' | 'gone';

/**
 * Waits for a key that is an answer, and takes no more than that from the terminal. Keys of several
 * bytes are passed over.
 *
 * @param meaning of a byte; undefined when it answers nothing. Escape is 0x1b.
 */
export async function answerByKey<Answer extends string>(
  terminal: OpenTerminal,
  meaning: (byte: number) => Answer | undefined,
  { until, now }: { readonly until: () => Date; readonly now: Clock },
): Promise<Answer | NoAnswer> {
  for (;;) {
    const key = await nextKey(terminal);
    if (key === 'gone') return key;
    const answer = typeof key === 'number' ? meaning(key) : undefined;
    if (answer !== undefined) return answer;
    if (key !== 'nothing') continue;
    if (now().getTime() >= until().getTime()) return 'no-answer';
    await delay(betweenLooks);
  }
}

const betweenLooks = 20; // milliseconds

async function nextKey({
  line,
  isOurs,
}: OpenTerminal): Promise<number | 'nothing' | 'other' | 'gone'> {
  if (!isOurs()) return 'gone';
  const key = line.readKey();
  if (key === 'end') return 'gone';
  if (key !== escapeKey) return key;
  await delay(restOfKey);
  return skipRest(line) ? 'other' : key;
}

const escapeKey = 0x1b;

/** How far apart the bytes of one key may come, milliseconds. */
const restOfKey = 50;

/**
 * Takes the rest of a key such as an arrow: after Escape `[` or `O`, other bytes and a last one from
 * `@` to `~` (ECMA-48), or one byte (a letter with Alt). False when it was Escape itself.
 */
function skipRest(line: ControllingTerminal): boolean {
  const second = line.readKey();
  if (typeof second !== 'number') return false;
  if (second !== 0x5b && second !== 0x4f) return true;
  for (;;) {
    const next = line.readKey();
    if (typeof next !== 'number' || (next >= 0x40 && next <= 0x7e)) return true;
  }
}

const encoder = new TextEncoder();

/** Shows a text; what the terminal has not taken in time is left out. */
export async function show(
  { line }: OpenTerminal,
  text: string,
  { until, now }: { readonly until: Date; readonly now: Clock },
): Promise<void> {
  let rest = encoder.encode(text);
  while (rest.length > 0 && now().getTime() < until.getTime()) {
    const taken = line.write(rest);
    rest = rest.subarray(taken);
    if (taken === 0) await delay(betweenLooks);
  }
}
