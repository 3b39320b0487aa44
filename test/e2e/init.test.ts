import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { layouts, type RepositoryOptions, repositoryAt } from '../helpers/repository.ts';
import { binCommand, runCommand, withBins } from '../helpers/run.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { openTerminal } from '../helpers/terminal.ts';
import {
  dataOf,
  failureOf,
  hasOrdinaryUser,
  mpm,
  mpmAsOrdinaryUser,
  outsideGit,
  pause,
  readText,
  repositoryWithCommit,
  sessionsDirectory,
} from './program.ts';
import { differences, everythingIn, none, type SetUp, type ShownEdit, setUp } from './set-up.ts';

const everywhere: readonly (readonly [string, RepositoryOptions])[] = [
  ...layouts.filter((layout) => layout !== 'bare').map((layout) => [layout, { layout }] as const),
  ['sha256', { objectFormat: 'sha256' }],
];

interface ShownFile {
  readonly kind: string;
  readonly content: string;
  readonly mode: string;
}

function isAsShown({ target, after }: ShownEdit): boolean {
  const state = after as ShownFile | null;
  if (state === null) return !existsSync(target);
  const mode = (statSync(target).mode & 0o7777).toString(8).padStart(4, '0');
  return readFileSync(target, 'utf8') === state.content && mode === state.mode;
}

describe('init', () => {
  it('without a terminal shows its plan, changes nothing and exits 2', async () => {
    const repository = repositoryWithCommit();
    const before = everythingIn(repository, { times: true });
    const run = await mpm(repository, ['init']);
    expect(run.code).toBe(2);
    expect(run.stdout).toMatch(/create +\.git\/mpm-session\/post-checkout/);
    expect(run.stderr).toMatch(/no terminal to ask on[^\n]*\n.*mpm-session init --yes/);
    expect(differences(before, everythingIn(repository, { times: true }))).toEqual(none);
    expect(await failureOf(repository, ['init'])).toMatchObject({ exit: 2, code: 'not-confirmed' });
  });

  it.each(everywhere)(
    '--dry-run shows every byte it would write, and writes none: %s',
    async (_, options) => {
      const repository = repositoryWithCommit(options);
      const before = everythingIn(repository, { times: true });
      const planned = await dataOf<SetUp>(repository, ['init', '--dry-run']);
      const listing = await mpm(repository, ['init', '--dry-run']);
      expect(differences(before, everythingIn(repository, { times: true }))).toEqual(none);
      expect(planned).toMatchObject({ applied: false, firing: null });

      const done = await setUp(repository);
      expect(done).toMatchObject({ applied: true, firing: true, ignored: true });
      // When the first init ran is in the guard.
      const timeless = (edits: readonly ShownEdit[]) =>
        JSON.parse(JSON.stringify(edits).replaceAll(/mpm_since=\d+/g, '')) as unknown;
      expect(timeless(done.edits)).toEqual(timeless(planned.edits));
      const files = done.edits.filter(({ kind }) => kind === 'file');
      expect(files.filter((edit) => !isAsShown(edit))).toEqual([]);
      for (const edit of done.edits) {
        if (edit.kind === 'config') {
          expect(repository.git('config', '--local', '--get-all', edit.target)).toBe(
            `${(edit.after as string[]).join('\n')}\n`,
          );
        }
      }
      // Everything that appeared was announced.
      const announced = files.map(({ target }) => path.relative(repository.outer, target));
      const changed = differences(before, everythingIn(repository, { times: true }))
        .new.map((line) => line.replace(/^(.*?) 10\d{4} .*$/, '$1'))
        .filter((name) => !/ 40\d{3}$/.test(name) && !/(?:^|\/)config$/.test(name));
      const own = changed.filter((name) => !/mpm-session\/installed\.json$/.test(name));
      expect(own.sort()).toEqual(announced.sort());
      for (const { before: then, after } of files) {
        const old = new Set((then as ShownFile | null)?.content.split('\n'));
        const added = (after as ShownFile).content.split('\n').filter((line) => !old.has(line));
        for (const line of added.filter((one) => !/mpm_since=/.test(one))) {
          expect(listing.stdout).toContain(`+ ${line}`.trimEnd());
        }
      }
    },
  );

  it.each(everywhere)(
    'the second run changes nothing, and proves it again: %s',
    async (_, options) => {
      const repository = repositoryWithCommit(options);
      await pause(repository, ['before']);
      await setUp(repository);
      const isFile = (line: string) => !/ 40\d{3}$/.test(line);
      const before = everythingIn(repository, { times: true }).filter(isFile);
      const again = await setUp(repository);
      expect(again).toMatchObject({ edits: [], applied: false, firing: true, ignored: true });
      const run = await mpm(repository, ['init']);
      expect(run).toMatchObject({ code: 0, stderr: '' });
      expect(run.stdout).toMatch(/^Already set up in /);
      const after = everythingIn(repository, { times: true }).filter(isFile);
      expect(differences(before, after)).toEqual(none);
    },
  );

  it('--dry-run shows tabs as tabs, and nothing that a terminal would obey', async () => {
    const repository = repositoryWithCommit();
    const hook = path.join(repository.path, '.git/hooks/pre-commit');
    writeFileSync(hook, '#!/usr/bin/python3\n\u001b[2J\ta\tb\n', { mode: 0o755 });
    const run = await mpm(repository, ['init', '--dry-run', '--hooks', 'hooks-directory']);
    expect(run.stdout).toContain('\n+ [2J\ta\tb\n');
  });

  it('leaves alone, and says, what an interrupted one has noted and nobody can read', async () => {
    const repository = repositoryWithCommit();
    await setUp(repository);
    const journal = path.join(repository.path, '.git/mpm-session/installing.json');
    writeFileSync(journal, '{"x":1}', { mode: 0o600 });
    const before = everythingIn(repository);
    for (const args of [
      ['init', '--yes'],
      ['init', '--dry-run'],
      ['uninstall', '--yes'],
    ]) {
      const failure = await failureOf(repository, args);
      expect(failure).toMatchObject({ exit: 1, code: 'damaged-journal' });
      expect(failure.message).toContain(journal);
    }
    const fixed = await mpm(repository, ['doctor', '--fix']);
    expect(fixed).toMatchObject({ code: 1 });
    expect(fixed.stdout).not.toMatch(/^fixed/m);
    expect(differences(before, everythingIn(repository))).toEqual(none);
  });

  it('works from a subdirectory', async () => {
    const repository = repositoryWithCommit();
    const cwd = path.join(repository.path, 'deep/er');
    mkdirSync(cwd, { recursive: true });
    expect(await setUp(repository, [], { cwd })).toMatchObject({ applied: true, firing: true });
    expect(existsSync(path.join(cwd, '.gitignore'))).toBe(false);
    expect(readText(repository.path, '.gitignore')).toBe('/.claude-mpm/sessions/\n');
  });

  it('sets up all work trees at once', async () => {
    const repository = repositoryWithCommit();
    await setUp(repository);
    repository.commit('ignore', { '.gitignore': readText(repository.path, '.gitignore') });
    const other = path.join(temporaryDirectory(), 'other tree');
    repository.git('worktree', 'add', '-q', '-b', 'other', other);
    const linked = repositoryAt(other, repository.home, repository.path);
    expect(await setUp(linked)).toMatchObject({ edits: [], applied: false, firing: true });
  });

  it('fails where there is no work tree', async () => {
    const source = repositoryWithCommit();
    const bare = path.join(temporaryDirectory(), 'bare.git');
    source.git('clone', '-q', '--bare', source.path, bare);
    const { env } = source;
    expect(await failureOf({ path: bare, env }, ['init', '--yes'])).toMatchObject({
      code: 'bare-repository',
      exit: 1,
    });
    expect(await failureOf(outsideGit(), ['init', '--yes'])).toMatchObject({
      code: 'not-a-repository',
      exit: 1,
    });
  });

  it('marks what git tracks, and creates no configuration', async () => {
    const repository = repositoryWithCommit();
    repository.commit('ignore', { '.gitignore': 'x' });
    const run = await mpm(repository, ['init']);
    expect(run.stdout).toMatch(/change +\.gitignore +tracked by git/);
    expect(run.stdout.match(/tracked by git/g)).toHaveLength(1);
    const { edits } = await setUp(repository);
    const tracked = edits.filter((edit) => edit.tracked).map(({ target }) => target);
    expect(tracked).toEqual([path.join(repository.path, '.gitignore')]);
    expect(readText(repository.path, '.gitignore')).toBe('x\n/.claude-mpm/sessions/\n');
    expect(existsSync(path.join(repository.path, '.mpmrc'))).toBe(false);
  });

  it('leaves the root .gitignore alone when told so', async () => {
    const repository = repositoryWithCommit();
    repository.write('.mpmrc', 'ignore:\n  gitignore: false\n');
    await setUp(repository);
    expect(existsSync(path.join(repository.path, '.gitignore'))).toBe(false);
    expect(repository.git('status', '--porcelain')).toBe('?? .mpmrc\n');
  });

  it('has a sessions directory ignore itself that does not', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['x']);
    const ignore = path.join(sessionsDirectory(repository), '.gitignore');
    rmSync(ignore);
    await setUp(repository);
    expect(readText(ignore)).toBe('*\n');
  });

  it('tells what was paused before, and from then on the hook does', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['on main']);
    repository.git('switch', '-qc', 'other');
    await pause(repository, ['elsewhere one']);
    const run = await mpm(repository, ['init', '--yes']);
    expect(run.stdout).toMatch(/mpm-session: paused on other.*elsewhere one/);
    expect(run.stdout).not.toMatch(/on main/);
    expect(run.stdout).toMatch(/^1 paused elsewhere: mpm-session list$/m);
    const { path: cwd, env } = repository;
    const there = await runCommand({ program: 'git', args: ['switch', 'main'], cwd, env });
    expect(there.code).toBe(0);
    expect(there.stderr).toMatch(/mpm-session: paused on main.*on main/);
  });

  it('tells what was paused here from what was paused elsewhere', async () => {
    const repository = repositoryWithCommit();
    for (const message of ['one', 'two', 'three']) await pause(repository, [message]);
    const here = await mpm(repository, ['init', '--yes']);
    expect(here.stdout).toMatch(/"three"/);
    expect(here.stdout).toMatch(/^2 more paused here: mpm-session list$/m);
    repository.git('-c', 'core.hooksPath=/dev/null', 'switch', '-qc', 'other');
    await pause(repository, ['four']);
    const elsewhere = await mpm(repository, ['init', '--yes']);
    expect(elsewhere.stdout).toMatch(/^3 paused elsewhere: mpm-session list$/m);
    repository.git('-c', 'core.hooksPath=/dev/null', 'switch', '-q', 'main');
    await mpm(repository, ['dismiss']);
    const both = await mpm(repository, ['init', '--yes']);
    expect(both.stdout).toMatch(/^2 paused here, 1 paused elsewhere: mpm-session list$/m);
  });

  it('says to commit .gitignore where it changed what others can get', async () => {
    const said = /^Next +commit .gitignore.*: git add :\/.gitignore && git commit$/m;
    const repository = repositoryWithCommit();
    expect((await mpm(repository, ['init', '--yes'])).stdout).toMatch(said);
    expect((await mpm(repository, ['init', '--yes'])).stdout).not.toMatch(/^Next/m);
    const tracked = repositoryWithCommit();
    tracked.write('.gitignore', '.gitignore\n');
    tracked.git('add', '-f', '.gitignore');
    expect((await mpm(tracked, ['init', '--yes'])).stdout).toMatch(said);
    const own = repositoryWithCommit();
    own.write('.gitignore', '.gitignore\n');
    expect((await mpm(own, ['init', '--yes'])).stdout).not.toMatch(/^Next/m);
  });

  it('has git find its subcommands where they are not on PATH', async () => {
    const repository = repositoryWithCommit();
    const { path: cwd, env } = repository;
    await setUp(repository);
    const paused = await runCommand({ program: 'git', args: ['mpm-pause', 'by alias'], cwd, env });
    expect(paused).toMatchObject({ code: 0 });
    const listed = await runCommand({ program: 'git', args: ['mpm-sessions'], cwd, env });
    expect(listed.stdout).toContain('by alias');
  });

  it('needs no aliases where its subcommands are on PATH', async () => {
    const repository = repositoryWithCommit();
    const { edits } = await setUp(repository, [], { env: withBins(repository.env) });
    expect(edits.filter(({ target }) => target.startsWith('alias.'))).toEqual([]);
  });

  it('run several times at once sets up once', async () => {
    const repository = repositoryWithCommit();
    const runs = await Promise.all(
      [1, 2, 3].map(() => mpm(repository, ['init', '--yes', '--json'])),
    );
    expect(runs.map(({ code, stdout }) => (code === 0 ? '' : stdout))).toEqual(['', '', '']);
    expect(await setUp(repository)).toMatchObject({ applied: false, edits: [], firing: true });
    const hook = path.join(repository.path, '.git/hooks/pre-commit');
    if (existsSync(hook)) expect(readText(hook).match(/>>> mpm-session/g)).toHaveLength(1);
  });

  it('stays with what was wanted the first time', async () => {
    const repository = repositoryWithCommit();
    const { hooks, edits } = await setUp(repository, ['--hooks', 'hooks-directory']);
    expect(hooks).toBe('hooks-directory');
    expect(edits.map(({ target }) => path.basename(target))).toContain('pre-push');
    expect(await setUp(repository)).toMatchObject({ hooks: 'hooks-directory', edits: [] });
    // Not when git does not get there any more.
    rmSync(path.join(repository.path, '.git/hooks/post-checkout'));
    expect(await setUp(repository)).toMatchObject({ applied: true, firing: true });
  });

  it('moves on to the program that runs it, and keeps when it was first run', async () => {
    const repository = repositoryWithCommit();
    await setUp(repository);
    const guard = path.join(repository.path, '.git/mpm-session/guard');
    const current = readText(guard);
    const old = current
      .replace(/^mpm_program=.*$/m, 'mpm_program=/gone/mpm-session.js')
      .replace(/^mpm_since=.*$/m, 'mpm_since=1234567890');
    writeFileSync(guard, old);
    const { edits } = await setUp(repository);
    expect(edits.map(({ target }) => path.basename(target))).toContain('guard');
    expect(readText(guard)).toBe(current.replace(/^mpm_since=.*$/m, 'mpm_since=1234567890'));
  });

  it('takes a wrong name for wrong usage', async () => {
    const repository = repositoryWithCommit();
    for (const args of [['--hooks', 'huskie'], ['--install', 'somehow'], ['something']]) {
      expect(await failureOf(repository, ['init', '--yes', ...args])).toMatchObject({
        code: 'wrong-usage',
        exit: 2,
      });
    }
  });

  it('prints nothing with -q', async () => {
    const repository = repositoryWithCommit();
    expect(await mpm(repository, ['init', '--yes', '-q'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('reports agents, and installs nothing for them', async () => {
    const repository = repositoryWithCommit();
    repository.write('CLAUDE.md', 'x');
    mkdirSync(path.join(repository.home, '.codex'));
    const run = await mpm(repository, ['init']);
    expect(run.stdout).toMatch(/Agents found: claude-code, codex \(yours\)\. Nothing is installed/);
  });

  it.skipIf(!hasOrdinaryUser)(
    '(as an ordinary user) leaves a git directory that cannot be written as it was',
    async () => {
      const repository = repositoryWithCommit();
      const init = ['init', '--yes', '--json', '--hooks', 'hooks-directory'];
      for (const place of ['.git', '.git/hooks']) {
        const { mode } = statSync(path.join(repository.path, place));
        chmodSync(path.join(repository.path, place), 0o555);
        const before = everythingIn(repository);
        const run = await mpmAsOrdinaryUser(repository, init);
        expect(run.code).toBe(1);
        const { error } = JSON.parse(run.stdout) as { error: { code: string; message: string } };
        expect(['cannot-write', 'hooks-unavailable']).toContain(error.code);
        expect(error.message).toContain(path.join(repository.path, '.git'));
        expect(differences(before, everythingIn(repository))).toEqual(none);
        chmodSync(path.join(repository.path, place), mode);
      }
    },
  );
});

describe('init on a terminal', () => {
  const open = (
    repository: { path: string; env: Readonly<Record<string, string>> },
    ...args: string[]
  ) => {
    const { path: cwd, env } = repository;
    const command = binCommand('mpm-session', args, { cwd, env });
    return openTerminal(command.program, command.args, { cwd, env, columns: 120 });
  };

  it('shows the plan, and carries it out after a yes', async () => {
    const repository = repositoryWithCommit();
    const terminal = open(repository, 'init');
    await terminal.waitFor(
      /Setting up mpm-session[\s\S]*post-checkout[\s\S]*Carry this out\? \[y\/N\] /,
    );
    expect(existsSync(path.join(repository.path, '.git/mpm-session'))).toBe(false);
    terminal.type('y\r');
    await terminal.waitFor(/Set up in/);
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
    expect((await setUp(repository)).applied).toBe(false);
  });

  it.each([
    ['n', 'n\r'],
    ['Enter', '\r'],
    ['another word', 'sure\r'],
    ['Ctrl-D', '\x04'],
    ['Ctrl-C', '\x03'],
  ])('changes nothing after %s', async (_, keys) => {
    const repository = repositoryWithCommit();
    const before = everythingIn(repository, { times: true });
    const terminal = open(repository, 'init');
    await terminal.waitFor(/Carry this out\?/);
    terminal.type(keys);
    const { code } = await terminal.exit;
    expect(code).not.toBe(0);
    // Ctrl-C ends it without a word.
    if (keys !== '\x03') {
      expect(code).toBe(1);
      expect(terminal.screen().text).toMatch(/\nNothing was changed\.\s*$/);
    }
    expect(terminal.screen().text).not.toContain('error:');
    expect(differences(before, everythingIn(repository, { times: true }))).toEqual(none);
  });

  it('never asks with --json', async () => {
    const repository = repositoryWithCommit();
    const terminal = open(repository, 'init', '--json');
    expect(await terminal.exit).toEqual({ code: 2, signal: null });
    expect(terminal.screen().text).toMatch(/^\{"ok":false,[^\n]*\n$/);
  });
});
