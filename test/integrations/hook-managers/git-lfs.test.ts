import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { hooksDirectory } from '../../../src/integrations/hook-managers/hooks-directory.ts';
import { chooseHookManager } from '../../../src/integrations/index.ts';
import type { TestRepository } from '../../helpers/repository.ts';
import {
  filesOf,
  install,
  managedRepository,
  remove,
  said,
  surroundingsOf,
  tryGit,
} from './managed.ts';

const isThere = spawnSync('git', ['lfs', 'version']).status === 0;
const skipped = isThere ? '' : ' (skipped: git-lfs is not installed)';

describe.skipIf(!isThere)(`git-lfs${skipped}`, () => {
  it('still does its work after ours', async () => {
    const repository = withLfs();
    await install(repository, hooksDirectory);
    const { code, stderr } = await tryGit(repository, ['switch', 'other'], { GIT_TRACE: '1' });
    expect(code).toBe(0);
    expect(said(repository)).toEqual(['ours post-checkout 1']);
    expect(stderr).toMatch(/git-lfs post-checkout|lfs 'post-checkout'|lfs post-checkout/);
    const pushed = await tryGit(repository, ['push', 'origin', 'other']);
    expect(pushed.code).toBe(0);
    expect(said(repository)).toEqual(['ours pre-push origin refs/heads/other']);
  });

  it('uploads what is pushed, which it reads from the input that ours has read before', async () => {
    const repository = withLfs();
    await install(repository, hooksDirectory);
    repository.commit('large', {
      '.gitattributes': '*.bin filter=lfs diff=lfs\n',
      'a.bin': 'large',
    });
    const remote = repository.git('remote', 'get-url', 'origin').trim();
    expect((await tryGit(repository, ['push', 'origin', 'main'])).code).toBe(0);
    const [oid = ''] = /[0-9a-f]{64}/.exec(repository.git('show', 'HEAD:a.bin')) ?? [];
    const stored = path.join(remote, 'lfs/objects', oid.slice(0, 2), oid.slice(2, 4), oid);
    expect(readFileSync(stored, 'utf8')).toBe('large');
  });

  it('objects to our lines when it is set up again; by force it drops them, and init mends that', async () => {
    const repository = withLfs();
    const { notes } = await install(repository, hooksDirectory);
    expect(notes.join('\n')).toContain('git lfs update');
    expect((await tryGit(repository, ['lfs', 'update'])).code).not.toBe(0);
    repository.git('lfs', 'update', '--force');
    repository.git('switch', '--quiet', 'other');
    expect(said(repository)).toEqual([]);
    expect((await install(repository, hooksDirectory)).edits).not.toEqual([]);
    repository.git('switch', '--quiet', 'main');
    expect(said(repository)).toEqual(['ours post-checkout 1']);
  });

  it('has its hooks back as they were, which it then takes for its own', async () => {
    const repository = withLfs();
    const before = filesOf(repository);
    await install(repository, hooksDirectory);
    await remove(repository, hooksDirectory);
    expect(filesOf(repository)).toEqual(before);
    expect((await tryGit(repository, ['lfs', 'update'])).code).toBe(0);
  });

  it('that is taken away with its hooks leaves ours to be brought back', async () => {
    const repository = withLfs();
    await install(repository, hooksDirectory);
    await tryGit(repository, ['lfs', 'uninstall', '--local']);
    expect((await tryGit(repository, ['switch', 'other'])).code).toBe(0);
    await install(repository, hooksDirectory);
    said(repository);
    repository.git('switch', '--quiet', 'main');
    expect(said(repository)).toEqual(['ours post-checkout 1']);
  });

  it('is no hook manager: its hooks are plain ones', async () => {
    const surroundings = { ...(await surroundingsOf(withLfs())), gitVersion: [2, 53] } as const;
    expect(chooseHookManager(surroundings)).toBe(hooksDirectory);
  });
});

function withLfs(): TestRepository {
  const repository = managedRepository();
  repository.git('lfs', 'install', '--local');
  return repository;
}
