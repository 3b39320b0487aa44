/** The vault's own scripts, not those that only say that they have run, under the real managers. */
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { husky } from '../../../src/integrations/hook-managers/husky.ts';
import { lefthook } from '../../../src/integrations/hook-managers/lefthook.ts';
import { simpleGitHooks } from '../../../src/integrations/hook-managers/simple-git-hooks.ts';
import type { TestRepository } from '../../helpers/repository.ts';
import {
  byHandIn,
  failureOf,
  install,
  managedRepository,
  offerOn,
  runIn,
  theirs,
  tryGit,
  withRealScripts,
} from './managed.ts';
import { lefthookProgram, managerCases } from './manager-table.ts';
import { withoutNpmManagers } from './npm-managers.ts';

const offer = 'Paused here: half of the login';

for (const { name, manager, skipped, setUp } of managerCases) {
  describe.skipIf(skipped !== '')(`the real scripts, with ${name}${skipped}`, () => {
    it('hint at a switch, and refuse a commit and a push of session files', async () => {
      const repository = managedRepository();
      setUp(repository);
      repository.git('branch', '--force', 'other');
      await install(repository, manager);
      withRealScripts(repository);
      await expectHint(repository);
      await expectGuard(repository);
    });
  });
}

describe.skipIf(withoutNpmManagers !== '')(`added by hand${withoutNpmManagers}`, () => {
  it.each(['lefthook-local.toml', 'lefthook-local.json', 'lefthook-local.yml'])(
    'to %s, they hint and refuse',
    async (local) => {
      const repository = managedRepository();
      const hooks = ['post-checkout', 'pre-commit', 'pre-push'];
      const jobs = hooks.map((event) => `${event}: {jobs: [{name: team, run: "true"}]}\n`);
      repository.commit('lefthook', { 'lefthook.yml': `skip_lfs: true\n${jobs.join('')}` });
      runIn(repository, lefthookProgram(), 'install');
      repository.git('branch', '--force', 'other');
      repository.write('.git/info/exclude', `${local}\n`);
      const added: string[] = [];
      const write = () => repository.write(local, textOf(local, added));
      write();
      for (const _ of hooks) {
        if (local.endsWith('.yml')) makeUneditable(repository, local, added);
        added.push(byHandIn(await failureOf(repository, lefthook)));
        write();
      }
      await install(repository, lefthook);
      withRealScripts(repository);
      await expectHint(repository);
      await expectGuard(repository);
    },
  );

  it('to hooks of husky that are links, they hint and refuse', async () => {
    const repository = managedRepository();
    runIn(repository, 'husky/bin.js');
    for (const event of ['post-checkout', 'pre-commit', 'pre-push']) {
      repository.write(`shared/${event}`, ': shared\n');
      symlinkSync(`../shared/${event}`, path.join(repository.path, '.husky', event));
      repository.write(`shared/${event}`, `${byHandIn(await failureOf(repository, husky))}\n`);
    }
    await install(repository, husky);
    withRealScripts(repository);
    await expectHint(repository);
    await expectGuard(repository);
  });

  it('to a program that configures simple-git-hooks, they hint and refuse', async () => {
    const repository = managedRepository();
    const name = '.simple-git-hooks.cjs';
    const hooks: Record<string, unknown> = {
      'post-checkout': theirs('post-checkout'),
      'pre-commit': theirs('pre-commit'),
    };
    const write = () =>
      repository.commit('configured', { [name]: `module.exports = ${JSON.stringify(hooks)};\n` });
    write();
    runIn(repository, 'simple-git-hooks/cli.js');
    const [, list = ''] =
      /: (\[.*\])$/.exec(byHandIn(await failureOf(repository, simpleGitHooks))) ?? [];
    expect(JSON.parse(list)).toEqual(['pre-merge-commit', 'pre-push']);
    hooks['preserveUnused'] = JSON.parse(list);
    write();
    for (const event of ['post-checkout', 'pre-commit']) {
      const [, asked, line] =
        /for ([a-z-]+): (.*)$/.exec(byHandIn(await failureOf(repository, simpleGitHooks))) ?? [];
      expect(asked).toBe(event);
      hooks[event] = `${line}; ${hooks[event]}`;
      write();
    }
    await install(repository, simpleGitHooks);
    runIn(repository, 'simple-git-hooks/cli.js');
    repository.git('branch', '--force', 'other');
    withRealScripts(repository);
    await expectHint(repository);
    await expectGuard(repository);
  });
});

function textOf(local: string, added: readonly string[]): string {
  if (local.endsWith('.json')) return `{${added.join(', ')}}\n`;
  return added.map((line) => `${line}\n`).join('');
}

/** A hook that is a list is not understood. */
function makeUneditable(repository: TestRepository, local: string, added: readonly string[]): void {
  const next = ['post-checkout', 'pre-commit', 'pre-push'][added.length] ?? '';
  repository.write(local, `${textOf(local, added)}${next}: []\n`);
}

async function expectHint(repository: TestRepository): Promise<void> {
  offerOn(repository, 'other', offer);
  const { code, stdout, stderr } = await tryGit(repository, ['switch', 'other']);
  const said = stdout + stderr;
  expect(said).toContain(offer);
  expect(said).not.toMatch(/descriptor|not found|parameter|syntax/i);
  expect(code).toBe(0);
  repository.git('switch', '--quiet', 'main');
}

async function expectGuard(repository: TestRepository): Promise<void> {
  repository.write('.claude-mpm/sessions/session-20260101-000000.md', '# paused\n');
  repository.git('add', '--force', '.claude-mpm');
  const committed = await tryGit(repository, ['commit', '-m', 'by accident']);
  expect(committed.stdout + committed.stderr).toContain('.claude-mpm/sessions');
  expect(committed.code).not.toBe(0);
  repository.git('commit', '--quiet', '--no-verify', '-m', 'on purpose');
  expect((await tryGit(repository, ['push', 'origin', 'main'])).code).not.toBe(0);
  repository.git('reset', '--quiet', '--hard', 'HEAD~');
  repository.write('file.txt', 'two\n');
  expect((await tryGit(repository, ['commit', '-am', 'more'])).code).toBe(0);
  expect((await tryGit(repository, ['push', 'origin', 'main'])).code).toBe(0);
}
