import { fail } from '../errors.ts';

/**
 * A value that must be one of a few words.
 *
 * @throws Failure `wrong-usage` that names them
 */
export function oneOf<const Word extends string>(
  given: string,
  words: readonly Word[],
  place: { readonly option: string; readonly command: string },
): Word {
  const word = words.find((candidate) => candidate === given);
  if (word !== undefined) return word;
  const problem = `${place.option} takes ${words.join(', ')}, and was given '${given}'.`;
  throw fail('wrong-usage', { problem, command: place.command });
}
