import type { InjectedRun, StoreCall } from '../helpers/strace.ts';
import type { Scene } from './scene.ts';

/** Sweeps with everything: `MPM_FULL=1`. */
export const isFull = (process.env['MPM_FULL'] ?? '') !== '';

/** A fault: the call, and what else is to be told of it. */
export interface Point {
  readonly call: StoreCall;
  readonly errno?: string;
}

export interface Sweep {
  /** What is printed with the counts. */
  readonly name: string;
  /** As many as are tried at the same time. */
  readonly scenes: readonly Scene[];
  readonly points: readonly Point[];
  /** Disturbs the command after resetting the scene, perhaps several times. */
  readonly inject: (scene: Scene, point: Point) => Promise<InjectedRun>;
  /** What is wrong afterwards. */
  readonly check: (scene: Scene, run: InjectedRun, point: Point) => Promise<readonly string[]>;
}

/**
 * Tries every point once and prints how many there were. A point that is not hit in twenty runs,
 * because other calls come in between each time, is missed.
 *
 * @returns the violations
 * @throws {Error} when more than one in twenty points was missed
 */
export async function sweep(plan: Sweep): Promise<readonly string[]> {
  const started = performance.now();
  const violations: string[] = [];
  const left = [...plan.points];
  const missed: string[] = [];
  let runs = 0;
  const work = async (scene: Scene) => {
    for (let point = left.shift(); point !== undefined; point = left.shift()) {
      const title = titleOf(point);
      try {
        const run = await plan.inject(scene, point);
        runs += run.tries;
        const wrong = await plan.check(scene, run, point);
        violations.push(...wrong.map((one) => `${title}: ${one}`));
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (/runs did not hit/.test(message)) missed.push(title);
        else violations.push(`${title}: ${message}`);
      }
    }
  };
  await Promise.all(plan.scenes.map(work));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stderr.write(
    `${plan.name}: ${plan.points.length} points in ${runs} runs, ` +
      `${missed.length} missed, ${violations.length} violations, ${seconds} s\n`,
  );
  if (missed.length > plan.points.length / 20) throw new Error(`missed: ${missed.join('; ')}`);
  return violations;
}

function titleOf({ call, errno = '' }: Point): string {
  const { name, path, from, git, when } = call;
  const whose = git === undefined ? '' : ` of git #${git.ordinal}`;
  const places = [...(from === undefined ? [] : [from]), path].join(' → ');
  return `${name} #${when}${whose} ${places} ${errno}`.trim();
}
