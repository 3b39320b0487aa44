import path from 'node:path';
import { whatIsAt } from '../store/read-files.ts';
import type { FileState } from './integration.ts';

const names = ['npm', 'pnpm', 'yarn', 'bun'] as const;
export type PackageManagerName = (typeof names)[number];

/** A program with its arguments, found on `PATH` by who runs it. */
export interface ProgramCall {
  readonly program: string;
  readonly args: readonly string[];
}

/** A program that is to be run before anything else is done. */
export interface PlannedRun {
  readonly call: ProgramCall;
  /** The file of the project that it changes, for people. */
  readonly changes: string | undefined;
  readonly about: string;
}

/** What installs packages in a project. */
export interface PackageManager {
  readonly name: PackageManagerName;
  /** Adds an exact version of this package to the devDependencies. */
  readonly addDevelopment: (version: string) => ProgramCall;
  /** The command that takes this package out, where package.json names it. */
  readonly removal: string | undefined;
}

type Read = (file: string) => FileState;

/**
 * The package manager of the project at the top level: the one that package.json names
 * (`packageManager`, as in `pnpm@9.1.0`), else the one whose lock file is there, else npm. Undefined
 * where there is no package.json to add anything to.
 */
export function detectPackageManager(topLevel: string, read: Read): PackageManager | undefined {
  const manifest = read(path.join(topLevel, 'package.json'));
  if (manifest?.kind !== 'file') return undefined;
  const name = named(manifest.content) ?? lockedBy(topLevel) ?? 'npm';
  const isNamed = dependsOnUs(manifest.content);
  return {
    name,
    addDevelopment: (version) => addition(name, version, { topLevel, read }),
    removal: isNamed ? `${name} ${name === 'npm' ? 'uninstall' : 'remove'} mpm-session` : undefined,
  };
}

/** One that is no JSON depends on nothing, as far as anybody can tell. */
function dependsOnUs(manifest: Buffer): boolean {
  const lists = ['dependencies', 'devDependencies', 'optionalDependencies'];
  try {
    const found: unknown = JSON.parse(manifest.toString('utf8'));
    const parts = Object.entries(Object(found)).filter(([name]) => lists.includes(name));
    return parts.some(([, list]) => Object.hasOwn(Object(list), 'mpm-session'));
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function named(manifest: Buffer): PackageManagerName | undefined {
  const found = /"packageManager"\s*:\s*"(\w+)@/.exec(manifest.toString('utf8'))?.[1];
  return names.find((name) => name === found);
}

const locks: readonly (readonly [string, PackageManagerName])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
];

function lockedBy(topLevel: string): PackageManagerName | undefined {
  return locks.find(([file]) => whatIsAt(path.join(topLevel, file)) === 'file')?.[1];
}

interface ProjectRoot {
  readonly topLevel: string;
  readonly read: Read;
}

function addition(name: PackageManagerName, version: string, root: ProjectRoot): ProgramCall {
  const wanted = `mpm-session@${version}`;
  switch (name) {
    case 'npm':
      return { program: 'npm', args: ['install', '--save-dev', wanted] };
    case 'pnpm':
      return { program: 'pnpm', args: ['add', '--save-dev', ...pnpmRoot(root), wanted] };
    case 'yarn':
      return { program: 'yarn', args: ['add', '--dev', ...yarnRoot(root), wanted] };
    case 'bun':
      return { program: 'bun', args: ['add', '--dev', wanted] };
  }
}

/** pnpm refuses to add to a workspace's root unless told that this is meant. */
function pnpmRoot({ topLevel }: ProjectRoot): readonly string[] {
  return whatIsAt(path.join(topLevel, 'pnpm-workspace.yaml')) === 'nothing'
    ? []
    : ['--workspace-root'];
}

/** So does yarn 1, whose lock file says which it is; later ones do not know the option. */
function yarnRoot({ topLevel, read }: ProjectRoot): readonly string[] {
  const lock = read(path.join(topLevel, 'yarn.lock'));
  const manifest = read(path.join(topLevel, 'package.json'));
  const isClassic = lock?.kind === 'file' && lock.content.includes('# yarn lockfile v1');
  const isWorkspace = manifest?.kind === 'file' && manifest.content.includes('"workspaces"');
  return isClassic && isWorkspace ? ['--ignore-workspace-root-check'] : [];
}

/**
 * Whether a package lies where a package manager puts what it runs once and may throw away: npx's
 * cache, `pnpm dlx`, `yarn dlx`, bunx; or inside an archive (Yarn's cache), where only Yarn's own
 * Node finds it.
 *
 * @param packageDirectory absolute path
 */
export function isRunOnce(packageDirectory: string): boolean {
  const segments = packageDirectory.split(/[\\/]/);
  return segments.some(
    (segment, index) =>
      segment === '_npx' ||
      (segment === 'dlx' && segments[index - 1] === 'pnpm') ||
      /^dlx-\d+$/.test(segment) ||
      /^bunx-/.test(segment) ||
      /\.zip$/.test(segment) ||
      segment === '__virtual__',
  );
}
