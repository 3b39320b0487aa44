import { type Failure, fail } from '../errors.ts';
import { describeError, isSystemError } from './durable-files.ts';

/**
 * What to throw for an error met while writing: the file system's refusals become `cannot-write`,
 * everything else stays what it is.
 */
export function refusalToWrite(path: string, error: unknown): unknown {
  return isSystemError(error) ? cannotWrite(path, error) : error;
}

function cannotWrite(path: string, error: unknown): Failure {
  return fail('cannot-write', { path, reason: describeError(error) });
}
