import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readIdentities, writeIdentity } from '../../src/git/branch-identity.ts';
import { openRepository, type Repository } from '../../src/git/repository.ts';
import { type BranchName, isBranchIdentity } from '../../src/session/git-state.ts';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { runProgram } from '../helpers/run.ts';

async function open({ path: top, env }: TestRepository): Promise<Repository> {
  const found = await openRepository(top, env);
  if (found === undefined) throw new Error('not found');
  return found;
}

async function onMain(): Promise<{ test: TestRepository; repository: Repository }> {
  const test = createRepository();
  test.commit('first');
  return { test, repository: await open(test) };
}

async function give(repository: Repository, branch: string): Promise<string> {
  const written = await writeIdentity(repository, branch as BranchName);
  if (!written.ok) throw new Error(written.reason);
  return written.identity;
}

async function identitiesOf(repository: Repository, branch: string): Promise<readonly string[]> {
  return (await readIdentities(repository)).get(branch as BranchName) ?? [];
}

describe('an identity', () => {
  it('is new each time, and fit to be a file name', async () => {
    const { repository } = await onMain();
    const [one, two] = [await give(repository, 'one'), await give(repository, 'two')];
    expect(isBranchIdentity(one)).toBe(true);
    expect(one).not.toBe(two);
  });

  it('is one line in the repository’s own configuration, which else stays as it was', async () => {
    const { test, repository } = await onMain();
    const file = path.join(test.path, '.git/config');
    const before = readFileSync(file, 'utf8');
    const identity = await give(repository, 'main');
    const after = readFileSync(file, 'utf8');
    expect(after).toBe(`${before}[branch "main"]\n\tmpm-session = ${identity}\n`);
  });

  it('is read in every work tree, wherever it was written', async () => {
    const linked = createRepository({ layout: 'linked-worktree' });
    const main = repositoryAt(linked.outer, linked.home);
    const identity = await give(await open(linked), 'linked');
    expect(await identitiesOf(await open(main), 'linked')).toEqual([identity]);
    main.git('config', 'extensions.worktreeConfig', 'true');
    const other = await give(await open(linked), 'main');
    expect(await identitiesOf(await open(main), 'main')).toEqual([other]);
  });

  it('is nobody’s when the value is none of ours', async () => {
    const { test, repository } = await onMain();
    const values = ['', '../../etc/passwd', 'a'.repeat(19), 'A'.repeat(20), `${'a'.repeat(20)}\n`];
    for (const value of values) test.git('config', '--add', 'branch.main.mpm-session', value);
    test.git('config', '--add', 'branch.main.other-mpm-session', 'b'.repeat(20));
    test.git('config', '--add', 'branch.main.mpm-session-x', 'c'.repeat(20));
    writeFileSync(path.join(test.path, '.git/more'), '[branch "bare"]\n\tmpm-session\n');
    test.git('config', 'include.path', 'more');
    expect([...(await readIdentities(repository))]).toEqual([]);
  });

  it('is read whatever the case the variable is written in', async () => {
    const { test, repository } = await onMain();
    const config = path.join(test.path, '.git/config');
    writeFileSync(
      config,
      `${readFileSync(config, 'utf8')}[BRANCH "main"] MPM-Session = ${'d'.repeat(20)}\n`,
    );
    expect(await identitiesOf(repository, 'main')).toEqual(['d'.repeat(20)]);
  });
});

describe('git itself takes the identity along', () => {
  it('when the branch is renamed', async () => {
    const { test, repository } = await onMain();
    const identity = await give(repository, 'main');
    test.git('branch', '-m', 'main', 'other');
    expect(await readIdentities(repository)).toEqual(new Map([['other', [identity]]]));
  });

  it('when it is copied: both have it', async () => {
    const { test, repository } = await onMain();
    const identity = await give(repository, 'main');
    test.git('branch', '-c', 'main', 'copy');
    expect(await identitiesOf(repository, 'main')).toEqual([identity]);
    expect(await identitiesOf(repository, 'copy')).toEqual([identity]);
  });

  it('when it is deleted, so that a re-created branch has none', async () => {
    const { test, repository } = await onMain();
    test.git('branch', 'topic');
    await give(repository, 'topic');
    test.git('branch', '-D', 'topic');
    test.git('branch', 'topic');
    expect([...(await readIdentities(repository))]).toEqual([]);
  });

  it('when it is renamed over another: it has both, the one git itself would tell last', async () => {
    const { test, repository } = await onMain();
    test.git('branch', 'topic');
    const [main, topic] = [await give(repository, 'main'), await give(repository, 'topic')];
    test.git('branch', '-M', 'main', 'topic');
    const both = await identitiesOf(repository, 'topic');
    expect(both.toSorted()).toEqual([main, topic].toSorted());
    expect(both.at(-1)).toBe(test.git('config', '--get', 'branch.topic.mpm-session').trim());
    expect(await identitiesOf(repository, 'main')).toEqual([]);
  });

  it('when the branch was made without one: it gets its own', async () => {
    const { test, repository } = await onMain();
    const identity = await give(repository, 'main');
    test.git('switch', '--quiet', '-c', 'topic');
    expect(await identitiesOf(repository, 'topic')).toEqual([]);
    expect(await give(repository, 'topic')).not.toBe(identity);
  });
});

describe('a branch may be called', () => {
  const names = [
    'a.b.c',
    'v1.0.mpm-session',
    'mpm-session',
    'say-"hi"',
    "it's",
    'a=b',
    'a=b.mpm-session=c',
    '#hash;semicolon',
    '$(pwned)',
    '`x`',
    '%s%n',
    '-dash',
    '--add',
    'ünï/çødé/日本',
    'e\u0301/é',
    '🙂',
    'MAIN',
    'a/b/c/d',
    'with{brace',
    'x'.repeat(200),
    'HEAD',
    '@',
    'refs/heads/main',
    'a'.repeat(40),
  ];

  it.each(names)('%s', async (name) => {
    const { test, repository } = await onMain();
    test.git('update-ref', `refs/heads/${name}`, 'HEAD');
    test.git('symbolic-ref', 'HEAD', `refs/heads/${name}`);
    const main = await give(repository, 'main');
    const identity = await give(repository, name);
    expect(await readIdentities(repository)).toEqual(
      new Map([
        ['main', [main]],
        [name, [identity]],
      ]),
    );

    const run = await runProgram(['--json', 'pause', 'x'], { cwd: test.path, env: test.env });
    expect(JSON.parse(run.stdout), run.stderr).toMatchObject({
      data: { session: { git_context: { branch: name, branch_id: identity } }, warnings: [] },
    });
    const [listed] = (
      JSON.parse(
        (await runProgram(['--json', 'list'], { cwd: test.path, env: test.env })).stdout,
      ) as {
        data: { sessions: unknown[] };
      }
    ).data.sessions;
    expect(listed).toMatchObject({ branch: name, here: true });
  });

  it('what is not UTF-8: it has no identity, and that is said', async () => {
    const { test, repository } = await onMain();
    const written = await writeIdentity(repository, 'caf\u{fffd}' as BranchName);
    expect(written).toEqual({ ok: false, reason: expect.stringMatching(/UTF-8/) });
    expect(test.git('config', '--list', '--local')).not.toContain('mpm-session');
  });
});

describe('beside a branch or tag that is called HEAD', () => {
  it.each(['refs/heads/HEAD', 'refs/tags/HEAD'])('(%s), HEAD is still what it is', async (ref) => {
    const { test } = await onMain();
    await runProgram(['pause', 'x'], { cwd: test.path, env: test.env });
    test.git('update-ref', ref, 'HEAD');
    const listed = await runProgram(['--json', 'list'], { cwd: test.path, env: test.env });
    expect(JSON.parse(listed.stdout)).toMatchObject({ data: { sessions: [{ here: true }] } });
    const again = await runProgram(['--json', 'pause', 'y'], { cwd: test.path, env: test.env });
    expect(JSON.parse(again.stdout)).toMatchObject({
      data: { session: { git_context: { branch: 'main', detached: false } } },
    });
  });
});

describe('while git holds config.lock', () => {
  it('a pause waits for it', async () => {
    const { test } = await onMain();
    const lock = path.join(test.path, '.git/config.lock');
    writeFileSync(lock, '');
    const running = runProgram(['--json', 'pause', 'x'], { cwd: test.path, env: test.env });
    const early = await Promise.race([running, delay(700)]);
    expect(early).toBeUndefined();
    rmSync(lock);
    const { data } = JSON.parse((await running).stdout) as {
      data: { session: { git_context: { branch_id?: string } }; warnings: string[] };
    };
    expect(data.warnings).toEqual([]);
    const identity = test.git('config', 'branch.main.mpm-session').trim();
    expect(data.session.git_context.branch_id).toBe(identity);
  });

  it('for moments, again and again, every branch gets its identity', async () => {
    const { test, repository } = await onMain();
    const busy = spawn('sh', ['-c', 'while :; do git config busy.x 1; git config busy.x 2; done'], {
      cwd: test.path,
      env: test.env,
      stdio: 'ignore',
    });
    onTestFinished(() => void busy.kill('SIGKILL'));
    const names = Array.from({ length: 40 }, (_, index) => `branch-${index}`);
    for (const name of names) {
      expect(await writeIdentity(repository, name as BranchName)).toMatchObject({ ok: true });
    }
    expect([...(await readIdentities(repository)).keys()]).toEqual(names);
  });

  it('for good, a pause succeeds after all, with a warning and without an identity', async () => {
    const { test } = await onMain();
    const lock = path.join(test.path, '.git/config.lock');
    writeFileSync(lock, 'somebody’s');
    const run = await runProgram(['--json', 'pause', 'x'], { cwd: test.path, env: test.env });
    expect(run.code).toBe(0);
    const { data } = JSON.parse(run.stdout) as {
      data: { session: { git_context: object }; warnings: string[] };
    };
    expect(data.warnings).toEqual([expect.stringMatching(/identity/)]);
    expect(data.session.git_context).not.toHaveProperty('branch_id');
    expect(data.session.git_context).toMatchObject({ branch: 'main' });
    expect(readFileSync(lock, 'utf8')).toBe('somebody’s');

    rmSync(lock);
    const later = await runProgram(['--json', 'list'], { cwd: test.path, env: test.env });
    expect(JSON.parse(later.stdout)).toMatchObject({ data: { sessions: [{ here: true }] } });
  }, 60_000);
});

describe('a configuration that cannot be written', () => {
  it('is answered at once, with git’s reason', async () => {
    const { test, repository } = await onMain();
    // For root no file is read-only; a lock that cannot be made is the same to everybody.
    const config = path.join(test.path, '.git/config');
    rmSync(config);
    writeFileSync(config, '[core]\n\tbroken = "\n');
    chmodSync(config, 0o444);
    const started = performance.now();
    const written = await writeIdentity(repository, 'main' as BranchName);
    expect(written).toEqual({ ok: false, reason: expect.stringMatching(/config/) });
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('two first pauses at the same time', () => {
  it('give the branch one identity', async () => {
    const { test } = await onMain();
    const pauses = Array.from({ length: 4 }, (_, index) =>
      runProgram(['--json', 'pause', `${index}`], { cwd: test.path, env: test.env }),
    );
    const runs = await Promise.all(pauses);
    const given = runs.map((run) => {
      const { data } = JSON.parse(run.stdout) as {
        data: { session: { git_context: { branch_id: string } } };
      };
      return data.session.git_context.branch_id;
    });
    expect(new Set(given).size).toBe(1);
    expect(test.git('config', '--get-all', 'branch.main.mpm-session').trim()).toBe(given[0]);
  });
});
