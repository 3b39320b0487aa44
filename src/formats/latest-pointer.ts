import { visibleName } from '../session/clean-text.ts';
import type { SessionRecord } from '../session/record.ts';
import { shellQuote } from '../session/shell-quote.ts';
import { resumeCommand } from '../session/ways-back.ts';
import { type FormatName, formats } from './index.ts';

/** The absolute paths of those of a session's files that are there. */
export type SessionFiles = { readonly [Name in FormatName]?: string | undefined };

/**
 * `LATEST-SESSION.txt`, for people, in the layout claude-mpm gave it. No program reads it, and none
 * should: what it names may be gone or replaced.
 */
export function encodeLatestPointer(record: SessionRecord, files: SessionFiles): string {
  const isRepository = record.git_context.is_git_repo;
  return [
    ...header(record),
    '',
    'Files:',
    ...purposes.filter(({ name }) => files[name] !== undefined).map(fileLine(record)),
    '',
    'Quick Resume:',
    `  ${resumeCommand(isRepository)}`,
    '',
    'Full Context:',
    `  ${fullContext(record, files)}`,
    ...(isRepository ? ['', 'Validation:', '  git status && git log -1 --stat'] : []),
    '',
  ].join('\n');
}

function header(record: SessionRecord): string[] {
  return [
    `Latest Session: ${record.session_id}`,
    `Paused At: ${pausedAt(record)}`,
    ...(record.project_path === '' ? [] : [`Project: ${visibleName(record.project_path)}`]),
  ];
}

/** `YYYY-MM-DD HH:MM:SS UTC` */
function pausedAt(record: SessionRecord): string {
  const [date, time] = new Date(record.paused_at).toISOString().split(/[T.]/);
  return `${date} ${time} UTC`;
}

interface Purpose {
  readonly name: FormatName;
  readonly purpose: string;
}

const purposes: readonly Purpose[] = [
  { name: 'json', purpose: 'the record, for programs' },
  { name: 'yaml', purpose: 'the record with comments' },
  { name: 'md', purpose: 'the brief, for people' },
];

function fileLine(record: SessionRecord): (file: Purpose) => string {
  return ({ name, purpose }) => `- ${record.session_id}${formats[name].extension} (${purpose})`;
}

/** A path that cannot be typed as it is shown is left to `show`. */
function fullContext(record: SessionRecord, { md }: SessionFiles): string {
  if (md === undefined || visibleName(md) !== md) return `mpm-session show ${record.session_id}`;
  return `cat ${shellQuote(md)}`;
}
