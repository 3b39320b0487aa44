/**
 * What destroys files in a work tree destroys no session: it is still offered, listed, shown and
 * resumed, and the next command has git ignore its files again. A destroyer is a line typed into a
 * shell, on `main`, where a session is paused; there is a branch `other`.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { type RunResult, runCommand } from '../helpers/run.ts';
import {
  dataOf,
  failureOf,
  filesOf,
  list,
  mpm,
  pause,
  readText,
  repositoryWithCommit,
  resume,
  sessionFiles,
} from './program.ts';

const sessions = '.claude-mpm/sessions';

interface Scene {
  readonly repository: TestRepository;
  readonly id: string;
}

async function scene(repository = repositoryWithCommit()): Promise<Scene> {
  repository.git('branch', 'other');
  const set = await mpm(repository, ['init', '--yes']);
  expect(set.code, set.stderr).toBe(0);
  repository.git('add', '.gitignore');
  repository.commit('set up');
  const { session } = await pause(repository, ['about to test login']);
  return { repository, id: session.session_id };
}

function typed(place: TestRepository, line: string): Promise<RunResult> {
  const { path: cwd, env } = place;
  return runCommand({ program: '/bin/sh', args: ['-ec', line], cwd, env });
}

/** Goes away and comes back, as one would type it. */
async function expectOffered(place: TestRepository): Promise<void> {
  const run = await typed(place, 'git switch -q other; git switch -q main');
  expect(run.code, run.stderr).toBe(0);
  expect(run.stderr).toMatch(/paused on main.*about to test login/);
}

async function expectListedAndShown(place: TestRepository, id: string): Promise<void> {
  expect(await list(place)).toMatchObject([
    { id, message: 'about to test login', problem: null, foreign: false },
  ]);
  const shown = await mpm(place, ['show', id]);
  expect(shown.code).toBe(0);
  expect(shown.stdout).toContain('about to test login');
}

/** All of it, in the order that proves most: no command of ours has mended anything before the offer. */
async function expectUnharmed(place: TestRepository, id: string): Promise<void> {
  await expectOffered(place);
  await expectListedAndShown(place, id);
  expect(sessionFiles(place)).toEqual(expect.arrayContaining(['.gitignore', ...filesOf(id)]));
  expect((await dataOf<{ ignored: boolean }>(place, ['status'])).ignored).toBe(true);
  expect(place.git('add', '--all', '--dry-run')).toBe('');
  expect((await resume(place)).session.session_id).toBe(id);
}

const destroyers: Readonly<Record<string, string>> = {
  'git clean -fdx': 'git clean -qfdx',
  'git clean -ffdx': 'git clean -qffdx',
  'git clean -fdX': 'git clean -qfdX',
  'git clean in the directory': `cd ${sessions}; git clean -qfdx`,
  'git stash --all': 'git stash push -q --all',
  'git stash --all, and its return': 'git stash push -q --all; git stash pop -q',
  'rm -rf .claude-mpm': 'rm -rf .claude-mpm',
  'rm of the inner .gitignore, and the line in info/exclude': `rm ${sessions}/.gitignore; : >.git/info/exclude; rm .gitignore; git commit -qam x`,
  'git reset --hard': 'echo x >>first.txt; git add -A; git reset -q --hard',
  'git reset --hard to an old commit': 'git reset -q --hard other',
  'git checkout --force': 'git checkout -q -f main',
  'git restore': 'git rm -q -r --cached .; git restore -SW :/',
  'git init again': 'git init -q; git init -q --template=',
  'git gc, and what prunes': `git reflog expire --expire=now --all; git gc -q --prune=now --aggressive
    git repack -qad; git worktree prune; git maintenance run --quiet`,
  'a sparse checkout without it': `mkdir kept; echo x >kept/x; echo x >.claude-mpm/tracked
    git add -f kept .claude-mpm/tracked; git commit -qm x; git sparse-checkout set --cone kept`,
  'a sparse checkout with a sparse index': `mkdir kept; echo x >kept/x; echo x >.claude-mpm/tracked
    git add -f kept .claude-mpm/tracked; git commit -qm x; git sparse-checkout set --cone --sparse-index kept`,
  'rebase, bisect and filter-branch': `echo a >a; git add a; git commit -qm a; git rebase -q other
    git bisect start HEAD other >&2; git bisect reset >&2
    FILTER_BRANCH_SQUELCH_WARNING=1 git filter-branch -f --env-filter : main >&2`,
};

describe('a session survives', () => {
  it.each(Object.keys(destroyers))('%s', async (name) => {
    const { repository, id } = await scene();
    const run = await typed(repository, destroyers[name] ?? 'false');
    expect(run.code, run.stderr).toBe(0);
    await expectUnharmed(repository, id);
  });

  it('the vault’s scripts and offers being all that is left, in a linked work tree too', async () => {
    const { repository, id } = await scene();
    repository.git('switch', '--quiet', 'other');
    const linked = path.join(repository.home, 'linked');
    repository.git('worktree', 'add', '--quiet', linked, 'main');
    repository.git('clean', '--quiet', '-fdx');
    const place = repositoryAt(linked, repository.home, repository.path);
    const run = await typed(place, 'git switch -q --detach; git switch -q main');
    expect(run.stderr).toMatch(/paused on main/);
    await expectListedAndShown(place, id);
    expect((await resume(place)).session.session_id).toBe(id);
    expect(place.git('add', '--all', '--dry-run')).toBe('');
  });
});

describe('the work tree it was paused in may be removed', () => {
  it.each(['', '--force'])('git worktree remove %s', async (force) => {
    const linked = createRepository({ layout: 'linked-worktree' });
    const main = repositoryAt(linked.outer, linked.home);
    expect((await mpm(main, ['init', '--yes'])).code).toBe(0);
    const { session } = await pause(linked, ['about to test login']);
    await typed(main, `git worktree remove ${force} '${linked.path}'`);
    expect(existsSync(linked.path)).toBe(false);
    const run = await typed(main, 'git switch -q linked');
    expect(run.stderr).toMatch(/paused on linked.*about to test login/);
    await expectListedAndShown(main, session.session_id);
    expect(sessionFiles(main)).toEqual(expect.arrayContaining([...filesOf(session.session_id)]));
    expect((await dataOf<{ ignored: boolean }>(main, ['status'])).ignored).toBe(true);
    expect((await resume(main)).session.session_id).toBe(session.session_id);
  });
});

/** A branch `theirs` whose commit has something at a path, made so that no file is touched here. */
const theirs = (name: string) => `
  GIT_INDEX_FILE=.git/theirs-index; export GIT_INDEX_FILE; git read-tree main
  git update-index --add --cacheinfo 100644,$(echo theirs | git hash-object -w --stdin),"${name}"
  git update-ref refs/heads/theirs $(git commit-tree -p main -m theirs $(git write-tree))
  unset GIT_INDEX_FILE; rm .git/theirs-index`;

describe('history that has something in its place', () => {
  const places: readonly (readonly [string, (id: string) => string])[] = [
    ['its own record', (id) => `${sessions}/${id}.json`],
    ['its own brief', (id) => `${sessions}/${id}.md`],
    ['the inner .gitignore', () => `${sessions}/.gitignore`],
    ['the pointer', () => `${sessions}/LATEST-SESSION.txt`],
    ['a file .claude-mpm', () => '.claude-mpm'],
    ['a file .claude-mpm/sessions', () => sessions],
    ['a directory of the record’s name', (id) => `${sessions}/${id}.json/file`],
  ];

  it.each(places)('%s: there, and back again', async (_, nameOf) => {
    const { repository, id } = await scene();
    const name = nameOf(id);
    await typed(repository, theirs(name));
    const there = await typed(repository, 'git switch -q theirs');
    expect(there.code, there.stderr).toBe(0);
    expect(readText(repository.path, name)).toBe('theirs\n');
    await expectListedAndShown(repository, id);
    // What git tracks is git's: nothing was written over it.
    expect(readText(repository.path, name)).toBe('theirs\n');
    expect(repository.git('status', '--porcelain', '--', name)).toBe('');
    const back = await typed(repository, 'git switch -q main');
    expect(back.code, back.stderr).toBe(0);
    expect(back.stderr).toMatch(/paused on main.*about to test login/);
    await expectUnharmed(repository, id);
  });

  it.each(places)('%s: merged, and mended by hand', async (_, nameOf) => {
    const { repository, id } = await scene();
    const name = nameOf(id);
    await typed(repository, theirs(name));
    const merged = await typed(repository, 'git merge -q --no-edit theirs');
    expect(merged.code, merged.stderr).toBe(0);
    await expectOffered(repository);
    await expectListedAndShown(repository, id);
    if (name === '.claude-mpm' || name === sessions) {
      expect(await failureOf(repository, ['pause', 'x'])).toMatchObject({
        exit: 4,
        code: 'sessions-directory-unusable',
      });
    }
    const mended = await typed(repository, `git rm -qr "${name}"; git commit -qm mended`);
    expect(mended.code, mended.stderr).toBe(0);
    await expectUnharmed(repository, id);
  });
});

it('a work tree moved elsewhere takes its sessions along', async () => {
  const { repository, id } = await scene();
  const moved = path.join(repository.home, 'moved');
  await typed(repository, `cd ..; mv '${repository.path}' '${moved}'`);
  await expectUnharmed(repositoryAt(moved, repository.home), id);
});
