/**
 * Bundles src/bin/*.ts into dist/: one executable per bin, shared chunks loaded when needed, the
 * scripts that git's hooks run, and the licenses of what was bundled. Plain JavaScript, because Node 20 does not run TypeScript.
 */
import { chmod, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const dist = path.join(root, 'dist');

/** Not a program of its own: what the programs in src/bin share. */
const sharedStart = 'start.ts';

/** Loaders of configuration that is code, and the parsers that our own loaders stand in for. */
const forbidden = /^(?:typescript|js-yaml|parse-json|import-fresh|@babel\/.*)$/;

/**
 * Modules that do not ship, and what stands in for them.
 * - cosmiconfig's default loaders execute .js and .ts configuration, and through them esbuild would
 *   bundle the whole TypeScript compiler. config/search replaces all of them, but not for
 *   what cosmiconfig reads on its own account (`package.json#cosmiconfig`): that is empty here.
 * - debug, inside simple-git, tries to load supports-color and finds what a development dependency
 *   happens to have installed.
 */
const replacements = [
  {
    filter: /[\\/]cosmiconfig[\\/]dist[\\/]loaders\.js$/,
    contents: `
      const refuse = (file) => {
        throw new Error(file + ' is code, and is never loaded');
      };
      const nothing = () => ({});
      Object.assign(exports, { loadJs: refuse, loadJsSync: refuse, loadTs: refuse, loadTsSync: refuse });
      Object.assign(exports, { loadJson: nothing, loadYaml: nothing });`,
  },
  { filter: /[\\/]supports-color[\\/]index\.js$/, contents: 'module.exports = {};' },
];

await main().catch((error) => {
  // esbuild has printed its own.
  if (error.errors === undefined) console.error(error);
  process.exitCode = 1;
});

async function main() {
  const { metafile, outputFiles } = await bundle(await programs());
  const packages = bundledPackages(metafile);
  refuseForbidden(packages);
  const notices = await thirdPartyNotices(packages);

  // Beside dist, so that the swap is a rename and a running hook never sees a half-written dist.
  const fresh = `${dist}.tmp-${process.pid}`;
  try {
    for (const { path: file, contents } of outputFiles) {
      await writeOutput(path.join(fresh, path.relative(dist, file)), contents);
    }
    await copyHooks(path.join(fresh, 'hooks'));
    await writeFile(path.join(fresh, 'THIRD-PARTY-NOTICES.txt'), notices);
    await swapIn(fresh);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function programs() {
  const directory = path.join(root, 'src/bin');
  const files = await readdir(directory);
  const entries = files.filter((file) => file.endsWith('.ts') && file !== sharedStart);
  if (entries.length === 0) throw new Error(`no program to build in ${directory}`);
  return entries.map((file) => path.join(directory, file));
}

function bundle(entryPoints) {
  return build({
    absWorkingDir: root,
    entryPoints,
    outdir: dist,
    entryNames: 'bin/[name]',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Names stay and lines are short, so that the stack trace in a bug report can be read.
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 120,
    legalComments: 'none',
    // Some of the bundled packages are CommonJS and require Node's own modules.
    banner: {
      js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);',
    },
    plugins: [{ name: 'replacements', setup: replaceModules }],
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
}

function replaceModules({ onLoad, onResolve }) {
  for (const { filter, contents } of replacements) {
    onLoad({ filter }, () => ({ contents, loader: 'js' }));
  }
  // yaml would print what it reads when the environment says LOG_TOKENS or LOG_STREAM.
  onResolve({ filter: /^(?:node:)?process$/ }, ({ importer }) =>
    /[\\/]yaml[\\/]dist[\\/]/.test(importer) ? { path: 'process', namespace: 'silent' } : undefined,
  );
  onLoad({ filter: /.*/, namespace: 'silent' }, () => ({
    contents: 'module.exports = { env: {}, emitWarning() {} };',
    loader: 'js',
  }));
}

/** Name → directory of every package that a bundled file comes from. */
function bundledPackages(metafile) {
  const found = new Map();
  const inputs = Object.keys(metafile.inputs).filter(
    (input) => !replacements.some(({ filter }) => filter.test(input)),
  );
  for (const input of inputs) {
    const match = /^(.*\bnode_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(input);
    if (match !== null) found.set(match[2], path.join(root, match[1]));
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function refuseForbidden(packages) {
  const names = [...packages.keys()].filter((name) => forbidden.test(name));
  if (names.length > 0) throw new Error(`must not be bundled: ${names.join(', ')}`);
}

async function thirdPartyNotices(packages) {
  const parts = ['mpm-session contains code of the packages below, under their own licenses.\n'];
  for (const [name, directory] of packages) {
    const { version } = JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8'));
    parts.push(`${'-'.repeat(80)}\n${name} ${version}\n\n${await licenseText(name, directory)}`);
  }
  return parts.join('\n');
}

async function licenseText(name, directory) {
  const files = (await readdir(directory)).filter((file) =>
    /^(?:licen[cs]e|copying|notice)(?:\.(?:md|txt))?$/i.test(file),
  );
  if (files.length === 0) throw new Error(`${name} is bundled but has no license file`);
  const texts = await Promise.all(
    files.sort().map((file) => readFile(path.join(directory, file), 'utf8')),
  );
  return texts.map((text) => `${text.trim()}\n`).join('\n');
}

/** The scripts that `init` puts into vaults. */
async function copyHooks(target) {
  const source = path.join(root, 'src/hooks');
  const scripts = (await readdir(source)).filter((file) => file.endsWith('.sh'));
  if (scripts.length === 0) throw new Error(`no hook script in ${source}`);
  for (const script of scripts) await cp(path.join(source, script), path.join(target, script));
}

async function writeOutput(file, contents) {
  await mkdir(path.dirname(file), { recursive: true });
  if (path.basename(path.dirname(file)) !== 'bin') return writeFile(file, contents);
  await writeFile(file, `#!/usr/bin/env node\n${Buffer.from(contents)}`);
  // After the write, which leaves the umask's say in the mode.
  await chmod(file, 0o755);
}

/** Another build may be swapping at the same time: whichever is last stays. */
async function swapIn(fresh) {
  const old = `${dist}.old-${process.pid}`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await rename(fresh, dist);
    } catch (error) {
      const dirIsThere = ['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code);
      if (!dirIsThere || attempt === 10) throw error;
    }
    await rename(dist, old).catch((error) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rm(old, { recursive: true, force: true });
  }
}
