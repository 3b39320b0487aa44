/**
 * The text that `init` puts into hook files: POSIX sh for any shell that a hook may be written for
 * (sh, bash, zsh; with `set -eu`), without a path of this machine, so that it may be committed. It
 * only finds the vault and goes on there, and does nothing where there is none: what can change from
 * version to version is in the vault's own scripts (`hooks/post-checkout.sh`, `hooks/guard.sh`).
 */
import type { HookEvent } from './events.ts';

export const blockStart =
  "# >>> mpm-session 1 >>> 'mpm-session init' wrote this, 'mpm-session uninstall' takes it out.";
export const blockEnd = '# <<< mpm-session 1 <<<';

/** The whole block of an event, markers included, with a line end after the last. */
export function hookBlock(event: HookEvent): string {
  return [blockStart, findVault, body(event), forget, blockEnd, ''].join('\n');
}

/**
 * `.git` may be a file that names the git directory (`gitdir: <path>`), and that directory may name
 * the one it shares (`commondir`); both are relative to where they stand (gitrepository-layout(5)).
 */
const findVault = `mpm_line=
mpm_git_dir=\${GIT_DIR:-.git}
if [ -f "$mpm_git_dir" ]; then
  { IFS= read -r mpm_line <"$mpm_git_dir"; } 2>/dev/null || :
  mpm_git_dir=\${mpm_line#gitdir: }
fi
mpm_vault=$mpm_git_dir
if [ -f "$mpm_vault/commondir" ]; then
  { IFS= read -r mpm_line <"$mpm_vault/commondir"; } 2>/dev/null || :
  case $mpm_line in
    /* | ?:*) mpm_vault=$mpm_line ;;
    *) mpm_vault=$mpm_vault/$mpm_line ;;
  esac
fi
mpm_vault=$mpm_vault/mpm-session`;

const forget = 'unset mpm_line mpm_git_dir mpm_vault';

/** While `doctor` asks, the vault's script answers its canary, and what comes after must not run. */
const endForCanary = `[ -z "\${MPM_SESSION_CANARY-}" ] || [ ! -f "$mpm_vault/canary" ] || exit 0`;

function body(event: HookEvent): string {
  switch (event) {
    case 'post-checkout':
      return offering;
    case 'pre-push':
      return guardingPush;
    case 'pre-commit':
    case 'pre-merge-commit':
      return guarding(event);
  }
}

const isDue = [
  `{ [ -n "\${MPM_SESSION_CANARY-}" ] || { [ "\${3-}" = 1 ] && [ -d "$mpm_vault/offers" ]; }; }`,
  '[ -f "$mpm_vault/post-checkout" ]',
].join(' && ');

/**
 * No process where nothing is to be offered; otherwise a subshell, which cannot change, end or fail
 * the user's hook. What the script has to say it says on descriptor 3.
 */
const offering = `if ${isDue}; then
  (. "$mpm_vault/post-checkout") 3>&2 2>/dev/null || :
fi
${endForCanary}`;

/** Only the guard's own refusal stops git, and not its being broken. */
const unlessRefused = '|| [ "$?" != 1 ] || exit 1';

function guarding(event: HookEvent): string {
  return `if [ -f "$mpm_vault/guard" ]; then
  /bin/sh "$mpm_vault/guard" ${event} ${unlessRefused}
fi
${endForCanary}`;
}

/**
 * git says on standard input what is pushed; the rest of the hook is given the same once more. Both
 * times as a here-document: a pipeline would fail, where the user's shell has `pipefail`, when the
 * guard did not read to the end. `command -p` finds the system's own program, whatever `PATH` says; a
 * loop of `read` would take minutes for thousands of refs. Somebody who tries the hook at a terminal
 * is not waited for.
 */
const guardingPush = `if [ -f "$mpm_vault/guard" ] && [ ! -t 0 ]; then
  mpm_line='
'
  mpm_input=$(command -p cat && echo x)
  mpm_input=\${mpm_input%x}
  if [ -n "$mpm_input" ]; then
    /bin/sh "$mpm_vault/guard" pre-push "$@" <<mpm_session ${unlessRefused}
\${mpm_input%"$mpm_line"}
mpm_session
    exec <<mpm_session
\${mpm_input%"$mpm_line"}
mpm_session
  else
    /bin/sh "$mpm_vault/guard" pre-push "$@" </dev/null ${unlessRefused}
    exec </dev/null
  fi
  unset mpm_input
fi
${endForCanary}`;

/** How every command of ours in git's configuration begins. */
export const commandStart = '# mpm-session 1\n';

/**
 * The same as a command of git's configuration (git-hook(1)), which a process of its own runs, in the
 * same place as a hook file. git puts the arguments behind what it does not take for a plain
 * program's name; the `#` keeps them from being commands, and they are `$1` and so on all the same.
 * No path stands in it, so that it also serves a repository that was moved or copied.
 */
export function configCommand(event: HookEvent): string {
  const run =
    event === 'post-checkout'
      ? `if ${isDue}; then (. "$mpm_vault/post-checkout") 3>&2 2>/dev/null || :; fi`
      : `if [ -f "$mpm_vault/guard" ]; then /bin/sh "$mpm_vault/guard" ${event} "$@" ${unlessRefused}; fi`;
  return `${commandStart}${findVault}\n${run} #`;
}
