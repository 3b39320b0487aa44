import { type BranchName, isOid, type Oid } from '../session/git-state.ts';
import { branchTip } from './history.ts';
import { lastReflogLine } from './layout.ts';
import { ask, type Repository } from './repository.ts';

/** What `HEAD` named before the checkout that just happened. */
export type Left =
  | { readonly kind: 'branch'; readonly branch: BranchName; readonly oid: Oid }
  | { readonly kind: 'detached' }
  | { readonly kind: 'unborn' }
  | { readonly kind: 'unknown' };

/** The commits that git tells its post-checkout hook. */
export interface Checkout {
  readonly old: string;
  readonly entered: string;
  /** The branch that the hook saw entered the last time, for when no reflog tells. */
  readonly lastEntered?: string | undefined;
}

/**
 * What a checkout left, as `HEAD`'s reflog says it: git writes `checkout: moving from <left> to
 * <entered>`, unless `GIT_REFLOG_ACTION` has it say something else. `<left>` is the name of a branch
 * or a whole object id.
 */
export async function whatWasLeft(repository: Repository, checkout: Checkout): Promise<Left> {
  if (/^0+$/.test(checkout.old)) return { kind: 'unborn' };
  const name = movedFrom((await lastMove(repository, checkout)) ?? '') ?? checkout.lastEntered;
  if (name === undefined || !isOid(checkout.old)) return { kind: 'unknown' };
  // A branch can have the name of a commit; that one was left which stands where HEAD stood.
  if ((await branchTip(repository, name)) === checkout.old) {
    return { kind: 'branch', branch: name as BranchName, oid: checkout.old };
  }
  return { kind: name === checkout.old ? 'detached' : 'unknown' };
}

/** A branch's name holds no blank. One that is not UTF-8 cannot be given to git. */
function movedFrom(message: string): string | undefined {
  const name = /^checkout: moving from (\S+) to \S+$/.exec(message)?.[1];
  return name?.includes('\u{fffd}') === true ? undefined : name;
}

/** The message of the last entry of the reflog, when that is about this checkout. */
async function lastMove(
  repository: Repository,
  { old, entered }: Checkout,
): Promise<string | undefined> {
  const line = lastReflogLine(repository.layout);
  if (line === undefined) return askForLastMove(repository, entered);
  const tab = line.indexOf('\t');
  return line.startsWith(`${old} ${entered} `) ? line.slice(tab + 1) : undefined;
}

/** For refs that are not kept in files. */
async function askForLastMove(
  repository: Repository,
  entered: string,
): Promise<string | undefined> {
  const args = ['log', '--walk-reflogs', '--max-count=1', '--format=%H %gs', 'HEAD', '--'];
  const answer = await ask(repository, args, { answers: [128] });
  const [commit = '', ...message] = answer.stdout.toString('utf8').trimEnd().split(' ');
  return commit === entered ? message.join(' ') : undefined;
}
