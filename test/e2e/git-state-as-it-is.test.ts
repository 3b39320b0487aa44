/** What git knows at the moment of a pause, told as it is. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { runGit } from '../helpers/run.ts';
import { type Place, pause, readText, repositoryWithCommit, type Session } from './program.ts';

type GitContext = Session['git_context'];
type Status = NonNullable<GitContext['status']>;

async function contextOf(place: Place): Promise<GitContext> {
  return (await pause(place, ['x'])).session.git_context;
}

async function statusOf(place: Place): Promise<Status> {
  const { status } = await contextOf(place);
  if (status === null) throw new Error('the status was not measured');
  return status;
}

/** `kind index worktree path`, and where it came from. */
function summaries({ changes }: Status): readonly string[] {
  return changes
    .map(({ kind, index, worktree, path: name, from }) =>
      [kind, index + worktree, name, ...(from === undefined ? [] : ['<-', from])].join(' '),
    )
    .sort();
}

describe('changes', () => {
  it('staged, unstaged, both and untracked are told apart', async () => {
    const repository = repositoryWithCommit();
    const names = ['staged', 'unstaged', 'both', 'deleted', 'gone', 'kept'];
    repository.commit('base', Object.fromEntries(names.map((name) => [name, `${name}\n`])));
    for (const name of ['staged', 'both', 'added']) repository.write(name, 'new\n');
    repository.git('add', 'staged', 'both', 'added');
    repository.git('rm', '--quiet', 'deleted');
    repository.git('rm', '--quiet', '--cached', 'gone');
    for (const name of ['unstaged', 'both']) repository.write(name, 'newer\n');
    repository.write('dir/one', '');
    repository.write('dir/two', '');
    repository.write('later', '');
    repository.git('add', '--intent-to-add', 'later');

    const status = await statusOf(repository);
    expect(summaries(status)).toEqual([
      'both MM both',
      'staged A. added',
      'staged D. deleted',
      'staged D. gone',
      'staged M. staged',
      'unstaged .A later',
      'unstaged .M unstaged',
      'untracked ?? dir/one',
      'untracked ?? dir/two',
      'untracked ?? gone',
    ]);
    expect(status.clean).toBe(false);
    expect([...status.modified_files].sort()).toEqual([
      ...['added', 'both', 'deleted', 'gone', 'later', 'staged', 'unstaged'],
    ]);
    expect([...status.untracked_files].sort()).toEqual(['dir/one', 'dir/two', 'gone']);
  });

  it('are none when there are none', async () => {
    expect(await statusOf(repositoryWithCommit())).toEqual({
      clean: true,
      modified_files: [],
      untracked_files: [],
      changes: [],
    });
  });

  it('are none after a pause either: it does not see its own files', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['first']);
    expect((await statusOf(repository)).clean).toBe(true);
  });

  it('of a rename have both names', async () => {
    const repository = repositoryWithCommit();
    repository.commit('base', { 'old name': 'one\ntwo\nthree\nfour\n', copied: 'x\n'.repeat(9) });
    repository.git('mv', 'old name', 'new name');
    expect(summaries(await statusOf(repository))).toEqual(['staged R. new name <- old name']);
  });

  it('of modes, types and links are changes', async () => {
    const repository = repositoryWithCommit();
    repository.commit('base', { script: '#!/bin/sh\n', file: 'x' });
    repository.write('script', '#!/bin/sh\n', 0o755);
    repository.git('rm', '--quiet', '--cached', 'file');
    repository.git('update-index', '--add', '--cacheinfo', `120000,${blobOf(repository)},file`);
    expect(summaries(await statusOf(repository))).toEqual(['both TT file', 'unstaged .M script']);
  });

  it('in a conflict say which side did what', async () => {
    const repository = repositoryWithCommit();
    repository.commit('base', { edited: 'base\n', removed: 'base\n' });
    repository.git('switch', '--quiet', '-c', 'theirs');
    repository.commit('theirs', { edited: 'theirs\n', removed: 'theirs\n', added: 'theirs\n' });
    repository.git('switch', '--quiet', 'main');
    repository.git('rm', '--quiet', 'removed');
    repository.commit('ours', { edited: 'ours\n', added: 'ours\n' });
    expect(() => repository.git('merge', 'theirs')).toThrow();

    const { operation, status } = await contextOf(repository);
    expect(operation).toBe('merge');
    expect(status === null ? [] : summaries(status)).toEqual([
      'conflicted AA added',
      'conflicted DU removed',
      'conflicted UU edited',
    ]);
    const brief = readText((await pause(repository, ['y'])).files.md);
    expect(brief).toContain('Conflicted');
    expect(brief).toContain('both modified');
  });

  it('in a submodule are one change of the superproject', async () => {
    const module = createRepository({ layout: 'submodule' });
    module.commit('in the module');
    const outer = repositoryAt(module.outer, module.home);
    expect(summaries(await statusOf(outer))).toEqual(['unstaged .M a module']);
  });

  it('are told whatever the user has configured git status to show', async () => {
    const repository = repositoryWithCommit();
    repository.commit('base', { old: 'one\ntwo\nthree\nfour\n' });
    repository.git('mv', 'old', 'new');
    repository.write('untracked', '');
    const settings = {
      'status.showUntrackedFiles': 'no',
      'status.renames': 'false',
      'status.relativePaths': 'true',
      'status.short': 'true',
      'status.branch': 'false',
      'status.aheadBehind': 'false',
      'column.ui': 'always',
      'color.ui': 'always',
      'core.quotePath': 'true',
    };
    for (const [key, value] of Object.entries(settings)) repository.git('config', key, value);
    mkdirSync(path.join(repository.path, 'sub'));
    expect(
      summaries(await statusOf({ ...repository, path: path.join(repository.path, 'sub') })),
    ).toEqual(['staged R. new <- old', 'untracked ?? untracked']);
  });
});

describe('names', () => {
  const odd = [
    ' leading blank',
    'trailing blank ',
    'new\nline',
    'tab\there',
    '"quoted"',
    "it's",
    'back\\slash',
    'ünïcode 日本 😀',
    'a -> b',
    '-dash',
    ':(top)magic',
    '*.glob',
    '#hash',
    'cr\rhere',
    'esc\u001b[31mred',
  ];

  it('are recorded as they are, however odd', async () => {
    const repository = repositoryWithCommit();
    for (const name of odd) repository.write(name, '');
    const { session, files } = await pause(repository, ['x']);
    expect([...(session.git_context.status?.untracked_files ?? [])].sort()).toEqual(odd.toSorted());
    expect(JSON.stringify(session)).not.toContain('path_base64');
    expect(readText(files.md)).not.toContain('\u001b');
    expect(readText(files.md)).toContain('esc\\u001b[31mred');
  });

  // APFS refuses such names.
  it.skipIf(process.platform === 'darwin')(
    'that are not UTF-8 are recorded byte for byte',
    async () => {
      const repository = repositoryWithCommit();
      const bytes = Buffer.from('caf\xe9.txt', 'latin1');
      const renamed = Buffer.from('th\xe9.txt', 'latin1');
      repository.write(bytes, 'one\ntwo\nthree\n');
      repository.git('add', '--all');
      repository.commit('latin1');
      const script = 'mv caf*.txt "$(printf "th\\351.txt")"; git add --all';
      runShell(repository, script);
      const status = await statusOf(repository);
      expect(status.changes).toEqual([
        {
          path: 'th\ufffd.txt',
          path_base64: renamed.toString('base64'),
          from: 'caf\ufffd.txt',
          from_base64: bytes.toString('base64'),
          index: 'R',
          worktree: '.',
          kind: 'staged',
        },
      ]);
      expect(status.modified_files).toEqual(['th\ufffd.txt']);
    },
  );

  it('with U+FFFD itself are UTF-8', async () => {
    const repository = repositoryWithCommit();
    repository.write('real\ufffd', '');
    const [change] = (await statusOf(repository)).changes;
    expect(change).toEqual({ path: 'real\ufffd', index: '?', worktree: '?', kind: 'untracked' });
  });

  it('of branches may be odd as well', async () => {
    const repository = repositoryWithCommit();
    const branch = 'feature/ünï#1@{x}\'"$(id)'.replace('@{', '@');
    repository.git('switch', '--quiet', '-c', branch);
    const { session, files } = await pause(repository, ['x']);
    expect(session.git_context.branch).toBe(branch);
    expect(session.git_context.branch_id).toMatch(/^[0-9a-f]{20}$/);
    // The command in the brief, typed as it stands, leads back to the branch.
    repository.git('switch', '--quiet', 'main');
    const [, command = ''] = /`+(git switch .*?)`+\n/.exec(readText(files.md)) ?? [];
    runShell(repository, command);
    expect(repository.git('symbolic-ref', '--short', 'HEAD').trim()).toBe(branch);
  });
});

describe('the head', () => {
  it('is the branch and the full commit', async () => {
    const repository = repositoryWithCommit();
    repository.git('switch', '--quiet', '-c', 'feature/login');
    const head = repository.commit('second');
    expect(await contextOf(repository)).toMatchObject({
      is_git_repo: true,
      branch: 'feature/login',
      head,
      detached: false,
      branch_id: repository.git('config', 'branch.feature/login.mpm-session').trim(),
    });
  });

  it('is a commit without a branch when it is detached', async () => {
    const repository = repositoryWithCommit();
    const head = repository.git('rev-parse', 'HEAD').trim();
    repository.git('switch', '--quiet', '--detach');
    const context = await contextOf(repository);
    expect(context).toMatchObject({ branch: null, head, detached: true });
    expect(context).not.toHaveProperty('branch_id');
    expect(repository.git('config', '--get-regexp', '^branch\\.|^core.bare')).toBe(
      'core.bare false\n',
    );
  });

  it('is a branch without a commit before the first', async () => {
    const repository = createRepository();
    repository.write('staged', '');
    repository.git('add', 'staged');
    repository.write('untracked', '');
    const context = await contextOf(repository);
    expect(context).toMatchObject({ branch: 'main', head: null, detached: false });
    expect(context.recent_commits).toEqual([]);
    expect(context.status === null ? [] : summaries(context.status)).toEqual([
      'staged A. staged',
      'untracked ?? untracked',
    ]);
  });

  it('has the five newest commits, whatever is in them', async () => {
    const repository = repositoryWithCommit();
    const subjects = ['a|b', '"quoted" \t tab', 'ünïcode 😀', '', 'newest\n\nwith a body'];
    for (const subject of subjects) {
      repository.git('commit', '--quiet', '--allow-empty', '--allow-empty-message', '-m', subject);
    }
    repository.git(
      '-c',
      'user.name=A | B',
      'commit',
      '--quiet',
      '--amend',
      '--allow-empty',
      '--reset-author',
      '-C',
      'HEAD',
    );
    const { recent_commits: commits } = await contextOf(repository);
    expect(commits.map(({ message }) => message)).toEqual([
      'newest',
      '',
      'ünïcode 😀',
      '"quoted" \t tab',
      'a|b',
    ]);
    expect(commits.map(({ author }) => author).slice(0, 2)).toEqual(['A | B', 'Test Person']);
    expect(commits.map(({ sha }) => sha)).toEqual(
      repository.git('rev-list', '--max-count=5', 'HEAD').trim().split('\n'),
    );
    expect(commits[0]?.timestamp).toBe(repository.git('log', '-1', '--format=%aI').trim());
  });

  it('has its commits in UTF-8, whatever they were written in', async () => {
    const repository = repositoryWithCommit();
    repository.write('.git/message', Buffer.from('gr\xfc\xdfe', 'latin1'));
    repository.git(
      '-c',
      'i18n.commitEncoding=latin1',
      'commit',
      '--quiet',
      '--allow-empty',
      '-F',
      '.git/message',
    );
    repository.git('config', 'i18n.logOutputEncoding', 'latin1');
    const { recent_commits: commits } = await contextOf(repository);
    expect(commits[0]?.message).toBe('grüße');
  });
});

describe('the upstream', () => {
  function cloned(): { readonly clone: TestRepository; readonly origin: TestRepository } {
    const origin = repositoryWithCommit();
    const directory = path.join(origin.home, 'clone');
    origin.git('clone', '--quiet', '.', directory);
    return { origin, clone: repositoryAt(directory, origin.home) };
  }

  it('is none when the branch has none', async () => {
    expect((await contextOf(repositoryWithCommit())).upstream).toBeNull();
  });

  it('is as far ahead and behind as it is', async () => {
    const { clone, origin } = cloned();
    origin.commit('theirs');
    for (const message of ['ours', 'ours too']) clone.commit(message);
    clone.git('fetch', '--quiet');
    const { session, files } = await pause(clone, ['x']);
    expect(session.git_context.upstream).toEqual({ name: 'origin/main', ahead: 2, behind: 1 });
    expect(readText(files.md)).toContain('2 ahead, 1 behind');
  });

  it('that is even is even', async () => {
    const { clone } = cloned();
    expect((await contextOf(clone)).upstream).toEqual({ name: 'origin/main', ahead: 0, behind: 0 });
  });

  it('that is gone is not 0 ahead and 0 behind', async () => {
    const { clone } = cloned();
    clone.git('update-ref', '-d', 'refs/remotes/origin/main');
    const { session, files } = await pause(clone, ['x']);
    expect(session.git_context.upstream).toEqual({
      name: 'origin/main',
      ahead: null,
      behind: null,
    });
    expect(readText(files.md)).toMatch(/origin\/main.*gone/);
  });
});

describe('an operation in progress', () => {
  /** `main` and `theirs` that change one file in two ways. */
  function diverged(): TestRepository {
    const repository = repositoryWithCommit();
    repository.git('switch', '--quiet', '-c', 'theirs');
    repository.commit('theirs', { 'first.txt': 'theirs\n' });
    repository.git('switch', '--quiet', 'main');
    repository.commit('ours', { 'first.txt': 'ours\n' });
    return repository;
  }
  const fails = (repository: TestRepository, ...args: string[]) =>
    expect(() => repository.git(...args)).toThrow();

  const operations: Readonly<Record<string, (repository: TestRepository) => void>> = {
    merge: (repository) => fails(repository, 'merge', 'theirs'),
    rebase: (repository) => fails(repository, 'rebase', 'theirs'),
    'rebase --apply': (repository) => fails(repository, 'rebase', '--apply', 'theirs'),
    'cherry-pick': (repository) => fails(repository, 'cherry-pick', 'theirs'),
    revert: (repository) => {
      repository.commit('later', { 'first.txt': 'later\n' });
      fails(repository, 'revert', 'HEAD^');
    },
    bisect: (repository) => {
      repository.git('bisect', 'start', 'HEAD', 'HEAD^');
    },
    am: (repository) => {
      repository.write('.git/patch', repository.git('format-patch', '-1', '--stdout', 'theirs'));
      fails(repository, 'am', '.git/patch');
    },
  };

  it.each(Object.keys(operations))('%s is named', async (name) => {
    const repository = diverged();
    operations[name]?.(repository);
    const { session, files } = await pause(repository, ['x']);
    const expected = name.replace(' --apply', '');
    expect(session.git_context.operation).toBe(expected);
    expect(readText(files.md)).toContain(expected);
  });

  it('is none when there is none', async () => {
    expect((await contextOf(diverged())).operation).toBeNull();
  });

  it('in one work tree is none of another', async () => {
    const linked = createRepository({ layout: 'linked-worktree' });
    linked.git('bisect', 'start');
    expect((await contextOf(repositoryAt(linked.outer, linked.home))).operation).toBeNull();
    expect((await contextOf(linked)).operation).toBe('bisect');
  });
});

describe('the stash', () => {
  it('is counted', async () => {
    const repository = repositoryWithCommit();
    for (const content of ['a', 'b']) {
      repository.write('first.txt', content);
      repository.git('stash', 'push', '--quiet');
    }
    expect((await contextOf(repository)).stash_count).toBe(2);
  });

  it('that is empty counts nothing', async () => {
    expect((await contextOf(repositoryWithCommit())).stash_count).toBe(0);
  });
});

it('the brief names every changed file, and folds a long list with a count', async () => {
  const repository = repositoryWithCommit();
  for (let number = 100; number < 180; number += 1) repository.write(`file ${number}`, '');
  const { session, files } = await pause(repository, ['x']);
  expect(session.git_context.status?.untracked_files).toHaveLength(80);
  const named = readText(files.md).match(/^- `file \d+`$/gm) ?? [];
  expect(readText(files.md)).toContain(`and ${80 - named.length} more`);
  expect(named.length).toBeGreaterThan(20);
});

it('the user’s own git status is not run into: no lock is taken, nothing is refreshed', async () => {
  const repository = repositoryWithCommit();
  writeFileSync(path.join(repository.path, '.git/index.lock'), '');
  repository.write('first.txt', 'changed');
  const { status } = await contextOf(repository);
  expect(status?.modified_files).toEqual(['first.txt']);
  expect(await runGit(repository, ['mpm-resume'])).toMatchObject({ code: 0 });
});

function blobOf(repository: TestRepository): string {
  return repository.git('rev-parse', 'HEAD:first.txt').trim();
}

function runShell(repository: TestRepository, script: string): void {
  // `git` runs an alias with `sh` at the top level.
  repository.git('-c', `alias.run=!${script}`, 'run');
}

it('commits that cannot be read are told, and not taken for none', async () => {
  const repository = repositoryWithCommit();
  const first = repository.git('rev-parse', 'HEAD').trim();
  repository.commit('second', { 'second.txt': 'second' });
  rmSync(path.join(repository.path, '.git/objects', first.slice(0, 2), first.slice(2)));
  const { session, warnings } = await pause(repository, ['x']);
  expect(session.git_context.recent_commits).toEqual([]);
  expect(warnings).toEqual([expect.stringContaining('newest commits could not be read')]);
});
