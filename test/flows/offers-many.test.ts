/** What many sessions cost a pause, by what it opens: nothing that grows with their number. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeJson } from '../../src/formats/json.ts';
import { renderOffer } from '../../src/hooks/offer.ts';
import { sessionIdAt } from '../../src/session/record.ts';
import { list, pause, repositoryWithCommit } from '../e2e/program.ts';
import { fullRecord } from '../helpers/records.ts';
import type { TestRepository } from '../helpers/repository.ts';
import { binCommand } from '../helpers/run.ts';
import { straceAvailable } from '../helpers/strace.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { identitiesOf, offersIn, offersOf, vaultOf } from './offers.ts';

/** Puts sessions into the vault, one a minute and each of a branch of its own, with their offers. */
function addSessions(repository: TestRepository, count: number): void {
  mkdirSync(offersIn(repository), { recursive: true });
  const { git_context: git } = fullRecord();
  for (let number = 0; number < count; number += 1) {
    const pausedAt = new Date(Date.parse('2020-01-01T00:00:00Z') + number * 60_000);
    const branch_id = number.toString(16).padStart(20, '0');
    const record = fullRecord({
      session_id: sessionIdAt(pausedAt),
      paused_at: pausedAt.toISOString(),
      project_path: path.join(repository.path, 'elsewhere'),
      git_context: { ...git, branch: `branch-${number}`, branch_id },
    });
    const file = path.join(vaultOf(repository), 'sessions', `${record.session_id}.json`);
    writeFileSync(file, encodeJson(record));
    const offer = renderOffer(record, { mode: 'auto', ignoreBranches: [] }, []);
    writeFileSync(path.join(offersIn(repository), branch_id), offer);
  }
}

/** What a command opens in the vault, without the names that are random or of the new session. */
function opened(repository: TestRepository, args: readonly string[]): readonly string[] {
  const { path: cwd, env } = repository;
  const log = path.join(temporaryDirectory(), 'log');
  const command = binCommand('mpm-session', args, { cwd, env });
  const strace = ['-f', '-qq', '-s', '4096', '-e', 'trace=open,openat', '-o', log];
  const run = spawnSync('strace', [...strace, command.program, ...command.args], { cwd, env });
  if (run.status !== 0) throw new Error(String(run.stderr));
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.includes('/mpm-session/'))
    .map((line) => line.replace(/\.tmp-\d+-[0-9a-f]+/, '.tmp').replace(/^\d+ +/, ''))
    .map((line) => line.replace(/session-\d{8}-\d{6}/, '<id>').replace(/ = -?\d+/, ' ='))
    .toSorted();
}

const few = 10;
const many = 10_000;

describe.skipIf(!straceAvailable())('with 10,000 sessions, by strace(1)', () => {
  it('pause opens as many files as with ten', { timeout: 120_000 }, async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['first']);
    addSessions(repository, few);
    const before = opened(repository, ['pause', 'with ten']);
    addSessions(repository, many);
    const after = opened(repository, ['pause', 'with many']);
    expect(before.length).toBeGreaterThan(5);
    expect(after).toEqual(before);
    const [identity = ''] = identitiesOf(repository, 'main');
    const offer = readFileSync(path.join(offersIn(repository), identity), 'utf8');
    expect(offer).toContain('"with many"');
  });
});

it('what a hook reads for a branch is one file, however many there are', async () => {
  const repository = repositoryWithCommit();
  await pause(repository, ['here']);
  addSessions(repository, 300);
  await list(repository);
  expect(readdirSync(offersIn(repository))).toHaveLength(301);
  const sizes = Object.values(offersOf(repository) ?? {}).map(({ lines }) => lines.length);
  expect(Math.max(...sizes)).toBe(3);
  const bytes = execFileSync('wc', ['-c', ...readdirSync(offersIn(repository))], {
    cwd: offersIn(repository),
    encoding: 'utf8',
  });
  for (const [, size] of bytes.matchAll(/^ *(\d+) [0-9a-f]+$/gm)) {
    expect(Number(size)).toBeLessThan(1024);
  }
});
