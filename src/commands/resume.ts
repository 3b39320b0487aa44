import { defineCommand } from '../cli/command.ts';
import { raw } from '../cli/document.ts';
import type { OptionValues } from '../cli/options.ts';
import { pageFormat } from '../cli/page-format.ts';
import { resumedPage } from '../cli/resumed-page.ts';
import { fail } from '../errors.ts';
import { chooseSession, type Wish } from '../flows/choose.ts';
import { type ResumedSession, resumeSession } from '../flows/resume-session.ts';
import { loadSessions } from '../flows/sessions.ts';
import { encodeResumption } from '../formats/resumption.ts';
import { openProject } from '../project.ts';
import type { SessionEntry } from '../session/entry.ts';
import type { BranchName } from '../session/git-state.ts';

const pageFormats = { words: ['text', 'md', 'json'], besideJson: 'json' } as const;

type PageFormat = (typeof pageFormats.words)[number];

const options = {
  branch: { kind: 'text', value: 'branch', help: "That branch's newest session" },
  latest: { kind: 'flag', help: 'The newest session of any branch' },
  select: {
    kind: 'text',
    value: 'selector',
    help: 'The same as the argument, as claude-mpm has it',
  },
  format: { kind: 'text', value: 'format', help: 'text (the default), md for an agent, or json' },
} as const;

interface Resumed extends ResumedSession {
  readonly format: PageFormat;
}

export const resume = defineCommand({
  name: 'resume',
  summary: 'Show where you were on this branch, and what moved since',
  args: '[<selector>]',
  options,
  examples: [
    { command: 'git mpm-resume', does: "This branch's newest session" },
    { command: 'git mpm-resume 2', does: "The second of 'mpm-session list'" },
    { command: 'git mpm-resume --branch feature/login', does: "Another branch's newest" },
    { command: 'git mpm-resume --format md', does: 'As an agent reads it best' },
  ],
  wantsJson: ({ format }) => format === 'json',
  run: async (call) => {
    const { io, options: given, args, invocation, warn } = call;
    const format = pageFormat(given.format, pageFormats, call);
    const wish = wishFrom(given, args, invocation);
    const project = await openProject(io, 'warn');
    warn(...project.warnings);
    const listing = await loadSessions(project);
    warn(...listing.warnings);
    const entry = await chooseSession(project, listing.entries, wish);
    const { warnings, ...resumed } = await resumeSession(project, entry);
    warn(...newerUnreadable(listing.entries, entry), ...warnings);
    return { ...resumed, format };
  },
  toJson: ({ record, drift }: Resumed) => ({
    session: record,
    drift,
    work: noWork,
    applied: false,
  }),
  print: (resumed: Resumed, now) =>
    resumed.format === 'md'
      ? raw(encodeResumption(resumed.record, resumed.drift))
      : resumedPage(resumed, now),
});

function wishFrom(
  given: OptionValues<typeof options>,
  args: readonly string[],
  invocation: string,
): Wish {
  const selectors = [...args, ...(given.select === undefined ? [] : [given.select])];
  const wishes: readonly Wish[] = [
    ...selectors.map((selector): Wish => ({ kind: 'selector', selector })),
    ...(given.branch === undefined
      ? []
      : [{ kind: 'branch', branch: given.branch as BranchName } as const]),
    ...(given.latest ? [{ kind: 'latest' } as const] : []),
  ];
  const [wish = { kind: 'here' }, ...others] = wishes;
  if (others.length === 0) return wish;
  throw fail('wrong-usage', {
    problem: 'Name one session: by a selector, by --branch, or with --latest.',
    command: invocation,
  });
}

/** A newer session that cannot be read may be the one that was meant. */
function newerUnreadable(
  entries: readonly SessionEntry[],
  chosen: SessionEntry,
): readonly string[] {
  return entries
    .filter(({ id, problem, foreign }) => problem !== undefined && !foreign && id > chosen.id)
    .map(({ id }) => `${id} is newer and cannot be read; 'mpm-session list' says why.`);
}

/** This version saves no contents of uncommitted work, so there is none to apply. */
const noWork = { state: 'none', files: 0, conflicts: [] };
