import type { GitContext } from './record.ts';
import { shellQuote } from './shell-quote.ts';

export interface Command {
  readonly label: string;
  readonly command: string;
}

/** Which session, and where `HEAD` was when it was paused. */
export interface Whereabouts {
  readonly session_id: string;
  readonly git_context: Pick<GitContext, 'is_git_repo' | 'branch' | 'detached' | 'head'>;
}

/** The commands that lead back to a session, in their order, for a POSIX shell. */
export function waysBack({ session_id: id, git_context: git }: Whereabouts): readonly Command[] {
  const resume = `${resumeCommand(git.is_git_repo)} ${id}`;
  return [...goThere(git), { label: 'Take this session up', command: resume }];
}

/** The command that takes the newest session up; with an id after it, that one. */
export function resumeCommand(isRepository: boolean): string {
  return isRepository ? 'git mpm-resume' : 'mpm-session resume';
}

function goThere({ branch, detached, head }: Whereabouts['git_context']): readonly Command[] {
  if (branch !== null) {
    return [{ label: 'Go to the branch', command: `git switch ${shellQuote(branch)}` }];
  }
  if (!detached || head === null) return [];
  return [{ label: 'Go to the commit', command: `git switch --detach ${head}` }];
}
