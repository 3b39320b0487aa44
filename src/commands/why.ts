import path from 'node:path';
import { ageOf } from '../cli/ages.ts';
import { defineCommand } from '../cli/command.ts';
import { blank, type Document, faint, type Line, lines, strong } from '../cli/document.ts';
import { fail } from '../errors.ts';
import { explainDecision } from '../hooks/decisions.ts';
import type { Environment } from '../io.ts';
import { openRepositoryProject } from '../project.ts';
import { type HookDecision, readDecisions } from '../store/hook-log.ts';
import { whatIsAt } from '../store/read-files.ts';
import { hookFiles, type Vault } from '../store/vault.ts';

const options = {
  limit: { kind: 'text', value: 'count', help: 'At most this many; 10 when not given' },
} as const;

interface Reasons {
  /** Newest first. */
  readonly decisions: readonly HookDecision[];
  /** Why there may be no more of them, as things are now. */
  readonly remarks: readonly string[];
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
    const { vault } = project.sessions;
    const decisions = vault === undefined ? [] : readDecisions(vault);
    return { decisions: decisions.slice(0, limit), remarks: remarksOn(vault, decisions, io.env) };
  },
  print: printReasons,
});

const decisionsShown = 10;

function readLimit(given: string | undefined, invocation: string): number {
  if (given === undefined) return decisionsShown;
  if (/^[1-9]\d*$/.test(given)) return Number(given);
  const problem = `--limit takes a whole number from 1 on, and was given '${given}'.`;
  throw fail('wrong-usage', { problem, command: invocation });
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
      : ['No session here can be offered: the hook ends before it decides anything.']),
  ];
  const isUnexplained = remarks.length === 0 && decisions.length === 0;
  return isUnexplained
    ? ["No hook has run here yet. 'mpm-session doctor' tells whether they fire."]
    : remarks;
}

function printReasons({ decisions, remarks }: Reasons, now: Date): Document {
  const told = decisions.map((decision) => sentence(decision, now));
  const isApart = told.length > 0 && remarks.length > 0;
  return lines(...told, ...(isApart ? [blank] : []), ...remarks.map((remark): Line => [remark]));
}

const outcomes: ReadonlyMap<string, string> = new Map([
  ['asked', 'asked'],
  ['hinted', 'printed the offer'],
  ['quiet', 'said nothing'],
  ['paused', 'paused the branch that was left'],
  ['refused', 'refused'],
  ['passed', 'let it pass'],
  ['failed', 'failed'],
]);

function sentence({ time, event, args, outcome, reason, detail }: HookDecision, now: Date): Line {
  const explained = explainDecision(reason);
  const did = outcomes.get(outcome) ?? outcome;
  return [
    strong(event),
    ` ${did}`,
    reason === '-' ? '.' : `: ${explained ?? `${reason}.`}`,
    ...(detail === undefined ? [] : [` (${detail})`]),
    faint(
      `  ${[...args.map(abbreviated), ...(time === null ? [] : [ageOf(time, now)])].join(' ')}`,
    ),
  ];
}

/** Object ids as people know them. */
function abbreviated(arg: string): string {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(arg) ? arg.slice(0, 10) : arg;
}
