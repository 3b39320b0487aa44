import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { differences, everythingIn } from '../e2e/set-up.ts';
import { createRepository, type TestRepository } from '../helpers/repository.ts';
import { binCommand, runGit, runProgram } from '../helpers/run.ts';
import { type InjectedRun, killAt, storeCalls, straceAvailable } from '../helpers/strace.ts';
import { listAt, pauseAt, type Scene } from './scene.ts';
import { isFull, sweep } from './sweep.ts';

/** By default every ninth of the calls. */
const stride = isFull ? 1 : 9;

const purge = ['uninstall', '--purge', '--yes'];

describe.skipIf(!straceAvailable())('uninstall --purge (needs strace)', () => {
  it('killed before a system call, is finished by the next', { timeout: 600_000 }, async () => {
    const scene = await purgeScene();
    const calls = await storeCalls(() => scene.fresh(...purge));
    expect(calls.length).toBeGreaterThan(50);
    const violations = await sweep({
      name: 'purge killed',
      scenes: [scene],
      points: calls.filter((_, at) => at % stride === 0).map((call) => ({ call })),
      inject: (one, { call }) => killAt(() => one.fresh(...purge), call),
      check: (_, run) => check(scene, run),
    });
    expect(violations).toEqual([]);
  });
});

interface PurgeScene extends Scene {
  readonly without: readonly string[];
}

async function purgeScene(): Promise<PurgeScene> {
  const repository = createRepository();
  repository.commit('start', { file: 'one\n' });
  repository.git('branch', 'other');
  const without = stateOf(repository);
  await succeed(repository, 'init', '--yes');
  const sessions = [await pauseAt(repository, 'one'), await pauseAt(repository, 'two')];
  const original = `${repository.path} as it was`;
  execFileSync('cp', ['-a', repository.path, original]);
  return {
    repository,
    sessions: sessions.map(({ session }) => session),
    without,
    fresh(...args) {
      rmSync(repository.path, { recursive: true, force: true });
      execFileSync('cp', ['-a', original, repository.path]);
      const { path: cwd, env } = repository;
      return { ...binCommand('mpm-session', args, { cwd, env }), root: cwd };
    },
  };
}

/** What git itself keeps of a switch and a commit is not looked at. */
function stateOf(repository: TestRepository): readonly string[] {
  const isOfGit = (line: string) =>
    /^\.git\/(?:index|HEAD|ORIG_HEAD|logs|refs|objects|COMMIT_EDITMSG)/.test(line);
  return everythingIn(repository).filter((line) => !isOfGit(line));
}

async function succeed(repository: TestRepository, ...args: string[]): Promise<void> {
  const { path: cwd, env } = repository;
  const run = await runProgram(args, { cwd, env });
  if (run.code !== 0) throw new Error(`${args.join(' ')}: exit ${run.code}: ${run.stderr}`);
}

async function check(scene: PurgeScene, run: InjectedRun): Promise<readonly string[]> {
  const { repository, without } = scene;
  const lock = path.join(repository.path, '.git/config.lock');
  // A git that was killed leaves its own lock, which its user has to delete.
  if (existsSync(lock)) rmSync(lock);
  const problems = (await listAt(repository)).flatMap(({ id, problem }) =>
    problem === null ? [] : [`${id}: ${problem}`],
  );
  const git = await runGit(repository, ['switch', '--quiet', 'other']);
  await succeed(repository, ...purge);
  const { gone, new: added } = differences(without, stateOf(repository));
  return [
    ...(run.signal === 'SIGKILL' || run.code === 137 ? [] : [`ended with ${run.code}`]),
    ...problems,
    ...(git.code === 0 ? [] : [`git switch: ${git.stderr}`]),
    ...gone.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
  ];
}
