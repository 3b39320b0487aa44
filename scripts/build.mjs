/**
 * Bundles src/bin/*.ts into dist/: one executable per bin, shared chunks loaded when needed, the
 * scripts that git's hooks run, and the licenses of what was bundled. Plain JavaScript, because
 * Node 20 does not run TypeScript.
 *
 * What hooks start, `mpm-session hook`, is bundled once more: one CommonJS file with all that it takes
 * to ask a question, since Node takes longer to link thirty small modules than to run them, and
 * longer to start with one ES module than with none. Whatever it loads later comes from the chunks.
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

/** What both bundles have in common. */
const common = {
  absWorkingDir: root,
  outdir: dist,
  bundle: true,
  platform: 'node',
  target: 'node20',
  // Names stay and lines are short, so that the stack trace in a bug report can be read.
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 120,
  legalComments: 'none',
  metafile: true,
  write: false,
  logLevel: 'warning',
};

const replacing = { name: 'replacements', setup: replaceModules };

/** Modules that the hook loads later and that are in its own bundle all the same. */
const neededToAsk = ['commands/hook.ts', 'bin/outside/controlling-terminal.ts'];

await main().catch((error) => {
  // esbuild has printed its own.
  if (error.errors === undefined) console.error(error);
  process.exitCode = 1;
});

async function main() {
  const files = await programs();
  const hook = await bundleHook();
  const chunks = await bundle([...files, ...hook.left]);
  const outputFiles = [...hook.outputFiles, ...chunks.outputFiles];
  const packages = bundledPackages({ ...hook.metafile.inputs, ...chunks.metafile.inputs });
  refuseForbidden(packages);
  const notices = await thirdPartyNotices(packages);

  // Beside dist, so that the swap is a rename and a running hook never sees a half-written dist.
  const fresh = `${dist}.tmp-${process.pid}`;
  try {
    for (const { path: file, contents } of outputFiles) {
      await writeOutput(path.join(fresh, path.relative(dist, file)), contents);
    }
    await writePrograms(path.join(fresh, 'bin'), files);
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

function bundle(sources) {
  return build({
    ...common,
    entryPoints: sources.map((file) => ({ in: file, out: `chunks/${chunkName(file)}` })),
    chunkNames: 'chunks/[name]-[hash]',
    splitting: true,
    format: 'esm',
    // Some of the bundled packages are CommonJS and require Node's own modules.
    banner: {
      js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);',
    },
    plugins: [replacing],
  });
}

/** With `left`: the modules that are left to the chunks. */
async function bundleHook() {
  const left = new Set();
  const leave = ({ onResolve }) =>
    onResolve({ filter: /^\./ }, ({ kind, path: to, resolveDir }) => {
      const file = path.join(resolveDir, to);
      const isNeeded = neededToAsk.includes(path.relative(path.join(root, 'src'), file));
      if (kind !== 'dynamic-import' || isNeeded) return undefined;
      left.add(file);
      return { path: `./${chunkName(file)}.js`, external: true };
    });
  const built = await build({
    ...common,
    stdin: {
      contents: "import { start } from './start.ts'; start({ as: 'mpm-session' });",
      resolveDir: path.join(root, 'src/bin'),
    },
    entryNames: 'chunks/hook',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    define: { 'import.meta.url': '__url' },
    banner: { js: 'const __url=require("node:url").pathToFileURL(__filename).href;' },
    plugins: [replacing, { name: 'leave', setup: leave }],
  });
  return { ...built, left: [...left] };
}

/** Of the chunk that has the exports of a module, or is a program. */
function chunkName(file) {
  return path.relative(path.join(root, 'src'), file).replace(/\.ts$/, '').replaceAll(path.sep, '-');
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
function bundledPackages(bundled) {
  const found = new Map();
  const inputs = Object.keys(bundled).filter(
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
  await writeFile(file, contents);
}

/** The executables: CommonJS, for the hook's sake, which is told from everything else here. */
async function writePrograms(target, files) {
  await mkdir(target, { recursive: true });
  await writeFile(path.join(target, 'package.json'), '{ "type": "commonjs" }\n');
  for (const source of files) {
    const name = path.basename(source, '.ts');
    const file = path.join(target, `${name}.js`);
    const start = `import('../chunks/${chunkName(source)}.js');`;
    const asHook = `if (process.argv[2] === 'hook') require('../chunks/hook.cjs');\nelse `;
    const program = `${name === 'mpm-session' ? asHook : ''}${start}`;
    await writeFile(file, `#!/usr/bin/env node\n'use strict';\n${program}\n`);
    // After the write, which leaves the umask's say in the mode.
    await chmod(file, 0o755);
  }
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
