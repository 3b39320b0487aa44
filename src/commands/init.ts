import { type Call, defineCommand } from '../cli/command.ts';
import { canAsk, choose, confirm, isAgreed } from '../cli/confirm.ts';
import {
  bad,
  blank,
  caution,
  faint,
  good,
  type Line,
  lines,
  type Span,
  strong,
} from '../cli/document.ts';
import { editsAsJson, listingLines, planLines } from '../cli/plan-page.ts';
import { textFor } from '../cli/reporter.ts';
import { exitCodes, fail } from '../errors.ts';
import {
  carryOut,
  editPlace,
  interruptionOf,
  planSetUp,
  proveHooks,
  recoverSetUp,
  type SetUpContext,
  type SetUpPlan,
  type SetUpWish,
} from '../flows/init.ts';
import { findCommitRisk, isForTeam } from '../flows/never-committed.ts';
import { findPaused, type PausedBefore } from '../flows/paused-before.ts';
import { type InstallWay, installWays, lineOf, needsInstallWay } from '../flows/program-place.ts';
import type { Firing } from '../integrations/canary.ts';
import { type Edit, hookManagerNames } from '../integrations/integration.ts';
import { readSurroundings } from '../integrations/surroundings.ts';
import { openRepositoryProject } from '../project.ts';

const options = {
  yes: { kind: 'flag', short: 'y', help: 'Carry the plan out without asking' },
  'dry-run': { kind: 'flag', help: 'Show every byte that would be written, and write nothing' },
  hooks: {
    kind: 'text',
    value: 'name',
    help: `Where hooks are to run, instead of where git runs them here: ${hookManagerNames.join(', ')}`,
  },
  install: {
    kind: 'text',
    value: 'way',
    help: `How the program is to stay: ${installWays.join(', ')} (nothing is installed)`,
  },
} as const;

/** What was planned, and what came of it; without `proof`, nothing was carried out. */
interface SetUp {
  readonly plan: SetUpPlan;
  /** Whether the user has seen it and said no. */
  readonly isDeclined: boolean;
  /** Whether the user has seen the plan before it was carried out. */
  readonly isShown: boolean;
  readonly edits: readonly Edit[];
  readonly proof: Proof | undefined;
}

interface Proof {
  readonly firings: readonly Firing[];
  /** Undefined when it could not be proved. */
  readonly ignored: boolean | undefined;
  readonly paused: PausedBefore;
  /** Whether the root `.gitignore` was changed, which others get by a commit. */
  readonly isForTeam: boolean;
}

export const init = defineCommand({
  name: 'init',
  summary: 'Set this repository up: hooks that offer what is paused, and keep it out of commits',
  args: '',
  options,
  examples: [
    { command: 'npx mpm-session init', does: 'Show what would be done, and ask' },
    { command: 'mpm-session init --dry-run', does: 'Show every byte of it, and change nothing' },
    { command: 'mpm-session init --yes', does: 'Do it without asking' },
  ],
  run: async (call): Promise<SetUp> => {
    const { io, options: given, warn } = call;
    const wish = wishFrom(call);
    const project = await openRepositoryProject(io, 'refuse');
    warn(...project.warnings);
    const context = { io, project };
    warn(...(given['dry-run'] ? interruptionOf(context) : await recoverSetUp(context)));
    const plan = await planSetUp(context, await completed(call, context, wish));
    const isDone = plan.edits.length === 0 && plan.runs.length === 0;
    const planned = { plan, isShown: false, edits: plan.edits, proof: undefined };
    if (given['dry-run']) return { ...planned, isDeclined: false };
    const ask = () => confirm(io, 'Carry this out?');
    if (!isDone && !given.yes && !(await isAgreed(call, planPage(plan), ask))) {
      return { ...planned, isDeclined: true };
    }
    for (const one of plan.runs) say(call, [faint('Running: '), lineOf(one.call)]);
    const { edits, warnings, printed } = await carryOut(context, plan);
    for (const line of linesOf(printed)) say(call, [faint(line)]);
    const [firings, risk, paused, forTeam] = await Promise.all([
      proveHooks(context),
      findCommitRisk(project.repository),
      findPaused(project),
      isForTeam(project.repository, plan.topLevel, edits),
    ]);
    warn(...warnings, ...risk.warnings);
    const proof = { firings, ignored: risk.ignored, paused, isForTeam: forTeam };
    return { plan, isDeclined: false, isShown: !given.yes, edits, proof };
  },
  toJson: ({ plan, edits, proof }: SetUp) => ({
    edits: editsAsJson(edits),
    runs: plan.runs.map(({ call }) => lineOf(call)),
    applied: proof !== undefined && (edits.length > 0 || plan.runs.length > 0),
    hooks: plan.refusal === undefined ? plan.manager.name : null,
    firing: proof === undefined ? null : isFiring(proof.firings),
    ignored: proof?.ignored ?? null,
    agents: plan.agents,
    notes: plan.notes,
  }),
  print: (result: SetUp) => lines(...page(result)),
  exitOf: ({ plan, isDeclined }: SetUp) =>
    isDeclined || plan.refusal !== undefined ? exitCodes.failed : exitCodes.done,
});

/** While it goes on; on standard error, which is not the result. */
function say({ io, manner }: Call<typeof options>, line: Line): void {
  if (manner.quiet || manner.json) return;
  io.stderr.write(textFor(lines(line), io.env, io.stderr.isTerminal));
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function wishFrom({ options: given, invocation }: Call<typeof options>): SetUpWish {
  return {
    hooks: oneOf('hooks', given.hooks, hookManagerNames),
    install: oneOf('install', given.install, installWays),
  };

  function oneOf<Name extends string>(
    option: string,
    value: string | undefined,
    names: readonly Name[],
  ): Name | undefined {
    const known = names.find((name) => name === value);
    if (value === undefined || known !== undefined) return known;
    const problem = `--${option} is one of ${names.join(', ')}, not '${value}'.`;
    throw fail('wrong-usage', { problem, command: invocation });
  }
}

/** Run from a cache, the program is asked about how it is to stay; unasked, nothing is installed. */
async function completed(
  { io, manner, options: given }: Call<typeof options>,
  { project }: SetUpContext,
  wish: SetUpWish,
): Promise<SetUpWish> {
  if (wish.install !== undefined || given.yes || given['dry-run'] || !canAsk(io, manner.json)) {
    return wish;
  }
  const surroundings = await readSurroundings(project.repository);
  const { vault } = editPlace({ io, project });
  if (!needsInstallWay({ io, vault, surroundings })) return wish;
  const install = await choose<InstallWay>(io, question, {
    choices: installWays,
    otherwise: 'npx',
  });
  return { ...wish, install };
}

const question =
  'The program is not installed. Add it as a devDependency, install it globally, or go on with npx?';

function page(result: SetUp): readonly Line[] {
  if (result.isDeclined) return [['Nothing was changed.']];
  return result.proof === undefined ? pageOfPlan(result) : pageOfProof(result, result.proof);
}

function planPage(plan: SetUpPlan): readonly Line[] {
  return [
    [strong('Setting up mpm-session'), ` in ${plan.topLevel}`],
    [
      plan.refusal === undefined
        ? faint(sentence(hooksWords(plan)))
        : bad(sentence(hooksWords(plan))),
    ],
    ...agentLines(plan),
    blank,
    ...planLines(plan),
    ...noteLines(plan),
    blank,
  ];
}

function agentLines({ agents }: SetUpPlan): readonly Line[] {
  if (agents.length === 0) return [];
  const names = agents.map(({ name, where }) => (where === 'home' ? `${name} (yours)` : name));
  return [[faint(`Agents found: ${names.join(', ')}. Nothing is installed for them.`)]];
}

function pageOfPlan({ plan }: SetUp): readonly Line[] {
  if (plan.edits.length === 0 && plan.runs.length === 0) {
    return [alreadySetUp(plan), ...(plan.refusal === undefined ? [] : noteLines(plan))];
  }
  return [...planPage(plan).slice(0, -1), ...listingLines(plan)];
}

function alreadySetUp(plan: SetUpPlan): Line {
  return [good('Already set up'), ` in ${plan.topLevel}: ${hooksWords(plan)}.`];
}

function hooksWords({ manager, refusal }: SetUpPlan): string {
  return refusal === undefined ? `hooks run through ${manager.about}` : 'hooks are not installed';
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

function pageOfProof({ plan, edits, isShown }: SetUp, proof: Proof): readonly Line[] {
  const isChanged = edits.length > 0 || plan.runs.length > 0;
  return [
    isChanged ? [good('Set up'), ` in ${plan.topLevel}: ${hooksWords(plan)}.`] : alreadySetUp(plan),
    ...(isShown || !isChanged ? [] : whatWasDone(plan, edits)),
    ...(isChanged || plan.refusal === undefined ? [] : noteLines(plan)),
    [faint('Hooks    '), ...firingWords(proof.firings)],
    [faint('Ignored  '), ignoredWord(proof.ignored)],
    ...(proof.isForTeam ? [commitLine] : []),
    ...pausedLines(proof.paused),
  ];
}

const commitLine: Line = [
  faint('Next     '),
  'commit .gitignore, so that it holds for everybody: git add :/.gitignore && git commit',
];

function whatWasDone(plan: SetUpPlan, edits: readonly Edit[]): readonly Line[] {
  return [...planLines({ ...plan, edits }), ...noteLines(plan)];
}

function noteLines({ notes }: SetUpPlan): readonly Line[] {
  return notes.map((note): Line => [caution('note: '), note]);
}

function firingWords(firings: readonly Firing[]): Line {
  const named = (state: Firing['state']) =>
    firings.filter((one) => one.state === state).map(({ event }) => event as string);
  const [fires, silent, unknown] = [named('fires'), named('silent'), named('unknown')];
  const groups = [
    ...(fires.length === 0 ? [] : [good(`fire (${fires.join(', ')})`)]),
    ...(silent.length === 0 ? [] : [bad(`do not fire (${silent.join(', ')})`)]),
    ...(unknown.length === 0 ? [] : [caution(`not known (${unknown.join(', ')})`)]),
  ];
  const isWell = fires.length === firings.length;
  return [
    ...groups.flatMap((group, index) => (index === 0 ? [group] : [', ', group])),
    ...(isWell ? [] : [faint("; 'mpm-session doctor' says why")]),
  ];
}

/** Undefined when it could not be asked without running hooks of the user's. */
function isFiring(firings: readonly Firing[]): boolean | null {
  const state = firings.find(({ event }) => event === 'post-checkout')?.state;
  return state === undefined || state === 'unknown' ? null : state === 'fires';
}

function ignoredWord(ignored: boolean | undefined): Span {
  if (ignored === undefined) return caution('not known');
  return ignored ? good('yes, proved by git') : bad('no');
}

function pausedLines({ here, othersHere, elsewhere }: PausedBefore): readonly Line[] {
  const more = here.length === 0 ? '' : ' more';
  const others = [
    ...(othersHere === 0 ? [] : [`${othersHere}${more} paused here`]),
    ...(elsewhere === 0 ? [] : [`${elsewhere} paused elsewhere`]),
  ];
  return [
    ...(here.length === 0 ? [] : [blank, ...here.map((line): Line => [line])]),
    ...(others.length === 0 ? [] : [[faint(`${others.join(', ')}: mpm-session list`)]]),
  ];
}
