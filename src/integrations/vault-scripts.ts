import path from 'node:path';
import { fail } from '../errors.ts';
import { shellQuote } from '../session/shell-quote.ts';
import { hookFiles } from '../store/vault.ts';
import type { FileEdit, FileState } from './integration.ts';

/** What `init` writes above the scripts that it copies into the vault. */
export interface VaultHeader {
  readonly version: string;
  /** Absolute path of the Node to run the program with. */
  readonly node: string;
  /** Absolute path of the program; empty when nothing is installed, and hooks can only hint. */
  readonly program: string;
  /** When `init` was run first, in seconds since 1970: commits made before are nobody's fault. */
  readonly since: number;
}

export interface VaultScripts {
  /** Of the package whose `dist/hooks` the scripts come from. */
  readonly packageDirectory: string;
  readonly vaultDirectory: string;
  readonly header: VaultHeader;
}

const scripts = [
  {
    name: hookFiles.postCheckout,
    source: 'post-checkout.sh',
    about: 'is run by the post-checkout hook',
  },
  {
    name: hookFiles.guard,
    source: 'guard.sh',
    about: 'is run by the hooks that keep sessions uncommitted',
  },
] as const;

const mode = 0o600;

/**
 * The edits that put the scripts of this version into the vault; none when all is so already.
 *
 * @throws Failure `cannot-read` when the package has no such scripts
 */
export function vaultScripts(
  wanted: VaultScripts,
  read: (file: string) => FileState,
): readonly FileEdit[] {
  return scripts.flatMap(({ name, source, about }): readonly FileEdit[] => {
    const target = path.join(wanted.vaultDirectory, name);
    const from = path.join(wanted.packageDirectory, 'dist', 'hooks', source);
    const content = Buffer.concat([headerText(wanted.header), contentOf(from, read)]);
    const before = read(target);
    if (isSo(before, content)) return [];
    const after = { kind: 'file', content, mode } as const;
    return [{ kind: 'file', target, tracked: false, before, after, about }];
  });
}

/** What the script of a vault was given; undefined when it has no header of ours. */
export function readHeader(script: string): VaultHeader | undefined {
  const version = variable(script, 'version');
  const node = variable(script, 'node');
  const program = variable(script, 'program');
  const since = variable(script, 'since');
  if (version === undefined || node === undefined || program === undefined) return undefined;
  if (since === undefined || !/^\d{1,15}$/.test(since)) return undefined;
  return { version, node, program, since: Number(since) };
}

function headerText({ version, node, program, since }: VaultHeader): Buffer {
  const lines = [
    "# 'mpm-session init' put this here, and 'mpm-session doctor --fix' mends it.",
    `mpm_version=${shellQuote(version)}`,
    `mpm_node=${shellQuote(node)}`,
    `mpm_program=${shellQuote(program)}`,
    `mpm_since=${since}`,
    '',
    '',
  ];
  return Buffer.from(lines.join('\n'));
}

function contentOf(file: string, read: (file: string) => FileState): Buffer {
  const state = read(file);
  if (state?.kind === 'file') return state.content;
  throw fail('cannot-read', { path: file, reason: 'it is missing from the package' });
}

/** Windows keeps no permissions that could be compared. */
function isSo(state: FileState, content: Buffer): boolean {
  if (state?.kind !== 'file' || !state.content.equals(content)) return false;
  return path.sep === '\\' || (state.mode & 0o777) === mode;
}

/** As {@link shellQuote} writes it; a quoted path may hold a line end. */
function variable(script: string, name: string): string | undefined {
  const assignment = new RegExp(`^mpm_${name}=((?:'[^']*'|\\\\'|[\\w@%+=:,./-])*)$`, 'm');
  const value = assignment.exec(script)?.[1];
  return value?.replace(/'([^']*)'|\\'/g, (_, quoted: string | undefined) => quoted ?? "'");
}
