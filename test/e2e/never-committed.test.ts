/** Nothing of a session gets into a commit, and what got there is not trusted. */
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import {
  dataOf,
  failureOf,
  inSessions,
  list,
  mpm,
  pause,
  readText,
  repositoryWithCommit,
  resume,
  sessionFiles,
  shell,
  shown,
} from './program.ts';

const excludeFile = (repository: TestRepository) =>
  path.join(
    repository.git('rev-parse', '--path-format=absolute', '--git-common-dir').trim(),
    'info/exclude',
  );

const ourLines = (repository: TestRepository) =>
  readText(excludeFile(repository))
    .split('\n')
    .filter((line) => line.includes('.claude-mpm'));

/** Neither `git status` nor `git add` may see anything of ours. */
function expectUnseen(repository: TestRepository): void {
  expect(repository.git('status', '--porcelain', '--untracked-files=all')).toBe('');
  repository.git('add', '--all');
  expect(repository.git('diff', '--cached', '--name-only')).toBe('');
}

describe('from the first pause on', () => {
  it('git sees none of it, and would stage none of it', async () => {
    const repository = repositoryWithCommit();
    const { warnings } = await pause(repository, ['x']);
    expect(warnings).toEqual([]);
    expectUnseen(repository);
    expect(() => repository.git('add', '.claude-mpm/sessions')).toThrow(/ignored/);
    expect((await dataOf<{ ignored: boolean }>(repository, ['status'])).ignored).toBe(true);
  });

  it('info/exclude has one line, however often one pauses', async () => {
    const repository = repositoryWithCommit();
    const before = readText(excludeFile(repository));
    for (const word of ['a', 'b', 'c']) await pause(repository, [word]);
    expect(readText(excludeFile(repository))).toBe(`${before}/.claude-mpm/sessions/\n`);
  });

  it.each([
    ['without a newline at its end', '*.log', '*.log\n/.claude-mpm/sessions/\n'],
    ['that is empty', '', '/.claude-mpm/sessions/\n'],
    [
      'with the line in it',
      '/.claude-mpm/sessions/\r\n*.log\r\n',
      '/.claude-mpm/sessions/\r\n*.log\r\n',
    ],
  ])('an info/exclude %s is not spoilt', async (_, before, after) => {
    const repository = repositoryWithCommit();
    writeFileSync(excludeFile(repository), before);
    await pause(repository);
    expect(readText(excludeFile(repository))).toBe(after);
  });

  it('an info/exclude that is a link gets the line once', async () => {
    const repository = repositoryWithCommit();
    const target = path.join(repository.home, 'my excludes');
    writeFileSync(target, '*.log');
    rmSync(excludeFile(repository));
    symlinkSync(target, excludeFile(repository));
    for (const word of ['a', 'b']) await pause(repository, [word]);
    expect(readText(target)).toMatch(/^\*\.log\n(?:\/\.claude-mpm\/sessions\/\n)?$/);
    expectUnseen(repository);
  });

  it('a repository made without templates gets the file', async () => {
    const repository = repositoryWithCommit();
    rmSync(path.dirname(excludeFile(repository)), { recursive: true });
    await pause(repository);
    expect(ourLines(repository)).toEqual(['/.claude-mpm/sessions/']);
    expectUnseen(repository);
  });

  it('either guard is enough', async () => {
    const repository = repositoryWithCommit();
    await pause(repository);
    const exclude = readText(excludeFile(repository));
    writeFileSync(excludeFile(repository), '');
    expectUnseen(repository);
    writeFileSync(excludeFile(repository), exclude);
    rmSync(inSessions(repository, '.gitignore'));
    expectUnseen(repository);
  });

  it('a linked work tree and a submodule see none of it either', async () => {
    for (const layout of ['linked-worktree', 'submodule'] as const) {
      const repository = createRepository({ layout });
      await pause(repository);
      expectUnseen(repository);
      const outer = repositoryAt(repository.outer, repository.home);
      expect(outer.git('status', '--porcelain')).toBe('');
    }
  });

  it('only the sessions at the top are meant: the user’s own .claude-mpm files are seen', async () => {
    const repository = repositoryWithCommit();
    await pause(repository);
    repository.write('.claude-mpm/configuration.yaml', '');
    repository.write('sub/.claude-mpm/sessions/file', '');
    expect(repository.git('status', '--porcelain', '--untracked-files=all').split('\n')).toEqual([
      '?? .claude-mpm/configuration.yaml',
      '?? sub/.claude-mpm/sessions/file',
      '',
    ]);
  });
});

describe('a negation in the root .gitignore', () => {
  it('does not get a session into a commit', async () => {
    const repository = repositoryWithCommit();
    repository.commit('negated', { '.gitignore': '!.claude-mpm/**\n!/.claude-mpm/sessions/\n' });
    await pause(repository);
    expectUnseen(repository);
  });

  it('that has its way is found and reported, with its line', async () => {
    const repository = repositoryWithCommit();
    repository.commit('negated', { '.gitignore': '*.log\n!.claude-mpm/**\n' });
    repository.write('.claude-mpm/sessions/.gitignore', '# mine\n');
    const run = await mpm(repository, ['pause', 'x']);
    expect(run.code).toBe(0);
    expect(run.stderr).toMatch(/^warning: .*\.gitignore:2.*!\.claude-mpm\/\*\*/);
    expect(readText(inSessions(repository, '.gitignore'))).toBe('# mine\n');

    const status = await mpm(repository, ['status', '--json']);
    expect(JSON.parse(status.stdout).data.ignored).toBe(false);
    expect(shown(await mpm(repository, ['status']))).toContain('Ignored   no');
  });
});

describe('session files that git tracks', () => {
  it('are reported with the command that helps, which does', async () => {
    const repository = repositoryWithCommit();
    const { session } = await pause(repository, ['first']);
    repository.git('add', '--force', '.claude-mpm');
    repository.commit('a mistake');
    const run = await mpm(repository, ['pause', 'second']);
    expect(run.code).toBe(0);
    const [, command = ''] = /git tracks \d files in .*: (git rm .*)$/m.exec(run.stderr) ?? [];
    expect((await shell(repository, command)).code).toBe(0);
    expect(repository.git('ls-files', '.claude-mpm')).toBe('');
    expect(sessionFiles(repository)).toContain(`${session.session_id}.json`);
    expect((await mpm(repository, ['pause', 'third'])).stderr).toBe('');
  });

  it('are reported in a subdirectory too, whatever the index looks like', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['first']);
    repository.git('add', '--force', '.claude-mpm');
    mkdirSync(path.join(repository.path, 'sub'));
    for (const args of [
      ['update-index', '--index-version', '4'],
      ['update-index', '--split-index'],
    ]) {
      repository.git(...args);
      const { stderr } = await mpm(repository, ['-C', 'sub', 'status']);
      expect(stderr).toContain('git rm -r --cached --force :/.claude-mpm/sessions');
    }
  });

  it('only staged are told apart, and the command unstages them, whatever was written since', async () => {
    const repository = repositoryWithCommit();
    const { session } = await pause(repository, ['first']);
    repository.git('add', '--force', '.claude-mpm');
    await resume(repository, session.session_id);
    const run = await mpm(repository, ['pause', 'second']);
    const [, command = ''] =
      /The next commit would hold \d files in .*: (git rm .*)$/m.exec(run.stderr) ?? [];
    expect((await shell(repository, command)).code).toBe(0);
    expect(repository.git('ls-files', '.claude-mpm')).toBe('');
    expect((await list(repository)).map(({ status }) => status)).toEqual(['paused', 'resumed']);
    expect((await mpm(repository, ['pause', 'third'])).stderr).toBe('');
  });
});

/** A clone of a repository whose history has a session in it. */
async function cloneWithSession() {
  const origin = repositoryWithCommit();
  const { session } = await pause(origin, ['from somebody else']);
  origin.git('add', '--force', '.claude-mpm');
  origin.commit('a mistake');
  const directory = path.join(origin.home, 'clone');
  origin.git('clone', '--quiet', '.', directory);
  return { origin, clone: repositoryAt(directory, origin.home), id: session.session_id };
}

describe('a session that came with the repository', () => {
  it('is listed and shown with a mark', async () => {
    const { clone, id } = await cloneWithSession();
    expect(await list(clone)).toMatchObject([
      { id, foreign: true, here: false, where: 'directory', message: 'from somebody else' },
    ]);
    expect(shown(await mpm(clone, ['list']))[0]).toContain('[foreign] from somebody else');
    const show = await mpm(clone, ['show', id]);
    expect(show.code).toBe(0);
    expect(shown(show)[0]).toMatch(/came with the repository/);
  });

  it('is shown with the mark in every format', async () => {
    const { clone, id } = await cloneWithSession();
    const asked = (format: string) => mpm(clone, ['show', id, '--format', format]);
    expect((await asked('md')).stdout).toMatch(/^> This session came with the repository.*\n\n# /);
    expect((await asked('yaml')).stdout).toMatch(/^# This session came with the repository/);
    const record = await asked('json');
    expect(JSON.parse(record.stdout)).toMatchObject({ session_id: id });
    expect(record.stderr).toMatch(/^warning: This session came with the repository/);
    const data = await dataOf<object>(clone, ['show', id]);
    expect(data).toMatchObject({ session: { session_id: id }, where: 'directory', foreign: true });
  });

  it.each(['resume', 'dismiss'])('is never taken by %s, however it is named', async (command) => {
    const { clone, id } = await cloneWithSession();
    expect(await failureOf(clone, [command, id])).toMatchObject({
      exit: 4,
      code: 'foreign-session',
      hint: expect.stringContaining(`mpm-session show ${id}`),
    });
    expect(await failureOf(clone, [command])).toMatchObject({
      exit: 3,
      code: 'no-session',
      message: 'No session is paused on main.',
    });
  });

  it('is none of --latest, --branch or status', async () => {
    const { clone } = await cloneWithSession();
    for (const args of [['--latest'], ['--branch', 'main']]) {
      expect((await failureOf(clone, ['resume', ...args])).code).toBe('no-session');
    }
    expect((await dataOf<{ session: unknown }>(clone, ['status'])).session).toBeNull();
  });

  it('does not become trusted by being listed, shown or paused beside', async () => {
    const { clone, id } = await cloneWithSession();
    await mpm(clone, ['show', id]);
    await pause(clone, ['mine']);
    expect((await list(clone)).map(({ foreign }) => foreign)).toEqual([false, true]);
    expect((await failureOf(clone, ['resume', id])).exit).toBe(4);
  });

  it('is not deleted by rm, not even its pointer: that is the user’s to do', async () => {
    const { clone, id } = await cloneWithSession();
    const failure = await failureOf(clone, ['rm', id]);
    expect(failure).toMatchObject({ exit: 4, code: 'foreign-session' });
    expect(failure.hint).toContain(`.claude-mpm/sessions/${id}.json`);
    expect(clone.git('status', '--porcelain')).toBe('');
    expect(await list(clone)).toHaveLength(1);
  });

  it('is foreign when only its index entry says so', async () => {
    const { clone, id } = await cloneWithSession();
    for (const args of [
      ['update-index', '--index-version', '4'],
      ['update-index', '--split-index'],
      ['update-index', '--skip-worktree', `.claude-mpm/sessions/${id}.json`],
    ]) {
      clone.git(...args);
      expect((await failureOf(clone, ['resume', id])).code).toBe('foreign-session');
    }
  });

  it.each(['.claude-mpm', '.claude-mpm/sessions'])(
    'in a submodule at %s is not touched, nor anything written beside it',
    async (place) => {
      const origin = repositoryWithCommit();
      const { session, files } = await pause(origin, ['evil']);
      const id = session.session_id;
      const module = repositoryWithCommit({ home: origin.home });
      const inside = place === '.claude-mpm' ? `sessions/${id}.json` : `${id}.json`;
      module.commit('session', { [inside]: readText(files.json) });
      const victim = repositoryWithCommit({ home: origin.home });
      victim.git('submodule', '--quiet', 'add', module.path, place);
      victim.commit('with a submodule');

      expect([3, 4]).toContain((await mpm(victim, ['resume', id])).code);
      expect((await list(victim)).filter(({ foreign }) => !foreign)).toEqual([]);
      const failure = await failureOf(victim, ['pause', 'x']);
      expect(failure).toMatchObject({ exit: 4, code: 'sessions-directory-unusable' });
      expect(failure.message).toContain(
        `${path.join(victim.path, place)} is a repository of its own`,
      );
      expect(victim.git('status', '--porcelain', '--ignored')).toBe('');
    },
  );

  it('is the vault’s own when the vault knows it', async () => {
    const { origin, id } = await cloneWithSession();
    const file = inSessions(origin, `${id}.json`);
    writeFileSync(file, readText(file).replace('from somebody else', 'forged'));
    expect(await list(origin)).toMatchObject([
      { id, foreign: false, where: 'vault', message: 'from somebody else' },
    ]);
    const { session } = await resume(origin, id);
    expect(session.conversation.summary).toBe('from somebody else');
    expect(readText(file)).toContain('forged');
  });
});

describe('a branch that brings something else in the directory’s place', () => {
  it.each(['.claude-mpm', '.claude-mpm/sessions'])('as a link at %s is refused', async (name) => {
    const repository = repositoryWithCommit();
    const { session } = await pause(repository, ['mine']);
    const elsewhere = path.join(repository.home, 'elsewhere');
    mkdirSync(path.join(elsewhere, 'sessions'), { recursive: true });
    renameSync(path.join(repository.path, name), path.join(repository.home, 'aside'));
    symlinkSync(elsewhere, path.join(repository.path, name));
    const failure = await failureOf(repository, ['pause', 'x']);
    expect(failure).toMatchObject({ exit: 4, code: 'sessions-directory-unusable' });
    expect(failure.message).toContain(`${path.join(repository.path, name)} is a symbolic link`);
    // The vault still has what was saved, and nothing is written through the link.
    expect((await resume(repository)).session.session_id).toBe(session.session_id);
    expect(await list(repository)).toHaveLength(1);
    expect(readdirSync(path.join(elsewhere, 'sessions'))).toEqual([]);
    expect(readdirSync(elsewhere)).toEqual(['sessions']);
  });

  it.each(['.claude-mpm', '.claude-mpm/sessions'])('as a file at %s is refused', async (name) => {
    const repository = repositoryWithCommit();
    repository.write(name, 'not a directory\n');
    const failure = await failureOf(repository, ['pause', 'x']);
    expect(failure).toMatchObject({ exit: 4, code: 'sessions-directory-unusable' });
    expect(failure.message).toContain(`${path.join(repository.path, name)} is a file`);
    expect(failure.hint).toMatch(/Move it away/);
    expect(readText(repository.path, name)).toBe('not a directory\n');
    expect(await list(repository)).toEqual([]);
  });
});
