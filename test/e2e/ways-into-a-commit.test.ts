/**
 * Every way by which a file can get into a commit, tried with a session: what stops it, or what
 * finds it. A way is a line typed into a shell; `$SESSION` is the path of a paused session's record.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { type RunResult, runCommand } from '../helpers/run.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { committed, logOf, sessionsPath } from '../hooks/guarded.ts';
import { failureOf, mpm, pause, repositoryWithCommit } from './program.ts';

interface Scene {
  readonly repository: TestRepository;
  readonly remote: TestRepository;
  /** `$SESSION`. */
  readonly session: string;
}

/** A repository set up, whose `main` is on `origin`, with a paused session. */
async function scene(): Promise<Scene> {
  const repository = repositoryWithCommit();
  const remote = createRepository({ layout: 'bare', home: repository.home });
  repository.git('remote', 'add', 'origin', remote.path);
  repository.git('push', '--quiet', '--set-upstream', 'origin', 'main');
  await setUp(repository);
  const { session } = await pause(repository, ['x']);
  return { repository, remote, session: `${sessionsPath}/${session.session_id}.json` };
}

/** Without the line in the root .gitignore, which a branch can take away, and others would hide. */
async function setUp(repository: TestRepository): Promise<void> {
  const file = path.join(repository.home, '.config/mpmrc.yaml');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, 'ignore:\n  gitignore: false\n');
  const run = await mpm(repository, ['init', '--yes']);
  if (run.code !== 0) throw new Error(run.stderr);
}

function typed(place: TestRepository, line: string, session: string): Promise<RunResult> {
  const env = { ...place.env, SESSION: session, GIT_EDITOR: ':' };
  return runCommand({ program: '/bin/sh', args: ['-ec', line], cwd: place.path, env });
}

/** What a way needs to be there: a branch, a patch; made so that no hook of ours sees it. */
const before = {
  nothing: '',
  /** `theirs`: a branch from `main` whose one commit adds the session; made as by another program. */
  theirs: `
    GIT_INDEX_FILE=.git/theirs-index; export GIT_INDEX_FILE
    git read-tree main; git update-index --add "$SESSION"
    git update-ref refs/heads/theirs $(git commit-tree -p main -m theirs $(git write-tree))
    unset GIT_INDEX_FILE; rm .git/theirs-index`,
  /** The last commit of `main` has the session, and the remote has that commit, from long ago. */
  tracked: `
    git add -f "$SESSION"; git commit -qnm mistake; git push -q --no-verify
    git update-ref refs/remotes/origin/main main; echo changed >>"$SESSION"`,
} as const;

interface Way {
  readonly by: string;
  readonly before?: keyof typeof before;
  readonly line: string;
}

describe('stopped, because git ignores it:', () => {
  const ways: readonly Way[] = [
    { by: 'add .', line: 'git add .; git commit -qm x' },
    { by: 'add --all', line: 'git add --all; git commit -qm x' },
    { by: 'add :/', line: 'mkdir sub; cd sub; git add :/; git commit -qm x' },
    { by: 'commit --all', line: 'git commit -qam x' },
    { by: 'a pattern', line: "git add '*.json' 2>/dev/null || git commit -qam x" },
    { by: 'its name', line: 'git add "$SESSION" 2>/dev/null || git commit -qam x' },
    { by: 'its directory', line: 'git add .claude-mpm; git commit -qam x' },
    { by: 'stash --include-untracked', line: 'git stash -qu; git stash pop -q; git commit -qam x' },
    {
      by: 'a negation in the root .gitignore',
      line: "echo '!.claude-mpm/**' >.gitignore; git add --all; git commit -qm x",
    },
    {
      by: 'a negation in .claude-mpm/.gitignore',
      line: "echo '!sessions/**' >.claude-mpm/.gitignore; git add --all; git commit -qm x",
    },
    {
      by: 'a negation in core.excludesFile',
      line: "echo '!.claude-mpm/' >~/e; git config core.excludesFile ~/e; git add --all; git commit -qm x",
    },
    {
      by: 'a repository of its own in the sessions directory',
      line: `git init -q ${sessionsPath}; git -C ${sessionsPath} commit -q --allow-empty -m x
        git add --all; git commit -qm x`,
    },
    {
      by: 'a repository of its own in a directory below',
      line: `git init -q ${sessionsPath}/sub; git -C ${sessionsPath}/sub commit -q --allow-empty -m x
        git add --all; git commit -qm x`,
    },
    {
      by: 'other letters, where the file system does not tell them apart',
      line: `git config core.ignoreCase true; mkdir -p .Claude-MPM/Sessions; echo x >.Claude-MPM/Sessions/x
        git add --all; git commit -qm x`,
    },
    {
      by: 'a branch from before there were sessions',
      line: 'git commit -qam y; git switch -q --orphan other; echo x >file; git add --all; git commit -qm x',
    },
    {
      by: 'a linked work tree',
      line: 'git worktree add -q ../linked; cp -R .claude-mpm ../linked; cd ../linked; echo x >first.txt; git add --all; git commit -qm x',
    },
  ];
  it.each(ways)('$by', async ({ line }) => {
    const { repository, session } = await scene();
    repository.write('first.txt', 'two\n');
    const run = await typed(repository, line, session);
    expect(run.code, run.stderr).toBe(0);
    expect(repository.git('rev-list', '--all', '--no-merges', '--count')).not.toBe('1\n');
    for (const branch of branches(repository)) expect(committed(repository, branch)).toEqual([]);
    expect(logOf(repository)).toEqual([]);
  });
});

describe('stopped by the guard of commits:', () => {
  const ways: readonly Way[] = [
    { by: 'add --force, its name', line: 'git add -f "$SESSION"; git commit -qm x' },
    { by: 'add --force, everything', line: 'git add -f .; git commit -qm x' },
    { by: 'add --force --all', line: 'git add -fA; git commit -qm x' },
    { by: 'stage', line: 'git stage -f "$SESSION"; git commit -qm x' },
    { by: 'update-index --add', line: 'git update-index --add "$SESSION"; git commit -qm x' },
    {
      by: 'update-index --cacheinfo',
      line: 'git update-index --add --cacheinfo 100644,$(git hash-object -w "$SESSION"),"$SESSION"; git commit -qm x',
    },
    {
      by: 'what is only meant to be added',
      line: 'git add -fN "$SESSION"; git commit -qam x',
    },
    { by: 'its path', line: 'git add -fN "$SESSION"; git commit -qm x "$SESSION"' },
    { by: '--only', line: 'git add -fN "$SESSION"; git commit -qm x --only "$SESSION"' },
    {
      by: '--include',
      line: 'git add -f "$SESSION"; echo x >first.txt; git commit -qm x --include first.txt',
    },
    { by: '--amend', line: 'git add -f "$SESSION"; git commit -q --amend --no-edit' },
    { by: '--fixup', line: 'git add -f "$SESSION"; git commit -q --fixup HEAD' },
    { by: '--all, where it is tracked', before: 'tracked', line: 'git commit -qam x' },
    { by: 'its path, where it is tracked', before: 'tracked', line: 'git commit -qm x "$SESSION"' },
    {
      by: 'a subdirectory',
      line: 'mkdir sub; cd sub; git add -f ../.claude-mpm; git commit -qm x',
    },
    {
      by: 'a linked work tree',
      line: 'git worktree add -q ../linked; cp -R .claude-mpm ../linked; cd ../linked; git add -f .; git commit -qm x',
    },
    { by: 'an orphan branch', line: 'git switch -q --orphan o; git add -f .; git commit -qm x' },
    {
      by: 'merge --squash',
      before: 'theirs',
      line: 'git merge -q --squash theirs >&2; git commit -qm x',
    },
    {
      by: 'merge --no-commit, with one of its own',
      before: 'theirs',
      line: `echo 2 >s; git add s; git commit -qm s; git merge -q --no-commit theirs
        echo changed >>"$SESSION"; git add -f "$SESSION"; git commit -qm x`,
    },
    {
      by: 'cherry-pick --no-commit',
      before: 'theirs',
      line: 'git cherry-pick -n theirs; git commit -qm x',
    },
    {
      by: 'checkout of a path',
      before: 'theirs',
      line: 'git checkout -q theirs -- "$SESSION"; git commit -qm x',
    },
    {
      by: 'restore --staged --source',
      before: 'theirs',
      line: 'git restore -S -s theirs "$SESSION"; git commit -qm x',
    },
    { by: 'read-tree', before: 'theirs', line: 'git read-tree theirs; git commit -qm x' },
    {
      by: 'apply --index',
      before: 'theirs',
      line: 'git diff main theirs | git apply --cached; git commit -qm x',
    },
    {
      by: 'stash pop --index',
      line: 'git add -f "$SESSION"; git stash -q; git stash pop -q --index; git commit -qm x',
    },
    {
      by: 'stash branch',
      line: 'git add -f "$SESSION"; git stash -q; git stash branch -q b 2>&1 >/dev/null || git stash branch b >/dev/null 2>&1; git commit -qm x',
    },
    { by: 'a move', line: `git mv -f first.txt "$SESSION"; git commit -qm x` },
    {
      by: 'a repository of its own, by force',
      line: `git init -q ${sessionsPath}; git -C ${sessionsPath} commit -q --allow-empty -m x
        git -c advice.addEmbeddedRepo=false add -f ${sessionsPath}; git commit -qm x`,
    },
    {
      by: 'other letters',
      line: 'mkdir -p .Claude-Mpm/sessions; echo x >.Claude-Mpm/sessions/x; git add --all; git commit -qm x',
    },
    {
      by: 'literal pathspecs',
      line: 'git add -f "$SESSION"; git --literal-pathspecs commit -qm x',
    },
    {
      by: 'MPM_SESSION_HOOKS=0',
      line: 'git add -f "$SESSION"; MPM_SESSION_HOOKS=0 git commit -qm x',
    },
    { by: 'CI', line: 'git add -f "$SESSION"; CI=true git commit -qm x' },
  ];
  it.each(ways)('$by', async (way) => {
    const { repository, session } = await scene();
    await prepare(repository, way, session);
    const run = await typed(repository, way.line, session);
    expect(run.code, run.stderr).toBe(1);
    expect(run.stderr).toMatch(/commit refused: \d+ session files? in it/);
    expect(logOf(repository).at(-1)?.slice(1, 5)).toEqual([
      'pre-commit',
      '',
      'refused',
      'session-files',
    ]);
    expect(repository.git('log', '--all', '--format=%s')).not.toMatch(/^x$/m);
  });

  it('as the very first commit', async () => {
    const repository = createRepository();
    await setUp(repository);
    await pause(repository, ['x']);
    const run = await typed(repository, 'git add -f .; git commit -qm x', '');
    expect(run.code).toBe(1);
    expect(logOf(repository).at(-1)?.[4]).toBe('session-files');
  });
});

describe('stopped by the guard of merges:', () => {
  it('a strategy that adds a session of its own', async () => {
    const { repository, session } = await scene();
    const directory = temporaryDirectory();
    const strategy = '#!/bin/sh\ngit merge-recursive "$@" && git update-index --add "$SESSION"\n';
    writeFileSync(path.join(directory, 'git-merge-evil'), strategy, { mode: 0o755 });
    const line = `
      git switch -qc side; git commit -q --allow-empty -m side; echo 2 >s; git add s; git commit -qm s
      git switch -q main; echo 3 >t; git add t; git commit -qm t
      PATH=${directory}:$PATH git merge -s evil -m x side >&2`;
    const run = await typed(repository, line, session);
    expect(run.code, run.stderr).toBe(1);
    expect(run.stderr).toContain('commit refused: 1 session file in it');
    expect(logOf(repository).at(-1)?.slice(1, 5)).toEqual([
      'pre-merge-commit',
      '',
      'refused',
      'session-files',
    ]);
    expect(repository.git('rev-list', '--merges', '--count', '--all')).toBe('0\n');
  });
});

describe('stopped by the guard of pushes, and found by doctor --ci:', () => {
  const ahead = 'echo 2 >s; git add s; git commit -qm s';
  const ways: readonly Way[] = [
    { by: 'commit --no-verify', line: 'git add -f "$SESSION"; git commit -qnm x' },
    {
      by: 'a commit amended afterwards',
      line: 'git add -f "$SESSION"; git commit -qnm x; git commit -q --amend -m y',
    },
    {
      by: 'a commit undone by the next',
      line: 'git add -f "$SESSION"; git commit -qnm x; git rm -q --cached "$SESSION"; git commit -qm y',
    },
    { by: 'merge, fast-forward', before: 'theirs', line: 'git merge -q --ff-only theirs' },
    { by: 'pull, fast-forward', before: 'theirs', line: 'git pull -q --ff-only . theirs' },
    { by: 'reset --hard', before: 'theirs', line: 'git reset -q --hard theirs' },
    {
      by: 'update-ref, as other programs do',
      before: 'theirs',
      line: 'git update-ref HEAD theirs',
    },
    {
      by: 'merge',
      before: 'theirs',
      line: `${ahead}; git merge -q --no-edit theirs`,
    },
    {
      by: 'merge --no-verify, with one of its own',
      before: 'theirs',
      line: `${ahead}; git merge -q --no-commit theirs; echo c >>"$SESSION"; git add -f "$SESSION"; git commit -qnm x`,
    },
    { by: 'cherry-pick', before: 'theirs', line: 'git cherry-pick theirs >&2' },
    {
      by: 'revert of what removed it',
      before: 'theirs',
      line: 'git reset -q --hard theirs; git rm -q "$SESSION"; git commit -qm y; git revert --no-edit HEAD >&2',
    },
    {
      by: 'rebase',
      before: 'theirs',
      line: `${ahead}; git branch -q up; git reset -q --hard theirs; git rebase -q up`,
    },
    {
      by: 'rebase --apply',
      before: 'theirs',
      line: `${ahead}; git branch -q up; git reset -q --hard theirs; git rebase -q --apply up`,
    },
    {
      by: 'am',
      before: 'theirs',
      line: 'git format-patch -q -1 --stdout theirs >~/p; rm "$SESSION"; git am -q ~/p',
    },
    {
      by: 'commit-tree',
      line: 'git add -f "$SESSION"; git update-ref HEAD $(git commit-tree -p HEAD -m x $(git write-tree))',
    },
    {
      by: 'fast-import',
      line: `{ printf 'commit refs/heads/main\\ncommitter A <a@b> %s +0000\\ndata 1\\nx\\nfrom refs/heads/main^0\\nM 100644 inline %s\\ndata 1\\nx\\n' "$(date +%s)" "$SESSION"; } | git fast-import --quiet`,
    },
    {
      by: 'a tag',
      before: 'theirs',
      line: 'git tag -a -m x v1 theirs; git config push.followTags true; git config remote.origin.push refs/tags/v1; git merge -q --ff-only theirs',
    },
  ];
  it.each(ways)('$by', async (way) => {
    const { repository, remote, session } = await scene();
    await prepare(repository, way, session);
    const run = await typed(repository, way.line, session);
    expect(run.code, run.stderr).toBe(0);

    const push = await typed(repository, 'git push -q', session);
    expect(push.code).toBe(1);
    expect(push.stderr).toMatch(/push refused: (?:a commit adds|\d+ commits add) session files/);
    expect(push.stderr).toContain(`    ${session}\n`);
    expect(logOf(repository).at(-1)?.slice(1, 5)).toEqual([
      'pre-push',
      'origin',
      'refused',
      'session-commits',
    ]);
    expect(remote.git('rev-list', '--all', '--count')).toBe('1\n');

    const check = await mpm(repository, ['doctor', '--ci', 'origin/main..HEAD']);
    expect(check.code, check.stderr).toBe(1);
    expect(check.stdout).toContain(session);
  });

  it('hooks looked for elsewhere: stopped there, where git itself runs the guards, or by the push', async () => {
    const { repository, session } = await scene();
    const line = 'git add -f "$SESSION"; git -c core.hooksPath=/dev/null commit -qm x';
    const run = await typed(repository, line, session);
    const stopped = run.code === 0 ? await typed(repository, 'git push -q', session) : run;
    expect(stopped.code).toBe(1);
    expect(logOf(repository).at(-1)?.slice(1, 4)).toEqual(
      run.code === 0 ? ['pre-push', 'origin', 'refused'] : ['pre-commit', '', 'refused'],
    );
  });

  it('push --no-verify is left to doctor --ci, on the other side too', async () => {
    const { repository, remote, session } = await scene();
    await typed(
      repository,
      'git add -f "$SESSION"; git commit -qnm x; git push -q --no-verify',
      session,
    );
    expect(remote.git('rev-list', '--all', '--count')).toBe('2\n');
    const directory = path.join(repository.home, 'ci');
    repository.git('clone', '--quiet', remote.path, directory);
    const clone = repositoryAt(directory, repository.home);
    const check = await mpm(clone, ['doctor', '--ci', 'HEAD~1..HEAD']);
    expect(check.code).toBe(1);
    expect(check.stdout).toContain(session);
    expect((await mpm(clone, ['doctor', '--ci', 'HEAD..HEAD'])).code).toBe(0);
  });
});

describe('let through, with a warning:', () => {
  it('what the other branch of a merge tracks since long ago', async () => {
    const { repository, session } = await scene();
    // From before init: what the guard of pushes does not look at.
    const line = `${before.theirs}
      echo 2 >s; git add s; git commit -qm s; git push -q --no-verify origin theirs
      git fetch -q; git merge -q --no-edit theirs; git push -q`;
    const run = await typed(repository, line, session);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toContain('warning: this merge brings 1 session file');
    expect(committed(repository)).toEqual([session]);
    expect(logOf(repository).map((fields) => fields.slice(1, 5))).toEqual([
      ['pre-merge-commit', '', 'passed', 'merged-session-files'],
    ]);
    const paused = await mpm(repository, ['pause', 'y']);
    expect(paused.stderr).toContain(`git rm -r --cached :/${sessionsPath}`);
  });
});

describe('nothing is written where git would follow or see it:', () => {
  it.each(['.claude-mpm', sessionsPath])('a link at %s: pause refuses', async (name) => {
    const repository = repositoryWithCommit();
    await setUp(repository);
    const line = `mkdir -p data/sessions; mkdir -p .claude-mpm; rmdir .claude-mpm; mkdir -p "$(dirname ${name})"
      ln -s "$PWD/data" ${name}; git add --all; git commit -qm 'a link'`;
    const made = await typed(repository, line, '');
    // The link at the directory's own path is in the way of sessions, and no file of theirs.
    expect(made.code).toBe(name === sessionsPath ? 1 : 0);
    const failure = await failureOf(repository, ['pause', 'x']);
    expect(failure).toMatchObject({ exit: 4, code: 'sessions-directory-unusable' });
    expect(repository.git('status', '--porcelain', '--untracked-files=all')).not.toContain(
      'session-',
    );
  });
});

describe('exposed all the same, and found:', () => {
  it.each<[string, string, RegExp]>([
    [
      'a negation after the directory’s own rule was taken away',
      `echo '!.claude-mpm/**' >.gitignore; echo '# mine' >${sessionsPath}/.gitignore`,
      /\.gitignore:1.*'!\.claude-mpm\/\*\*'/,
    ],
    [
      'a negation in the directory itself',
      `printf '*\\n!*.json\\n!probe\\n' >${sessionsPath}/.gitignore; : >.git/info/exclude`,
      /sessions\/\.gitignore:\d/,
    ],
  ])('%s', async (_, line, rule) => {
    const { repository, session } = await scene();
    await typed(repository, line, session);
    const status = await mpm(repository, ['status', '--json']);
    expect(JSON.parse(status.stdout).data.ignored).toBe(false);
    expect(status.stderr).toMatch(rule);
    const run = await typed(repository, 'git add --all; git commit -qm x', session);
    expect(run.code).toBe(1);
    expect(logOf(repository).at(-1)?.[4]).toBe('session-files');
  });
});

describe('found by doctor, with what to do about it:', () => {
  interface Check {
    readonly code: string;
    readonly state: string;
    readonly message: string;
    readonly fix: string | null;
  }
  async function found(repository: TestRepository, code: string): Promise<Check | undefined> {
    const run = await mpm(repository, ['doctor', '--json']);
    const { checks } = JSON.parse(run.stdout).data as { checks: readonly Check[] };
    return checks.find((check) => check.code === code);
  }

  it.each([
    ['staged', 'git add -f "$SESSION"'],
    ['staged', 'git add -f "$SESSION"; echo >>"$SESSION"'],
    ['tracked', 'git add -f "$SESSION"; git commit -qnm x'],
  ])('%s files, after %s', async (code, line) => {
    const { repository, session } = await scene();
    expect(await found(repository, code)).toBeUndefined();
    await typed(repository, line, session);
    const check = await found(repository, code);
    expect(check).toMatchObject({ state: 'problem', fix: expect.stringMatching(/^git rm /) });
    const fixed = await typed(repository, check?.fix ?? 'false', session);
    expect(fixed.code, fixed.stderr).toBe(0);
    expect(repository.git('ls-files', sessionsPath)).toBe('');
    expect(await found(repository, code)).toBeUndefined();
  });

  it('commits that are not pushed yet', async () => {
    const { repository, session } = await scene();
    await typed(
      repository,
      'git switch -qc side; git add -f "$SESSION"; git commit -qnm x',
      session,
    );
    await typed(repository, 'git switch -q main', session);
    const check = await found(repository, 'session-commits');
    expect(check).toMatchObject({ state: 'problem', message: expect.stringContaining(session) });
  });

  it('a negation that the directory’s own rule still holds off', async () => {
    const { repository, session } = await scene();
    await typed(repository, "printf 'build\n!.claude-mpm/**\n' >.gitignore", session);
    expect(await found(repository, 'negation')).toMatchObject({
      state: 'ok',
      message: expect.stringMatching(/^\.gitignore:2 says '!\.claude-mpm\/\*\*'/),
    });
  });

  it('a negation that has its way', async () => {
    const { repository, session } = await scene();
    const line = `echo '!.claude-mpm/**' >.gitignore; echo '# mine' >${sessionsPath}/.gitignore`;
    await typed(repository, line, session);
    expect(await found(repository, 'ignore-negated')).toMatchObject({
      state: 'problem',
      message: expect.stringContaining(".gitignore:1 says '!.claude-mpm/**'"),
    });
  });
});

async function prepare(repository: TestRepository, way: Way, session: string): Promise<void> {
  const made = await typed(repository, before[way.before ?? 'nothing'], session);
  if (made.code !== 0) throw new Error(made.stderr);
}

function branches(repository: TestRepository): readonly string[] {
  const names = repository.git('for-each-ref', '--format=%(refname)', 'refs/heads');
  return names.trim().split('\n');
}
