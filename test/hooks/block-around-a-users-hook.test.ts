import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { configCommand, hookBlock } from '../../src/hooks/blocks.ts';
import { runCommand } from '../helpers/run.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { openTerminal } from '../helpers/terminal.ts';
import { type HookRepository, hookRepository, installHook, shells } from './hook-repository.ts';

const oid = 'a'.repeat(40);

/** What git tells pre-push of so many branches; their names hold what shells could trip over. */
function pushed(count: number): string {
  const lines = Array.from({ length: count }, (_, at) => {
    const name = `refs/heads/b${at}/\\n$HOME\`x\`'"%s-é`;
    return `${name} ${oid} ${name} ${'0'.repeat(40)}\n`;
  });
  return lines.join('');
}

/** The guard of the vault: notes what it is given, and ends with this status. */
function guardThat(repository: HookRepository, exit: number, code = 'cat >"$0.input"'): void {
  const text = `${code}\necho "$@" >>"$0.ran"\nexit ${exit}\n`;
  writeFileSync(path.join(repository.vault, 'guard'), text);
}

const seenByGuard = (repository: HookRepository) =>
  readFileSync(path.join(repository.vault, 'guard.input'), 'latin1');

for (const { name, interpreter } of shells) {
  const what = interpreter === undefined ? `${name} (SKIPPED: it is not installed)` : name;
  describe.skipIf(interpreter === undefined)(`pre-push in ${what}`, () => {
    const scene = (setUp: { before?: string; after?: string }) => {
      const repository = hookRepository();
      installHook(repository, 'pre-push', { interpreter: interpreter ?? '', ...setUp });
      return repository;
    };
    const push = (repository: HookRepository, input: string, env = repository.env) =>
      runCommand({
        program: path.join(repository.path, '.git/hooks/pre-push'),
        args: ['origin', 'https://example.com/a b'],
        cwd: repository.path,
        env,
        input,
      });

    // The last is a mirror with many tags: what is quadratic in them takes minutes.
    it.each([0, 1, 2, 500, 20_000])(
      'the guard and the user are both given all %i lines, byte for byte',
      async (count) => {
        const repository = scene({
          before: 'set -eu\n',
          after: 'cat >user-input\necho "$# $1 $2" >user-args\nexit 9\n',
        });
        guardThat(repository, 0);
        const run = await push(repository, pushed(count));
        expect(run).toMatchObject({ code: 9, stdout: '', stderr: '' });
        const input = readFileSync(path.join(repository.path, 'user-input'), 'utf8');
        expect(input === pushed(count)).toBe(true);
        expect(Buffer.from(seenByGuard(repository), 'latin1').toString()).toBe(pushed(count));
        const args = readFileSync(path.join(repository.path, 'user-args'), 'utf8');
        expect(args).toBe('2 origin https://example.com/a b\n');
      },
    );

    it('bytes that are not UTF-8', async () => {
      const repository = scene({ after: 'cat >user-input\n' });
      guardThat(repository, 0);
      const input = Buffer.concat([Buffer.from([0xff, 0xc3, 0x28, 0x5c]), Buffer.from(' x\n')]);
      const run = spawnSync(path.join(repository.path, '.git/hooks/pre-push'), ['origin', 'url'], {
        cwd: repository.path,
        env: repository.env,
        input,
      });
      expect(run.status).toBe(0);
      expect(readFileSync(path.join(repository.path, 'user-input')).equals(input)).toBe(true);
    });

    it('a refusal stops the push before the user’s hook', async () => {
      const repository = scene({ before: 'set -eu\n', after: 'echo ran >user-ran\n' });
      guardThat(repository, 1);
      expect((await push(repository, pushed(3))).code).toBe(1);
      expect((await push(repository, '')).code).toBe(1);
      expect(existsSync(path.join(repository.path, 'user-ran'))).toBe(false);
    });

    it.each([2, 3, 126, 127])('a guard that breaks (%i) does not', async (status) => {
      const repository = scene({ before: 'set -eu\n', after: 'cat >user-input\n' });
      guardThat(repository, status, 'true');
      const input = pushed(500);
      expect((await push(repository, input)).code).toBe(0);
      expect(readFileSync(path.join(repository.path, 'user-input'), 'utf8') === input).toBe(true);
    });

    it('somebody who tries it at a terminal is not waited for', async () => {
      const repository = scene({ after: 'echo ran\n' });
      guardThat(repository, 1);
      const terminal = openTerminal(
        path.join(repository.path, '.git/hooks/pre-push'),
        ['origin', 'url'],
        { cwd: repository.path, env: repository.env },
      );
      expect(await terminal.exit).toEqual({ code: 0, signal: null });
      expect(terminal.screen().text).toBe('ran\n');
    });

    it('nothing is read where there is no guard', async () => {
      const repository = scene({ before: 'set -eu\n', after: 'cat >user-input\n' });
      rmSync(path.join(repository.vault, 'guard'));
      expect((await push(repository, pushed(2))).code).toBe(0);
      expect(readFileSync(path.join(repository.path, 'user-input'), 'utf8')).toBe(pushed(2));
    });
  });

  describe.skipIf(interpreter === undefined)(`pre-commit in ${what}`, () => {
    it.each([
      [0, 5],
      [1, 1],
      [2, 5],
      [127, 5],
    ])('a guard that ends with %i makes it %i', async (guard, expected) => {
      const repository = hookRepository();
      installHook(repository, 'pre-commit', {
        interpreter: interpreter ?? '',
        before: 'set -eu\n',
        after: 'exit 5\n',
      });
      guardThat(repository, guard, 'true');
      const run = await runCommand({
        program: path.join(repository.path, '.git/hooks/pre-commit'),
        args: [],
        cwd: repository.path,
        env: repository.env,
      });
      expect(run).toMatchObject({ code: expected, stdout: '', stderr: '' });
    });
  });
}

it.each(['post-checkout', 'pre-commit', 'pre-push'] as const)(
  'a canary that no doctor asks for changes nothing about %s',
  async (event) => {
    const repository = hookRepository();
    installHook(repository, event, { after: 'echo ran\n' });
    guardThat(repository, event === 'pre-commit' ? 1 : 0);
    const run = await runCommand({
      program: path.join(repository.path, '.git/hooks', event),
      args: event === 'pre-push' ? ['origin', 'url'] : [],
      cwd: repository.path,
      env: { ...repository.env, MPM_SESSION_CANARY: '1' },
      input: '',
    });
    expect(run).toMatchObject(
      event === 'pre-commit' ? { code: 1, stdout: '' } : { code: 0, stdout: 'ran\n' },
    );
  },
);

it('with pipefail, a guard that reads nothing is no failure', async () => {
  const repository = hookRepository();
  const before = 'set -euo pipefail\n';
  installHook(repository, 'pre-push', { interpreter: '/usr/bin/env bash', before });
  guardThat(repository, 0, 'true');
  const run = await runCommand({
    program: path.join(repository.path, '.git/hooks/pre-push'),
    args: ['origin', 'url'],
    cwd: repository.path,
    env: repository.env,
    input: pushed(500),
  });
  expect(run).toMatchObject({ code: 0, stderr: '' });
});

describe('as commands of the configuration, run as git runs them', () => {
  it.each([
    [0, 0],
    [1, 1],
    [2, 0],
    [127, 0],
  ])('a guard that ends with %i makes it %i', async (guard, expected) => {
    const repository = hookRepository();
    guardThat(repository, guard);
    const command = configCommand('pre-push');
    const run = await runCommand({
      program: 'sh',
      args: ['-c', `${command} "$@"`, command, 'origin', 'a url'],
      cwd: repository.path,
      env: repository.env,
      input: pushed(3),
    });
    expect(run).toMatchObject({ code: expected, stdout: '', stderr: '' });
    expect(readFileSync(path.join(repository.vault, 'guard.ran'), 'utf8')).toBe(
      'pre-push origin a url\n',
    );
    expect(Buffer.from(seenByGuard(repository), 'latin1').toString()).toBe(pushed(3));
  });
});

it.each(['post-checkout', 'pre-commit', 'pre-merge-commit', 'pre-push'] as const)(
  'the block of %s holds nothing of this machine, nor what lefthook takes for its own',
  (event) => {
    const block = hookBlock(event);
    expect(block).toMatch(/^# >>> mpm-session 1 >>> .*\n[\s\S]*\n# <<< mpm-session 1 <<<\n$/);
    expect(block).not.toContain(process.cwd());
    expect(block).not.toMatch(/lefthook|pre-commit\.com|husky|\r|[^\x20-\x7e\n]/i);
  },
);

it.each(['post-checkout', 'pre-commit', 'pre-merge-commit', 'pre-push'] as const)(
  'the block of %s is silent, and lets all through, where there is no vault',
  async (event) => {
    const file = path.join(temporaryDirectory(), event);
    writeFileSync(file, `#!/bin/sh\nset -eu\n${hookBlock(event)}`, { mode: 0o755 });
    const cwd = temporaryDirectory();
    const args = event === 'post-checkout' ? [oid, oid, '1'] : [];
    const run = await runCommand({ program: file, args, cwd, env: { PATH: '/usr/bin:/bin' } });
    expect(run).toMatchObject({ code: 0, stdout: '', stderr: '' });
    for (const text of ['', 'gitdir:', `gitdir: ${'x'.repeat(9999)}\n`, '\0\xff\n']) {
      writeFileSync(path.join(cwd, '.git'), text);
      const odd = await runCommand({ program: file, args, cwd, env: { PATH: '/usr/bin:/bin' } });
      // bash would say that it ignored a null byte.
      expect(odd).toMatchObject({ code: 0, stdout: '' });
    }
  },
);
