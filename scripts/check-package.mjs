/**
 * Packs the package as it would be published, lets publint judge it, and starts each of its
 * programs from the unpacked files with nothing else installed. Needs a built dist/.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const directory = mkdtempSync(path.join(tmpdir(), 'mpm-session-package-'));
try {
  const tarball = pack(directory);
  const unpacked = unpack(tarball, directory);
  const problems = [...(await lint(tarball)), ...missing(unpacked), ...start(unpacked)];
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function pack(destination) {
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', destination], {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  const [file] = readdirSync(destination);
  return path.join(destination, file);
}

async function lint(tarball) {
  const contents = readFileSync(tarball);
  const { messages, pkg } = await publint({
    pack: {
      tarball: contents.buffer.slice(contents.byteOffset, contents.byteOffset + contents.length),
    },
    strict: true,
  });
  return messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`);
}

function unpack(tarball, destination) {
  execFileSync('tar', ['-xzf', path.basename(tarball)], { cwd: destination });
  return path.join(destination, 'package');
}

/** npm packs without a word when an entry of `files` is not there. */
function missing(packageDirectory) {
  return manifest(packageDirectory)
    .files.filter((file) => !existsSync(path.join(packageDirectory, file)))
    .map((file) => `${file}, listed in package.json, is not in the package`);
}

function start(packageDirectory) {
  const { bin } = manifest(packageDirectory);
  return Object.entries(bin).flatMap(([name, file]) => {
    try {
      execFileSync(process.execPath, [path.join(packageDirectory, file), '-h'], { stdio: 'pipe' });
      return [];
    } catch (error) {
      return [`${name} -h does not run from the packed package: ${error.message}`];
    }
  });
}

function manifest(packageDirectory) {
  return JSON.parse(readFileSync(path.join(packageDirectory, 'package.json'), 'utf8'));
}
