/** Every hook manager, the real one: its hooks and ours, whatever happens to either. */
import { mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { blockStart } from '../../../src/hooks/blocks.ts';
import type { TestRepository } from '../../helpers/repository.ts';
import {
  apply,
  filesOf,
  install,
  managedRepository,
  refuse,
  remove,
  said,
  surroundingsOf,
  tryGit,
} from './managed.ts';
import { type ManagerCase, managerCases } from './manager-table.ts';

for (const managerCase of managerCases) {
  const { name, manager, skipped, runsBoth, givesInput } = managerCase;
  const order = (ours: string, their: string) =>
    managerCase.order === 'ours first' ? [ours, their] : [their, ours];

  describe.skipIf(skipped !== '')(`${name}${skipped}`, () => {
    it('runs both on a switch', async () => {
      const repository = installed(managerCase);
      await install(repository, manager);
      said(repository);
      const { code } = await tryGit(repository, ['switch', 'other']);
      expect(said(repository)).toEqual(order('ours post-checkout 1', 'theirs post-checkout'));
      expect(code).toBe(0);
    });

    it('leaves a switch the exit status that it had', async () => {
      const repository = installed(managerCase);
      const before = await tryGit(repository, ['switch', 'other'], { THEIRS: '3' });
      repository.git('symbolic-ref', 'HEAD', 'refs/heads/main');
      await install(repository, manager);
      said(repository);
      const after = await tryGit(repository, ['switch', 'other'], { THEIRS: '3' });
      expect(after.code).toBe(before.code);
      expect(after.code).toBe(1);
      expect(said(repository)).toHaveLength(2);
    });

    it('commits when nobody objects, and not when either does', async () => {
      const repository = installed(managerCase);
      await install(repository, manager);
      said(repository);
      expect((await commit(repository)).code).toBe(0);
      expect(said(repository)).toEqual(order('ours pre-commit', 'theirs pre-commit'));
      expect((await commit(repository, { THEIRS: '1' })).code).not.toBe(0);
      refuse(repository, true);
      said(repository);
      const refused = await commit(repository);
      expect(refused.code).not.toBe(0);
      expect(refused.stderr + refused.stdout).toContain('ours refuses');
      const both = order('ours pre-commit', 'theirs pre-commit');
      expect(said(repository)).toEqual(runsBoth ? both : ['ours pre-commit']);
      expect(repository.git('log', '--format=%s', '-2')).toMatch(/^more\n(?!more)/);
    });

    it('runs both for a merge', async () => {
      const repository = installed(managerCase);
      await install(repository, manager);
      repository.git('switch', '--quiet', 'other');
      repository.git('commit', '--quiet', '--allow-empty', '--no-verify', '-m', 'beside');
      repository.git('switch', '--quiet', 'main');
      repository.git('commit', '--quiet', '--allow-empty', '--no-verify', '-m', 'here');
      said(repository);
      const { code } = await tryGit(repository, ['merge', '--no-edit', 'other']);
      expect(said(repository)).toEqual(order('ours pre-merge-commit', 'theirs pre-merge-commit'));
      expect(code).toBe(0);
    });

    it('gives both what is pushed, and pushes nothing when ours refuses', async () => {
      const repository = installed(managerCase);
      await install(repository, manager);
      repository.git('commit', '--quiet', '--allow-empty', '--no-verify', '-m', 'to push');
      said(repository);
      refuse(repository, true);
      expect((await tryGit(repository, ['push', 'origin', 'main'])).code).not.toBe(0);
      expect(repository.git('rev-parse', 'origin/main')).not.toBe(
        repository.git('rev-parse', 'main'),
      );
      refuse(repository, false);
      said(repository);
      expect((await tryGit(repository, ['push', 'origin', 'main'])).code).toBe(0);
      const their = givesInput ? 'theirs pre-push refs/heads/main' : 'theirs pre-push';
      expect(said(repository)).toEqual(order('ours pre-push origin refs/heads/main', their));
    });

    it('checks a push of another branch, of which nothing is in the work tree', async () => {
      const repository = installed(managerCase);
      await install(repository, manager);
      repository.git('push', '--quiet', '--no-verify', '-u', 'origin', 'main');
      said(repository);
      expect((await tryGit(repository, ['push', 'origin', 'other'])).code).toBe(0);
      expect(said(repository)).toContain('ours pre-push origin refs/heads/other');
    });

    it('finds nothing left to do when asked again', async () => {
      const repository = installed(managerCase);
      await install(repository, manager);
      const again = manager.install(await surroundingsOf(repository));
      expect(again.edits).toEqual([]);
    });

    it('still runs both when it is installed anew', async () => {
      const repository = installed(managerCase);
      await install(repository, manager);
      managerCase.reinstall(repository);
      said(repository);
      repository.git('switch', '--quiet', 'other');
      expect(said(repository)).toEqual(order('ours post-checkout 1', 'theirs post-checkout'));
      expect(manager.install(await surroundingsOf(repository)).edits).toEqual([]);
    });

    it('puts every file back, byte for byte', async () => {
      const repository = installed(managerCase);
      const before = filesOf(repository);
      await install(repository, manager);
      expect(filesOf(repository)).not.toEqual(before);
      await remove(repository, manager);
      expect(filesOf(repository)).toEqual(before);
      said(repository);
      repository.git('switch', '--quiet', 'other');
      expect(said(repository)).toEqual(['theirs post-checkout']);
    });

    it('says which files the team will see changed, and shows git no others', async () => {
      const repository = installed(managerCase);
      const { edits } = await install(repository, manager);
      const changed = repository.git('status', '--porcelain', '-z').split('\0').filter(Boolean);
      const tracked = edits.flatMap((edit) =>
        edit.kind === 'file' && edit.tracked
          ? [` M ${path.relative(repository.path, edit.target)}`]
          : [],
      );
      expect(changed.toSorted()).toEqual(tracked.toSorted());
    });

    it('writes no path of this machine into a file that git tracks', async () => {
      const repository = installed(managerCase);
      const { edits } = await install(repository, manager);
      for (const edit of edits) {
        if (edit.kind !== 'file' || !edit.tracked || edit.after?.kind !== 'file') continue;
        expect(edit.after.content.toString('utf8')).not.toContain(path.dirname(repository.path));
        expect(edit.after.content.toString('utf8')).not.toContain(repository.home);
      }
    });

    it('lets git work on when it is taken away around ours, of which nothing has to stay', async () => {
      const repository = installed(managerCase);
      await install(repository, manager);
      managerCase.takeAway(repository);
      expect((await tryGit(repository, ['switch', 'other'])).code).toBe(0);
      repository.git('switch', '--quiet', 'main');
      const surroundings = await surroundingsOf(repository);
      apply(manager.remove(surroundings));
      const hooks = Object.entries(filesOf(repository)).filter(([file]) =>
        file.includes(`${path.sep}hooks${path.sep}`),
      );
      expect(hooks.filter(([, content]) => content.includes(blockStart))).toEqual([]);
    });

    it('is silent where there is no vault, as in the clone of somebody else', async () => {
      const repository = installed(managerCase);
      await install(repository, manager);
      const vault = path.join(repository.path, '.git/mpm-session');
      renameSync(path.join(vault), path.join(repository.path, '.git/elsewhere'));
      mkdirSync(vault);
      const switched = await tryGit(repository, ['switch', 'other']);
      expect(switched.code).toBe(0);
      expect(switched.stderr).not.toMatch(/mpm_|not found|No such file/);
      expect((await commit(repository)).code).toBe(0);
      expect(said(repository)).toEqual(['theirs post-checkout', 'theirs pre-commit']);
    });
  });
}

function installed(managerCase: ManagerCase): TestRepository {
  const repository = managedRepository();
  managerCase.setUp(repository);
  repository.git('branch', '--force', 'other');
  said(repository);
  return repository;
}

async function commit(repository: TestRepository, env: Readonly<Record<string, string>> = {}) {
  repository.write('file.txt', `${Math.random()}\n`);
  return tryGit(repository, ['commit', '-m', 'more', 'file.txt'], env);
}
