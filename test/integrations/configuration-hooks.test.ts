import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { runsConfiguredHooks } from '../../src/git/version.ts';
import { applyEdits } from '../../src/integrations/edits/apply-edits.ts';
import { gitConfig } from '../../src/integrations/hook-managers/git-config.ts';
import { chooseHookManager } from '../../src/integrations/index.ts';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { runGit } from '../helpers/run.ts';
import { hermeticEnv, temporaryDirectory } from '../helpers/temporary.ts';
import {
  answerHooks,
  install,
  placeOf,
  ranFile,
  surroundingsOf,
  uninstall,
  whatRan,
} from './installation.ts';

/** What git on `PATH` is; a newer one is named by `MPM_TEST_GIT`. */

const version = execFileSync('git', ['version'], { env: hermeticEnv('/'), encoding: 'utf8' });
const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(version) ?? [];
const isNew = runsConfiguredHooks([Number(major), Number(minor)]);

const needs = isNew ? '' : ' (SKIPPED: needs MPM_TEST_GIT=/path/to/git of 2.54 or newer)';

describe.skipIf(!isNew)(`hooks of git's configuration${needs}`, () => {
  function withHook(): TestRepository {
    const repository = createRepository();
    repository.commit('start', { file: 'one' });
    repository.git('branch', 'other');
    const log = ranFile(repository);
    repository.write('.git/hooks/post-checkout', `#!/bin/sh\necho "user $3" >>"${log}"\n`, 0o755);
    return repository;
  }

  test('run before the hook file, in every work tree, and touch no file', async () => {
    const repository = withHook();
    const config = path.join(repository.path, '.git/config');
    const before = readFileSync(config, 'utf8');
    const hook = readFileSync(path.join(repository.path, '.git/hooks/post-checkout'));
    const { edits } = await install(repository, gitConfig);
    expect(edits.every(({ kind }) => kind === 'config')).toBe(true);
    expect((await install(repository, gitConfig)).edits).toEqual([]);
    answerHooks(repository);

    const oid = repository.git('rev-parse', 'HEAD').trim();
    expect(await runGit(repository, ['switch', '--quiet', 'other'])).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(whatRan(repository)).toEqual([`ours ${oid} ${oid} 1`, 'user 1']);

    const linked = path.join(temporaryDirectory(), "a linked 'tree'");
    repository.git('worktree', 'add', '--quiet', '-b', 'third', linked);
    expect(whatRan(repository)).toEqual([`ours ${'0'.repeat(40)} ${oid} 1`, 'user 1']);
    const there = repositoryAt(linked, repository.home);
    await runGit(there, ['switch', '--quiet', '-c', 'fourth']);
    expect(whatRan(repository)).toEqual([`ours ${oid} ${oid} 1`, 'user 1']);

    await uninstall(repository);
    expect(readFileSync(config, 'utf8')).toBe(before);
    expect(readFileSync(path.join(repository.path, '.git/hooks/post-checkout'))).toEqual(hook);
  });

  test('guards can refuse, and hear what is pushed', async () => {
    const repository = withHook();
    await install(repository, gitConfig);
    answerHooks(repository);
    const remote = path.join(temporaryDirectory(), 'remote.git');
    repository.git('init', '--quiet', '--bare', remote);
    repository.git('push', '--quiet', remote, 'other');
    const oid = repository.git('rev-parse', 'other').trim();
    expect(whatRan(repository)).toEqual([
      `guard pre-push ${remote} ${remote}`,
      `guard: refs/heads/other ${oid} refs/heads/other ${'0'.repeat(40)}`,
    ]);
    writeFileSync(path.join(repository.path, '.git/mpm-session/guard'), 'exit 1\n');
    const commit = await runGit(repository, ['commit', '--allow-empty', '-m', 'refused']);
    expect(commit.code).toBe(1);
  });

  test('git goes on working after each single edit, and when the vault is gone', async () => {
    const repository = withHook();
    const { edits } = gitConfig.install(await surroundingsOf(repository));
    const goesOn = async () => {
      const run = await runGit(repository, ['switch', '--quiet', '--detach']);
      expect(run).toMatchObject({ code: 0, stderr: '' });
    };
    for (const edit of edits) {
      await applyEdits(await placeOf(repository), [edit]);
      await goesOn();
    }
    for (const edit of gitConfig.remove(await surroundingsOf(repository))) {
      await applyEdits(await placeOf(repository), [edit]);
      await goesOn();
    }
    expect(repository.git('config', '--local', '--list')).not.toContain('hook.');
    await install(repository, gitConfig);
    rmSync(path.join(repository.path, '.git/mpm-session'), { recursive: true });
    await goesOn();
  });

  test('go whole, also after the user has added to them', async () => {
    const repository = withHook();
    await install(repository, gitConfig);
    repository.git('config', '--add', 'hook.mpm-session.event', 'post-merge');
    repository.git('config', 'hook.mpm-session-pre-push.command', 'true');
    await uninstall(repository);
    expect(repository.git('config', '--local', '--list')).not.toContain('hook.');
    expect((await runGit(repository, ['switch', '--quiet', 'other'])).code).toBe(0);
  });

  test('are what is chosen where hook files are out of reach, and fire there', async () => {
    const repository = withHook();
    const elsewhere = temporaryDirectory();
    repository.git('config', '--global', 'core.hooksPath', elsewhere);
    const chosen = chooseHookManager(await surroundingsOf(repository));
    expect(chosen.name).toBe('git-config');
    await install(repository, chosen);
    answerHooks(repository);
    await runGit(repository, ['switch', '--quiet', 'other']);
    expect(whatRan(repository)).toHaveLength(1);
  });
});

describe('with a git that has no such hooks', () => {
  const old = { gitVersion: [2, 53] } as const;
  const recent = { gitVersion: [2, 54] } as const;

  test('they are not chosen, and refused when wished for', async () => {
    const now = { ...(await surroundingsOf(createRepository())), ...old };
    expect(chooseHookManager(now).name).toBe('hooks-directory');
    const wished = chooseHookManager(now, 'git-config');
    expect(() => wished.install(now)).toThrow(/git 2.53 runs no hooks of its configuration/);
    expect(chooseHookManager({ ...now, ...recent }).name).toBe('git-config');
  });

  test('hooks that are switched off stay off, unless wished for', async () => {
    const repository = createRepository();
    repository.git('config', 'core.hooksPath', '/dev/null');
    const now = { ...(await surroundingsOf(repository)), ...recent };
    const chosen = chooseHookManager(now);
    expect(chosen.name).toBe('hooks-directory');
    expect(() => chosen.install(now)).toThrow(/switched off/);
    expect(chooseHookManager(now, 'git-config').install(now).edits).toHaveLength(8);
  });
});
