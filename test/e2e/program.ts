/** The built program as a script calls it: what it answers, as values. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Drift } from '../../src/session/drift.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import {
  createRepository,
  type RepositoryOptions,
  type TestRepository,
} from '../helpers/repository.ts';
import {
  binCommand,
  type RunOptions,
  type RunResult,
  runCommand,
  runProgram,
  withBins,
} from '../helpers/run.ts';
import { type Env, hermeticEnv, temporaryDirectory, temporaryHome } from '../helpers/temporary.ts';

/** Where the program runs: a test repository, or any directory. */
export interface Place {
  readonly path: string;
  readonly env: Env;
}

export type Session = SessionRecord;

export interface Paused {
  readonly session: Session;
  readonly files: { readonly json: string; readonly yaml: string; readonly md: string };
  readonly exported?: string;
  readonly warnings: readonly string[];
}

export interface Listed {
  readonly number: number;
  readonly id: string;
  readonly paused_at: string | null;
  readonly branch: string | null;
  readonly head: string | null;
  readonly message: string | null;
  readonly status: string | null;
  readonly work: null;
  readonly where: 'directory' | 'vault';
  readonly here: boolean;
  readonly foreign: boolean;
  readonly problem: string | null;
}

export interface Resumed {
  readonly session: Session;
  readonly drift: Drift;
  readonly work: unknown;
  readonly applied: boolean;
}

export interface Failed {
  readonly exit: number | null;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** A repository with one commit, of `first.txt`, on `main`. */
export function repositoryWithCommit(options: RepositoryOptions = {}): TestRepository {
  const repository = createRepository(options);
  repository.commit('first', { 'first.txt': 'one\n' });
  return repository;
}

/** An empty directory that no repository is around. */
export function outsideGit(): Place {
  return { path: temporaryDirectory(), env: hermeticEnv(temporaryHome()) };
}

export function mpm(
  place: Place,
  args: readonly string[],
  options: Partial<RunOptions> = {},
): Promise<RunResult> {
  return runProgram(args, { cwd: place.path, env: place.env, ...options });
}

/** Permissions do not bind root, who then needs setpriv(1) to become somebody else. */
export const hasOrdinaryUser = process.getuid?.() !== 0 || process.platform === 'linux';

/**
 * As {@link mpm}, but never as root: an ordinary user runs it, and is given the repository first.
 * `.gitconfig` trusts the repository, so that the test can go on using it.
 */
export function mpmAsOrdinaryUser(
  repository: TestRepository,
  args: readonly string[],
): Promise<RunResult> {
  const { path: cwd, env, home } = repository;
  const command = binCommand('mpm-session', args, { cwd, env });
  if (process.getuid?.() !== 0) return runCommand(command);

  appendFileSync(path.join(home, '.gitconfig'), '[safe]\n\tdirectory = *\n');
  execFileSync('chown', ['-R', nobody, home, path.dirname(repository.path)]);
  const become = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', command.program];
  return runCommand({ ...command, program: 'setpriv', args: [...become, ...command.args] });
}

const nobody = '65534';

/** A line as it would be typed into a shell, all our bins being on `PATH`. */
export function shell(place: Place, line: string): Promise<RunResult> {
  const { path: cwd, env } = place;
  return runCommand({ program: 'sh', args: ['-c', line], cwd, env: withBins(env) });
}

/** The `data` of a command that succeeds; its `--json` is added here. */
export async function dataOf<Data>(
  place: Place,
  args: readonly string[],
  options: Partial<RunOptions> = {},
): Promise<Data> {
  const run = await mpm(place, ['--json', ...args], options);
  const document = onlyDocument(run) as { ok: boolean; data: Data };
  if (run.code !== 0 || document.ok !== true) {
    throw new Error(`'${args.join(' ')}' failed (${run.code}): ${run.stdout}${run.stderr}`);
  }
  return document.data;
}

/** The `error` of a command that fails, with its exit code; its `--json` is added here. */
export async function failureOf(
  place: Place,
  args: readonly string[],
  options: Partial<RunOptions> = {},
): Promise<Failed> {
  const run = await mpm(place, ['--json', ...args], options);
  const document = onlyDocument(run) as { ok: boolean; error: Omit<Failed, 'exit'> };
  if (document.ok !== false) throw new Error(`'${args.join(' ')}' succeeded: ${run.stdout}`);
  return { exit: run.code, ...document.error };
}

/** Everything on standard output, when it is one JSON document on one line. */
export function onlyDocument(run: RunResult): unknown {
  if (!/^[^\n]+\n$/.test(run.stdout)) {
    throw new Error(`not one line (exit ${run.code}): «${run.stdout}»\n${run.stderr}`);
  }
  return JSON.parse(run.stdout);
}

/** Pauses with these arguments after `pause`. */
export function pause(
  place: Place,
  args: readonly string[] = [],
  options: Partial<RunOptions> = {},
): Promise<Paused> {
  return dataOf<Paused>(place, ['pause', ...args], options);
}

export async function list(place: Place, ...args: readonly string[]): Promise<readonly Listed[]> {
  return (await dataOf<{ sessions: readonly Listed[] }>(place, ['list', ...args])).sessions;
}

export function resume(place: Place, ...args: readonly string[]): Promise<Resumed> {
  return dataOf<Resumed>(place, ['resume', ...args]);
}

export function sessionsDirectory(place: Place): string {
  return path.join(place.path, '.claude-mpm/sessions');
}

/** Names of everything in the sessions directory, sorted; empty when there is none. */
export function sessionFiles(place: Place): readonly string[] {
  const directory = sessionsDirectory(place);
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}

export function inSessions(place: Place, name: string): string {
  return path.join(sessionsDirectory(place), name);
}

/** The three files of a session, in the order of {@link sessionFiles}. */
export function filesOf(id: string): readonly string[] {
  return [`${id}.json`, `${id}.md`, `${id}.yaml`];
}

/** An id as the list shows it to people. */
export function shortId(id: string): string {
  return id.replace(/^session-/, '');
}

export function readText(...parts: readonly string[]): string {
  return readFileSync(path.join(...parts), 'utf8');
}

/** What standard output of a run without `--json` shows, line by line, without blank lines. */
export function shown(run: RunResult): readonly string[] {
  return run.stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
