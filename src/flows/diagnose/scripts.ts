import path from 'node:path';
import { ask, openRepository, type Repository } from '../../git/repository.ts';
import { gitEnvironment } from '../../git/spawn.ts';
import { worktreeRoots } from '../../git/worktrees.ts';
import type { Decision } from '../../hooks/decisions.ts';
import { physicalPath } from '../../integrations/surroundings.ts';
import { readHeader, type VaultHeader, vaultScripts } from '../../integrations/vault-scripts.ts';
import { isInside } from '../../paths.ts';
import { runProgram } from '../../programs.ts';
import { cleanLine } from '../../session/clean-text.ts';
import { type HookDecision, readDecisions } from '../../store/hook-log.ts';
import { readRegularFile, whatIsAt } from '../../store/read-files.ts';
import { hookFiles, type Vault } from '../../store/vault.ts';
import { type Check, mendable, problem, well } from './check.ts';
import type { Examined } from './examined.ts';

const names = [hookFiles.postCheckout, hookFiles.guard];

/** As much as a script of ours ever has. */
const largestScript = 1024 * 1024;

/** The texts of the vault's scripts; undefined for one that is not there, or cannot be read. */
export function readVaultScripts({ directory }: Vault): readonly (string | undefined)[] {
  return names.map((name) => {
    const read = readRegularFile(path.join(directory, name), largestScript);
    return read.kind === 'read' ? read.content.toString('utf8') : undefined;
  });
}

/** Whether the scripts that hooks run are there and of this version, and find the program. */
export async function checkScripts(examined: Examined): Promise<readonly Check[]> {
  const { vault } = examined;
  const missing = names.filter((_, at) => readVaultScripts(vault)[at] === undefined);
  if (missing.length > 0) {
    const files = missing.map((name) => path.join(vault.directory, name)).join(', ');
    return [mendable('scripts-missing', `What the hooks run is not there: ${files}.`, 'setup')];
  }
  const headers = readVaultScripts(vault).flatMap((text) => readHeader(text ?? '') ?? []);
  const [header] = headers;
  if (header === undefined || headers.length < names.length) {
    return [mendable('scripts-damaged', 'The scripts in the vault were edited.', 'setup')];
  }
  const other = headers.find(({ version }) => version !== examined.io.version);
  return [checkDrift(other ?? header, examined), await checkProgram(header, examined)];
}

/** Against the scripts of this program, with the header that they were given. */
function checkDrift(header: VaultHeader, { io, vault, scene }: Examined): Check {
  if (header.version !== io.version) {
    return mendable(
      'scripts-outdated',
      `The hooks' scripts are of mpm-session ${header.version}, and this is ${io.version}.`,
      'setup',
    );
  }
  const { packageDirectory } = io;
  const wanted = { packageDirectory, vaultDirectory: vault.directory, header };
  if (vaultScripts(wanted, scene.surroundings.read).length > 0) {
    return mendable('scripts-edited', "The hooks' scripts are not those of this program.", 'setup');
  }
  return well('scripts', `The hooks' scripts are of this version, ${io.version}.`);
}

/** Not NODE_OPTIONS and the like, which would have Node load other files. */
const passedOn = ['PATH', 'HOME', 'SystemRoot'];

/**
 * The directory of a work tree, directly below its top, that one of the files is in or is led to by
 * links, and of which git tracks something: by the same rule hooks do not run it.
 */
async function trackedAround(
  files: readonly string[],
  repository: Repository,
): Promise<string | undefined> {
  const places = files.flatMap((file) => [file, physicalPath(file)]);
  for (const root of await worktreeRoots(repository)) {
    for (const place of places.filter((one) => isInside(root, one))) {
      const [first = ''] = path.relative(root, place).split(path.sep);
      if (await isTracked(first, root, repository)) return path.join(root, first);
    }
  }
  return undefined;
}

async function isTracked(name: string, root: string, repository: Repository): Promise<boolean> {
  const here = root === repository.layout.topLevel;
  const env = gitEnvironment(repository.program.env);
  const opened = here ? repository : await openRepository(root, env);
  if (opened === undefined) return false;
  const answer = await ask(opened, ['ls-files', '-z', '--', `:(top,literal,icase)${name}`]);
  return answer.stdout.length > 0;
}

/** Milliseconds; it only prints its version. */
const limit = 20_000;

async function checkProgram(
  { node, program }: VaultHeader,
  { io, repository }: Examined,
): Promise<Check> {
  const { topLevel } = repository.layout;
  if (program === '') {
    return well('program', 'Run by npx: the hooks say what is paused, and ask nothing.');
  }
  if (whatIsAt(program) === 'nothing') {
    return mendable('program-missing', `The hooks look for ${program}, which is gone.`, 'setup');
  }
  const tracked = await trackedAround([program, node], repository);
  if (tracked !== undefined) {
    return problem(
      'program-tracked',
      `git tracks files in ${tracked}, where the program is: hooks do not run what a branch may have brought, and only hint.`,
      'npm install --global mpm-session, then run: mpm-session init --install global',
    );
  }
  if (whatIsAt(node) === 'nothing') {
    return mendable('node-missing', `The hooks look for Node at ${node}; it is gone.`, 'setup');
  }
  const answer = await runProgram({
    path: node,
    args: [program, '--version'],
    directory: topLevel,
    env: Object.fromEntries(passedOn.map((name) => [name, io.env[name]])),
    timeout: limit,
  });
  if (answer.exit === 0 && answer.stdout.startsWith('mpm-session ')) {
    return well('program', `The hooks find the program: ${answer.stdout.trim()}.`);
  }
  const [said = ''] = answer.stderr.trim().split('\n').slice(-1);
  return mendable(
    'program-broken',
    `${node} does not run ${program} (exit ${answer.exit ?? 'by a signal'}): ${cleanLine(said)}`,
    'setup',
  );
}

/** Of a file that is only appended to, as much as is looked at. */
const mostRead = 16 * 1024 * 1024;

/**
 * Whether the last run of the program in a hook failed, where nobody saw it: the log says so, and
 * `hook-error` what Node said. That file alone means nothing: Node speaks without failing, too.
 */
export async function checkHookError({ vault }: Examined): Promise<readonly Check[]> {
  const read = readRegularFile(path.join(vault.directory, hookFiles.hookError), mostRead);
  const failed = readDecisions(vault).find(isOfProgram);
  // No file: it has been forgotten since.
  if (read.kind === 'absent' || failed?.reason !== programFailed) {
    return [well('hook-error', 'No hook has failed.')];
  }
  const said = read.kind === 'read' ? read.content.toString('utf8') : '';
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  const shown = lines.find((line) => /\b(?:error|bug)\b/i.test(line)) ?? lines.at(-1);
  const what = shown?.trim() ?? `exit ${failed.detail ?? 'not known'}`;
  return [
    {
      ...mendable('hook-error', `A hook failed: ${cleanLine(what)}`, 'hook-error'),
      fix: `Report it if it is a bug; 'mpm-session doctor --fix' forgets it`,
    },
  ];
}

const programFailed: Decision = 'node-failed';

/** sh, which has no clock, writes of the program only that it failed; the rest has a time. */
function isOfProgram({ event, time, reason }: HookDecision): boolean {
  return event === 'post-checkout' && (time !== null || reason === programFailed);
}
