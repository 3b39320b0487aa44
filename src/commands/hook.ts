import { setTimeout as delay } from 'node:timers/promises';
import { askToResume, type Outcome } from '../cli/ask-to-resume.ts';
import { type Call, defineCommand } from '../cli/command.ts';
import { type Printed, raw } from '../cli/document.ts';
import { offerPage } from '../cli/prompt.ts';
import { failurePage, reportBug, textFor, warningPage } from '../cli/reporter.ts';
import { type ExitCode, exitCodes, Failure, fail } from '../errors.ts';
import { newestOffered } from '../flows/offer-session.ts';
import { openRepository, type Repository } from '../git/repository.ts';
import type { Decision } from '../hooks/decisions.ts';
import { show } from '../hooks/keys.ts';
import { approachTerminal, type OpenTerminal } from '../hooks/terminal.ts';
import type { Io } from '../io.ts';
import type { openRepositoryProject } from '../project.ts';
import { cleanLine } from '../session/clean-text.ts';
import type { ReadableEntry } from '../session/entry.ts';
import type { SessionRecord } from '../session/record.ts';
import { appendDecision } from '../store/hook-log.ts';
import { describeError, isSystemError } from '../store/system-errors.ts';
import { forgetTerminal, rememberTerminal } from '../store/terminal-settings.ts';
import { type Vault, vaultIn } from '../store/vault.ts';

const options = {
  key: { kind: 'text', value: 'key', help: 'Whose offer: an identity of a branch, or a commit' },
  ask: { kind: 'flag', help: 'Ask about the session, when the terminal is free' },
  pause: { kind: 'flag', help: 'Pause the branch that was left, first' },
} as const;

type HookCall = Call<typeof options>;
type Project = Awaited<ReturnType<typeof openRepositoryProject>>;

/**
 * What the scripts in the vault start Node for. Exit 0: done. Exit 10: nothing could be asked, so the
 * script prints the hint.
 */
export const hook = defineCommand({
  name: 'hook',
  summary: "What git's hooks start; not to be called by hand",
  args: 'post-checkout <old> <new> <flag>',
  options,
  examples: [],
  run: async (call): Promise<ExitCode> => {
    const checkout = checkoutFrom(call);
    const repository = await openOrGiveUp(call);
    if (repository === undefined) return unasked(call);
    const vault = vaultIn(repository.layout.commonDir);
    const log = logger(call, vault);
    try {
      return await answerCheckout(call, { repository, vault, checkout, log });
    } catch (error) {
      // git's own result must not change, whatever goes wrong here.
      log({ outcome: 'failed', reason: 'node-failed', detail: cleanLine(String(error)) });
      reportBug(call.io, call.manner, error);
      return exitCodes.done;
    }
  },
  toJson: () => ({}),
  print: () => raw(''),
  exitOf: (exit: ExitCode) => exit,
});

/** Who wanted a question prints the hint instead. */
function unasked({ options: given }: HookCall): ExitCode {
  return given.ask ? exitCodes.hint : exitCodes.done;
}

interface Checkout {
  readonly old: string;
  readonly entered: string;
}

function checkoutFrom({ args, invocation }: HookCall): Checkout {
  const [event, old = '', entered = '', flag, ...more] = args;
  const isKnown = event === 'post-checkout' && flag === '1' && more.length === 0;
  if (isKnown && isCommit(old) && isCommit(entered)) return { old, entered };
  const problem = "Called otherwise than git's post-checkout hook of a branch's checkout calls it.";
  throw fail('wrong-usage', { problem, command: invocation });
}

/** Also the null id, for a branch without a commit. */
function isCommit(word: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(word);
}

/** Whoever runs git must not be troubled by what is wrong with us. */
async function openOrGiveUp({ io }: HookCall): Promise<Repository | undefined> {
  try {
    return await openRepository(io.cwd, io.env);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

interface Arrival {
  readonly repository: Repository;
  readonly vault: Vault;
  readonly checkout: Checkout;
  readonly log: Log;
}

async function answerCheckout(
  { io, options: given }: HookCall,
  { repository, vault, checkout, log }: Arrival,
): Promise<ExitCode> {
  const since = io.now();
  const project = openLater(io);
  const isPaused = !given.pause || (await pauseInTime(project, { io, checkout, since, log }));
  const run: Run = { io, root: repository.layout.topLevel, vault, project, log, since };
  const exit = given.ask ? await offer(run, given.key ?? '') : exitCodes.done;
  // What is still under way would keep git waiting.
  if (!isPaused) io.leave(exit);
  return exit;
}

/** Opened once, and loaded only then: the question is there before its configuration is read. */
function openLater(io: Io): () => Promise<Project> {
  let opening: Promise<Project> | undefined;
  const open = async () => {
    const { openRepositoryProject } = await import('../project.ts');
    return openRepositoryProject(io, 'warn');
  };
  return () => {
    opening ??= open();
    return opening;
  };
}

interface Decided {
  readonly outcome: string;
  readonly reason: Decision;
  readonly detail?: string;
}

type Log = (decided: Decided) => void;

/** A log that cannot be written is no reason to trouble anybody. */
function logger({ io, args: [event = '', ...args] }: HookCall, vault: Vault): Log {
  return (decided) => {
    try {
      appendDecision(vault, { event, args, ...decided }, io);
    } catch (error) {
      if (!isSystemError(error)) throw error;
    }
  };
}

interface Leaving {
  readonly io: Io;
  readonly checkout: Checkout;
  readonly since: Date;
  readonly log: Log;
}

/** False when it is still being paused, and will not be waited for. */
async function pauseInTime(
  open: () => Promise<Project>,
  { io, checkout, since, log }: Leaving,
): Promise<boolean> {
  try {
    const project = await open();
    const stop = new AbortController();
    const time = since.getTime() + project.config['offer.timeout'] - io.now().getTime();
    const { autoPause } = await import('../flows/auto-pause.ts');
    const pausing = autoPause(project, checkout, io.cwd).finally(() => stop.abort());
    const slow = delay(time, undefined, { signal: stop.signal }).catch(() => pausing);
    const paused = await Promise.race([pausing, slow]);
    if (paused === undefined) {
      log({ outcome: 'failed', reason: 'pause-too-slow' });
      return false;
    }
    const { outcome, reason, detail } = paused;
    log({ outcome, reason, detail });
  } catch (error) {
    log({ outcome: 'failed', reason: 'pause-failed', detail: explained(error) });
  }
  return true;
}

/** @throws what is a bug */
function explained(error: unknown): string {
  if (error instanceof Failure) return cleanLine(error.message);
  if (isSystemError(error)) return describeError(error);
  throw error;
}

interface Run {
  readonly io: Io;
  /** Top level of the work tree. */
  readonly root: string;
  readonly vault: Vault;
  readonly project: () => Promise<Project>;
  readonly log: Log;
  /** From when the time for an answer counts. */
  readonly since: Date;
}

async function offer(run: Run, key: string): Promise<ExitCode> {
  const { io, root, vault, log } = run;
  const entry = newestOffered(vault, [key]);
  if (entry === undefined || entry.record.lifecycle.status !== 'paused') {
    log({ outcome: 'quiet', reason: 'offer-outdated', detail: key });
    return exitCodes.done;
  }
  const approach = await approachTerminal(io, root);
  if (!approach.ok) {
    log({ outcome: 'hinted', reason: approach.reason, detail: entry.id });
    return exitCodes.hint;
  }
  const { terminal } = approach;
  try {
    const outcome = await ask(run, entry, terminal);
    if (outcome === 'input-waiting' || outcome === 'terminal-unclear') {
      log({ outcome: 'hinted', reason: outcome, detail: entry.id });
      return exitCodes.hint;
    }
    await carryOut(run, { entry, terminal, outcome });
    return exitCodes.done;
  } finally {
    terminal.line.close();
  }
}

/** Until the configuration has been read, and where it cannot be; milliseconds. */
const usualTimeout = 30_000;

/** From the first change of the terminal to its being again as it was. */
async function ask(
  { io, vault, project, since }: Run,
  entry: ReadableEntry,
  terminal: OpenTerminal,
): Promise<Outcome | 'terminal-unclear'> {
  const { group, settings } = terminal;
  const { record } = entry;
  let timeout = usualTimeout;
  const configure = async () => {
    timeout = (await project()).config['offer.timeout'];
  };
  rememberTerminal(vault, { group, ...settings }, io.processes);
  try {
    if (!(await terminal.takeKeys())) return 'terminal-unclear';
    return await askToResume(terminal, {
      page: pageText(io, offerPage(record, io.now())),
      // What fails here fails again when it is answered, and is told then.
      onAsked: () => void configure().catch(() => undefined),
      brief: () => briefOf(io, record, project),
      ...{ since, timeout: () => timeout, now: io.now },
    });
  } finally {
    // A shell that is at its prompt again has settings of its own.
    if (terminal.isOurs()) await terminal.giveBack();
    forgetTerminal(vault, group);
  }
}

async function briefOf(io: Io, record: SessionRecord, project: Run['project']): Promise<string> {
  const [{ driftOf }, { resumedPage }] = await Promise.all([
    import('../flows/resume.ts'),
    import('../cli/resumed-page.ts'),
  ]);
  const drift = await driftOf((await project()).repository, record);
  return pageText(io, resumedPage({ record, before: record.lifecycle, drift }, io.now()));
}

interface Answered {
  readonly entry: ReadableEntry;
  readonly terminal: OpenTerminal;
  readonly outcome: Exclude<Outcome, 'input-waiting'>;
}

async function carryOut(run: Run, { entry, terminal, outcome }: Answered): Promise<void> {
  const { io, log } = run;
  if (outcome === 'gone') {
    log({ outcome: 'asked', reason: 'git-gone', detail: entry.id });
    // The shell's by now, which sets the terminal as it likes it while it reads a line.
    if (!terminal.isOurs()) io.vanish();
    return;
  }
  let pages: readonly Printed[];
  try {
    pages = await consequences(run, entry, outcome);
    log({ outcome: 'asked', reason: outcome, detail: entry.id });
  } catch (error) {
    const reason = outcome === 'dismiss' ? 'dismiss-failed' : 'resume-failed';
    log({ outcome: 'failed', reason, detail: `${entry.id}: ${explained(error)}` });
    pages = error instanceof Failure ? [failurePage(error)] : [];
  }
  const text = pages.map((page) => pageText(io, page)).join('');
  const until = new Date(io.now().getTime() + usualTimeout);
  try {
    await show(terminal, text, { until, now: io.now });
  } catch (error) {
    // The terminal has hung up; what was to be done is done.
    if (!isSystemError(error)) throw error;
  }
}

/** Does what was answered, and tells how it went. */
async function consequences(
  { io, project: open }: Run,
  entry: ReadableEntry,
  outcome: Answered['outcome'],
): Promise<readonly Printed[]> {
  if (outcome === 'yes') {
    const [{ resumeSession }, { resumedPage }] = await Promise.all([
      import('../flows/resume-session.ts'),
      import('../cli/resumed-page.ts'),
    ]);
    const project = await open();
    const resumed = await resumeSession(project, entry);
    const warnings = [...project.warnings, ...resumed.warnings];
    return [raw('\n'), resumedPage(resumed, io.now()), ...warnings.map(warningPage)];
  }
  if (outcome !== 'dismiss') return [];
  const { markDismissed } = await import('../flows/lifecycle.ts');
  const { warnings } = await markDismissed(await open(), entry, io.now());
  return warnings.map(warningPage);
}

/** For the terminal itself: standard output need not lead to it. */
function pageText(io: Io, page: Printed): string {
  return textFor(page, io.env, true);
}
