import { Buffer } from 'node:buffer';
import { blockEnd, blockStart, hookBlock } from '../hooks/blocks.ts';
import { type HookEvent, hookEvents } from '../hooks/events.ts';

/**
 * Our block in a hook file. Hook files are bytes: they may be in any encoding, with any line ends,
 * or be no text at all. What is ours is known by its whole text, marker to marker, so that what
 * somebody has changed, or merely quotes, is never taken for it.
 */

/** What of ours is in a file. `line` counts from 1. */
export type BlockFound =
  | { readonly kind: 'none' }
  /** `isCurrent`: as this version writes it, rather than an older one or a converter of line ends. */
  | { readonly kind: 'ours'; readonly event: HookEvent; readonly isCurrent: boolean }
  /** One of the markers is there without the text that belongs to it. */
  | { readonly kind: 'edited'; readonly line: number }
  /** More than once, each as it was written. */
  | { readonly kind: 'several'; readonly line: number };

export function findBlock(content: Buffer): BlockFound {
  const blocks = wholeBlocks(content);
  const stray = strayMarker(content, blocks);
  if (stray !== undefined) return { kind: 'edited', line: lineOf(content, stray) };
  const [first, second] = blocks;
  if (first === undefined) return { kind: 'none' };
  if (second !== undefined) return { kind: 'several', line: lineOf(content, second.start) };
  const { event, isCurrent } = first.form;
  return { kind: 'ours', event, isCurrent };
}

/**
 * The hook file with the block of `event` in it, once and in this version's words: after the shebang,
 * otherwise at the top, where nothing of the user's can end the hook before. A block that was moved
 * stays where it is. Without a file, one of our own.
 *
 * @returns undefined when the file is no script for a shell that can run the block
 * @throws {Error} when what is there is `edited`: the caller has looked
 */
export function insertBlock(content: Buffer | undefined, event: HookEvent): Buffer | undefined {
  if (content === undefined) return ownFile(event);
  if (!isShellScript(content)) return undefined;
  const found = findBlock(content);
  switch (found.kind) {
    case 'edited':
      throw new Error('a block that was edited is not written over');
    case 'ours':
      return found.event === event ? renewed(content) : insertBlock(withoutBlocks(content), event);
    case 'several':
      return insertBlock(withoutBlocks(content), event);
    case 'none':
      return withBlock(content, event);
  }
}

/**
 * The hook file without our block: what it was before, to the byte.
 *
 * @returns `empty` when it was a file of our own, so that nothing is left. Parts that were edited
 *   stay.
 */
export function removeBlock(content: Buffer): Buffer | 'empty' {
  const [only, ...others] = wholeBlocks(content);
  if (only !== undefined && others.length === 0) {
    const before = content.subarray(0, only.start);
    if (before.equals(ownStart)) return withoutOwnStart(content.subarray(only.end));
  }
  return withoutBlocks(content);
}

/** A blank line follows, by which a file of ours differs from a user's with nothing but a shebang. */
const ownStart = Buffer.from('#!/bin/sh\n\n');

function ownFile(event: HookEvent): Buffer {
  return Buffer.concat([ownStart, Buffer.from(hookBlock(event))]);
}

/** Lines that were added to a file of ours need its shebang. */
function withoutOwnStart(rest: Buffer): Buffer | 'empty' {
  return rest.length === 0 ? 'empty' : Buffer.concat([Buffer.from('#!/bin/sh\n'), rest]);
}

function withBlock(content: Buffer, event: HookEvent): Buffer {
  const block = Buffer.from(hookBlock(event));
  const end = shebangEnd(content);
  const shebang = content.subarray(0, end);
  if (end === 0 || content[end - 1] === lineFeed) {
    return Buffer.concat([shebang, block, content.subarray(end)]);
  }
  // The line end that the shebang now needs is taken from the block, and so is known again.
  return Buffer.concat([shebang, Buffer.from('\n'), block.subarray(0, -1)]);
}

function renewed(content: Buffer): Buffer {
  const [block] = wholeBlocks(content);
  if (block === undefined || block.form.isCurrent) return content;
  const text = Buffer.from(hookBlock(block.form.event));
  const last = block.lacksLineEnd ? text.subarray(0, -1) : text;
  return Buffer.concat([content.subarray(0, block.start), last, content.subarray(block.end)]);
}

function withoutBlocks(content: Buffer): Buffer {
  const parts: Buffer[] = [];
  let kept = 0;
  for (const { start, end, lacksLineEnd } of wholeBlocks(content)) {
    const isAfterLine = lacksLineEnd && content[start - 1] === lineFeed;
    parts.push(content.subarray(kept, isAfterLine ? start - 1 : start));
    kept = end;
  }
  return Buffer.concat([...parts, content.subarray(kept)]);
}

interface Form {
  readonly event: HookEvent;
  readonly isCurrent: boolean;
  /** Without the line end after the last line. */
  readonly text: Buffer;
  readonly lineEnd: Buffer;
}

/**
 * Every text that a version of this program has written, and what a checkout can make of it. A
 * version that changes the block adds the one it replaces.
 */
const forms: readonly Form[] = hookEvents.flatMap((event) => {
  const block = hookBlock(event);
  return [form(event, true, block), form(event, false, block.replaceAll('\n', '\r\n'))];
});

function form(event: HookEvent, isCurrent: boolean, block: string): Form {
  const lineEnd = block.endsWith('\r\n') ? '\r\n' : '\n';
  const text = Buffer.from(block.slice(0, -lineEnd.length));
  return { event, isCurrent, text, lineEnd: Buffer.from(lineEnd) };
}

interface WholeBlock {
  readonly form: Form;
  readonly start: number;
  /** After its line end. */
  readonly end: number;
  /** At the end of the file, where `insertBlock` may have left it out. */
  readonly lacksLineEnd: boolean;
}

const marker = Buffer.from(blockStart);

/** In order. */
function wholeBlocks(content: Buffer): readonly WholeBlock[] {
  const found: WholeBlock[] = [];
  for (let at = content.indexOf(marker); at >= 0; at = content.indexOf(marker, at + 1)) {
    const block = isLineStart(content, at) ? blockAt(content, at) : undefined;
    if (block !== undefined) found.push(block);
  }
  return found;
}

function blockAt(content: Buffer, start: number): WholeBlock | undefined {
  for (const each of forms) {
    const end = start + each.text.length;
    if (!content.subarray(start, end).equals(each.text)) continue;
    if (end === content.length) return { form: each, start, end, lacksLineEnd: true };
    const after = end + each.lineEnd.length;
    if (!content.subarray(end, after).equals(each.lineEnd)) continue;
    return { form: each, start, end: after, lacksLineEnd: false };
  }
  return undefined;
}

/** Where a line begins as one of our markers does and is not part of a whole block. */
function strayMarker(content: Buffer, blocks: readonly WholeBlock[]): number | undefined {
  const isOurs = (at: number) => blocks.some(({ start, end }) => start <= at && at < end);
  for (const words of [markerWords(blockStart), markerWords(blockEnd)]) {
    for (let at = content.indexOf(words); at >= 0; at = content.indexOf(words, at + 1)) {
      if (isLineStart(content, at) && !isOurs(at)) return at;
    }
  }
  return undefined;
}

/** `# >>> mpm-session ` and `# <<< mpm-session `, whatever version's. */
function markerWords(line: string): Buffer {
  return Buffer.from(line.slice(0, line.indexOf('mpm-session') + 'mpm-session '.length));
}

function isLineStart(content: Buffer, at: number): boolean {
  return at === 0 || content[at - 1] === lineFeed;
}

function lineOf(content: Buffer, at: number): number {
  return content.subarray(0, at).reduce((count, byte) => count + (byte === lineFeed ? 1 : 0), 1);
}

const lineFeed = 0x0a;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** Length of the first line, its end included, when it is a shebang; otherwise 0. */
function shebangEnd(content: Buffer): number {
  const start = content.subarray(0, byteOrderMark.length).equals(byteOrderMark) ? 3 : 0;
  if (content.subarray(start, start + 2).toString('latin1') !== '#!') return 0;
  const end = content.indexOf(lineFeed);
  return end < 0 ? content.length : end + 1;
}

/** The interpreter's words as the shebang gives them; none without a shebang. */
function interpreterWords(content: Buffer): readonly string[] {
  const line = content.subarray(0, shebangEnd(content)).toString('latin1');
  const words = line.slice(line.indexOf('#!') + 2).trim();
  return line === '' || words === '' ? [] : words.split(/[ \t]+/);
}

/**
 * Whether the shebang ends with a carriage return: on Unix the interpreter's name is taken to end
 * with it, and git cannot run the hook.
 */
export function hasCarriageReturnInShebang(content: Buffer): boolean {
  const line = content.subarray(0, shebangEnd(content)).toString('latin1');
  return /\r\n?$/.test(line);
}

/** Whether git runs this by a shell that understands the block. */
export function isShellScript(content: Buffer): boolean {
  if (shebangEnd(content) === 0) return !isProgram(content);
  const words = withoutEnv(interpreterWords(content));
  // The kernel refuses a shebang without a name; git then has `sh` run it.
  if (words === undefined) return false;
  if (words.length === 0) return true;
  const [program = '', ...options] = words;
  const name = nameOf(program);
  if (name === 'busybox') return isShell(options[0] ?? '', options.slice(1));
  return isShell(name, options);
}

function isShell(name: string, options: readonly string[]): boolean {
  return shells.has(name) && options.every((option, at) => isHarmless(option, options[at - 1]));
}

const shells: ReadonlySet<string> = new Set(['sh', 'bash', 'dash', 'ash', 'ksh', 'mksh', 'zsh']);

/** Of other options (`-c`, `-s`, `-n`, `-r`) it is not known that the file is run, or all of it. */
function isHarmless(option: string, before: string | undefined): boolean {
  if (/^[-+][abefhlmopuvxBCEHT]*$/.test(option)) return true;
  if (/^--(?:posix|norc|noprofile|login)$/.test(option)) return true;
  return /o$/.test(before ?? '') && /^[a-z]+$/.test(option);
}

function nameOf(program: string): string {
  return program.slice(Math.max(program.lastIndexOf('/'), program.lastIndexOf('\\')) + 1);
}

/** What `env` (env(1)) starts; undefined when it is told something unusual. */
function withoutEnv(words: readonly string[]): readonly string[] | undefined {
  const [program, ...rest] = words;
  if (program === undefined || nameOf(program) !== 'env') return words;
  const [first = ''] = rest;
  const started = first === '-S' || first === '-i' || first === '-' ? rest.slice(1) : rest;
  const isPlain = started[0] !== undefined && /^[^-=]+$/.test(started[0]);
  return isPlain ? started : undefined;
}

/** As much as git looks at to tell text from other things. */
const looked = 8000;

/** Mach-O, which need not have a NUL byte so early; others do. */
const machO = new Set(['feedface', 'feedfacf', 'cefaedfe', 'cffaedfe', 'cafebabe']);

/** Without a shebang: a program of the system's, or text that git has `sh` run. */
function isProgram(content: Buffer): boolean {
  const start = content.subarray(0, looked);
  return start.includes(0) || machO.has(start.subarray(0, 4).toString('hex'));
}
