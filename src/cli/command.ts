import type { Io } from '../io.ts';
import type { Printed } from './document.ts';
import { commonOptions, describeOptions, type OptionTable, type OptionValues } from './options.ts';

export interface Example {
  readonly command: string;
  readonly does: string;
}

/** What a command is called with. */
export interface Call<Options extends OptionTable> {
  readonly io: Io;
  readonly options: OptionValues<Options>;
  readonly args: readonly string[];
}

/** What a command comes back with: a value, and what the user should know besides. */
export interface Outcome<Data> {
  readonly data: Data;
  readonly warnings: readonly string[];
}

/** One command: what it understands, what it does, and how its value reads. */
export interface Command<Options extends OptionTable = OptionTable, Data = unknown> {
  readonly name: string;
  readonly summary: string;
  /** The arguments, as in `[<message>…]`. */
  readonly args: string;
  readonly options: Options;
  readonly examples: readonly Example[];
  readonly run: (call: Call<Options>) => Promise<Outcome<Data>>;
  /** The data as `--json` gives it, when that is not the value itself. */
  readonly toJson?: (data: Data) => unknown;
  /** A pure function of the data and the moment (ages are relative to it). */
  readonly print: (data: Data, now: Date) => Printed;
}

/** A command whose types are its own business: what `main` runs. */
export interface RunnableCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: OptionTable;
  readonly help: (invocation: string) => string;
  readonly execute: (call: Call<OptionTable>) => Promise<Executed>;
}

export interface Executed {
  readonly data: unknown;
  readonly warnings: readonly string[];
  readonly printed: () => Printed;
}

/** Closes over a command's types, so that commands of all types fit one table. */
export function defineCommand<const Options extends OptionTable, Data>(
  command: Command<Options, Data>,
): RunnableCommand {
  return {
    name: command.name,
    summary: command.summary,
    options: command.options,
    help: (invocation) => helpFor(command, invocation),
    execute: async ({ io, options, args }) => {
      // The values were read by this very table.
      const values = options as OptionValues<Options>;
      const { data, warnings } = await command.run({ io, options: values, args });
      return {
        data: command.toJson?.(data) ?? data,
        warnings,
        printed: () => command.print(data, io.now()),
      };
    },
  };
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
