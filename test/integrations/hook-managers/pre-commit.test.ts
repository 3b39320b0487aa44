import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { hooksDirectory } from '../../../src/integrations/hook-managers/hooks-directory.ts';
import { preCommit } from '../../../src/integrations/hook-managers/pre-commit.ts';
import type { TestRepository } from '../../helpers/repository.ts';
import {
  filesOf,
  install,
  managedRepository,
  remove,
  runIn,
  said,
  surroundingsOf,
} from './managed.ts';
import { managerCases } from './manager-table.ts';

const skipped = managerCases.find(({ manager }) => manager === preCommit)?.skipped ?? '';
const postCheckout = ['-t', 'post-checkout'];

describe.skipIf(skipped !== '')(`pre-commit${skipped}`, () => {
  it('leaves plain hooks alone for events that it does not have', async () => {
    const repository = withConfiguration();
    runIn(repository, 'pre-commit', 'install');
    const before = filesOf(repository);
    await install(repository, preCommit);
    runIn(repository, 'pre-commit', 'install', '-f');
    repository.git('switch', '--quiet', 'other');
    expect(said(repository)).toEqual(['ours post-checkout 1']);
    await install(repository, preCommit);
    await remove(repository, preCommit);
    expect(filesOf(repository)).toEqual(before);
  });

  it('runs a hook of ours that it finds, gives it back, and init sees that nothing is to be done', async () => {
    const repository = withConfiguration();
    const before = filesOf(repository);
    await install(repository, hooksDirectory);
    runIn(repository, 'pre-commit', 'install', ...postCheckout);
    repository.git('switch', '--quiet', 'other');
    expect(said(repository)).toEqual(['ours post-checkout 1']);
    expect(preCommit.install(await surroundingsOf(repository)).edits).toEqual([]);
    runIn(repository, 'pre-commit', 'uninstall', ...postCheckout);
    repository.git('switch', '--quiet', 'main');
    expect(said(repository)).toEqual(['ours post-checkout 1']);
    await remove(repository, preCommit);
    expect(filesOf(repository)).toEqual(before);
  });

  it('that has the user’s own hook chained to it runs ours, that and its own', async () => {
    const repository = withConfiguration();
    const mine = '#!/bin/sh\nsh theirs.sh mine\n';
    repository.write('.git/hooks/post-checkout', mine, 0o755);
    runIn(repository, 'pre-commit', 'install', ...postCheckout);
    const before = filesOf(repository);
    await install(repository, preCommit);
    repository.git('switch', '--quiet', 'other');
    expect(said(repository)).toEqual(['ours post-checkout 1', 'theirs mine']);
    await remove(repository, preCommit);
    expect(filesOf(repository)).toEqual(before);
  });

  it('installed by force drops ours, which init finds out and mends', async () => {
    const repository = withConfiguration();
    runIn(repository, 'pre-commit', 'install', ...postCheckout);
    const { notes } = await install(repository, preCommit);
    expect(notes.join('\n')).toContain('pre-commit install -f');
    runIn(repository, 'pre-commit', 'install', '-f', ...postCheckout);
    repository.git('switch', '--quiet', 'other');
    expect(said(repository)).toEqual([]);
    expect((await install(repository, preCommit)).edits).toHaveLength(1);
    repository.git('switch', '--quiet', 'main');
    expect(said(repository)).toEqual(['ours post-checkout 1']);
  });

  it('whose own file is not one that lines of ours would live in is left as it is', async () => {
    const repository = withConfiguration();
    runIn(repository, 'pre-commit', 'install', ...postCheckout);
    const file = path.join(repository.path, '.git/hooks/post-checkout');
    const before = readFileSync(file);
    await install(repository, preCommit);
    expect(readFileSync(file)).toEqual(before);
  });
});

function withConfiguration(): TestRepository {
  const repository = managedRepository();
  repository.commit('pre-commit', { '.pre-commit-config.yaml': 'repos: []\n' });
  repository.git('branch', '--force', 'other');
  return repository;
}
