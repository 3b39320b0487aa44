import path from 'node:path';
import type { Processes } from '../io.ts';
import { discard, replaceWhole } from './durable-files.ts';
import { namesIn } from './read-files.ts';
import { hookFiles, type Vault } from './vault.ts';

/**
 * How to put a terminal back, for the hook's sh should Node be killed while it asks: stty's absolute
 * path and, on a second line, its argument.
 *
 * @param group the process group of git
 */
export function rememberTerminal(
  vault: Vault,
  { group, stty, saved }: { readonly group: number; readonly stty: string; readonly saved: string },
  processes: Processes,
): void {
  removeOld(vault, processes);
  const file = { directory: vault.directory, name: fileName(group) };
  replaceWhole({ ...file, content: `${stty}\n${saved}\n`, isCopy: true }, processes);
}

export function forgetTerminal(vault: Vault, group: number): void {
  discard(path.join(vault.directory, fileName(group)));
}

/** Of gits that are long gone. */
function removeOld(vault: Vault, { isAlive }: Processes): void {
  for (const name of namesIn(vault.directory)) {
    const group = name.startsWith(hookFiles.terminal) ? name.slice(hookFiles.terminal.length) : '';
    if (!/^\d+$/.test(group) || isAlive(Number(group))) continue;
    discard(path.join(vault.directory, name));
  }
}

function fileName(group: number): string {
  return `${hookFiles.terminal}${group}`;
}
