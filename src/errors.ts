/**
 * Every failure a user can meet: what happened, what to do about it, and the exit code.
 * Anything else that is thrown is a bug.
 */

export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  /** Of the internal `hook` command alone: the script that called it is to print the hint. */
  hint: 10,
  bug: 70,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

interface Explanation {
  readonly exit: ExitCode;
  readonly message: string;
  readonly hint: string;
}

const explain = (exit: ExitCode, message: string, hint: string): Explanation => ({
  exit,
  message,
  hint,
});

const { failed, usage, notFound, refused } = exitCodes;

const catalogue = {
  // Usage
  'unknown-command': (d: { command: string; nearest: string | undefined }) =>
    explain(
      usage,
      `'${d.command}' is not an mpm-session command.`,
      d.nearest === undefined
        ? "Run 'mpm-session --help' for the list of commands."
        : `Did you mean '${d.nearest}'? 'mpm-session --help' lists the commands.`,
    ),
  'wrong-usage': (d: { problem: string; command: string }) =>
    explain(usage, d.problem, `Run '${d.command} -h' for its options.`),
  'too-long': (d: { what: string; limit: number }) =>
    explain(
      usage,
      `${d.what} is longer than ${d.limit} bytes, and nothing was written.`,
      'Shorten it, or keep the long text in a file and name that file in the message.',
    ),
  'not-utf8': (d: { source: string }) =>
    explain(
      usage,
      `What was read from ${d.source} is not valid UTF-8.`,
      'Convert it to UTF-8 and run the command again; nothing was written.',
    ),
  'unreadable-fields': (d: { source: string; line: number | undefined; problem: string }) =>
    explain(
      usage,
      `${d.source}${d.line === undefined ? '' : `, line ${d.line}`}: ${d.problem}`,
      "Correct it and run the command again. 'git mpm-pause -h' shows the fields.",
    ),
  'editor-failed': (d: { editor: string; kept: string; reason: string }) =>
    explain(
      failed,
      `The editor '${d.editor}' ${d.reason}; no session was written.`,
      `What it had saved is in ${d.kept}. Choose another editor with 'git config core.editor'.`,
    ),
  'emptied-edit': () =>
    explain(
      failed,
      'The editor left the file empty; nothing was paused.',
      'To pause without a word, save the fields as they are, or leave out --edit.',
    ),
  /** `argument` is the file as a word of the shell. */
  'invalid-edit': (d: {
    file: string;
    argument: string;
    line: number | undefined;
    problem: string;
  }) =>
    explain(
      usage,
      `${d.file}${d.line === undefined ? '' : `, line ${d.line}`}: ${d.problem}`,
      `Your text is kept there. Correct it and run: git mpm-pause --from ${d.argument}`,
    ),
  'invalid-configuration': (d: { issues: readonly string[] }) =>
    explain(
      usage,
      `The configuration cannot be used: ${d.issues.join('; ')}`,
      'Correct the file named. .mpmrc.example in the package lists every key with its default.',
    ),

  // Git and the repository
  'git-missing': () =>
    explain(
      failed,
      'git was not found on PATH.',
      'Install git 2.36 or newer. Its directory must be on PATH, absolute and outside the work tree.',
    ),
  'git-too-old': (d: { found: string; needed: string }) =>
    explain(failed, `git ${d.found} is too old.`, `Install git ${d.needed} or newer.`),
  'not-a-repository': (d: { directory: string }) =>
    explain(
      failed,
      `${d.directory} is not in a git work tree, and this command needs one.`,
      "Change to a repository, name one with '-C <dir>', or create one with 'git init'.",
    ),
  'bare-repository': (d: { directory: string }) =>
    explain(
      failed,
      `${d.directory} is a bare repository: it has no work tree to pause.`,
      "Run the command in one of its work trees; 'git worktree list' names them.",
    ),
  'inside-git-directory': (d: { directory: string }) =>
    explain(
      failed,
      `This is inside ${d.directory}, where git keeps its own files: no work tree to pause.`,
      "Change to the work tree, or name it with '-C <dir>'.",
    ),
  /** `argument` is the directory as a word of the shell. */
  'unsafe-repository': (d: { directory: string; argument: string; reason: string }) =>
    explain(
      failed,
      `git refuses to work in ${d.directory}: ${d.reason}`,
      `If you trust it, run: git config --global --add safe.directory ${d.argument}`,
    ),
  'git-failed': (d: { command: string; exit: number | null; stderr: string }) =>
    explain(
      failed,
      `'git ${d.command}' failed (exit ${d.exit ?? 'by a signal'}): ${d.stderr || 'no message'}`,
      "Run 'git status' to see whether the repository is in order, then try again.",
    ),
  /** `reason`: git's own words. */
  'unknown-range': (d: { range: string; reason: string; isShallow: boolean }) =>
    explain(
      usage,
      `The range '${d.range}' cannot be read: ${d.reason}`,
      d.isShallow
        ? 'History is cut off here. Fetch all of it first: git fetch --unshallow'
        : 'Name it as git takes it, for instance origin/main..HEAD, and fetch what it names.',
    ),
  'no-directory': (d: { directory: string }) =>
    explain(
      failed,
      `${d.directory} is not a directory that can be entered.`,
      'Check the path, or create the directory first.',
    ),

  // Setting up
  'not-confirmed': (d: { command: string }) =>
    explain(
      usage,
      'Nothing was changed: there is no terminal to ask on whether the plan is right.',
      `Run '${d.command} --yes' to carry it out.`,
    ),
  'installation-failed': (d: { command: string; reason: string }) =>
    explain(
      failed,
      `'${d.command}' ${d.reason}. No hook was installed.`,
      "Mend it and run the command again, or use 'mpm-session init --install npx'.",
    ),
  'no-manifest': (d: { directory: string }) =>
    explain(
      failed,
      `mpm-session cannot be made a devDependency: there is no package.json in ${d.directory}.`,
      "Use 'mpm-session init --install global', or '--install npx' to install nothing.",
    ),

  // Hooks
  'hooks-unavailable': (d: { reason: string; advice: string }) =>
    explain(failed, `No hooks can be installed: ${d.reason}`, d.advice),
  /** `add`: what the user can put into the file by hand. */
  'cannot-edit': (d: { file: string; line: number | undefined; problem: string; add: string }) =>
    explain(
      failed,
      `${d.file}${d.line === undefined ? '' : `, line ${d.line}`}: ${d.problem} It is left as it is.`,
      `Correct it and run the command again, or add this to it by hand: ${d.add}`,
    ),
  /** `problem` completes the sentence "the file …". */
  'damaged-journal': (d: { file: string; problem: string }) =>
    explain(
      failed,
      `${d.file}, which an interrupted init or uninstall has left, ${d.problem}: what it had begun cannot be taken back. Nothing was changed.`,
      "See to the hooks yourself and move that file away; then run 'mpm-session init'.",
    ),
  'behind-link': (d: { target: string }) =>
    explain(
      failed,
      `A directory above ${d.target} is a symbolic link, so the change would be made elsewhere. Nothing was changed.`,
      'Put a directory in its place, then run the command again.',
    ),
  'edited-meanwhile': (d: { target: string }) =>
    explain(
      failed,
      `${d.target} has changed since the plan was made; nothing of it was overwritten.`,
      'Run the command again.',
    ),

  // The store
  'sessions-directory-unusable': (d: { path: string; what: string }) =>
    explain(
      refused,
      `${d.path} is ${d.what}; sessions are kept only in a directory of this work tree.`,
      'Move it away (it may have come with a branch), then run the command again.',
    ),
  'vault-unusable': (d: { path: string; what: string }) =>
    explain(
      refused,
      `${d.path} is ${d.what}; mpm-session keeps its own copy of the sessions in that directory.`,
      'Move it away, then run the command again. Nothing was written.',
    ),
  'cannot-write': (d: { path: string; reason: string; outcome: string }) =>
    explain(
      failed,
      `Cannot write ${d.path}: ${d.reason}. ${d.outcome}`,
      'Sessions saved before are unharmed. Free the cause, then run the command again.',
    ),
  'cannot-read': (d: { path: string; reason: string }) =>
    explain(
      failed,
      `Cannot read ${d.path}: ${d.reason}.`,
      'Check its permissions, or name another file.',
    ),
  'store-locked': (d: { path: string; owner: string }) =>
    explain(
      failed,
      `Another mpm-session (${d.owner}) is changing the sessions of this repository.`,
      `Try again in a moment. If it is long gone, delete ${d.path}.`,
    ),
  'lock-unusable': (d: { path: string; what: string }) =>
    explain(
      failed,
      `${d.path} is ${d.what}, where mpm-session has to put its lock.`,
      'Move it away, then run the command again.',
    ),
  'export-exists': (d: { path: string }) =>
    explain(
      failed,
      `${d.path} is there already, and is not overwritten.`,
      'Name another file, or move that one away. Nothing was paused.',
    ),
  'export-failed': (d: { id: string; path: string; reason: string }) =>
    explain(
      failed,
      `The session ${d.id} is saved, but not its copy ${d.path}: ${d.reason}.`,
      `Once the cause is gone: mpm-session show ${d.id} --format json > <file>`,
    ),
  'unreadable-session': (d: { id: string; problem: string }) =>
    explain(
      failed,
      `The session ${d.id} cannot be read: ${d.problem}`,
      `'mpm-session show ${d.id} --format path' names its files; 'mpm-session rm ${d.id}' deletes it.`,
    ),
  'newer-schema': (d: { id: string; version: number; supported: number }) =>
    explain(
      failed,
      `The session ${d.id} has schema version ${d.version}; this program reads up to ${d.supported}.`,
      "Update mpm-session ('npm install -g mpm-session'). Nothing was changed.",
    ),
  'foreign-session': (d: { id: string; path: string }) =>
    explain(
      refused,
      `The session ${d.id} came with the repository (git tracks ${d.path}), so it is neither trusted nor deleted.`,
      `Read it with 'mpm-session show ${d.id}'. To stop tracking it: git rm --cached :/${d.path}`,
    ),

  // Selection
  /** `unreadable`: sessions that may be the one meant. */
  'no-session': (d: {
    where: string;
    elsewhere: readonly string[];
    unreadable: readonly string[];
  }) =>
    explain(
      notFound,
      [
        `No session is paused ${d.where}.`,
        ...(d.elsewhere.length === 0 ? [] : [`Elsewhere: ${d.elsewhere.join('; ')}.`]),
        ...(d.unreadable.length === 0 ? [] : [`Cannot be read: ${d.unreadable.join('; ')}.`]),
      ].join(' '),
      d.elsewhere.length === 0
        ? 'Pause one with \'git mpm-pause "what you are doing"\'.'
        : "Resume one by its number in 'mpm-session list', or the newest with --latest.",
    ),
  'empty-selector': () =>
    explain(
      usage,
      'The selector is empty; perhaps a variable that should hold it is not set.',
      "Give a number from 'mpm-session list', or a part of an id.",
    ),
  'no-match': (d: { selector: string }) =>
    explain(
      notFound,
      `No session matches '${d.selector}'.`,
      "'mpm-session list' shows the numbers and ids that can be given.",
    ),
  'out-of-range': (d: { selector: string; count: number }) =>
    explain(
      notFound,
      `There is no session number ${d.selector}; the list has ${d.count}.`,
      "'mpm-session list' shows the numbers.",
    ),
  'ambiguous-session': (d: { selector: string; candidates: readonly string[] }) =>
    explain(
      notFound,
      `'${d.selector}' matches ${d.candidates.length} sessions: ${listed(d.candidates)}.`,
      'Give more of the id, or the number from the list.',
    ),
};

/** More would hide the line's end, which says how many there are. */
const mostListed = 10;

function listed(names: readonly string[]): string {
  const more = names.length - mostListed;
  return names.slice(0, mostListed).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

export type FailureCode = keyof typeof catalogue;
type Details<Code extends FailureCode> = Parameters<(typeof catalogue)[Code]>[0];

const mark = Symbol.for('mpm-session.Failure');

/** An expected failure. Made with {@link fail}, caught in `main.ts` and nowhere to be ignored. */
export class Failure extends Error {
  /** The program is built in parts that have a copy each (scripts/build.mjs): they know each other. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && mark in value;
  }

  readonly [mark] = true;
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly hint: string;
  readonly exit: ExitCode;

  constructor(code: FailureCode, explanation: Explanation) {
    super(explanation.message);
    this.code = code;
    this.hint = explanation.hint;
    this.exit = explanation.exit;
  }
}

/** `throw fail('no-match', { selector })`: the details that a code needs are checked by the compiler. */
export function fail<Code extends FailureCode>(
  code: Code,
  ...details: Details<Code> extends undefined ? [] : [Details<Code>]
): Failure {
  const explanation = catalogue[code] as (details?: Details<Code>) => Explanation;
  return new Failure(code, explanation(details[0]));
}

/** The system's error code (`ENOENT`, …) of anything thrown, or undefined. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
