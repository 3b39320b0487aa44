/**
 * Why a hook said what it said, or nothing: the reasons that stand in the vault's log, each with the
 * sentence `why` explains it with. post-checkout.sh and guard.sh write the same codes.
 */

const catalogue = {
  // post-checkout: nothing was said
  'switched-off': 'MPM_SESSION_HOOKS is 0.',
  ci: 'It ran in CI.',
  bisecting: 'A bisect is going on.',
  rebasing: 'A rebase is going on.',
  'applying-patches': 'Patches are being applied, by a rebase or by git am.',
  merging: 'A merge is going on.',
  'no-commit': 'The branch entered has no commit yet.',
  'new-work-tree': 'The work tree is new: a clone, or one that git worktree added.',
  'same-branch': 'The branch entered is the one that was left.',
  'not-a-checkout': 'Something else than a checkout moved HEAD: a rebase, or git submodule.',
  'no-session': 'Nothing has been paused there.',
  'already-handled': 'Another hook has handled the same switch already.',
  'head-unreadable': 'HEAD could not be read.',
  'git-failed': 'git could not be asked.',
  'unreadable-offer':
    'The rendered offer is damaged; the next command that changes sessions renders it anew.',
  'program-gone': 'The program, or the Node to run it, is no longer where it was set up.',
  resumed: 'The newest session there has been resumed.',
  dismissed: 'The newest session there has been dismissed.',
  'ignored-branch': 'offer.ignoreBranches names the branch.',
  'offers-off': 'offer.mode is off.',
  'offer-outdated': 'The session that was to be offered is no longer paused.',

  // post-checkout: a hint was printed, where a question might have been asked
  'mode-hint': 'offer.mode is hint.',
  'not-a-terminal': 'The output of git goes to no terminal.',
  agent: 'An agent ran it.',
  editor: 'An editor ran it.',
  'dumb-terminal': 'The terminal is too plain to ask on.',
  'prompts-off': 'GIT_TERMINAL_PROMPT is 0.',
  'not-typed': 'git was not typed at the terminal: a script or another program ran it.',
  'not-installed': 'Nothing is installed here that could ask or pause (init was run by npx).',
  'program-not-trusted':
    'The program lies in the work tree where git tracks files, which a branch may have brought.',

  // post-checkout: what went wrong
  'node-failed': 'The program failed; hook-error in the vault may tell how.',

  // the guards
  'session-files': 'The commit would have added session files.',
  'merged-session-files': 'The branch that was merged tracks session files.',
  'session-commits': 'A commit to be pushed adds session files.',
  'no-git': 'No git was found outside the work tree.',
  'no-input': "git's list of what is pushed did not reach the hook.",

  // post-checkout: the terminal was not as it must be to be asked on, and a hint was printed
  'terminal-unclear': 'It could not be found out whether the terminal is free.',
  'terminal-in-use': 'Another program had set the terminal to its own needs.',
  'input-waiting': "Something had been typed ahead, which is the shell's and no answer.",

  // post-checkout: it asked
  yes: 'The session was resumed.',
  dismiss: 'The session was dismissed.',
  'not-now': 'Not now, was the answer.',
  'no-answer': 'Nobody answered in time.',
  'git-gone': 'git had ended, or the terminal was closed.',
  'resume-failed': 'The session was to be resumed, and could not be.',
  'dismiss-failed': 'The session was to be dismissed, and could not be.',

  // post-checkout: autoPause
  left: 'A new session, when the branch was left.',
  'brought-up-to-date': 'Its session was brought up to date, when the branch was left.',
  'left-unchanged': 'Nothing has changed since the newest session of the branch left.',
  'left-clean': 'The branch left had nothing unfinished that would need a session.',
  'left-detached': 'No branch was left, but a detached HEAD.',
  'left-unknown': 'It could not be told which branch was left.',
  'pause-failed': 'The branch left could not be paused.',
  'pause-too-slow': 'Pausing the branch left took longer than offer.timeout.',
} as const satisfies Readonly<Record<string, string>>;

export type Decision = keyof typeof catalogue;

export const decisions = Object.keys(catalogue) as readonly Decision[];

/** The sentence for a reason from the log; undefined when no version of ours wrote it. */
export function explainDecision(reason: string): string | undefined {
  return Object.hasOwn(catalogue, reason) ? catalogue[reason as Decision] : undefined;
}
