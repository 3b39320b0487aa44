import { existsSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryAt } from '../helpers/repository.ts';
import type { RunResult } from '../helpers/run.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import {
  git,
  gitOk,
  type HookRepository,
  hintIn,
  hookRepository,
  installHook,
  lastDecision,
  logged,
  offerOn,
  someHint,
  withHooks,
  writeOffer,
} from './hook-repository.ts';

/** With an offer on every branch, and on every commit there is. */
function fullOfOffers(): HookRepository {
  const repository = hookRepository();
  for (const branch of ['main', 'feature', 'same']) offerOn(repository, branch);
  offerOnCommits(repository);
  return repository;
}

function offerOnCommits(repository: HookRepository): void {
  const commits = repository.git('log', '--all', '--reflog', '--format=%H');
  for (const oid of commits.trim().split('\n')) writeOffer(repository, oid);
}

async function quietly(repository: HookRepository, ...args: readonly string[]): Promise<RunResult> {
  const run = await gitOk(repository, ...args);
  expect(hintIn(run)).toEqual([]);
  return run;
}

describe('nothing is said by', () => {
  it('a clone whose template has the hook, where the vault came with it', async () => {
    const repository = fullOfOffers();
    const target = path.join(temporaryDirectory(), 'clone');
    // The template brings the hook and the vault: as much as anything could say.
    const template = path.join(repository.path, '.git');
    const run = await gitOk(repository, 'clone', `--template=${template}`, repository.path, target);
    expect(hintIn(run)).toEqual([]);
    expect(existsSync(path.join(target, '.git/mpm-session/offers'))).toBe(true);
    expect(existsSync(path.join(target, '.git/hooks/post-checkout'))).toBe(true);
  });

  it.each([
    ['of a branch', ['feature']],
    ['of a new branch', ['-b', 'fresh', '../fresh', 'feature']],
    ['of a commit', ['--detach']],
  ])('git worktree add %s', async (_, args) => {
    const repository = fullOfOffers();
    const place = args.includes('../fresh') ? [] : [path.join(temporaryDirectory(), 'tree')];
    const at = args[0] === 'feature' ? [...place, ...args] : [...args, ...place];
    await quietly(repository, 'worktree', 'add', ...at);
    expect(lastDecision(repository)).toMatch(/^quiet (?:new-work-tree|no-session)$/);
  });

  it.each([
    ['--merge', []],
    ['--apply', []],
    ['-i', ['-c', 'sequence.editor=true']],
    ['--exec=true', []],
  ])('git rebase %s, on its way and when it ends', async (option, settings) => {
    const repository = fullOfOffers();
    repository.commit('third', { 'third.txt': 'three\n' });
    offerOnCommits(repository);
    repository.git('switch', '--quiet', 'feature');
    offerOnCommits(repository);
    await quietly(repository, ...settings, 'rebase', option, 'main');
    expect(repository.git('branch', '--show-current')).toBe('feature\n');
    expect(lastDecision(repository)).toMatch(/^quiet (?:rebasing|not-a-checkout)$/);
  });

  it('a rebase that stops, what is checked out meanwhile, and its abort', async () => {
    const repository = fullOfOffers();
    repository.commit('conflicting', { 'second.txt': 'other\n' });
    repository.git('switch', '--quiet', 'feature');
    offerOnCommits(repository);
    const run = await git(repository, ['rebase', 'main']);
    expect(run.code).not.toBe(0);
    expect(hintIn(run)).toEqual([]);
    await quietly(repository, 'checkout', '--force', 'same');
    expect(lastDecision(repository)).toBe('quiet rebasing');
    await quietly(repository, 'rebase', '--abort');
  });

  it('a rebase of a branch that is up to date, started from another', async () => {
    const repository = fullOfOffers();
    await quietly(repository, 'rebase', 'main', 'same');
    expect(lastDecision(repository)).toBe('quiet same-branch');
  });

  it('git pull --rebase', async () => {
    const repository = fullOfOffers();
    repository.git('switch', '--quiet', 'feature');
    const clone = path.join(temporaryDirectory(), 'clone');
    repository.git('clone', '--quiet', '.', clone);
    const cloned = withHooks(repositoryAt(clone, repository.home));
    cloned.commit('of the clone', { 'clone.txt': 'clone\n' });
    repository.commit('upstream', { 'upstream.txt': 'new\n' });
    cloned.git('fetch', '--quiet');
    offerOn(cloned, 'feature');
    offerOnCommits(cloned);
    await quietly(cloned, 'pull', '--rebase');
    expect(cloned.git('rev-list', '--count', 'origin/feature..').trim()).toBe('1');
    expect(lastDecision(cloned)).toMatch(/^quiet (?:rebasing|not-a-checkout)$/);
  });

  it('git bisect: start, steps, run and reset', async () => {
    const repository = fullOfOffers();
    for (let number = 1; number <= 8; number += 1) repository.commit(`number ${number}`);
    offerOnCommits(repository);
    await quietly(repository, 'bisect', 'start', 'HEAD', 'HEAD~7');
    await quietly(repository, 'bisect', 'good');
    expect(lastDecision(repository)).toBe('quiet bisecting');
    await quietly(repository, 'bisect', 'run', 'true');
    await quietly(repository, 'bisect', 'reset');
    expect(lastDecision(repository)).toBe('quiet bisecting');
    expect(repository.git('branch', '--show-current')).toBe('main\n');
  });

  it('git stash branch, which then applies the stash', async () => {
    const repository = fullOfOffers();
    repository.write('first.txt', 'changed\n');
    repository.git('stash');
    await quietly(repository, 'stash', 'branch', 'stashed');
    expect(lastDecision(repository)).toBe('quiet no-session');
    expect(repository.git('status', '--porcelain')).toBe(' M first.txt\n');
  });

  it('git submodule update, though it checks out a commit with a session', async () => {
    const outer = hookRepository();
    const source = hookRepository();
    outer.git('submodule', '--quiet', 'add', source.path, 'module');
    outer.commit('with a module');
    const module = withHooks(repositoryAt(path.join(outer.path, 'module'), outer.home));
    offerOnCommits(module);
    module.git('checkout', '--quiet', '--detach');
    const away = module.commit('elsewhere');
    expect(module.git('rev-parse', 'HEAD').trim()).toBe(away);

    await quietly(outer, 'submodule', 'update');
    expect(module.git('rev-parse', 'HEAD').trim()).not.toBe(away);
    expect(lastDecision(module)).toBe('quiet not-a-checkout');
  });

  it('checkouts of files', async () => {
    const repository = fullOfOffers();
    repository.write('first.txt', 'changed\n');
    await quietly(repository, 'checkout', '--', 'first.txt');
    await quietly(repository, 'checkout', 'feature', '--', 'second.txt');
    await quietly(repository, 'restore', '--staged', 'second.txt');
    await quietly(repository, 'restore', '--source=HEAD', 'first.txt');
    expect(logged(repository)).toEqual([]);
  });

  it.each([
    [['switch', 'feature']],
    [['checkout', 'feature']],
    [['checkout']],
    [['checkout', 'HEAD']],
    [['switch', '-C', 'feature']],
    [['checkout', '-B', 'feature', 'HEAD~1']],
  ])('git %j on feature itself, however it was entered', async (args) => {
    const repository = fullOfOffers();
    repository.git('switch', '--quiet', 'feature');
    for (let number = 1; number <= 4; number += 1) repository.commit(`number ${number}`);
    await quietly(repository, ...args);
    await quietly(repository, ...args);

    repository.git('switch', '--quiet', 'main');
    const set = { MPM_SESSION_HOOKS: '0' };
    expect((await git(repository, ['switch', 'feature'], { set })).code).toBe(0);
    await quietly(repository, ...args);
    expect(lastDecision(repository)).toBe('quiet same-branch');

    repository.git('bisect', 'start', 'HEAD', 'HEAD~2');
    repository.git('bisect', 'reset');
    await quietly(repository, ...args);
    expect(lastDecision(repository)).toBe('quiet same-branch');
  });

  it('git checkout on a branch that was entered before anything was paused', async () => {
    const repository = hookRepository();
    repository.git('switch', '--quiet', 'same');
    offerOn(repository, 'same');
    await quietly(repository, 'checkout');
    expect(lastDecision(repository)).toBe('quiet same-branch');
  });

  it('git checkout of the commit that HEAD is detached at already', async () => {
    const repository = fullOfOffers();
    await gitOk(repository, 'checkout', '--detach');
    await quietly(repository, 'checkout', 'HEAD');
    await quietly(repository, 'checkout', 'main~0');
    await quietly(repository, 'checkout', '--detach', 'same');
  });

  it('new branches', async () => {
    const repository = fullOfOffers();
    await quietly(repository, 'switch', '-c', 'one');
    await quietly(repository, 'checkout', '-b', 'two', 'feature');
    expect(lastDecision(repository)).toBe('quiet no-session');
  });

  it('branches without a commit', async () => {
    const repository = fullOfOffers();
    await quietly(repository, 'checkout', '--orphan', 'one');
    await quietly(repository, 'rm', '-rf', '--quiet', '.');
    await quietly(repository, 'switch', '--orphan', 'two');
  });

  it('a switch that fails', async () => {
    const repository = fullOfOffers();
    repository.write('second.txt', 'in the way\n');
    const inTheWay = await git(repository, ['switch', 'feature']);
    expect([inTheWay.code, hintIn(inTheWay)]).toEqual([1, []]);
    const missing = await git(repository, ['switch', 'missing']);
    expect([missing.code, hintIn(missing)]).toEqual([128, []]);
    expect(logged(repository)).toEqual([]);
  });

  it('a commit visited by git itself: cherry-pick, revert, merge, reset, am, stash', async () => {
    const repository = fullOfOffers();
    await quietly(repository, 'cherry-pick', 'feature');
    await quietly(repository, 'revert', '--no-edit', 'HEAD');
    await quietly(repository, 'merge', '--no-edit', 'feature');
    await quietly(repository, 'reset', '--hard', 'HEAD~1');
    repository.write('first.txt', 'changed\n');
    await quietly(repository, 'stash');
    await quietly(repository, 'stash', 'pop');
    expect(logged(repository)).toEqual([]);
  });

  it('a switch in the middle of a merge, which git checkout -f allows', async () => {
    const repository = fullOfOffers();
    repository.git('merge', '--no-commit', '--no-ff', 'feature');
    writeFileSync(path.join(repository.path, '.git/MERGE_HEAD.kept'), '');
    const hook = 'cp .git/MERGE_HEAD.kept .git/MERGE_HEAD\n';
    installHook(repository, 'post-checkout', { before: hook });
    await quietly(repository, 'checkout', '-f', 'same');
    expect(lastDecision(repository)).toBe('quiet merging');
  });
});

describe('nothing is said', () => {
  it.each([
    ['CI', { CI: 'true' }, 'ci'],
    ['CI=1', { CI: '1' }, 'ci'],
    ['MPM_SESSION_HOOKS=0', { MPM_SESSION_HOOKS: '0' }, 'switched-off'],
  ])('with %s', async (_, set, reason) => {
    const repository = fullOfOffers();
    const run = await git(repository, ['switch', 'feature'], { set });
    expect([run.code, hintIn(run)]).toEqual([0, []]);
    expect(lastDecision(repository)).toBe(`quiet ${reason}`);
  });

  it.each([{ CI: '' }, { CI: '0' }, { CI: 'false' }, { MPM_SESSION_HOOKS: '1' }])(
    'but something is with %j',
    async (set) => {
      const repository = fullOfOffers();
      const run = await git(repository, ['switch', 'feature'], { set });
      expect(hintIn(run)).toEqual(someHint);
    },
  );

  it.each(['resumed', 'dismissed', 'ignored-branch', 'offers-off'])(
    'of a session that is %s',
    async (reason) => {
      const repository = hookRepository();
      offerOn(repository, 'feature', { kind: 'quiet', reason, lines: [] });
      await quietly(repository, 'switch', 'feature');
      expect(lastDecision(repository)).toBe(`quiet ${reason}`);
    },
  );

  it('where the program is gone, and nothing else is', async () => {
    const repository = hookRepository({}, { header: { program: '/nowhere/mpm-session.js' } });
    offerOn(repository, 'feature');
    await quietly(repository, 'switch', 'feature');
    expect(lastDecision(repository)).toBe('quiet program-gone');
  });

  it('but something is where nothing was ever installed: a hint, from the npx cache', async () => {
    const repository = hookRepository({}, { header: { program: '' } });
    offerOn(repository, 'feature');
    expect(hintIn(await gitOk(repository, 'switch', 'feature'))).toEqual(someHint);
  });

  it('and nothing written where there are no offers', async () => {
    const repository = hookRepository();
    await quietly(repository, 'switch', 'feature');
    expect(logged(repository)).toEqual([]);
    expect(existsSync(path.join(repository.vault, 'entered-.git'))).toBe(false);
  });
});

it('what the hook writes is for nobody else to read', async () => {
  const repository = hookRepository();
  offerOn(repository, 'feature');
  await gitOk(repository, 'switch', 'feature');
  for (const name of ['log', 'entered-.git']) {
    expect(statSync(path.join(repository.vault, name)).mode & 0o777).toBe(0o600);
  }
});

it('is told in the log, line by line, what was decided and why', async () => {
  const repository = hookRepository();
  const [from, to] = ['main', 'feature'].map((name) => repository.git('rev-parse', name).trim());
  offerOn(repository, 'feature', { at: '20260203040506', kind: 'hint' });
  await gitOk(repository, 'switch', 'feature');
  await gitOk(repository, 'switch', 'main');
  const line = { time: '', event: 'post-checkout' };
  expect(logged(repository)).toEqual([
    {
      ...line,
      args: `${from} ${to} 1`,
      outcome: 'hinted',
      reason: 'mode-hint',
      detail: 'session-20260203-040506',
    },
    {
      ...line,
      args: `${to} ${from} 1`,
      outcome: 'quiet',
      reason: 'no-session',
      detail: 'refs/heads/main',
    },
  ]);
});
