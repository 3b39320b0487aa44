/** The real hook managers of npm, installed once for all test files, outside of any repository. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = ['husky@9.1.7', 'lefthook@2.2.2', 'simple-git-hooks@2.14.0'] as const;

/** Their `node_modules`; `reason` says in a few words why there is none. */
export type NpmManagers =
  | { readonly installed: true; readonly nodeModules: string }
  | { readonly installed: false; readonly reason: string };

export const npmManagers: NpmManagers = find() ?? install();

/** For the name of a test that is skipped; empty when it is not. */
export const withoutNpmManagers = npmManagers.installed ? '' : ` (skipped: ${npmManagers.reason})`;

function cacheDirectory(): string {
  const name = packages.join('+').replaceAll('@', '-');
  return fileURLToPath(
    new URL(`../../../node_modules/.cache/hook-managers/${name}`, import.meta.url),
  );
}

function find(): NpmManagers | undefined {
  const nodeModules = path.join(cacheDirectory(), 'node_modules');
  return existsSync(nodeModules) ? { installed: true, nodeModules } : undefined;
}

/** Into a directory of its own first: another worker may be doing the same. */
function install(): NpmManagers {
  const cache = cacheDirectory();
  const directory = temporaryBeside(cache);
  writeFileSync(path.join(directory, 'package.json'), '{"private":true}\n');
  const run = spawnSync(
    'npm',
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--save-exact', ...packages],
    { cwd: directory, encoding: 'utf8', timeout: 120_000, env: npmEnvironment() },
  );
  if (run.status !== 0) {
    rmSync(directory, { recursive: true, force: true });
    return { installed: false, reason: `npm could not install ${packages.join(', ')}` };
  }
  try {
    renameSync(directory, cache);
  } catch {
    const found = find();
    if (found === undefined) return { installed: true, nodeModules: removedAtExit(directory) };
    rmSync(directory, { recursive: true, force: true });
    return found;
  }
  return { installed: true, nodeModules: path.join(cache, 'node_modules') };
}

function temporaryBeside(cache: string): string {
  try {
    mkdirSync(path.dirname(cache), { recursive: true });
    return mkdtempSync(`${cache}.`);
  } catch {
    // The tests run as a user to whom the project does not belong.
    return mkdtempSync(path.join(tmpdir(), 'mpm-test-managers-'));
  }
}

function removedAtExit(directory: string): string {
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  return path.join(directory, 'node_modules');
}

/** Without what a surrounding `npm test` says about itself. */
function npmEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env);
  return Object.fromEntries(
    entries.filter(([name]) => !/^npm_(?:lifecycle|package|command)/.test(name)),
  );
}
