/**
 * Reads `git status --porcelain=v2 --branch --show-stash -z --untracked-files=all`.
 *
 * The format is git-status(1), "Porcelain Format Version 2", with what `-z` changes: every record
 * ends in NUL, paths are raw bytes relative to the top level (`status.relativePaths` and
 * `core.quotePath` have no say), and a rename is two records, the new path and then the old one.
 */
import type { Buffer } from 'node:buffer';
import {
  type BranchName,
  type Change,
  type ChangeKind,
  type Head,
  isOid,
  type RepositoryPath,
  type Upstream,
  type WorkTreeStatus,
} from '../session/git-state.ts';

/**
 * Changes are in git's order. A path can be there twice: removed from the index and still lying
 * in the work tree, it is both `staged` (`D.`) and `untracked` (`??`). An untracked directory,
 * its name ending in `/`, is a repository of its own that git does not look into. Ignored entries
 * (only printed with `--ignored`) are checked and left out: they are no changes.
 *
 * `detached` is what git says, and git says `(detached)` as well when a branch of that very name
 * is checked out (`git check-ref-format` allows it). Only without a commit are the two told apart
 * here. To be certain, ask `git rev-parse --symbolic-full-name HEAD`: it prints `HEAD` when
 * detached, else the full ref. Likewise `(unknown)` and `(null)`, printed when HEAD names no
 * branch at all (`ref: refs/tags/x`), are legal names and read as such.
 *
 * @throws {Error} at anything the format does not allow, with the offset in bytes: a cut-off or
 * mixed-up output must never be taken for a clean work tree.
 */
export function parseStatus(bytes: Buffer): WorkTreeStatus {
  const headers: Headers = new Map();
  const changes: Change[] = [];

  let offset = 0;
  while (offset < bytes.length) {
    const record = { bytes, start: offset, end: recordEnd(bytes, offset) };
    offset = record.end + 1;
    switch (String.fromCharCode(bytes[record.start] ?? 0)) {
      case '#':
        readHeader(record, headers);
        break;
      case '1':
        changes.push(readChanged(record));
        break;
      case '2': {
        const original = { bytes, start: offset, end: recordEnd(bytes, offset) };
        offset = original.end + 1;
        changes.push({ ...readRenamed(record), from: readPath(original) });
        break;
      }
      case 'u':
        changes.push(readConflicted(record));
        break;
      case '?':
        changes.push(readUntracked(record));
        break;
      case '!':
        readPath(afterMark(record));
        break;
      default:
        throw malformed(record.start, 'a record of an unknown kind');
    }
  }

  const head = readHead(headers, bytes.length);
  return {
    head,
    upstream: readUpstream(headers, head),
    stashCount: readStashCount(headers),
    changes,
  };
}

/** A stretch of the output; `end` is where its NUL stands. */
interface Span {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Values by name (`branch.oid`), with where each header began. */
type Headers = Map<string, { readonly value: string; readonly offset: number }>;

function recordEnd(bytes: Buffer, start: number): number {
  const end = bytes.indexOf(0, start);
  if (end === -1) throw malformed(start, 'the output ends inside a record');
  return end;
}

function readHeader({ bytes, start, end }: Span, headers: Headers): void {
  const header = /^# ([^ ]+) (.+)$/s.exec(bytes.toString('utf8', start, end));
  if (header === null) throw malformed(start, 'a header without name or value');

  const [, name = '', value = ''] = header;
  if (headers.has(name)) throw malformed(start, `a second ${name} header`);
  headers.set(name, { value, offset: start });
}

const submodule = '(?:N\\.\\.\\.|S[.C][.M][.U])';
const modes = (count: number) => `(?: [0-7]{6}){${count}}`;
const oids = (count: number) => `(?:(?: [0-9a-f]{40}){${count}}|(?: [0-9a-f]{64}){${count}})`;

/** What stands before the path. The first two groups are the letters of index and work tree. */
const changedFields = new RegExp(
  `^1 (?!\\.\\.)([.MTAD])([.MTAD]) ${submodule}${modes(3)}${oids(2)} `,
);
const renamedFields = new RegExp(
  `^2 (?=.?[RC])([.MTADRC])([.MTADRC]) ${submodule}${modes(3)}${oids(2)} [RC]\\d{1,3} `,
);
const conflictedFields = new RegExp(
  `^u (?=DD|AU|UD|UA|DU|AA|UU)(.)(.) ${submodule}${modes(4)}${oids(3)} `,
);

/** More than any record has before its path: `u` in a SHA-256 repository has 235 bytes. */
const longestFields = 256;

function readChanged(record: Span): Change {
  const { path, index, worktree } = readEntry(record, changedFields);
  return { path, index, worktree, kind: kindOf(index, worktree) };
}

function readRenamed(record: Span): Change {
  const { path, index, worktree } = readEntry(record, renamedFields);
  return { path, index, worktree, kind: kindOf(index, worktree) };
}

function readConflicted(record: Span): Change {
  return { ...readEntry(record, conflictedFields), kind: 'conflicted' };
}

function readUntracked(record: Span): Change {
  return { path: readPath(afterMark(record)), index: '?', worktree: '?', kind: 'untracked' };
}

function readEntry(record: Span, fields: RegExp): Omit<Change, 'kind'> {
  const { bytes, start, end } = record;
  // Latin-1: the fields are ASCII, and of the path behind them any byte will do.
  const text = bytes.toString('latin1', start, Math.min(end, start + longestFields));
  const match = fields.exec(text);
  if (match === null) throw malformed(start, `a '${text.charAt(0)}' record with unknown fields`);

  const [before, index = '', worktree = ''] = match;
  return { path: readPath({ bytes, start: start + before.length, end }), index, worktree };
}

/** Intent-to-add (`git add -N`) is `.A`: nothing of the file is staged. */
function kindOf(index: string, worktree: string): ChangeKind {
  if (index === '.') return 'unstaged';
  return worktree === '.' ? 'staged' : 'both';
}

function afterMark({ bytes, start, end }: Span): Span {
  // 0x20: the blank of `? path`.
  if (bytes[start + 1] !== 0x20) throw malformed(start, 'a path without a blank before it');
  return { bytes, start: start + 2, end };
}

const utf8 = new TextEncoder();

function readPath({ bytes, start, end }: Span): RepositoryPath {
  if (start >= end) throw malformed(start, 'an empty path');
  const text = bytes.toString('utf8', start, end);
  if (!text.includes('\uFFFD')) return { text };

  // A name can hold U+FFFD itself. Only bytes that were replaced do not come back the same.
  const exact = bytes.subarray(start, end);
  return exact.equals(utf8.encode(text)) ? { text } : { text, base64: exact.toString('base64') };
}

function readHead(headers: Headers, length: number): Head {
  const oid = headers.get('branch.oid');
  const name = headers.get('branch.head');
  if (oid === undefined) throw malformed(length, 'the output ends without a branch.oid header');
  if (name === undefined) throw malformed(length, 'the output ends without a branch.head header');

  const branch = name.value as BranchName;
  // A detached HEAD always has a commit, so this is a branch even when it is called `(detached)`.
  if (oid.value === '(initial)') return { kind: 'unborn', branch };
  if (!isOid(oid.value)) throw malformed(oid.offset, 'a branch.oid that is no object id');
  if (name.value === '(detached)') return { kind: 'detached', oid: oid.value };
  return { kind: 'branch', branch, oid: oid.value };
}

/**
 * `branch.ab` is missing when the upstream's ref is gone or HEAD is unborn, and `+? -?` when git
 * was told not to count (`--no-ahead-behind`).
 */
function readUpstream(headers: Headers, head: Head): Upstream | null {
  const upstream = headers.get('branch.upstream');
  const distance = headers.get('branch.ab');
  if (upstream === undefined) {
    if (distance !== undefined) throw malformed(distance.offset, 'a branch.ab without upstream');
    return null;
  }

  const counts = readDistance(distance);
  // When HEAD was detached at a tag or remote branch that shares its name with a local branch,
  // git prints the upstream of that branch, which is not checked out.
  return head.kind === 'detached' ? null : { name: upstream.value, ...counts };
}

function readDistance(header: { value: string; offset: number } | undefined): {
  ahead: number | null;
  behind: number | null;
} {
  if (header === undefined || header.value === '+? -?') return { ahead: null, behind: null };

  const counts = /^\+(\d{1,15}) -(\d{1,15})$/.exec(header.value);
  if (counts === null) throw malformed(header.offset, 'a branch.ab that does not count');
  return { ahead: Number(counts[1]), behind: Number(counts[2]) };
}

function readStashCount(headers: Headers): number {
  const stash = headers.get('stash');
  if (stash === undefined) return 0;

  if (!/^\d{1,15}$/.test(stash.value)) throw malformed(stash.offset, 'a stash that is no count');
  return Number(stash.value);
}

function malformed(offset: number, what: string): Error {
  return new Error(`The output of git status cannot be read: at byte ${offset}, ${what}.`);
}
