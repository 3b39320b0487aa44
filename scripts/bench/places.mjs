/** What is measured: a copy of the built program, and generated repositories with sessions. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

/**
 * An environment built up from nothing. `NODE_EXTRA_CA_CERTS`, which Node 20 reads at every start
 * for longer than it otherwise takes to start, is thus not in it.
 */
export function environmentIn(directory) {
  const home = path.join(directory, 'home');
  mkdirSync(home);
  writeFileSync(
    path.join(home, '.gitconfig'),
    '[user]\n\tname = Bench\n\temail = bench@example.com\n[init]\n\tdefaultBranch = main\n' +
      '[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n',
  );
  const { PATH, SystemRoot, ComSpec, PATHEXT } = process.env;
  const machine = { PATH, SystemRoot, ComSpec, PATHEXT };
  return {
    ...Object.fromEntries(Object.entries(machine).filter(([, value]) => value !== undefined)),
    HOME: home,
    USERPROFILE: home,
    XDG_CONFIG_HOME: path.join(home, '.config'),
    GIT_CONFIG_NOSYSTEM: '1',
    TZ: 'UTC',
    LANG: 'C.UTF-8',
  };
}

/**
 * A copy of the built package, because somebody may build anew meanwhile.
 *
 * @returns the absolute path of each of its programs, by its name
 */
export function copyProgram(directory) {
  const copy = path.join(directory, 'program');
  cpSync(path.join(root, 'dist'), path.join(copy, 'dist'), { recursive: true });
  cpSync(path.join(root, 'package.json'), path.join(copy, 'package.json'));
  const { bin } = JSON.parse(readFileSync(path.join(copy, 'package.json'), 'utf8'));
  return Object.fromEntries(
    Object.entries(bin).map(([name, file]) => [name, path.join(copy, file)]),
  );
}

/** A repository of `files` small files in directories of 100, with ten commits, on `main`. */
export function createRepository(directory, { files, env }) {
  mkdirSync(directory);
  const git = (...args) => execFileSync('git', args, { cwd: directory, env, stdio: 'pipe' });
  git('init', '--quiet');
  for (let number = 0; number < files; number += 1) {
    const name = fileName(number);
    if (number % 100 === 0) mkdirSync(path.dirname(path.join(directory, name)));
    writeFileSync(path.join(directory, name), `file ${number}\n`.repeat(10));
  }
  git('add', '--all');
  git('commit', '--quiet', '-m', 'Everything');
  for (let number = 1; number < 10; number += 1) {
    writeFileSync(path.join(directory, fileName(0)), `version ${number}\n`);
    git('commit', '--quiet', '--all', '-m', `Commit ${number}`);
  }
  return directory;
}

function fileName(number) {
  return `directory-${Math.floor(number / 100)}/file-${number}.txt`;
}

/** Ten files, spread over the tree, get other contents: five of them staged. */
export function changeTenFiles(directory, { files, env }) {
  const names = Array.from({ length: 10 }, (_, index) =>
    fileName(Math.floor((index * files) / 10)),
  );
  for (const name of names) writeFileSync(path.join(directory, name), 'changed\n');
  execFileSync('git', ['add', '--', ...names.slice(0, 5)], { cwd: directory, env });
}

/** Removes every session, but keeps the directories: the next pause is not the first one. */
export function removeSessions(directory) {
  for (const place of [sessionsIn(directory), vaultIn(directory)]) {
    for (const name of readdirSync(place)) {
      if (name.startsWith('session-')) rmSync(path.join(place, name));
    }
  }
}

/**
 * Multiplies the one session of a repository to `count`, one minute apart, each with its record and
 * its three files, as that many pauses would have left them: a tenth on the branch they share with
 * the first, the others spread over 50 branches.
 */
export async function multiplySession(directory, count) {
  const { formats } = await loadFormats(directory);
  const [name] = readdirSync(vaultIn(directory));
  const { checksum: _, ...first } = JSON.parse(
    readFileSync(path.join(vaultIn(directory), name), 'utf8'),
  );
  for (let number = 1; number < count; number += 1) {
    const record = anotherSession(first, number);
    const id = record.session_id;
    writeFileSync(path.join(vaultIn(directory), `${id}.json`), formats.json.encode(record));
    for (const { extension, encode } of Object.values(formats)) {
      writeFileSync(path.join(sessionsIn(directory), `${id}${extension}`), encode(record));
    }
  }
}

function anotherSession(first, number) {
  const time = new Date(Date.parse(first.paused_at) - number * 60_000).toISOString();
  const digits = time.replace(/[-:]/g, '');
  const branch = number % 50;
  const elsewhere = {
    branch: `feature/${branch}`,
    branch_id: branch.toString(16).padStart(20, '0'),
  };
  return {
    ...first,
    session_id: `session-${digits.slice(0, 8)}-${digits.slice(9, 15)}`,
    paused_at: time,
    conversation: { ...first.conversation, summary: `About to test number ${number}` },
    git_context: { ...first.git_context, ...(number % 10 === 0 ? {} : elsewhere) },
  };
}

/** The program's own encoders, bundled as they stand in src/. */
async function loadFormats(directory) {
  const outfile = path.join(path.dirname(directory), `${path.basename(directory)}-formats.mjs`);
  await build({
    entryPoints: [path.join(root, 'src/formats/index.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  return import(pathToFileURL(outfile).href);
}

function sessionsIn(directory) {
  return path.join(directory, '.claude-mpm/sessions');
}

function vaultIn(directory) {
  return path.join(directory, '.git/mpm-session/sessions');
}
