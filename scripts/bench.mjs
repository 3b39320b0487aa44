/**
 * node scripts/bench.mjs [--quick] [--json]
 *
 * How long the program takes, each row beside its yardstick in the same run. Fails when a limit is
 * exceeded. Needs a built dist/. `--quick` measures fewer rounds, and says less.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { measureSideBySide, summarize } from './bench/measure.mjs';
import {
  changeTenFiles,
  copyProgram,
  createRepository,
  environmentIn,
  multiplySession,
  removeSessions,
} from './bench/places.mjs';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean' }, json: { type: 'boolean' } },
});
const plan = options.quick ? { rounds: 5, seconds: 30 } : { rounds: 25, seconds: 180 };

const directory = mkdtempSync(path.join(realpathSync(tmpdir()), 'mpm-bench-'));
try {
  const load = loadavg()[0];
  const rows = await createRows();
  const pairs = measureSideBySide(rows, plan);
  const results = rows.map(({ name, over, limit }, index) => {
    const summary = summarize(pairs[index]);
    return { name, over, ...summary, limit, pass: limit === undefined || summary.ratio <= limit };
  });
  const rounds = pairs[0].length;
  const machine = {
    rounds,
    node: process.version,
    git: gitVersion(),
    cpus: availableParallelism(),
    load,
  };
  if (options.json) console.log(JSON.stringify({ ...machine, rows: results }, null, 2));
  else print(machine, results);
  if (results.some(({ pass }) => !pass)) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** The limits are SPEC's ratios; what has none is measured to be seen changing. */
async function createRows() {
  const env = environmentIn(directory);
  const programs = copyProgram(directory);
  const at = (cwd) => ({
    node: { program: process.execPath, args: ['-e', '0'], cwd, env },
    git: (...args) => ({ program: 'git', args, cwd, env }),
    ours: (name, ...args) => ({
      program: process.execPath,
      args: [programs[name], ...args],
      cwd,
      env,
    }),
  });
  const pause = ({ ours }) => ours('git-mpm-pause', 'About to test the login flow');
  const looking = ({ node, git }) => [node, git('status'), git('log', '-5')];

  const places = path.join(directory, 'repositories');
  mkdirSync(places);
  const repository = async (name, { files, changed = false, sessions = 1 }) => {
    const place = createRepository(path.join(places, name), { files, env });
    if (changed) changeTenFiles(place, { files, env });
    const { program, args, cwd } = pause(at(place));
    execFileSync(program, args, { cwd, env, stdio: 'pipe' });
    await multiplySession(place, sessions);
    return place;
  };
  const small = await repository('small', { files: 50 });
  const large = await repository('large', { files: 20_000, changed: true });
  const one = at(await repository('one', { files: 50, changed: true }));
  const thousand = at(await repository('1000', { files: 50, changed: true, sessions: 1000 }));
  const tenThousand = at(await repository('10000', { files: 50, changed: true, sessions: 10_000 }));

  const pauseRow = (name, place, limit) => ({
    name,
    over: 'node -e 0, git status, git log -5',
    limit,
    beforeEach: () => removeSessions(place),
    ours: [pause(at(place))],
    yardstick: looking(at(place)),
  });
  const overNode = (name, command, limit) => ({
    name,
    over: 'node -e 0',
    limit,
    ours: [command],
    yardstick: [one.node],
  });
  return [
    pauseRow('pause, small clean repository', small, 2.2),
    pauseRow('pause, 20,000 files, 10 changed', large, 1.6),
    overNode('list, 1,000 sessions', thousand.ours('mpm-session', 'list'), 2.0),
    overNode('list, 10,000 sessions', tenThousand.ours('mpm-session', 'list'), 4.0),
    overNode('list, 1 session', one.ours('mpm-session', 'list')),
    overNode('resume', one.ours('git-mpm-resume')),
    overNode('resume, 1,000 sessions', thousand.ours('git-mpm-resume')),
    overNode('status', one.ours('mpm-session', 'status')),
    overNode('--version', one.ours('mpm-session', '--version')),
    overNode('-h', one.ours('mpm-session', '-h')),
    overNode('pause -h', one.ours('mpm-session', 'pause', '-h')),
  ];
}

function gitVersion() {
  return execFileSync('git', ['--version'], { encoding: 'utf8' })
    .trim()
    .replace('git version ', '');
}

function print({ rounds, node, git, cpus, load }, results) {
  console.log(
    `${rounds} rounds · Node ${node} · git ${git} · ${cpus} CPUs, load ${load.toFixed(1)} at start`,
  );
  console.log(
    'Medians in milliseconds; the ratio of the medians, and where half of the pairs lie.\n',
  );
  const cells = results.map((row) => [
    row.name,
    row.ours.toFixed(0),
    row.yardstick.toFixed(0),
    `${row.ratio.toFixed(2)} ×`,
    `${row.low.toFixed(2)}–${row.high.toFixed(2)}`,
    row.limit === undefined ? '' : `${row.limit.toFixed(1)} ×`,
    verdict(row),
    row.over,
  ]);
  const table = [['what', 'ours', 'yardstick', 'ratio', 'spread', 'limit', '', 'over'], ...cells];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  for (const row of table) {
    const line = row.map((cell, column) =>
      column >= 1 && column <= 5 ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
    );
    console.log(line.join('  ').trimEnd());
  }
}

function verdict({ limit, pass }) {
  if (limit === undefined) return '';
  return pass ? 'ok' : 'TOO SLOW';
}
