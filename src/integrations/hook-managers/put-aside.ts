import { Buffer } from 'node:buffer';
import path from 'node:path';
import type { HookEvent } from '../../hooks/events.ts';
import { shellQuote } from '../../session/shell-quote.ts';
import type { FileState, HookSurroundings } from '../integration.ts';
import {
  hasCarriageReturnInShebang,
  insertBlock,
  isShellScript,
  removeBlock,
} from '../managed-block.ts';
import { follow, stateOf } from './follow-links.ts';
import { hookNames } from './hook-names.ts';

/**
 * How a hook that was put aside is run, for which what it sees of itself (`$0`, `argv[0]`) counts.
 * It lies beside the file that runs it, so that what it finds by its own directory is found.
 *
 * - `place`: by that path; its name is another one than before.
 * - `name`: by a link in a directory below, which has the event's name.
 * - `sourced`: read by a shell of its own kind, which was started by the event's file.
 */
export type AsideWay =
  | { readonly kind: 'place' }
  | { readonly kind: 'name' }
  | { readonly kind: 'sourced'; readonly shebang: string };

/** A hook that is to be put aside. */
export interface AsideHook {
  readonly surroundings: HookSurroundings;
  readonly event: HookEvent;
  /** As it is, without our block. */
  readonly state: Exclude<FileState, undefined>;
  /** Whether git runs it at all. */
  readonly isRun: boolean;
}

/** Undefined when it looks at its name and at its directory, and cannot be given both. */
export function wayFor(hook: AsideHook): AsideWay | undefined {
  const { surroundings, event, state } = hook;
  const file = path.join(surroundings.hooksDirectory, event);
  const content = state.kind === 'file' ? state.content : follow(surroundings, file)?.content;
  if (content === undefined || !hook.isRun) return { kind: 'place' };
  const text = content.toString('latin1');
  const looksAtName = nameUses.test(text.replaceAll('File::Basename', ''));
  const looksAtPlace = placeUses.test(text);
  if (looksAtName && looksAtPlace) return sourced(content);
  if (looksAtPlace) return { kind: 'place' };
  const isProgram = !text.startsWith('#!') && !isShellScript(content);
  const isMany = isProgram || isSharedLink(hook);
  return { kind: looksAtName || isMany ? 'name' : 'place' };
}

/** In sh, Python, Perl, Ruby and JavaScript. */
const nameUses =
  /basename|##\*\/|PROGRAM_NAME|case\s+"?\$\{?0|\$0"?\s*=~|\$\{?0\}?"?\s*==?\s*["']?\*|(?:argv\[[01]\]|__file__|__filename)\)?(?:\.resolve\(\))?\.(?:name|stem|split|rsplit|endswith|rpartition|match)/i;
const placeUses =
  /dirname|\bFindBin\b|__dir__|\$\{0%|(?:argv\[[01]\]|__file__)\)?(?:\.resolve\(\)|\.absolute\(\))?\.parent/i;

/** One file that answers several events by what it is called. */
function isSharedLink({ surroundings, event, state }: AsideHook): boolean {
  if (state.kind !== 'link') return false;
  return hookNames.some((other) => {
    const file = path.join(surroundings.hooksDirectory, other);
    const found = other === event ? undefined : stateOf(surroundings, file);
    return found?.kind === 'link' && found.target === state.target;
  });
}

/** zsh takes the file that it reads for `$0`. */
function sourced(content: Buffer): AsideWay | undefined {
  const [shebang = ''] = content.toString('latin1', 0, longestShebang).split('\n', 1);
  const isKnown = shebang.startsWith('#!') && shebang.length < longestShebang;
  if (!isKnown || !isShellScript(content) || hasCarriageReturnInShebang(content)) return undefined;
  return shebang.includes('zsh') ? undefined : { kind: 'sourced', shebang };
}

const longestShebang = 200;

/** The hook that was put aside. */
export function asidePath({ hooksDirectory }: HookSurroundings, event: HookEvent): string {
  return path.join(hooksDirectory, asideName(event));
}

function asideName(event: HookEvent): string {
  return `${event}.mpm-chained`;
}

/** Where the link is that has the event's name, and what it holds. */
export function nameLink({ hooksDirectory }: HookSurroundings, event: HookEvent) {
  const state = { kind: 'link', target: `../${asideName(event)}` } as const;
  return { file: path.join(hooksDirectory, linkDirectory, event), state };
}

const linkDirectory = 'mpm-chained';

/** The hook file that runs it. As git does, it passes over one that may not be executed. */
export function wrapper(event: HookEvent, way: AsideWay): Buffer {
  const content = insertBlock(wrapperWithoutBlock(event, way), event);
  if (content === undefined) throw new Error('the wrapper is no shell script');
  return content;
}

/** Which of those a hook file is, whatever version's block is in it. */
export function wrapperWay(event: HookEvent, content: Buffer): AsideWay | undefined {
  const plain = removeBlock(content);
  if (plain === 'empty') return undefined;
  const [shebang = ''] = plain.toString('latin1', 0, longestShebang).split('\n', 1);
  const ways: readonly AsideWay[] = [
    { kind: 'place' },
    { kind: 'name' },
    { kind: 'sourced', shebang },
  ];
  return ways.find((way) => wrapperWithoutBlock(event, way).equals(plain));
}

function wrapperWithoutBlock(event: HookEvent, way: AsideWay): Buffer {
  const file = way.kind === 'name' ? `${linkDirectory}/${event}` : asideName(event);
  const lines = [
    way.kind === 'sourced' ? way.shebang : '#!/bin/sh',
    "# The hook that was here before 'mpm-session init', unchanged; 'mpm-session uninstall' puts it back.",
    `mpm_hook=./${file}`,
    `case $0 in */*) mpm_hook=\${0%/*}/${file} ;; esac`,
    '[ -x "$mpm_hook" ] || exit 0',
    ...runLines(way),
    '',
  ];
  return Buffer.from(lines.join('\n'), 'latin1');
}

/** Another branch may have another program in its place. */
function runLines(way: AsideWay): readonly string[] {
  if (way.kind !== 'sourced') return ['exec "$mpm_hook" "$@"'];
  return [
    'IFS= read -r mpm_line <"$mpm_hook" || :',
    `[ "$mpm_line" = ${shellQuote(way.shebang)} ] || exec "$mpm_hook" "$@"`,
    'unset mpm_line',
    '. "$mpm_hook"',
  ];
}
