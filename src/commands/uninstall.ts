import { defineCommand } from '../cli/command.ts';
import { confirm, confirmByWord, isAgreed } from '../cli/confirm.ts';
import { blank, caution, faint, good, type Line, lines, strong } from '../cli/document.ts';
import { editsAsJson, planLines } from '../cli/plan-page.ts';
import { exitCodes } from '../errors.ts';
import { recoverSetUp } from '../flows/init.ts';
import { type PurgePlan, planTakeOut, type TakeOutPlan, takeOut } from '../flows/uninstall.ts';
import type { Io } from '../io.ts';
import { openRepositoryProject } from '../project.ts';
import { counted } from '../session/counted.ts';

const options = {
  yes: { kind: 'flag', short: 'y', help: 'Take it out without asking' },
  purge: {
    kind: 'flag',
    help: 'Delete all sessions as well, with all that was ever written about them here',
  },
} as const;

interface TakenOut {
  readonly plan: TakeOutPlan;
  readonly isApplied: boolean;
  /** Whether the user has seen the plan and said no. */
  readonly isDeclined: boolean;
}

export const uninstall = defineCommand({
  name: 'uninstall',
  summary: "Take out what 'init' put in; sessions stay",
  args: '',
  options,
  examples: [
    { command: 'mpm-session uninstall', does: 'Show what would be taken out, and ask' },
    { command: 'mpm-session uninstall --purge', does: 'Delete the sessions, too' },
  ],
  run: async (call): Promise<TakenOut> => {
    const { io, options: given, warn } = call;
    const project = await openRepositoryProject(io, 'warn');
    warn(...project.warnings);
    const context = { io, project };
    warn(...(await recoverSetUp(context)));
    const plan = await planTakeOut(context, given.purge ? 'everything' : 'installation');
    const isApplied = isSomething(plan);
    const ask = () => question(io, plan);
    if (isApplied && !given.yes && !(await isAgreed(call, planPage(plan), ask))) {
      return { plan, isApplied: false, isDeclined: true };
    }
    warn(...(await takeOut(context, plan)));
    return { plan, isApplied, isDeclined: false };
  },
  toJson: ({ plan, isApplied }: TakenOut) => ({
    edits: editsAsJson(plan.edits),
    applied: isApplied,
    firing: false,
    purged: plan.purge ?? null,
    notes: plan.notes,
  }),
  print: (result: TakenOut) => lines(...page(result)),
  exitOf: ({ isDeclined }: TakenOut) => (isDeclined ? exitCodes.failed : exitCodes.done),
});

function isSomething({ edits, isInstalled, purge }: TakeOutPlan): boolean {
  return edits.length > 0 || isInstalled || (purge?.isSomething ?? false);
}

function question(io: Io, plan: TakeOutPlan): Promise<boolean> {
  return plan.purge === undefined
    ? confirm(io, 'Take this out?')
    : confirmByWord(io, 'Sessions deleted so cannot be brought back.', 'purge');
}

function planPage(plan: TakeOutPlan): readonly Line[] {
  return [
    [strong('Taking mpm-session out'), ` of ${plan.topLevel}`],
    blank,
    ...planLines({ ...plan, runs: [] }),
    ...(plan.purge === undefined ? [] : purgeLines(plan.purge)),
    ...noteLines(plan),
    blank,
  ];
}

function noteLines({ notes }: TakeOutPlan): readonly Line[] {
  return notes.map((note): Line => [caution('note: '), note]);
}

function purgeLines({ sessions, vault }: PurgePlan): readonly Line[] {
  return [
    ['  ', strong('delete  '), counted(sessions, 'session'), ', with all files'],
    ['  ', strong('delete  '), vault],
  ];
}

function page({ plan, isApplied, isDeclined }: TakenOut): readonly Line[] {
  if (isDeclined) return [['Nothing was changed.']];
  const where = ` in ${plan.topLevel}`;
  if (!isApplied) {
    return [['Not set up', where, ': there is nothing to take out.'], ...noteLines(plan)];
  }
  return [
    [good('Taken out'), where],
    ...planLines({ ...plan, runs: [] }),
    ...(plan.purge === undefined ? [] : purgeLines(plan.purge)),
    ...noteLines(plan),
    ...(plan.purge === undefined && plan.sessionsLeft > 0
      ? [
          [
            faint(
              `Kept, and kept out of commits: ${counted(plan.sessionsLeft, 'session')}. --purge deletes them.`,
            ),
          ],
        ]
      : []),
  ];
}
