import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  ancestorsOf,
  branchTip,
  commitsSince,
  divergence,
  recentCommits,
} from '../../src/git/history.ts';
import { readHead } from '../../src/git/inspect.ts';
import { openRepository, type Repository } from '../../src/git/repository.ts';
import type { Oid } from '../../src/session/git-state.ts';
import { createRepository, type TestRepository } from '../helpers/repository.ts';
import { runProgram } from '../helpers/run.ts';

async function open({ path: top, env }: TestRepository): Promise<Repository> {
  const found = await openRepository(top, env);
  if (found === undefined) throw new Error('not found');
  return found;
}

/** `main` with three commits. */
async function threeCommits(options: Parameters<typeof createRepository>[0] = {}) {
  const test = createRepository(options);
  const oids = ['one', 'two', 'three'].map((message) => test.commit(message) as Oid);
  const [one, two, three] = oids as [Oid, Oid, Oid];
  return { test, repository: await open(test), one, two, three };
}

const claudeMpmRecord = fileURLToPath(
  new URL('../fixtures/claude-mpm/clean-repo.json', import.meta.url),
);

const nowhere = '1234567890'.repeat(4) as Oid;

describe('how two commits stand to each other', () => {
  it.each(['sha1', 'sha256'] as const)('is counted on both sides (%s)', async (objectFormat) => {
    const { test, repository, one, two, three } = await threeCommits({ objectFormat });
    expect(await divergence(repository, one, one)).toEqual({ onlyFrom: 0, onlyTo: 0 });
    expect(await divergence(repository, one, three)).toEqual({ onlyFrom: 0, onlyTo: 2 });
    expect(await divergence(repository, three, one)).toEqual({ onlyFrom: 2, onlyTo: 0 });
    test.git('switch', '--quiet', '--detach', two);
    const amended = test.commit('three, otherwise') as Oid;
    expect(await divergence(repository, three, amended)).toEqual({ onlyFrom: 1, onlyTo: 1 });
    expect(await divergence(repository, one.slice(0, 8), amended)).toEqual({
      onlyFrom: 0,
      onlyTo: 2,
    });
  });

  it('is unknown, not none, when a commit is not there', async () => {
    const { repository, one } = await threeCommits();
    expect(await divergence(repository, nowhere, one)).toBeUndefined();
    expect(await divergence(repository, one, nowhere)).toBeUndefined();
    expect(await divergence(repository, 'abcdef12', one)).toBeUndefined();
  });

  it('is unknown when the object is no commit', async () => {
    const { test, repository, one } = await threeCommits();
    test.write('file', 'x');
    const blob = test.git('hash-object', '-w', 'file').trim();
    expect(await divergence(repository, blob, one)).toBeUndefined();
  });

  it('is unknown behind the edge of a shallow clone', async () => {
    const { test, one, three } = await threeCommits();
    const directory = path.join(path.dirname(test.path), 'shallow');
    test.git('clone', '--quiet', '--depth=1', `file://${test.path}`, directory);
    const found = await openRepository(directory, test.env);
    expect(found && (await divergence(found, one, three))).toBeUndefined();
  });
});

describe('what a record of somebody else calls its commit', () => {
  const claimed = [
    '--output=pwned',
    '--all',
    '-n1',
    '^HEAD',
    'main',
    'HEAD~1',
    '@{-1}',
    '',
    ':/one',
  ];

  it.each(claimed)('is never taken for an option or a name: «%s»', async (sha) => {
    const { test, repository, three } = await threeCommits();
    const record = JSON.parse(readFileSync(claudeMpmRecord, 'utf8')) as {
      session_id: string;
      git_context: { branch: string; recent_commits: { sha: string }[] };
    };
    record.git_context.branch = 'main';
    for (const commit of record.git_context.recent_commits) commit.sha = sha;
    test.write(`.claude-mpm/sessions/${record.session_id}.json`, JSON.stringify(record));

    const mpm = async (...args: string[]) => {
      const run = await runProgram(['--json', ...args], { cwd: test.path, env: test.env });
      return JSON.parse(run.stdout) as unknown;
    };
    expect(await mpm('list')).toMatchObject({ data: { sessions: [{ here: false }] } });
    expect(await mpm('resume', record.session_id)).toMatchObject({
      ok: true,
      data: { drift: { history: 'unknown', commits: { state: 'unknown' } } },
    });
    expect(readdirSync(test.path).sort()).toEqual(['.claude-mpm', '.git']);
    expect(await branchTip(repository, 'main')).toBe(three);
  });
});

describe('the commits since', () => {
  it('are those of `to` alone, newest first, and no more than asked for', async () => {
    const { repository, one, two, three } = await threeCommits();
    const since = async (limit: number) =>
      (await commitsSince(repository, { from: one, to: three, limit })).map(({ sha }) => sha);
    expect(await since(10)).toEqual([three, two]);
    expect(await since(1)).toEqual([three]);
    expect(await commitsSince(repository, { from: three, to: one, limit: 10 })).toEqual([]);
  });

  it('are told whatever git and its callers have put into the environment', async () => {
    const { test, one, two, three } = await threeCommits();
    const env = {
      ...test.env,
      GIT_CONFIG_GLOBAL: path.join(test.home, '.gitconfig'),
      GIT_CONFIG_SYSTEM: '/nowhere',
      GIT_EXEC_PATH: test.git('--exec-path').trim(),
      GIT_CEILING_DIRECTORIES: '/nowhere',
      GIT_DISCOVERY_ACROSS_FILESYSTEM: '1',
      GIT_EDITOR: ':',
      GIT_PREFIX: '',
      GIT_PAGER: 'cat',
      GIT_ASKPASS: 'x',
      GIT_SSH_COMMAND: 'x',
      GIT_TEMPLATE_DIR: 'x',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_PARAMETERS: "'a.b'='c'",
      EDITOR: 'vi',
      PAGER: 'less',
      SSH_ASKPASS: 'x',
      LD_LIBRARY_PATH: '',
      PREFIX: 'x',
    };
    const opened = await openRepository(test.path, env);
    if (opened === undefined) throw new Error('not found');
    const found = await commitsSince(opened, { from: one, to: three, limit: 9 });
    expect(found.map(({ sha }) => sha)).toEqual([three, two]);
  });

  it('keep whatever their authors and subjects hold', async () => {
    const { test, repository, three } = await threeCommits();
    const subjects = ['a\tb', ' ', 'é 🙂 "quoted" \u001b[31m', '%H%x00', 'x'.repeat(5000)];
    for (const subject of subjects) test.commit(subject === ' ' ? 'blank' : subject);
    test.git(
      ...['-c', 'user.name=Zoë \u202e <x>', '-c', 'user.email='],
      ...['commit', '--quiet', '--allow-empty', '--allow-empty-message', '-m', ''],
    );
    const head = test.git('rev-parse', 'HEAD').trim() as Oid;
    const found = await commitsSince(repository, { from: three, to: head, limit: 50 });
    expect(found.map(({ message }) => message)).toEqual([
      '',
      'x'.repeat(5000),
      '%H%x00',
      'é 🙂 "quoted" \u001b[31m',
      'blank',
      'a\tb',
    ]);
    expect(found[0]?.author).toBe(test.git('log', '-1', '--format=%an').trimEnd());
  });
});

describe('the newest commits', () => {
  it('are told in full: id, author, time of authoring with its zone, subject', async () => {
    const { test, repository, three } = await threeCommits();
    const [first, ...others] = (await recentCommits(repository, 2)) ?? [];
    expect(first).toEqual({
      sha: three,
      author: 'Test Person',
      timestamp: test.git('log', '-1', '--format=%aI').trim(),
      message: 'three',
    });
    expect(others).toHaveLength(1);
  });

  it('are none before the first', async () => {
    expect(await recentCommits(await open(createRepository()), 5)).toBeUndefined();
  });

  it('are in UTF-8, whatever encoding they were written in', async () => {
    const { test, repository } = await threeCommits();
    test.write('message', Buffer.from('caf\xe9', 'latin1'));
    test.git(
      '-c',
      'i18n.commitEncoding=ISO-8859-1',
      'commit',
      '-q',
      '--allow-empty',
      '-F',
      'message',
    );
    expect((await recentCommits(repository, 1))?.[0]?.message).toBe('café');
  });

  it('have one subject line, when a message has folded lines or none', async () => {
    const { test, repository } = await threeCommits();
    test.git('commit', '-q', '--allow-empty', '-m', 'folded\nover lines\n\nbody\n');
    expect((await recentCommits(repository, 1))?.[0]?.message).toBe('folded over lines');
  });

  it.each<[string, string]>([
    ['log.follow', 'true'],
    ['log.date', 'relative'],
    ['log.decorate', 'full'],
    ['log.mailmap', 'false'],
    ['log.showRoot', 'true'],
    ['log.diffMerges', 'on'],
    ['format.pretty', 'raw'],
    ['format.notes', '*'],
    ['color.ui', 'always'],
    ['log.abbrevCommit', 'true'],
    ['core.abbrev', '4'],
    ['log.excludeDecoration', '*'],
    ['i18n.logOutputEncoding', 'UTF-16'],
  ])('do not depend on %s=%s', async (name, value) => {
    const { test, repository } = await threeCommits();
    const before = await recentCommits(repository, 5);
    test.git('config', name, value);
    test.git('notes', 'add', '-m', 'a note');
    expect(await recentCommits(repository, 5)).toEqual(before);
    expect(before).toHaveLength(3);
  });
});

describe('which commits a tip contains', () => {
  it('is by ancestry; what is not there is not contained', async () => {
    const { test, repository, one, two, three } = await threeCommits();
    test.git('switch', '--quiet', '--detach', one);
    const aside = test.commit('aside');
    const asked = [one, two.slice(0, 9), three, aside, nowhere, 'abcdef', one];
    expect(await ancestorsOf(repository, two, asked)).toEqual(new Set([one, two.slice(0, 9)]));
  });
});

describe('the tip of a branch', () => {
  it('is looked up by its full name: no tag, remote branch or expression', async () => {
    const { test, repository, one, three } = await threeCommits();
    test.git('tag', 'tagged', one);
    test.git('update-ref', 'refs/remotes/origin/theirs', one);
    expect(await branchTip(repository, 'main')).toBe(three);
    for (const name of ['tagged', 'origin/theirs', 'HEAD', '@', 'main~1', 'main^{tree}', '']) {
      expect(await branchTip(repository, name), name).toBeUndefined();
    }
  });

  it('is that of the branch where a tag has its name', async () => {
    const { test, repository, one, three } = await threeCommits();
    test.git('tag', 'main', one);
    expect(await branchTip(repository, 'main')).toBe(three);
  });
});

describe('a branch whose name looks like an option', () => {
  const names = ['--output=pwned', '-rf', '--all', '--upload-pack=touch', '--exec=x'];

  async function onBranch(name: string) {
    const { test, repository, one, three } = await threeCommits();
    test.git('update-ref', `refs/heads/${name}`, three);
    test.git('symbolic-ref', 'HEAD', `refs/heads/${name}`);
    return { test, repository, one, three };
  }

  it.each(names)('%s is a branch like any other', async (name) => {
    const { test, repository, three } = await onBranch(name);
    expect(await branchTip(repository, name)).toBe(three);
    expect(await readHead(repository)).toEqual({ kind: 'branch', branch: name, oid: three });
    const mpm = (...args: string[]) => runProgram(args, { cwd: test.path, env: test.env });
    const lines = [['pause', 'x'], ['list', '--here'], ['list', `--branch=${name}`], ['status']];
    for (const args of lines) expect((await mpm(...args)).code).toBe(0);
    test.commit('later');
    for (const args of [['resume'], ['resume', `--branch=${name}`], ['show', '1'], ['rm', '1']]) {
      const run = await mpm(...args);
      expect(run.code, run.stderr).toBe(0);
    }
    expect(readdirSync(test.path).sort()).toEqual(['.claude-mpm', '.git']);
    expect(existsSync(path.join(test.path, '.git/pwned'))).toBe(false);
  });
});
