import path from 'node:path';
import type { Executed, RunnableCommand } from './cli/command.ts';
import { commonOptions, describeOptions, firstArgument, parseOptions } from './cli/options.ts';
import {
  type Manner,
  reportBug,
  reportFailure,
  reportResult,
  reportWarning,
} from './cli/reporter.ts';
import { commandNames, loadCommand } from './commands/index.ts';
import { type ExitCode, exitCodes, Failure, fail } from './errors.ts';
import { realDirectory } from './git/layout.ts';
import type { Io } from './io.ts';
import { nearest } from './session/nearest.ts';

/** How the program was called: by its own name, or as the git subcommand that is one command. */
export type Invocation =
  | { readonly as: 'mpm-session' }
  | { readonly as: 'git'; readonly subcommand: string; readonly command: string };

/** From arguments to an exit code: the program's only catch. */
export async function main(io: Io, invocation: Invocation): Promise<ExitCode> {
  let manner = guessManner(io.argv);
  try {
    const request = await understand(io, invocation);
    if (request.kind === 'page') return showPage(io, request);
    manner = request.manner;
    const executed = await request.execute();
    reportResult(io, manner, executed);
    return executed.exit;
  } catch (error) {
    if (error instanceof Failure) {
      reportFailure(io, manner, error);
      return error.exit;
    }
    reportBug(io, manner, error);
    return exitCodes.bug;
  }
}

/** For what fails before the arguments are understood. */
function guessManner(argv: readonly string[]): Manner {
  const end = argv.indexOf('--');
  const options = end < 0 ? argv : argv.slice(0, end);
  const isGiven = (...spellings: string[]) => spellings.some((one) => options.includes(one));
  return { json: isGiven('--json'), quiet: isGiven('-q', '--quiet') };
}

type Request =
  | { readonly kind: 'page'; readonly page: string; readonly isAnswer: boolean }
  | {
      readonly kind: 'command';
      readonly manner: Manner;
      readonly execute: () => Promise<Executed>;
    };

/** Help that was asked for is the result; help for want of a command is advice. */
function showPage(io: Io, { page, isAnswer }: Extract<Request, { kind: 'page' }>): ExitCode {
  (isAnswer ? io.stdout : io.stderr).write(page);
  return isAnswer ? exitCodes.done : exitCodes.usage;
}

async function understand(io: Io, invocation: Invocation): Promise<Request> {
  const split = splitArguments(io.argv, invocation);
  if (split.command === undefined) return understandAlone(io, split.rest);
  const command = await findCommand(split.command);
  const called =
    invocation.as === 'git' ? `git ${invocation.subcommand}` : `mpm-session ${command.name}`;
  const table = { ...command.options, ...commonOptions };
  const { options, args } = parseOptions(split.rest, table, called);
  if (options.help) return { kind: 'page', page: `${command.help(called)}\n`, isAnswer: true };
  if (options.version) return versionPage(io);
  const manner = { json: options.json || command.wantsJson(options), quiet: options.quiet };
  const warn = (...warnings: readonly string[]) => {
    for (const warning of warnings) reportWarning(io, manner, warning);
  };
  return {
    kind: 'command',
    manner,
    execute: () => {
      const there = { ...io, cwd: directoryFor(io.cwd, options.directory) };
      return command.execute({ io: there, options, args, manner, invocation: called, warn });
    },
  };
}

interface Split {
  readonly command: string | undefined;
  readonly rest: readonly string[];
}

/** The command is the first word that is neither an option nor an option's value. */
function splitArguments(argv: readonly string[], invocation: Invocation): Split {
  if (invocation.as === 'git') return { command: invocation.command, rest: argv };
  const at = firstArgument(argv, commonOptions);
  if (at === undefined) return { command: undefined, rest: argv };
  return { command: argv[at], rest: argv.toSpliced(at, 1) };
}

function versionPage(io: Io): Request {
  return { kind: 'page', page: `mpm-session ${io.version}\n`, isAnswer: true };
}

async function understandAlone(io: Io, argv: readonly string[]): Promise<Request> {
  const { options } = parseOptions(argv, commonOptions, 'mpm-session');
  if (options.version) return versionPage(io);
  return { kind: 'page', page: await overview(), isAnswer: options.help };
}

async function overview(): Promise<string> {
  const commands = await Promise.all(commandNames.map(findCommand));
  const width = Math.max(...commandNames.map((name) => name.length));
  const rows = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    'Usage: mpm-session <command> [options]',
    'Pause work on a branch with a note, and get your place back later.',
    `Commands:\n${rows.join('\n')}`,
    `Options of every command:\n${describeOptions(commonOptions).join('\n')}`,
    "Run 'mpm-session <command> -h' for a command's options.\n",
  ].join('\n\n');
}

async function findCommand(name: string): Promise<RunnableCommand> {
  const command = await loadCommand(name);
  if (command !== undefined) return command;
  throw fail('unknown-command', { command: name, nearest: nearest(name, commandNames) });
}

function directoryFor(cwd: string, given: readonly string[]): string {
  const wanted = given.reduce((from, to) => path.resolve(from, to), cwd);
  const found = realDirectory(wanted);
  if (found === undefined) throw fail('no-directory', { directory: wanted });
  return found;
}
