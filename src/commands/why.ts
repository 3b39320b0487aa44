import path from 'node:path';
import { ageOf } from '../cli/ages.ts';
import { defineCommand } from '../cli/command.ts';
import { blank, type Document, faint, type Line, lines, strong } from '../cli/document.ts';
import { fail } from '../errors.ts';
import { followConfiguration } from '../flows/offers.ts';
import { explainDecision } from '../hooks/decisions.ts';
import type { Environment } from '../io.ts';
import { openRepositoryProject } from '../project.ts';
import { cleanLine } from '../session/clean-text.ts';
import { cutToColumns } from '../session/columns.ts';
import { isSessionId } from '../session/record.ts';
import { type HookDecision, readDecisions } from '../store/hook-log.ts';
import { whatIsAt } from '../store/read-files.ts';
import { hookFiles, readFromVault, type Vault } from '../store/vault.ts';

const options = {
  limit: { kind: 'text', value: 'count', help: 'At most this many; 10 when not given' },
} as const;

interface Reasons {
  /** Newest first. */
  readonly decisions: readonly HookDecision[];
  /** Why there may be no more of them, as things are now. */
  readonly remarks: readonly string[];
  /** Of the sessions that they name. */
  readonly branches: ReadonlyMap<string, string>;
}

export const why = defineCommand({
  name: 'why',
  summary: 'Tell why the last hook runs said what they said, or nothing',
  args: '',
  options,
  examples: [
    { command: 'mpm-session why', does: 'The last ten runs' },
    { command: 'mpm-session why --limit 1 --json', does: 'The last one, for a script' },
  ],
  run: async ({ io, options: given, invocation, warn }): Promise<Reasons> => {
    const limit = readLimit(given.limit, invocation);
    // What is wrong with the configuration is one of the reasons.
    const project = await openRepositoryProject(io, 'warn');
    warn(...project.warnings);
    await followConfiguration(project);
    const { vault } = project.sessions;
    const all = vault === undefined ? [] : readDecisions(vault);
    const decisions = all.slice(0, limit);
    const remarks = remarksOn(vault, all, io.env);
    return { decisions, remarks, branches: branchesOf(decisions, vault) };
  },
  toJson: ({ decisions, remarks }: Reasons) => ({ decisions, remarks }),
  print: printReasons,
});

const decisionsShown = 10;

function readLimit(given: string | undefined, invocation: string): number {
  if (given === undefined) return decisionsShown;
  if (/^[1-9]\d*$/.test(given)) return Number(given);
  const problem = `--limit takes a whole number from 1 on, and was given '${given}'.`;
  throw fail('wrong-usage', { problem, command: invocation });
}

function branchesOf(
  decisions: readonly HookDecision[],
  vault: Vault | undefined,
): ReadonlyMap<string, string> {
  const ids = new Set(decisions.map(({ detail = '' }) => detail).filter(isSessionId));
  const named = [...ids].flatMap((id): readonly (readonly [string, string])[] => {
    const read = vault === undefined ? undefined : readFromVault(vault, id);
    const branch = read?.kind === 'record' ? read.record.git_context.branch : null;
    return branch === null ? [] : [[id, branch]];
  });
  return new Map(named);
}

function remarksOn(
  vault: Vault | undefined,
  decisions: readonly HookDecision[],
  env: Environment,
): readonly string[] {
  const isThere = (name: string) =>
    vault !== undefined && whatIsAt(path.join(vault.directory, name)) !== 'nothing';
  const remarks = [
    ...(env['MPM_SESSION_HOOKS'] === '0'
      ? ['MPM_SESSION_HOOKS is 0 here: nothing is offered where it is.']
      : []),
    ...(isThere(hookFiles.postCheckout)
      ? []
      : ["No hooks are set up in this repository. Set them up with 'mpm-session init'."]),
    ...(isThere(hookFiles.offers)
      ? []
      : ['Nothing is paused here that can be offered, so hooks have nothing to say.']),
  ];
  const isUnexplained = remarks.length === 0 && decisions.length === 0;
  return isUnexplained
    ? ["No hook has run here yet. 'mpm-session doctor' tells whether they fire."]
    : remarks;
}

function printReasons({ decisions, remarks, branches }: Reasons, now: Date): Document {
  const cells = decisions.map((decision) => toCells(decision, branches, now));
  const width = (column: 'age' | 'where') => Math.max(0, ...cells.map((one) => one[column].length));
  const widths = { age: width('age'), where: width('where') };
  const told = cells.flatMap((one) => toLines(one, widths));
  const isApart = told.length > 0 && remarks.length > 0;
  return lines(...told, ...(isApart ? [blank] : []), ...remarks.map((remark): Line => [remark]));
}

interface Cells {
  readonly age: string;
  /** The branch that a checkout was about; else the event. */
  readonly where: string;
  readonly text: string;
}

type Branches = Reasons['branches'];

function toCells(decision: HookDecision, branches: Branches, now: Date): Cells {
  const { time, event, detail } = decision;
  const about = event === 'post-checkout' ? aboutCheckout(decision, branches) : { detail };
  return {
    // Most of what sh decides has no time; it stands between others that have one.
    age: time === null ? '' : ageOf(time, now),
    where: cutToColumns(cleanLine(about.where ?? event), widestPlace),
    text: cleanLine(
      `${sentence(decision)}${about.detail === undefined ? '' : ` (${about.detail})`}`,
    ),
  };
}

/** The detail is a session, the ref entered (HEAD when detached), the branch left, or something else. */
function aboutCheckout(
  { detail, reason }: HookDecision,
  branches: Branches,
): { readonly where?: string | undefined; readonly detail?: string | undefined } {
  if (detail === undefined) return {};
  if (detail.startsWith('refs/heads/')) return { where: detail.slice('refs/heads/'.length) };
  if (reason === 'left-clean' || reason === 'left-unchanged') return { where: detail };
  if (detail === 'HEAD') return { where: 'detached HEAD' };
  return { where: branches.get(detail), detail };
}

const outcomes: ReadonlyMap<string, string> = new Map([
  ['asked', 'asked'],
  ['hinted', 'printed the offer'],
  ['quiet', 'said nothing'],
  ['paused', 'paused'],
  ['refused', 'refused'],
  ['passed', 'let it pass'],
  ['failed', 'failed'],
]);

function sentence({ outcome, reason }: HookDecision): string {
  const did = outcomes.get(outcome) ?? outcome;
  if (reason === '-') return `${did}.`;
  const explained = explainDecision(reason);
  return `${did}: ${explained === undefined ? `${reason}.` : withinSentence(explained)}`;
}

/** Not of what is a name: HEAD, MPM_SESSION_HOOKS. */
function withinSentence(text: string): string {
  return /^[A-Z](?:[a-z]| )/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

const widestPlace = 30;
const widestLine = 100;

function toLines(
  { age, where, text }: Cells,
  widths: { readonly age: number; readonly where: number },
): readonly Line[] {
  const before = widths.age === 0 ? '' : `${age.padEnd(widths.age)}  `;
  const indent = before.length + widths.where + 2;
  const [first = '', ...rest] = wrapped(text, widestLine - indent);
  return [
    [faint(before), strong(where.padEnd(widths.where)), `  ${first}`],
    ...rest.map((line): Line => [`${' '.repeat(indent)}${line}`]),
  ];
}

/** Lines of at most so many characters, if the words allow it. */
function wrapped(text: string, width: number): readonly string[] {
  const found: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      found.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...found, line];
}
