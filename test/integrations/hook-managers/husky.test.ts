import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { hookBlock } from '../../../src/hooks/blocks.ts';
import { husky, huskyDirectory } from '../../../src/integrations/hook-managers/husky.ts';
import { simpleGitHooks } from '../../../src/integrations/hook-managers/simple-git-hooks.ts';
import { chooseHookManager } from '../../../src/integrations/index.ts';
import { repositoryAt, type TestRepository } from '../../helpers/repository.ts';
import {
  byHandIn,
  failureOf,
  filesOf,
  install,
  managedRepository,
  remove,
  runIn,
  said,
  surroundingsOf,
  tryGit,
} from './managed.ts';
import { withoutNpmManagers } from './npm-managers.ts';

describe.skipIf(withoutNpmManagers !== '')(`husky${withoutNpmManagers}`, () => {
  it('is given hooks that only this machine has, out of sight of git status', async () => {
    const repository = withHusky();
    const before = filesOf(repository);
    const { notes } = await install(repository, husky);
    expect(repository.git('status', '--porcelain')).toBe('');
    expect(read(repository, '.git/info/exclude')).toContain('\n/.husky/post-checkout\n');
    expect(notes.join('\n')).toContain('git add -f .husky/post-checkout');
    expect(notes.join('\n')).toContain('Every other work tree, a new one as well');
    repository.git('switch', '--quiet', 'other');
    expect(said(repository)).toEqual(['ours post-checkout 1']);
    await remove(repository, husky);
    expect(filesOf(repository)).toEqual(before);
  });

  it('is found in another directory of the work tree', async () => {
    const repository = managedRepository();
    runIn(repository, 'husky/bin.js', '.config/my husky');
    await install(repository, husky);
    expect(existsSync(path.join(repository.path, '.config/my husky/pre-commit'))).toBe(true);
    expect(repository.git('status', '--porcelain')).toBe('');
    repository.git('switch', '--quiet', 'other');
    expect(said(repository)).toEqual(['ours post-checkout 1']);
  });

  it('runs ours before a script that ends early, fails, or is written on Windows', async () => {
    for (const script of ['exit 0\n', 'set -eu\nfalse\n', '#!/usr/bin/env sh\nexit 0', ': x\r\n']) {
      const repository = withHusky();
      repository.write('.husky/post-checkout', script);
      await install(repository, husky);
      await tryGit(repository, ['switch', 'other']);
      expect(said(repository)).toEqual(['ours post-checkout 1']);
      await remove(repository, husky);
      expect(read(repository, '.husky/post-checkout')).toBe(script);
    }
  });

  it('with a hook that git tracks guards other branches once they have it, and init says so', async () => {
    const repository = withHusky();
    repository.commit('a hook', { '.husky/pre-commit': ': team\n' });
    const { notes } = await install(repository, husky);
    expect(notes.join('\n')).toMatch(
      /branches that do not have this change yet, commits are not guarded until .* pushes still are\.$/m,
    );
    expect((await install(repository, husky)).notes).toEqual([]);
    repository.commit('ours', { '.husky/pre-commit': read(repository, '.husky/pre-commit') });
    said(repository);
    repository.git('switch', '--quiet', 'other');
    said(repository);
    repository.git('commit', '--quiet', '--allow-empty', '-m', 'there');
    expect(said(repository)).toEqual([]);
  });

  it('keeps a file of the user’s in sight that git does not track yet', async () => {
    const repository = withHusky();
    repository.write('.husky/post-checkout', 'echo mine\n');
    await install(repository, husky);
    expect(repository.git('status', '--porcelain', '-uall')).toBe('?? .husky/post-checkout\n');
  });

  it('that is configured and not installed runs ours as soon as it is, and init says so', async () => {
    const repository = withHusky();
    rmSync(path.join(repository.path, '.husky/_'), { recursive: true });
    const { notes } = await install(repository, husky);
    expect(notes.join('\n')).toMatch(/git runs no hooks here until you run: npx husky$/m);
    repository.git('switch', '--quiet', 'other');
    expect(said(repository)).toEqual([]);
    runIn(repository, 'husky/bin.js');
    repository.git('switch', '--quiet', 'main');
    expect(said(repository)).toEqual(['ours post-checkout 1']);
  });

  it('is silent in other work trees until it has run there, and init says so', async () => {
    const repository = withHusky();
    const place = path.join(repository.home, 'linked');
    repository.git('worktree', 'add', '--quiet', place, 'other');
    said(repository);
    const { notes } = await install(repository, husky);
    expect(notes.join('\n')).toContain(
      'until both have been run in it: npx husky; mpm-session init',
    );

    const linked = repositoryAt(place, repository.home, repository.path);
    symlinkSync(path.join(repository.path, 'node_modules'), path.join(linked.path, 'node_modules'));
    expect((await install(linked, husky)).notes.join('\n')).toContain('npx husky');
    runIn(linked, 'husky/bin.js');
    linked.git('switch', '--quiet', '-c', 'third');
    expect(said(repository)).toEqual(['ours post-checkout 1']);
  });

  it('whose directory simple-git-hooks has taken over is not what runs hooks', async () => {
    const repository = withHusky();
    rmSync(path.join(repository.path, '.husky/_'), { recursive: true });
    repository.write('package.json', '{"simple-git-hooks":{"pre-commit":"true"}}\n');
    runIn(repository, 'simple-git-hooks/cli.js');
    const surroundings = { ...(await surroundingsOf(repository)), gitVersion: [2, 53] } as const;
    expect(huskyDirectory(surroundings)).toBeUndefined();
    expect(chooseHookManager(surroundings)).toBe(simpleGitHooks);
  });

  it('that left its files behind, without git running them, is not chosen', async () => {
    const repository = withHusky();
    repository.git('config', '--unset', 'core.hooksPath');
    const surroundings = { ...(await surroundingsOf(repository)), gitVersion: [2, 53] } as const;
    expect(chooseHookManager(surroundings).name).toBe('hooks-directory');
    expect(() => husky.install(surroundings)).toThrow('husky runs none of git');
  });

  it('has nothing written through a link, nor over lines of ours that were edited', async () => {
    const repository = withHusky();
    repository.write('shared hook', 'echo shared\n');
    symlinkSync('../shared hook', path.join(repository.path, '.husky/pre-push'));
    const surroundings = await surroundingsOf(repository);
    expect(() => husky.install(surroundings)).toThrow(/\.husky\/pre-push: it is a symbolic link/);
    rmSync(path.join(repository.path, '.husky/pre-push'));
    const edited = hookBlock('pre-push').replace('IFS= read', 'read');
    repository.write('.husky/pre-push', `: one\n${edited}`);
    expect(() => husky.install(surroundings)).toThrow(/\.husky\/pre-push, line 2: /);
    repository.write('.husky/pre-push', '#!/usr/bin/env python3\nprint()\n');
    const { message, hint } = await failureOf(repository, husky);
    expect(message).toContain('.husky/pre-push is no shell script');
    expect(hint).toMatch(/^Rename it, have a shell script called pre-push run it/);
    expect(hint).not.toContain('mpm_vault');
  });

  it('runs what was added by hand where nothing can be edited, and init goes on', async () => {
    const repository = withHusky();
    repository.write('shared hook', 'echo shared\n');
    symlinkSync('../shared hook', path.join(repository.path, '.husky/post-checkout'));
    const line = byHandIn(await failureOf(repository, husky));
    repository.write('shared hook', `${line}\necho shared\n`);
    const { edits } = await install(repository, husky);
    expect(edits.map(({ target }) => path.basename(target))).not.toContain('post-checkout');
    const switched = await tryGit(repository, ['switch', 'other']);
    expect(switched.stderr).toContain('shared');
    expect(said(repository)).toEqual(['ours post-checkout 1']);
    const scene = { surroundings: await surroundingsOf(repository), env: repository.env };
    expect(husky.reach?.('post-checkout', scene)).toMatchObject({ state: 'shared' });
    await remove(repository, husky);
    expect(read(repository, 'shared hook')).toBe(`${line}\necho shared\n`);
  });
});

function withHusky(): TestRepository {
  const repository = managedRepository();
  runIn(repository, 'husky/bin.js');
  return repository;
}

function read(repository: TestRepository, name: string): string {
  return readFileSync(path.join(repository.path, name), 'utf8');
}
