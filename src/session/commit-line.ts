import { cleanLine, visibleName } from './clean-text.ts';
import type { Commit } from './git-state.ts';

/** A commit as a page shows it, in clean text: a subject and a name are whatever somebody gave them. */
export interface CommitLine {
  readonly sha: string;
  readonly subject?: string;
  readonly author?: string;
  /** `YYYY-MM-DD`, in the author's time zone. */
  readonly date?: string;
}

/** Without what is not known: a commit may have no message. */
export function commitLine({ sha, message, author: name, timestamp }: Commit): CommitLine {
  const subject = cleanLine(message).trim();
  const author = cleanLine(name).trim();
  const date = /^\d{4}-\d\d-\d\d/.exec(timestamp)?.[0];
  return {
    sha: visibleName(sha),
    ...(subject !== '' && { subject }),
    ...(author !== '' && { author }),
    ...(date !== undefined && { date }),
  };
}
