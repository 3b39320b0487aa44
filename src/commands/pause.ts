import { type Call, defineCommand } from '../cli/command.ts';
import {
  blank,
  type Document,
  faint,
  good,
  type Line,
  lines,
  name,
  strong,
} from '../cli/document.ts';
import { exportSession, planExport } from '../cli/export-file.ts';
import { headline } from '../cli/headline.ts';
import type { OptionValues } from '../cli/options.ts';
import { fail } from '../errors.ts';
import { pauseSession } from '../flows/pause.ts';
import type { FormatName } from '../formats/index.ts';
import type { Io } from '../io.ts';
import { readStandardInput } from '../notes/read-text.ts';
import { openProject, type Project } from '../project.ts';
import { visibleName } from '../session/clean-text.ts';
import { combineNotes, isTooLong, messageLimit, type Notes, noNotes } from '../session/notes.ts';
import { agentNames, type SessionRecord } from '../session/record.ts';
import { resumeCommand } from '../session/ways-back.ts';
import { hasHooks } from '../store/vault.ts';

const options = {
  message: {
    kind: 'list',
    short: 'm',
    value: 'text',
    help: 'The message; given again, a further paragraph',
  },
  'message-stdin': { kind: 'flag', help: 'Read the message from standard input, up to 1 MiB' },
  task: { kind: 'text', value: 'text', help: 'What you are working on' },
  phase: { kind: 'text', value: 'text', help: 'How far along it is' },
  done: { kind: 'list', value: 'text', help: 'Something accomplished; may be given again' },
  next: { kind: 'list', value: 'text', help: 'A next step; may be given again, in order' },
  todo: { kind: 'list', value: 'text', help: 'An open todo; may be given again' },
  question: { kind: 'list', value: 'text', help: 'An open question; may be given again' },
  reminder: { kind: 'list', value: 'text', help: 'Something not to forget; may be given again' },
  file: { kind: 'list', value: 'path', help: 'A file to look at first; may be given again' },
  from: {
    kind: 'text',
    value: 'file',
    help: "Read the fields above from YAML or JSON; '-' for standard input",
  },
  edit: { kind: 'flag', help: 'Open the fields in your editor first' },
  export: {
    kind: 'text',
    value: 'path',
    help: 'Write the session to a .json, .yaml or .md file too',
  },
  agent: { kind: 'text', value: 'name', help: `The agent that pauses: ${agentNames.join(', ')}` },
  'agent-session': { kind: 'text', value: 'id', help: "That agent's conversation" },
} as const;

interface Paused {
  readonly record: SessionRecord;
  readonly files: Partial<Record<FormatName, string>>;
  readonly exported: string | undefined;
  /** Whether to say, once in a repository, how to be offered this. */
  readonly isNews: boolean;
  readonly warnings: readonly string[];
}

export const pause = defineCommand({
  name: 'pause',
  summary: 'Write down where you are on this branch',
  args: '[<message>…]',
  options,
  examples: [
    { command: 'git mpm-pause "about to test the login flow"', does: 'Pause with a message' },
    {
      command: 'git mpm-pause -m "login works" --next "test expiry" --next "write docs"',
      does: 'Add the next steps',
    },
    { command: 'git mpm-pause --edit', does: 'Write the fields in your editor' },
    { command: 'git mpm-pause --from notes.yaml', does: 'Take them from a file' },
  ],
  run: async (call) => {
    const { io, options: given, warn } = call;
    checkOptions(call);
    const exportTo = given.export === undefined ? undefined : planExport(call, given.export);
    const written = await readNotes(call);
    const project = await openProject(io, 'warn');
    warn(...project.warnings);
    const notes = given.edit ? await edited(io, project, written) : written;
    const saved = await pauseSession(project, {
      notes,
      trigger: given.agent === undefined ? 'manual' : 'agent',
      agents: agentsFrom(given),
      workingDirectory: io.cwd,
    });
    warn(...saved.warnings);
    if (exportTo !== undefined) exportSession(exportTo, saved.record);
    const warnings = [...project.warnings, ...saved.warnings];
    const { vault } = project.sessions;
    const isNews = saved.isFirst && vault !== undefined && !hasHooks(vault);
    return { ...saved, exported: exportTo?.path, isNews, warnings };
  },
  toJson: ({ record, files, exported, warnings }: Paused) => ({
    session: record,
    files,
    ...(exported === undefined ? {} : { exported }),
    warnings,
  }),
  print: printPaused,
});

type Given = OptionValues<typeof options>;

function checkOptions({ options: given, args, manner, invocation }: Call<typeof options>): void {
  const problem =
    agentProblem(given) ??
    messageProblem(given, args) ??
    (given.edit && (manner.json || manner.quiet)
      ? '--edit opens an editor, and --json and -q are for runs that nobody watches.'
      : undefined);
  if (problem !== undefined) throw fail('wrong-usage', { problem, command: invocation });
}

function agentProblem({ agent, 'agent-session': conversation }: Given): string | undefined {
  if (agent === undefined) {
    return conversation === undefined
      ? undefined
      : '--agent-session needs --agent, which says whose conversation it is.';
  }
  if (agentNames.some((known) => known === agent)) return undefined;
  return `'${agent}' is not an agent known here: ${agentNames.join(', ')}.`;
}

/** A message comes from one place only. */
function messageProblem(given: Given, args: readonly string[]): string | undefined {
  const places = [args.length > 0, given.message.length > 0, given['message-stdin']];
  if (places.filter(Boolean).length > 1) {
    return 'Give the message once: as words, with -m, or with --message-stdin.';
  }
  return given['message-stdin'] && given.from === '-'
    ? '--message-stdin and --from - cannot both read standard input.'
    : undefined;
}

function agentsFrom(given: Given): SessionRecord['agents'] {
  if (given.agent === undefined) return [];
  const conversation = given['agent-session'];
  return [
    { name: given.agent, ...(conversation === undefined ? {} : { session_id: conversation }) },
  ];
}

/** The notes of the file under those of the options. */
async function readNotes({ io, options: given, args }: Call<typeof options>): Promise<Notes> {
  const fromFile = given.from === undefined ? noNotes : await readFrom(io, given.from);
  const notes = combineNotes(fromFile, { ...given, message: await readMessage(io, given, args) });
  if (isTooLong(notes.message ?? '')) {
    throw fail('too-long', { what: 'The message', limit: messageLimit });
  }
  return notes;
}

/** Loaded only when asked for: reading YAML costs a pause 10 ms. */
async function readFrom(io: Io, file: string): Promise<Notes> {
  const { readNotesFile } = await import('../notes/read-notes.ts');
  return readNotesFile(io, file);
}

async function edited(io: Io, project: Project, notes: Notes): Promise<Notes> {
  const { editNotes } = await import('../notes/edit-notes.ts');
  return editNotes(io, project, notes);
}

async function readMessage(
  io: Io,
  given: Given,
  words: readonly string[],
): Promise<string | undefined> {
  if (given['message-stdin']) return (await readStandardInput(io, messageLimit)).trimEnd();
  if (given.message.length > 0) return given.message.join('\n\n');
  return words.length > 0 ? words.join(' ') : undefined;
}

function printPaused({ record, files, exported, isNews }: Paused): Document {
  const { git_context: git, session_id: id } = record;
  const present = Object.values(files);
  return lines(
    [good('Paused'), ' ', strong(id), ...placeOf(git)],
    ...messageLine(record),
    ...present.map((file): Line => ['  ', faint(visibleName(file))]),
    ...(exported === undefined ? [] : [['  ', faint(visibleName(exported))]]),
    ...changesLine(git),
    blank,
    ['Resume with: ', name(`${resumeCommand(git.is_git_repo)} ${id}`)],
    ...(isNews ? [offerAdvice] : []),
  );
}

const offerAdvice: Line = ['To be offered it on coming back: ', name('mpm-session init')];

function placeOf(git: SessionRecord['git_context']): Line {
  const short = git.head?.slice(0, 10);
  if (git.branch !== null)
    return [' on ', name(git.branch), short === undefined ? ', no commit yet' : ` at ${short}`];
  return short === undefined ? [] : [' at ', name(short), ' (detached)'];
}

function messageLine(record: SessionRecord): readonly Line[] {
  const message = headline(record.conversation.summary);
  return message === '' ? [] : [['  ', message]];
}

/** This version saves no contents, and says so rather than let anybody believe it does. */
function changesLine(git: SessionRecord['git_context']): readonly Line[] {
  if (git.status === null) return [];
  const count = git.status.changes.length;
  if (count === 0) return [['  The work tree is clean.']];
  const files = count === 1 ? '1 uncommitted change is' : `${count} uncommitted changes are`;
  return [[`  ${files} listed; the contents stay in the work tree and are not saved.`]];
}
