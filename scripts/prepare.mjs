/**
 * After `npm install` or `npm ci` in a checkout, and before `npm pack`: builds dist/, and installs
 * this project's own git hooks where a person works on it.
 */
import { existsSync } from 'node:fs';

if (isInstalled('esbuild') && isInstalled('husky')) {
  await import('./build.mjs');
  if (process.env.CI === undefined && existsSync('.git')) await installGitHooks();
} else {
  console.error('mpm-session: not built, because its development dependencies are not installed.');
}

function isInstalled(name) {
  return existsSync(new URL(`../node_modules/${name}/package.json`, import.meta.url));
}

async function installGitHooks() {
  const { default: husky } = await import('husky');
  // What it says is why it did nothing; no hooks is no reason to fail an installation.
  const problem = husky();
  if (problem !== '') console.error(`mpm-session: no git hooks installed: ${problem.trim()}`);
}
