/** Real git repositories for one test, with a HOME of their own. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Env, hermeticEnv, temporaryDirectory, temporaryHome } from './temporary.ts';

/**
 * What the repository is that the test works in. `linked-worktree` is on branch `linked` beside a
 * main work tree on `main`; `submodule` is on `main`, with an upstream. Both have a first commit;
 * the others have none.
 */
export const layouts = ['plain', 'bare', 'linked-worktree', 'submodule'] as const;
export type RepositoryLayout = (typeof layouts)[number];

export interface RepositoryOptions {
  /** `plain` unless told otherwise. */
  readonly layout?: RepositoryLayout;
  readonly objectFormat?: 'sha1' | 'sha256';
  /** `reftable` needs git 2.45. */
  readonly refFormat?: 'files' | 'reftable';
  /** The HOME of another test repository, to share its configuration. */
  readonly home?: string;
}

export interface TestRepository {
  /** Top level of the work tree (physical path, with a blank in it), or the bare repository. */
  readonly path: string;
  /** Top level of the main work tree or of the superproject; of other layouts, `path`. */
  readonly outer: string;
  readonly home: string;
  readonly env: Env;
  /** Runs git at `path`; its output as it is. Throws, with git's message, when git fails. */
  git(...args: string[]): string;
  gitBytes(...args: string[]): Buffer;
  /** Writes a file below `path`, and the directories it needs; a name of bytes as a Buffer. */
  write(name: string | Buffer, content: string | Uint8Array, mode?: number): void;
  /**
   * Writes and stages `files`, commits what is staged (if need be nothing) and returns the full
   * object id. Other changes in the work tree stay what they are.
   */
  commit(message: string, files?: Readonly<Record<string, string | Uint8Array>>): string;
}

export function createRepository(options: RepositoryOptions = {}): TestRepository {
  const place = { home: options.home ?? temporaryHome(), directory: temporaryDirectory() };
  switch (options.layout) {
    case 'linked-worktree':
      return createLinkedWorktree(place, options);
    case 'submodule':
      return createSubmodule(place, options);
    case 'bare':
      return initialize(place, 'a repository.git', options);
    default:
      return initialize(place, 'a repository', options);
  }
}

/** A repository or work tree that is there already: a clone, a second worktree, a submodule. */
export function repositoryAt(directory: string, home: string, outer = directory): TestRepository {
  const env = hermeticEnv(home);
  const gitBytes = (...args: string[]) => runGit(args, { cwd: directory, env });
  const git = (...args: string[]) => gitBytes(...args).toString('utf8');
  const write: TestRepository['write'] = (name, content, mode) => {
    const file = Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(name)]);
    mkdirSync(file.subarray(0, file.lastIndexOf('/')), { recursive: true });
    writeFileSync(file, content);
    if (mode !== undefined) chmodSync(file, mode);
  };
  return {
    path: directory,
    outer,
    home,
    env,
    git,
    gitBytes,
    write,
    commit(message, files = {}) {
      for (const [name, content] of Object.entries(files)) write(name, content);
      const names = Object.keys(files);
      if (names.length > 0) git('--literal-pathspecs', 'add', '--', ...names);
      git('commit', '--quiet', '--allow-empty', '-m', message);
      return git('rev-parse', 'HEAD').trim();
    },
  };
}

interface Place {
  readonly home: string;
  readonly directory: string;
}

function initialize(place: Place, name: string, options: RepositoryOptions): TestRepository {
  const { layout, objectFormat, refFormat } = options;
  const directory = path.join(place.directory, name);
  runGit(
    [
      'init',
      '--quiet',
      ...(layout === 'bare' ? ['--bare'] : []),
      ...(objectFormat === undefined ? [] : [`--object-format=${objectFormat}`]),
      ...(refFormat === undefined ? [] : [`--ref-format=${refFormat}`]),
      directory,
    ],
    { cwd: place.directory, env: hermeticEnv(place.home) },
  );
  return repositoryAt(directory, place.home);
}

function createLinkedWorktree(place: Place, options: RepositoryOptions): TestRepository {
  const main = initialize(place, 'main work tree', options);
  main.commit('start');
  const linked = path.join(place.directory, 'linked work tree');
  main.git('worktree', 'add', '--quiet', '-b', 'linked', linked);
  return repositoryAt(linked, place.home, main.path);
}

function createSubmodule(place: Place, options: RepositoryOptions): TestRepository {
  const source = initialize(place, 'source', options);
  source.commit('start');
  const outer = initialize(place, 'superproject', options);
  outer.git('submodule', '--quiet', 'add', source.path, 'a module');
  outer.commit('start');
  return repositoryAt(path.join(outer.path, 'a module'), place.home, outer.path);
}

function runGit(args: readonly string[], options: { cwd: string; env: Env }): Buffer {
  const run = spawnSync('git', args, {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 512 * 1024 * 1024,
  });
  if (run.error !== undefined) throw run.error;
  if (run.status !== 0) {
    throw new Error(`git ${args.join(' ')} failed (${run.status ?? run.signal}): ${run.stderr}`);
  }
  return run.stdout;
}
