import { type IgnoreProof, proveIgnored, trackedBelow } from '../git/ignore.ts';
import type { Repository } from '../git/repository.ts';
import { counted } from '../session/counted.ts';
import { probePath, sessionsPath } from '../store/directory.ts';
import { excludeFromGit } from '../store/exclude-file.ts';
import { describeError, isSystemError } from '../store/system-errors.ts';

/** As it stands in `info/exclude`: this directory at the top level and no other of that name. */
const excludePattern = `/${sessionsPath}/`;

/**
 * Has git ignore the sessions directory on every branch. The directory also ignores itself; this
 * line holds when something in it is replaced.
 *
 * @returns warnings
 */
export function excludeSessions(repository: Repository): readonly string[] {
  try {
    excludeFromGit(repository.layout.commonDir, excludePattern);
    return [];
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return [`info/exclude could not be written: ${describeError(error)}.`];
  }
}

/** Whether sessions could end up in a commit, and what to do about it. */
export interface CommitRisk {
  /** Undefined when it could not be proved. */
  readonly ignored: boolean | undefined;
  readonly warnings: readonly string[];
}

/** Asks git itself whether the directory is ignored, and whether it tracks anything there already. */
export async function findCommitRisk(repository: Repository): Promise<CommitRisk> {
  const [proof, tracked] = await Promise.all([
    proveIgnored(repository, probePath),
    trackedBelow(repository, sessionsPath),
  ]);
  return {
    ignored: proof.state === 'unknown' ? undefined : proof.state === 'ignored',
    warnings: [...proofWarnings(proof), ...trackedWarnings(tracked)],
  };
}

function proofWarnings(proof: IgnoreProof): readonly string[] {
  switch (proof.state) {
    case 'ignored':
      return [];
    case 'unknown':
      return [`Whether git ignores ${sessionsPath} could not be proved: ${proof.reason}`];
    case 'exposed': {
      const { rule } = proof;
      const because = rule === undefined ? '' : `: ${rule.source} says '${rule.pattern}'`;
      return [`git does not ignore ${sessionsPath}${because}. Do not commit its files.`];
    }
  }
}

function trackedWarnings(tracked: readonly string[]): readonly string[] {
  if (tracked.length === 0) return [];
  const files = counted(tracked.length, 'file');
  return [
    `git tracks ${files} in ${sessionsPath}. To stop that: git rm -r --cached :/${sessionsPath}`,
  ];
}
