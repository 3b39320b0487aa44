import { briefLines } from '../cli/brief-page.ts';
import { defineCommand } from '../cli/command.ts';
import { blank, caution, lines, type Printed, raw } from '../cli/document.ts';
import { oneOf } from '../cli/one-of.ts';
import { fail } from '../errors.ts';
import { loadSessions } from '../flows/sessions.ts';
import { formats } from '../formats/index.ts';
import { openProject } from '../project.ts';
import { briefOf } from '../session/brief.ts';
import type { SessionEntry } from '../session/entry.ts';
import type { SessionRecord } from '../session/record.ts';
import { readable, selectOne } from '../session/select.ts';
import { presentFiles } from '../store/directory.ts';
import { vaultRecordPath } from '../store/vault.ts';

const pageFormats = ['text', 'md', 'json', 'yaml', 'path'] as const;

const options = {
  format: {
    kind: 'text',
    value: 'format',
    help: 'text (the default), md, json, yaml, or path for where its files are',
  },
} as const;

type Shown =
  | {
      readonly kind: 'session';
      readonly record: SessionRecord;
      readonly foreign: boolean;
      readonly format: 'text' | 'md' | 'json' | 'yaml';
    }
  | { readonly kind: 'paths'; readonly id: string; readonly paths: readonly string[] };

export const show = defineCommand({
  name: 'show',
  summary: 'Show one session',
  args: '<selector>',
  options,
  examples: [
    { command: 'mpm-session show 1', does: 'The newest session' },
    { command: 'mpm-session show 20261122-14 --format json', does: 'By a part of its id' },
    { command: 'mpm-session show 3 --format path', does: 'Where its files are' },
  ],
  run: async ({ io, options: given, args }) => {
    const place = { option: '--format', command: 'mpm-session show' };
    const format = oneOf(given.format ?? 'text', pageFormats, place);
    const [selector, ...others] = args;
    if (selector === undefined || others.length > 0) {
      throw fail('wrong-usage', { problem: 'Name one session to show.', command: place.command });
    }
    const project = await openProject(io, 'refuse');
    const listing = await loadSessions(project);
    const entry = selectOne(listing.entries, selector);
    const warnings = [...project.warnings, ...listing.warnings];
    if (format === 'path') {
      const vault = project.sessions.vault;
      const record = vault === undefined ? [] : vaultRecordPath(vault, entry.id);
      const files = Object.values(presentFiles(project.sessions.directory, entry.id));
      const paths: Shown = { kind: 'paths', id: entry.id, paths: [...files, ...record] };
      return { data: paths, warnings };
    }
    return { data: sessionOf(entry, format), warnings };
  },
  toJson: (shown: Shown) =>
    shown.kind === 'paths' ? { id: shown.id, paths: shown.paths } : { session: shown.record },
  print: printShown,
});

function sessionOf(
  entry: SessionEntry,
  format: Exclude<(typeof pageFormats)[number], 'path'>,
): Shown {
  const { record, foreign } = readable(entry);
  return { kind: 'session', record, foreign, format };
}

function printShown(shown: Shown): Printed {
  if (shown.kind === 'paths') return lines(...shown.paths.map((path) => [path]));
  const { record, format, foreign } = shown;
  if (format !== 'text') return raw(formats[format].encode(record));
  const mark = [caution('This session came with the repository; nobody here wrote it.')];
  return lines(...(foreign ? [mark, blank] : []), ...briefLines(briefOf(record)));
}
