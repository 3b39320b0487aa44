/** Reads what `strace -y -ttt -o FILE` (or, with `-ff`, `FILE.<tid>`) writes. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface LoggedCall {
  readonly name: string;
  /** Seconds since 1970, to the microsecond. */
  readonly time: number;
  /** How many calls of this name its thread had made, this one included. */
  readonly when: number;
  /** Whether its thread is the one that strace started. */
  readonly isMain: boolean;
  /** What follows the last string: flags and modes. */
  readonly flags: string;
  /** What it returned: `0`, `-1 ENOENT (…)`, `?` when it was killed, with `(INJECTED)` behind. */
  readonly outcome: string;
  /** Absolute, in the order of the arguments; the name of a pipe and the like as strace has it. */
  readonly paths: readonly string[];
}

/**
 * The calls of all threads logged under `prefix`, in order of time.
 *
 * @param cwd the working directory that the program is started in, for relative paths
 */
export function readCalls(prefix: string, cwd: string): LoggedCall[] {
  const lines = logFiles(prefix).flatMap(readLines);
  lines.sort((one, other) => one.time - other.time);
  const main = lines[0]?.thread;

  const workingDirectories = new Map<string, string>();
  const descriptors = new Map<string, string>();
  return lines.map((line) => {
    const known = { cwd: workingDirectories.get(line.thread) ?? cwd, descriptors };
    const tokens = tokensOf(line.args, known);
    remember(line, tokens, { workingDirectories, descriptors });
    return {
      name: line.name,
      time: line.time,
      when: line.when,
      isMain: line.thread === main,
      flags: line.args.slice(line.args.lastIndexOf('"') + 1),
      outcome: line.outcome,
      paths: pathsOf(line.name, tokens, known),
    };
  });
}

interface Line {
  readonly thread: string;
  readonly time: number;
  readonly name: string;
  readonly when: number;
  readonly args: string;
  readonly outcome: string;
}

/** A descriptor with what it is open for, or a string. */
type Token =
  | { readonly kind: 'descriptor'; readonly path: string; readonly isWorkingDirectory: boolean }
  | { readonly kind: 'string'; readonly text: string };

interface Known {
  readonly cwd: string;
  readonly descriptors: ReadonlyMap<string, string>;
}

function logFiles(prefix: string): string[] {
  const name = path.basename(prefix);
  return readdirSync(path.dirname(prefix))
    .filter((file) => file === name || /^\.\d+$/.test(file.slice(name.length)))
    .filter((file) => file.startsWith(name))
    .map((file) => path.join(path.dirname(prefix), file));
}

/** `1795365180.827566 link("/a", "/b") = 0`. Signals and exits have other shapes. */
const callLine = /^(\d+\.\d+) (\w+)\((.*)\) += (.+)$/;
/** A call that its thread did not come back from. */
const unfinishedLine = /^(\d+\.\d+) (\w+)\((.*?),? ?<unfinished \.\.\.>$/;

function readLines(file: string): Line[] {
  const counts = new Map<string, number>();
  const calls = readFileSync(file, 'latin1').split('\n');
  return calls.flatMap((text) => {
    const match = callLine.exec(text) ?? unfinishedLine.exec(text);
    if (match === null) return [];
    const [, time = '', name = '', args = '', outcome = '?'] = match;
    const when = (counts.get(name) ?? 0) + 1;
    counts.set(name, when);
    return [{ thread: file, time: Number(time), name, when, args, outcome }];
  });
}

/** `3</a/b>`, `AT_FDCWD</a>` or `"name"`; strace escapes `<`, `>` and `"` inside them. */
const token = /(AT_FDCWD|\d+)<((?:[^<>\\]|\\.)*)>|"((?:[^"\\]|\\.)*)"/g;

function tokensOf(args: string, known: Known): Token[] {
  return [...args.matchAll(token)].map(([, descriptor, opened, text]) =>
    descriptor === undefined
      ? { kind: 'string', text: throughDescriptor(unescaped(text ?? ''), known) }
      : {
          kind: 'descriptor',
          path: unescaped(opened ?? ''),
          isWorkingDirectory: descriptor === 'AT_FDCWD',
        },
  );
}

/** `/proc/self/fd/7/name` is how a program stays in a directory whatever happens to its name. */
function throughDescriptor(text: string, known: Known): string {
  const match = /^\/proc\/(?:self|thread-self|\d+)\/fd\/(\d+)(\/.*)?$/s.exec(text);
  if (match === null) return text;
  const [, descriptor = '', rest = ''] = match;
  const opened = known.descriptors.get(descriptor);
  return opened === undefined ? text : opened + rest;
}

function remember(
  line: Line,
  tokens: readonly Token[],
  known: { workingDirectories: Map<string, string>; descriptors: Map<string, string> },
): void {
  const opened = /^(\d+)<((?:[^<>\\]|\\.)*)>/.exec(line.outcome);
  if (opened !== null) known.descriptors.set(opened[1] ?? '', unescaped(opened[2] ?? ''));

  for (const each of tokens) {
    if (each.kind === 'descriptor' && each.isWorkingDirectory) {
      known.workingDirectories.set(line.thread, each.path);
    }
  }
  const [target] = tokens;
  if (line.name !== 'chdir' || line.outcome !== '0' || target?.kind !== 'string') return;
  const before = known.workingDirectories.get(line.thread) ?? '/';
  known.workingDirectories.set(line.thread, path.resolve(before, target.text));
}

/** Calls whose strings are names of files; the strings of others are data. */
const takesNames =
  /^(?:open|creat|truncate|link|symlink|rename|unlink|mkdir|rmdir|chmod|fchmodat|utimensat)/;

function pathsOf(name: string, tokens: readonly Token[], known: Known): string[] {
  const descriptors = tokens.filter((each) => each.kind === 'descriptor');
  if (name === 'copy_file_range') return descriptors.slice(-1).map((each) => each.path);
  if (!takesNames.test(name)) return descriptors.slice(0, 1).map((each) => each.path);

  const paths: string[] = [];
  let base: string | undefined;
  for (const each of tokens) {
    if (each.kind === 'descriptor') {
      base = each.path;
      continue;
    }
    paths.push(path.resolve(base ?? known.cwd, each.text));
    base = undefined;
  }
  // `utimensat(3</a>, NULL, …)` names no file but the descriptor's own.
  return base === undefined ? paths : [...paths, base];
}

const letters: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };

/** As strace writes strings: one character a byte, others as `\n` or in octal. */
function unescaped(text: string): string {
  const bytes = text.replace(/\\([0-7]{1,3}|.)/g, (_, code: string) =>
    /^[0-7]/.test(code)
      ? String.fromCharCode(Number.parseInt(code, 8))
      : String.fromCharCode(letters[code] ?? code.charCodeAt(0)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
