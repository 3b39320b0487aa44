import { type ExitCode, exitCodes, fail } from '../errors.ts';
import type { Io } from '../io.ts';
import type { Printed } from './document.ts';
import { commonOptions, describeOptions, type OptionTable, type OptionValues } from './options.ts';
import type { Manner } from './reporter.ts';

export interface Example {
  readonly command: string;
  readonly does: string;
}

/** What a command is called with. */
export interface Call<Options extends OptionTable> {
  readonly io: Io;
  readonly options: OptionValues<Options>;
  readonly args: readonly string[];
  readonly manner: Manner;
  /** How the user called the command, for the advice in errors. */
  readonly invocation: string;
  /** Tells the user what they should know besides, at once: also a command that fails then has said it. */
  readonly warn: (...warnings: readonly string[]) => void;
}

/** One command: what it understands, what it does, and how its value reads. */
export interface Command<Options extends OptionTable = OptionTable, Data = unknown> {
  readonly name: string;
  readonly summary: string;
  /** The arguments, as in `[<message>…]`; empty when it takes none. */
  readonly args: string;
  readonly options: Options;
  readonly examples: readonly Example[];
  /** Whether the options ask for JSON in the command's own way, which is then the same as `--json`. */
  readonly wantsJson?: (options: OptionValues<Options>) => boolean;
  readonly run: (call: Call<Options>) => Promise<Data>;
  /** The data as `--json` gives it, when that is not the value itself. */
  readonly toJson?: (data: Data) => unknown;
  /** A pure function of the data and the moment (ages are relative to it). */
  readonly print: (data: Data, now: Date) => Printed;
  /** The exit code of a command that did its job, when what it found decides; otherwise 0. */
  readonly exitOf?: (data: Data) => ExitCode;
}

/** A command whose types are its own business: what `main` runs. */
export interface RunnableCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: OptionTable;
  readonly help: (invocation: string) => string;
  readonly wantsJson: (options: OptionValues<OptionTable>) => boolean;
  readonly execute: (call: Call<OptionTable>) => Promise<Executed>;
}

export interface Executed {
  readonly data: unknown;
  readonly printed: () => Printed;
  readonly exit: ExitCode;
}

/** Closes over a command's types, so that commands of all types fit one table. */
export function defineCommand<const Options extends OptionTable, Data>(
  command: Command<Options, Data>,
): RunnableCommand {
  // The values were read by this very table.
  const own = (options: OptionValues<OptionTable>) => options as OptionValues<Options>;
  return {
    name: command.name,
    summary: command.summary,
    options: command.options,
    help: (invocation) => helpFor(command, invocation),
    wantsJson: (options) => command.wantsJson?.(own(options)) ?? false,
    execute: async (call) => {
      if (command.args === '') refuseArguments(command.name, call);
      const data = await command.run({ ...call, options: own(call.options) });
      return {
        data: command.toJson?.(data) ?? data,
        printed: () => command.print(data, call.io.now()),
        exit: command.exitOf?.(data) ?? exitCodes.done,
      };
    },
  };
}

function refuseArguments(name: string, { args, invocation }: Call<OptionTable>): void {
  if (args.length === 0) return;
  const problem = `${name} takes no arguments, and was given '${args.join(' ')}'.`;
  throw fail('wrong-usage', { problem, command: invocation });
}

type Described = Pick<Command, 'summary' | 'args' | 'options' | 'examples'>;

function helpFor(command: Described, invocation: string): string {
  const usage = [invocation, '[options]', command.args].filter((word) => word !== '').join(' ');
  const examples = command.examples.map(({ command: line, does }) => `  ${line}\n      ${does}`);
  return [
    `${command.summary}.`,
    `Usage: ${usage}`,
    `Options:\n${describeOptions({ ...command.options, ...commonOptions }).join('\n')}`,
    ...(examples.length === 0 ? [] : [`Examples:\n${examples.join('\n')}`]),
  ].join('\n\n');
}
