import { cleanLine, cleanText, visibleName } from './clean-text.ts';
import { type CommitLine, commitLine } from './commit-line.ts';
import { counted } from './counted.ts';
import type { ChangeKind } from './git-state.ts';
import type { GitContext, SessionRecord, Todo } from './record.ts';
import { type Command, waysBack } from './ways-back.ts';

/**
 * A session as it is read: intent first, then what comes next, then the state of git, then the way
 * back. What is not known has no place in it: no empty section, no placeholder.
 *
 * Every string is clean already (`clean-text.ts`), so that a renderer can add colours or markup; all
 * are single lines but for {@link Intent.summary}, the items of lists and {@link Command.command}.
 */
export interface Brief {
  readonly title: Title;
  /** Which session this is. */
  readonly session: readonly Fact[];
  readonly sections: readonly Section[];
}

/** `name` (a branch or commit) ends the title, set off from it. */
export interface Title {
  readonly text: string;
  readonly name?: string;
}

/** `name` is an id, a path or a ref, to be set off from prose; `text` follows it. One is always there. */
export interface Fact {
  readonly label: string;
  readonly name?: string;
  readonly text?: string;
}

export type Section = { readonly title: string } & (
  | ({ readonly kind: 'intent' } & Intent)
  | { readonly kind: 'list'; readonly items: readonly string[] }
  /** A list whose order matters. */
  | { readonly kind: 'steps'; readonly items: readonly string[] }
  | { readonly kind: 'todos'; readonly todos: readonly TodoLine[] }
  | { readonly kind: 'facts'; readonly facts: readonly Fact[] }
  | {
      readonly kind: 'files';
      readonly groups: readonly FileGroup[];
      /** What became of their contents. */
      readonly note?: string;
    }
  | { readonly kind: 'commits'; readonly commits: readonly CommitLine[] }
  | { readonly kind: 'commands'; readonly commands: readonly Command[] }
);

export interface Intent {
  readonly task?: string;
  readonly phase?: string;
  /** The message; may have several lines. */
  readonly summary?: string;
}

export interface TodoLine {
  readonly text: string;
  readonly status: Todo['status'];
}

export interface FileGroup {
  readonly title?: string;
  readonly files: readonly FileLine[];
  /** How many more there are than `files` names. */
  readonly more: number;
}

export interface FileLine {
  readonly name: string;
  /** Where a renamed or copied file came from. */
  readonly from?: string;
  /** What happened to it, in a word or two. */
  readonly what?: string;
}

/** Of the facts that a page may say better, as how long ago it was. */
export const timeLabels = {
  paused: 'Paused At',
  resumed: 'Resumed At',
  dismissed: 'Dismissed At',
} as const;

/** A group of files names at most this many. */
const filesNamed = 50;

export function briefOf(record: SessionRecord): Brief {
  const { conversation, git_context: git, resume_instructions: instructions } = record;
  const sections: (Section | undefined)[] = [
    intentSection(conversation),
    listSection('Accomplishments', 'list', conversation.accomplishments),
    listSection('Next Steps', 'steps', conversation.next_steps),
    todoSection([...record.todos.active, ...record.todos.completed]),
    listSection('Open Questions', 'list', record.open_questions),
    listSection('Important Reminders', 'list', record.important_reminders),
    gitSection(record),
    changedFiles(git.status),
    commitSection(git.recent_commits),
    agentSection(record.agents),
    filesToReview(instructions.files_to_review),
    quickStart(record),
    resumeSection(record),
  ];
  return {
    title: titleOf(git),
    session: sessionFacts(record),
    sections: sections.filter((section) => section !== undefined),
  };
}

function titleOf(git: GitContext): Title {
  if (git.branch !== null) return { text: 'Session paused on', name: visibleName(git.branch) };
  if (git.head !== null) return { text: 'Session paused at', name: git.head.slice(0, 12) };
  return { text: 'Paused session' };
}

function sessionFacts(record: SessionRecord): Fact[] {
  const { lifecycle } = record;
  return [
    ...fact('Session ID', { name: record.session_id }),
    ...fact(timeLabels.paused, { text: cleanLine(record.paused_at) }),
    ...fact('Paused By', { text: pausedBy[record.trigger] }),
    ...fact(timeLabels.resumed, { text: cleanLine(lifecycle.resumed_at ?? '') }),
    ...fact(timeLabels.dismissed, { text: cleanLine(lifecycle.dismissed_at ?? '') }),
    ...fact('Project', { name: knownName(record.project_path) }),
  ];
}

/** A person's own pause needs no mention. */
const pausedBy = { manual: '', switch: 'leaving the branch', agent: 'the agent' } as const;

/** One fact, or none when there is nothing to say. */
function fact(label: string, value: { name?: string; text?: string }): Fact[] {
  const { name = '', text = '' } = value;
  if (name === '' && text === '') return [];
  return [{ label, ...(name !== '' && { name }), ...(text !== '' && { text }) }];
}

function knownName(name: string): string {
  return name === '' ? '' : visibleName(name);
}

function intentSection(conversation: SessionRecord['conversation']): Section | undefined {
  const task = cleanLine(conversation.primary_task ?? '').trim();
  const phase = cleanLine(conversation.current_phase ?? '').trim();
  const summary = block(conversation.summary);
  if (task === '' && phase === '' && summary === '') return undefined;
  return {
    title: 'What You Were Doing',
    kind: 'intent',
    ...(task !== '' && { task }),
    ...(phase !== '' && { phase }),
    ...(summary !== '' && { summary }),
  };
}

/** Clean text without blank lines around it; the first line keeps its indentation. */
function block(text: string): string {
  return cleanText(text)
    .trimEnd()
    .replace(/^(?: *\n)+/, '');
}

function listSection(
  title: string,
  kind: 'list' | 'steps',
  texts: readonly string[],
): Section | undefined {
  const items = texts.map(block).filter((item) => item !== '');
  return items.length === 0 ? undefined : { title, kind, items };
}

function todoSection(todos: readonly Todo[]): Section | undefined {
  const lines = todos
    .map(({ content, status }) => ({ text: block(content), status }))
    .filter(({ text }) => text !== '');
  return lines.length === 0 ? undefined : { title: 'Todos', kind: 'todos', todos: lines };
}

function filesToReview(paths: readonly string[]): Section | undefined {
  const groups = fileGroup(
    undefined,
    paths.filter((path) => path !== '').map((path) => ({ name: visibleName(path) })),
  );
  return groups.length === 0 ? undefined : { title: 'Files to Review', kind: 'files', groups };
}

/** One group, or none when it is empty. */
function fileGroup(title: string | undefined, files: readonly FileLine[]): FileGroup[] {
  if (files.length === 0) return [];
  return [
    {
      ...(title !== undefined && { title }),
      files: files.slice(0, filesNamed),
      more: Math.max(0, files.length - filesNamed),
    },
  ];
}

function gitSection(record: SessionRecord): Section | undefined {
  const { git_context: git } = record;
  const facts = [
    ...fact('Branch', { name: knownName(git.branch ?? '') }),
    ...headFact(git),
    ...upstreamFact(git.upstream),
    ...fact('In Progress', { text: git.operation ?? '' }),
    ...fact('Work Tree', { text: workTree(git.status) }),
    ...fact('Stash', { text: git.stash_count ? counted(git.stash_count, 'entry', 'entries') : '' }),
    ...workingDirectory(record),
  ];
  return facts.length === 0 ? undefined : { title: 'Git State', kind: 'facts', facts };
}

function headFact(git: GitContext): Fact[] {
  const detached = git.detached ? 'detached' : '';
  if (git.head !== null) return fact('HEAD', { name: git.head, text: detached });
  // claude-mpm's records have no HEAD either, but commits.
  const unborn = git.branch !== null && git.status !== null && git.recent_commits.length === 0;
  return fact('HEAD', { text: unborn ? 'no commit yet' : detached });
}

function upstreamFact(upstream: GitContext['upstream']): Fact[] {
  if (upstream === null) return [];
  const { ahead, behind } = upstream;
  const apart = [ahead ? `${ahead} ahead` : '', behind ? `${behind} behind` : ''];
  const known = apart.filter((part) => part !== '').join(', ') || 'even with it';
  return fact('Upstream', {
    name: visibleName(upstream.name),
    text: ahead === null || behind === null ? 'gone' : known,
  });
}

function workTree(status: GitContext['status']): string {
  if (status === null) return '';
  const changed =
    status.changes.length || status.modified_files.length + status.untracked_files.length;
  if (changed > 0) return `${counted(changed, 'file')} changed`;
  return status.clean ? 'clean' : '';
}

/** Said only when the command ran below the top level, and from there. */
function workingDirectory(record: SessionRecord): Fact[] {
  const { project_path: top, active_context: active } = record;
  const directory = active.working_directory;
  if (directory === '.' || directory === top) return [];
  const isBelow = top !== '' && directory.startsWith(`${top}/`);
  const below = isBelow ? directory.slice(top.length + 1) : directory;
  return fact('Working Directory', { name: knownName(below) });
}

function changedFiles(status: GitContext['status']): Section | undefined {
  if (status === null) return undefined;
  const groups = status.changes.length > 0 ? toldApart(status.changes) : notToldApart(status);
  if (groups.length === 0) return undefined;
  return {
    title: 'Changed Files',
    kind: 'files',
    groups,
    note: 'Noted by name only; their contents were not saved.',
  };
}

type RecordedStatus = NonNullable<GitContext['status']>;
type RecordedChange = RecordedStatus['changes'][number];

/** In the order in which a person looks at them: what needs a decision first. */
const kindTitles = {
  conflicted: 'Conflicted',
  staged: 'Staged',
  both: 'Staged, and changed again since',
  unstaged: 'Not staged',
  untracked: 'Untracked',
} as const satisfies Readonly<Record<ChangeKind, string>>;

function toldApart(changes: readonly RecordedChange[]): FileGroup[] {
  return Object.entries(kindTitles).flatMap(([kind, title]) =>
    fileGroup(title, changes.filter((change) => change.kind === kind).map(fileLine)),
  );
}

/** claude-mpm knows of a tracked file only that it changed. */
function notToldApart(status: RecordedStatus): FileGroup[] {
  const named = (path: string): FileLine => ({ name: visibleName(path) });
  return [
    ...fileGroup('Changed', status.modified_files.map(named)),
    ...fileGroup(kindTitles.untracked, status.untracked_files.map(named)),
  ];
}

function fileLine(change: RecordedChange): FileLine {
  const what = whatHappened(change);
  return {
    name: visibleName(change.path),
    ...(change.from !== undefined && { from: visibleName(change.from) }),
    ...(what !== '' && { what }),
  };
}

function whatHappened({ kind, index, worktree }: RecordedChange): string {
  if (kind === 'untracked') return '';
  if (kind === 'conflicted') return conflicts.get(index + worktree) ?? '';
  const words = [index, worktree].map((letter) => letterWords.get(letter) ?? '');
  return words.filter((word) => word !== '').join(', then ');
}

/** The letters of git-status(1). */
const letterWords = new Map([
  ['M', 'modified'],
  ['T', 'type changed'],
  ['A', 'added'],
  ['D', 'deleted'],
  ['R', 'renamed'],
  ['C', 'copied'],
]);

/** The pairs of letters of git-status(1) for unmerged paths. */
const conflicts = new Map([
  ['DD', 'both deleted'],
  ['AU', 'added by us'],
  ['UD', 'deleted by them'],
  ['UA', 'added by them'],
  ['DU', 'deleted by us'],
  ['AA', 'both added'],
  ['UU', 'both modified'],
]);

function commitSection(commits: GitContext['recent_commits']): Section | undefined {
  if (commits.length === 0) return undefined;
  return {
    title: 'Recent Commits',
    kind: 'commits',
    commits: commits.map(commitLine),
  };
}

function agentSection(agents: SessionRecord['agents']): Section | undefined {
  const facts = agents.flatMap((agent) => [
    ...fact('Agent', { text: cleanLine(agent.name).trim() }),
    ...fact('Conversation', { name: knownName(agent.session_id ?? '') }),
  ]);
  return facts.length === 0 ? undefined : { title: 'Agents', kind: 'facts', facts };
}

/** What was said on how to start, but for the commands that {@link resumeSection} gives itself. */
function quickStart(record: SessionRecord): Section | undefined {
  const own = waysBack(record).map(({ command }) => command);
  const others = record.resume_instructions.quick_start.filter((line) => !own.includes(line));
  return listSection('Quick Start', 'steps', others);
}

function resumeSection(record: SessionRecord): Section {
  const checks = Object.entries(record.resume_instructions.validation_commands);
  return {
    title: 'How to Resume',
    kind: 'commands',
    commands: [...waysBack(record).filter(canBeTyped), ...checks.flatMap(checkCommand)],
  };
}

/** Not with a branch whose name holds what is not shown, or is not valid UTF-8. */
function canBeTyped({ command }: Command): boolean {
  return cleanLine(command) === command && !command.includes('\uFFFD');
}

/** Names of checks are keys (`check_git`). */
function checkCommand([name, text]: [string, string]): Command[] {
  const command = block(text);
  const label = cleanLine(name).replaceAll('_', ' ').trim();
  return command === '' ? [] : [{ label: label === '' ? 'Check' : label, command }];
}
