import { Buffer } from 'node:buffer';
import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { hookEvents } from '../../../src/hooks/events.ts';
import { lefthook, lefthookJobFile } from '../../../src/integrations/hook-managers/lefthook.ts';
import type { TestRepository } from '../../helpers/repository.ts';
import { openTerminal } from '../../helpers/terminal.ts';
import {
  byHandIn,
  failureOf,
  filesOf,
  install,
  managedRepository,
  refuse,
  remove,
  runIn,
  said,
  surroundingsOf,
  theirs,
  tryGit,
} from './managed.ts';
import { lefthookProgram } from './manager-table.ts';
import { withoutNpmManagers } from './npm-managers.ts';

describe.skipIf(withoutNpmManagers !== '')(`lefthook${withoutNpmManagers}`, () => {
  it('leaves plain hooks alone for events that it does not have', async () => {
    const repository = withLefthook({ 'lefthook.yml': yamlFor(['pre-commit']) });
    await install(repository, lefthook);
    runIn(repository, lefthookProgram(), 'install', '-f');
    repository.git('switch', '--quiet', 'other');
    expect(said(repository)).toEqual(['ours post-checkout 1']);
    expect(hook(repository, 'post-checkout')).not.toContain('LEFTHOOK');
    expect(jobFile(await surroundingsOf(repository), 'pre-commit')).toBe('lefthook-local.yml');
    expect(jobFile(await surroundingsOf(repository), 'post-checkout')).toBeUndefined();
  });

  it('that takes an event later puts our hook out of use, until init is run again', async () => {
    const repository = withLefthook({ 'lefthook.yml': yamlFor(['pre-commit']) });
    const before = filesOf(repository);
    await install(repository, lefthook);
    repository.write('lefthook.yml', yamlFor(['pre-commit', 'post-checkout']));
    runIn(repository, lefthookProgram(), 'install');
    repository.git('switch', '--quiet', 'other');
    expect(said(repository)).toEqual(['theirs post-checkout']);
    expect((await install(repository, lefthook)).edits).not.toEqual([]);
    repository.git('switch', '--quiet', 'main');
    expect(said(repository)).toEqual(['theirs post-checkout', 'ours post-checkout 1']);

    await remove(repository, lefthook);
    repository.write('lefthook.yml', yamlFor(['pre-commit']));
    runIn(repository, lefthookProgram(), 'install');
    expect(Object.keys(filesOf(repository)).sort()).toEqual(
      [...Object.keys(before), path.join(repository.path, '.git/hooks/post-checkout')].sort(),
    );
  });

  it('that has not installed an event of its configuration yet is given the job, and a note', async () => {
    const repository = withLefthook({ 'lefthook.yml': yamlFor(['pre-commit']) });
    repository.write('lefthook.yml', yamlFor(['pre-commit', 'post-checkout']));
    const { notes } = await install(repository, lefthook);
    expect(notes.join('\n')).toContain('post-checkout');
    expect(notes.join('\n')).toContain('lefthook install');
    runIn(repository, lefthookProgram(), 'install');
    repository.git('switch', '--quiet', 'other');
    expect(said(repository)).toEqual(['theirs post-checkout', 'ours post-checkout 1']);
  });

  it.each([
    'lefthook.yaml',
    '.lefthook.yml',
    '.config/lefthook.yml',
    'lefthook.json',
    'lefthook.jsonc',
    'lefthook.toml',
  ])('with %s is given its jobs in lefthook-local.yml', async (main) => {
    const local = 'lefthook-local.yml';
    const repository = withLefthook({ [main]: configurations[path.extname(main)] ?? '' });
    const before = filesOf(repository);
    await install(repository, lefthook);
    expect(existsSync(path.join(repository.path, local))).toBe(true);
    expect(repository.git('status', '--porcelain')).toBe('');
    expect(jobFile(await surroundingsOf(repository), 'post-checkout')).toBe(local);
    repository.git('switch', '--quiet', 'other');
    expect(said(repository)).toEqual(['theirs post-checkout', 'ours post-checkout 1']);
    await remove(repository, lefthook);
    repository.git('switch', '--quiet', 'main');
    expect(said(repository)).toEqual(['theirs post-checkout']);
    expect(filesOf(repository)).toEqual(before);
  });

  it.each([
    ['lefthook-local.yml', mine],
    ['.config/lefthook-local.yaml', mine],
  ])('has what is in %s already run on, line by line as it was', async (local, content) => {
    const repository = withLefthook({ 'lefthook.yml': yamlFor(hookEvents) });
    repository.write(local, content);
    await install(repository, lefthook);
    const after = readFileSync(path.join(repository.path, local), 'utf8');
    const lines = after.split('\n');
    for (const line of content.split('\n')) {
      expect(lines).toContain(line);
    }
    repository.git('switch', '--quiet', 'other');
    expect(said(repository).toSorted()).toEqual([
      'ours post-checkout 1',
      'theirs mine',
      'theirs post-checkout',
    ]);
    await remove(repository, lefthook);
    expect(readFileSync(path.join(repository.path, local), 'utf8')).toBe(content);
  });

  it.each([
    ['lefthook-local.yml', 'post-checkout:\n  jobs:\n - {', 2],
    ['lefthook-local.yml', '# mine\npost-checkout: {jobs: [{name: a, run: "true"}]}\n', 2],
    ['lefthook-local.yml', 'a: 1\npost-checkout:\n  jobs: &all\n    - run: "true"\n', 3],
    ['lefthook-local.json', '{"colors": false}\n', undefined],
    ['lefthook-local.jsonc', '// mine\n{"colors": false}\n', undefined],
    ['lefthook-local.toml', 'colors = false\n', undefined],
  ])('has %s not edited that is not understood: %j', async (local, content, line) => {
    const repository = withLefthook({ 'lefthook.yml': yamlFor(hookEvents) });
    repository.write(local, content);
    const before = filesOf(repository);
    const failure = await failureOf(repository, lefthook);
    const place = line === undefined ? local : `${local}, line ${line}`;
    expect(failure.code).toBe('cannot-edit');
    expect(failure.message).toContain(`${path.join(repository.path, place)}: `);
    expect(failure.message).not.toContain('\n');
    expect(failure.hint).not.toContain('\n');
    expect(filesOf(repository)).toEqual(before);
  });

  it.each([
    ['lefthook-local.yml', 'a: {b: 1}\npost-checkout: []\n', 'a: {b: 1}\n'],
    ['lefthook-local.toml', 'colors = false\n', 'colors = false\n'],
    ['lefthook-local.json', '[]\n', undefined],
  ])('runs what is to be added to %s by hand', async (local, content, rest) => {
    for (const event of ['post-checkout', 'pre-commit', 'pre-push'] as const) {
      const repository = withLefthook({ 'lefthook.yml': yamlFor([event]) });
      repository.write(local, content.replace('post-checkout', event));
      const line = byHandIn(await failureOf(repository, lefthook));
      repository.write(local, rest === undefined ? `{${line}}\n` : `${rest}${line}\n`);
      expect((await install(repository, lefthook)).edits.map(targetIn(repository))).not.toContain(
        local,
      );
      await runEvent(repository, event);
      expect(said(repository).some((one) => one.startsWith(`ours ${event}`))).toBe(true);
    }
  });

  it('has a configuration that is no text, or a link, left as it is', async () => {
    const repository = withLefthook({ 'lefthook.yml': yamlFor(hookEvents) });
    const local = path.join(repository.path, 'lefthook-local.yml');
    repository.write('lefthook-local.yml', Buffer.from('# caf\xe9\n', 'latin1'));
    expect((await failureOf(repository, lefthook)).message).toContain('it is not UTF-8');
    rmSync(local);
    symlinkSync('elsewhere.yml', local);
    expect((await failureOf(repository, lefthook)).message).toContain('it is a symbolic link');
    expect(lefthook.remove(await surroundingsOf(repository))).toEqual([]);
  });

  it('has what is pushed checked also when its URL would be a command', async () => {
    const repository = withLefthook({ 'lefthook.yml': yamlFor(['pre-push']) });
    await install(repository, lefthook);
    const remote = path.join(repository.home, `it's $(touch planted) "so".git`);
    repository.git('clone', '--quiet', '--bare', '.', remote);
    repository.git('commit', '--quiet', '--allow-empty', '-m', 'more');
    said(repository);
    refuse(repository, true);
    expect((await tryGit(repository, ['push', remote, 'main'])).code).not.toBe(0);
    expect(said(repository)).toContain(`ours pre-push ${remote} refs/heads/main`);
    expect(existsSync(path.join(repository.path, 'planted'))).toBe(false);
  });

  it('lets a question of ours reach whoever typed the switch', async () => {
    const repository = withLefthook({ 'lefthook.yml': yamlFor(['post-checkout']) });
    await install(repository, lefthook);
    repository.write(
      '.git/mpm-session/post-checkout',
      'printf "Resume? " >/dev/tty; read -r answer </dev/tty; echo "answered $answer" >>"$mpm_vault/../said"\n',
    );
    const { path: cwd, env } = repository;
    const terminal = openTerminal('git', ['switch', 'other'], { cwd, env });
    await terminal.waitFor(/Resume\? $/);
    terminal.type('yes\r');
    expect((await terminal.exit).code).toBe(0);
    expect(said(repository)).toEqual(['theirs post-checkout', 'answered yes']);
  });
});

function targetIn(repository: TestRepository) {
  return ({ target }: { readonly target: string }) => path.relative(repository.path, target);
}

function withLefthook(files: Readonly<Record<string, string>>): TestRepository {
  const repository = managedRepository();
  repository.commit('lefthook', files);
  runIn(repository, lefthookProgram(), 'install');
  repository.git('branch', '--force', 'other');
  said(repository);
  return repository;
}

function yamlFor(events: readonly string[]): string {
  const hooks = events.map(
    (event) => `${event}:\n  jobs:\n    - name: team\n      run: ${theirs(event)}\n`,
  );
  return `skip_lfs: true\n${hooks.join('')}`;
}

const team = { 'post-checkout': { jobs: [{ name: 'team', run: theirs('post-checkout') }] } };
const configurations: Readonly<Record<string, string>> = {
  '.yml': yamlFor(['post-checkout']),
  '.yaml': yamlFor(['post-checkout']),
  '.json': JSON.stringify(team),
  '.jsonc': `// ours\n${JSON.stringify(team, undefined, 2)}\n`,
  '.toml': `[[post-checkout.jobs]]\nname = "team"\nrun = "${theirs('post-checkout')}"\n`,
};

const mine =
  '# my own\nskip_lfs: true\n\npost-checkout:   # at every switch\n  # quickly\n  jobs:\n  # first\n  - name: mine\n    run: sh theirs.sh mine\n\n# the end';

function hook(repository: TestRepository, event: string): string {
  return readFileSync(path.join(repository.path, '.git/hooks', event), 'utf8');
}

type Surroundings = Awaited<ReturnType<typeof surroundingsOf>>;

function jobFile(surroundings: Surroundings, event: (typeof hookEvents)[number]) {
  const file = lefthookJobFile(surroundings, event);
  return file === undefined ? undefined : path.relative(surroundings.topLevel, file);
}

async function runEvent(repository: TestRepository, event: string): Promise<void> {
  if (event === 'post-checkout') await tryGit(repository, ['switch', 'other']);
  if (event === 'pre-push') await tryGit(repository, ['push', 'origin', 'other']);
  if (event !== 'pre-commit') return;
  repository.write('file.txt', 'two\n');
  await tryGit(repository, ['commit', '-am', 'more']);
}
