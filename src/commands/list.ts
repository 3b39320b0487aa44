import { ageOf } from '../cli/ages.ts';
import { defineCommand } from '../cli/command.ts';
import {
  bad,
  caution,
  type Document,
  faint,
  good,
  type Line,
  lines,
  name,
} from '../cli/document.ts';
import { headline } from '../cli/headline.ts';
import { fail } from '../errors.ts';
import { among, belongingTo, locate } from '../flows/here.ts';
import { loadSessions } from '../flows/sessions.ts';
import { openProject, type Project } from '../project.ts';
import { describeProblem, type SessionEntry } from '../session/entry.ts';
import type { BranchName } from '../session/git-state.ts';
import { belongsHere } from '../session/select.ts';

const options = {
  branch: { kind: 'text', value: 'branch', help: 'Only sessions paused on this branch' },
  here: { kind: 'flag', help: 'Only sessions of the branch or commit checked out' },
  limit: { kind: 'text', value: 'count', help: 'At most this many' },
} as const;

/** One session of the list; `number` is its place in the whole list, which selectors take. */
interface Row {
  readonly number: number;
  readonly entry: SessionEntry;
  readonly here: boolean;
}

interface Listed {
  readonly rows: readonly Row[];
  /** How many sessions there are in all. */
  readonly total: number;
}

export const list = defineCommand({
  name: 'list',
  summary: 'List the sessions, newest first',
  args: '',
  options,
  examples: [
    { command: 'mpm-session list', does: 'All sessions of the repository' },
    { command: 'mpm-session list --here', does: 'Those of the branch checked out' },
    { command: 'mpm-session list --branch feature/login --limit 3 --json', does: 'For a script' },
  ],
  run: async ({ io, options: given, invocation, warn }) => {
    const limit = readLimit(given.limit, invocation);
    const project = await openProject(io, 'refuse');
    warn(...project.warnings);
    // git looks while the records are read.
    const [place, listing] = await Promise.all([locate(project), loadSessions(project)]);
    const { entries, warnings } = listing;
    warn(...warnings);
    const here = await among(project, place, entries);
    const rows = entries.map(
      (entry, index): Row => ({
        number: index + 1,
        entry,
        here: entry.record !== undefined && !entry.foreign && belongsHere(entry.record, here),
      }),
    );
    const wanted = rows
      .filter((row) => !given.here || row.here)
      .filter(await isOnBranch(project, entries, given.branch));
    return { rows: wanted.slice(0, limit), total: entries.length };
  },
  toJson: ({ rows }: Listed) => ({ sessions: rows.map(rowToJson) }),
  print: printList,
});

function readLimit(given: string | undefined, invocation: string): number | undefined {
  if (given === undefined) return undefined;
  if (/^[1-9]\d*$/.test(given)) return Number(given);
  const problem = `--limit takes a whole number from 1 on, and was given '${given}'.`;
  throw fail('wrong-usage', { problem, command: invocation });
}

/** Those that belong to a branch; of one that is gone, those that name it. */
async function isOnBranch(
  project: Project,
  entries: readonly SessionEntry[],
  branch: string | undefined,
): Promise<(row: Row) => boolean> {
  if (branch === undefined) return () => true;
  const isThere = await belongingTo(project, entries, branch as BranchName);
  return ({ entry }) => entry.record !== undefined && isThere(entry.record);
}

function rowToJson({ number, entry, here }: Row) {
  const { id, record, where, foreign, problem } = entry;
  return {
    number,
    id,
    paused_at: record?.paused_at ?? null,
    branch: record?.git_context.branch ?? null,
    head: record?.git_context.head ?? null,
    message: record?.conversation.summary ?? null,
    status: record?.lifecycle.status ?? null,
    work: null,
    where,
    here,
    foreign,
    problem: problem === undefined ? null : describeProblem(problem),
  };
}

function printList({ rows, total }: Listed, now: Date): Document {
  if (rows.length === 0) return lines([total === 0 ? nothingYet : 'No session matches.']);
  const cells = rows.map((row) => toCells(row, now));
  const width = (column: 'number' | 'age' | 'place') =>
    Math.max(...cells.map((one) => one[column].length));
  const widths = { number: width('number'), age: width('age'), place: width('place') };
  return lines(
    ...cells.map((one): Line => {
      const place = one.place.padEnd(widths.place);
      return [
        one.here ? good('*') : ' ',
        faint(one.number.padStart(widths.number + 1)),
        `  ${one.id.slice('session-'.length)}  `,
        faint(one.age.padEnd(widths.age)),
        '  ',
        name(place),
        '  ',
        ...one.rest,
      ];
    }),
  );
}

const nothingYet = 'No sessions yet. Pause one with: git mpm-pause "what you are doing"';

interface Cells {
  readonly number: string;
  readonly id: string;
  readonly age: string;
  readonly place: string;
  readonly rest: Line;
  readonly here: boolean;
}

function toCells({ number, entry, here }: Row, now: Date): Cells {
  const { id, record } = entry;
  const base = { number: String(number), id, here };
  if (record === undefined) {
    const rest = [bad('unreadable'), ` ${describeProblem(entry.problem)}`];
    return { ...base, age: '', place: '', rest };
  }
  const git = record.git_context;
  const head = git.head?.slice(0, 8);
  const place = [git.branch ?? (git.detached ? '(detached)' : undefined), head];
  return {
    ...base,
    age: ageOf(record.paused_at, now),
    place: place.filter((part) => part !== undefined).join(' '),
    rest: [...marksOf(entry), headline(record.conversation.summary)],
  };
}

function marksOf(entry: SessionEntry): Line {
  const status = entry.record?.lifecycle.status;
  return [
    ...(entry.foreign ? [caution('[foreign]'), ' '] : []),
    ...(status === undefined || status === 'paused' ? [] : [faint(`[${status}]`), ' ']),
  ];
}
