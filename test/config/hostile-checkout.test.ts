/**
 * What a branch could bring to make `mpm-session` run code, hang or read elsewhere. Each case runs in
 * a process of its own, whose current directory is the hostile checkout.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../helpers/temporary.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));
let program: string;
let top: string;
let canary: string;

beforeEach(() => {
  top = temporaryDirectory();
  canary = path.join(temporaryDirectory(), 'code-has-run');
  program = buildDriver(temporaryDirectory());
});

describe('code in the checkout is not run', () => {
  const config = { '.mpmrc': 'formats: [json]' };
  const cases: Readonly<Record<string, () => Readonly<Record<string, string>>>> = {
    '.mpmrc.js': () => ({ '.mpmrc.js': evil(), '.mpmrc.cjs': evil(), ...config }),
    'mpm.config.cjs alone': () => ({ 'mpm.config.cjs': evil() }),
    '.config/mpmrc.cjs': () => ({ '.config/mpmrc.cjs': evil(), ...config }),
    'cosmiconfig’s .config/config.js': () => ({ '.config/config.js': evil(), ...config }),
    'cosmiconfig’s .config/config.cjs': () => ({ '.config/config.cjs': evil(), ...config }),
    'cosmiconfig’s .config/config.ts': () => ({ '.config/config.ts': evil(), ...config }),
    'cosmiconfig’s .config/config.json with $import': () => ({
      ...{ '.config/config.json': '{"$import": "../evil.cjs"}', 'evil.cjs': evil(), ...config },
    }),
    'package.json#cosmiconfig with $import': () => ({
      ...{ 'package.json': '{"cosmiconfig": {"$import": "./evil.cjs"}}', 'evil.cjs': evil() },
      ...config,
    }),
    '$import in .mpmrc': () => ({ '.mpmrc': '$import: ./evil.cjs', 'evil.cjs': evil() }),
    '$import in .mpmrc.json': () => ({
      ...{ '.mpmrc.json': '{"$import": ["./evil.cjs"]}', 'evil.cjs': evil() },
    }),
    '$import in package.json#mpm': () => ({
      ...{ 'package.json': '{"mpm": {"$import": "./evil.cjs"}}', 'evil.cjs': evil() },
    }),
    '$import in package.json': () => ({
      ...{ 'package.json': '{"$import": "./evil.cjs", "mpm": {}}', 'evil.cjs': evil() },
    }),
    'a function in YAML': () => ({
      '.mpmrc': `formats: !!js/function "function () { ${evil()} }"`,
    }),
  };

  it.each(Object.entries(cases))('%s', (_, files) => {
    put(files());
    const { cwd } = load();
    expect(existsSync(canary)).toBe(false);
    expect(cwd).toBe(top);
  });

  it('and would have been, by this very canary', () => {
    put({ 'evil.cjs': evil() });
    spawnSync(process.execPath, ['evil.cjs'], { cwd: top });
    expect(existsSync(canary)).toBe(true);
  });

  it('and the user is told what was not run', () => {
    put({ '.config/config.js': evil(), '.mpmrc': '$import: ./evil.cjs' });
    expect(load().issues).toEqual([
      '.config/config.js: code, which is never loaded',
      ".mpmrc line 1: '$import': a configuration file cannot import another",
    ]);
  });
});

describe('settings of cosmiconfig in the checkout have no effect', () => {
  it.each<readonly [string, Readonly<Record<string, string>>]>([
    [
      'another place to search',
      { 'package.json': '{"cosmiconfig": {"cosmiconfig": {"searchPlaces": ["evil"]}}}' },
    ],
    [
      'another place only',
      {
        '.config/config.yaml': 'cosmiconfig: {searchPlaces: ["evil"], mergeSearchPlaces: false}',
      },
    ],
    [
      'our settings in its file',
      { '.config/config.json': '{"mpm": {"formats": ["yaml", "json"]}}' },
    ],
    [
      'what makes it throw',
      { 'package.json': '{"cosmiconfig": {"cosmiconfig": {"loaders": {}}}}' },
    ],
    ['what stops it', { '.config/config.json': 'no JSON' }],
  ])('%s', (_, files) => {
    put({ ...files, evil: '{"formats": ["md", "json"]}', '.mpmrc': 'formats: [json]' });
    expect(load()).toMatchObject({ formats: ['json'], issues: [] });
  });
});

describe('nothing hangs', () => {
  it.each(['.mpmrc', '.mpmrc.json', '.config/mpmrc.yaml'])('a FIFO in the place of %s', (name) => {
    mkdirSync(path.join(top, '.config'));
    makeFifo(path.join(top, name));
    expect(load().issues).toEqual([`${name}: not read, because it is a FIFO`]);
  });

  it.skipIf(process.platform === 'win32')('a FIFO in the place of package.json', () => {
    makeFifo(path.join(top, 'package.json'));
    expect(load().issues).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('a link to an endless device', () => {
    symlinkSync('/dev/zero', path.join(top, '.mpmrc'));
    symlinkSync('/dev/zero', path.join(top, 'package.json'));
    expect(load().issues).toEqual(['.mpmrc: not read, because it is a symbolic link']);
  });
});

describe('what is not needed is not loaded', () => {
  it('neither cosmiconfig nor yaml without a configuration file', () => {
    put({ 'package.json': '{"name": "x"}', '.config/config.js': evil(), 'mpm.config.js': evil() });
    expect(load().libraries).toEqual([]);
  });

  it('both with one', () => {
    put({ '.mpmrc': 'formats: [json]' });
    expect(load().libraries).toEqual(['cosmiconfig', 'yaml']);
  });
});

interface Answer {
  readonly formats: readonly string[];
  readonly issues: readonly string[];
  readonly libraries: readonly string[];
  readonly cwd: string;
}

/** Kills it after 10 s: whatever takes longer hangs. */
function load(): Answer {
  const run = spawnSync(process.execPath, [program, top], {
    cwd: top,
    encoding: 'utf8',
    timeout: 10_000,
    killSignal: 'SIGKILL',
  });
  if (run.status !== 0) throw new Error(`signal ${run.signal}: ${run.stderr}`);
  return JSON.parse(run.stdout) as Answer;
}

const driver = `
import { createRequire } from 'node:module';
import { loadConfig } from './src/config/load.ts';
import { describeIssue } from './src/config/issue.ts';
const [topLevel] = process.argv.slice(2);
const here = import.meta.dirname;
const { config, issues } = await loadConfig({
  topLevel, userDirectory: here + '/none', packageDirectory: here,
});
const loaded = Object.keys(createRequire(import.meta.url).cache);
console.log(JSON.stringify({
  formats: config.formats,
  issues: issues.map(describeIssue),
  libraries: ['cosmiconfig', 'yaml'].filter((name) =>
    loaded.some((file) => file.includes('/node_modules/' + name + '/'))),
  cwd: process.cwd(),
}));
`;

/** Our sources bundled, the libraries as they are installed; TypeScript is among them. */
function buildDriver(directory: string): string {
  symlinkSync(path.join(project, 'node_modules'), path.join(directory, 'node_modules'));
  buildSync({
    stdin: { contents: driver, resolveDir: project, loader: 'ts' },
    ...{ outdir: directory, outExtension: { '.js': '.mjs' }, bundle: true, splitting: true },
    ...{ packages: 'external', format: 'esm', platform: 'node' },
  });
  return path.join(directory, 'stdin.mjs');
}

function evil(): string {
  return `require('fs').writeFileSync(${JSON.stringify(canary)}, '');`;
}

function put(files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(top, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

function makeFifo(file: string): void {
  spawnSync('mkfifo', [file]);
  if (!existsSync(file)) throw new Error('mkfifo made nothing');
}
