import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { hookEvents } from '../../../src/hooks/events.ts';
import { simpleGitHooks } from '../../../src/integrations/hook-managers/simple-git-hooks.ts';
import type { TestRepository } from '../../helpers/repository.ts';
import {
  byHandIn,
  failureOf,
  filesOf,
  install,
  managedRepository,
  remove,
  runIn,
  said,
  theirs,
  tryGit,
} from './managed.ts';
import { withoutNpmManagers } from './npm-managers.ts';

const own = `"pre-commit": "${theirs('pre-commit')}"`;
const all = JSON.stringify(hookEvents).replaceAll(',', ', ');

describe.skipIf(withoutNpmManagers !== '')(`simple-git-hooks${withoutNpmManagers}`, () => {
  it.each([
    [
      'package.json',
      `{\n  "name": "x",\n  "simple-git-hooks": {\n    ${own}\n  },\n  "a": [1,2]\n}\n`,
    ],
    ['package.json', `{"simple-git-hooks": {${own}}}`],
    ['package.json', `{\r\n\t"simple-git-hooks": {\r\n\t\t${own}\r\n\t}\r\n}\r\n`],
    ['.simple-git-hooks.json', `{ ${own} }\n`],
    ['simple-git-hooks.json', `{\n ${own},\n "preserveUnused": ["commit-msg"]\n}\n`],
    ['simple-git-hooks.json', `{\n ${own},\n "preserveUnused": [\n  "commit-msg"\n ]\n}\n`],
    ['simple-git-hooks.json', `{ ${own}, "preserveUnused": false }\n`],
    ['simple-git-hooks.json', `{ ${own}, "preserveUnused": [] }\n`],
  ])('has our hooks stay for which %s has none: %j', async (name, content) => {
    const repository = withSimpleGitHooks({ [name]: content });
    const before = filesOf(repository);
    await install(repository, simpleGitHooks);
    const after = filesOf(repository);
    expect(linesLost(content, read(repository, name))).toEqual([]);
    runIn(repository, 'simple-git-hooks/cli.js');
    expect(filesOf(repository)).toEqual(after);
    repository.git('switch', '--quiet', 'other');
    expect(said(repository)).toEqual(['ours post-checkout 1']);

    repository.git('switch', '--quiet', 'main');
    await remove(repository, simpleGitHooks);
    if (!content.includes('preserveUnused')) expect(filesOf(repository)).toEqual(before);
    expect(Object.keys(filesOf(repository))).toEqual(Object.keys(before));
    runIn(repository, 'simple-git-hooks/cli.js');
    expect(existsSync(path.join(repository.path, '.git/hooks/post-checkout'))).toBe(false);
  });

  it.each([
    ['package.json', `{"simple-git-hooks": {${own}, "preserveUnused": true}}\n`],
    ['package.json', `{"simple-git-hooks": {"preserveUnused": ${all}, "commit-msg": "true"}}\n`],
  ])('is not told what it knows: %s is %j', async (name, content) => {
    const repository = withSimpleGitHooks({ [name]: content });
    repository.write('.git/hooks/commit-msg', '#!/bin/sh\n# SKIP_SIMPLE_GIT_HOOKS\n', 0o755);
    const { edits } = await install(repository, simpleGitHooks);
    const changed = edits.map(({ target }) => path.relative(repository.path, target));
    expect(changed.includes(name)).toBe(content.includes(own));
    runIn(repository, 'simple-git-hooks/cli.js');
    repository.git('switch', '--quiet', 'other');
    expect(said(repository)).toEqual(['ours post-checkout 1']);
  });

  it('whose package.json git tracks says what to do with the change', async () => {
    const repository = withSimpleGitHooks({ 'package.json': `{"simple-git-hooks": {${own}}}\n` });
    const { notes } = await install(repository, simpleGitHooks);
    expect(notes.join('\n')).toMatch(/^package\.json: tracked by git.* it can be committed\.$/m);
    expect(notes.join('\n')).toContain('run on a branch that does not have this change yet');
    expect((await install(repository, simpleGitHooks)).notes).toEqual([]);
  });

  it('finds the hooks that it has configured just as it would write them itself', async () => {
    const hooks = hookEvents.map((event) => `"${event}": "${theirs(event)}"`);
    const repository = withSimpleGitHooks({ 'simple-git-hooks.json': `{${hooks.join()}}\n` });
    await install(repository, simpleGitHooks);
    const after = filesOf(repository);
    expect(runIn(repository, 'simple-git-hooks/cli.js')).not.toContain('Successfully set');
    expect(filesOf(repository)).toEqual(after);
    const off = { SKIP_SIMPLE_GIT_HOOKS: '1' };
    expect((await tryGit(repository, ['switch', '-c', 'third'], off)).code).toBe(0);
    expect(said(repository)).toEqual([]);
  });

  it('is found where a script of package.json says that it is configured', async () => {
    const scripts = '"scripts": {"prepare": "simple-git-hooks config/hooks.json && true"}';
    const repository = withSimpleGitHooks(
      { 'package.json': `{${scripts}}\n`, 'config/hooks.json': `{${own}}\n` },
      'config/hooks.json',
    );
    await install(repository, simpleGitHooks);
    expect(read(repository, 'config/hooks.json')).toContain('preserveUnused');
    runIn(repository, 'simple-git-hooks/cli.js', 'config/hooks.json');
    repository.git('switch', '--quiet', 'other');
    expect(said(repository)).toEqual(['ours post-checkout 1']);
  });

  it('keeps a hook of the user’s that it would delete out of what uninstall gives up', async () => {
    const content = `{${own}, "preserveUnused": ["pre-push"]}\n`;
    const repository = withSimpleGitHooks({ 'simple-git-hooks.json': content });
    repository.write('.git/hooks/pre-push', '#!/bin/sh\n: mine\n', 0o755);
    await install(repository, simpleGitHooks);
    await remove(repository, simpleGitHooks);
    expect(read(repository, 'simple-git-hooks.json')).toBe(content);
    expect(read(repository, '.git/hooks/pre-push')).toBe('#!/bin/sh\n: mine\n');
  });

  it('configured by a program has it neither run nor edited, and runs what is added by hand', async () => {
    const name = '.simple-git-hooks.cjs';
    const program = (more: string) =>
      `require('node:fs').appendFileSync('loaded', 'x');\nmodule.exports = { ${own}${more} };\n`;
    const repository = withSimpleGitHooks({ [name]: program('') });
    const before = filesOf(repository);
    const first = await failureOf(repository, simpleGitHooks);
    expect(first.message).toContain(path.join(repository.path, name));
    expect(filesOf(repository)).toEqual(before);

    repository.write(name, program(`, ${byHandIn(first)}`));
    const second = await failureOf(repository, simpleGitHooks);
    const [, line = ''] = /commit: (.*)$/.exec(byHandIn(second)) ?? [];
    expect(line).toContain('mpm_vault');
    const command = JSON.stringify(`${line}; ${theirs('pre-commit')}`);
    repository.write(name, program(`, ${byHandIn(first)}, "pre-commit": ${command}`));
    await install(repository, simpleGitHooks);
    runIn(repository, 'simple-git-hooks/cli.js');
    repository.git('switch', '--quiet', 'other');
    expect(said(repository)).toEqual(['ours post-checkout 1']);
    repository.write('file.txt', 'two\n');
    repository.git('commit', '--quiet', '-am', 'more');
    expect(said(repository)).toEqual(['ours pre-commit', 'theirs pre-commit']);
  });

  it.each([
    ['package.json', '{\n  "simple-git-hooks": {\n    "pre-commit" "x"\n  }\n}\n', 3],
    ['simple-git-hooks.json', '[]\n', 1],
    ['simple-git-hooks.json', '{\n  "pre-commit": ["npx", "lint"]\n}\n', 2],
  ])('has %s not edited that is not understood: %j', async (name, content, line) => {
    const repository = withSimpleGitHooks({ 'package.json': `{"simple-git-hooks": {${own}}}\n` });
    repository.write(name, content);
    const before = filesOf(repository);
    const failure = await failureOf(repository, simpleGitHooks);
    expect(failure.code).toBe('cannot-edit');
    expect(failure.message).toContain(`${path.join(repository.path, name)}, line ${line}: `);
    expect(failure.hint).not.toMatch(/preserveUnused.*"pre-commit"/);
    expect(filesOf(repository)).toEqual(before);
  });
});

function withSimpleGitHooks(
  files: Readonly<Record<string, string>>,
  ...args: readonly string[]
): TestRepository {
  const repository = managedRepository();
  runInBefore(repository, files, args);
  repository.git('branch', '--force', 'other');
  said(repository);
  return repository;
}

function runInBefore(
  repository: TestRepository,
  files: Readonly<Record<string, string>>,
  args: readonly string[],
): void {
  repository.commit('configured', files);
  runIn(repository, 'simple-git-hooks/cli.js', ...args);
  // `loaded` is what the program of one test writes when it is run.
  repository.git('clean', '--quiet', '--force', 'loaded');
}

function read(repository: TestRepository, name: string): string {
  return readFileSync(path.join(repository.path, name), 'utf8');
}

/** Lines that an edit has changed otherwise than by a comma at the end; not those that it is about. */
function linesLost(before: string, after: string): readonly string[] {
  const lines = after.split('\n').map((line) => line.replace(/,(\r?)$/, '$1'));
  if (!before.trim().includes('\n')) return [];
  return before
    .split('\n')
    .map((line) => line.replace(/,(\r?)$/, '$1'))
    .filter((line) => !lines.includes(line) && !/preserveUnused|pre-commit/.test(line));
}
