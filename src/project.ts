import path from 'node:path';
import type { Config, ResolvedConfig } from './config/config.ts';
import { type ConfigIssue, describeIssue } from './config/issue.ts';
import { loadConfig } from './config/load.ts';
import { fail } from './errors.ts';
import { trackedBelow } from './git/ignore.ts';
import { openRepository, type Repository } from './git/repository.ts';
import type { Io } from './io.ts';
import { sessionsDirectoryIn, sessionsPath } from './store/directory.ts';
import type { Sessions } from './store/sessions.ts';
import { vaultIn } from './store/vault.ts';

/** What a command works on; opened once per run. */
export interface Project {
  /** Undefined outside git. */
  readonly repository: Repository | undefined;
  /** Real path of the work tree's top level, or of the current directory outside git. */
  readonly root: string;
  readonly config: Config;
  /** Where each of its values comes from. */
  readonly sources: ResolvedConfig['sources'];
  readonly sessions: Sessions;
  readonly warnings: readonly string[];
}

/**
 * What becomes of a wrong configuration. `warn` for the commands that must not be stopped by one
 * while somebody is in the middle of work: the defaults are used and the user is told.
 */
export type OnWrongConfig = 'warn' | 'refuse';

/**
 * Finds the repository that `io.cwd` is in, its configuration and its sessions.
 *
 * @throws Failure of {@link openRepository}, and `invalid-configuration`
 */
export async function openProject(io: Io, onWrongConfig: OnWrongConfig): Promise<Project> {
  const repository = await openRepository(io.cwd, io.env);
  const root = repository?.layout.topLevel ?? io.cwd;
  const { config, sources, issues } = await loadConfigOf(io, repository);
  if (onWrongConfig === 'refuse') refuseErrors(issues);
  return {
    repository,
    root,
    config,
    sources,
    sessions: sessionsOf(io, { repository, root, config }),
    warnings: issues.map(describeIssue),
  };
}

/** As {@link openProject}, for commands that mean nothing without git. */
export async function openRepositoryProject(
  io: Io,
  onWrongConfig: OnWrongConfig,
): Promise<Project & { readonly repository: Repository }> {
  const project = await openProject(io, onWrongConfig);
  const { repository } = project;
  if (repository === undefined) throw fail('not-a-repository', { directory: io.cwd });
  return { ...project, repository };
}

function loadConfigOf(io: Io, repository: Repository | undefined): Promise<ResolvedConfig> {
  return loadConfig({
    topLevel: repository?.layout.topLevel,
    userDirectory: userConfigDirectory(io),
    packageDirectory: io.packageDirectory,
  });
}

/** Where the user's own configuration files are (XDG Base Directory Specification). */
function userConfigDirectory(io: Io): string {
  const configured = io.env['XDG_CONFIG_HOME'];
  // The specification has relative paths ignored.
  return configured !== undefined && path.isAbsolute(configured)
    ? configured
    : path.join(io.homeDirectory, '.config');
}

function refuseErrors(issues: readonly ConfigIssue[]): void {
  const errors = issues.filter(({ severity }) => severity === 'error').map(describeIssue);
  if (errors.length > 0) throw fail('invalid-configuration', { issues: errors });
}

function sessionsOf(io: Io, place: Pick<Project, 'repository' | 'root' | 'config'>): Sessions {
  const { repository, root, config } = place;
  return {
    directory: sessionsDirectoryIn(root),
    vault: repository === undefined ? undefined : vaultIn(repository.layout.commonDir),
    formats: config.formats,
    isMainWorkTree: repository?.layout.gitDir === repository?.layout.commonDir,
    trackedNames: async () => (repository === undefined ? new Set() : trackedNames(repository)),
    io: { now: io.now, processes: io.processes },
  };
}

/** The names in the sessions directory that git tracks in a work tree, in lower case. */
export async function trackedNames(repository: Repository): Promise<ReadonlySet<string>> {
  const paths = await trackedBelow(repository, sessionsPath);
  return new Set(paths.map((tracked) => tracked.slice(sessionsPath.length + 1).toLowerCase()));
}
