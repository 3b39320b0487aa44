import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../helpers/run.ts';
import { type InjectedRun, killAt, storeCalls, straceAvailable } from '../helpers/strace.ts';
import {
  configOf,
  contentsOf,
  createScene,
  dataOf,
  directoryOf,
  fingerprintOf,
  gitAt,
  leftoversOf,
  listAt,
  makeOld,
  pauseAt,
  type Row,
  type Scene,
  vaultOf,
} from './scene.ts';
import { sweep } from './sweep.ts';

describe.skipIf(!straceAvailable())('pause, killed before each system call', () => {
  it.each([
    ['the first in a repository', 0],
    ['a later one', 2],
  ])('%s', { timeout: 300_000 }, async (name, paused) => {
    const scenes = [await createScene(paused), await createScene(paused)];
    const [scene] = scenes;
    if (scene === undefined) throw new Error('no scene');
    const before = scenes.map(stateOf);
    const calls = await storeCalls(() => scene.fresh('pause', 'interrupted'));
    expect(calls.length).toBeGreaterThan(25);
    const violations = await sweep({
      name: `pause killed, ${name}`,
      scenes,
      points: calls.map((call) => ({ call })),
      inject: (one, { call }) => killAt(() => one.fresh('pause', 'interrupted'), call),
      check: (one, run) => check(one, before[scenes.indexOf(one)], run),
    });
    expect(violations).toEqual([]);
  });
});

interface State {
  readonly fingerprint: readonly string[];
  readonly config: readonly string[];
  readonly exclude: string;
  readonly contents: readonly (readonly string[])[];
}

function stateOf({ repository, sessions }: Scene): State {
  return {
    fingerprint: fingerprintOf(repository),
    config: configOf(repository),
    exclude: readFileSync(path.join(repository.path, '.git/info/exclude'), 'utf8'),
    contents: sessions.map(({ session_id: id }) => contentsOf(repository, id)),
  };
}

async function check(
  scene: Scene,
  before: State | undefined,
  run: InjectedRun,
): Promise<readonly string[]> {
  const { repository } = scene;
  if (before === undefined) throw new Error('nothing to compare with');
  const wrong: string[] = [];
  const must = (holds: boolean, what: string) => void (holds || wrong.push(what));

  must(run.signal === 'SIGKILL' || run.code === 137, `ended with ${run.code}`);
  unchanged(repository, before, must);

  const rows = await listAt(repository);
  const known = scene.sessions.map(({ session_id: id }) => id as string);
  const others = rows.filter(({ id }) => !known.includes(id));
  for (const id of known)
    must(
      rows.some((row) => row.id === id),
      `${id} is not listed`,
    );
  must(others.length <= 1, `${others.length} sessions have appeared`);
  wrong.push(...rows.flatMap(({ id, problem }) => (problem === null ? [] : `${id}: ${problem}`)));
  const visible = [...known, ...others.map(({ id }) => id)];
  must(strayIn(scene, visible).length === 0, `files of no session: ${strayIn(scene, visible)}`);
  for (const row of others) wrong.push(...(await incomplete(scene, row)));

  const isLockLeft = existsSync(path.join(repository.path, '.git/config.lock'));
  must(!isLockLeft || run.hit.git !== undefined, 'config.lock is left, and not by git');
  makeOld(leftoversOf(repository));
  const started = performance.now();
  const next = await pauseAt(repository, 'next');
  const seconds = (performance.now() - started) / 1000;
  must(seconds < (isLockLeft ? 6 : 4), `the next pause took ${seconds.toFixed(1)} s`);
  must(!visible.includes(next.session.session_id), 'the next pause has no id of its own');
  must(isLockLeft === next.warnings.length > 0, `warnings: ${JSON.stringify(next.warnings)}`);
  must(leftoversOf(repository).length === 0, `left: ${leftoversOf(repository)}`);

  const after = await listAt(repository);
  must(after.length === visible.length + 1, `${after.length} sessions after the next pause`);
  must(
    after.every(({ problem }) => problem === null),
    'a problem after the next pause',
  );
  const contents = known.map((id) => contentsOf(repository, id));
  must(same(contents, before.contents), 'sessions acknowledged before have changed');

  unchanged(repository, before, must);
  const exclude = readFileSync(path.join(repository.path, '.git/info/exclude'), 'utf8');
  const added = exclude.replace('/.claude-mpm/sessions/\n', '');
  must(added === before.exclude.replace('/.claude-mpm/sessions/\n', ''), `exclude: ${exclude}`);
  // A git that was killed leaves its own lock, which its user has to delete.
  if (isLockLeft) rmSync(path.join(repository.path, '.git/config.lock'));
  for (const args of [
    ['add', '--all'],
    ['commit', '-qm', 'goes on'],
    ['config', 'a.b', 'c'],
  ]) {
    const git = await gitAt(repository, ...args);
    must(git.code === 0, `git ${args.join(' ')}: ${git.stderr}`);
  }
  must(repository.git('ls-files', '.claude-mpm') === '', 'git add has taken session files');
  return wrong;
}

type Must = (holds: boolean, what: string) => void;

function unchanged(repository: Scene['repository'], before: State, must: Must): void {
  const now = fingerprintOf(repository);
  const differing = now.filter((line) => !before.fingerprint.includes(line));
  const gone = before.fingerprint.filter((line) => !now.includes(line));
  must(same(now, before.fingerprint), `files changed: ${[...differing, ...gone].join(', ')}`);
  must(same(configOf(repository), before.config), 'the configuration has changed');
}

/** Files that bear the id of a session which is not listed. */
function strayIn({ repository }: Scene, ids: readonly string[]): readonly string[] {
  const directories = [path.join(vaultOf(repository), 'sessions'), directoryOf(repository)];
  return directories
    .filter((directory) => existsSync(directory))
    .flatMap((directory) => readdirSync(directory))
    .filter((name) => name.startsWith('session-'))
    .filter((name) => !ids.some((id) => name.startsWith(`${id}.`)));
}

/** What a session lacks that was interrupted late enough to be there. */
async function incomplete({ repository }: Scene, row: Row): Promise<readonly string[]> {
  const { path: cwd, env } = repository;
  const wrong: string[] = [];
  if (row.message !== 'interrupted') wrong.push(`message: ${row.message}`);
  if (row.where !== 'vault') wrong.push(`where: ${row.where}`);
  const [record, json] = contentsOf(repository, row.id);
  if (contentsOf(repository, row.id).includes('absent')) wrong.push('a file is missing after list');
  if (record !== json) wrong.push('record and JSON file differ');
  for (const command of ['show', 'resume']) {
    const run = await runProgram([command, '--json', row.id], { cwd, env });
    const { session } = dataOf(run) as { session: { conversation: { summary: string } } };
    if (session.conversation.summary !== 'interrupted') wrong.push(`${command}: ${run.stdout}`);
  }
  return wrong;
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
