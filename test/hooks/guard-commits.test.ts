/** What the guard lets into a commit: nothing that is added below the sessions directory. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { runCommand } from '../helpers/run.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import {
  committed,
  guardedRepository,
  installGuard,
  logOf,
  sessionsPath,
  tryGit,
  vaultOf,
} from './guarded.ts';

const record = `${sessionsPath}/session-20260101-000000.json`;

function stage(repository: TestRepository, ...names: readonly string[]): void {
  for (const name of names) repository.write(name, `${name}\n`);
  repository.git('--literal-pathspecs', 'add', '--force', '--', ...names);
}

/** The command that the refusal names, as it would be copied into a shell. */
function commandIn(stderr: string): string {
  const [, command] = /: (git (?:rm|restore) .*)$/m.exec(stderr) ?? [];
  if (command === undefined) throw new Error(`no command in «${stderr}»`);
  return command;
}

async function typed(repository: TestRepository, line: string, cwd = repository.path) {
  return runCommand({ program: '/bin/sh', args: ['-c', line], cwd, env: repository.env });
}

const commit = (repository: TestRepository, ...args: readonly string[]) =>
  tryGit(repository, ['commit', '--quiet', '-m', 'x', ...args]);

describe('a commit that adds a session file', () => {
  it('is refused, with the file and what to do about it', async () => {
    const repository = guardedRepository();
    stage(repository, record);
    const { code, stderr, stdout } = await commit(repository);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      [
        'mpm-session: commit refused: 1 session file in it, and those stay on this machine:',
        `  ${record}`,
        `mpm-session: Unstage, then commit again: git restore --staged :/${sessionsPath}`,
        "mpm-session: To commit all the same, add '--no-verify'.",
        '',
      ].join('\n'),
    );
    expect(repository.git('rev-list', '--count', 'HEAD')).toBe('1\n');
    expect(logOf(repository)).toEqual([['', 'pre-commit', '', 'refused', 'session-files', '1']]);
    expect(statSync(path.join(vaultOf(repository), 'log')).mode & 0o777).toBe(0o600);
  });

  it('goes through once the command it names was run, from any directory', async () => {
    const repository = guardedRepository();
    repository.write('sub/file', 'x');
    repository.git('add', 'sub');
    stage(repository, record);
    const refused = await commit(repository);
    const below = path.join(repository.path, 'sub');
    expect((await typed(repository, commandIn(refused.stderr), below)).code).toBe(0);
    expect((await commit(repository)).code).toBe(0);
    expect(committed(repository)).toEqual([]);
    expect(repository.git('ls-files', 'sub')).toBe('sub/file\n');
    expect(existsSync(path.join(repository.path, record))).toBe(true);
  });

  it('goes through with --no-verify', async () => {
    const repository = guardedRepository();
    stage(repository, record);
    expect((await commit(repository, '--no-verify')).code).toBe(0);
    expect(committed(repository)).toEqual([record]);
    expect(logOf(repository)).toEqual([]);
  });

  it('is refused as the first of a branch, with a command that works there', async () => {
    const repository = createRepository();
    installGuard(repository);
    stage(repository, record, 'file');
    const refused = await commit(repository);
    expect(refused.code).toBe(1);
    expect((await typed(repository, commandIn(refused.stderr))).code).toBe(0);
    expect((await commit(repository)).code).toBe(0);
    expect(committed(repository)).toEqual([]);
  });

  it.each(['.Claude-MPM/Sessions', '.claude-mpm/SESSIONS', '.CLAUDE-MPM/sessions'])(
    'is refused in other letters: %s, and unstaged by the command',
    async (directory) => {
      const repository = guardedRepository();
      stage(repository, `${directory}/x`, record);
      const refused = await commit(repository);
      expect(refused.code).toBe(1);
      expect((await typed(repository, commandIn(refused.stderr))).code).toBe(0);
      expect(repository.git('diff', '--cached', '--name-only')).toBe('');
    },
  );

  it('is refused where the sessions are a repository of their own', async () => {
    const repository = guardedRepository();
    const inner = path.join(repository.path, sessionsPath);
    mkdirSync(inner, { recursive: true });
    repository.git('-C', inner, 'init', '--quiet');
    repositoryAt(inner, repository.home).commit('inner', { file: 'x' });
    repository.git('config', 'diff.ignoreSubmodules', 'all');
    repository.git('add', '--force', sessionsPath);
    const refused = await commit(repository);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`  ${sessionsPath}\n`);
    expect((await typed(repository, commandIn(refused.stderr))).code).toBe(0);
    expect(repository.git('diff', '--cached', '--name-only', '--ignore-submodules=none')).toBe('');
  });

  it('is refused as a link, as a file of that name, and by a move', async () => {
    const repository = guardedRepository();
    const oid = repository.git('hash-object', '-w', 'first.txt').trim();
    for (const [mode, name] of [
      ['120000', record],
      ['100644', sessionsPath],
    ] as const) {
      repository.git('update-index', '--add', '--cacheinfo', `${mode},${oid},${name}`);
      expect((await commit(repository)).code).toBe(1);
      repository.git('reset', '--quiet');
    }
    mkdirSync(path.join(repository.path, sessionsPath), { recursive: true });
    repository.git('mv', 'first.txt', record);
    expect((await commit(repository)).code).toBe(1);
  });

  it.each<[string, (repository: TestRepository) => void]>([
    ['GIT_LITERAL_PATHSPECS', () => undefined],
    ['GIT_GLOB_PATHSPECS', () => undefined],
    ['GIT_NOGLOB_PATHSPECS', () => undefined],
    ['GIT_EXTERNAL_DIFF', () => undefined],
    ['MPM_SESSION_HOOKS', () => undefined],
    ['diff.renames copies', (r) => r.git('config', 'diff.renames', 'copies')],
    ['color.ui always', (r) => r.git('config', 'color.ui', 'always')],
    ['diff.noprefix', (r) => r.git('config', 'diff.noprefix', 'true')],
    ['diff.external', (r) => r.git('config', 'diff.external', '/bin/false')],
    ['diff.orderFile', (r) => r.git('config', 'diff.orderFile', 'missing')],
    ['diff.relative', (r) => r.git('config', 'diff.relative', 'true')],
    ['core.quotePath', (r) => r.git('config', 'core.quotePath', 'false')],
  ])('is refused whatever %s says', async (name, configure) => {
    const repository = guardedRepository();
    stage(repository, record);
    configure(repository);
    const env: Record<string, string> = /^[A-Z_]+$/.test(name)
      ? { [name]: name.endsWith('SPECS') ? '1' : '0' }
      : {};
    const run = await tryGit(repository, ['commit', '--quiet', '-m', 'x'], env);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(`  ${record}\n`);
  });

  it('shows names without what a terminal would obey, ten at most', async () => {
    const repository = guardedRepository();
    const names = Array.from({ length: 12 }, (_, n) => `${sessionsPath}/f${n + 10}`);
    stage(repository, ...names, `${sessionsPath}/a\u001b[2J\n\u202eb*`);
    const { stderr } = await commit(repository);
    expect(stderr).toContain('13 session files');
    expect(stderr).toContain(`  "${sessionsPath}/a\\033[2J\\n\\342\\200\\256b*"\n`);
    expect(stderr).toContain('  ... and 3 more\n');
    expect(stderr).not.toContain('\u001b');
    expect(stderr.split('\n').filter((line) => line.startsWith('  '))).toHaveLength(11);
  });
});

describe('a commit that changes a tracked session file', () => {
  it('is refused, and the command it names untracks for good', async () => {
    const repository = guardedRepository();
    stage(repository, record);
    repository.git('commit', '--quiet', '--no-verify', '-m', 'a mistake');
    repository.write(record, 'changed');
    const refused = await commit(repository, '--all');
    expect(refused.code).toBe(1);
    repository.git('add', '--force', record);
    repository.write(record, 'changed once more');
    expect((await typed(repository, commandIn(refused.stderr))).code).toBe(0);
    expect((await commit(repository, '--all')).code).toBe(0);
    expect(committed(repository)).toEqual([]);
    expect(readFileSync(path.join(repository.path, record), 'utf8')).toBe('changed once more');
  });
});

describe('a commit that goes through', () => {
  it.each<[string, readonly string[]]>([
    ['files beside the directory', ['.claude-mpm/config.yaml', '.claude-mpm/sessionsx/a']],
    ['a directory of that name elsewhere', [`sub/${sessionsPath}/x`]],
    [
      'names that only a pattern would match',
      ['.claude-mpm/session?/x', '[.]claude-mpm/sessions/x'],
    ],
  ])('may add %s', async (_, names) => {
    const repository = guardedRepository();
    stage(repository, ...names);
    const run = await commit(repository);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(logOf(repository)).toEqual([]);
  });

  it('may remove session files', async () => {
    const repository = guardedRepository();
    stage(repository, record);
    repository.git('commit', '--quiet', '--no-verify', '-m', 'a mistake');
    repository.git('rm', '--quiet', '--cached', record);
    expect(await commit(repository)).toMatchObject({ code: 0, stderr: '' });
    expect(committed(repository)).toEqual([]);
  });

  it('may leave out what is only meant to be added', async () => {
    const repository = guardedRepository();
    repository.write(record, '{}');
    repository.git('add', '--force', '--intent-to-add', record);
    stage(repository, 'file');
    expect((await commit(repository)).code).toBe(0);
    expect(committed(repository)).toEqual([]);
    expect((await commit(repository, '--all')).code).toBe(1);
  });

  it('may be of other paths, while a session is staged', async () => {
    const repository = guardedRepository();
    stage(repository, record);
    repository.write('first.txt', 'two\n');
    expect((await commit(repository, '--only', 'first.txt')).code).toBe(0);
    expect(committed(repository)).toEqual([]);
    expect((await commit(repository, '--only', record)).code).toBe(1);
  });

  it('may be any when the guard is off, or gone', async () => {
    const repository = guardedRepository();
    writeFileSync(path.join(vaultOf(repository), 'guard-off'), '');
    stage(repository, record);
    expect((await commit(repository)).code).toBe(0);
    rmSync(path.join(vaultOf(repository), 'guard-off'));
    stage(repository, `${record}x`);
    expect((await commit(repository)).code).toBe(1);
    rmSync(vaultOf(repository), { recursive: true });
    expect((await commit(repository)).code).toBe(0);
  });

  it('may be any when git fails inside the guard, which is noted', async () => {
    const repository = guardedRepository();
    stage(repository, record);
    const broken = temporaryDirectory();
    writeFileSync(path.join(broken, 'git'), '#!/bin/sh\necho bad >&2; exit 128\n', { mode: 0o755 });
    const args = [path.join(vaultOf(repository), 'guard'), 'pre-commit'];
    const env = { ...repository.env, GIT_EXEC_PATH: broken };
    const run = await runCommand({ program: '/bin/sh', args, cwd: repository.path, env });
    expect(run).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(logOf(repository)).toEqual([['', 'pre-commit', '', 'failed', 'git-failed']]);
  });
});

describe('a merge', () => {
  /** On `main`, with a branch `theirs` that tracks the record since before there were guards. */
  function withTheirs(): TestRepository {
    const repository = guardedRepository();
    repository.git('switch', '--quiet', '-c', 'theirs');
    stage(repository, record);
    repository.git('commit', '--quiet', '--no-verify', '-m', 'a mistake');
    repository.git('switch', '--quiet', 'main');
    repository.commit('meanwhile', { 'second.txt': 'two\n' });
    return repository;
  }
  const warning = 'warning: this merge brings 1 session file that the other branch tracks:';

  it('of a branch that tracks session files goes through, with a warning', async () => {
    const repository = withTheirs();
    const run = await tryGit(repository, ['merge', '--no-edit', '--quiet', 'theirs']);
    expect(run.code).toBe(0);
    expect(run.stderr).toContain(`${warning}\n  ${record}\n`);
    expect(committed(repository)).toEqual([record]);
    expect(logOf(repository)).toEqual([
      ['', 'pre-merge-commit', '', 'passed', 'merged-session-files', '1'],
    ]);
  });

  it('of several branches goes through when one of them tracks them', async () => {
    const repository = withTheirs();
    repository.git('switch', '--quiet', '-c', 'third', 'main~1');
    repository.commit('third', { third: '' });
    repository.git('switch', '--quiet', 'main');
    const run = await tryGit(repository, ['merge', '--no-edit', '--quiet', 'third', 'theirs']);
    expect(run.code).toBe(0);
    expect(repository.git('rev-list', '--parents', '-1', 'HEAD').split(' ')).toHaveLength(4);
    expect(run.stderr).toContain(warning);
  });

  it('concluded by hand goes through, but not with a session file of its own', async () => {
    const repository = withTheirs();
    repository.git('merge', '--no-commit', '--quiet', 'theirs');
    stage(repository, `${sessionsPath}/mine`);
    const refused = await commit(repository);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`  ${sessionsPath}/mine\n`);
    expect(refused.stderr).not.toContain(`  ${record}\n`);
    repository.git('rm', '--cached', '--quiet', `${sessionsPath}/mine`);
    const passed = await commit(repository);
    expect(passed.code).toBe(0);
    expect(passed.stderr).toContain(warning);
  });

  it('is refused when theirs is changed on the way', async () => {
    const repository = withTheirs();
    repository.git('merge', '--no-commit', '--quiet', 'theirs');
    repository.write(record, 'mine');
    repository.git('add', '--force', record);
    expect((await commit(repository)).code).toBe(1);
  });

  it('squashed into a commit is one that adds', async () => {
    const repository = withTheirs();
    repository.git('merge', '--squash', '--quiet', 'theirs');
    expect((await commit(repository)).code).toBe(1);
  });

  it('that only removes them goes through without a word', async () => {
    const repository = guardedRepository();
    stage(repository, record);
    repository.git('commit', '--quiet', '--no-verify', '-m', 'a mistake');
    repository.git('switch', '--quiet', '-c', 'theirs');
    repository.git('rm', '--quiet', '--cached', record);
    repository.git('commit', '--quiet', '-m', 'cleaned');
    repository.git('switch', '--quiet', '--force', 'main');
    repository.commit('meanwhile', { 'second.txt': 'two\n' });
    const run = await tryGit(repository, ['merge', '--no-edit', '--quiet', 'theirs']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(committed(repository)).toEqual([]);
  });
});

/** A guarded repository, and a git that writes down which of its commands it is started with. */
function countedGit() {
  const repository = guardedRepository();
  const directory = temporaryDirectory();
  const log = path.join(directory, 'log');
  const real = path.join(repository.git('--exec-path').trim(), 'git');
  const text = `#!/bin/sh
printf '%s\\n' "$*" >>'${log}'
exec '${real}' "$@"
`;
  writeFileSync(path.join(directory, 'git'), text, { mode: 0o755 });
  return {
    repository,
    env: { ...repository.env, GIT_EXEC_PATH: directory },
    started: () =>
      readFileSync(log, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => / (?:-c \S+ )+(\S+)/.exec(line)?.[1]),
  };
}

describe('the guard', () => {
  const shells: readonly (readonly [string, string])[] = [
    ['sh', '/bin/sh'],
    ['bash --posix', '/bin/bash --posix'],
    ['busybox', '/usr/bin/busybox sh'],
  ];
  it.each(shells)('does the same under %s', async (_, shell) => {
    const [program = ''] = shell.split(' ');
    expect(existsSync(program), `${program} is missing`).toBe(true);
    const repository = guardedRepository({ shell });
    stage(repository, record, `${sessionsPath}/ä\t"`);
    const run = await commit(repository);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(`  ${record}\n  "${sessionsPath}/\\303\\244\\t\\""\n`);
  });

  it.each(['linked-worktree', 'submodule'] as const)('guards a %s', async (layout) => {
    const repository = createRepository({ layout });
    installGuard(repository);
    stage(repository, record);
    expect((await commit(repository)).code).toBe(1);
    expect((await commit(repository, '--all')).code).toBe(1);
  });

  it('refuses also where its log is a pipe, or a link that it does not write through', async () => {
    const repository = guardedRepository();
    stage(repository, record);
    const log = path.join(vaultOf(repository), 'log');
    const elsewhere = path.join(repository.home, 'elsewhere');
    for (const put of [
      () => void execFileSync('mkfifo', [log]),
      () => symlinkSync(elsewhere, log),
    ]) {
      rmSync(log, { force: true });
      put();
      expect((await commit(repository)).code).toBe(1);
      expect(existsSync(elsewhere)).toBe(false);
    }
  });

  it('refuses also when nobody reads what it says any more', async () => {
    const repository = guardedRepository();
    stage(repository, record);
    const head = repository.git('rev-parse', '--all');
    // The reader has ended before git begins.
    const line = '{ sleep 0.3; git commit -m sessions; } 2>&1 | true';
    await runCommand({
      program: '/bin/sh',
      args: ['-c', line],
      cwd: repository.path,
      env: repository.env,
    });
    expect(repository.git('rev-parse', '--all')).toBe(head);
    expect(logOf(repository).map(([, event, , outcome]) => [event, outcome])).toEqual([
      ['pre-commit', 'refused'],
    ]);
  });

  it('answers the canary and does nothing else, but only while doctor asks', async () => {
    const repository = guardedRepository();
    stage(repository, record);
    const canary = path.join(vaultOf(repository), 'canary');
    const env = { MPM_SESSION_CANARY: '1' };
    expect((await tryGit(repository, ['hook', 'run', 'pre-commit'], env)).code).toBe(1);
    expect(existsSync(canary)).toBe(false);
    writeFileSync(canary, '');
    for (const event of ['pre-commit', 'pre-merge-commit', 'pre-push']) {
      expect((await tryGit(repository, ['hook', 'run', event], env)).code).toBe(0);
    }
    expect(readFileSync(canary, 'utf8')).toBe('pre-commit\npre-merge-commit\npre-push\n');
  });

  it('starts git once when there is nothing to say', async () => {
    const { repository, env, started } = countedGit();
    repository.write('file', '');
    repository.git('add', 'file');
    const guard = path.join(vaultOf(repository), 'guard');
    const command = { program: '/bin/sh', cwd: repository.path, env };
    for (const event of ['pre-commit', 'pre-merge-commit']) {
      expect((await runCommand({ ...command, args: [guard, event] })).code).toBe(0);
    }
    const head = repository.git('rev-parse', 'HEAD').trim();
    const input = `refs/heads/main ${head} refs/heads/main ${'0'.repeat(40)}\n`;
    const args = [guard, 'pre-push', 'origin', 'elsewhere'];
    expect((await runCommand({ ...command, args, input: input.repeat(3) })).code).toBe(0);
    expect(started()).toEqual(['diff', 'diff', 'rev-list']);
  });

  it('runs no git that the checkout brings', async () => {
    const repository = guardedRepository();
    const planted = path.join(repository.path, 'node_modules/.bin');
    mkdirSync(planted, { recursive: true });
    const witness = path.join(repository.home, 'was run');
    const text = `#!/bin/sh\n: >'${witness}'\n`;
    writeFileSync(path.join(planted, 'git'), text, { mode: 0o755 });
    stage(repository, record);
    const env = { ...repository.env, PATH: `${planted}:${repository.env['PATH']}` };
    const guard = path.join(vaultOf(repository), 'guard');
    const command = { program: '/bin/sh', args: [guard, 'pre-commit'], cwd: repository.path };
    const exec = repository.git('--exec-path').trim();
    expect((await runCommand({ ...command, env: { ...env, GIT_EXEC_PATH: exec } })).code).toBe(1);
    expect((await runCommand({ ...command, env })).code).toBe(1);
    const poor = { ...env, PATH: `${planted}:node_modules/.bin:.:` };
    expect((await runCommand({ ...command, env: poor })).code).toBe(0);
    expect(existsSync(witness)).toBe(false);
    expect(logOf(repository).at(-1)).toEqual(['', 'pre-commit', '', 'failed', 'no-git']);
  });
});
