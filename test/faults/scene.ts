/**
 * A repository in which a command is disturbed again and again, each time from the same state, and
 * what must hold whatever happened to it.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  utimesSync,
} from 'node:fs';
import path from 'node:path';
import type { SessionRecord } from '../../src/session/record.ts';
import { createRepository, type TestRepository } from '../helpers/repository.ts';
import { binCommand, type RunResult, runCommand, runProgram } from '../helpers/run.ts';
import type { TracedCommand } from '../helpers/strace.ts';

export interface Scene {
  readonly repository: TestRepository;
  /** What was paused and acknowledged before. */
  readonly sessions: readonly SessionRecord[];
  /** Brings everything back to how it was; the program with these arguments, in the repository. */
  fresh(...args: string[]): TracedCommand;
}

/** One of each kind of change in the work tree, and `paused` sessions. */
export async function createScene(paused: number): Promise<Scene> {
  const repository = createRepository();
  repository.commit('start', {
    'tracked file': 'old',
    'staged file': 'old',
    '.gitignore': '*.log',
  });
  repository.write('staged file', 'staged');
  repository.git('add', 'staged file');
  repository.write('tracked file', 'changed');
  repository.write('untracked file', 'new');
  repository.write('ignored.log', 'log');
  const sessions: SessionRecord[] = [];
  for (let index = 0; index < paused; index += 1) {
    sessions.push((await pauseAt(repository, `before ${index}`)).session);
  }
  const original = `${repository.path} as it was`;
  execFileSync('cp', ['-a', repository.path, original]);
  return {
    repository,
    sessions,
    fresh(...args) {
      rmSync(repository.path, { recursive: true, force: true });
      execFileSync('cp', ['-a', original, repository.path]);
      const command = binCommand('mpm-session', args, {
        cwd: repository.path,
        env: repository.env,
      });
      return { ...command, root: repository.path };
    },
  };
}

export interface Paused {
  readonly session: SessionRecord;
  readonly warnings: readonly string[];
}

export async function pauseAt(repository: TestRepository, message: string): Promise<Paused> {
  const { path: cwd, env } = repository;
  return dataOf(await runProgram(['pause', '--json', message], { cwd, env })) as Paused;
}

export interface Row {
  readonly id: string;
  readonly message: string | null;
  readonly where: string;
  readonly problem: string | null;
}

export async function listAt(repository: TestRepository): Promise<readonly Row[]> {
  const { path: cwd, env } = repository;
  const data = dataOf(await runProgram(['list', '--json'], { cwd, env }));
  return (data as { sessions: readonly Row[] }).sessions;
}

/** @throws {Error} with the output when the command did not end well */
export function dataOf(run: RunResult): unknown {
  if (run.code === 0) return (JSON.parse(run.stdout) as { data: unknown }).data;
  throw new Error(`exit ${run.code ?? run.signal}: ${run.stdout}${run.stderr}`);
}

export function vaultOf({ path: root }: TestRepository): string {
  return path.join(root, '.git/mpm-session');
}

export function directoryOf({ path: root }: TestRepository): string {
  return path.join(root, '.claude-mpm/sessions');
}

/** Where a session's record and its three files are. */
export function placesOf(repository: TestRepository, id: string): readonly string[] {
  const record = path.join(vaultOf(repository), 'sessions', `${id}.json`);
  const files = ['json', 'yaml', 'md'].map((ending) =>
    path.join(directoryOf(repository), `${id}.${ending}`),
  );
  return [record, ...files];
}

/** The contents of a session's record and its three files. */
export function contentsOf(repository: TestRepository, id: string): readonly string[] {
  return placesOf(repository, id).map((file) =>
    existsSync(file) ? readFileSync(file, 'utf8') : 'absent',
  );
}

/** What the program may write; everything else must stay as it is, to the byte. */
const ours = ['.claude-mpm', '.git/mpm-session', '.git/info/exclude', '.git/config'];

/** Every other file of the repository, with its kind, mode and content. */
export function fingerprintOf({ path: root }: TestRepository): readonly string[] {
  const visit = (name: string): string[] => {
    if (ours.includes(name) || name === '.git/config.lock') return [];
    const place = path.join(root, name);
    const stat = lstatSync(place);
    const line = `${name} ${stat.mode.toString(8)} ${stat.isDirectory() ? '' : hashOf(place)}`;
    if (!stat.isDirectory()) return [line];
    return [
      line,
      ...readdirSync(place)
        .sort()
        .flatMap((child) => visit(path.join(name, child))),
    ];
  };
  return visit('.');
}

function hashOf(file: string): string {
  const isLink = lstatSync(file).isSymbolicLink();
  const content = isLink ? readlinkSync(file) : readFileSync(file);
  return createHash('sha256').update(content).digest('hex');
}

/** The repository's configuration but for identities. */
export function configOf(repository: TestRepository): readonly string[] {
  const all = repository.git('config', '--local', '--list', '-z').split('\0');
  return all.filter((entry) => !/^branch\..*\.mpm-session\n/.test(entry));
}

/** Names of temporary files and locks in the program's directories. */
export function leftoversOf(repository: TestRepository): readonly string[] {
  const directories = [
    vaultOf(repository),
    `${vaultOf(repository)}/sessions`,
    directoryOf(repository),
  ];
  return directories
    .filter((directory) => existsSync(directory))
    .flatMap((directory) =>
      readdirSync(directory)
        .filter((name) => /^\.tmp|^lock/.test(name))
        .map((name) => path.join(directory, name)),
    );
}

/** As if two minutes had gone by. */
export function makeOld(files: readonly string[]): void {
  const time = new Date(Date.now() - 120_000);
  for (const file of files) utimesSync(file, time, time);
}

/** Runs git as its user would, who knows nothing of us. */
export function gitAt(repository: TestRepository, ...args: string[]): Promise<RunResult> {
  const { path: cwd, env } = repository;
  return runCommand({ program: 'git', args, cwd, env });
}
