import { fail } from '../errors.ts';
import type { Io } from '../io.ts';
import type { Call } from './command.ts';
import { type Line, lines } from './document.ts';
import type { OptionTable } from './options.ts';
import { reportResult } from './reporter.ts';

/**
 * Shows what would be done, and asks whether to do it.
 *
 * @throws Failure `not-confirmed` where nobody can be asked
 */
export async function isAgreed(
  { io, manner, invocation }: Pick<Call<OptionTable>, 'io' | 'manner' | 'invocation'>,
  page: readonly Line[],
  ask: () => Promise<boolean>,
): Promise<boolean> {
  const isThere = canAsk(io, manner.json);
  if (!manner.json && (isThere || !manner.quiet)) {
    const shown = { data: null, printed: () => lines(...page) };
    reportResult(io, { json: false, quiet: false }, shown);
  }
  if (!isThere) throw fail('not-confirmed', { command: invocation });
  return ask();
}

/** Whether somebody is there who can be asked. */
export function canAsk({ stdin, stdout }: Pick<Io, 'stdin' | 'stdout'>, json: boolean): boolean {
  return !json && stdin.isTerminal && stdout.isTerminal;
}

/** Asks a question that only a plain yes answers. */
export async function confirm(io: Io, question: string): Promise<boolean> {
  return /^\s*y(?:es)?\s*$/i.test(await answerTo(io, `${question} [y/N] `));
}

/** Asks for a word to be typed out, where a mistaken `y` would cost too much. */
export async function confirmByWord(io: Io, question: string, word: string): Promise<boolean> {
  return (await answerTo(io, `${question} Type '${word}' to go on: `)).trim() === word;
}

/**
 * Asks for one of several things, each known by its first letter; once more after anything else.
 * `otherwise` when none is given.
 */
export async function choose<Choice extends string>(
  io: Io,
  question: string,
  { choices, otherwise }: { readonly choices: readonly Choice[]; readonly otherwise: Choice },
): Promise<Choice> {
  const offered = choices.map((choice) => `[${choice.charAt(0)}]${choice.slice(1)}`).join('  ');
  const ask = async (text: string) => {
    const answer = (await answerTo(io, text)).trim().toLowerCase();
    return answer === '' ? otherwise : choices.find((choice) => choice.startsWith(answer));
  };
  const prompt = `  ${offered}  (${otherwise}) `;
  return (await ask(`${question}\n${prompt}`)) ?? (await ask(prompt)) ?? otherwise;
}

async function answerTo({ stdin, stdout }: Io, question: string): Promise<string> {
  stdout.write(question);
  const line = await stdin.readLine();
  // Ctrl-D leaves the cursor behind the question.
  if (line === undefined) stdout.write('\n');
  return line ?? '';
}
