import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspect, readHead } from '../../src/git/inspect.ts';
import { openRepository, type Repository } from '../../src/git/repository.ts';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { runProgram } from '../helpers/run.ts';
import { type Env, temporaryDirectory } from '../helpers/temporary.ts';

async function open({ path: top, env }: TestRepository): Promise<Repository> {
  const found = await openRepository(top, env);
  if (found === undefined) throw new Error('not found');
  return found;
}

/** `main` and `other` change the same line. */
function conflicting(options: Parameters<typeof createRepository>[0] = {}) {
  const test = createRepository(options);
  test.commit('base', { file: 'base\n' });
  test.git('switch', '--quiet', '-c', 'other');
  test.commit('theirs', { file: 'theirs\n' });
  test.git('switch', '--quiet', 'main');
  test.commit('ours', { file: 'ours\n' });
  return test;
}

describe('HEAD', () => {
  it('is a branch, with its commit', async () => {
    const test = createRepository();
    const oid = test.commit('first');
    expect(await readHead(await open(test))).toEqual({ kind: 'branch', branch: 'main', oid });
  });

  it('is a branch with a slash, and one that is called like a path', async () => {
    const test = createRepository();
    const oid = test.commit('first', { 'refs/heads/x': '' });
    for (const branch of ['feature/a/b', 'refs/heads/x']) {
      test.git('update-ref', `refs/heads/${branch}`, oid);
      test.git('symbolic-ref', 'HEAD', `refs/heads/${branch}`);
      expect(await readHead(await open(test))).toEqual({ kind: 'branch', branch, oid });
    }
  });

  it('is a branch without a commit', async () => {
    const test = createRepository();
    const expected = { kind: 'unborn', branch: 'main' };
    expect(await readHead(await open(test))).toEqual(expected);
    expect((await inspect(await open(test))).head).toEqual(expected);
  });

  it('is a commit, also in a repository of SHA-256', async () => {
    const test = createRepository({ objectFormat: 'sha256' });
    const oid = test.commit('first');
    test.git('switch', '--quiet', '--detach');
    expect(await readHead(await open(test))).toEqual({ kind: 'detached', oid });
    expect((await inspect(await open(test))).head).toEqual({ kind: 'detached', oid });
  });

  it('is detached while a rebase goes on, and the same to both ways of asking', async () => {
    const test = conflicting();
    expect(() => test.git('rebase', 'other')).toThrow();
    const repository = await open(test);
    const inspected = await inspect(repository);
    expect(inspected).toMatchObject({ operation: 'rebase', head: { kind: 'detached' } });
    expect(await readHead(repository)).toEqual(inspected.head);
  });

  it('is this work tree’s own', async () => {
    const linked = createRepository({ layout: 'linked-worktree' });
    expect(await readHead(await open(linked))).toMatchObject({ branch: 'linked' });
    const main = repositoryAt(linked.outer, linked.home);
    expect(await readHead(await open(main))).toMatchObject({ branch: 'main' });
  });
});

describe('one look at the moment', () => {
  it('tells everything at once', async () => {
    const test = conflicting();
    test.git('branch', '--quiet', '--set-upstream-to=other');
    test.write('file', 'changed\n');
    test.git('stash', '--quiet');
    test.write('new', '');
    test.git('config', 'branch.main.mpm-session', 'a'.repeat(20));
    expect(() => test.git('merge', 'other')).toThrow();
    expect(await inspect(await open(test))).toEqual({
      head: { kind: 'branch', branch: 'main', oid: test.git('rev-parse', 'HEAD').trim() },
      upstream: { name: 'other', ahead: 1, behind: 1 },
      stashCount: 1,
      operation: 'merge',
      identities: new Map([['main', ['a'.repeat(20)]]]),
      changes: [
        { path: { text: 'file' }, index: 'U', worktree: 'U', kind: 'conflicted' },
        { path: { text: 'new' }, index: '.', worktree: '.', kind: 'untracked' },
      ].map((change) => expect.objectContaining({ path: change.path, kind: change.kind })),
    });
  });

  it.each<[string, string]>([
    ['status.showUntrackedFiles', 'no'],
    ['status.showUntrackedFiles', 'normal'],
    ['status.renames', 'false'],
    ['status.branch', 'false'],
    ['status.short', 'true'],
    ['status.showStash', 'false'],
    ['status.relativePaths', 'true'],
    ['status.aheadBehind', 'false'],
    ['status.submoduleSummary', 'true'],
    ['core.quotePath', 'true'],
    ['color.status', 'always'],
    ['column.status', 'always'],
    ['diff.renames', 'false'],
    ['diff.ignoreSubmodules', 'all'],
    ['diff.relative', 'true'],
    ['advice.statusUoption', 'true'],
    ['core.commentChar', 'auto'],
  ])('does not depend on %s=%s', async (name, value) => {
    const test = createRepository();
    test.commit('first', { 'a/old': 'a\nb\nc\nd\ne\n', kept: 'x' });
    test.git('branch', 'base');
    test.git('branch', '--quiet', '--set-upstream-to=base');
    test.commit('second');
    test.git('mv', 'a/old', 'a/näw');
    test.write('kept', 'y');
    test.git('stash', '--quiet', '--include-untracked');
    test.git('stash', 'apply', '--quiet', '--index');
    test.write('untracked directory/with/file', '');
    const below = repositoryAt(path.join(test.path, 'a'), test.home);
    const before = await inspect(await open(test));
    expect(before.changes.map(({ path: place }) => place.text)).toEqual([
      'a/näw',
      'kept',
      'untracked directory/with/file',
    ]);
    expect(before).toMatchObject({ stashCount: 1, upstream: { ahead: 1, behind: 0 } });
    test.git('config', name, value);
    expect(await inspect(await open(test))).toEqual(before);
    expect(await inspect(await open(below))).toEqual(before);
  });
});

/** A git with reftables (2.45 and newer) is told by `MPM_TEST_GIT`. */
const hasReftable = (process.env['MPM_TEST_GIT'] ?? '') !== '';
if (!hasReftable) process.stderr.write('Tests of reftable are SKIPPED: MPM_TEST_GIT is not set.\n');

describe.skipIf(!hasReftable)('in a repository whose refs are in a reftable', () => {
  const conflictingReftable = () => conflicting({ refFormat: 'reftable' });

  it.each<[string, string[]]>([
    ['merge', ['merge', 'other']],
    ['cherry-pick', ['cherry-pick', 'other']],
    ['revert', ['revert', '--no-edit', 'HEAD~1']],
    ['rebase', ['rebase', 'other']],
  ])('a %s is seen, although it leaves no file', async (operation, args) => {
    const test = conflictingReftable();
    if (operation === 'revert') test.commit('later', { file: 'later\n' });
    expect(() => test.git(...args)).toThrow();
    expect((await inspect(await open(test))).operation).toBe(operation);
  });

  it('nothing going on is nothing', async () => {
    const inspected = await inspect(await open(conflictingReftable()));
    expect(inspected).toMatchObject({ operation: null, head: { kind: 'branch', branch: 'main' } });
  });

  it('HEAD is asked of git, since its file says «.invalid»', async () => {
    const test = conflictingReftable();
    expect(readFileSync(path.join(test.path, '.git/HEAD'), 'utf8')).toContain('.invalid');
    const oid = test.git('rev-parse', 'HEAD').trim();
    expect(await readHead(await open(test))).toEqual({ kind: 'branch', branch: 'main', oid });
    test.git('switch', '--quiet', '--detach');
    expect(await readHead(await open(test))).toEqual({ kind: 'detached', oid });
    test.git('switch', '--quiet', '--orphan', 'fresh');
    expect(await readHead(await open(test))).toEqual({ kind: 'unborn', branch: 'fresh' });
  });
});

describe('how many git processes', () => {
  /** Puts a `git` first on `PATH` that counts how often it is run, and runs the real one. */
  function counting(env: Env): { env: Env; calls: () => readonly string[] } {
    const directory = temporaryDirectory();
    const log = path.join(directory, 'log');
    const search = (env['PATH'] ?? '').split(path.delimiter);
    const git = search.map((entry) => path.join(entry, 'git')).find((file) => existsSync(file));
    const wrapper = path.join(directory, 'git');
    writeFileSync(wrapper, `#!/bin/sh\necho "$*" >>'${log}'\nexec '${git}' "$@"\n`);
    chmodSync(wrapper, 0o755);
    return {
      env: { ...env, PATH: [directory, ...search].join(path.delimiter) },
      calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : []),
    };
  }

  async function callsOf(test: TestRepository, ...args: string[]): Promise<readonly string[]> {
    const { env, calls } = counting(test.env);
    const run = await runProgram(args, { cwd: test.path, env });
    expect(run.code, run.stderr).toBe(0);
    return calls();
  }

  it.each(['plain', 'linked-worktree'] as const)(
    'a pause starts: four at most, six when it is the branch’s first (%s)',
    async (layout) => {
      const test = createRepository({ layout });
      test.commit('first', { file: 'x' });
      test.write('file', 'y');
      const first = await callsOf(test, 'pause', 'x');
      expect(first.length, first.join('\n')).toBeLessThanOrEqual(6);
      expect(first.length).toBeGreaterThan(0);
      const next = await callsOf(test, 'pause', 'y');
      expect(next.length, next.join('\n')).toBeLessThanOrEqual(4);
    },
  );

  it('a pause starts does not grow with the sessions, branches and commits there are', async () => {
    const test = createRepository();
    for (let number = 0; number < 8; number += 1) {
      test.commit(`commit ${number}`);
      test.git('switch', '--quiet', '-c', `branch-${number}`);
      await runProgram(['pause', 'x'], { cwd: test.path, env: test.env });
    }
    const calls = await callsOf(test, 'pause', 'y');
    expect(calls.length, calls.join('\n')).toBeLessThanOrEqual(4);
  });

  it('list and status start: no more with many sessions than with one', async () => {
    const test = createRepository();
    test.commit('first');
    await runProgram(['pause', 'x'], { cwd: test.path, env: test.env });
    const one = [await callsOf(test, 'list'), await callsOf(test, 'status')];
    for (let number = 0; number < 5; number += 1) {
      await runProgram(['pause', 'x'], { cwd: test.path, env: test.env });
    }
    const many = [await callsOf(test, 'list'), await callsOf(test, 'status')];
    expect(many.map((calls) => calls.length)).toEqual(one.map((calls) => calls.length));
    for (const calls of many) expect(calls.length, calls.join('\n')).toBeLessThanOrEqual(4);
  });

  it('outside a repository: none', async () => {
    const { env } = createRepository();
    const place = { ...repositoryAt(temporaryDirectory(), env['HOME'] ?? ''), env };
    expect(await callsOf(place, 'pause', 'x')).toEqual([]);
  });
});
