import path from 'node:path';
import { readRegularFile } from './read-files.ts';
import { hookFiles, type Vault } from './vault.ts';

/** Two object ids and a ref. */
const largest = 8 * 1024;

/**
 * The branch that the hook saw entered in a work tree, from what its script notes after each switch:
 * `entered-<name of the work tree's git directory>` holds `<old> <new> <ref>`, and behind that line
 * what is left of a longer one. Undefined when that was no branch, or nothing is noted.
 */
export function branchLastEntered(vault: Vault, gitDir: string): string | undefined {
  const file = path.join(vault.directory, `${hookFiles.entered}${path.basename(gitDir)}`);
  const read = readRegularFile(file, largest);
  if (read.kind !== 'read') return undefined;
  return /^\S+ \S+ refs\/heads\/(\S+)\n/.exec(read.content.toString('utf8'))?.[1];
}
