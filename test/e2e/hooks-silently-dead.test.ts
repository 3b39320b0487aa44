/**
 * Every way in which a hook stays in place for all to see and yet never runs: `doctor` says so by
 * its code, `status` does not claim otherwise, what `doctor` names mends it, and none of the user's
 * own hooks has run for it.
 */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { configCommand } from '../../src/hooks/blocks.ts';
import { repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { hasConfiguredHooks } from '../integrations/configured-hooks.ts';
import { managedRepository, runIn, said } from '../integrations/hook-managers/managed.ts';
import { lefthookProgram, managerCases } from '../integrations/hook-managers/manager-table.ts';
import { withoutNpmManagers } from '../integrations/hook-managers/npm-managers.ts';
import { type Diagnosis, doctor, problems as problemsOf } from './doctor-command.ts';
import { dataOf, shell } from './program.ts';

/** How it comes to be dead. */
interface Death {
  readonly title: string;
  /** Whose hooks run here, in the words of the table of managers. */
  readonly manager: string;
  readonly kill: (repository: TestRepository) => void;
  /** What `doctor` is run with besides. */
  readonly env?: Readonly<Record<string, string>>;
  readonly code: string;
  /** `fix`: `doctor --fix` does it; `command`: the command it names; else what a person does. */
  readonly mend: 'fix' | 'command' | ((repository: TestRepository) => void);
  /** `shared`: afterwards it is known only by running the hooks of others, too. */
  readonly after?: 'shared';
  /** Why it cannot be tested here; empty when it can. */
  readonly skipped?: string;
}

const hook = (repository: TestRepository, event = 'post-checkout') =>
  path.join(repository.path, '.git/hooks', event);

function rewrite(file: string, change: (text: string) => string): void {
  const before = readFileSync(file, 'latin1');
  const after = change(before);
  if (after === before) throw new Error(`nothing to change in ${file}`);
  writeFileSync(file, after, 'latin1');
}

function inVault(repository: TestRepository, name: string): string {
  return path.join(repository.path, '.git/mpm-session', name);
}

const deaths: readonly Death[] = [
  {
    title: 'another tool deleted the hook',
    manager: 'plain hooks',
    kill: (repository) => rmSync(hook(repository)),
    code: 'hook-missing',
    mend: 'fix',
  },
  {
    title: 'another tool wrote over the hook',
    manager: 'plain hooks',
    kill: (repository) => writeFileSync(hook(repository), '#!/bin/sh\nsh theirs.sh new\n'),
    code: 'hook-missing',
    mend: 'fix',
  },
  {
    title: 'the exec bit is lost',
    manager: 'plain hooks',
    kill: (repository) => chmodSync(hook(repository), 0o644),
    code: 'hook-not-executable',
    mend: 'command',
  },
  {
    title: 'line ends were converted',
    manager: 'plain hooks',
    kill: (repository) => rewrite(hook(repository), (text) => text.replaceAll('\n', '\r\n')),
    code: 'hook-carriage-returns',
    mend: 'command',
  },
  {
    title: 'its interpreter is gone',
    manager: 'plain hooks',
    kill: (repository) => rewrite(hook(repository), (text) => text.replace('/bin/sh', '/no/sh')),
    code: 'hook-interpreter-missing',
    mend: (repository) => rewrite(hook(repository), (text) => text.replace('/no/sh', '/bin/sh')),
  },
  {
    title: 'our block was edited',
    manager: 'plain hooks',
    kill: (repository) => rewrite(hook(repository), (text) => text.replace('mpm_line=\n', '')),
    code: 'block-edited',
    mend: (repository) => writeFileSync(hook(repository), '#!/bin/sh\nsh theirs.sh mended\n'),
  },
  {
    title: 'core.hooksPath of the repository leads elsewhere',
    manager: 'plain hooks',
    kill: (repository) => {
      repository.write('own hooks/pre-commit', '#!/bin/sh\nsh theirs.sh own\n', 0o755);
      repository.git('config', 'core.hooksPath', 'own hooks');
    },
    code: 'hooks-path-elsewhere',
    mend: 'fix',
  },
  {
    title: "core.hooksPath in the user's configuration shadows the repository's hooks",
    manager: 'plain hooks',
    kill: (repository) => {
      const directory = path.join(repository.home, 'hooks');
      repositoryAt(repository.home, repository.home).write(
        'hooks/post-checkout',
        '#!/bin/sh\necho theirs >>"$HOME/global-hook-ran"\n',
        0o755,
      );
      repository.git('config', '--global', 'core.hooksPath', directory);
    },
    code: 'hooks-path-elsewhere',
    mend: 'command',
  },
  {
    title: 'core.hooksPath is /dev/null',
    manager: 'plain hooks',
    kill: (repository) => repository.git('config', 'core.hooksPath', '/dev/null'),
    code: 'hooks-switched-off',
    mend: 'command',
  },
  {
    title: 'core.hooksPath names a directory that was deleted',
    manager: 'plain hooks',
    kill: (repository) => repository.git('config', 'core.hooksPath', '/no/such/hooks'),
    code: 'hooks-directory-missing',
    mend: 'command',
  },
  {
    title: 'hooks are set in the configuration, and git is too old to read it',
    manager: 'plain hooks',
    kill: (repository) => {
      rmSync(hook(repository));
      repository.git('config', 'hook.mpm-session.command', configCommand('post-checkout'));
      repository.git('config', 'hook.mpm-session.event', 'post-checkout');
    },
    code: 'configuration-hook-ignored',
    skipped: hasConfiguredHooks ? ' (skipped: this git reads it)' : '',
    mend: 'fix',
  },
  {
    title: "the vault's scripts are gone",
    manager: 'plain hooks',
    kill: (repository) => rmSync(inVault(repository, 'post-checkout')),
    code: 'scripts-missing',
    mend: 'fix',
  },
  {
    title: "the vault's scripts are of another version",
    manager: 'plain hooks',
    kill: (repository) =>
      rewrite(inVault(repository, 'guard'), (text) =>
        text.replace(/^mpm_version=.*$/m, 'mpm_version=0.0.1'),
      ),
    code: 'scripts-outdated',
    mend: 'fix',
  },
  {
    title: 'the program was uninstalled',
    manager: 'plain hooks',
    kill: (repository) => bake(repository, 'program', '/no/such/mpm-session.js'),
    code: 'program-missing',
    mend: 'fix',
  },
  {
    title: 'the program is broken',
    manager: 'plain hooks',
    kill: (repository) => {
      repository.write('broken.js', 'throw new Error("no")');
      bake(repository, 'program', path.join(repository.path, 'broken.js'));
    },
    code: 'program-broken',
    mend: 'fix',
  },
  {
    title: 'Node was uninstalled',
    manager: 'plain hooks',
    kill: (repository) => bake(repository, 'node', '/no/such/node'),
    code: 'node-missing',
    mend: 'fix',
  },
  {
    title: "husky's own directory is gone, as after a fresh clone",
    manager: 'husky',
    kill: (repository) => rmSync(path.join(repository.path, '.husky/_'), { recursive: true }),
    code: 'husky-not-installed',
    mend: (repository) => void runIn(repository, 'husky/bin.js'),
  },
  {
    title: 'HUSKY is 0',
    manager: 'husky',
    kill: () => undefined,
    env: { HUSKY: '0' },
    code: 'hook-manager-off',
    mend: () => undefined,
  },
  {
    title: 'husky hooks were written over by a branch',
    manager: 'husky',
    kill: (repository) => repository.git('checkout', '--', '.husky/post-checkout'),
    code: 'hook-missing',
    mend: 'fix',
  },
  {
    title: 'simple-git-hooks deleted or wrote over the hooks',
    manager: 'simple-git-hooks',
    kill: (repository) => {
      repository.git('checkout', '--', 'package.json');
      runIn(repository, 'simple-git-hooks/cli.js');
    },
    code: 'hook-missing',
    mend: 'fix',
  },
  {
    title: 'pre-commit install -f threw ours away',
    manager: 'pre-commit',
    kill: (repository) =>
      void runIn(repository, 'pre-commit', 'install', '-f', '-t', 'post-checkout'),
    code: 'hook-missing',
    mend: 'fix',
    after: 'shared',
  },
  {
    title: 'lefthook took the event over',
    manager: 'plain hooks',
    kill: (repository) => {
      repository.write('lefthook.yml', 'pre-push:\n  jobs:\n    - run: sh theirs.sh pre-push\n');
      runIn(repository, lefthookProgram(), 'install');
    },
    code: 'hook-taken-over',
    mend: 'fix',
    after: 'shared',
  },
];

/** Writes another value into the headers of the vault's scripts. */
function bake(repository: TestRepository, name: string, value: string): void {
  const line = new RegExp(`^mpm_${name}=.*$`, 'm');
  for (const script of ['post-checkout', 'guard']) {
    rewrite(inVault(repository, script), (text) => text.replace(line, `mpm_${name}='${value}'`));
  }
}

/** What only running it can tell. */
const looksRight = new Set(['scripts-outdated', 'program-broken', 'node-missing']);

const managerNames: Readonly<Record<string, string>> = { 'plain hooks': 'hooks-directory' };

/** Where the user's hooks write down that they ran is in the vault, for all to read. */
const problems = (found: Diagnosis) =>
  problemsOf(found).filter(({ code }) => code !== 'permissions');

for (const death of deaths) {
  const managed = managerCases.find(({ name }) => name === death.manager);
  if (managed === undefined) throw new Error(`no manager ${death.manager}`);
  const needsLefthook = death.code === 'hook-taken-over' ? withoutNpmManagers : '';
  const skipped = managed.skipped || death.skipped || needsLefthook;
  it.skipIf(skipped !== '')(
    `${death.title}${skipped}`,
    async () => {
      const repository = managedRepository();
      managed.setUp(repository);
      chmodSync(inVault(repository, ''), 0o700);
      const by = managerNames[death.manager] ?? death.manager;
      await dataOf(repository, ['init', '--yes', '--hooks', by]);
      said(repository);
      expect(problems(await doctor(repository))).toEqual([]);

      death.kill(repository);
      said(repository);
      const env = { ...repository.env, ...death.env };
      const ill = { path: repository.path, env };
      const found = problems(await doctor(ill)).find(({ code }) => code === death.code);
      expect(found?.code).toBe(death.code);
      const { hooks } = await dataOf<{ hooks: { firing: boolean } }>(ill, ['status']);
      expect(hooks.firing).toBe(looksRight.has(death.code));
      expect(theirsRan(repository)).toBe(false);

      if (death.mend === 'command') {
        const line = await shell(repository, found?.fix ?? 'false');
        expect(line).toMatchObject({ code: 0, stderr: '' });
      } else if (death.mend === 'fix') expect(found?.fix).toBe('mpm-session doctor --fix');
      else death.mend(repository);
      if (death.mend !== 'command') await doctor(repository, '--fix');
      const mended = await doctor(repository);
      expect(problems(mended)).toEqual([]);
      expect(theirsRan(repository)).toBe(false);
      if (death.after !== 'shared') return;
      const asked = await doctor(repository, '--run-hooks');
      expect(problems(asked)).toEqual([]);
      expect(asked.checks.filter(({ code }) => code === 'hook-fires')).not.toEqual([]);
      expect(theirsRan(repository)).toBe(true);
    },
    60_000,
  );
}

function theirsRan(repository: TestRepository): boolean {
  const isGlobal = existsSync(path.join(repository.home, 'global-hook-ran'));
  return said(repository).length > 0 || isGlobal;
}
