import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createRepository,
  layouts,
  type RepositoryOptions,
  repositoryAt,
  type TestRepository,
} from '../helpers/repository.ts';
import { binCommand, runCommand } from '../helpers/run.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { openTerminal } from '../helpers/terminal.ts';
import {
  failureOf,
  hasOrdinaryUser,
  list,
  mpm,
  mpmAsOrdinaryUser,
  pause,
  readText,
  repositoryWithCommit,
  sessionsDirectory,
} from './program.ts';
import { differences, everythingIn, none, setUp, takeOut } from './set-up.ts';

const vaultOf = (repository: TestRepository) => path.join(repository.outer, '.git/mpm-session');

const everywhere: readonly (readonly [string, RepositoryOptions])[] = [
  ...layouts.filter((layout) => layout !== 'bare').map((layout) => [layout, { layout }] as const),
  ['sha256', { objectFormat: 'sha256' }],
];

interface Before {
  readonly hooks: readonly {
    readonly name: string;
    readonly content: string | Uint8Array;
    readonly mode: number;
    readonly isLink: boolean;
  }[];
  readonly ignore: string | null;
  readonly exclude: string | null;
  readonly values: readonly string[];
  readonly alias: string | null;
}

function repositoryOf({ hooks, ignore, exclude, values, alias }: Before): TestRepository {
  const repository = createRepository();
  const inGit = (name: string) => path.join(repository.path, '.git', name);
  rmSync(inGit('hooks'), { recursive: true });
  for (const { name, content, mode, isLink } of hooks) {
    mkdirSync(inGit('hooks'), { recursive: true });
    const file = isLink ? path.join(repository.path, `linked-${name}`) : inGit(`hooks/${name}`);
    writeFileSync(file, content);
    chmodSync(file, mode);
    if (isLink) symlinkSync(`../../linked-${name}`, inGit(`hooks/${name}`));
  }
  if (ignore !== null) repository.write('.gitignore', ignore);
  if (exclude === null) rmSync(inGit('info'), { recursive: true });
  else writeFileSync(inGit('info/exclude'), exclude);
  for (const value of values) repository.git('config', '--add', 'some.key', value);
  if (alias !== null) repository.git('config', 'alias.mpm-pause', alias);
  repository.git('add', '--all');
  repository.git('-c', 'core.hooksPath=/dev/null', 'commit', '-qm', 'start', '--allow-empty');
  return repository;
}

describe('uninstall', () => {
  it.each(everywhere)('puts everything back as it was: %s', async (_, options) => {
    const repository = repositoryWithCommit(options);
    const before = everythingIn(repository);
    await setUp(repository);
    expect(differences(before, everythingIn(repository))).not.toEqual(none);
    expect(await takeOut(repository)).toMatchObject({ applied: true, firing: false });
    expect(differences(before, everythingIn(repository))).toEqual(none);
  });

  it('puts every byte, mode, link and key back, whatever was there', {
    timeout: 120_000,
  }, async () => {
    const bytes = fc.oneof(
      fc.constantFrom(
        '#!/bin/sh\necho "theirs"\n',
        '#!/bin/sh\r\nexit 0\r\n',
        '#!/usr/bin/env python3\nprint(1)\n',
        '#!/bin/bash\nset -eu\nexec true',
        'no shebang\n',
        '',
      ),
      fc.string(),
      fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
    );
    const hook = fc.record({
      name: fc.constantFrom(
        'post-checkout',
        'pre-commit',
        'pre-merge-commit',
        'pre-push',
        'commit-msg',
      ),
      content: bytes,
      mode: fc.constantFrom(0o755, 0o644, 0o700, 0o775),
      isLink: fc.boolean(),
    });
    const scene = fc.record({
      hooks: fc.uniqueArray(hook, { selector: ({ name }) => name, maxLength: 4 }),
      ignore: fc.option(fc.oneof(fc.string(), fc.constantFrom('a\r\nb\r\n', 'a', '\n', '*.log\n'))),
      exclude: fc.option(fc.oneof(fc.string(), fc.constantFrom('x', '# comment\r\n'))),
      values: fc.array(fc.stringMatching(/^[\w .#;"'\\-]{0,20}$/), { maxLength: 3 }),
      alias: fc.option(fc.constantFrom('!echo mine', 'log')),
    });
    await fc.assert(
      fc.asyncProperty(scene, async (one) => {
        const repository = repositoryOf(one);
        const keys = () => repository.git('config', '--local', '--list', '-z');
        const before = { files: everythingIn(repository), keys: keys() };
        await setUp(repository);
        await takeOut(repository);
        expect(differences(before.files, everythingIn(repository))).toEqual(none);
        expect(keys()).toBe(before.keys);
      }),
      { numRuns: 25 },
    );
  });

  it('keeps sessions, and keeps them ignored', async () => {
    const repository = repositoryWithCommit();
    await setUp(repository);
    repository.commit('ignore', { '.gitignore': readText(repository.path, '.gitignore') });
    const { session } = await pause(repository, ['stays']);
    const identity = repository.git('config', 'branch.main.mpm-session');
    await takeOut(repository);
    expect((await list(repository)).map(({ id }) => id)).toEqual([session.session_id]);
    expect(readText(repository.path, '.git/info/exclude')).toMatch(/^\/\.claude-mpm\/sessions\/$/m);
    expect(readText(sessionsDirectory(repository), '.gitignore')).toBe('*\n');
    expect(repository.git('config', 'branch.main.mpm-session')).toBe(identity);
    // The line for the team was committed, and is taken out of the file.
    expect(repository.git('status', '--porcelain')).toBe(' D .gitignore\n');
    repository.git('add', '--all');
    expect(repository.git('ls-files', '.claude-mpm')).toBe('');
  });

  it('leaves nothing for hooks in the vault, and no hook brings anything back', async () => {
    const repository = repositoryWithCommit();
    await setUp(repository);
    await pause(repository, ['x']);
    repository.git('switch', '-qc', 'other');
    repository.git('switch', '-q', 'main');
    expect(readdirSync(vaultOf(repository))).toContain('log');
    await takeOut(repository);
    expect(readdirSync(vaultOf(repository)).sort()).toEqual(['sessions']);
    repository.git('switch', '-q', 'other');
    const { path: cwd, env } = repository;
    const back = await runCommand({ program: 'git', args: ['switch', 'main'], cwd, env });
    expect(back).toMatchObject({ code: 0, stderr: "Switched to branch 'main'\n" });
    expect(readdirSync(vaultOf(repository)).sort()).toEqual(['sessions']);
  });

  it('takes only what is ours out of what was edited since', async () => {
    const repository = repositoryWithCommit();
    const hook = path.join(repository.path, '.git/hooks/post-checkout');
    writeFileSync(hook, '#!/bin/sh\necho one\n', { mode: 0o755 });
    repository.write('.gitignore', 'a\n');
    await setUp(repository);
    repository.git('config', 'alias.mpm-resume', '!echo mine now');
    repository.git('config', 'alias.other', 'log');
    appendFileSync(hook, 'echo two\n');
    appendFileSync(path.join(repository.path, '.gitignore'), 'b\n');
    appendFileSync(path.join(repository.path, '.git/info/exclude'), 'c\n');
    await takeOut(repository);
    expect(readText(hook)).toBe('#!/bin/sh\necho one\necho two\n');
    expect(readText(repository.path, '.gitignore')).toBe('a\nb\n');
    expect(readText(repository.path, '.git/info/exclude')).toMatch(/\nc\n$/);
    expect(readText(repository.path, '.git/info/exclude')).not.toMatch(/claude-mpm/);
    expect(repository.git('config', '--get-regexp', '^alias\\.')).toBe(
      'alias.mpm-resume !echo mine now\nalias.other log\n',
    );
  });

  it.each(['there', 'lost'])(
    'says of every edit what it does, when its notes are %s',
    async (how) => {
      const repository = repositoryWithCommit();
      for (const [event, script] of [
        ['pre-commit', '#!/bin/sh\n:\n'],
        ['pre-push', '#!/usr/bin/python3\n'],
      ] as const) {
        writeFileSync(path.join(repository.path, '.git/hooks', event), script, { mode: 0o755 });
      }
      const { edits: made } = await setUp(repository, ['--hooks', 'hooks-directory']);
      expect(made.map(({ about }) => about).filter((about) => !/^[a-z]+s /.test(about))).toEqual(
        [],
      );
      if (how === 'lost') rmSync(path.join(vaultOf(repository), 'installed.json'));
      const { edits } = await takeOut(repository);
      expect(edits.length).toBeGreaterThan(5);
      const verb = /^(?:takes out|takes away|puts back|puts the hook back) /;
      expect(edits.map(({ about }) => about).filter((about) => !verb.test(about))).toEqual([]);
    },
  );

  it.each(['lost', 'damaged'])('finds what is ours when the notes of init are %s', async (how) => {
    const repository = repositoryWithCommit();
    const hook = path.join(repository.path, '.git/hooks/pre-commit');
    writeFileSync(hook, '#!/bin/sh\necho theirs\n', { mode: 0o755 });
    const before = everythingIn(repository);
    await setUp(repository);
    const notes = path.join(vaultOf(repository), 'installed.json');
    if (how === 'lost') rmSync(notes);
    else writeFileSync(notes, '{"checksum": 1}');
    expect(await takeOut(repository)).toMatchObject({ applied: true });
    expect(differences(before, everythingIn(repository))).toEqual(none);
  });

  it('names a file in which our lines were edited, each time', async () => {
    const repository = repositoryWithCommit();
    await setUp(repository, ['--hooks', 'hooks-directory']);
    const hook = path.join(repository.path, '.git/hooks/pre-push');
    writeFileSync(hook, readText(hook).replace(/^mpm_line=.*\n/m, ''));
    for (const heading of [/^Taken out/, /^Not set up/]) {
      const run = await mpm(repository, ['uninstall', '--yes']);
      expect(run.stdout).toMatch(heading);
      expect(run.stdout).toMatch(/^note: .*hooks\/pre-push, line 3: our lines there were edited/m);
    }
    expect(readText(hook)).toContain('>>> mpm-session');
  });

  it('leaves what a colleague’s init has committed for everybody', async () => {
    const colleague = repositoryWithCommit();
    colleague.write('.hooks/pre-commit', '#!/bin/sh\n:\n', 0o755);
    colleague.commit('hooks', { '.hooks/pre-commit': '#!/bin/sh\n:\n' });
    colleague.git('config', 'core.hooksPath', '.hooks');
    await setUp(colleague, ['--hooks', 'hooks-directory']);
    colleague.git('add', '.gitignore', '.hooks/pre-commit');
    colleague.git('commit', '-qm', 'for all');
    const home = colleague.home;
    const place = path.join(temporaryDirectory(), 'clone');
    colleague.git('clone', '-q', colleague.path, place);
    const clone = repositoryAt(place, home);
    clone.git('config', 'core.hooksPath', '.hooks');
    for (const isSetUp of [false, true]) {
      if (isSetUp) await setUp(clone, ['--hooks', 'hooks-directory']);
      const run = await mpm(clone, ['uninstall', '--yes']);
      expect(run.code).toBe(0);
      expect(run.stdout).toMatch(/^note: .*\.gitignore: .* came by a commit/m);
      expect(run.stdout).toMatch(/^note: .*pre-commit: .* came by a commit/m);
      expect(clone.git('status', '--porcelain', '-uall')).toBe('');
    }
    // Who put it there takes it out.
    await takeOut(colleague);
    expect(colleague.git('diff', '--name-only')).toBe('.gitignore\n.hooks/pre-commit\n');
  });

  it('says that nothing is set up', async () => {
    const repository = repositoryWithCommit();
    const before = everythingIn(repository, { times: true });
    for (const args of [['uninstall'], ['uninstall', '--purge']]) {
      const run = await mpm(repository, args);
      expect(run).toMatchObject({ code: 0, stderr: '' });
      expect(run.stdout).toMatch(/^Not set up in /);
    }
    expect(await takeOut(repository)).toMatchObject({ applied: false, edits: [] });
    expect(differences(before, everythingIn(repository, { times: true }))).toEqual(none);
  });

  it('changes nothing without a terminal to ask on', async () => {
    const repository = repositoryWithCommit();
    await setUp(repository);
    const before = everythingIn(repository, { times: true });
    for (const args of [['uninstall'], ['uninstall', '--purge']]) {
      expect(await failureOf(repository, args)).toMatchObject({ exit: 2, code: 'not-confirmed' });
      expect((await mpm(repository, args)).stdout).toMatch(
        /delete +\.git\/mpm-session\/post-checkout/,
      );
    }
    expect(differences(before, everythingIn(repository, { times: true }))).toEqual(none);
  });

  it('takes everything out of every work tree with --purge', async () => {
    const repository = repositoryWithCommit();
    const before = everythingIn(repository);
    await setUp(repository);
    await pause(repository, ['one']);
    await pause(repository, ['two']);
    expect(await takeOut(repository, '--purge')).toMatchObject({ applied: true });
    expect(differences(before, everythingIn(repository))).toEqual(none);
    expect(await list(repository)).toEqual([]);

    const other = path.join(temporaryDirectory(), 'other');
    repository.git('worktree', 'add', '-q', '-b', 'other', other);
    const linked = repositoryAt(other, repository.home, repository.path);
    await pause(repository, ['here']);
    await pause(linked, ['there']);
    await takeOut(repository, '--purge');
    expect(existsSync(path.join(other, '.claude-mpm'))).toBe(false);
    expect(existsSync(path.join(repository.path, '.claude-mpm'))).toBe(false);
    expect(existsSync(vaultOf(repository))).toBe(false);
    expect(repository.git('config', '--local', '--list')).not.toMatch(/mpm-session/);
    expect(readText(repository.path, '.git/info/exclude')).not.toMatch(/claude-mpm/);
  });

  it('leaves, and names, what in the sessions directory is not ours', async () => {
    const repository = repositoryWithCommit();
    const { files } = await pause(repository, ['mine']);
    const { session: tracked, files: trackedFiles } = await pause(repository, ['tracked']);
    repository.git('add', '-f', trackedFiles.json);
    repository.git('commit', '-qm', 'a session');
    repository.write('.claude-mpm/sessions/notes.txt', 'my notes');
    const run = await mpm(repository, ['uninstall', '--purge', '--yes']);
    expect(run.code).toBe(0);
    expect(run.stderr).toMatch(/notes\.txt is not/);
    expect(run.stderr).toMatch(new RegExp(`${tracked.session_id}\\.json`));
    expect(existsSync(files.json)).toBe(false);
    expect(readFileSync(trackedFiles.json, 'utf8')).toContain('tracked');
    expect(readText(sessionsDirectory(repository), 'notes.txt')).toBe('my notes');
    expect(repository.git('status', '--porcelain')).toBe('');
  });

  it.skipIf(!hasOrdinaryUser)(
    '(as an ordinary user) fails whole where the git directory cannot be written',
    async () => {
      const repository = repositoryWithCommit();
      await setUp(repository);
      await pause(repository, ['x']);
      chmodSync(path.join(repository.path, '.git/mpm-session'), 0o500);
      for (const more of [[], ['--purge']]) {
        const before = everythingIn(repository);
        const args = ['uninstall', '--yes', '--json', ...more];
        const run = await mpmAsOrdinaryUser(repository, args);
        expect(run).toMatchObject({ code: 1 });
        expect(run.stdout).toContain('"code":"cannot-write"');
        expect(differences(before, everythingIn(repository))).toEqual(none);
      }
    },
  );

  it('names the devDependency that stays', async () => {
    const repository = repositoryWithCommit();
    repository.write('package.json', '{"devDependencies": {"mpm-session": "^0.1.0"}}\n');
    await setUp(repository);
    const run = await mpm(repository, ['uninstall', '--yes']);
    expect(run.stdout).toMatch(/package\.json names mpm-session.*: npm uninstall mpm-session/);
  });

  it('leaves git status clean where it was', async () => {
    const repository = repositoryWithCommit();
    repository.commit('ignore', { '.gitignore': '*.log\n' });
    await setUp(repository);
    await pause(repository, ['x']);
    await takeOut(repository);
    expect(repository.git('status', '--porcelain')).toBe('');
  });
});

describe('uninstall on a terminal', () => {
  const open = (repository: TestRepository, ...args: string[]) => {
    const { path: cwd, env } = repository;
    const command = binCommand('mpm-session', args, { cwd, env });
    return openTerminal(command.program, command.args, { cwd, env, columns: 120 });
  };

  it('asks, and does as it is told', async () => {
    const repository = repositoryWithCommit();
    const clean = everythingIn(repository);
    await setUp(repository);
    const before = everythingIn(repository, { times: true });
    const no = open(repository, 'uninstall');
    await no.waitFor(/delete +\.git\/mpm-session\/post-checkout[\s\S]*Take this out\? \[y\/N\] /);
    no.type('n\r');
    expect((await no.exit).code).toBe(1);
    expect(no.screen().text).toMatch(/\nNothing was changed\.\s*$/);
    expect(no.screen().text).not.toContain('error:');
    expect(differences(before, everythingIn(repository, { times: true }))).toEqual(none);
    const yes = open(repository, 'uninstall');
    await yes.waitFor(/Take this out\?/);
    yes.type('yes\r');
    await yes.waitFor(/Taken out/);
    expect((await yes.exit).code).toBe(0);
    expect(differences(clean, everythingIn(repository))).toEqual(none);
  });

  it('keeps a session that was paused while it asked', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['seen']);
    const terminal = open(repository, 'uninstall', '--purge');
    await terminal.waitFor(/1 session[\s\S]*Type 'purge' to go on: /);
    const { session } = await pause(repository, ['not seen']);
    terminal.type('purge\r');
    await terminal.waitFor(/A session was paused meanwhile, and stays/);
    expect((await terminal.exit).code).toBe(0);
    expect((await list(repository)).map(({ id }) => id)).toEqual([session.session_id]);
    expect(await takeOut(repository, '--purge')).toMatchObject({ applied: true });
    expect(await list(repository)).toEqual([]);
  });

  it('deletes sessions only for the whole word', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['precious']);
    const yes = open(repository, 'uninstall', '--purge');
    await yes.waitFor(/1 session[\s\S]*Type 'purge' to go on: /);
    yes.type('y\r');
    expect((await yes.exit).code).toBe(1);
    expect(await list(repository)).toHaveLength(1);
    const word = open(repository, 'uninstall', '--purge');
    await word.waitFor(/Type 'purge'/);
    word.type('purge\r');
    expect((await word.exit).code).toBe(0);
    expect(await list(repository)).toEqual([]);
  });
});
