import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import type { ConfigurationEntry } from '../git/configuration.ts';
import type { Environment } from '../io.ts';
import { isInside } from '../paths.ts';
import { shellQuote } from '../session/shell-quote.ts';
import { isSystemError } from '../store/system-errors.ts';
import type { ConfigEdit } from './integration.ts';
import { isRunOnce } from './package-managers.ts';

/**
 * `git mpm-pause` runs the program `git-mpm-pause` from `PATH`. Where it is not there (a
 * devDependency's programs are only in node_modules/.bin), an alias in the repository's own
 * configuration stands in for it; a program on `PATH` goes before an alias.
 */

/** What the aliases run. */
export type AliasTarget =
  /** A program of ours on this machine: `directory` holds `<bin>.js`; both absolute. */
  | { readonly kind: 'installed'; readonly nodePath: string; readonly directory: string }
  /** The published package, fetched when it is needed. */
  | { readonly kind: 'npx'; readonly version: string };

/** The bins that are subcommands of git, and so the aliases. `mpm-session` itself is none. */
const subcommands = ['mpm-pause', 'mpm-resume', 'mpm-sessions'] as const;

const aliasKeys: readonly string[] = subcommands.map((name) => `alias.${name}`);

interface AliasPlan {
  readonly edits: readonly ConfigEdit[];
  readonly notes: readonly string[];
}

type Configured = Pick<ConfigurationEntry, 'scope' | 'value'>;

interface AliasWish {
  readonly target: AliasTarget;
  /** Which subcommands git finds by itself. */
  readonly isFound: (subcommand: string) => boolean;
  /** What configures a key, in any scope. */
  readonly configured: (key: string) => readonly Configured[];
}

/** The aliases that are missing or out of date; one of the user's own is left, and said. */
export function planAliases({ target, isFound, configured }: AliasWish): AliasPlan {
  const missing = subcommands.filter((name) => !isFound(name));
  const plans = missing.map((name) => planAlias(name, target, configured(`alias.${name}`)));
  return {
    edits: plans.flatMap(({ edits }) => edits),
    notes: plans.flatMap(({ notes }) => notes),
  };
}

function planAlias(name: string, target: AliasTarget, found: readonly Configured[]): AliasPlan {
  const key = `alias.${name}`;
  const after = aliasValue(name, target);
  if (found.some(({ value }) => !isOwnAlias(value))) {
    return { edits: [], notes: [`${key} is an alias of your own, and is left as it is.`] };
  }
  const before = found.flatMap(({ scope, value }) => (scope === 'local' ? [value] : []));
  if (before.length === 1 && before[0] === after) return { edits: [], notes: [] };
  const about = `makes 'git ${name}' work: its program is not on PATH`;
  return {
    edits: [{ kind: 'config', target: key, tracked: false, before, after: [after], about }],
    notes: [],
  };
}

/**
 * git runs what follows `!` by `sh -c '<value> "$@"'` at the top level of the work tree, and says in
 * `GIT_PREFIX` where in it the user was (git-config(1), `alias.*`). npx is run at home: in a work
 * tree it would read an .npmrc that a branch brought, and run what node_modules holds.
 */
function aliasValue(name: string, target: AliasTarget): string {
  if (target.kind === 'npx') {
    const program = `npx --yes --package=mpm-session@${target.version} git-${name}`;
    return `!${atHome}exec ${program} -C "$mpm_directory"`;
  }
  const bin = path.join(target.directory, `git-${name}.js`);
  const found = `mpm_bin=${shellQuote(bin)} && ${unlessGone} && `;
  return `!${whereTheUserIs}${found}exec ${shellQuote(target.nodePath)} "$mpm_bin"`;
}

/** As when a branch without it was installed: Node would show where in its own source that failed. */
const unlessGone = `{ [ -f "$mpm_bin" ] || { echo "mpm-session is not installed here any more: $mpm_bin is gone. Install it again, or run 'npx mpm-session init'." >&2; exit 1; }; }`;

const whereTheUserIs = 'cd "./$GIT_PREFIX" && ';
const atHome = 'mpm_directory=$PWD/$GIT_PREFIX && cd && ';

/** By its whole form: what else runs our program is the user's own. */
function isOwnAlias(value: string): boolean {
  return ownForms.some((form) => form.test(value));
}

const word = String.raw`(?:[\w@%+=:,./-]+|'(?:[^']|'\\'')*')`;
const bin = String.raw`(?:[\w@%+=:,./-]+/git-mpm-[a-z]+\.js|'(?:[^']|'\\'')*/git-mpm-[a-z]+\.js')`;

const ownForms = [
  new RegExp(
    `^!${literally(whereTheUserIs)}mpm_bin=${bin} && ${literally(unlessGone)} && ` +
      `exec ${word} ${literally('"$mpm_bin"')}$`,
  ),
  new RegExp(
    `^!${literally(`${atHome}exec npx --yes --package=mpm-session@`)}[\\w.+-]+ git-mpm-[a-z]+ ` +
      `${literally('-C "$mpm_directory"')}$`,
  ),
];

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The edits that take our aliases out, as far as they are still ours. */
export function removeAliases(
  configured: (key: string) => readonly string[],
): readonly ConfigEdit[] {
  return aliasKeys.flatMap((target): readonly ConfigEdit[] => {
    const before = configured(target);
    const after = before.filter((value) => !isOwnAlias(value));
    if (after.length === before.length) return [];
    const about = 'takes out the alias';
    return [{ kind: 'config', target, tracked: false, before, after, about }];
  });
}

/**
 * Whether git would find a subcommand as a program in the absolute directories of `PATH`, outside
 * the work tree. What npm, npx and their like put there while they run is there for them alone.
 */
export function isOnPath(subcommand: string, env: Environment, workTree: string): boolean {
  const names = path.sep === '\\' ? [`git-${subcommand}.cmd`] : [`git-${subcommand}`];
  return (env['PATH'] ?? env['Path'] ?? '')
    .split(path.delimiter)
    .filter((directory) => path.isAbsolute(directory) && lasts(directory, workTree))
    .some((directory) => names.some((name) => isExecutable(path.join(directory, name))));
}

function lasts(directory: string, workTree: string): boolean {
  const isLocal = /[\\/]node_modules[\\/]\.bin[\\/]?$/.test(directory);
  return !isInside(workTree, directory) && !isLocal && !isRunOnce(directory);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch (error) {
    if (isSystemError(error)) return false;
    throw error;
  }
}
