/**
 * Temporary directories, and an environment in which nothing of the machine's user or of the
 * program that runs the tests (git, an agent, an editor, CI) can be felt.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

export type Env = Readonly<Record<string, string>>;

/** A new, empty directory (its physical path), removed when the current test ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(path.join(realpathSync(tmpdir()), 'mpm-test-'));
  onTestFinished(() => removeTree(directory));
  return directory;
}

/** A temporary HOME with a `.gitconfig`: a name, branch `main`, no maintenance in the background. */
export function temporaryHome(): string {
  const home = temporaryDirectory();
  writeFileSync(path.join(home, '.gitconfig'), gitConfig);
  return home;
}

/**
 * Built up from nothing rather than cleaned, so that variables nobody has heard of yet stay out
 * too. `PATH` is the machine's; git on it is the one that `MPM_TEST_GIT` names, when it is set.
 */
export function hermeticEnv(home: string): Env {
  return {
    ...onWindows(),
    PATH: searchPath(),
    HOME: home,
    XDG_CONFIG_HOME: path.join(home, '.config'),
    TMPDIR: home,
    GIT_CONFIG_NOSYSTEM: '1',
    TZ: 'UTC',
    LANG: 'C.UTF-8',
  };
}

const gitConfig = `[user]
\tname = Test Person
\temail = test@example.com
[init]
\tdefaultBranch = main
[gc]
\tauto = 0
[maintenance]
\tauto = false
[protocol "file"]
\tallow = always
`;

/** Also what the tested program made read-only, and names that are not UTF-8. */
function removeTree(directory: string): void {
  const remove = () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  try {
    remove();
  } catch {
    makeRemovable(Buffer.from(directory));
    remove();
  }
}

function makeRemovable(directory: Buffer): void {
  chmodSync(directory, 0o700);
  const entries = readdirSync(directory, { withFileTypes: true, encoding: 'buffer' });
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    makeRemovable(Buffer.concat([directory, Buffer.from('/'), entry.name]));
  }
}

/** Without these, Windows starts no program at all. */
function onWindows(): Env {
  if (process.platform !== 'win32') return {};
  const names = ['SystemRoot', 'SystemDrive', 'ComSpec', 'PATHEXT', 'TEMP', 'TMP'];
  return Object.fromEntries(names.map((name) => [name, process.env[name] ?? '']));
}

function searchPath(): string {
  const machine = process.env['PATH'] ?? '';
  const git = process.env['MPM_TEST_GIT'] ?? '';
  return git === '' ? machine : `${usableGitDirectory(git)}${path.delimiter}${machine}`;
}

const known = new Map<string, string>();

/**
 * A git that was built but not installed takes its subcommands from where it would be installed:
 * from another version, or from nowhere. `bin-wrappers/git` beside it sets that right.
 */
function usableGitDirectory(git: string): string {
  const checked = known.get(git);
  if (checked !== undefined) return checked;

  if (!path.isAbsolute(git) || !/^git(?:\.exe)?$/.test(path.basename(git))) {
    throw new Error(`MPM_TEST_GIT must be the absolute path of a program called git: ${git}`);
  }
  const version = answerOf(git, '--version');
  const execPath = answerOf(git, '--exec-path');
  if (version === '' || answerOf(path.join(execPath, 'git'), '--version') !== version) {
    throw new Error(
      `MPM_TEST_GIT=${git} does not run, or its subcommands are not in ${execPath}. ` +
        'Of a git that is built but not installed, name bin-wrappers/git.',
    );
  }
  known.set(git, path.dirname(git));
  return path.dirname(git);
}

function answerOf(program: string, argument: string): string {
  const run = spawnSync(program, [argument], { encoding: 'utf8', env: {} });
  return run.status === 0 ? run.stdout.trim() : '';
}
