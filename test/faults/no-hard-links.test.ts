/** As on exFAT and many network shares: `link` is refused, whatever it is asked for. */
import { describe, expect, it } from 'vitest';
import { createRepository, type TestRepository } from '../helpers/repository.ts';
import { binCommand, type RunResult, runCommand } from '../helpers/run.ts';
import { straceAvailable } from '../helpers/strace.ts';
import { contentsOf, dataOf, leftoversOf, listAt, makeOld, type Paused, pauseAt } from './scene.ts';

describe.skipIf(!straceAvailable())('without hard links', { timeout: 120_000 }, () => {
  it('pauses at once are all whole, each with its own id', async () => {
    const repository = repositoryWithCommit();
    const runs = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        withoutLinks(repository, ['pause', '--json', `${index}`]),
      ),
    );
    const paused = runs.map((run) => dataOf(run) as Paused);
    expect(paused.flatMap(({ warnings }) => warnings)).toEqual([]);
    const ids = paused.map(({ session }) => session.session_id);
    expect(new Set(ids).size).toBe(8);
    for (const [index, id] of ids.entries()) {
      const [record, json, yaml, markdown] = contentsOf(repository, id);
      expect(record).toContain(`"summary": "${index}"`);
      expect([json, yaml, markdown]).toEqual([
        record,
        expect.stringContaining(id),
        expect.stringContaining(id),
      ]);
    }
    expect((await listAt(repository)).map(({ problem }) => problem)).toEqual(Array(8).fill(null));
    expect(leftoversOf(repository)).toEqual([]);
  });

  it('sessions are changed, removed and mended', async () => {
    const repository = repositoryWithCommit();
    const { session } = await pauseAt(repository, 'kept');
    await pauseAt(repository, 'removed');
    dataOf(await withoutLinks(repository, ['resume', '--json', session.session_id]));
    dataOf(await withoutLinks(repository, ['rm', '--json', '1']));
    repository.git('clean', '-fdqx');
    dataOf(await withoutLinks(repository, ['list', '--json']));
    expect(contentsOf(repository, session.session_id)).not.toContain('absent');
    expect(await listAt(repository)).toMatchObject([{ message: 'kept', problem: null }]);
  });

  // The name is taken before the content is there; as long as it is empty it is no session.
  it('a pause killed at any write harms no other session', async () => {
    const repository = repositoryWithCommit();
    const { session } = await pauseAt(repository, 'before');
    const contents = contentsOf(repository, session.session_id);
    let killed = 0;
    for (let when = 4; when < 40; when += 1) {
      const run = await withoutLinks(
        repository,
        ['pause', '--json', 'killed'],
        [`inject=write:signal=SIGKILL:when=${when}`],
      );
      if (run.code === 0) break;
      killed += 1;
      makeOld(leftoversOf(repository));
      const next = await pauseAt(repository, 'next');
      const rows = await listAt(repository);
      expect(rows.find(({ id }) => id === next.session.session_id)).toMatchObject({
        problem: null,
      });
      expect(contentsOf(repository, session.session_id)).toEqual(contents);
      expect(rows.map(({ problem }) => problem)).toEqual(rows.map(() => null));
      expect(leftoversOf(repository)).toEqual([]);
    }
    expect(killed).toBeGreaterThan(8);
  });
});

function repositoryWithCommit(): TestRepository {
  const repository = createRepository();
  repository.commit('start', { file: 'tracked' });
  return repository;
}

function withoutLinks(
  repository: TestRepository,
  args: readonly string[],
  injections: readonly string[] = [],
): Promise<RunResult> {
  const { path: cwd, env } = repository;
  const command = binCommand('mpm-session', args, { cwd, env });
  const all = ['inject=?link,?linkat:error=EPERM', ...injections];
  return runCommand({
    ...command,
    program: 'strace',
    args: [
      ...['-qq', '-o', '/dev/null', '-e', 'trace=?link,?linkat,write'],
      ...all.flatMap((one) => ['-e', one]),
      ...['--', command.program, ...command.args],
    ],
  });
}
