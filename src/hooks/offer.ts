import { matchesBranch } from '../session/branch-pattern.ts';
import { cleanLine, visibleName } from '../session/clean-text.ts';
import { cutToColumns } from '../session/columns.ts';
import { isBranchIdentity, isOid } from '../session/git-state.ts';
import { isSessionId, type SessionId, type SessionRecord } from '../session/record.ts';

/**
 * An offer is a file that the hook can act on without starting anything:
 *
 *     1 <YYYYMMDDHHMMSS> <session id> <ask|hint|quiet> <reason or ->
 *     <up to three lines for people and agents>
 *
 * The number is the format's; the time, UTC, is the session id's, which also orders the list. A
 * quiet offer has a reason (`hooks/decisions.ts`) and no lines: its branch has sessions, and its
 * newest is not to be offered.
 */
export interface Offer {
  readonly id: SessionId;
  readonly manner: Manner;
  /** Of a quiet offer. */
  readonly reason: QuietReason | undefined;
  /** Without what a terminal would obey, and at most 120 columns each. */
  readonly lines: readonly string[];
}

/** `ask`: when that is safe, otherwise as `hint`. */
type Manner = 'ask' | 'hint' | 'quiet';

const quietReasons = ['resumed', 'dismissed', 'ignored-branch', 'offers-off'] as const;
type QuietReason = (typeof quietReasons)[number];

/** What the configuration says about offers, as far as it is rendered. */
export interface OfferSettings {
  readonly mode: 'auto' | 'hint' | 'off';
  /** Patterns, see `session/branch-pattern.ts`. */
  readonly ignoreBranches: readonly string[];
}

/** The name of a session's offer: of its branch's identity, or of the commit that was checked out. */
export type OfferKey = string & { readonly brand: 'OfferKey' };

export function isOfferKey(name: string): name is OfferKey {
  return isBranchIdentity(name) || isOid(name);
}

/** Of the offers under some keys the one of the newest session; a branch can have several. */
export function newestOffer(
  keys: readonly string[],
  find: (key: OfferKey) => Offer | undefined,
): { readonly key: OfferKey; readonly offer: Offer } | undefined {
  const found = keys.filter(isOfferKey).flatMap((key) => {
    const offer = find(key);
    return offer === undefined ? [] : [{ key, offer }];
  });
  return found.toSorted((one, other) => (one.offer.id < other.offer.id ? 1 : -1))[0];
}

/** Undefined for a session that is never offered: claude-mpm's, or paused outside git. */
export function offerKeyOf({ git_context: git }: SessionRecord): OfferKey | undefined {
  const key = git.detached ? git.head : git.branch_id;
  const isKey = git.detached ? isOid : isBranchIdentity;
  return key !== null && key !== undefined && isKey(key) && isOfferKey(key) ? key : undefined;
}

/** Where a session's branch is now: its names by its identity, none when it is gone. */
export type BranchNames = readonly string[];

/**
 * The file of the session that is its branch's newest. Times are in the local zone: they are read by
 * who paused, on this machine.
 */
export function renderOffer(
  record: SessionRecord,
  settings: OfferSettings,
  names: BranchNames,
): string {
  const reason = whyQuiet(record, settings, names);
  if (reason !== undefined) return fileOf(record, { manner: 'quiet', reason, lines: [] });
  const manner = settings.mode === 'hint' ? 'hint' : 'ask';
  return fileOf(record, { manner, reason: undefined, lines: linesFor(record) });
}

/** Undefined when the text is no offer of a version known here. */
export function parseOffer(text: string): Offer | undefined {
  const [header = '', ...rest] = text.split('\n');
  const [, time, id = '', manner, reason = ''] =
    /^1 (\d{14}) (\S+) (ask|hint|quiet) (\S+)$/.exec(header) ?? [];
  if (!isSessionId(id) || timeOf(id) !== time) return undefined;
  const lines = rest.slice(0, -1);
  if (rest.at(-1) !== '' || lines.length > mostLines) return undefined;
  const quiet = quietReasons.find((known) => known === reason);
  if ((manner === 'quiet') !== (quiet !== undefined)) return undefined;
  return { id, manner: manner as Manner, reason: quiet, lines };
}

const mostLines = 3;

function fileOf(record: SessionRecord, offer: Omit<Offer, 'id'>): string {
  const { session_id: id } = record;
  const header = `1 ${timeOf(id)} ${id} ${offer.manner} ${offer.reason ?? '-'}`;
  return [header, ...offer.lines, ''].join('\n');
}

function timeOf(id: SessionId): string {
  return id.replace(/\D/g, '');
}

function whyQuiet(
  { lifecycle, git_context: git }: SessionRecord,
  { mode, ignoreBranches }: OfferSettings,
  names: BranchNames,
): QuietReason | undefined {
  if (lifecycle.status !== 'paused') return lifecycle.status;
  const isIgnored = (branch: string) =>
    ignoreBranches.some((pattern) => matchesBranch(pattern, branch));
  const branches = names.length > 0 || git.branch === null ? names : [git.branch];
  // A copied branch shares its sessions: they are ignored when all that have them are.
  if (!git.detached && branches.length > 0 && branches.every(isIgnored)) return 'ignored-branch';
  return mode === 'off' ? 'offers-off' : undefined;
}

const columns = 120;

function linesFor(record: SessionRecord): readonly string[] {
  const { conversation, git_context: git } = record;
  const place =
    git.branch === null
      ? `at ${git.head?.slice(0, 10)}`
      : `on ${cutToColumns(visibleName(git.branch), longestName)}`;
  const time = localTime(new Date(record.paused_at));
  const about = beginningOf(conversation.summary) || beginningOf(conversation.primary_task ?? '');
  const [next = ''] = conversation.next_steps.map(beginningOf).filter((step) => step !== '');
  const nothing = next === '' ? ', no message' : '';
  const paused = `mpm-session: paused ${place}, ${time}`;
  return [
    cutToColumns(`${paused}${about === '' ? nothing : `: "${about}"`}`, columns),
    ...(next === '' ? [] : [cutToColumns(`  Next step: "${next}"`, columns)]),
    // The one command that there is with any installation.
    "  Load it with 'git mpm-resume'.",
  ];
}

/** So that the time and the beginning of the message always stand in the line. */
const longestName = 60;

/** More is never shown; a message can be a megabyte. */
const unitsRead = 2048;

/** The first line of a text, clean; with `…` where more lines follow. */
function beginningOf(text: string): string {
  const [first = '', ...more] = text
    .trim()
    .slice(0, unitsRead)
    .split(/[\n\r\v\f\u0085\u2028\u2029]+/, 2);
  const line = cleanLine(first).trim();
  return more.length > 0 && line !== '' ? `${line} …` : line;
}

/** `2026-11-22 19:13`. By hand, since the first use of any `Intl` object costs milliseconds. */
function localTime(time: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
}
