import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { formats } from '../../src/formats/index.ts';
import { decodeJson } from '../../src/formats/json.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { runProgram } from '../helpers/run.ts';
import { type InjectedRun, killAt, storeCalls, straceAvailable } from '../helpers/strace.ts';
import {
  configOf,
  contentsOf,
  createScene,
  dataOf,
  directoryOf,
  fingerprintOf,
  leftoversOf,
  listAt,
  makeOld,
  pauseAt,
  placesOf,
  type Scene,
  vaultOf,
} from './scene.ts';
import { isFull, sweep } from './sweep.ts';

/** What may have become of the session that was being changed. */
type Judge = (scene: Scene, id: string) => Promise<readonly string[]>;

describe.skipIf(!straceAvailable())('a change, killed before each system call', () => {
  it.each<[string, Judge]>([
    ['rm', goneOrWhole],
    ['resume', pausedOrResumed],
    // Written in the same way as a resume.
    ...(isFull ? [['dismiss', pausedOrResumed] as [string, Judge]] : []),
  ])('%s', { timeout: 300_000 }, async (command, judge) => {
    const scenes = [await createScene(3), await createScene(3)];
    const [scene] = scenes;
    if (scene === undefined) throw new Error('no scene');
    const target = (one: Scene) => one.sessions[1]?.session_id ?? '';
    const before = scenes.map(stateOf);
    const calls = await storeCalls(() => scene.fresh(command, target(scene)));
    expect(calls.length).toBeGreaterThan(5);
    const violations = await sweep({
      name: `${command} killed`,
      scenes,
      points: calls.map((call) => ({ call })),
      inject: (one, { call }) => killAt(() => one.fresh(command, target(one)), call),
      check: async (one, run) => [
        ...(await checkOthers(one, before[scenes.indexOf(one)], run)),
        ...(await judge(one, target(one))),
      ],
    });
    expect(violations).toEqual([]);
  });
});

interface State {
  readonly fingerprint: readonly string[];
  readonly config: readonly string[];
  /** Of the sessions that are not touched. */
  readonly contents: readonly (readonly string[])[];
}

function stateOf({ repository, sessions }: Scene): State {
  const others = sessions.filter((_, index) => index !== 1);
  return {
    fingerprint: fingerprintOf(repository),
    config: configOf(repository),
    contents: others.map(({ session_id: id }) => contentsOf(repository, id)),
  };
}

async function checkOthers(
  scene: Scene,
  before: State | undefined,
  run: InjectedRun,
): Promise<readonly string[]> {
  const { repository } = scene;
  const wrong: string[] = [];
  if (run.signal !== 'SIGKILL') wrong.push(`ended with ${run.code}`);
  const rows = await listAt(repository);
  wrong.push(...rows.flatMap(({ id, problem }) => (problem === null ? [] : `${id}: ${problem}`)));
  makeOld(leftoversOf(repository));
  await pauseAt(repository, 'next');
  if (leftoversOf(repository).length > 0) wrong.push(`left: ${leftoversOf(repository)}`);
  if (JSON.stringify(stateOf(scene)) !== JSON.stringify(before)) wrong.push('others have changed');
  return wrong;
}

async function goneOrWhole({ repository }: Scene, id: string): Promise<readonly string[]> {
  const isListed = (await listAt(repository)).some((row) => row.id === id);
  const found = placesOf(repository, id).filter((place) => existsSync(place));
  if (isListed) return found.length === 4 ? [] : [`listed, but only these are there: ${found}`];
  const directories = [path.join(vaultOf(repository), 'sessions'), directoryOf(repository)];
  const left = directories
    .flatMap((directory) => readdirSync(directory))
    .filter((name) => name.startsWith(id));
  return left.map((name) => `${name} is left of the removed session`);
}

/** The record is of before or after, and the files catch up with it at the next change. */
async function pausedOrResumed({ repository }: Scene, id: string): Promise<readonly string[]> {
  const { path: cwd, env } = repository;
  const status = statusOf(repository, id);
  const wrong = ['paused', 'resumed', 'dismissed'].includes(status) ? [] : [`status: ${status}`];
  dataOf(await runProgram(['resume', '--json', id], { cwd, env }));
  const [text = '', ...files] = contentsOf(repository, id);
  const record = recordIn(text);
  if (record?.lifecycle.status !== 'resumed') return [...wrong, `cannot be resumed: ${text}`];
  const wanted = (['json', 'yaml', 'md'] as const).map((format) => formats[format].encode(record));
  const stale = placesOf(repository, id)
    .slice(1)
    .filter((_, index) => files[index] !== wanted[index]);
  return [...wrong, ...stale.map((file) => `${path.extname(file)} file does not catch up`)];
}

function statusOf(repository: Scene['repository'], id: string): string {
  const [place = ''] = placesOf(repository, id);
  return recordIn(readFileSync(place, 'utf8'))?.lifecycle.status ?? 'unreadable';
}

function recordIn(text: string): SessionRecord | undefined {
  const decoded = decodeJson(text);
  return decoded.ok ? decoded.record : undefined;
}
