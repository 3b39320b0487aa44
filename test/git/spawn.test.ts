import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ask, openRepository, type Repository } from '../../src/git/repository.ts';
import { runGit } from '../../src/git/spawn.ts';
import { createRepository, type TestRepository } from '../helpers/repository.ts';
import { runProgram } from '../helpers/run.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

async function open({ path: top, env }: TestRepository): Promise<Repository> {
  const found = await openRepository(top, env);
  if (found === undefined) throw new Error('not found');
  return found;
}

/** A program called git that does what the script says. */
function fakeGit(script: string): string {
  const file = path.join(temporaryDirectory(), 'git');
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

async function openWith(script: string): Promise<Repository> {
  const repository = await open(createRepository());
  return { ...repository, program: { ...repository.program, path: fakeGit(script) } };
}

describe('an answer of git', () => {
  it('is the bytes it printed, whatever they are', async () => {
    const test = createRepository();
    const content = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256));
    test.write('blob', content);
    const oid = test.git('hash-object', '-w', 'blob').trim();
    const answer = await ask(await open(test), ['cat-file', 'blob', oid]);
    expect(answer.stdout.equals(content)).toBe(true);
  });

  it('may be its exit code alone', async () => {
    const test = createRepository();
    test.commit('first');
    const repository = await open(test);
    const question = (ref: string) => ['show-ref', '--verify', '--quiet', ref];
    expect((await ask(repository, question('refs/heads/main'))).exit).toBe(0);
    const missing = await ask(repository, question('refs/heads/none'), { answers: [1] });
    expect(missing.exit).toBe(1);
    await expect(ask(repository, question('refs/heads/none'))).rejects.toMatchObject({
      code: 'git-failed',
    });
  });

  it('reads what it is given, however much of it', async () => {
    const input = Buffer.alloc(3_000_000, 'x');
    const repository = await open(createRepository());
    const answer = await runGit(repository.program, {
      directory: repository.layout.topLevel,
      args: ['hash-object', '--stdin'],
      input,
    });
    expect(answer).toMatchObject({ exit: 0, stderr: '' });
    expect(answer.stdout.toString()).toMatch(/^[0-9a-f]{40}\n$/);
  });

  it('counts even when git ended without reading its input', async () => {
    const repository = await openWith('exec <&-; echo answer');
    const answer = await ask(repository, ['x'], { input: 'x'.repeat(3_000_000) });
    expect(answer.stdout.toString()).toBe('answer\n');
  });

  it('is not mixed with what git warns of', async () => {
    const repository = await openWith('echo warning: odd >&2; echo answer');
    const answer = await ask(repository, ['x']);
    expect(answer.stdout.toString()).toBe('answer\n');
  });
});

describe('a git that fails', () => {
  it('by a signal is a failure, not an answer', async () => {
    const repository = await openWith('kill -KILL $$');
    await expect(ask(repository, ['status'], { answers: [1, 128] })).rejects.toMatchObject({
      code: 'git-failed',
    });
  });

  it('is told with the command, the exit code and git’s own words', async () => {
    const repository = await openWith('echo fatal: because >&2; exit 77');
    await expect(ask(repository, ['status', '--x'])).rejects.toThrow(/git status.*77.*because/s);
  });

  it.each([
    ['git version 2.35.9', '2.35.9'],
    ['git version 1.8.3.1', '1.8.3'],
  ])('and is too old (%s) says so', async (version, found) => {
    const script = `case "$*" in *version*) echo '${version}';; *) echo usage >&2; exit 129;; esac`;
    const repository = await openWith(script);
    const failure = await ask(repository, ['status']).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'git-too-old' });
    expect(String(failure)).toContain(found);
    expect(failure).toMatchObject({ hint: expect.stringContaining('2.36') });
  });

  it.each(['git version 2.36.0', 'git version 2.100.1.windows.1', 'git version 3.0.0-rc1', 'odd'])(
    'and is new enough (%s), or does not say, is not called too old',
    async (version) => {
      const script = `case "$*" in *version*) echo '${version}';; *) exit 129;; esac`;
      const repository = await openWith(script);
      await expect(ask(repository, ['status'])).rejects.toMatchObject({ code: 'git-failed' });
    },
  );

  it('for every command ends the program with one line what and one what to do', async () => {
    const test = createRepository();
    test.commit('first');
    const git = fakeGit('echo "fatal: disk on fire" >&2; exit 128');
    const PATH = [path.dirname(git), test.env['PATH']].join(path.delimiter);
    for (const line of ['pause x', 'list', 'resume', 'status']) {
      const run = await runProgram(line.split(' '), { cwd: test.path, env: { ...test.env, PATH } });
      expect(run.code, line + run.stderr).toBe(1);
      expect(run.stderr, line).not.toMatch(/bug|at .*\.js:/);
    }
  });
});
