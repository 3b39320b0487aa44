import path from 'node:path';
import { type Failure, fail } from '../errors.ts';
import type { Environment } from '../io.ts';
import { findProgram } from '../programs.ts';
import { shellQuote } from '../session/shell-quote.ts';
import {
  type Discovery,
  discoverLayout,
  explicitVariables,
  type Layout,
  outermostWorkTree,
} from './layout.ts';
import { type GitAnswer, type GitCall, type GitProgram, gitEnvironment, runGit } from './spawn.ts';
import { isOlder, oldestGit } from './version.ts';

/** A work tree and the git that is asked about it. */
export interface Repository {
  readonly program: GitProgram;
  readonly layout: Layout;
}

/**
 * The repository whose work tree `directory` is in, or undefined when it is in none.
 *
 * @param directory absolute physical path
 * @throws Failure `git-missing`, `git-too-old`, `bare-repository`, `unsafe-repository`
 */
export async function openRepository(
  directory: string,
  env: Environment,
): Promise<Repository | undefined> {
  const callers = callersRepository(env);
  if (callers === undefined) return openWith(directory, env);
  // What a hook's own place says comes first; there is none when it runs inside the git directory.
  const { GIT_DIR: _dir, GIT_COMMON_DIR: _common, ...own } = env;
  return (await openWith(directory, own)) ?? openWith(directory, env);
}

/**
 * The `GIT_DIR` that git exports to hooks and aliases of linked work trees and submodules. It names
 * the repository of git's caller, which is not the one meant after a `cd` or with `-C`. A user's own
 * comes without `GIT_PREFIX`.
 */
function callersRepository(env: Environment): string | undefined {
  const isCaller = env['GIT_PREFIX'] !== undefined && env['GIT_WORK_TREE'] === undefined;
  return isCaller ? env['GIT_DIR'] : undefined;
}

async function openWith(directory: string, env: Environment): Promise<Repository | undefined> {
  const discovery = discoverLayout(directory, env);
  if (discovery.kind === 'none') return undefined;
  rejectHopeless(discovery);
  const workTree =
    discovery.kind === 'found' ? discovery.layout.topLevel : outermostWorkTree(directory);
  const git = findProgram('git', env, workTree);
  if (git === undefined) throw fail('git-missing');
  const program = { path: git, env: gitEnvironment(env) };
  if (discovery.kind === 'found') return { program, layout: discovery.layout };
  return askForLayout({ path: git, env: { ...program.env, ...explicitLocation(env) } }, directory);
}

function explicitLocation(env: Environment): Environment {
  const given = explicitVariables.filter((name) => env[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, env[name]]));
}

const layoutQuestions = ['--show-toplevel', '--absolute-git-dir', '--git-common-dir'] as const;

async function askForLayout(
  program: GitProgram,
  directory: string,
): Promise<Repository | undefined> {
  const answer = await askPaths(program, directory, layoutQuestions);
  if (answer.exit !== 0) {
    await rejectUnusable(program, { directory, stderr: answer.stderr });
    // Where git finds no work tree, it may be because this is inside a git directory.
    rejectHopeless(discoverLayout(directory, {}));
    await rejectBare(program, directory);
    if (!isExplicit(program.env)) return undefined;
    throw gitFailed(['rev-parse'], answer);
  }
  const paths = linesOf(answer.stdout);
  // A path may hold a line end itself; then each is asked for alone.
  const [topLevel = '', gitDir = '', commonDir = ''] =
    paths.length === layoutQuestions.length
      ? paths
      : await Promise.all(layoutQuestions.map((question) => askPath(program, directory, question)));
  const location = isExplicit(program.env) ? { GIT_DIR: gitDir, GIT_WORK_TREE: topLevel } : {};
  return {
    program: { path: program.path, env: { ...program.env, ...location } },
    layout: { topLevel, gitDir, commonDir },
  };
}

/** Whether the user said where the repository is; it is never looked for elsewhere then. */
function isExplicit(env: Environment): boolean {
  return explicitVariables.some((name) => env[name] !== undefined);
}

async function rejectBare(program: GitProgram, directory: string): Promise<void> {
  const answer = await askPaths(program, directory, ['--is-bare-repository']);
  if (answer.stdout.toString('utf8').trim() === 'true') {
    throw fail('bare-repository', { directory: program.env['GIT_DIR'] ?? directory });
  }
}

function askPaths(
  program: GitProgram,
  directory: string,
  questions: readonly string[],
): Promise<GitAnswer> {
  const args = ['rev-parse', '--path-format=absolute', ...questions];
  return runGit(program, { directory, args });
}

async function askPath(program: GitProgram, directory: string, question: string): Promise<string> {
  const answer = await askPaths(program, directory, [question]);
  return answer.stdout.toString('utf8').replace(/\n$/, '');
}

function linesOf(output: Buffer): readonly string[] {
  return output.toString('utf8').replace(/\n$/, '').split('\n');
}

/** Places that no repository can be opened from. */
function rejectHopeless(discovery: Discovery): void {
  const { kind } = discovery;
  if (kind === 'bare') throw fail('bare-repository', { directory: discovery.directory });
  if (kind === 'unreadable') {
    throw fail('cannot-read', { path: discovery.path, reason: discovery.code });
  }
  if (kind === 'git-directory') {
    throw fail('inside-git-directory', { directory: discovery.directory });
  }
}

/** Asks git, at the top level of the work tree; `answers` are exit codes besides 0 that say something. */
export async function ask(
  repository: Repository,
  args: readonly string[],
  options: Pick<GitCall, 'input' | 'hooks'> & { readonly answers?: readonly number[] } = {},
): Promise<GitAnswer> {
  const { program, layout } = repository;
  const { answers, ...how } = options;
  const answer = await runGit(program, { directory: layout.topLevel, args, ...how });
  if (answer.exit === 0 || (answer.exit !== null && answers?.includes(answer.exit))) {
    return answer;
  }
  await rejectUnusable(program, { directory: layout.topLevel, stderr: answer.stderr });
  throw gitFailed(args, answer);
}

function gitFailed(args: readonly string[], answer: GitAnswer): Failure {
  const command = args.slice(0, 2).join(' ');
  return fail('git-failed', { command, exit: answer.exit, stderr: answer.stderr });
}

/** Explains the failures that are about the machine rather than about the question asked. */
async function rejectUnusable(
  program: GitProgram,
  context: { readonly directory: string; readonly stderr: string },
): Promise<void> {
  // The exit code is 128 for everything; the message is English, since git runs with LC_ALL=C.
  if (context.stderr.includes('dubious ownership')) {
    throw fail('unsafe-repository', {
      directory: context.directory,
      argument: shellQuote(context.directory),
      reason: 'it belongs to somebody else',
    });
  }
  const found = await gitVersion(program);
  if (found !== undefined && isOlder(found, oldestGit)) {
    throw fail('git-too-old', { found: found.join('.'), needed: oldestGit.join('.') });
  }
}

/** `git version 2.39.5 (…)` as numbers, or undefined when this git does not say. */
async function gitVersion(program: GitProgram): Promise<readonly number[] | undefined> {
  const answer = await runGit(program, {
    directory: path.parse(program.path).root,
    args: ['version'],
  });
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(answer.stdout.toString('utf8'));
  return found
    ?.slice(1)
    .filter((part) => part !== undefined)
    .map(Number);
}
