/** The hook managers that run hooks of their own for every event, as the contract test takes them. */

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { hookEvents } from '../../../src/hooks/events.ts';
import { hooksDirectory } from '../../../src/integrations/hook-managers/hooks-directory.ts';
import { husky } from '../../../src/integrations/hook-managers/husky.ts';
import { lefthook } from '../../../src/integrations/hook-managers/lefthook.ts';
import { preCommit } from '../../../src/integrations/hook-managers/pre-commit.ts';
import { simpleGitHooks } from '../../../src/integrations/hook-managers/simple-git-hooks.ts';
import type { HookManager } from '../../../src/integrations/integration.ts';
import type { TestRepository } from '../../helpers/repository.ts';
import { runIn, theirs } from './managed.ts';
import { npmManagers, withoutNpmManagers } from './npm-managers.ts';

export interface ManagerCase {
  readonly name: string;
  readonly manager: HookManager;
  /** Why it cannot be tested here; empty when it can. */
  readonly skipped: string;
  /** Who runs first. */
  readonly order: 'ours first' | 'theirs first';
  /** Whether theirs runs as well when ours refuses. */
  readonly runsBoth: boolean;
  /** Whether theirs is given what is pushed. */
  readonly givesInput: boolean;
  /** Configures it for every event, has it install its hooks, and commits what it wants committed. */
  readonly setUp: (repository: TestRepository) => void;
  /** Once more, as `npm install` or an update does. */
  readonly reinstall: (repository: TestRepository) => void;
  /** What is known to put ours out of use; `init` brings it back. */
  readonly dropOurs: (repository: TestRepository) => void;
  /** As somebody who has had enough of it. */
  readonly takeAway: (repository: TestRepository) => void;
}

const huskyCase: ManagerCase = {
  name: 'husky',
  manager: husky,
  skipped: withoutNpmManagers,
  order: 'ours first',
  runsBoth: false,
  givesInput: true,
  setUp(repository) {
    runIn(repository, 'husky/bin.js');
    repository.commit(
      'husky',
      Object.fromEntries(hookEvents.map((event) => [`.husky/${event}`, `${theirs(event)}\n`])),
    );
  },
  reinstall: (repository) => void runIn(repository, 'husky/bin.js'),
  dropOurs: (repository) => void repository.git('checkout', '--', '.husky'),
  takeAway(repository) {
    rmSync(path.join(repository.path, '.husky/_'), { recursive: true });
    repository.git('config', '--unset', 'core.hooksPath');
  },
};

export function lefthookProgram(): string {
  const nodeModules = npmManagers.installed ? npmManagers.nodeModules : '';
  const platform = `lefthook-${process.platform}-${process.arch}`;
  return path.join(nodeModules, platform, 'bin/lefthook');
}

const lefthookCase: ManagerCase = {
  name: 'lefthook',
  manager: lefthook,
  skipped: withoutNpmManagers,
  order: 'theirs first',
  runsBoth: true,
  givesInput: true,
  setUp(repository) {
    const hooks = hookEvents.map((event) => {
      const input = event === 'pre-push' ? '\n      use_stdin: true' : '';
      return `${event}:\n  jobs:\n    - name: team\n      run: ${theirs(event)}${input}\n`;
    });
    repository.commit('lefthook', { 'lefthook.yml': `skip_lfs: true\n${hooks.join('')}` });
    runIn(repository, lefthookProgram(), 'install');
  },
  reinstall: (repository) => void runIn(repository, lefthookProgram(), 'install', '-f'),
  dropOurs: (repository) => rmSync(path.join(repository.path, 'lefthook-local.yml')),
  takeAway: (repository) => void runIn(repository, lefthookProgram(), 'uninstall'),
};

const preCommitVersion =
  spawnSync('pre-commit', ['--version'], { encoding: 'utf8' }).stdout?.trim() ?? '';

const preCommitCase: ManagerCase = {
  name: 'pre-commit',
  manager: preCommit,
  skipped: preCommitVersion === '' ? ' (skipped: pre-commit is not installed)' : '',
  order: 'ours first',
  runsBoth: true,
  givesInput: false,
  setUp(repository) {
    const hooks = hookEvents.map(
      (event) =>
        `  - {id: ${event}, name: ${event}, language: system, entry: ${theirs(event)}, ` +
        `always_run: true, pass_filenames: false, stages: [${stageOf(event)}]}\n`,
    );
    repository.commit('pre-commit', {
      '.pre-commit-config.yaml': `repos:\n- repo: local\n  hooks:\n${hooks.join('')}`,
    });
    runIn(repository, 'pre-commit', 'install', ...hookTypes);
  },
  reinstall: (repository) => void runIn(repository, 'pre-commit', 'install', ...hookTypes),
  dropOurs: (repository) => void runIn(repository, 'pre-commit', 'install', '-f', ...hookTypes),
  takeAway: (repository) => void runIn(repository, 'pre-commit', 'uninstall', ...hookTypes),
};

const hookTypes = hookEvents.flatMap((event) => ['-t', event]);

/** Since 3.2.0 a stage is called what its hook is. */
function stageOf(event: string): string {
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(preCommitVersion) ?? [];
  const isOld = Number(major) < 3 || (Number(major) === 3 && Number(minor) < 2);
  return isOld ? event.replace(/^pre-/, '') : event;
}

const simpleGitHooksCase: ManagerCase = {
  name: 'simple-git-hooks',
  manager: simpleGitHooks,
  skipped: withoutNpmManagers,
  order: 'ours first',
  runsBoth: false,
  givesInput: true,
  setUp(repository) {
    const hooks = Object.fromEntries(hookEvents.map((event) => [event, theirs(event)]));
    const manifest = { private: true, 'simple-git-hooks': hooks, scripts: { test: 'true' } };
    repository.commit('simple-git-hooks', {
      'package.json': `${JSON.stringify(manifest, undefined, 4)}\n`,
    });
    runIn(repository, 'simple-git-hooks/cli.js');
  },
  reinstall: (repository) => void runIn(repository, 'simple-git-hooks/cli.js'),
  dropOurs(repository) {
    repository.git('checkout', '--', 'package.json');
    runIn(repository, 'simple-git-hooks/cli.js');
  },
  takeAway: (repository) => void runIn(repository, 'simple-git-hooks/uninstall.js'),
};

/** Beside the managers, what git runs without any. */
const plainCase: ManagerCase = {
  name: 'plain hooks',
  manager: hooksDirectory,
  skipped: '',
  order: 'ours first',
  runsBoth: false,
  givesInput: true,
  setUp: writePlainHooks,
  reinstall: () => undefined,
  dropOurs: writePlainHooks,
  takeAway: () => undefined,
};

function writePlainHooks(repository: TestRepository): void {
  for (const event of hookEvents) {
    repository.write(`.git/hooks/${event}`, `#!/bin/sh\n${theirs(event)}\n`, 0o755);
  }
}

export const managerCases: readonly ManagerCase[] = [
  huskyCase,
  lefthookCase,
  preCommitCase,
  simpleGitHooksCase,
  plainCase,
];
