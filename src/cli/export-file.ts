import path from 'node:path';
import { fail } from '../errors.ts';
import { type FormatName, formats } from '../formats/index.ts';
import type { SessionRecord } from '../session/record.ts';
import { writeNewFile } from '../store/durable-files.ts';
import { whatIsAt } from '../store/read-files.ts';
import { describeError } from '../store/system-errors.ts';

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
 * @throws Failure when the ending names no format, or the file is there already
 */
export function planExport(cwd: string, given: string): ExportPlan {
  const format = endings[path.extname(given).toLowerCase()];
  if (format === undefined) {
    throw fail('wrong-usage', {
      problem: `--export ${given}: the name must end in .json, .yaml or .md.`,
      command: 'git mpm-pause',
    });
  }
  const target = path.resolve(cwd, given);
  if (whatIsAt(target) !== 'nothing') throw fail('export-exists', { path: given });
  if (whatIsAt(path.dirname(target)) === 'nothing') {
    throw fail('no-directory', { directory: path.dirname(target) });
  }
  return { path: target, format };
}

/** Writes the copy. The session itself is saved by now, and the error says so. */
export function exportSession(plan: ExportPlan, record: SessionRecord): void {
  try {
    writeNewFile(plan.path, formats[plan.format].encode(record));
  } catch (error) {
    const reason = describeError(error);
    throw fail('export-failed', { id: record.session_id, path: plan.path, reason });
  }
}
