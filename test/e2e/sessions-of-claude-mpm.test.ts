/** Files that claude-mpm itself wrote, dropped into a repository. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryAt, type TestRepository } from '../helpers/repository.ts';
import {
  dataOf,
  failureOf,
  inSessions,
  list,
  mpm,
  outsideGit,
  type Place,
  pause,
  readText,
  repositoryWithCommit,
  resume,
  sessionFiles,
  sessionsDirectory,
} from './program.ts';

const fixtures = path.resolve(import.meta.dirname, '../fixtures/claude-mpm');

interface Origin {
  readonly session_id: string;
  readonly conversation: { readonly summary: string };
  readonly git_context: { readonly branch: string | null };
}

function fixture(name: string): Origin {
  return JSON.parse(readText(fixtures, name)) as Origin;
}

/** Writes what claude-mpm left behind, and returns the session's id. */
function drop(place: Place, content: string): string {
  const { session_id: id } = JSON.parse(content) as Origin;
  mkdirSync(sessionsDirectory(place), { recursive: true });
  writeFileSync(inSessions(place, `${id}.json`), content);
  return id;
}

describe('every file', () => {
  const names = readdirSync(fixtures).filter((name) => name.endsWith('.json'));

  it.each(names)('%s is listed, shown and resumed, and stays what it was', async (name) => {
    const repository = repositoryWithCommit();
    const content = readText(fixtures, name);
    const id = drop(repository, content);
    const { summary } = fixture(name).conversation;
    const said = summary === 'No summary provided' ? '' : summary;
    expect(await list(repository)).toMatchObject([
      { id, message: said, foreign: false, problem: null, head: null, status: 'paused' },
    ]);
    const show = await mpm(repository, ['show', id]);
    expect(show).toMatchObject({ code: 0, stderr: '' });
    expect(show.stdout).not.toMatch(/Manual pause|No summary provided|In progress\b.*Task/);

    const { session, drift, work } = await resume(repository, id);
    expect(session.conversation.summary).toBe(said);
    expect(session).not.toHaveProperty('context_usage');
    expect(drift.commits.count).toBeNull();
    expect(work).toMatchObject({ state: 'none' });
    expect(session.lifecycle.status).toBe('resumed');
    expect(readText(inSessions(repository, `${id}.json`))).toBe(content);
  });

  it('is listed and shown without a trace: nothing is written for what is only read', async () => {
    const repository = repositoryWithCommit();
    const id = drop(repository, readText(fixtures, 'clean-repo.json'));
    expect(await list(repository)).toHaveLength(1);
    await mpm(repository, ['show', id]);
    expect(readdirSync(sessionsDirectory(repository))).toEqual([`${id}.json`]);
    expect(existsSync(path.join(repository.path, '.git/mpm-session'))).toBe(false);
  });

  it('is one marked line when its path is none, and harms no other', async () => {
    const repository = repositoryWithCommit();
    const path = '/x\u0000y';
    const id = drop(
      repository,
      JSON.stringify({ ...fixture('clean-repo.json'), project_path: path }),
    );
    const { session } = await pause(repository, ['whole']);
    const problem = 'project_path: holds a NUL character';
    expect(await list(repository)).toMatchObject([
      { id: session.session_id, problem: null },
      { id, problem },
    ]);
    expect((await failureOf(repository, ['resume', id])).code).toBe('unreadable-session');
    expect((await mpm(repository, ['rm', id])).code).toBe(0);
    expect(await list(repository)).toHaveLength(1);
  });

  it('whose project path cannot be followed stops no command, and is not moved', async () => {
    const repository = repositoryWithCommit();
    const origin = JSON.parse(readText(fixtures, 'clean-repo.json'));
    const id = drop(
      repository,
      JSON.stringify({ ...origin, project_path: `/${'x'.repeat(5000)}` }),
    );
    await resume(repository, id);
    expect(await list(repository)).toMatchObject([{ id, status: 'resumed', where: 'vault' }]);
    expect(sessionFiles(repository)).not.toContain(`${id}.md`);
    await dataOf(repository, ['rm', id]);
    expect(await list(repository)).toEqual([]);
  });

  it('is read outside git too', async () => {
    const place = outsideGit();
    const id = drop(place, readText(fixtures, 'non-git-dir.json'));
    expect(await list(place)).toMatchObject([{ id, here: true, problem: null }]);
    expect((await resume(place)).session.session_id).toBe(id);
    // There is no other copy: it is where the session's state is kept.
    expect(await list(place)).toMatchObject([{ id, status: 'resumed', problem: null }]);
  });
});

describe('a session of this very repository', () => {
  /** As claude-mpm writes it: a branch, and abbreviated commits. */
  function originOf(repository: TestRepository, branch = 'main'): string {
    const sha = repository.git('rev-parse', '--short', 'HEAD').trim();
    const origin = JSON.parse(readText(fixtures, 'clean-repo.json'));
    const commit = { sha, author: 'A', timestamp: '2026-01-05 10:00:00 +0100', message: 'first' };
    return JSON.stringify({
      ...origin,
      project_path: repository.path,
      git_context: { ...origin.git_context, branch, recent_commits: [commit] },
    });
  }

  it('belongs to its branch as long as its commit does, and tells the commits since', async () => {
    const repository = repositoryWithCommit();
    const id = drop(repository, originOf(repository));
    expect((await resume(repository)).drift).toMatchObject({
      history: 'same',
      commits: { state: 'verified', count: 0 },
    });
    repository.commit('meanwhile');
    expect(await list(repository)).toMatchObject([{ id, here: true }]);
    const { session, drift } = await resume(repository);
    expect(session.session_id).toBe(id);
    expect(drift).toMatchObject({ history: 'ahead', commits: { state: 'changed', count: 1 } });
    expect(await list(repository)).toMatchObject([{ id, status: 'resumed' }]);
  });

  it('is not offered to a branch of that name with another history', async () => {
    const repository = repositoryWithCommit();
    const id = drop(repository, originOf(repository));
    repository.git('commit', '--quiet', '--amend', '-m', 'rewritten');
    expect(await list(repository)).toMatchObject([{ id, here: false }]);
    expect((await failureOf(repository, ['resume'])).code).toBe('no-session');
    expect((await resume(repository, id)).drift.history).toBe('rewritten');
  });

  it('belongs to no other branch', async () => {
    const repository = repositoryWithCommit();
    drop(repository, originOf(repository, 'feature/login'));
    expect(await list(repository)).toMatchObject([{ here: false, branch: 'feature/login' }]);
    expect((await failureOf(repository, ['resume'])).message).toContain('feature/login (session-');
  });

  it('stands in one list with ours, by time', async () => {
    const repository = repositoryWithCommit();
    const { session } = await pause(repository, ['ours']);
    const old = drop(repository, originOf(repository).replace(/20261122-14/g, '20200101-14'));
    expect((await list(repository)).map(({ id }) => id)).toEqual([session.session_id, old]);
    await dataOf(repository, ['rm', old]);
    expect((await list(repository)).map(({ id }) => id)).toEqual([session.session_id]);
  });

  it('is foreign when it was committed, as claude-mpm once did', async () => {
    const repository = repositoryWithCommit();
    const id = drop(repository, readText(fixtures, 'yaml-v5.6.15-commit.json'));
    repository.git('add', '--force', '.claude-mpm');
    repository.commit('session: pause');
    expect(await list(repository)).toMatchObject([{ id, foreign: true }]);
    expect(await failureOf(repository, ['resume', id])).toMatchObject({ exit: 4 });
  });
});

describe('our files', () => {
  it('stay readable for claude-mpm: what it needs is where it looks, as it expects it', async () => {
    const repository = repositoryWithCommit();
    const { session, files } = await pause(repository, ['grüße']);
    const bytes = readFileSync(files.json);
    const read = JSON.parse(bytes.toString('ascii'));
    expect(path.basename(files.json)).toMatch(/^session-\d{8}-\d{6}\.json$/);
    expect(read).toMatchObject({
      session_id: path.basename(files.json, '.json'),
      paused_at: expect.stringMatching(/Z$/),
      project_path: repositoryAt(repository.path, repository.home).path,
      conversation: { summary: 'grüße', accomplishments: [], next_steps: [] },
      git_context: { is_git_repo: true, branch: 'main', status: { clean: true } },
    });
    expect(session.git_context.recent_commits[0]).toMatchObject({
      sha: expect.any(String),
      author: expect.any(String),
      timestamp: expect.any(String),
      message: 'first',
    });
  });
});
