import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { binCommand, runGit, runProgram } from '../helpers/run.ts';
import { type InjectedRun, killAt, storeCalls, straceAvailable } from '../helpers/strace.ts';
import { snapshotOf } from '../integrations/installation.ts';
import type { Scene } from './scene.ts';
import { isFull, sweep } from './sweep.ts';

/** Of some hundred calls, by default every seventh; others for each command. */
const stride = isFull ? 1 : 7;

describe.skipIf(!straceAvailable())('killed before a system call', () => {
  it.each([
    ['init', 0],
    ['uninstall', 2],
  ])('%s', { timeout: 600_000 }, async (command, first) => {
    const scenes = [await hookScene(command), await hookScene(command)];
    const [scene] = scenes;
    if (scene === undefined) throw new Error('no scene');
    const calls = await storeCalls(() => scene.fresh(command, '--yes'));
    expect(calls.length).toBeGreaterThan(50);
    const violations = await sweep({
      name: `${command} killed`,
      scenes,
      points: calls.filter((_, at) => at % stride === first % stride).map((call) => ({ call })),
      inject: (one, { call }) => killAt(() => one.fresh(command, '--yes'), call),
      check: (one, run) => check(scenes[scenes.indexOf(one as HookScene)] ?? scene, run),
    });
    expect(violations).toEqual([]);
  });
});

interface HookScene extends Scene {
  /** Without us. */
  readonly without: readonly string[];
  /** Set up. */
  readonly setUp: readonly string[];
}

/** A repository with hooks of its user's: a script that we add to, and one that is put aside. */
async function hookScene(command: string): Promise<HookScene> {
  const repository = createRepository();
  repository.commit('start', { file: 'one\n' });
  repository.git('branch', 'other');
  repository.git('config', 'user.name', 'Somebody Else');
  repository.write(
    '.git/hooks/post-checkout',
    '#!/usr/bin/env python3\nopen(".git/ran", "a").write("user\\n")\n',
    0o755,
  );
  repository.write('.git/hooks/pre-commit', '#!/bin/sh\necho "user" >>.git/ran', 0o755);
  const without = stateOf(repository);
  const unset = copyOf(repository, 'as it was');
  await succeed(repository, 'init');
  const setUp = stateOf(repository);
  const original = command === 'init' ? unset : copyOf(repository, 'set up');
  return {
    repository,
    sessions: [],
    without,
    setUp,
    fresh(...args) {
      rmSync(repository.path, { recursive: true, force: true });
      execFileSync('cp', ['-a', original.path, repository.path]);
      const { path: cwd, env } = repository;
      return { ...binCommand('mpm-session', args, { cwd, env }), root: cwd };
    },
  };
}

function copyOf(repository: TestRepository, name: string): TestRepository {
  const copy = `${repository.path} ${name}`;
  rmSync(copy, { recursive: true, force: true });
  execFileSync('cp', ['-a', repository.path, copy]);
  return repositoryAt(copy, repository.home);
}

/** All but what is in the vault, and the configuration as git reads it. */
function stateOf(repository: TestRepository): readonly string[] {
  const files = snapshotOf(repository.path).filter(
    (line) => !/^\.git\/(?:mpm-session|config|index|ran)\b/.test(line),
  );
  return [...files, repository.git('config', '--local', '--list')];
}

async function succeed(repository: TestRepository, command: string): Promise<void> {
  const { path: cwd, env } = repository;
  const run = await runProgram([command, '--yes'], { cwd, env });
  if (run.code !== 0) throw new Error(`${command}: exit ${run.code}: ${run.stderr}`);
}

async function check(scene: HookScene, run: InjectedRun): Promise<readonly string[]> {
  const { repository, without, setUp } = scene;
  const lock = path.join(repository.path, '.git/config.lock');
  const isLockLeft = existsSync(lock);
  // A git that was killed leaves its own lock, which its user has to delete.
  if (isLockLeft) rmSync(lock);
  const again = copyOf(repository, 'set up again');
  const taken = copyOf(repository, 'taken out');
  await succeed(again, 'init');
  await succeed(taken, 'uninstall');
  return [
    ...(run.signal === 'SIGKILL' || run.code === 137 ? [] : [`ended with ${run.code}`]),
    ...(isLockLeft && run.hit.git === undefined ? ['config.lock is left, and not by git'] : []),
    ...(await brokenHooks(repository)),
    ...differences('after init', stateOf(again), setUp),
    ...differences('after uninstall', stateOf(taken), without),
    ...leftovers(again),
    ...leftovers(taken),
  ];
}

/** What a user would feel who goes on as if nothing had happened. */
async function brokenHooks(repository: TestRepository): Promise<readonly string[]> {
  for (const args of [
    ['switch', '--quiet', 'other'],
    ['commit', '--quiet', '--allow-empty', '-m', 'goes on'],
  ]) {
    const run = await runGit(repository, args);
    if (run.code !== 0 || run.stderr !== '') return [`git ${args[0]}: ${run.code} ${run.stderr}`];
  }
  const file = path.join(repository.path, '.git/ran');
  const ran = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return ran === 'user\nuser\n' ? [] : [`the user's hooks: ${ran}`];
}

function differences(
  when: string,
  now: readonly string[],
  wanted: readonly string[],
): readonly string[] {
  const differing = [
    ...now.filter((line) => !wanted.includes(line)).map((line) => `+${line}`),
    ...wanted.filter((line) => !now.includes(line)).map((line) => `-${line}`),
  ];
  return differing.length === 0 ? [] : [`${when}: ${differing.join(' | ').slice(0, 2000)}`];
}

function leftovers({ path: root }: TestRepository): readonly string[] {
  const journal = path.join(root, '.git/mpm-session/installing.json');
  return existsSync(journal) ? ['the journal is left'] : [];
}
