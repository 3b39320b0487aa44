import { ageOf } from '../cli/ages.ts';
import { defineCommand } from '../cli/command.ts';
import { bad, caution, faint, good, type Line, lines, name, type Span } from '../cli/document.ts';
import { headline } from '../cli/headline.ts';
import { type HooksInPlace, lookAtHooks } from '../flows/diagnose/hooks-in-place.ts';
import { among, locate } from '../flows/here.ts';
import { findCommitRisk } from '../flows/never-committed.ts';
import { followConfiguration } from '../flows/offers.ts';
import { openRepositoryProject, type Project } from '../project.ts';
import { counted } from '../session/counted.ts';
import { headBranch, headOid } from '../session/git-state.ts';
import type { SessionRecord } from '../session/record.ts';
import { belongsHere, newestOf } from '../session/select.ts';
import { isGuardOff } from '../store/offers.ts';
import { whatIsAt } from '../store/read-files.ts';
import { listSessions } from '../store/sessions.ts';

interface Status {
  readonly branch: string | null;
  readonly head: string | null;
  readonly record: SessionRecord | undefined;
  readonly total: number;
  readonly hooks: HooksInPlace;
  /** Undefined when it could not be proved. */
  readonly ignored: boolean | undefined;
}

export const status = defineCommand({
  name: 'status',
  summary: 'Tell at a glance what is paused here, whether hooks are in place, and sessions ignored',
  args: '',
  options: {},
  examples: [{ command: 'mpm-session status', does: 'For people; --json for scripts' }],
  run: async ({ io, warn }) => {
    const project = await openRepositoryProject(io, 'refuse');
    warn(...project.warnings);
    await followConfiguration(project);
    const [place, risk, listing, hooks] = await Promise.all([
      locate(project),
      findCommitRisk(project.repository),
      listSessions(project.sessions),
      lookAtHooks(project.repository, io),
    ]);
    const { entries, warnings } = listing;
    // Before the first pause there is nothing that could be committed; that one sees to it.
    const isEmpty = whatIsAt(project.sessions.directory.path) === 'nothing';
    warn(...warnings, ...(isEmpty ? risk.indexed : risk.warnings));
    const here = await among(project, place, entries);
    const { head } = here;
    return {
      branch: (head === undefined ? undefined : headBranch(head)) ?? null,
      head: (head === undefined ? undefined : headOid(head)) ?? null,
      record: newestOf(entries, (record) => belongsHere(record, here))?.record,
      total: entries.length,
      hooks: withGuard(hooks, project),
      ignored: risk.ignored,
    };
  },
  toJson: ({ branch, head, record, hooks, ignored }: Status) => ({
    branch,
    head,
    session: record?.session_id ?? null,
    hooks,
    ignored: ignored ?? null,
  }),
  print: ({ branch, head, record, total, hooks, ignored }, now) =>
    lines(
      [faint('Branch    '), ...placeOf(branch, head)],
      [faint('Session   '), ...sessionOf(record, now)],
      [faint('In all    '), counted(total, 'session')],
      [faint('Hooks     '), ...hooksText(hooks)],
      [faint('Ignored   '), ignoredText(ignored)],
    ),
});

/** What holds: hooks follow the configuration when they could be had to. */
function withGuard({ firing, how }: HooksInPlace, project: Project): HooksInPlace {
  const { vault } = project.sessions;
  const isOff = vault !== undefined && isGuardOff(vault);
  if (!firing || !isOff) return { firing, how };
  const where = project.config.guard === 'off' ? ` in ${fileOf(project.sources.guard)}` : '';
  return { firing, how: `${how}; commits are not guarded (guard: off${where})` };
}

/** A source is `user: <file>`. */
function fileOf(source: string): string {
  return source.replace(/^\w+: /, '');
}

function hooksText({ firing, how }: HooksInPlace): Line {
  return firing ? [good('yes'), `, ${how}`] : [bad('no'), `: ${how}`];
}

function ignoredText(ignored: boolean | undefined): Span {
  if (ignored === undefined) return caution('not known');
  return ignored ? good('yes') : bad('no');
}

function placeOf(branch: string | null, head: string | null): Line {
  const at = head === null ? 'no commit yet' : `at ${head.slice(0, 10)}`;
  return branch === null ? [`detached ${at}`] : [name(branch), ` ${at}`];
}

function sessionOf(record: SessionRecord | undefined, now: Date): Line {
  if (record === undefined) return ['none'];
  const { status: state, resumed_at, dismissed_at } = record.lifecycle;
  const since = { paused: record.paused_at, resumed: resumed_at, dismissed: dismissed_at }[state];
  const message = headline(record.conversation.summary);
  return [
    record.session_id,
    faint(` ${state}${since === undefined ? '' : ` ${ageOf(since, now)}`}`),
    ...(message === '' ? [] : [`  ${message}`]),
  ];
}
