import { defineCommand } from '../cli/command.ts';
import { doctorPage } from '../cli/doctor-page.ts';
import { exitCodes, fail } from '../errors.ts';
import type { Check } from '../flows/diagnose/check.ts';
import { diagnose } from '../flows/diagnose/diagnose.ts';
import { checkRange } from '../flows/diagnose/never-committed.ts';
import { type Repaired, repairAll } from '../flows/diagnose/repair.ts';
import { followConfiguration } from '../flows/offers.ts';
import { openRepositoryProject } from '../project.ts';

interface Diagnosis {
  readonly checks: readonly Check[];
  /** What `--fix` did before the checks were made. */
  readonly fixed: readonly Repaired[];
}

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'Check that hooks fire, that sessions are whole and kept out of commits',
  args: '',
  options: {
    fix: { kind: 'flag', help: 'Repair what can safely be repaired, and check again' },
    'run-hooks': {
      kind: 'flag',
      help: 'Ask git whether hooks fire also where your own hooks run then, too',
    },
    ci: {
      kind: 'text',
      value: 'range',
      help: 'Only look for session files in these commits (main..HEAD), for use in CI',
    },
  },
  examples: [
    { command: 'mpm-session doctor --fix', does: 'Check, repair, and check again' },
    {
      command: 'mpm-session doctor --ci origin/main..HEAD',
      does: 'Fail when commits hold sessions',
    },
  ],
  run: async ({ io, options, invocation }): Promise<Diagnosis> => {
    const project = await openRepositoryProject(io, 'warn');
    const range = options.ci;
    if (range !== undefined) {
      if (options.fix || options['run-hooks']) {
        const problem = '--ci looks at history alone: it goes with neither --fix nor --run-hooks.';
        throw fail('wrong-usage', { problem, command: invocation });
      }
      return { checks: await checkRange(project.repository, range), fixed: [] };
    }
    await followConfiguration(project);
    const run = options['run-hooks'] ? 'also-with-others' : 'only-alone';
    const checks = await diagnose(io, project, run);
    if (!options.fix) return { checks, fixed: [] };
    const fixed = await repairAll({ io, project }, checks);
    return { checks: fixed.length === 0 ? checks : await diagnose(io, project, run), fixed };
  },
  toJson: (diagnosis) => ({
    ok: isWell(diagnosis),
    checks: diagnosis.checks.map(({ code, state, message, fix }) => ({
      code,
      state,
      message,
      fix: fix ?? null,
    })),
    fixed: diagnosis.fixed,
  }),
  print: doctorPage,
  exitOf: (diagnosis) => (isWell(diagnosis) ? exitCodes.done : exitCodes.failed),
});

function isWell({ checks }: Diagnosis): boolean {
  return checks.every(({ state }) => state === 'ok');
}
