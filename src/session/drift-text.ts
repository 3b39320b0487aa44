import { visibleName } from './clean-text.ts';
import { type CommitLine, commitLine } from './commit-line.ts';
import { counted } from './counted.ts';
import type { Drift } from './drift.ts';
import type { SessionRecord } from './record.ts';

/** One thing that was compared, in a sentence; the commits behind it, when there are any. */
export interface DriftLine {
  readonly state: 'verified' | 'changed' | 'unknown';
  /** Clean text (`clean-text.ts`). */
  readonly text: string;
  readonly commits: readonly CommitLine[];
  /** How many commits there are beyond those listed. */
  readonly more: number;
}

/**
 * The drift in words, what matters most first. What could not be checked is said as such, where there
 * was something to compare with; of a session from outside git, there is nothing to say.
 */
export function describeDrift(record: SessionRecord, drift: Drift): readonly DriftLine[] {
  const { is_git_repo: isRepository, detached } = record.git_context;
  if (!isRepository) return [];
  return [
    historyLine(drift, detached),
    ...branchLine(drift),
    ...upstreamLine(drift),
    ...stashLine(drift),
  ];
}

function historyLine({ history, commits }: Drift, detached: boolean): DriftLine {
  const { state, list } = commits;
  const count = commits.count ?? 0;
  const lost = commits.lost ?? 0;
  const texts = {
    same: 'No commit since.',
    ahead: `${counted(count, 'commit')} since.`,
    behind: `The branch was moved back: ${counted(lost, 'commit')} of then ${are(lost)} no longer part of it.`,
    rewritten:
      `History was rewritten: ${counted(lost, 'commit')} of then ${are(lost)} no longer part of the branch, ` +
      `and ${counted(count, 'commit')} ${are(count)} new.`,
    unknown: detached
      ? 'The session was on no branch, so whether there are commits since cannot be told.'
      : 'Whether there are commits since could not be checked.',
  } as const;
  return {
    state,
    text: texts[history],
    commits: list.map(commitLine),
    more: count - list.length,
  };
}

function branchLine({ branch }: Drift): readonly DriftLine[] {
  const { state, then, now } = branch;
  if (then === null || state === 'verified') return [];
  if (state === 'unknown') {
    return [line('unknown', 'Whether the branch still exists could not be checked.')];
  }
  const was = visibleName(then);
  if (now === null) return [line('changed', `The branch ${was} is gone.`)];
  return [line('changed', `The branch is called ${visibleName(now)} now (then ${was}).`)];
}

function upstreamLine({ branch, upstream }: Drift): readonly DriftLine[] {
  const { state, then, now } = upstream;
  if (state === 'verified') return [];
  if (state === 'unknown') {
    const isBranchGone = branch.state === 'changed' && branch.now === null;
    if (then === null || isBranchGone) return [];
    return [line('unknown', 'How far the branch is from its upstream could not be checked.')];
  }
  if (now === null) return [line('changed', 'The branch has no upstream any more.')];
  const name = visibleName(now.name);
  if (now.ahead === null || now.behind === null) {
    return [line('changed', `The upstream ${name} is gone.`)];
  }
  const apart = `${now.ahead} ahead of ${name} and ${now.behind} behind`;
  if (then?.name === now.name) return [line('changed', `The branch is ${apart}.`)];
  const upstreamNow = then === null ? 'an upstream' : 'another upstream';
  return [line('changed', `The branch has ${upstreamNow} now, and is ${apart}.`)];
}

function stashLine({ stash }: Drift): readonly DriftLine[] {
  const { state, then, now } = stash;
  if (then === null || state === 'verified') return [];
  if (now === null)
    return [line('unknown', 'How many stash entries there are could not be checked.')];
  return [
    line('changed', `The stash has ${counted(now, 'entry', 'entries')} now, and had ${then}.`),
  ];
}

function line(state: DriftLine['state'], text: string): DriftLine {
  return { state, text, commits: [], more: 0 };
}

function are(count: number): string {
  return count === 1 ? 'is' : 'are';
}
