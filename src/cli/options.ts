import { parseArgs } from 'node:util';
import { fail } from '../errors.ts';
import { nearest } from '../session/nearest.ts';

/** One option; the table of a command's options drives parsing and help alike. */
export interface Option {
  readonly kind: 'flag' | 'text' | 'list';
  readonly short?: string;
  /** What stands for the value in the help, without brackets. */
  readonly value?: string;
  readonly help: string;
}

export type OptionTable = Readonly<Record<string, Option>>;

/** The values a table yields: flags are false unless given, lists empty, texts undefined. */
export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table]: Table[Name]['kind'] extends 'flag'
    ? boolean
    : Table[Name]['kind'] extends 'list'
      ? readonly string[]
      : string | undefined;
};

/** Understood by every command. */
export const commonOptions = {
  directory: {
    kind: 'list',
    short: 'C',
    value: 'dir',
    help: 'Run as if started in <dir>; given again, each is relative to the one before',
  },
  json: { kind: 'flag', help: 'Print one JSON document, and never ask' },
  quiet: { kind: 'flag', short: 'q', help: 'Print nothing but errors' },
  help: { kind: 'flag', short: 'h', help: 'Show this help' },
  version: { kind: 'flag', short: 'v', help: 'Show the version' },
} as const satisfies OptionTable;

export interface Parsed<Table extends OptionTable> {
  readonly options: OptionValues<Table>;
  readonly args: readonly string[];
}

/**
 * Reads arguments by a table.
 *
 * @param invocation how the user called the command, for the advice in errors
 * @throws Failure `wrong-usage`
 */
export function parseOptions<Table extends OptionTable>(
  argv: readonly string[],
  table: Table,
  invocation: string,
): Parsed<Table> {
  const { tokens, positionals } = tokenize(argv, table);
  const values = emptyValues(table);
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const problem = problemWith(token, table);
    if (problem !== undefined) throw fail('wrong-usage', { problem, command: invocation });
    const before = values.get(token.name);
    const value = token.value ?? true;
    values.set(token.name, Array.isArray(before) ? [...before, String(value)] : value);
  }
  return { options: Object.fromEntries(values) as OptionValues<Table>, args: positionals };
}

/** As `parseArgs` gives it; `value` is undefined when there is none. */
interface GivenOption {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function problemWith(given: GivenOption, table: OptionTable): string | undefined {
  const { name, rawName, value, inlineValue } = given;
  const option = Object.hasOwn(table, name) ? table[name] : undefined;
  if (option === undefined) return unknownOption(rawName, table);
  if (option.kind === 'flag') return value === undefined ? undefined : `${rawName} takes no value.`;
  if (value === undefined) return `${rawName} needs a value.`;
  if (inlineValue || !optionLike.test(value)) return undefined;
  return `${rawName} needs a value; if ${value} is meant, write --${name}=${value}`;
}

/** `-m --json`: the value was forgotten. Not `-`, `-1` or a sentence that begins with a dash. */
const optionLike = /^-(-\S*|[A-Za-z]\S*)$/;

/** Where the first word is that is neither an option of the table nor an option's value. */
export function firstArgument(argv: readonly string[], table: OptionTable): number | undefined {
  return tokenize(argv, table).tokens.find(({ kind }) => kind === 'positional')?.index;
}

function tokenize(argv: readonly string[], table: OptionTable) {
  return parseArgs({
    args: [...argv],
    options: Object.fromEntries(Object.entries(table).map(toNodeOption)),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
}

function toNodeOption([name, option]: [string, Option]): [
  string,
  { type: 'boolean' | 'string'; short?: string },
] {
  const type = option.kind === 'flag' ? 'boolean' : 'string';
  return [name, option.short === undefined ? { type } : { type, short: option.short }];
}

function emptyValues(table: OptionTable): Map<string, boolean | string | string[] | undefined> {
  const empty = { flag: false, text: undefined, list: [] };
  return new Map(Object.entries(table).map(([name, { kind }]) => [name, empty[kind]]));
}

function unknownOption(given: string, table: OptionTable): string {
  const meant = given.startsWith('--') ? nearest(given.slice(2), Object.keys(table)) : undefined;
  const advice = meant === undefined ? '' : ` Did you mean --${meant}?`;
  return `There is no option ${given}.${advice}`;
}

/** `-m, --message <text>`, and the help beside it. */
export function describeOptions(table: OptionTable): readonly string[] {
  const rows = Object.entries(table).map(([name, option]) => {
    const short = option.short === undefined ? '   ' : `-${option.short},`;
    const value = option.value === undefined ? '' : ` <${option.value}>`;
    return { left: `${short} --${name}${value}`, help: option.help };
  });
  const width = Math.max(...rows.map((row) => row.left.length));
  return rows.map((row) => `  ${row.left.padEnd(width)}  ${row.help}`);
}
