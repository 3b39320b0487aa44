/** What the hook costs: which processes are started, counted by strace(1) below the hook's own. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../helpers/run.ts';
import { straceAvailable } from '../helpers/strace.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import {
  gitAtLeast,
  gitOk,
  type HookRepository,
  hookRepository,
  lastDecision,
  offerOn,
  shells,
  writeOffer,
} from './hook-repository.ts';

const skipped = straceAvailable() ? '' : ' (SKIPPED: strace cannot be used)';

/** mksh needs programs for what the others have built in. */
const cheap = shells.filter(({ name }) => name !== 'mksh');

describe.skipIf(!straceAvailable())(`beyond the hook's own process${skipped}`, () => {
  for (const { name, interpreter } of cheap) {
    const what = interpreter === undefined ? `${name} (SKIPPED: it is not installed)` : name;
    describe.skipIf(interpreter === undefined)(`of ${what}`, () => {
      const setUp = { interpreter: interpreter ?? '' };

      it('no process at all where nothing is paused', async () => {
        const repository = hookRepository({}, setUp);
        expect(await startedBy(repository, 'switch', 'feature')).toEqual({
          forks: 0,
          programs: [],
        });
      });

      it('no process at all for checkouts of files', async () => {
        const repository = hookRepository({}, setUp);
        offerOn(repository, 'feature');
        const started = await startedBy(repository, 'checkout', '--', '.');
        expect(started).toEqual({ forks: 0, programs: [] });
      });

      it('one git where the branch has no session', async () => {
        const repository = hookRepository({}, setUp);
        offerOn(repository, 'same');
        const started = await startedBy(repository, 'switch', 'feature');
        expect(started.programs).toEqual(['git config']);
        expect(lastDecision(repository)).toBe('quiet no-session');
      });

      it('one git where a hint is printed', async () => {
        const repository = hookRepository({}, setUp);
        offerOn(repository, 'feature');
        await gitOk(repository, 'switch', 'same');
        const started = await startedBy(repository, 'switch', 'feature');
        expect(started.programs).toEqual(['git config']);
        expect(lastDecision(repository)).toBe('hinted not-a-terminal');
      });

      it('two where old and new commit are the same', async () => {
        const repository = hookRepository({}, setUp);
        offerOn(repository, 'same');
        const started = await startedBy(repository, 'switch', 'same');
        expect(started.programs).toEqual(['git config', 'git log']);
        expect(lastDecision(repository)).toBe('hinted not-a-terminal');
      });

      it('none for a commit without a session of its own, one for one with', async () => {
        const repository = hookRepository({}, setUp);
        offerOn(repository, 'same');
        const none = await startedBy(repository, 'checkout', '--detach', 'feature');
        expect(none.programs).toEqual([]);
        await gitOk(repository, 'switch', 'main');
        writeOffer(repository, repository.git('rev-parse', 'feature').trim());
        const one = await startedBy(repository, 'checkout', '--detach', 'feature');
        expect(one.programs).toEqual(['git log']);
      });
    });
  }

  it.skipIf(!gitAtLeast(2, 54))(
    'as a command of the configuration (needs git 2.54: MPM_TEST_GIT), the same',
    async () => {
      const repository = hookRepository({}, { through: 'configuration' });
      expect((await startedBy(repository, 'switch', 'feature')).programs).toEqual([]);
      offerOn(repository, 'same');
      expect((await startedBy(repository, 'switch', 'main')).programs).toEqual(['git config']);
    },
  );

  it.skipIf(!gitAtLeast(2, 45))(
    'two in a reftable repository (needs git 2.45: MPM_TEST_GIT)',
    async () => {
      const repository = hookRepository({ refFormat: 'reftable' });
      offerOn(repository, 'feature');
      await gitOk(repository, 'switch', 'same');
      const started = await startedBy(repository, 'switch', 'feature');
      expect(started.programs).toEqual(['git symbolic-ref', 'git config']);
    },
  );
});

interface Started {
  /** Processes that the hook and what it started split off. */
  readonly forks: number;
  /** Programs they ran, each by its name and first argument that is no option. */
  readonly programs: readonly string[];
}

async function startedBy(repository: HookRepository, ...args: readonly string[]): Promise<Started> {
  const logs = temporaryDirectory();
  const what = ['-ff', '-ttt', '-s', '500', '-e', 'trace=execve', '-e', 'signal=none'];
  const run = await runCommand({
    program: 'strace',
    args: ['-qq', ...what, '-o', path.join(logs, 'log'), 'git', ...args],
    cwd: repository.path,
    env: repository.env,
  });
  if (run.code !== 0) throw new Error(run.stderr);
  return belowHook(readdirSync(logs).map((name) => readFileSync(path.join(logs, name), 'latin1')));
}

const isHook = /^[\d.]+ execve\(.*(?:post-checkout"|"-c", ".*mpm_vault=).* = 0$/;

/** Each process has a log of its own; all but git's and the hook's are below the hook. */
function belowHook(processes: readonly string[]): Started {
  const calls = processes.map((log) => log.split('\n'));
  const hook = calls.find((lines) => lines.some((line) => isHook.test(line)));
  if (hook === undefined) throw new Error('no hook was run');
  const afterHook = hook.slice(hook.findIndex((line) => isHook.test(line)) + 1);
  const [git] = calls.filter(([first]) => first !== '').sort();
  const below = calls.filter((lines) => lines !== hook && lines !== git);
  const programs = [...afterHook, ...below.flat()].sort().flatMap((line) => {
    const [, words] = /^[\d.]+ execve\("[^"]*", \[(.*)\], 0x.* = 0$/.exec(line) ?? [];
    return words === undefined ? [] : [nameOf(JSON.parse(`[${words}]`) as string[])];
  });
  return { forks: below.length, programs };
}

function nameOf([program = '', ...args]: readonly string[]): string {
  const options = args[0] === '-c' ? args.slice(2) : args;
  return `${path.basename(program)} ${options[0]}`;
}
