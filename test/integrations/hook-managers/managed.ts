/** A repository whose hooks a real hook manager runs: its own («theirs») and ours. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { Failure } from '../../../src/errors.ts';
import { openRepository } from '../../../src/git/repository.ts';
import type {
  Edit,
  EditPlan,
  HookManager,
  HookSurroundings,
} from '../../../src/integrations/integration.ts';
import { readState, readSurroundings } from '../../../src/integrations/surroundings.ts';
import {
  createRepository,
  type RepositoryOptions,
  type TestRepository,
} from '../../helpers/repository.ts';
import { type RunResult, runCommand } from '../../helpers/run.ts';
import { npmManagers } from './npm-managers.ts';

/**
 * `main` and `other`, a bare remote `origin` that has `main`, the managers in `node_modules`, and a
 * vault with scripts that say that they have run.
 */
export function managedRepository(options: RepositoryOptions = {}): TestRepository {
  const repository = createRepository(options);
  repository.commit('first', {
    '.gitignore': 'node_modules\n',
    'file.txt': 'one\n',
    'theirs.sh': theirScript,
  });
  repository.git('branch', 'other');
  const remote = createRepository({ layout: 'bare', home: repository.home });
  repository.git('remote', 'add', 'origin', remote.path);
  repository.git('push', '--quiet', 'origin', 'main');
  if (npmManagers.installed) {
    symlinkSync(npmManagers.nodeModules, path.join(repository.path, 'node_modules'));
  }
  prepareVault(repository);
  return repository;
}

function prepareVault(repository: TestRepository): void {
  const vault = vaultOf(repository);
  mkdirSync(path.join(vault, 'offers'), { recursive: true, mode: 0o700 });
  const say = (words: string, vaultWord: string) => `echo "${words}" >>"${vaultWord}/../said"\n`;
  writeFileSync(path.join(vault, 'post-checkout'), say('ours post-checkout $3', '$mpm_vault'));
  writeFileSync(
    path.join(vault, 'guard'),
    'vault=$(dirname "$0")\npushed=\n[ "$1" != pre-push ] || read -r pushed rest\n' +
      say('$(echo ours $1 $2 $pushed)', '$vault') +
      'if [ -f "$vault/refuse" ]; then echo "ours refuses" >&2; exit 1; fi\n',
  );
}

/** The scripts as they are, in place of those that say that they have run. */
export function withRealScripts(repository: TestRepository): void {
  const header = "mpm_version='1'\nmpm_node='/no/node'\nmpm_program=''\nmpm_since=0\n\n";
  for (const name of ['post-checkout', 'guard']) {
    const script = new URL(`../../../src/hooks/${name}.sh`, import.meta.url);
    writeFileSync(path.join(vaultOf(repository), name), header + readFileSync(script, 'utf8'));
  }
}

/** What hooks then find out about a branch: something was paused there. */
export function offerOn(repository: TestRepository, branch: string, text: string): void {
  const key = '0123456789abcdef0123';
  repository.git('config', `branch.${branch}.mpm-session`, key);
  const line = '1 20260101000000 session-20260101-000000 hint mode-hint';
  writeFileSync(path.join(vaultOf(repository), 'offers', key), `${line}\n${text}\n`);
}

function vaultOf(repository: TestRepository): string {
  const common = repository.git('rev-parse', '--path-format=absolute', '--git-common-dir').trim();
  return path.join(common, 'mpm-session');
}

/** The user's command for a hook: it says that it has run, and fails when `THEIRS` says so. */
export function theirs(event: string): string {
  return `sh theirs.sh ${event}`;
}

const theirScript = `pushed=
[ "$1" != pre-push ] || read -r pushed rest || :
echo "theirs $1\${pushed:+ $pushed}" >>"$(git rev-parse --git-common-dir)/said"
exit "\${THEIRS-0}"
`;

/** What has been said since the last call, in order. */
export function said(repository: TestRepository): readonly string[] {
  const file = path.join(vaultOf(repository), '../said');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  rmSync(file);
  return lines;
}

/** Has our guard refuse, or pass again. */
export function refuse(repository: TestRepository, isRefusing: boolean): void {
  const marker = path.join(vaultOf(repository), 'refuse');
  if (isRefusing) writeFileSync(marker, '');
  else rmSync(marker, { force: true });
}

/** git, whatever comes of it. */
export function tryGit(
  repository: TestRepository,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  const { path: cwd } = repository;
  return runCommand({ program: 'git', args, cwd, env: { ...repository.env, ...env } });
}

/** A program in the repository, which must not fail; one of the managers' by its path. */
export function runIn(repository: TestRepository, program: string, ...args: string[]): string {
  const isScript = /\.js$/.test(program);
  const run = spawnSync(
    isScript ? process.execPath : program,
    isScript ? [path.join(repository.path, 'node_modules', program), ...args] : args,
    { cwd: repository.path, env: repository.env, encoding: 'utf8' },
  );
  const { status, stdout, stderr } = run;
  if (status !== 0) throw new Error(`${program} failed (${status}): ${stdout}${stderr}`);
  return stdout + stderr;
}

export async function surroundingsOf(repository: TestRepository): Promise<HookSurroundings> {
  const opened = await openRepository(repository.path, repository.env);
  if (opened === undefined) throw new Error(`${repository.path} is no repository`);
  return readSurroundings(opened);
}

/** Installs our hooks by a manager, which has to be the one found here. */
export async function install(repository: TestRepository, manager: HookManager): Promise<EditPlan> {
  const surroundings = await surroundingsOf(repository);
  expect(manager.detect(surroundings)).toBe(true);
  const installation = manager.install(surroundings);
  apply(installation.edits);
  return installation;
}

/** Why a manager refuses to install ours. */
export async function failureOf(
  repository: TestRepository,
  manager: HookManager,
): Promise<Failure> {
  const surroundings = await surroundingsOf(repository);
  try {
    manager.install(surroundings);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it was installed');
}

/** What a refusal says is to be added. */
export function byHandIn({ hint }: Failure): string {
  return hint.slice(hint.indexOf('by hand: ') + 'by hand: '.length);
}

export async function remove(repository: TestRepository, manager: HookManager): Promise<void> {
  apply(manager.remove(await surroundingsOf(repository)));
}

/** Each file once, each as it was said to be. */
export function apply(edits: readonly Edit[]): void {
  const targets = edits.map(({ target }) => target);
  expect(new Set(targets).size).toBe(targets.length);
  for (const edit of edits) {
    if (edit.kind !== 'file') throw new Error(`${edit.target} is configuration`);
    const { target, before, after } = edit;
    expect(readState(target)).toEqual(before);
    rmSync(target, { force: true });
    if (after === undefined) continue;
    mkdirSync(path.dirname(target), { recursive: true });
    if (after.kind === 'link') symlinkSync(after.target, target);
    else {
      writeFileSync(target, after.content);
      chmodSync(target, after.mode);
    }
  }
}

/** Every file that a manager or we could have to do with, with its permissions and content. */
export function filesOf(repository: TestRepository): Readonly<Record<string, string>> {
  const common = path.dirname(vaultOf(repository));
  return {
    ...contentsOf(repository.path, ['.git', 'node_modules']),
    ...contentsOf(path.join(common, 'hooks'), []),
    ...contentsOf(path.join(common, 'info'), []),
    config: readFileSync(path.join(common, 'config'), 'latin1'),
  };
}

function contentsOf(directory: string, without: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  if (!existsSync(directory)) return found;
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const file = path.join(directory, name);
    if (without.includes(name.split(path.sep)[0] ?? '')) continue;
    const stat = lstatSync(file);
    if (stat.isSymbolicLink()) found[file] = `link ${readlinkSync(file)}`;
    if (stat.isFile()) found[file] = `${stat.mode.toString(8)} ${readFileSync(file, 'latin1')}`;
  }
  return found;
}
