import { visibleName } from './clean-text.ts';
import type { Drift } from './drift.ts';
import type { Commit } from './git-state.ts';

/** One thing that was compared, in a sentence; the commits behind it, when there are any. */
export interface DriftLine {
  readonly state: 'verified' | 'changed' | 'unknown';
  readonly text: string;
  readonly commits: readonly Commit[];
  /** How many commits there are beyond those listed. */
  readonly more: number;
}

/** The drift in words, what matters most first. What could not be checked is said as such. */
export function describeDrift(drift: Drift): readonly DriftLine[] {
  return [historyLine(drift), ...branchLine(drift), ...upstreamLine(drift), ...stashLine(drift)];
}

function historyLine({ history, commits }: Drift): DriftLine {
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
    unknown: 'Whether there are commits since could not be checked.',
  } as const;
  return { state, text: texts[history], commits: list, more: count - list.length };
}

function branchLine({ branch }: Drift): readonly DriftLine[] {
  const { state, then, now } = branch;
  if (then === null || state === 'verified') return [];
  if (state === 'unknown')
    return [line('unknown', 'Whether the branch still exists could not be checked.')];
  return now === null
    ? [line('changed', `The branch ${visibleName(then)} is gone.`)]
    : [
        line(
          'changed',
          `The branch is called ${visibleName(now)} now (then ${visibleName(then)}).`,
        ),
      ];
}

function upstreamLine({ upstream }: Drift): readonly DriftLine[] {
  const { state, then, now } = upstream;
  if (state !== 'changed') return [];
  if (now === null) return [line('changed', 'The branch has no upstream any more.')];
  const name = visibleName(now.name);
  if (now.ahead === null || now.behind === null) {
    return [line('changed', `The upstream ${name} is gone.`)];
  }
  const was = then?.name === now.name ? '' : ' (another one than then)';
  return [
    line('changed', `The branch is ${now.ahead} ahead of ${name} and ${now.behind} behind${was}.`),
  ];
}

function stashLine({ stash }: Drift): readonly DriftLine[] {
  const { state, then, now } = stash;
  if (state !== 'changed') return [];
  return [
    line('changed', `The stash has ${now ?? 'unknown'} entries now, and had ${then ?? 'unknown'}.`),
  ];
}

function line(state: DriftLine['state'], text: string): DriftLine {
  return { state, text, commits: [], more: 0 };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function are(count: number): string {
  return count === 1 ? 'is' : 'are';
}
