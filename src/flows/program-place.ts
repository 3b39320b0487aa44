import path from 'node:path';
import { fail } from '../errors.ts';
import { realDirectory } from '../git/layout.ts';
import type { HookSurroundings } from '../integrations/integration.ts';
import {
  detectPackageManager,
  isRunOnce,
  type PlannedRun,
  type ProgramCall,
} from '../integrations/package-managers.ts';
import { readHeader, type VaultHeader } from '../integrations/vault-scripts.ts';
import type { Environment, Io } from '../io.ts';
import { findProgram, type ProgramAnswer, runProgram } from '../programs.ts';
import { shellQuote } from '../session/shell-quote.ts';
import { whatIsAt } from '../store/read-files.ts';
import { hookFiles, type Vault } from '../store/vault.ts';

/** How a program that was run from a cache comes to be there when hooks look for it. */
export const installWays = ['dev', 'global', 'npx'] as const;
export type InstallWay = (typeof installWays)[number];

/** Where hooks and aliases will find this program, and what has to be run before it is there. */
export interface ProgramPlan {
  /** Absolute; undefined when it stays nowhere, so that hooks can only hint. */
  readonly packageDirectory: string | undefined;
  readonly runs: readonly PlannedRun[];
}

interface Scene {
  readonly io: Io;
  readonly vault: Vault;
  readonly surroundings: HookSurroundings;
}

/** Whether nothing says yet how a program that is run from a cache is to stay. */
export function needsInstallWay({ io, vault, surroundings }: Scene): boolean {
  return isRunOnce(io.packageDirectory) && installedHeader(vault, surroundings.read) === undefined;
}

/**
 * @param way undefined for what is there: the program that runs, or, when that is in a cache, the one
 *   that was set up before
 * @throws Failure `installation-failed`, `wrong-usage`
 */
export async function planProgram(scene: Scene, way: InstallWay | undefined): Promise<ProgramPlan> {
  const { packageDirectory } = scene.io;
  if (way === undefined && !isRunOnce(packageDirectory)) {
    return { packageDirectory: lastingPath(packageDirectory), runs: [] };
  }
  switch (way) {
    case 'dev':
      return planDevelopment(scene);
    case 'global':
      return planGlobal(scene);
    case 'npx':
      return { packageDirectory: undefined, runs: [] };
    case undefined:
      return { packageDirectory: setUpBefore(scene), runs: [] };
  }
}

export function programIn(packageDirectory: string): string {
  return path.join(packageDirectory, 'dist', 'bin', 'mpm-session.js');
}

/**
 * pnpm keeps each version in a directory of its own, and links to it from where it stays with the
 * next one: `node_modules/.pnpm/mpm-session@0.1.0/node_modules/mpm-session`.
 */
function lastingPath(packageDirectory: string): string {
  const own = path.resolve(packageDirectory);
  const [before, inside] = own.split(`${path.sep}.pnpm${path.sep}`);
  if (before === undefined || inside === undefined) return own;
  const link = path.join(before, path.basename(own));
  return realDirectory(link) === realDirectory(own) ? link : own;
}

function setUpBefore({ vault, surroundings }: Omit<Scene, 'io'>): string | undefined {
  const program = installedHeader(vault, surroundings.read)?.program ?? '';
  if (program === '' || whatIsAt(program) !== 'file') return undefined;
  return path.resolve(program, '..', '..', '..');
}

/** What the scripts in a vault were given; undefined when there are none. */
export function installedHeader(
  vault: Vault,
  read: HookSurroundings['read'],
): VaultHeader | undefined {
  const script = read(path.join(vault.directory, hookFiles.guard));
  return script?.kind === 'file' ? readHeader(script.content.toString('utf8')) : undefined;
}

function planDevelopment({ io, surroundings }: Scene): ProgramPlan {
  const { topLevel, read } = surroundings;
  const manager = detectPackageManager(topLevel, read);
  if (manager === undefined) {
    throw fail('no-manifest', { directory: topLevel });
  }
  const packageDirectory = path.join(topLevel, 'node_modules', 'mpm-session');
  if (versionAt(packageDirectory, read) === io.version) return { packageDirectory, runs: [] };
  const changes = surroundings.isTracked(path.join(topLevel, 'package.json'))
    ? 'package.json, tracked by git'
    : 'package.json';
  const about = 'adds a devDependency';
  return {
    packageDirectory,
    runs: [{ call: manager.addDevelopment(io.version), changes, about }],
  };
}

async function planGlobal({ io, surroundings }: Scene): Promise<ProgramPlan> {
  const root = await run(io.env, surroundings.topLevel, {
    program: 'npm',
    args: ['root', '--global'],
  });
  const packageDirectory = path.join(root.stdout.trim(), 'mpm-session');
  if (versionAt(packageDirectory, surroundings.read) === io.version) {
    return { packageDirectory, runs: [] };
  }
  const args = ['install', '--global', `mpm-session@${io.version}`];
  const about = 'installs the program for all your repositories';
  return {
    packageDirectory,
    runs: [{ call: { program: 'npm', args }, changes: undefined, about }],
  };
}

function versionAt(packageDirectory: string, read: HookSurroundings['read']): unknown {
  const physical = realDirectory(packageDirectory);
  const manifest = physical === undefined ? undefined : read(path.join(physical, 'package.json'));
  if (manifest?.kind !== 'file') return undefined;
  return /"version"\s*:\s*"([^"]*)"/.exec(manifest.content.toString('utf8'))?.[1];
}

/**
 * Runs what a plan has to have run, and makes sure that the program is there afterwards.
 *
 * @returns what was printed
 * @throws Failure `installation-failed`
 */
export async function install(
  { io, surroundings }: Pick<Scene, 'io' | 'surroundings'>,
  { packageDirectory, runs }: ProgramPlan,
): Promise<string> {
  const printed: string[] = [];
  for (const { call } of runs) {
    const { stdout, stderr } = await run(io.env, surroundings.topLevel, call);
    printed.push(stderr, stdout);
  }
  const program = packageDirectory === undefined ? undefined : programIn(packageDirectory);
  if (program !== undefined && whatIsAt(program) !== 'file') {
    const [last] = runs;
    throw fail('installation-failed', {
      command: last === undefined ? 'npm' : lineOf(last.call),
      reason: `has run, but ${program} is not there (a Plug'n'Play installation has no such file)`,
    });
  }
  return printed.join('');
}

export function lineOf({ program, args }: ProgramCall): string {
  return [program, ...args].map(shellQuote).join(' ');
}

async function run(env: Environment, topLevel: string, call: ProgramCall): Promise<ProgramAnswer> {
  const command = lineOf(call);
  const found = findProgram(call.program, env, topLevel);
  if (found === undefined) {
    throw fail('installation-failed', {
      command,
      reason: `cannot be run: no ${call.program} on PATH`,
    });
  }
  const answer = await runProgram({ path: found, args: call.args, directory: topLevel, env });
  if (answer.exit === 0) return answer;
  const said = whatWentWrong(`${answer.stderr}${answer.stdout}`);
  const reason = `failed (exit ${answer.exit ?? 'by a signal'}): ${said || 'no message'}`;
  throw fail('installation-failed', { command, reason });
}

/** Package managers say first what is wrong, and then much besides; others say it last. */
function whatWentWrong(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => /\berr(?:or)?\b/i.test(line));
  const said = errors.length > 0 ? errors.slice(0, mostLines) : lines.slice(-mostLines);
  return said.map((line) => line.replace(/^npm (?:error|ERR!) /, '').trim()).join('; ');
}

const mostLines = 3;
