import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { type StoreCall, storeCalls, straceAvailable } from '../helpers/strace.ts';
import { temporaryDirectory, temporaryHome } from '../helpers/temporary.ts';
import { canMount, mountImage } from './mount.ts';
import { contentsOf, createScene, listAt, pauseAt } from './scene.ts';

describe.skipIf(!straceAvailable())('what pause waits for before it says that it is done', () => {
  it.each([0, 2])(
    'a record and its names (paused before: %d)',
    { timeout: 60_000 },
    async (paused) => {
      const scene = await createScene(paused);
      const calls = await storeCalls(() => scene.fresh('pause', 'durable'));
      const record = calls.findIndex(
        ({ name, path: place }) =>
          /^link/.test(name) && /^\.git\/mpm-session\/sessions\/session-.*\.json$/.test(place),
      );
      const { from = '', path: place = '' } = calls[record] ?? {};
      expect(from).not.toBe('');
      const before = calls.slice(0, record);
      const after = calls.slice(record);

      // The content before its name, and the name before anybody is told.
      expect(before.filter(isSyncOf(from)), 'the content').toHaveLength(1);
      const last = before.findLast((call) => call.path === from);
      expect(last?.name, 'nothing is written after the sync').toMatch(/^f(?:data)?sync$/);
      expect(after.filter(isSyncOf(path.dirname(place))), 'the name').toHaveLength(1);

      // What is made later is derived from what is durable by then.
      const made = before.filter(
        ({ name, path: directory }) =>
          /^mkdir/.test(name) && directory.startsWith('.git/mpm-session'),
      );
      for (const directory of paused === 0 ? made : []) {
        const parent = path.dirname(directory.path);
        const later = calls.slice(calls.indexOf(directory), record);
        expect(later.filter(isSyncOf(parent)), `the name of ${directory.path}`).not.toEqual([]);
      }
    },
  );

  function isSyncOf(place: string): (call: StoreCall) => boolean {
    return (call) => /^f(?:data)?sync$/.test(call.name) && call.path === place;
  }
});

/** What is in the image when the power goes is what had reached the device. */
describe.skipIf(!canMount() || !hasExt4())('after a power cut on ext4', () => {
  it('every session that was acknowledged is whole', { timeout: 120_000 }, async () => {
    const image = path.join(temporaryDirectory(), 'disk');
    writeFileSync(image, '');
    truncateSync(image, 24 * 1024 * 1024);
    execFileSync('mkfs.ext4', ['-q', '-F', image]);
    const directory = temporaryDirectory();
    const unplug = mountImage(image, directory);
    const repository = repositoryIn(directory);
    execFileSync('sync');

    const acknowledged: string[] = [];
    const cuts: { readonly copy: string; readonly ids: readonly string[] }[] = [];
    for (let cut = 0; cut < 6; cut += 1) {
      const { session } = await pauseAt(repository, `pause ${cut}`);
      acknowledged.push(session.session_id);
      const copy = `${image} at cut ${cut}`;
      execFileSync('cp', ['--sparse=always', image, copy]);
      cuts.push({ copy, ids: [...acknowledged] });
    }
    unplug();

    for (const { copy, ids } of cuts) {
      const end = mountImage(copy, directory);
      const rows = await listAt(repository);
      expect(rows.map(({ id, problem, where }) => [id, problem, where])).toEqual(
        ids.toReversed().map((id) => [id, null, 'vault']),
      );
      for (const id of ids) expect(contentsOf(repository, id)).not.toContain('absent');
      expect(repository.git('status', '--porcelain')).toBe(' M file\n');
      await pauseAt(repository, 'goes on');
      end();
    }
    process.stderr.write(`power cuts: ${cuts.length} tried, 0 acknowledged sessions lost\n`);
  });
});

function repositoryIn(directory: string): TestRepository {
  const place = path.join(directory, 'repository');
  mkdirSync(place);
  const repository = repositoryAt(place, temporaryHome());
  repository.git('init', '--quiet', '--template=');
  repository.commit('start', { file: 'tracked' });
  repository.write('file', 'changed');
  return repository;
}

function hasExt4(): boolean {
  const isThere = spawnSync('mkfs.ext4', ['-V']).status === 0;
  if (!isThere) process.stderr.write('Tests of power cuts are SKIPPED: there is no mkfs.ext4.\n');
  return isThere;
}
