import type { Buffer } from 'node:buffer';
import path from 'node:path';
import { realDirectory } from '../../git/layout.ts';
import { blockStart } from '../../hooks/blocks.ts';
import type { HookEvent } from '../../hooks/events.ts';
import { whatIsAt } from '../../store/read-files.ts';
import type { Dead, FileScene, Reach } from '../integration.ts';
import { findBlock, hasCarriageReturnInShebang } from '../managed-block.ts';
import { physicalPath } from '../surroundings.ts';
import { type Found, follow } from './follow-links.ts';
import { isByHand } from './hook-file.ts';

/** What runs a hook file besides git. */
export interface Runner {
  readonly name: string;
  /** The variable by which a user has it run no hook. */
  readonly off?: { readonly variable: string; readonly values: readonly string[] };
  /** What it writes above our block, and which ends nothing. */
  readonly preamble?: RegExp;
}

/** A hook file, as it was found. */
export interface HookText {
  readonly scene: FileScene;
  readonly file: string;
  readonly found: Found;
  /** Undefined when it is git alone. */
  readonly runner: Runner | undefined;
}

/** Whether our answer to an event is in a file, whole or edited. */
export function isOursIn(event: HookEvent, { content }: Found): boolean {
  return placeOfBlock(event, content) !== 'nowhere';
}

/** A file that git itself starts. */
export function judgeFile(event: HookEvent, hook: HookText): Reach {
  const { file, found, runner } = hook;
  if (!isOursIn(event, found)) return dead({ code: 'hook-missing', file, by: runner?.name });
  if (!found.isExecutable) return dead({ code: 'hook-not-executable', file });
  const program = interpreterOf(found.text);
  if (program !== undefined && whatIsAt(physicalPath(program)) === 'nothing') {
    return dead({ code: 'hook-interpreter-missing', file, program });
  }
  return judgeText(event, hook);
}

/** The interpreter that the first line names by its absolute path (execve(2)). */
function interpreterOf(text: string): string | undefined {
  return /^#! ?(\/[^ \t\r\n]+)/.exec(text)?.[1];
}

/** A file that is run as a shell script, whatever its permissions and its first line. */
export function judgeText(event: HookEvent, { scene, file, found, runner }: HookText): Reach {
  const through = { kind: 'file', file, by: runner?.name } as const;
  const place = placeOfBlock(event, found.content, runner?.preamble);
  if (runner !== undefined && place !== 'nowhere' && isOff(runner, scene)) return off(runner);
  switch (place) {
    case 'nowhere':
      return dead({ code: 'hook-missing', file, by: runner?.name });
    case 'edited':
      return dead({ code: 'block-edited', file });
    case 'carriage-returns':
      return dead({ code: 'hook-carriage-returns', file });
    case 'late':
      return { state: 'shared', through, others: 'what stands above our block', order: 'behind' };
    case 'by-hand':
      return { state: 'shared', through, others: 'what else is in that file', order: 'beside' };
    case 'first':
      return { state: 'reached', through };
  }
}

export function isOff({ off: way }: Runner, { env }: FileScene): boolean {
  return way?.values.includes(env[way.variable] ?? '') === true;
}

export function off({ name, off: way }: Runner): Reach {
  return dead({ code: 'hook-manager-off', by: name, variable: way?.variable ?? '' });
}

type Place = 'first' | 'late' | 'by-hand' | 'edited' | 'carriage-returns' | 'nowhere';

/** `first`: above it are only the interpreter's line, comments, blank lines and options of the shell. */
function placeOfBlock(event: HookEvent, content: Buffer, preamble?: RegExp): Place {
  const found = findBlock(content);
  if (found.kind === 'none') return isByHand(event, content) ? 'by-hand' : 'nowhere';
  if (found.kind !== 'ours' || found.event !== event) return 'edited';
  if (hasCarriageReturnInShebang(content)) return 'carriage-returns';
  const at = content.indexOf(blockStart);
  const above = content.subarray(0, at).toString('latin1');
  const rest = preamble === undefined ? above : above.replace(preamble, '');
  if (!found.isCurrent && content.subarray(at).includes('\r\n')) return 'carriage-returns';
  return onlyHarmless.test(rest) ? 'first' : 'late';
}

const onlyHarmless = /^(?:[ \t]*(?:#[^\n]*|set [-+][a-z]+[a-z ]*)?\n)*$/;

/** No block where git looks: perhaps it is where git looked once. */
export function missing(event: HookEvent, { surroundings }: FileScene, file?: string): Reach {
  const { hooksDirectory, hooksPath, commonDir, topLevel } = surroundings;
  const here = file ?? path.join(hooksDirectory, event);
  const elsewhere = [
    path.join(commonDir, 'hooks', event),
    path.join(topLevel, '.husky', event),
  ].find((other) => {
    const found = follow(surroundings, other);
    return other !== here && found !== undefined && isOursIn(event, found);
  });
  if (hooksPath !== undefined && realDirectory(hooksDirectory) === undefined) {
    const { value, scope } = hooksPath;
    const elsewhere = realDirectory(path.resolve(path.dirname(commonDir), value));
    const directory = hooksDirectory;
    return dead({ code: 'hooks-directory-missing', directory, value, scope, elsewhere });
  }
  if (elsewhere !== undefined && hooksPath !== undefined) {
    return dead({ code: 'hooks-path-elsewhere', ...hooksPath, block: elsewhere });
  }
  return dead({ code: 'hook-missing', file: here, by: undefined });
}

export function dead(cause: Dead): Reach {
  return { state: 'dead', cause };
}
