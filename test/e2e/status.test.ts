/** `status`: what is paused here, and whether hooks can fire; it looks, and runs nothing. */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeJson } from '../../src/formats/json.ts';
import type { TestRepository } from '../helpers/repository.ts';
import { managedRepository, said } from '../integrations/hook-managers/managed.ts';
import { managerCases } from '../integrations/hook-managers/manager-table.ts';
import { dataOf, mpm, type Place, pause, repositoryWithCommit, shown } from './program.ts';

interface Status {
  readonly branch: string | null;
  readonly head: string | null;
  readonly session: string | null;
  readonly hooks: { readonly firing: boolean; readonly how: string };
  readonly ignored: boolean | null;
}

const status = (place: Place) => dataOf<Status>(place, ['status']);

async function setUp(): Promise<TestRepository> {
  const repository = repositoryWithCommit();
  await dataOf(repository, ['init', '--yes', '--hooks', 'hooks-directory']);
  return repository;
}

describe('hooks', () => {
  it('are not there before init, and status makes nothing', async () => {
    const repository = repositoryWithCommit();
    const { hooks } = await status(repository);
    expect(hooks).toEqual({ firing: false, how: "not set up; run 'mpm-session init'" });
    expect(existsSync(path.join(repository.path, '.git/mpm-session'))).toBe(false);
  });

  it('are there after it, with where they are', async () => {
    const repository = await setUp();
    const { hooks } = await status(repository);
    expect(hooks).toEqual({ firing: true, how: 'through .git/hooks/post-checkout' });
    const lines = shown(await mpm(repository, ['status']));
    expect(lines).toContain('Hooks     yes, through .git/hooks/post-checkout');
  });

  it('cannot fire when one of them is not reached, and status names it', async () => {
    const repository = await setUp();
    chmodSync(path.join(repository.path, '.git/hooks/pre-push'), 0o644);
    const { hooks } = await status(repository);
    expect(hooks.firing).toBe(false);
    expect(hooks.how).toMatch(/^pre-push: .*not executable/);
    const lines = shown(await mpm(repository, ['status']));
    expect(lines.some((line) => line.startsWith('Hooks     no: pre-push: '))).toBe(true);
  });

  it('are not said to fire where lines above ours may end them first', async () => {
    const repository = await setUp();
    const file = path.join(repository.path, '.git/hooks/post-checkout');
    const block = readFileSync(file, 'utf8').replace('#!/bin/sh\n', '');
    writeFileSync(file, `#!/bin/sh\n[ -n "$SOMETHING" ] || exit 0\n${block}`);
    expect((await status(repository)).hooks).toMatchObject({ firing: false });
  });

  it('are of no use when what they run is gone', async () => {
    const repository = await setUp();
    rmSync(path.join(repository.path, '.git/mpm-session/guard'));
    expect((await status(repository)).hooks.firing).toBe(false);
  });

  for (const { name, skipped, setUp: prepare } of managerCases) {
    it.skipIf(skipped !== '')(
      `are found through ${name}, and none is run${skipped}`,
      async () => {
        const repository = managedRepository();
        prepare(repository);
        const by = name === 'plain hooks' ? 'hooks-directory' : name;
        await dataOf(repository, ['init', '--yes', '--hooks', by]);
        said(repository);
        const { hooks } = await status(repository);
        expect(hooks.firing).toBe(true);
        expect(hooks.how).toContain(name === 'plain hooks' ? '.git/hooks/' : name);
        expect(said(repository)).toEqual([]);
      },
      60_000,
    );
  }
});

it('tells when a session was dismissed or resumed, rather than paused', async () => {
  const repository = await setUp();
  const { session } = await pause(repository, ['x']);
  const file = path.join(
    ...[repository.path, '.git/mpm-session/sessions', `${session.session_id}.json`],
  );
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
  writeFileSync(file, encodeJson({ ...session, paused_at: hourAgo }));
  const line = async () =>
    shown(await mpm(repository, ['status'])).find((one) => one.startsWith('Session'));
  expect(await line()).toContain(' paused 1 hour ago');
  await dataOf(repository, ['dismiss']);
  expect(await line()).toMatch(/ dismissed (?:just now|\d+ seconds ago)/);
  await dataOf(repository, ['resume']);
  expect(await line()).toMatch(/ resumed (?:just now|\d+ seconds ago)/);
});

it('warns of files that could be committed only where there are some', async () => {
  const repository = repositoryWithCommit();
  expect((await mpm(repository, ['status'])).stderr).toBe('');
  repository.write('.claude-mpm/sessions/session-20260101-000000.json', '{}');
  expect((await mpm(repository, ['status'])).stderr).toContain('does not ignore');
});

it('names the branch and its session', async () => {
  const repository = await setUp();
  const { session } = await pause(repository, ['about to test login']);
  expect(await status(repository)).toMatchObject({
    branch: 'main',
    head: repository.git('rev-parse', 'HEAD').trim(),
    session: session.session_id,
    ignored: true,
  });
});
