import { fail } from '../errors.ts';
import type { Call } from './command.ts';
import type { OptionTable } from './options.ts';

/** A command's formats, `text` among them, and those that can be asked for with `--json` as well. */
export interface PageFormats<Word extends string> {
  readonly words: readonly Word[];
  readonly besideJson: NoInfer<Word>;
}

/**
 * What `--format` asks for; `text` unless it is given.
 *
 * @throws Failure `wrong-usage` that names the formats, or says that `--json` is another one
 */
export function pageFormat<const Word extends string>(
  given: string | undefined,
  { words, besideJson }: PageFormats<Word | 'text'>,
  { manner, invocation }: Pick<Call<OptionTable>, 'manner' | 'invocation'>,
): Word | 'text' {
  if (given === undefined) return 'text';
  const wrong = (problem: string) => fail('wrong-usage', { problem, command: invocation });
  const word = words.find((candidate) => candidate === given);
  if (word === undefined) {
    throw wrong(`--format takes ${words.join(', ')}, and was given '${given}'.`);
  }
  if (manner.json && word !== besideJson) {
    throw wrong(`--format ${word} and --json are two forms of the answer: give one of them.`);
  }
  return word;
}
