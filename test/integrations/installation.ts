import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { openRepository } from '../../src/git/repository.ts';
import {
  applyEdits,
  applyReversal,
  type EditPlace,
  type Recovery,
  recoverInstallation,
} from '../../src/integrations/edits/apply-edits.ts';
import {
  type Manifest,
  readManifest,
  reverseEdits,
} from '../../src/integrations/edits/manifest.ts';
import { takeOutHooks } from '../../src/integrations/index.ts';
import type {
  EditPlan,
  HookManager,
  HookSurroundings,
} from '../../src/integrations/integration.ts';
import { readSurroundings } from '../../src/integrations/surroundings.ts';
import { vaultIn } from '../../src/store/vault.ts';
import type { TestRepository } from '../helpers/repository.ts';

export async function placeOf(repository: TestRepository): Promise<EditPlace> {
  const opened = await openRepository(repository.path, repository.env);
  if (opened === undefined) throw new Error('no repository');
  return {
    repository: opened,
    vault: vaultIn(opened.layout.commonDir),
    machine: { now: () => new Date(), processes: { pid: process.pid, isAlive: () => true } },
  };
}

export async function surroundingsOf(repository: TestRepository): Promise<HookSurroundings> {
  return readSurroundings((await placeOf(repository)).repository);
}

export async function install(repository: TestRepository, manager: HookManager): Promise<EditPlan> {
  const installation = manager.install(await surroundingsOf(repository));
  await applyEdits(await placeOf(repository), installation.edits);
  return installation;
}

/** As `uninstall` does it. */
export async function uninstall(repository: TestRepository): Promise<EditPlan> {
  const place = await placeOf(repository);
  const now = await readSurroundings(place.repository);
  const read = readManifest(place.vault);
  const manifest = read.kind === 'read' ? read.manifest : undefined;
  const reversal = reverseEdits(manifest, now, takeOutHooks(now));
  await applyReversal(place, reversal.edits);
  return reversal;
}

export async function recover(repository: TestRepository): Promise<Recovery> {
  return recoverInstallation(await placeOf(repository));
}

export async function manifestOf(repository: TestRepository): Promise<Manifest | undefined> {
  const read = readManifest((await placeOf(repository)).vault);
  return read.kind === 'read' ? read.manifest : undefined;
}

/** Every file, link and directory below `directory`, with its permissions and its bytes. */
export function snapshotOf(directory: string): readonly string[] {
  const visit = (name: string): readonly string[] => {
    const place = path.join(directory, name);
    const stat = lstatSync(place, { throwIfNoEntry: false });
    if (stat === undefined) return [`${name} absent`];
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isSymbolicLink()) return [`${name} -> ${readlinkSync(place)}`];
    if (!stat.isDirectory()) return [`${name} ${mode} ${shown(readFileSync(place))}`];
    // git's own examples say nothing, and are long.
    const below = readdirSync(place)
      .filter((child) => !child.endsWith('.sample'))
      .sort();
    return [`${name}/ ${mode}`, ...below.flatMap((child) => visit(path.join(name, child)))];
  };
  return visit('.');
}

/** Byte for byte; what is long by its hash. */
function shown(content: Buffer): string {
  if (content.length < 2000) return JSON.stringify(content.toString('latin1'));
  return createHash('sha256').update(content).digest('hex');
}

/** Scripts in the vault that write down that they ran, where a hook writes the same. */
export function answerHooks(
  repository: TestRepository,
  vault = path.join(repository.path, '.git/mpm-session'),
): void {
  mkdirSync(path.join(vault, 'offers'), { recursive: true });
  const log = `"${ranFile(repository)}"`;
  writeFileSync(path.join(vault, 'post-checkout'), `echo "ours $*" >>${log}\n`);
  writeFileSync(
    path.join(vault, 'guard'),
    `echo "guard $*" >>${log}\nsed 's/^/guard: /' >>${log}\n`,
  );
}

export function ranFile(repository: TestRepository): string {
  return path.join(repository.home, 'ran');
}

/** What ran since it was last asked, line by line. */
export function whatRan(repository: TestRepository): readonly string[] {
  const file = ranFile(repository);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  writeFileSync(file, '');
  return lines;
}
