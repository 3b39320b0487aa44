import { fail } from '../errors.ts';
import type { Project } from '../project.ts';
import { visibleName } from '../session/clean-text.ts';
import type { ReadableEntry, SessionEntry } from '../session/entry.ts';
import { type BranchName, headBranch } from '../session/git-state.ts';
import { belongsHere, type Here, newestOf, readable, selectOne } from '../session/select.ts';
import { sessionsPath } from '../store/directory.ts';
import { among, belongingTo, locate } from './here.ts';

/** Which session somebody means. */
export type Wish =
  | { readonly kind: 'here' }
  | { readonly kind: 'branch'; readonly branch: BranchName }
  | { readonly kind: 'latest' }
  | { readonly kind: 'selector'; readonly selector: string };

/**
 * The session that is meant, readable and trusted.
 *
 * @param entries the whole list, newest first
 * @throws Failure `no-session`, those of {@link selectOne}, `unreadable-session`, `foreign-session`
 */
export async function chooseSession(
  project: Project,
  entries: readonly SessionEntry[],
  wish: Wish,
): Promise<ReadableEntry> {
  if (wish.kind === 'selector') return trusted(readable(selectOne(entries, wish.selector)));
  const found = await newestWished(project, entries, wish);
  if (found.entry !== undefined) return found.entry;
  throw fail('no-session', {
    where: found.where,
    elsewhere: elsewhere(entries, found.branch),
    unreadable: unreadable(entries),
  });
}

interface Found {
  readonly entry: ReadableEntry | undefined;
  readonly where: string;
  /** The branch that was searched; undefined when it was none, or all. */
  readonly branch: string | undefined;
}

async function newestWished(
  project: Project,
  entries: readonly SessionEntry[],
  wish: Exclude<Wish, { kind: 'selector' }>,
): Promise<Found> {
  if (wish.kind === 'latest') {
    const entry = newestOf(entries, () => true);
    return { entry, where: 'in this repository', branch: undefined };
  }
  if (wish.kind === 'branch') {
    const { branch } = wish;
    const entry = newestOf(entries, await belongingTo(project, entries, branch));
    return { entry, where: `on ${visibleName(branch)}`, branch };
  }
  const here = await among(project, await locate(project), entries);
  const entry = newestOf(entries, (record) => belongsHere(record, here));
  const branch = here.head === undefined ? undefined : headBranch(here.head);
  return { entry, where: placeName(here), branch };
}

function placeName({ head }: Here): string {
  if (head === undefined) return 'in this directory';
  return head.kind === 'detached'
    ? `at the commit ${head.oid.slice(0, 10)}`
    : `on ${visibleName(head.branch)}`;
}

/** @throws Failure `foreign-session` when the repository itself brought the session */
export function trusted<Entry extends SessionEntry>(entry: Entry): Entry {
  if (!entry.foreign) return entry;
  throw fail('foreign-session', { id: entry.id, path: `${sessionsPath}/${entry.id}.json` });
}

const placesNamed = 5;

/** Where there are sessions, one line a branch: its newest. */
function elsewhere(
  entries: readonly SessionEntry[],
  searched: string | undefined,
): readonly string[] {
  const places = new Map<string, string>();
  for (const { id, record, foreign } of entries) {
    if (record === undefined || foreign) continue;
    const { branch, head } = record.git_context;
    const place = visibleName(branch ?? head?.slice(0, 10) ?? 'no branch');
    // The branch's name is the same, and yet it is another branch than was paused.
    const told = branch !== null && branch === searched ? `an earlier ${place}` : place;
    if (!places.has(told)) places.set(told, id);
  }
  return [...places].slice(0, placesNamed).map(([place, id]) => `${place} (${id})`);
}

function unreadable(entries: readonly SessionEntry[]): readonly string[] {
  return entries
    .flatMap((entry) => (entry.record === undefined && !entry.foreign ? [entry.id] : []))
    .slice(0, placesNamed);
}
