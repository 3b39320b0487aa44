import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeJson } from '../../src/formats/json.ts';
import { failAt, type InjectedRun, storeCalls, straceAvailable } from '../helpers/strace.ts';
import {
  configOf,
  contentsOf,
  createScene,
  fingerprintOf,
  leftoversOf,
  listAt,
  makeOld,
  type Paused,
  pauseAt,
  placesOf,
  type Scene,
} from './scene.ts';
import { isFull, type Point, sweep } from './sweep.ts';

/** What a user is told of each. */
const reasons: Readonly<Record<string, RegExp>> = {
  ENOSPC: /no space/i,
  EIO: /device|input\/output error/i,
  EACCES: /permission denied/i,
  EROFS: /read-only/i,
  EMFILE: /too many/i,
  EDQUOT: /quota/i,
};
const errnos = Object.keys(reasons);

describe.skipIf(!straceAvailable())('pause, told of an error by each system call', () => {
  it.each([
    ['the first in a repository', 0],
    ['a later one', 2],
  ])('%s', { timeout: 1_200_000 }, async (name, paused) => {
    const scenes = [await createScene(paused), await createScene(paused)];
    const [scene] = scenes;
    if (scene === undefined) throw new Error('no scene');
    const before = scenes.map(stateOf);
    const calls = await storeCalls(() => scene.fresh('pause', '--json', 'disturbed'));
    expect(calls.length).toBeGreaterThan(25);
    // Every call, and every error at every sixth; all of them when there is time.
    const points = calls.flatMap((call, index) =>
      errnos
        .filter((_, which) => isFull || which === index % errnos.length)
        .map((errno) => ({ call, errno })),
    );
    const violations = await sweep({
      name: `pause with an error, ${name}`,
      scenes,
      points,
      inject: (one, { call, errno = '' }) =>
        failAt(() => one.fresh('pause', '--json', 'disturbed'), call, errno),
      check: (one, run, point) => check(one, before[scenes.indexOf(one)], { run, point }),
    });
    expect(violations).toEqual([]);
  });
});

interface State {
  readonly fingerprint: readonly string[];
  readonly config: readonly string[];
  readonly contents: readonly (readonly string[])[];
}

function stateOf({ repository, sessions }: Scene): State {
  return {
    fingerprint: fingerprintOf(repository),
    config: configOf(repository),
    contents: sessions.map(({ session_id: id }) => contentsOf(repository, id)),
  };
}

async function check(
  scene: Scene,
  before: State | undefined,
  { run, point }: { readonly run: InjectedRun; readonly point: Point },
): Promise<readonly string[]> {
  const { repository } = scene;
  const wrong = run.code === 0 ? wrongWithSuccess(scene, run, point) : wrongWithFailure(run, point);
  if (!same(stateOf(scene), before)) wrong.push('something else has changed');
  makeOld(leftoversOf(repository));
  const started = performance.now();
  const next = await pauseAt(repository, 'next');
  const seconds = (performance.now() - started) / 1000;
  if (seconds > 4) wrong.push(`the next pause took ${seconds.toFixed(1)} s`);
  if (next.warnings.length > 0) wrong.push(`warnings: ${JSON.stringify(next.warnings)}`);
  if (leftoversOf(repository).length > 0) wrong.push(`left: ${leftoversOf(repository)}`);
  const rows = await listAt(repository);
  const messages = rows.map(({ message, problem, where }) => problem ?? `${message} in ${where}`);
  const wanted = [
    ...scene.sessions.map(({ conversation }) => conversation.summary),
    ...(run.code === 0 ? ['disturbed'] : []),
    'next',
  ].map((message) => `${message} in vault`);
  if (!same(messages.toSorted(), wanted.toSorted())) wrong.push(`listed: ${messages.join(', ')}`);
  return wrong;
}

/** What was acknowledged must be durable: in the vault, or where that cannot be written, in files. */
function wrongWithSuccess(scene: Scene, run: InjectedRun, { errno = '' }: Point): string[] {
  const wrong: string[] = [];
  const { session, warnings } = (JSON.parse(run.stdout) as { data: Paused }).data;
  const places = placesOf(scene.repository, session.session_id);
  const [record = '', ...files] = places;
  const absent = files.filter((file) => !existsSync(file));
  if (absent.length > 0 && warnings.length === 0) wrong.push('files are missing, and no warning');
  if (existsSync(record)) {
    if (readFileSync(record, 'utf8') !== encodeJson(session)) wrong.push('the record is not whole');
  } else {
    if (!['EACCES', 'EROFS'].includes(errno)) wrong.push('success without a record in the vault');
    if (absent.length > 0) wrong.push('success with neither a record nor the files');
    if (!warnings.some((one) => /cannot be written/.test(one))) wrong.push('no warning about it');
  }
  return wrong;
}

function wrongWithFailure({ code, stdout, stderr }: InjectedRun, { errno = '' }: Point): string[] {
  if (code !== 1) return [`ended with ${code}: ${stdout}${stderr}`];
  const { error } = JSON.parse(stdout) as { error: { message: string; hint: string } };
  const isExplained = reasons[errno]?.test(error.message) === true && error.hint !== '';
  return isExplained ? [] : [`not explained: ${stdout}`];
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
