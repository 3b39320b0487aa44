import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeJson } from '../../src/formats/json.ts';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { binCommand, type RunResult, runCommand, runProgram } from '../helpers/run.ts';
import { temporaryHome } from '../helpers/temporary.ts';
import { canMount, leaveFree, mountTmpfs, type Room } from './mount.ts';
import {
  configOf,
  contentsOf,
  fingerprintOf,
  leftoversOf,
  listAt,
  makeOld,
  type Paused,
  pauseAt,
  placesOf,
} from './scene.ts';

/** Several pages of each file. */
const long = `a long message ${'x'.repeat(6000)}`;
const pages = (counts: readonly number[]) => counts.map((count) => ({ pages: count }));
const inodes = (counts: readonly number[]) => counts.map((count) => ({ inodes: count }));
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe.skipIf(!canMount())('pause on a full disk', { timeout: 240_000 }, () => {
  it.each<[string, number, readonly Partial<Room>[]]>([
    ['the first in a repository', 0, [...pages(upTo(14)), ...inodes(upTo(9))]],
    ['a later one', 2, [...pages(upTo(14)), ...inodes(upTo(9))]],
  ])('%s, with a little more room each time', async (name, paused, rooms) => {
    const directory = mountTmpfs();
    const repository = smallRepository(directory);
    for (let index = 0; index < paused; index += 1) await pauseAt(repository, `before ${index}`);
    const original = `${repository.path} as it was`;
    execFileSync('cp', ['-a', repository.path, original]);
    const messages = upTo(paused).map((index) => `before ${index}`);

    let refused = 0;
    for (const room of rooms) {
      leaveFree(directory);
      rmSync(repository.path, { recursive: true });
      execFileSync('cp', ['-a', original, repository.path]);
      const before = stateOf(repository);
      leaveFree(directory, room);

      const { path: cwd, env } = repository;
      const run = await runProgram(['pause', '--json', long], { cwd, env });
      const title = JSON.stringify(room);
      if (run.code === 0) expectSaved(repository, run, title);
      else expectExplained(run, title);
      refused += run.code === 0 ? 0 : 1;
      const saved = run.code === 0 ? [long] : [];
      expect(stateOf(repository), title).toEqual(before);
      // Also while nothing can be written.
      expect(await messagesOf(repository), title).toEqual([...saved, ...messages].sort());

      leaveFree(directory);
      makeOld(leftoversOf(repository));
      expect(await pauseAt(repository, 'next'), title).toMatchObject({ warnings: [] });
      expect(await messagesOf(repository), title).toEqual([...saved, ...messages, 'next'].sort());
      expect(leftoversOf(repository), title).toEqual([]);
    }
    process.stderr.write(
      `disk full, ${name}: ${rooms.length} sizes, ${refused} pauses refused, 0 violations\n`,
    );
    // The smallest leave no room for a record, the largest for all of it.
    expect(refused).toBeGreaterThan(1);
    expect(refused).toBeLessThan(rooms.length - 1);
  });
});

describe.skipIf(!canMount())('on a full disk', { timeout: 240_000 }, () => {
  it('init and uninstall say so, and change nothing', async () => {
    const directory = mountTmpfs();
    const repository = smallRepository(directory);
    const { path: cwd, env } = repository;
    const init = ['init', '--yes', '--json'];
    leaveFree(directory, { pages: 0 });
    expectExplained(await runProgram(init, { cwd, env }), 'init');
    leaveFree(directory);
    expect((await runProgram(init, { cwd, env })).code).toBe(0);
    leaveFree(directory, { pages: 0 });
    expectExplained(await runProgram(['uninstall', '--yes', '--json'], { cwd, env }), 'uninstall');
    leaveFree(directory);
    const again = await runProgram(init, { cwd, env });
    expect(JSON.parse(again.stdout)).toMatchObject({ data: { edits: [], applied: false } });
  });
});

describe('pause where files may not become large', () => {
  it('says so, and leaves nothing of the record', { timeout: 60_000 }, async () => {
    const repository = createRepository();
    repository.commit('start');
    await pauseAt(repository, 'before');
    const before = stateOf(repository);
    const { path: cwd, env } = repository;
    const command = binCommand('mpm-session', ['pause', '--json', '--message-stdin'], { cwd, env });
    const run = await runCommand({
      ...command,
      program: 'prlimit',
      args: ['--fsize=20000', command.program, ...command.args],
      input: 'x'.repeat(100_000),
    });
    expect(run).toMatchObject({ code: 1, stdout: expect.stringMatching(/too large.*EFBIG/) });
    expect(stateOf(repository)).toEqual(before);
    expect(leftoversOf(repository)).toEqual([]);
    expect(await messagesOf(repository)).toEqual(['before']);
  });
});

/** Without the hooks and descriptions that git copies: a few pages in all. */
function smallRepository(directory: string): TestRepository {
  const place = path.join(directory, 'repository');
  mkdirSync(place);
  const repository = repositoryAt(place, temporaryHome());
  repository.git('init', '--quiet', '--template=');
  repository.commit('start', { file: 'tracked' });
  repository.write('file', 'changed');
  return repository;
}

function stateOf(repository: TestRepository): unknown {
  const withoutInfo = fingerprintOf(repository).filter((line) => !line.startsWith('.git/info '));
  return [withoutInfo, configOf(repository)];
}

async function messagesOf(repository: TestRepository): Promise<readonly string[]> {
  const rows = await listAt(repository);
  return rows.map(({ message, problem }) => problem ?? message ?? '').sort();
}

function expectSaved(repository: TestRepository, run: RunResult, title: string): void {
  const { session, warnings } = (JSON.parse(run.stdout) as { data: Paused }).data;
  const [record = ''] = placesOf(repository, session.session_id);
  expect(readFileSync(record, 'utf8'), title).toBe(encodeJson(session));
  const missing = contentsOf(repository, session.session_id).includes('absent');
  if (missing) expect(warnings.join(), title).toMatch(/no space/);
}

function expectExplained({ code, stdout, stderr }: RunResult, title: string): void {
  expect([code, stderr], `${title}: ${stdout}${stderr}`).toEqual([1, '']);
  const { error } = JSON.parse(stdout) as { error: { message: string; hint: string } };
  expect(error.message, title).toMatch(/no space/i);
  expect(error.hint, title).toMatch(/saved before are unharmed/);
}
