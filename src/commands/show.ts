import { briefLines } from '../cli/brief-page.ts';
import { defineCommand } from '../cli/command.ts';
import { blank, caution, lines, type Printed, raw } from '../cli/document.ts';
import { pageFormat } from '../cli/page-format.ts';
import { fail } from '../errors.ts';
import { loadSessions } from '../flows/sessions.ts';
import { formats } from '../formats/index.ts';
import { openProject } from '../project.ts';
import { briefOf } from '../session/brief.ts';
import type { ReadableEntry } from '../session/entry.ts';
import { readable, selectOne } from '../session/select.ts';
import { presentFiles } from '../store/directory.ts';
import { vaultRecordPath } from '../store/vault.ts';

const pageFormats = { words: ['text', 'md', 'json', 'yaml', 'path'], besideJson: 'path' } as const;

type PageFormat = (typeof pageFormats.words)[number];

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
      readonly entry: ReadableEntry;
      readonly format: Exclude<PageFormat, 'path'>;
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
  run: async (call): Promise<Shown> => {
    const { io, options: given, args, invocation, warn } = call;
    const format = pageFormat(given.format, pageFormats, call);
    const [selector, ...others] = args;
    if (selector === undefined || others.length > 0) {
      throw fail('wrong-usage', { problem: 'Name one session to show.', command: invocation });
    }
    const project = await openProject(io, 'refuse');
    warn(...project.warnings);
    const listing = await loadSessions(project);
    warn(...listing.warnings);
    const entry = selectOne(listing.entries, selector);
    if (format === 'path') {
      const vault = project.sessions.vault;
      const record = vault === undefined ? [] : vaultRecordPath(vault, entry.id);
      const files = Object.values(presentFiles(project.sessions.directory, entry.id));
      return { kind: 'paths', id: entry.id, paths: [...files, ...record] };
    }
    const chosen = readable(entry);
    // The record alone has no room for the mark.
    if (chosen.foreign && format === 'json') warn(foreignMark);
    return { kind: 'session', entry: chosen, format };
  },
  toJson,
  print: printShown,
});

const foreignMark = 'This session came with the repository; nobody here wrote it.';

function toJson(shown: Shown) {
  if (shown.kind === 'paths') return { id: shown.id, paths: shown.paths };
  const { record, where, foreign } = shown.entry;
  return { session: record, where, foreign };
}

/** Paths go out as they are, for those who open them. */
function printShown(shown: Shown): Printed {
  if (shown.kind === 'paths') return raw(shown.paths.map((path) => `${path}\n`).join(''));
  const { record, foreign } = shown.entry;
  switch (shown.format) {
    case 'text': {
      const mark = foreign ? [[caution(foreignMark)], blank] : [];
      return lines(...mark, ...briefLines(briefOf(record)));
    }
    case 'md':
      return raw(`${foreign ? `> ${foreignMark}\n\n` : ''}${formats.md.encode(record)}`);
    case 'yaml':
      return raw(`${foreign ? `# ${foreignMark}\n` : ''}${formats.yaml.encode(record)}`);
    case 'json':
      return raw(formats.json.encode(record));
  }
}
