/** An interrupted command leaves an offer of before or after, and the next command sets it right. */
import { describe, expect, it } from 'vitest';
import type { Listed } from '../e2e/program.ts';
import { createScene, listAt, type Scene } from '../faults/scene.ts';
import { sweep } from '../faults/sweep.ts';
import { failAt, killAt, type StoreCall, storeCalls, straceAvailable } from '../helpers/strace.ts';
import { offersOf } from './offers.ts';

const commands: readonly (readonly string[])[] = [
  ['pause', 'interrupted'],
  ['dismiss'],
  ['rm', '1'],
];

describe.skipIf(!straceAvailable())('what is offered, strace(1) disturbing each write', () => {
  it.each(commands)('%s %s', { timeout: 300_000 }, async (...args) => {
    const scenes = [await createScene(2), await createScene(2)];
    const [scene] = scenes;
    if (scene === undefined) throw new Error('no scene');
    const calls = await storeCalls(() => scene.fresh(...args));
    const points = fromCommitOn(calls).map((call) => ({ call }));
    expect(points.some(({ call }) => call.path.startsWith('.git/mpm-session/offers/'))).toBe(true);
    for (const [name, disturb] of Object.entries(disturbances)) {
      const violations = await sweep({
        name: `offers, ${args.join(' ')} ${name}`,
        ...{ scenes, points },
        inject: (one, { call }) => disturb(() => one.fresh(...args), call),
        check,
      });
      expect(violations).toEqual([]);
    }
  });
});

const disturbances = {
  killed: killAt,
  'told of a full disk': (prepare, call) => failAt(prepare, call, 'ENOSPC'),
} satisfies Record<string, typeof killAt>;

/** The vault's record appears, changes or goes; before that, other tests disturb everything. */
function fromCommitOn(calls: readonly StoreCall[]): readonly StoreCall[] {
  const commit = calls.findIndex(
    ({ name, path, from }) =>
      /^(?:link|rename|unlink)/.test(name) &&
      /mpm-session\/sessions\/session-/.test(`${path} ${from ?? ''}`),
  );
  expect(commit).toBeGreaterThan(-1);
  return calls.slice(commit);
}

async function check({ repository }: Scene): Promise<readonly string[]> {
  const interrupted = Object.values(offersOf(repository) ?? {});
  const [newest] = (await listAt(repository)) as unknown as readonly Listed[];
  const offers = Object.values(offersOf(repository) ?? {});
  const [offer] = offers;
  const wrong: string[] = [];
  if (interrupted.length > 1) wrong.push(`${interrupted.length} offers of one branch`);
  if (offers.length !== 1 || offer?.id !== newest?.id) wrong.push(`offered: ${offer?.id}`);
  if ((offer?.manner === 'ask') !== (newest?.status === 'paused')) wrong.push('the wrong manner');
  if (offer?.manner === 'ask' && !offer.lines[0]?.includes(`"${newest?.message}"`)) {
    wrong.push(`the wrong text: ${offer.lines[0]}`);
  }
  return wrong;
}
