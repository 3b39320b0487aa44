/** A repository whose hooks are our guards, put there by hand. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hookBlock } from '../../src/hooks/blocks.ts';
import {
  createRepository,
  type RepositoryOptions,
  type TestRepository,
} from '../helpers/repository.ts';
import { type RunResult, runCommand } from '../helpers/run.ts';

export const sessionsPath = '.claude-mpm/sessions';

const script = readFileSync(new URL('../../src/hooks/guard.sh', import.meta.url), 'utf8');

export interface GuardOptions extends RepositoryOptions {
  /** When `init` was run, in seconds. */
  readonly since?: number;
  /** What runs the hook and the guard in it; `/bin/sh` when left out. */
  readonly shell?: string;
}

/** A repository with one commit, and guards. */
export function guardedRepository(options: GuardOptions = {}): TestRepository {
  const repository = createRepository(options);
  repository.commit('first', { 'first.txt': 'one\n' });
  installGuard(repository, options);
  return repository;
}

export function installGuard(repository: TestRepository, options: GuardOptions = {}): void {
  const { since = 0, shell = '/bin/sh' } = options;
  const vault = vaultOf(repository);
  mkdirSync(vault, { recursive: true });
  writeFileSync(path.join(vault, 'guard'), `mpm_since=${since}\n${script}`);
  const hooks = repository.git('rev-parse', '--path-format=absolute', '--git-path', 'hooks').trim();
  mkdirSync(hooks, { recursive: true });
  for (const event of ['pre-commit', 'pre-merge-commit', 'pre-push'] as const) {
    const block = hookBlock(event).replaceAll('/bin/sh ', `${shell} `);
    writeFileSync(path.join(hooks, event), `#!${shell}\n${block}`, { mode: 0o755 });
  }
}

export function vaultOf(repository: TestRepository): string {
  const common = repository.git('rev-parse', '--path-format=absolute', '--git-common-dir').trim();
  return path.join(common, 'mpm-session');
}

/** git in the repository, whatever comes of it. */
export function tryGit(
  repository: TestRepository,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  const { path: cwd } = repository;
  return runCommand({ program: 'git', args, cwd, env: { ...repository.env, ...env } });
}

/** Everything that the guards noted, a line each, its fields in a list. */
export function logOf(repository: TestRepository): readonly (readonly string[])[] {
  const file = path.join(vaultOf(repository), 'log');
  try {
    return readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'))
      .filter(([, event]) => event !== 'post-checkout');
  } catch {
    return [];
  }
}

/** The paths that a commit has below the sessions directory. */
export function committed(repository: TestRepository, revision = 'HEAD'): readonly string[] {
  const names = repository.git('ls-tree', '-r', '-z', '--name-only', revision);
  return names.split('\0').filter((name) => name.toLowerCase().startsWith(sessionsPath));
}
