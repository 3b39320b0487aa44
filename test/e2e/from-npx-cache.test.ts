import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { TestRepository } from '../helpers/repository.ts';
import { type RunResult, runCommand } from '../helpers/run.ts';
import { type Env, temporaryDirectory } from '../helpers/temporary.ts';
import { openTerminal } from '../helpers/terminal.ts';
import { onlyDocument, pause, readText, repositoryWithCommit } from './program.ts';
import { differences, everythingIn, none, type SetUp, takeOut } from './set-up.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  version: string;
};

const hasNpx = spawnSync('npx', ['--version']).status === 0;

/** The package as it would be published. */
function pack(): string {
  const directory = temporaryDirectory();
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', directory];
  const name = execFileSync('npm', args, { cwd: root, encoding: 'utf8' }).trim();
  return path.join(directory, name);
}

/** Where nothing listens, so that whatever asks a registry fails. */
const nowhere = 'http://127.0.0.1:1/';

/** A registry with nothing but this package; its address. */
async function startRegistry(tarball: string): Promise<string> {
  const content = readFileSync(tarball);
  const server = createServer((request, response) => {
    const base = `http://${request.headers.host}`;
    if (request.url?.endsWith('.tgz')) return void response.end(content);
    if (request.url !== '/mpm-session') return void response.writeHead(404).end('{}');
    const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`;
    const dist = { tarball: `${base}/mpm-session.tgz`, integrity };
    const { version } = manifest;
    const versions = { [version]: { ...manifest, scripts: {}, devDependencies: {}, dist } };
    const body = { name: 'mpm-session', 'dist-tags': { latest: version }, versions };
    return void response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}/`;
}

/** npm's directories are below HOME, its registry the one given. */
function envWith(repository: TestRepository, registry: string): Env {
  const { env, home } = repository;
  return {
    ...env,
    npm_config_registry: registry,
    npm_config_cache: path.join(home, '.npm'),
    npm_config_prefix: path.join(home, 'global'),
    npm_config_userconfig: path.join(home, '.npmrc'),
    npm_config_update_notifier: 'false',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_fetch_retries: '0',
  };
}

interface Npx {
  readonly repository: TestRepository;
  readonly env: Env;
  readonly run: (...args: readonly string[]) => Promise<RunResult>;
  readonly tarball: string;
}

async function npxIn(repository: TestRepository, kind: 'registry' | 'offline'): Promise<Npx> {
  const tarball = pack();
  const registry = kind === 'registry' ? await startRegistry(tarball) : nowhere;
  const env = envWith(repository, registry);
  const run = (...args: readonly string[]) =>
    runCommand({
      program: 'npx',
      args: ['--yes', `--package=${tarball}`, 'mpm-session', ...args],
      cwd: repository.path,
      env,
      timeout: 90_000,
    });
  return { repository, env, run, tarball };
}

function dataOf(run: RunResult): SetUp {
  const document = onlyDocument(run) as { ok: boolean; data: SetUp };
  if (!document.ok) throw new Error(run.stdout);
  return document.data;
}

function programOf(repository: TestRepository): string {
  const script = readText(repository.path, '.git/mpm-session/post-checkout');
  return (/^mpm_program=(.*)$/m.exec(script)?.[1] ?? 'absent').replace(/^'(.*)'$/, '$1');
}

const slow = { timeout: 180_000 };

describe.skipIf(!hasNpx)('init from npx’s cache (needs npx)', () => {
  it('installs nothing by itself: hooks hint, aliases fetch the package', slow, async () => {
    const repository = repositoryWithCommit();
    repository.commit('a project', { 'package.json': '{}\n', '.gitignore': 'node_modules\n' });
    const before = everythingIn(repository);
    const { env, run } = await npxIn(repository, 'offline');
    const done = dataOf(await run('init', '--yes', '--json'));
    expect(done).toMatchObject({ applied: true, firing: true, runs: [] });
    expect(done.notes.join()).toMatch(/not installed/);
    expect(programOf(repository)).toBe('');
    expect(repository.git('config', 'alias.mpm-pause')).toContain(
      `npx --yes --package=mpm-session@${manifest.version} git-mpm-pause`,
    );
    expect(readText(repository.path, 'package.json')).toBe('{}\n');
    expect(repository.git('status', '--porcelain')).toBe(' M .gitignore\n');

    await pause(repository, ['in npx']);
    repository.git('switch', '-qc', 'other');
    const { path: cwd } = repository;
    const back = await runCommand({ program: 'git', args: ['switch', 'main'], cwd, env });
    expect(back.code).toBe(0);
    expect(back.stderr).toMatch(/mpm-session: paused on main.*in npx/);

    expect(dataOf(await run('init', '--yes', '--json'))).toMatchObject({ applied: false });
    await takeOut(repository, '--purge');
    const isContent = (line: string) => !/\.git\/(?:index|HEAD|logs|refs)/.test(line);
    const { gone, new: added } = differences(before, everythingIn(repository));
    expect({ gone: gone.filter(isContent), new: added.filter(isContent) }).toEqual(none);
  });

  it('has aliases that work, from a subdirectory, past a hostile .npmrc', slow, async () => {
    const repository = repositoryWithCommit();
    const { env, run } = await npxIn(repository, 'registry');
    expect((await run('init', '--yes')).code).toBe(0);
    repository.write('below/.npmrc', `registry=${nowhere}\n`);
    repository.write('.npmrc', `registry=${nowhere}\n`);
    const cwd = path.join(repository.path, 'below');
    const { npm_config_registry: registry, ...others } = env;
    writeFileSync(path.join(repository.home, '.npmrc'), `registry=${registry}\n`);
    const paused = await runCommand({
      program: 'git',
      args: ['mpm-pause', 'fetched', '--json'],
      cwd,
      env: others,
      timeout: 90_000,
    });
    expect(paused).toMatchObject({ code: 0 });
    const { data } = JSON.parse(paused.stdout) as { data: { session: unknown } };
    expect(data.session).toMatchObject({ active_context: { working_directory: cwd } });
  });

  it('--install dev adds a devDependency, and hooks run that', slow, async () => {
    const repository = repositoryWithCommit();
    repository.commit('a project', { 'package.json': '{}\n', '.gitignore': 'node_modules\n' });
    const { run, env } = await npxIn(repository, 'registry');
    const planned = await run('init', '--install', 'dev');
    expect(planned.code).toBe(2);
    expect(planned.stdout).toMatch(
      /run +npm install --save-dev mpm-session@\S+ +changes package\.json, tracked by git/,
    );
    expect(existsSync(path.join(repository.path, 'node_modules'))).toBe(false);
    const done = dataOf(await run('init', '--yes', '--install', 'dev', '--json'));
    expect(done).toMatchObject({ applied: true, firing: true });
    expect(JSON.parse(readText(repository.path, 'package.json'))).toMatchObject({
      devDependencies: { 'mpm-session': expect.stringContaining(manifest.version) as string },
    });
    const program = path.join(repository.path, 'node_modules/mpm-session/dist/bin/mpm-session.js');
    expect(programOf(repository)).toBe(program);
    const { path: cwd } = repository;
    const listed = await runCommand({ program: 'git', args: ['mpm-sessions'], cwd, env });
    expect(listed.code).toBe(0);
    expect(dataOf(await run('init', '--yes', '--json'))).toMatchObject({ applied: false });
    const own = { program: process.execPath, args: [program, 'init', '--json'], cwd, env };
    expect(dataOf(await runCommand(own))).toMatchObject({ applied: false, edits: [] });
  });

  it('--install global installs for all repositories', slow, async () => {
    const repository = repositoryWithCommit();
    const { run } = await npxIn(repository, 'registry');
    const done = await run('init', '--yes', '--install', 'global');
    expect(done.code).toBe(0);
    expect(done.stderr).toMatch(
      /Running: npm install --global mpm-session@\S+\n[\s\S]*added 1 package/,
    );
    expect(done.stdout).toMatch(/^Set up in /);
    const program = programOf(repository);
    expect(program.startsWith(path.join(repository.home, 'global'))).toBe(true);
    expect(existsSync(program)).toBe(true);
    expect(repository.git('status', '--porcelain')).toBe('?? .gitignore\n');
  });

  it('an installation that fails is an error, and sets nothing up', slow, async () => {
    const repository = repositoryWithCommit();
    repository.commit('a project', { 'package.json': '{}\n' });
    const before = everythingIn(repository);
    const { run } = await npxIn(repository, 'offline');
    const failed = await run('init', '--yes', '--install', 'dev', '--json');
    expect(failed.code).toBe(1);
    expect(onlyDocument(failed)).toMatchObject({
      error: {
        code: 'installation-failed',
        // npm's first line of several, which names the cause.
        message: expect.stringMatching(/npm install --save-dev.* failed \(exit \d+\): code E/),
      },
    });
    expect(differences(before, everythingIn(repository))).toEqual(none);
  });

  it(
    'has nothing to add a devDependency to without a package.json, and says that',
    slow,
    async () => {
      const { run } = await npxIn(repositoryWithCommit(), 'offline');
      const failed = await run('init', '--yes', '--install', 'dev', '--json');
      expect(onlyDocument(failed)).toMatchObject({ error: { code: 'no-manifest' } });
    },
  );

  it('asks on a terminal how the program is to stay', slow, async () => {
    const repository = repositoryWithCommit();
    const { env, tarball } = await npxIn(repository, 'offline');
    const { path: cwd } = repository;
    const terminal = openTerminal('npx', ['--yes', `--package=${tarball}`, 'mpm-session', 'init'], {
      cwd,
      env,
    });
    await terminal.waitFor(/\[d\]ev {2}\[g\]lobal {2}\[n\]px {2}\(npx\) /, 90_000);
    terminal.type('f\r');
    await terminal.waitFor(/f\s*\n[^\n]*\[d\]ev/);
    terminal.type('\r');
    await terminal.waitFor(/Carry this out\?/);
    terminal.type('y\r');
    await terminal.waitFor(/Set up in/);
    expect((await terminal.exit).code).toBe(0);
    expect(programOf(repository)).toBe('');
  });
});
