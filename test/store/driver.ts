import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { temporaryDirectory } from '../helpers/temporary.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Makes a program of a few lines that import from `./src`, for what needs a process of its own.
 *
 * @returns its path, to be run with this Node
 */
export function bundleDriver(source: string): string {
  const outfile = path.join(temporaryDirectory(), 'driver.mjs');
  buildSync({
    stdin: { contents: source, resolveDir: project, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'error',
    // Bundled CommonJS asks for Node's own modules by this name.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return outfile;
}
