import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestRepository } from '../helpers/repository.ts';
import { type RunResult, runCommand } from '../helpers/run.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

/** Root may write everywhere, so its place is taken by nobody (65534 on every Linux). */
const nobody = '65534';
const isRoot = process.getuid?.() === 0;
const dropping = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];

/** For `it.skipIf(!canBeRefused())`. Says on stderr, once, why the tests are skipped. */
export function canBeRefused(): boolean {
  if (!isRoot) return true;
  const [program = '', ...args] = [...dropping, process.execPath, '--version'];
  const isPossible = spawnSync(program, args).status === 0;
  if (!isPossible) {
    process.stderr.write(
      'Tests of denied permissions are SKIPPED: the tests run as root, and nobody cannot run Node.\n',
    );
  }
  return isPossible;
}

export interface OrdinaryUser {
  /** Runs the program as somebody who is not root, in the repository, which belongs to them. */
  run(...args: string[]): Promise<RunResult>;
  /** Runs `chmod`, also of what only root may change. */
  chmod(mode: string, ...paths: string[]): void;
}

/** Gives a repository to a user whom permissions can refuse something. */
export function ordinaryUserOf(repository: TestRepository): OrdinaryUser {
  const program = isRoot ? copyOfProgram() : fileURLToPath(new URL('../../', import.meta.url));
  const owned = [path.dirname(repository.path), repository.home, path.dirname(repository.outer)];
  const own = () => {
    if (isRoot) system('chown', '--recursive', '--no-dereference', `${nobody}:${nobody}`, ...owned);
  };
  own();
  return {
    run: (...args) => {
      own();
      const node = [process.execPath, path.join(program, 'dist/bin/mpm-session.js'), ...args];
      const [first = '', ...rest] = isRoot ? [...dropping, ...node] : node;
      const { path: cwd, env } = repository;
      return runCommand({ program: first, args: rest, cwd, env });
    },
    chmod: (mode, ...paths) => {
      const absolute = paths.map((name) => path.join(repository.path, name));
      system('chmod', '--recursive', mode, ...absolute);
    },
  };
}

/** Where the checkout is may be closed to others (`/root`). */
function copyOfProgram(): string {
  const copy = temporaryDirectory();
  for (const name of ['dist', 'package.json']) {
    const source = fileURLToPath(new URL(`../../${name}`, import.meta.url));
    cpSync(source, path.join(copy, name), { recursive: true });
  }
  system('chmod', '--recursive', 'a+rX', copy);
  return copy;
}

function system(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${stderr}`);
}
