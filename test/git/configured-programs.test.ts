import { chmodSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ask, openRepository } from '../../src/git/repository.ts';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { runProgram } from '../helpers/run.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { type Canary, canary, script } from './canary.ts';

/** Has git run `trap` in place of everything that can be configured to be run. */
function configureAll(repository: TestRepository, trap: Canary, hooks: string): void {
  const programs = {
    'core.fsmonitor': trap.program,
    'core.hooksPath': hooks,
    'core.pager': trap.program,
    'core.editor': trap.program,
    'core.askPass': trap.program,
    'core.sshCommand': trap.program,
    'pager.log': 'true',
    'pager.status': 'true',
    'diff.external': trap.program,
    'diff.trap.textconv': trap.program,
    'diff.trap.command': trap.program,
    'interactive.diffFilter': trap.program,
    'log.showSignature': 'true',
    'gpg.program': trap.program,
    'alias.status': `!${trap.program}`,
    'alias.log': `!${trap.program}`,
  };
  for (const [name, value] of Object.entries(programs)) repository.git('config', name, value);
}

const hookNames = [
  'post-index-change',
  'reference-transaction',
  'pre-auto-gc',
  'post-checkout',
  'pre-commit',
  'fsmonitor-watchman',
];

function hooksDirectory(trace: string): string {
  const directory = temporaryDirectory();
  for (const name of hookNames) {
    writeFileSync(path.join(directory, name), script(trace), { mode: 0o755 });
  }
  return directory;
}

const signature = `#!/bin/sh
cat >/dev/null
echo '[GNUPG:] SIG_CREATED ' >&2
echo '-----BEGIN PGP SIGNATURE-----'
echo '-----END PGP SIGNATURE-----'
`;

/** Signs as gpg would, as far as git looks. */
function signer(): string {
  const program = path.join(temporaryDirectory(), 'gpg');
  writeFileSync(program, signature);
  chmodSync(program, 0o755);
  return program;
}

/** A work tree in which every git command has a reason to run something. */
function loaded(layout: 'plain' | 'linked-worktree') {
  const repository = createRepository({ layout });
  const signed = ['-c', `gpg.program=${signer()}`, 'commit', '--quiet', '-S'];
  repository.write('.gitattributes', '*.txt diff=trap\n');
  repository.write('a.txt', 'one\n');
  repository.git('add', '.');
  repository.git(...signed, '-m', 'signed');
  const trap = canary();
  configureAll(repository, trap, hooksDirectory(path.join(path.dirname(trap.program), 'trace')));
  dirty(repository);
  return {
    repository,
    trap,
    commitMore: () => {
      const quiet = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null'];
      repository.git(...quiet, ...signed, '--allow-empty', '-m', 'more');
    },
  };
}

/** Changed, and with an index that git would like to refresh and write. */
function dirty(repository: TestRepository): void {
  repository.write('a.txt', 'two\n');
  repository.write('new.txt', '');
  utimesSync(path.join(repository.path, '.gitattributes'), 1, 1);
}

describe('the trap is set', () => {
  it.each<[string, string[]]>([
    ['fsmonitor and hooks', ['status']],
    ['a signature check', ['-c', 'core.fsmonitor=false', 'log', '-1']],
    ['diff.external', ['-c', 'core.fsmonitor=false', 'diff', '--ext-diff', 'a.txt']],
    ['textconv', ['-c', 'core.fsmonitor=false', 'log', '-p', '--no-show-signature']],
  ])('%s', (_, args) => {
    const { repository, trap } = loaded('plain');
    repository.git(...args);
    expect(trap.calls()).not.toEqual([]);
  });

  it('in the hooks directory', () => {
    const { repository, trap } = loaded('plain');
    repository.git('-c', 'core.fsmonitor=false', 'status');
    expect(trap.calls().join('\n')).toMatch(/post-index-change/);
  });
});

describe('no configured program is run', () => {
  it.each(['plain', 'linked-worktree'] as const)('by any command (%s)', async (layout) => {
    const { repository, trap, commitMore } = loaded(layout);
    const mpm = async (...args: string[]) => {
      const run = await runProgram(args, { cwd: repository.path, env: repository.env });
      expect(run.code, args.join(' ') + run.stderr).toBe(0);
      expect(trap.calls(), args.join(' ')).toEqual([]);
      return run.stdout;
    };
    await mpm('pause', 'first');
    await mpm('pause', 'second');
    await mpm('list');
    await mpm('show', '1');
    await mpm('status');
    await mpm('config');
    commitMore();
    dirty(repository);
    expect(await mpm('resume')).toContain('more');
    await mpm('list', '--here');
    await mpm('dismiss', '1');
    await mpm('rm', '1');
  });

  it('in a submodule that git looks into', async () => {
    const { path: inside, outer, home } = createRepository({ layout: 'submodule' });
    const trap = canary();
    const submodule = repositoryAt(inside, home);
    configureAll(submodule, trap, hooksDirectory(path.join(path.dirname(trap.program), 'trace')));
    submodule.write('untracked', '');
    const { env } = submodule;
    const run = await runProgram(['--json', 'pause', 'x'], { cwd: outer, env });
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toContain('"path":"a module"');
    expect(trap.calls()).toEqual([]);
    repositoryAt(outer, home).git('status');
    expect(trap.calls()).not.toEqual([]);
  });
});

describe('the gateway to git', () => {
  it('runs no hook, even where git writes', async () => {
    const { repository, trap } = loaded('plain');
    const opened = await openRepository(repository.path, repository.env);
    if (opened === undefined) throw new Error('not found');
    await ask(opened, ['update-ref', 'refs/tags/by-us', 'HEAD']);
    expect(trap.calls()).toEqual([]);
    repository.git('-c', 'core.fsmonitor=false', 'update-ref', 'refs/tags/by-others', 'HEAD');
    expect(trap.calls().join('\n')).toMatch(/reference-transaction/);
  });
});

describe('reading', () => {
  it('does not write the index, even when git would like to refresh it', async () => {
    const repository = createRepository();
    repository.commit('first', { file: 'x' });
    utimesSync(path.join(repository.path, 'file'), 1, 1);
    const index = repository.gitBytes('ls-files', '--debug');
    for (const args of [['pause', 'x'], ['status'], ['resume']]) {
      await runProgram(args, { cwd: repository.path, env: repository.env });
      expect(repository.gitBytes('ls-files', '--debug')).toEqual(index);
    }
    repository.git('status');
    expect(repository.gitBytes('ls-files', '--debug')).not.toEqual(index);
  });

  it('goes on while another git holds the index', async () => {
    const repository = createRepository();
    repository.commit('first', { file: 'x' });
    writeFileSync(path.join(repository.path, '.git/index.lock'), '');
    const run = await runProgram(['pause', 'x'], { cwd: repository.path, env: repository.env });
    expect(run.code, run.stderr).toBe(0);
  });

  it('fetches nothing that a partial clone lacks by a configured program', async () => {
    const origin = createRepository();
    origin.commit('first', { 'a/file': 'x' });
    origin.git('config', 'uploadpack.allowFilter', 'true');
    const trap = canary();
    const directory = path.join(temporaryDirectory(), 'clone');
    origin.git('clone', '--quiet', '--filter=blob:none', `file://${origin.path}`, directory);
    const clone = repositoryAt(directory, origin.home);
    clone.git('config', 'remote.origin.uploadpack', trap.program);
    mkdirSync(path.join(directory, 'b'));
    clone.git('mv', 'a/file', 'b/file');
    const run = await runProgram(['pause', 'x'], { cwd: directory, env: clone.env });
    expect(run.code, run.stderr).toBe(0);
    expect(trap.calls()).toEqual([]);
  });
});
