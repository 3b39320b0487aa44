/** git itself is asked whether hooks fire, and nothing of the user's runs for it. */

import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runGit } from '../../src/git/spawn.ts';
import { hookBlock } from '../../src/hooks/blocks.ts';
import { type HookEvent, hookEvents } from '../../src/hooks/events.ts';
import { askWhetherHooksFire, type Canary, type Firing } from '../../src/integrations/canary.ts';
import { readConfiguredHooks } from '../../src/integrations/configured-hooks.ts';
import { gitConfig } from '../../src/integrations/hook-managers/git-config.ts';
import { hooksDirectory } from '../../src/integrations/hook-managers/hooks-directory.ts';
import { readSurroundings } from '../../src/integrations/surroundings.ts';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { hasConfiguredHooks } from './configured-hooks.ts';
import { install, placeOf } from './installation.ts';

/** Scripts as `init` puts them into the vault, which is where hooks of all work trees find them. */
async function withScripts(repository: TestRepository): Promise<TestRepository> {
  const { vault } = await placeOf(repository);
  mkdirSync(vault.directory, { recursive: true });
  const header = "mpm_version='1'\nmpm_node='/no/node'\nmpm_program=''\nmpm_since=0\n\n";
  for (const name of ['post-checkout', 'guard']) {
    const script = new URL(`../../src/hooks/${name}.sh`, import.meta.url);
    writeFileSync(path.join(vault.directory, name), header + readFileSync(script, 'utf8'));
  }
  return repository;
}

async function ask(
  repository: TestRepository,
  run: Canary['run'] = 'only-alone',
  env: Record<string, string> = {},
): Promise<readonly Firing[]> {
  const place = await placeOf(repository);
  const scene = {
    surroundings: await readSurroundings(place.repository),
    configured: await readConfiguredHooks(place.repository),
    vault: place.vault.directory,
    env: { ...repository.env, ...env },
  };
  const machine = { ...place.machine, endGroup };
  return askWhetherHooksFire({ repository: place.repository, scene, machine, run });
}

async function statesOf(...args: Parameters<typeof ask>): Promise<Record<string, string>> {
  const firings = await ask(...args);
  return Object.fromEntries(firings.map(({ event, state }) => [event, state]));
}

const all = (state: Firing['state']) => Object.fromEntries(hookEvents.map((one) => [one, state]));

async function plain(): Promise<TestRepository> {
  const repository = await withScripts(createRepository());
  repository.commit('first');
  return repository;
}

/** A line of sh that leaves a trace when the user's hook runs. */
const trace = 'echo ran >>"$HOME/user-hook-ran"\n';
const userHookRan = ({ home }: TestRepository) => existsSync(path.join(home, 'user-hook-ran'));

function hookFile(repository: TestRepository, event: HookEvent): string {
  return path.join(repository.path, '.git/hooks', event);
}

function writeHook(repository: TestRepository, event: HookEvent, content: string): void {
  mkdirSync(path.join(repository.path, '.git/hooks'), { recursive: true });
  writeFileSync(hookFile(repository, event), content, { mode: 0o755 });
}

describe('hook files with our block at the top', () => {
  it('answer for every event, and leave nothing behind', async () => {
    const repository = await plain();
    await install(repository, hooksDirectory);
    expect(await statesOf(repository)).toEqual(all('fires'));
    expect(existsSync(path.join(repository.path, '.git/mpm-session/canary'))).toBe(false);
    expect(repository.git('status', '--porcelain')).toBe('');
  });

  it("answer before the user's own lines, which do not run", async () => {
    const repository = await plain();
    for (const event of hookEvents) writeHook(repository, event, `#!/bin/sh\n${trace}exit 3\n`);
    await install(repository, hooksDirectory);
    expect(await statesOf(repository)).toEqual(all('fires'));
    expect(userHookRan(repository)).toBe(false);
  });

  it('answer below comments and options of the shell', async () => {
    const repository = await plain();
    const block = hookBlock('post-checkout');
    writeHook(repository, 'post-checkout', `#!/bin/sh\n# ours\n\nset -eu\n${block}${trace}`);
    expect((await ask(repository))[0]?.state).toBe('fires');
    expect(userHookRan(repository)).toBe(false);
  });

  it('answer in a linked work tree and in a submodule', async () => {
    for (const layout of ['linked-worktree', 'submodule'] as const) {
      const repository = await withScripts(createRepository({ layout }));
      await install(repository, hooksDirectory);
      expect(await statesOf(repository), layout).toEqual(all('fires'));
    }
  });

  it('are silent when the vault has lost its scripts', async () => {
    const repository = await plain();
    await install(repository, hooksDirectory);
    rmSync(path.join(repository.path, '.git/mpm-session/guard'));
    expect(await statesOf(repository)).toEqual({ ...all('silent'), 'post-checkout': 'fires' });
  });
});

describe("where something of the user's would run first or besides", () => {
  it('nothing is run, and the state is unknown', async () => {
    const repository = await plain();
    writeHook(repository, 'pre-push', `#!/bin/sh\n${trace}${hookBlock('pre-push')}`);
    const states = await statesOf(repository);
    expect(states['pre-push']).toBe('unknown');
    expect(userHookRan(repository)).toBe(false);
  });

  it('it is run when that is asked for', async () => {
    const repository = await plain();
    writeHook(repository, 'pre-push', `#!/bin/sh\n${trace}${hookBlock('pre-push')}`);
    const states = await statesOf(repository, 'also-with-others');
    expect(states['pre-push']).toBe('fires');
    expect(userHookRan(repository)).toBe(true);
  });

  it('an exit above our block is found out then', async () => {
    const repository = await plain();
    writeHook(repository, 'pre-push', `#!/bin/sh\n${trace}exit 0\n${hookBlock('pre-push')}`);
    expect((await statesOf(repository, 'also-with-others'))['pre-push']).toBe('silent');
  });

  it("a hook of the user's alone is never run", async () => {
    const repository = await plain();
    for (const event of hookEvents) writeHook(repository, event, `#!/bin/sh\n${trace}`);
    expect(await statesOf(repository)).toEqual(all('silent'));
    expect(userHookRan(repository)).toBe(false);
  });
});

it('a hook that never ends is given up', async () => {
  const repository = await plain();
  writeHook(repository, 'pre-commit', 'echo $$ >"$HOME/pid"\nexec sleep 1000\n');
  const { program } = (await placeOf(repository)).repository;
  const answer = await runGit(program, {
    directory: repository.path,
    args: ['hook', 'run', 'pre-commit'],
    hooks: 'as-configured',
    limit: { milliseconds: 1000, endGroup },
  });
  expect(answer.exit).not.toBe(0);
  const pid = Number(readFileSync(path.join(repository.home, 'pid'), 'utf8'));
  await expect.poll(() => isRunning(pid)).toBe(false);
});

const endGroup = (leader: number) => void process.kill(-leader, 'SIGKILL');

/** One that nobody has waited for yet (Z) has ended all the same. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return /^[^Z]/.test(stdout.trim());
}

describe.skipIf(!hasConfiguredHooks)(
  `hooks of git's configuration (needs git 2.54, MPM_TEST_GIT)`,
  () => {
    it('answer alone: neither hook files nor other hooks of the configuration run', async () => {
      const repository = await plain();
      for (const event of hookEvents) writeHook(repository, event, `#!/bin/sh\n${trace}`);
      repository.git('config', 'hook.other.command', trace.trim());
      for (const event of hookEvents) repository.git('config', '--add', 'hook.other.event', event);
      await install(repository, gitConfig);
      expect(await statesOf(repository)).toEqual(all('fires'));
      expect(userHookRan(repository)).toBe(false);
    });

    it('go with a repository that is moved', async () => {
      const repository = await plain();
      await install(repository, gitConfig);
      const moved = `${repository.path} moved`;
      renameSync(repository.path, moved);
      expect(await statesOf(repositoryAt(moved, repository.home))).toEqual(all('fires'));
    });

    it('of a copied repository answer for the copy alone', async () => {
      const repository = await plain();
      await install(repository, gitConfig);
      const copy = `${repository.path} copied`;
      cpSync(repository.path, copy, { recursive: true });
      for (const name of ['post-checkout', 'guard'])
        rmSync(path.join(copy, '.git/mpm-session', name));
      expect(await statesOf(repositoryAt(copy, repository.home))).toEqual(all('silent'));
    });
  },
);

describe('a hook that git passes over', () => {
  it.each([
    ['hook-not-executable', (file: string) => writeMode(file, 0o644)],
    [
      'hook-carriage-returns',
      (file: string) => rewrite(file, (text) => text.replaceAll('\n', '\r\n')),
    ],
    [
      'hook-interpreter-missing',
      (file: string) => rewrite(file, (text) => text.replace('/bin/sh', '/no/such/sh')),
    ],
    [
      'block-edited',
      (file: string) => rewrite(file, (text) => text.replace('mpm_line=\n', 'mpm_line=x\n')),
    ],
    ['hook-missing', (file: string) => rmSync(file)],
  ])('%s', async (code, kill) => {
    const repository = await plain();
    await install(repository, hooksDirectory);
    appendFileSync(hookFile(repository, 'pre-push'), trace);
    kill(hookFile(repository, 'pre-push'));
    const found = (await ask(repository)).find(({ event }) => event === 'pre-push');
    expect(found).toMatchObject({ state: 'silent', reach: { cause: { code } } });
    expect(userHookRan(repository)).toBe(false);
  });
});

function rewrite(file: string, change: (text: string) => string): void {
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`nothing to change in ${file}`);
  writeFileSync(file, after);
}

function writeMode(file: string, mode: number): void {
  const content = readFileSync(file);
  rmSync(file);
  writeFileSync(file, content, { mode });
}
