import path from 'node:path';
import { fail } from '../errors.ts';
import { type FormatName, formats } from '../formats/index.ts';
import { realDirectory } from '../git/layout.ts';
import type { SessionRecord } from '../session/record.ts';
import { writeNewFile } from '../store/durable-files.ts';
import { assertWritable, lookAt } from '../store/read-files.ts';
import { describeError, isSystemError } from '../store/system-errors.ts';
import type { Call } from './command.ts';
import type { OptionTable } from './options.ts';

export interface ExportPlan {
  readonly path: string;
  readonly format: FormatName;
}

const endings: Readonly<Record<string, FormatName>> = {
  '.json': 'json',
  '.yaml': 'yaml',
  '.yml': 'yaml',
  '.md': 'md',
};

/**
 * Checks where a copy is to go before anything is paused.
 *
 * @throws Failure when the ending names no format, the file is there already, or it could not be made
 */
export function planExport(
  { io, invocation }: Pick<Call<OptionTable>, 'io' | 'invocation'>,
  given: string,
): ExportPlan {
  const format = endings[path.extname(given).toLowerCase()];
  if (format === undefined) {
    throw fail('wrong-usage', {
      problem: `--export ${given}: the name must end in .json, .yaml or .md.`,
      command: invocation,
    });
  }
  const target = path.resolve(io.cwd, given);
  const directory = path.dirname(target);
  if (realDirectory(directory) === undefined) throw fail('no-directory', { directory });
  try {
    assertWritable(directory);
    if (lookAt(target) !== undefined) throw fail('export-exists', { path: given });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const reason = describeError(error);
    throw fail('cannot-write', { path: given, reason, outcome: 'Nothing was paused.' });
  }
  return { path: target, format };
}

/** Writes the copy. The session itself is saved by now, and the error says so. */
export function exportSession(plan: ExportPlan, record: SessionRecord): void {
  try {
    writeNewFile(plan.path, formats[plan.format].encode(record));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const reason = describeError(error);
    throw fail('export-failed', { id: record.session_id, path: plan.path, reason });
  }
}
