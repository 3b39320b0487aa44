import { fail } from '../errors.ts';
import { describeError, isSystemError } from './system-errors.ts';

/** What did not happen. */
const outcomes = {
  pause: 'No session was written.',
  change: 'The session is as it was.',
  removal: 'What is still listed was not deleted.',
} as const;

/**
 * What to throw for an error met while writing: the file system's refusals become `cannot-write`,
 * everything else stays what it is.
 */
export function refusalToWrite(
  path: string,
  error: unknown,
  doing: keyof typeof outcomes,
): unknown {
  if (!isSystemError(error)) return error;
  return fail('cannot-write', { path, reason: describeError(error), outcome: outcomes[doing] });
}
