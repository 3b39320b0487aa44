import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { detectPackageManager, isRunOnce } from '../../src/integrations/package-managers.ts';
import { readState } from '../../src/integrations/surroundings.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

function projectWith(files: Readonly<Record<string, string>>): string {
  const directory = temporaryDirectory();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    writeFileSync(path.join(directory, name), content);
  }
  return directory;
}

const commandIn = (files: Readonly<Record<string, string>>) => {
  const found = detectPackageManager(projectWith(files), readState)?.addDevelopment('1.2.3');
  return found === undefined ? undefined : [found.program, ...found.args].join(' ');
};

describe('the package manager', () => {
  it.each([
    [{}, undefined],
    [{ 'package-lock.json': '{}' }, undefined],
    [{ 'package.json': '{}' }, 'npm install --save-dev mpm-session@1.2.3'],
    [
      { 'package.json': 'not { json', 'package-lock.json': '{}' },
      'npm install --save-dev mpm-session@1.2.3',
    ],
    [{ 'package.json': '{}', 'pnpm-lock.yaml': '' }, 'pnpm add --save-dev mpm-session@1.2.3'],
    [
      { 'package.json': '{}', 'pnpm-lock.yaml': '', 'pnpm-workspace.yaml': '' },
      'pnpm add --save-dev --workspace-root mpm-session@1.2.3',
    ],
    [{ 'package.json': '{}', 'bun.lock': '' }, 'bun add --dev mpm-session@1.2.3'],
    [{ 'package.json': '{}', 'bun.lockb': '' }, 'bun add --dev mpm-session@1.2.3'],
    [{ 'package.json': '{}', 'yarn.lock': '__metadata:' }, 'yarn add --dev mpm-session@1.2.3'],
    [
      { 'package.json': '{"workspaces":["a"]}', 'yarn.lock': '# yarn lockfile v1\n' },
      'yarn add --dev --ignore-workspace-root-check mpm-session@1.2.3',
    ],
    [
      { 'package.json': '{"workspaces":["a"]}', 'yarn.lock': '__metadata:' },
      'yarn add --dev mpm-session@1.2.3',
    ],
    [
      { 'package.json': '{"packageManager": "yarn@4.1.0"}', 'package-lock.json': '{}' },
      'yarn add --dev mpm-session@1.2.3',
    ],
    [
      { 'package.json': '{"packageManager": "other@1"}', 'pnpm-lock.yaml': '' },
      'pnpm add --save-dev mpm-session@1.2.3',
    ],
  ])('of %j adds a devDependency by: %s', (files, expected) => {
    expect(commandIn(files)).toBe(expected);
  });
});

it.each([
  ['{"devDependencies": {"mpm-session": "0.1.0"}}', 'npm uninstall mpm-session'],
  [
    '{"dependencies": {"mpm-session": "0.1.0"}, "packageManager": "pnpm@9.0.0"}',
    'pnpm remove mpm-session',
  ],
  ['{"bin": {"mpm-session": "cli.js"}}', undefined],
  ['{"name": "other", "devDependencies": null}', undefined],
  ['null', undefined],
  ['not { json', undefined],
])('what depends on this package can be taken out: %s', (manifest, expected) => {
  const project = projectWith({ 'package.json': manifest });
  expect(detectPackageManager(project, readState)?.removal).toBe(expected);
});

describe('a package that is run once', () => {
  it.each([
    '/home/a/.npm/_npx/0f1e2d3c/node_modules/mpm-session/',
    '/home/a/.cache/pnpm/dlx/0123abc/18f-1/node_modules/.pnpm/mpm-session@0.1.0/node_modules/mpm-session/',
    '/tmp/xfs-12ab/dlx-4711/node_modules/mpm-session/',
    '/tmp/bunx-1000-mpm-session@latest/node_modules/mpm-session/',
    '/home/a/.yarn/berry/cache/mpm-session-npm-0.1.0-0123-10.zip/node_modules/mpm-session/',
    'C:\\Users\\a\\AppData\\Local\\npm-cache\\_npx\\0f1e\\node_modules\\mpm-session\\',
  ])('lies in a cache: %s', (directory) => {
    expect(isRunOnce(directory)).toBe(true);
  });

  it.each([
    '/home/a/project/node_modules/mpm-session/',
    '/home/a/dlx/node_modules/mpm-session/',
    '/usr/local/lib/node_modules/mpm-session/',
    '/home/a/.local/share/pnpm/global/5/.pnpm/mpm-session@0.1.0/node_modules/mpm-session/',
    '/home/a/npx/mpm-session/',
  ])('is not one that is installed: %s', (directory) => {
    expect(isRunOnce(directory)).toBe(false);
  });
});
