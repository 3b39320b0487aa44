import type { Failure } from '../errors.ts';
import type { Environment, Io, Output } from '../io.ts';
import { cleanLine, visibleJson } from '../session/clean-text.ts';
import { type Line, lines, type Printed, type Span, type Style } from './document.ts';

/** How one run speaks. `json` wins over `quiet` on standard output, since it was asked for. */
export interface Manner {
  readonly json: boolean;
  readonly quiet: boolean;
}

export function reportResult(io: Io, manner: Manner, result: Result): void {
  if (manner.json) io.stdout.write(documentText({ ok: true, data: result.data }));
  else if (!manner.quiet) io.stdout.write(render(result.printed(), coloursFor(io.stdout, io.env)));
}

/** The one document of `--json`. */
function documentText(value: unknown): string {
  return `${visibleJson(JSON.stringify(value))}\n`;
}

export interface Result {
  readonly data: unknown;
  readonly printed: () => Printed;
}

/** Unless nothing but errors is wanted. */
export function reportWarning(io: Io, manner: Manner, warning: string): void {
  if (manner.quiet) return;
  io.stderr.write(render(warningPage(warning), coloursFor(io.stderr, io.env)));
}

/** One line what, one line what to do; with `--json` instead the one document on standard output. */
export function reportFailure(io: Io, manner: Manner, failure: Failure): void {
  if (manner.json) {
    const { code, message, hint } = failure;
    io.stdout.write(documentText({ ok: false, error: { code, message, hint } }));
    return;
  }
  io.stderr.write(render(failurePage(failure), coloursFor(io.stderr, io.env)));
}

/** Anything that is not in the catalogue of failures. The stack is what a report needs. */
export function reportBug(io: Io, manner: Manner, error: unknown): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const message = `This is a bug in mpm-session ${io.version}: ${firstLine(stack)}`;
  const hint = 'Please report it, with what you ran and the lines below.';
  if (manner.json) {
    const failure = { ok: false, error: { code: 'bug', message, hint } };
    io.stdout.write(documentText(failure));
  }
  const label: Span = { style: 'bad', text: 'bug:' };
  const trace = stack.split('\n').map((line): Line => [line]);
  const page = lines([label, ` ${message}`], [hint], ...trace);
  io.stderr.write(render(page, coloursFor(io.stderr, io.env)));
}

/** A page as it goes to an output of any kind. */
export function textFor(printed: Printed, env: Environment, isTerminal: boolean): string {
  return render(printed, wantsColours(isTerminal, env));
}

/** A failure or a warning as it goes to standard error: for those that are shown elsewhere. */
export function failurePage({ message, hint }: Pick<Failure, 'message' | 'hint'>): Printed {
  return lines([{ style: 'bad', text: 'error:' }, ` ${message}`], [{ style: 'faint', text: hint }]);
}

export function warningPage(warning: string): Printed {
  return lines([{ style: 'caution', text: 'warning:' }, ` ${warning}`]);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

/**
 * The one place where text becomes terminal output: whatever it holds is stripped of control, bidi
 * and invisible characters first, also into a pipe, and only then coloured.
 */
function render(printed: Printed, colours: boolean): string {
  if (printed.kind === 'raw') return printed.text;
  return printed.lines.map((line) => `${renderLine(line, colours)}\n`).join('');
}

function renderLine(line: Line, colours: boolean): string {
  return line
    .map((part) => renderPart(part, colours))
    .join('')
    .trimEnd();
}

function renderPart(part: string | Span, colours: boolean): string {
  if (typeof part === 'string') return cleanLine(part);
  const text = part.hasTabs
    ? part.text.split('\t').map(cleanLine).join('\t')
    : cleanLine(part.text);
  return colours && text !== '' ? `\u{1b}[${styles[part.style]}m${text}\u{1b}[0m` : text;
}

/** ECMA-48 SGR parameters; only the terminal's own sixteen colours, so that every theme reads. */
const styles: Readonly<Record<Style, string>> = {
  strong: '1',
  faint: '2',
  good: '32',
  caution: '33',
  bad: '31',
  name: '36',
};

function coloursFor({ isTerminal }: Output, env: Environment): boolean {
  return wantsColours(isTerminal, env);
}

/** NO_COLOR (no-color.org) wins, then FORCE_COLOR, then whether this is a terminal that can. */
function wantsColours(isTerminal: boolean, env: Environment): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return isTerminal && env['TERM'] !== 'dumb';
}
