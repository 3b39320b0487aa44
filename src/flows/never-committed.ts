import path from 'node:path';
import { type AddingCommit, commitsAdding } from '../git/adding-commits.ts';
import {
  type IgnoreProof,
  type IgnoreRule,
  isIgnoredByTeam,
  negationsOver,
  proveIgnored,
  stagedBelow,
  trackedBelow,
} from '../git/ignore.ts';
import type { Repository } from '../git/repository.ts';
import { addIgnoreRule, removeIgnoreRule } from '../integrations/ignoring/root-gitignore.ts';
import type { Edit, EditPlan, FileEdit, HookSurroundings } from '../integrations/integration.ts';
import { counted } from '../session/counted.ts';
import { ignorePattern, probePath, sessionsPath } from '../store/directory.ts';
import { excludeFromGit } from '../store/exclude-file.ts';
import { describeError, isSystemError } from '../store/system-errors.ts';

/**
 * Has git ignore the sessions directory on every branch. The directory also ignores itself; this
 * line holds when something in it is replaced.
 *
 * @returns warnings
 */
export function excludeSessions(repository: Repository): readonly string[] {
  try {
    excludeFromGit(repository.layout.commonDir, ignorePattern);
    return [];
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return [`info/exclude could not be written: ${describeError(error)}.`];
  }
}

/** What `init` does to the root `.gitignore`, for the team; nothing when that ignores sessions already. */
export async function planIgnoreRule(
  repository: Repository,
  surroundings: HookSurroundings,
): Promise<EditPlan> {
  const isIgnoredAlready = await isIgnoredByTeam(repository, probePath);
  return addIgnoreRule(surroundings, { rule: ignorePattern, isIgnoredAlready });
}

/** Whether one of the edits is to the root `.gitignore`, where everybody gets it by a commit. */
export async function isForTeam(
  repository: Repository,
  topLevel: string,
  edits: readonly Edit[],
): Promise<boolean> {
  const edit = edits.find(({ target }) => target === path.join(topLevel, '.gitignore'));
  if (edit === undefined || edit.tracked) return edit !== undefined;
  return (await proveIgnored(repository, '.gitignore')).state === 'exposed';
}

/** What `uninstall` does to it when it was edited since. */
export function planIgnoreRemoval(surroundings: HookSurroundings): readonly FileEdit[] {
  return removeIgnoreRule(surroundings, ignorePattern);
}

/** Everything by which sessions are in commits, or could get into one. */
export interface Exposure {
  readonly proof: IgnoreProof;
  /** Rules that have git see sessions, should another one that hides them be gone. */
  readonly negations: readonly IgnoreRule[];
  readonly index: IndexedSessions;
  /** Of those that no remote has; newest first. */
  readonly commits: readonly AddingCommit[];
}

/** Session files in the index. Paths from the top level, with `/`. */
export interface IndexedSessions {
  /** The last commit has them, and the next one would, too. */
  readonly tracked: readonly string[];
  /** The next commit would add or change them. */
  readonly staged: readonly string[];
}

/** Looks for all of it. Takes as long as reading the history that is not pushed. */
export async function findExposure(repository: Repository): Promise<Exposure> {
  const [proof, negations, index, commits] = await Promise.all([
    proveIgnored(repository, probePath),
    negationsOver(repository, probePath),
    findIndexed(repository),
    commitsAdding(repository, sessionsPath, 'unpushed'),
  ]);
  return { proof, negations, index, commits };
}

/** Whether sessions could end up in a commit, and what to do about it. */
export interface CommitRisk {
  /** Undefined when it could not be proved. */
  readonly ignored: boolean | undefined;
  readonly warnings: readonly string[];
  /** Those of the warnings that are about files which git has already. */
  readonly indexed: readonly string[];
}

/** Asks git itself whether the directory is ignored, and whether it tracks anything there already. */
export async function findCommitRisk(repository: Repository): Promise<CommitRisk> {
  const [proof, index] = await Promise.all([
    proveIgnored(repository, probePath),
    findIndexed(repository),
  ]);
  const indexed = indexWarnings(index);
  return {
    ignored: proof.state === 'unknown' ? undefined : proof.state === 'ignored',
    warnings: [...proofWarnings(proof), ...indexed],
    indexed,
  };
}

/**
 * What takes session files out of the index and leaves them where they are, from any directory.
 * Staged ones may differ from the file as well as from the last commit, which git minds.
 */
export function untrackCommand({ tracked, staged }: IndexedSessions): string {
  const force = staged.length === 0 ? '' : ' --force';
  return `git rm -r --cached${force} ${pathspecOf([...tracked, ...staged])}`;
}

/** Costs no second process where git tracks none, which is nearly always. */
async function findIndexed(repository: Repository): Promise<IndexedSessions> {
  const indexed = await trackedBelow(repository, sessionsPath);
  if (indexed.length === 0) return { tracked: [], staged: [] };
  const staged = await stagedBelow(repository, sessionsPath);
  const next = new Set(staged);
  return { tracked: [...new Set(indexed)].filter((file) => !next.has(file)), staged };
}

function pathspecOf(files: readonly string[]): string {
  const isAsOurs = files.every(
    (file) => file === sessionsPath || file.startsWith(`${sessionsPath}/`),
  );
  return isAsOurs ? `:/${sessionsPath}` : `':(top,icase)${sessionsPath}'`;
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

function indexWarnings(index: IndexedSessions): readonly string[] {
  const { tracked, staged } = index;
  if (tracked.length > 0) {
    const files = counted(tracked.length, 'file');
    return [`git tracks ${files} in ${sessionsPath}. To stop that: ${untrackCommand(index)}`];
  }
  if (staged.length === 0) return [];
  const files = counted(staged.length, 'file');
  const command = untrackCommand(index);
  return [`The next commit would hold ${files} in ${sessionsPath}. To unstage: ${command}`];
}
