/** Times programs side by side, so that what else the machine does falls on both sides alike. */
import { spawnSync } from 'node:child_process';

/** Fewer say nothing, however long they take. */
const fewestRounds = 5;

/**
 * Measures every row `rounds` times: its yardstick and ours right after one another, in turns which
 * comes first, and all rows in every round. `beforeEach` puts things back and is not timed. On a
 * busy machine it ends after `seconds`, with the rounds there were.
 *
 * @param rows `{ ours, yardstick, beforeEach? }`, both lists of `{ program, args, cwd, env }` that
 *   are run one after another
 * @returns for each row its times in milliseconds, `{ ours, yardstick }[]`, in the order of rounds
 */
export function measureSideBySide(rows, { rounds, seconds }) {
  const warmUps = 2;
  const end = performance.now() + seconds * 1000;
  const pairs = rows.map(() => []);
  for (let round = -warmUps; round < rounds; round += 1) {
    if (round >= fewestRounds && performance.now() > end) break;
    for (const [index, row] of rows.entries()) {
      const pair = measurePair(row, round);
      if (round >= 0) pairs[index].push(pair);
    }
  }
  return pairs;
}

function measurePair({ ours, yardstick, beforeEach }, round) {
  beforeEach?.();
  if (round % 2 === 0) {
    const first = timeOf(yardstick);
    return { yardstick: first, ours: timeOf(ours) };
  }
  const first = timeOf(ours);
  return { ours: first, yardstick: timeOf(yardstick) };
}

function timeOf(commands) {
  const started = performance.now();
  for (const command of commands) run(command);
  return performance.now() - started;
}

/** Throws when a command fails: what fails early is fast, and no measurement. */
function run({ program, args, cwd, env }) {
  const { status, error, stderr } = spawnSync(program, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${[program, ...args].join(' ')} failed: ${stderr}`);
}

/**
 * @returns `ratio` is the one of the medians; `low` and `high` are the quartiles of the pairs' own
 *   ratios, between which half of them lie
 */
export function summarize(pairs) {
  const ours = quantile(
    pairs.map((pair) => pair.ours),
    0.5,
  );
  const yardstick = quantile(
    pairs.map((pair) => pair.yardstick),
    0.5,
  );
  const ratios = pairs.map((pair) => pair.ours / pair.yardstick);
  return {
    ours,
    yardstick,
    ratio: ours / yardstick,
    low: quantile(ratios, 0.25),
    high: quantile(ratios, 0.75),
  };
}

/** Between two values in the proportion of the distance to each. */
function quantile(values, fraction) {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * fraction;
  const below = Math.floor(place);
  const above = sorted[Math.ceil(place)];
  return sorted[below] + (above - sorted[below]) * (place - below);
}
