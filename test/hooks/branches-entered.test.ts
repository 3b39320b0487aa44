import { renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { branchLastEntered } from '../../src/store/last-switch.ts';
import { createRepository, repositoryAt } from '../helpers/repository.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import {
  git,
  gitAtLeast,
  gitOk,
  hintIn,
  hookRepository,
  lastDecision,
  offerOn,
  someHint,
  withHooks,
  writeOffer,
} from './hook-repository.ts';

const elsewhere = '20260203040506';

describe('a hint is printed by', () => {
  it.each([
    ['switch', ['switch', 'feature']],
    ['checkout', ['checkout', 'feature']],
    ['switch -q', ['switch', '-q', 'feature']],
    ['switch --discard-changes', ['switch', '--discard-changes', 'feature']],
    ['switch -m', ['switch', '-m', 'feature']],
  ])('%s', async (_, args) => {
    const repository = hookRepository();
    offerOn(repository, 'feature');

    const run = await git(repository, args);

    expect(run.code).toBe(0);
    expect(run.stdout).toBe('');
    expect(run.stderr.endsWith(`${someHint.join('\n')}\n`)).toBe(true);
    expect(lastDecision(repository)).toBe('hinted not-a-terminal');
  });

  it('switch - and checkout -', async () => {
    const repository = hookRepository();
    offerOn(repository, 'feature');
    await gitOk(repository, 'switch', 'feature');
    await gitOk(repository, 'switch', 'main');
    expect(hintIn(await gitOk(repository, 'switch', '-'))).toEqual(someHint);
    await gitOk(repository, 'switch', 'main');
    expect(hintIn(await gitOk(repository, 'checkout', '-'))).toEqual(someHint);
  });

  it('a switch between two branches on one commit, each time', async () => {
    const repository = hookRepository();
    offerOn(repository, 'same');
    for (let time = 1; time <= 3; time += 1) {
      expect(hintIn(await gitOk(repository, 'switch', 'same'))).toEqual(someHint);
      expect(hintIn(await gitOk(repository, 'switch', 'main'))).toEqual([]);
    }
  });

  it('a branch that was left and deleted and made again from a remote one, not: it is new', async () => {
    const repository = hookRepository();
    repository.git('remote', 'add', 'origin', repository.path);
    repository.git('fetch', '--quiet', 'origin');
    offerOn(repository, 'feature');
    repository.git('branch', '-D', 'feature');
    const run = await gitOk(repository, 'switch', 'feature');
    expect(run.stderr).toContain('feature');
    expect(hintIn(run)).toEqual([]);
    expect(lastDecision(repository)).toBe('quiet no-session');
  });

  it('checkout -B from another branch, also to the same commit', async () => {
    const repository = hookRepository();
    offerOn(repository, 'feature');
    expect(hintIn(await gitOk(repository, 'checkout', '-B', 'feature', 'main'))).toEqual(someHint);
    await gitOk(repository, 'switch', 'main');
    expect(hintIn(await gitOk(repository, 'checkout', '-B', 'feature', 'same'))).toEqual(someHint);
  });

  it('a checkout of a commit that has a session of its own', async () => {
    const repository = hookRepository();
    const oid = repository.git('rev-parse', 'feature').trim();
    writeOffer(repository, oid);
    expect(hintIn(await gitOk(repository, 'checkout', '--detach', 'feature'))).toEqual(someHint);
    await gitOk(repository, 'switch', 'main');
    expect(hintIn(await gitOk(repository, 'checkout', oid))).toEqual(someHint);
  });

  it('detaching HEAD at the commit it is on, when that has a session of its own', async () => {
    const repository = hookRepository();
    writeOffer(repository, repository.git('rev-parse', 'HEAD').trim());
    expect(hintIn(await gitOk(repository, 'switch', '--detach'))).toEqual(someHint);
  });

  it('coming back from a branch without a commit', async () => {
    const repository = hookRepository();
    offerOn(repository, 'feature');
    await gitOk(repository, 'switch', '--orphan', 'empty');
    expect(lastDecision(repository)).toBe('quiet no-commit');
    expect(hintIn(await gitOk(repository, 'switch', 'feature'))).toEqual(someHint);
  });

  it('a branch that was renamed since', async () => {
    const repository = hookRepository();
    offerOn(repository, 'feature');
    repository.git('branch', '-m', 'feature', 'better/name');
    expect(hintIn(await gitOk(repository, 'switch', 'better/name'))).toEqual(someHint);
  });

  it('the newest of the sessions, where a branch has two identities', async () => {
    const repository = hookRepository();
    offerOn(repository, 'feature', { at: elsewhere, lines: ['The newer one'] });
    offerOn(repository, 'feature', { at: '20260203040505', lines: ['The older one'] });
    const first = await gitOk(repository, 'switch', 'feature');
    expect(first.stderr).toContain('The newer one');
    expect(first.stderr).not.toContain('The older one');

    offerOn(repository, 'same', { at: '20260103080909', lines: ['The older one'] });
    offerOn(repository, 'same', { at: '20260103090000', lines: ['The newer one'] });
    const second = await gitOk(repository, 'switch', 'same');
    expect(second.stderr).toContain('The newer one');
  });

  it('nothing where the newest of two sessions is resumed, though the other is not', async () => {
    const repository = hookRepository();
    offerOn(repository, 'feature', { at: elsewhere, kind: 'quiet', reason: 'resumed' });
    offerOn(repository, 'feature', { at: '20260101000000' });
    expect(hintIn(await gitOk(repository, 'switch', 'feature'))).toEqual([]);
    expect(lastDecision(repository)).toBe('quiet resumed');
  });
});

describe('wherever git is run from:', () => {
  it('a subdirectory', async () => {
    const repository = hookRepository();
    repository.write('deep/er/file', '');
    offerOn(repository, 'feature');
    const cwd = path.join(repository.path, 'deep/er');
    expect(hintIn(await git(repository, ['switch', 'feature'], { cwd }))).toEqual(someHint);
  });

  it('git -C', async () => {
    const repository = hookRepository();
    offerOn(repository, 'feature');
    const run = await git(repository, ['-C', repository.path, 'switch', 'feature'], { cwd: '/' });
    expect(hintIn(run)).toEqual(someHint);
  });

  it('explicit GIT_DIR and GIT_WORK_TREE', async () => {
    const repository = hookRepository();
    offerOn(repository, 'feature');
    const set = { GIT_DIR: path.join(repository.path, '.git'), GIT_WORK_TREE: repository.path };
    expect(hintIn(await git(repository, ['switch', 'feature'], { cwd: '/', set }))).toEqual(
      someHint,
    );
  });

  it('a work tree whose git directory lies elsewhere', async () => {
    const repository = hookRepository();
    offerOn(repository, 'feature');
    const away = path.join(temporaryDirectory(), 'away.git');
    renameSync(path.join(repository.path, '.git'), away);
    const options = [`--git-dir=${away}`, `--work-tree=${repository.path}`];
    const run = await git(repository, [...options, 'switch', 'feature'], { cwd: '/' });
    expect(hintIn(run)).toEqual(someHint);
  });

  it('a linked work tree, and its stamp is its own', async () => {
    const repository = withHooks(createRepository({ layout: 'linked-worktree' }));
    repository.git('branch', 'feature');
    offerOn(repository, 'feature');
    expect(hintIn(await gitOk(repository, 'switch', 'feature'))).toEqual(someHint);

    const main = { ...repositoryAt(repository.outer, repository.home), vault: repository.vault };
    await gitOk(repository, 'switch', 'linked');
    expect(hintIn(await gitOk(main, 'switch', 'feature'))).toEqual(someHint);
  });

  it("a submodule's own repository, on a branch and on a commit", async () => {
    const repository = withHooks(createRepository({ layout: 'submodule' }));
    expect(repository.vault).toContain('modules');
    repository.git('branch', 'feature');
    offerOn(repository, 'feature');
    expect(hintIn(await gitOk(repository, 'switch', 'feature'))).toEqual(someHint);
    const oid = repository.commit('more');
    await gitOk(repository, 'switch', 'main');
    writeOffer(repository, oid);
    expect(hintIn(await gitOk(repository, 'checkout', oid))).toEqual(someHint);
  });

  it('a SHA-256 repository', async () => {
    const repository = hookRepository({ objectFormat: 'sha256' });
    offerOn(repository, 'feature');
    expect(hintIn(await gitOk(repository, 'switch', 'feature'))).toEqual(someHint);
    await gitOk(repository, 'switch', 'main');
    writeOffer(repository, repository.git('rev-parse', 'feature').trim());
    expect(hintIn(await gitOk(repository, 'switch', '--detach', 'feature'))).toEqual(someHint);
  });

  it('a repository whose HEAD is a link', async () => {
    const repository = hookRepository();
    repository.git('config', 'core.preferSymlinkRefs', 'true');
    offerOn(repository, 'feature');
    offerOn(repository, 'same');
    expect(hintIn(await gitOk(repository, 'switch', 'feature'))).toEqual(someHint);
    expect(hintIn(await gitOk(repository, 'switch', 'main'))).toEqual([]);
    expect(hintIn(await gitOk(repository, 'switch', 'same'))).toEqual(someHint);
    expect(hintIn(await gitOk(repository, 'switch', 'same'))).toEqual([]);

    // The link itself has no time that a shell could compare.
    const set = { MPM_SESSION_HOOKS: '0' };
    await delay(30);
    await git(repository, ['switch', 'main'], { set });
    expect(hintIn(await gitOk(repository, 'switch', 'same'))).toEqual(someHint);
  });

  it.skipIf(!gitAtLeast(2, 45))(
    'a reftable repository (needs git 2.45: MPM_TEST_GIT)',
    async () => {
      const repository = hookRepository({ refFormat: 'reftable' });
      offerOn(repository, 'feature');
      offerOn(repository, 'same');
      expect(hintIn(await gitOk(repository, 'switch', 'feature'))).toEqual(someHint);
      expect(hintIn(await gitOk(repository, 'switch', 'same'))).toEqual(someHint);
      expect(hintIn(await gitOk(repository, 'switch', 'same'))).toEqual([]);
      repository.commit('more');
      expect(hintIn(await gitOk(repository, 'checkout'))).toEqual([]);
      writeOffer(repository, repository.git('rev-parse', 'main').trim());
      expect(hintIn(await gitOk(repository, 'switch', '--detach', 'main'))).toEqual(someHint);
    },
  );

  it('a repository without reflogs', async () => {
    const repository = hookRepository();
    repository.git('config', 'core.logAllRefUpdates', 'false');
    rmSync(path.join(repository.path, '.git/logs'), { recursive: true });
    offerOn(repository, 'feature');
    offerOn(repository, 'same');
    expect(hintIn(await gitOk(repository, 'switch', 'feature'))).toEqual(someHint);
    expect(hintIn(await gitOk(repository, 'switch', 'main'))).toEqual([]);
    expect(hintIn(await gitOk(repository, 'switch', 'same'))).toEqual(someHint);
    expect(hintIn(await gitOk(repository, 'switch', 'same'))).toEqual([]);
  });

  it('after a branch with a longer name, of which the stamp keeps the rest', async () => {
    const repository = hookRepository();
    repository.git('branch', 'x'.repeat(100));
    offerOn(repository, 'feature');
    await gitOk(repository, 'switch', 'x'.repeat(100));
    expect(hintIn(await gitOk(repository, 'switch', 'feature'))).toEqual(someHint);
    const vault = { directory: repository.vault, sessions: '' };
    expect(branchLastEntered(vault, path.join(repository.path, '.git'))).toBe('feature');
    expect(hintIn(await gitOk(repository, 'checkout'))).toEqual([]);
    expect(lastDecision(repository)).toBe('quiet same-branch');
  });

  it('where GIT_REFLOG_ACTION hides what was done', async () => {
    const repository = hookRepository();
    const set = { GIT_REFLOG_ACTION: 'a script' };
    offerOn(repository, 'feature');
    offerOn(repository, 'same');
    expect(hintIn(await git(repository, ['switch', 'feature'], { set }))).toEqual(someHint);
    await gitOk(repository, 'switch', 'main');
    expect(hintIn(await git(repository, ['switch', 'same'], { set }))).toEqual(someHint);
    expect(hintIn(await git(repository, ['switch', 'same'], { set }))).toEqual([]);
  });
});

describe('a branch of any name that git allows:', () => {
  it.each([
    `it's"quoted"`,
    '$HOME`id`$(id)',
    'a;b&c|d<e>f(g)h{i}j!k#l%m=n',
    'deep/er/and.deeper',
    'ünï/cödé-名前',
    'x'.repeat(200),
    'nbsp\u00a0inside',
  ])('%s', async (name) => {
    const repository = hookRepository();
    repository.git('branch', name);
    offerOn(repository, name);
    expect(hintIn(await gitOk(repository, 'switch', name))).toEqual(someHint);
    await gitOk(repository, 'switch', 'main');
    expect(hintIn(await gitOk(repository, 'switch', name))).toEqual(someHint);
    expect(hintIn(await gitOk(repository, 'switch', name))).toEqual([]);
  });
});
