# shellcheck shell=sh disable=SC1007,SC2154,SC3013 # -nt and -ef: every shell has them, and POSIX 2024
# What post-checkout does once the block in the hook file, or the command in git's configuration, has
# found the vault: hooks/blocks.ts. It is sourced in a subshell of theirs, by whatever shell the hook
# is written for, with git's arguments and
#   mpm_vault      where the vault is
#   mpm_git_dir    the work tree's own git directory; empty when the caller did not look for it
#   mpm_version, mpm_node, mpm_program    what 'mpm-session init' wrote above
# Standard error is /dev/null, and descriptor 3 is the one that git gave: whatever fails here fails in
# silence, and a hint is all that can be seen.
#
# No program is started but git and, to ask or to pause, Node; both by absolute path, since a hook
# manager may put directories of the work tree first on PATH. That a failed redirection ends the shell
# is true of special builtins only (`:`, `exec`, `.`), so files are opened by others.
#
# A shell parses this as it goes, which is most of what it costs. So it is written in the order in
# which it is needed, without functions around what every switch does, and ends at the first
# mpm_leave: after a third of it when the branch has no session, after two thirds with a hint.

[ -z "${ZSH_VERSION-}" ] || emulate sh
set +e +u +C -f
mpm_blanks=' 	
'
IFS=$mpm_blanks

# ksh has a print of its own, and mksh no printf.
mpm_echo() {
  if [ -n "${KSH_VERSION-}" ]; then
    print -r -- "$1"
  else
    printf '%s\n' "$1"
  fi
}

# Outcome, reason, detail. There is no clock without a process: no time.
mpm_log() {
  # Only a file, and no link to one: anything else could be waited for, or be somebody else's.
  [ ! -e "$mpm_vault/log" ] || [ -f "$mpm_vault/log" ] || return
  [ ! -L "$mpm_vault/log" ] || return
  # Here and at the end, and not for Node, which writes files of the user's.
  umask 077
  mpm_echo "	post-checkout	$mpm_old $mpm_new 1	$1	$2	$3" >>"$mpm_vault/log"
}

# Ends, by mpm_outcome and, unless Node has written it down, mpm_reason for the log; mpm_entered is
# to be remembered as the last switch. That comes after Node, which may want to know from the old one
# which branch was left; and without emptying the file, for which some file systems make us wait.
mpm_leave() {
  [ -z "$mpm_reason" ] || mpm_log "$mpm_outcome" "$mpm_reason" "$mpm_detail"
  if [ "$mpm_outcome" = hinted ]; then
    mpm_echo "$mpm_text_1${mpm_text_2:+
$mpm_text_2}${mpm_text_3:+
$mpm_text_3}" 1>&3
  fi
  if [ -n "$mpm_entered" ]; then
    umask 077
    mpm_echo "$mpm_entered" 1<>"$mpm_stamp"
  fi
  exit 0
}

# Sets mpm_read to the first line of a file; empty when it cannot be read.
mpm_read_line() {
  mpm_read=
  [ -f "$1" ] || return
  IFS= read -r mpm_read <"$1"
}

# Sets mpm_git. git tells its hooks where its programs are, and it is one of them.
mpm_find_git() {
  [ -z "$mpm_git" ] || return 0
  mpm_git=${GIT_EXEC_PATH-}/git
  if [ -n "${GIT_EXEC_PATH-}" ] && [ -f "$mpm_git" ] && [ -x "$mpm_git" ]; then return 0; fi
  mpm_git=
  if mpm_find_on_path git; then
    mpm_git=$mpm_found
    return 0
  fi
  mpm_outcome=failed mpm_reason=git-failed
  return 1
}

# Sets mpm_found to a program in one of PATH's absolute directories outside the work tree.
mpm_find_on_path() {
  mpm_top=$(cd -P . && mpm_echo "$PWD")
  IFS=:
  for mpm_each in $PATH; do
    case $mpm_each in
      /*) ;;
      *) continue ;;
    esac
    mpm_found=$mpm_each/$1
    [ -x "$mpm_found" ] || continue
    [ -f "$mpm_found" ] || continue
    mpm_each=$(cd -P "$mpm_each" && mpm_echo "$PWD")
    case $mpm_each/ in
      / | "$mpm_top"/*) ;;
      *)
        IFS=$mpm_blanks
        return 0
        ;;
    esac
  done
  IFS=$mpm_blanks
  return 1
}

if [ -n "${MPM_SESSION_CANARY-}" ]; then
  umask 077
  [ ! -f "$mpm_vault/canary" ] || mpm_echo post-checkout >>"$mpm_vault/canary"
  exit 0
fi
[ "${3-}" = 1 ] && [ -d "$mpm_vault/offers" ] || exit 0
mpm_old=${1-}
mpm_new=${2-}
case $mpm_old:$mpm_new in
  *[!0123456789abcdef:]*) exit 0 ;;
esac
if [ -z "$mpm_git_dir" ]; then
  mpm_git_dir=${GIT_DIR:-.git}
  if [ -f "$mpm_git_dir" ]; then
    mpm_read_line "$mpm_git_dir"
    mpm_git_dir=${mpm_read#gitdir: }
  fi
fi

# What must be true before anything is looked at.
mpm_git= mpm_outcome=quiet mpm_reason= mpm_detail= mpm_entered=
case ${MPM_SESSION_HOOKS-}:${CI-} in
  0:*) mpm_reason=switched-off ;;
  *: | *:0 | *:false) ;;
  *) mpm_reason=ci ;;
esac
if [ -n "$mpm_reason" ]; then
  true
elif [ -n "$mpm_program" ] && [ ! -f "$mpm_program" ]; then
  mpm_reason=program-gone
elif [ -f "$mpm_git_dir/BISECT_LOG" ]; then
  mpm_reason=bisecting
elif [ -d "$mpm_git_dir/rebase-merge" ]; then
  mpm_reason=rebasing
elif [ -d "$mpm_git_dir/rebase-apply" ]; then
  mpm_reason=applying-patches
elif [ -f "$mpm_git_dir/MERGE_HEAD" ]; then
  mpm_reason=merging
else
  # The branch that git switch --orphan makes.
  case $mpm_new in
    *[!0]*) ;;
    *) mpm_reason=no-commit ;;
  esac
fi

# What HEAD names: mpm_ref (a full name, or HEAD when it is detached), mpm_branch, mpm_commit (when
# detached) and mpm_moves: a file that git writes anew whenever HEAD comes to name something else.
mpm_ref=HEAD mpm_branch= mpm_commit= mpm_read=
mpm_moves=$mpm_git_dir/HEAD
if [ -L "$mpm_moves" ]; then
  # core.preferSymlinkRefs; what -nt compares would be the branch.
  mpm_moves=$mpm_git_dir/logs/HEAD
else
  mpm_read_line "$mpm_moves"
fi
case $mpm_read in
  '' | 'ref: refs/heads/.invalid')
    # A reftable's HEAD names no branch.
    [ "$mpm_moves" != "$mpm_git_dir/HEAD" ] || mpm_moves=$mpm_git_dir/reftable/tables.list
    # Not worth a process when nothing will be said anyway.
    [ -z "$mpm_reason" ] && mpm_find_git || mpm_leave
    mpm_read=$("$mpm_git" symbolic-ref -q HEAD)
    case $? in
      0) mpm_read="ref: $mpm_read" ;;
      1) mpm_read=$mpm_new ;;
      *) mpm_read= ;;
    esac
    ;;
esac
case $mpm_read in
  'ref: refs/heads/'?*)
    mpm_ref=${mpm_read#ref: }
    mpm_branch=${mpm_ref#refs/heads/}
    ;;
  *[!0123456789abcdef]* | '')
    mpm_reason=${mpm_reason:-head-unreadable}
    mpm_leave
    ;;
  *)
    mpm_commit=$mpm_read
    ;;
esac
mpm_detail=$mpm_ref

# The stamp: old and new oid and the ref of the last switch that was handled in this work tree. It is
# read only when it matters, since some shells read byte by byte.
mpm_stamp=${mpm_git_dir%/}
mpm_stamp=$mpm_vault/entered-${mpm_stamp##*/}
mpm_last=
mpm_read_stamp() {
  if [ -z "$mpm_last" ]; then
    mpm_read_line "$mpm_stamp"
    mpm_last=$mpm_read
  fi
  mpm_last_ref=${mpm_last##* }
}

# Whether this is the switch of the stamp again (two hooks are live), or (a bare `git checkout`) none
# at all: HEAD has not been written since.
if [ -z "$mpm_reason" ] && [ -f "$mpm_stamp" ] && [ -f "$mpm_moves" ] &&
  ! [ "$mpm_moves" -nt "$mpm_stamp" ]; then
  mpm_read_stamp
  if [ "$mpm_last" = "$mpm_old $mpm_new $mpm_ref" ]; then
    mpm_reason=already-handled
    [ "$mpm_old" != "$mpm_new" ] || mpm_reason=same-branch
    mpm_leave
  fi
  if [ "$mpm_old" = "$mpm_new" ] && [ "$mpm_last_ref" = "$mpm_ref" ]; then
    mpm_reason=same-branch
    mpm_leave
  fi
fi
mpm_entered="$mpm_old $mpm_new $mpm_ref"
[ -z "$mpm_reason" ] || mpm_leave

# The sessions of the branch entered, or of the commit: which keys have an offer. A branch has
# several identities when another was renamed to its name.
mpm_keys=$mpm_commit
if [ -n "$mpm_branch" ]; then
  mpm_find_git || mpm_leave
  mpm_keys=$("$mpm_git" config --get-all "branch.$mpm_branch.mpm-session")
  if [ $? -gt 1 ]; then
    mpm_outcome=failed mpm_reason=git-failed
    mpm_leave
  fi
fi
mpm_offers=
for mpm_each in $mpm_keys; do
  case $mpm_each in
    *[!0123456789abcdef]*) continue ;;
  esac
  [ -n "$mpm_commit" ] || [ "${#mpm_each}" -eq 20 ] || continue
  [ ! -f "$mpm_vault/offers/$mpm_each" ] || mpm_offers="$mpm_offers $mpm_each"
done
mpm_autopause=
[ ! -f "$mpm_vault/auto-pause" ] || mpm_autopause=yes
if [ -z "$mpm_offers$mpm_autopause" ]; then
  mpm_reason=no-session
  mpm_leave
fi

# offers/<key>: `1 <YYYYMMDDHHMMSS> <session> <ask|hint|quiet> <reason>`, then up to three lines of
# text. The newest is taken: mpm_key, mpm_id, mpm_kind, mpm_offer_reason and mpm_text.
mpm_read_offer() {
  mpm_v= mpm_at= mpm_i= mpm_k= mpm_r= mpm_1= mpm_2= mpm_3=
  {
    IFS=' ' read -r mpm_v mpm_at mpm_i mpm_k mpm_r
    IFS= read -r mpm_1
    IFS= read -r mpm_2
    IFS= read -r mpm_3
  } <"$mpm_vault/offers/$1"
  if ! mpm_is_sound; then
    [ -n "$mpm_kind" ] || mpm_offer_reason=unreadable-offer
    return
  fi
  # Eight digits and six, which fit in every shell's numbers; a leading 0 could mean octal.
  mpm_d=${mpm_at%??????}
  mpm_t=1${mpm_at#????????}
  if [ "$mpm_d" -lt "$mpm_day" ]; then return; fi
  if [ "$mpm_d" -eq "$mpm_day" ] && [ "$mpm_t" -le "$mpm_time" ]; then return; fi
  mpm_key=$1 mpm_day=$mpm_d mpm_time=$mpm_t
  mpm_id=$mpm_i mpm_kind=$mpm_k mpm_offer_reason=$mpm_r
  mpm_text_1=$mpm_1 mpm_text_2=$mpm_2 mpm_text_3=$mpm_3
}

# Whether what was read is as we write it. Above all, a forged offer must not reach the terminal.
mpm_is_sound() {
  case $mpm_v:$mpm_at:$mpm_i in
    1:??????????????:session-????????-??????) ;;
    *) return 1 ;;
  esac
  case $mpm_at${mpm_i#session-} in
    *[!0123456789-]*) return 1 ;;
  esac
  case $mpm_at in
    *-*) return 1 ;;
  esac
  case $mpm_r in
    '' | *[!abcdefghijklmnopqrstuvwxyz0123456789-]*) return 1 ;;
  esac
  case $mpm_k:$mpm_1 in
    quiet:*) return 0 ;;
    ask:?* | hint:?*) ;;
    *) return 1 ;;
  esac
  case $mpm_1$mpm_2$mpm_3 in
    *[[:cntrl:]]*) return 1 ;;
  esac
  [ "${#mpm_1}" -le 1000 ] && [ "${#mpm_2}" -le 1000 ] && [ "${#mpm_3}" -le 1000 ]
}

mpm_key= mpm_id= mpm_kind= mpm_offer_reason= mpm_day=0 mpm_time=0
for mpm_each in $mpm_offers; do mpm_read_offer "$mpm_each"; done
case $mpm_kind in
  ask | hint) mpm_detail=$mpm_id ;;
  quiet) mpm_detail=$mpm_id mpm_reason=$mpm_offer_reason ;;
  *) mpm_reason=${mpm_offer_reason:-no-session} ;;
esac
if [ -n "$mpm_reason" ] && [ -z "$mpm_autopause" ]; then mpm_leave; fi

# Another ref than the last time is a change, when it is another commit, too: so much is known
# without a process. `git checkout -B <the same branch> <another commit>` is told by the ref.
mpm_changed=
mpm_is_first=
mpm_read_stamp
case $mpm_old in
  *[!0]*) ;;
  *) mpm_is_first=yes ;;
esac
if [ -n "$mpm_branch" ] && [ -z "$mpm_is_first" ] && [ "$mpm_old" != "$mpm_new" ]; then
  [ -z "$mpm_last_ref" ] || [ "$mpm_last_ref" = "$mpm_ref" ] || mpm_changed=yes
fi

# mpm_asking is --ask, or mpm_hinting says why nothing can be asked.
mpm_asking= mpm_hinting= mpm_leader=
if [ "$mpm_kind" = hint ]; then
  mpm_hinting=mode-hint
elif [ "$mpm_kind" = ask ]; then
  [ -t 1 ] && [ -t 3 ] || mpm_hinting=not-a-terminal
fi
if [ -n "$mpm_changed" ] && [ -n "$mpm_hinting" ] && [ -z "$mpm_autopause" ]; then
  mpm_outcome=hinted mpm_reason=$mpm_hinting
  mpm_leave
fi

# Sets mpm_unchanged to the reason when HEAD names what it named before.
mpm_find_change() {
  mpm_unchanged=
  [ -z "$mpm_changed" ] || return 0
  # What was rendered after HEAD was last written has nothing to do with a switch just made.
  if [ "$mpm_old" = "$mpm_new" ] && [ -n "$mpm_key" ] && [ -f "$mpm_moves" ] &&
    [ "$mpm_vault/offers/$mpm_key" -nt "$mpm_moves" ]; then
    mpm_unchanged=same-branch
    return 0
  fi
  # git submodule sets it for all it starts, and its update checks out commits.
  if [ -n "$mpm_commit" ] && [ "${GIT_PROTOCOL_FROM_USER-}" = 0 ]; then
    mpm_unchanged=not-a-checkout
    return 0
  fi
  mpm_read_reflog
  if [ -n "$mpm_is_first" ]; then
    # From a branch without a commit; a clone and a new work tree have other entries, or none.
    [ "$mpm_move" = change ] || mpm_unchanged=new-work-tree
  elif [ "$mpm_move" = unknown ] && [ -n "$mpm_branch" ]; then
    [ "$mpm_old" != "$mpm_new" ] || [ "${mpm_last_ref:-$mpm_ref}" != "$mpm_ref" ] ||
      mpm_unchanged=same-branch
  elif [ "$mpm_move" = none ]; then
    mpm_unchanged=same-branch
  elif [ "$mpm_move" = other ] && [ "$mpm_old" = "$mpm_new" ]; then
    mpm_unchanged=same-branch
  elif [ "$mpm_move" != change ]; then
    mpm_unchanged=not-a-checkout
  fi
}

# Sets mpm_move by the newest entry of HEAD's reflog: change, none, other (something else than a
# checkout moved HEAD) or unknown (no reflog is kept, or GIT_REFLOG_ACTION replaces its text).
mpm_read_reflog() {
  mpm_move=unknown
  mpm_find_git || return
  mpm_entry=$("$mpm_git" -c log.showSignature=false log -g -1 --no-patch --no-color \
    --encoding=UTF-8 --format=%gs HEAD --) || return
  case $mpm_entry in
    '') return ;;
    'checkout: moving from '*' to '*) ;;
    *)
      [ "$mpm_entry" = "${GIT_REFLOG_ACTION-}" ] || mpm_move=other
      return
      ;;
  esac
  mpm_entry=${mpm_entry#checkout: moving from }
  mpm_from=${mpm_entry%% to *}
  mpm_to=${mpm_entry#* to }
  if [ -z "$mpm_branch" ]; then
    # A detached HEAD is left by its full oid, and entered by whatever was typed.
    mpm_move=change
    [ "$mpm_from" != "$mpm_new" ] || mpm_move=none
  elif [ "$mpm_to" = "$mpm_branch" ]; then
    mpm_move=change
    [ "$mpm_from" != "$mpm_to" ] || mpm_move=none
  fi
}

# HEAD has changed, and there is something to say, or to pause.
mpm_speak() {
  [ "$mpm_kind" != ask ] || [ -n "$mpm_hinting" ] || mpm_find_doubt
  mpm_pausing=
  [ -z "$mpm_autopause" ] || mpm_pausing=--pause
  if [ -n "$mpm_asking$mpm_pausing" ] && ! mpm_find_node; then
    [ -z "$mpm_asking" ] || mpm_hinting=$mpm_why
    [ -z "$mpm_pausing" ] || mpm_log failed "$mpm_why" "$mpm_ref"
    mpm_asking=
    mpm_pausing=
  fi
  if [ -n "$mpm_asking$mpm_pausing" ]; then
    mpm_run_node
    ! mpm_has_vanished || mpm_exit=0
    case $mpm_exit:$mpm_asking in
      0:--ask)
        mpm_reason=
        return
        ;;
      10:--ask)
        mpm_outcome=hinted mpm_reason=
        return
        ;;
      0: | 10:) ;;
      *)
        mpm_log failed node-failed "$mpm_exit"
        [ -z "$mpm_asking" ] || return
        ;;
    esac
  fi
  [ -n "$mpm_hinting" ] || return
  mpm_outcome=hinted mpm_reason=$mpm_hinting
}

# Sets mpm_asking, or mpm_hinting. What would need a process is left to Node.
mpm_find_doubt() {
  if [ "${TERM:-dumb}" = dumb ]; then
    mpm_hinting=dumb-terminal
  elif [ -n "${AI_AGENT-}${AGENT-}${CLAUDECODE-}${CLAUDE_CODE_SESSION_ID-}" ] ||
    [ -n "${CLAUDE_CODE_CHILD_SESSION-}${CLAUDE_CODE_ENTRYPOINT-}${CLAUDE_PID-}" ] ||
    [ -n "${CODEX_THREAD_ID-}${CODEX_SESSION_ID-}${CODEX_SANDBOX-}" ] ||
    [ -n "${CODEX_SANDBOX_NETWORK_DISABLED-}${CODEX_CI-}${GEMINI_CLI-}${GEMINI_SESSION_ID-}" ] ||
    [ -n "${COPILOT_CLI-}${COPILOT_AGENT_SESSION_ID-}${CURSOR_AGENT-}" ] ||
    [ -n "${OPENCODE-}${OPENCODE_SESSION_ID-}" ]; then
    mpm_hinting=agent
  elif [ -n "${VIM-}${VIMRUNTIME-}${NVIM-}${INSIDE_EMACS-}" ]; then
    mpm_hinting=editor
  elif [ "${GIT_TERMINAL_PROMPT:-1}" = 0 ]; then
    mpm_hinting=prompts-off
  elif ! mpm_is_typed; then
    mpm_hinting=not-typed
  else
    mpm_asking=--ask
  fi
}

# Whether git itself leads the terminal's foreground process group (proc(5)) and writes to that very
# terminal. Without /proc it is not known here.
mpm_is_typed() {
  [ -f /proc/self/stat ] || return 0
  mpm_read_line /proc/self/stat
  # shellcheck disable=SC2086 # `pid (name) state ppid pgrp session tty_nr tpgid …`
  set -- ${mpm_read##*) }
  mpm_leader=${6-}
  [ "${3-}" = "$mpm_leader" ] || return 1
  mpm_read_line "/proc/$mpm_leader/comm"
  [ "$mpm_read" = git ] && [ "/proc/$mpm_leader/fd/1" -ef /dev/fd/3 ]
}

# Sets mpm_node to a Node that can be run, or mpm_why. A branch must not bring what we run.
mpm_find_node() {
  if [ -z "$mpm_program" ]; then
    mpm_why=not-installed
    return 1
  fi
  mpm_why=program-gone
  if [ ! -f "$mpm_node" ] || [ ! -x "$mpm_node" ]; then
    mpm_find_on_path node || return 1
    mpm_node=$mpm_found
  fi
  mpm_why=program-not-trusted
  mpm_is_trusted "$mpm_program" && mpm_is_trusted "$mpm_node"
}

# In no work tree around it may git track anything below the same directory of the top level
# (node_modules, say) as a program of ours. Links lead to where they lead.
mpm_is_trusted() {
  mpm_is_untracked "$1" || return 1
  mpm_physical=$(cd -P "${1%/*}" && mpm_echo "$PWD")/${1##*/}
  [ "$mpm_physical" = "$1" ] || mpm_is_untracked "$mpm_physical"
}

mpm_is_untracked() {
  mpm_find_git || return 1
  mpm_tree=$1
  while :; do
    case $mpm_tree in
      */*) mpm_tree=${mpm_tree%/*} ;;
      *) return 0 ;;
    esac
    if [ "${mpm_tree:-/}" -ef . ] || [ -e "$mpm_tree/.git" ]; then
      # An index of the caller's: what the switch has brought may stand in it alone, or not in it.
      [ -z "${GIT_INDEX_FILE+set}" ] || return 1
      mpm_is_untracked_in "${1#"$mpm_tree"/}" || return 1
    fi
  done
}

# What a caller of git's says about pathspecs is not meant for this.
mpm_is_untracked_in() {
  (
    unset GIT_LITERAL_PATHSPECS GIT_GLOB_PATHSPECS GIT_NOGLOB_PATHSPECS GIT_ICASE_PATHSPECS
    if ! [ "${mpm_tree:-/}" -ef . ]; then
      unset GIT_DIR GIT_WORK_TREE GIT_PREFIX
      cd "${mpm_tree:-/}" || exit 0
    fi
    # Ends with 1 when it knows of no such file.
    "$mpm_git" ls-files --error-unmatch -- ":(top,literal,icase)${1%%/*}"
  ) >/dev/null
  [ $? -eq 1 ]
}

mpm_run_node() {
  mpm_errors=$mpm_vault/hook-error
  [ -e "$mpm_errors" ] || [ -L "$mpm_errors" ] || (umask 077 && true >>"$mpm_errors")
  # Anything but a file could be waited for, or be somebody else's.
  if [ ! -f "$mpm_errors" ] || [ -L "$mpm_errors" ] || [ ! -w "$mpm_errors" ]; then
    mpm_errors=/dev/null
  fi
  # stty(1) and what it says of the terminal: Node takes longer to start a program than this shell.
  mpm_told=
  if [ -n "$mpm_asking" ] && mpm_find_on_path stty; then
    mpm_told=$({ "$mpm_found" -g && LC_ALL=C "$mpm_found" -a; } </dev/tty)
    mpm_told="$mpm_found
$mpm_told"
  fi
  # Ctrl-C at the question reaches this shell, too; and when this shell ends before Node does, git
  # gives the terminal back to the user's as Node has set it.
  trap 'true' INT TERM HUP
  # shellcheck disable=SC2086
  # Options from the environment could name files of the work tree. Certificates are read at Node's
  # start, which takes it longer than the rest of that.
  NODE_OPTIONS='' NODE_PATH='' NODE_REPL_EXTERNAL_MODULE='' NODE_V8_COVERAGE='' \
    NODE_EXTRA_CA_CERTS='' MPM_SESSION_STTY="$mpm_told" \
    "$mpm_node" "$mpm_program" hook post-checkout "$mpm_old" "$mpm_new" 1 --key "$mpm_key" \
    $mpm_asking $mpm_pausing </dev/null 2>"$mpm_errors" 3>&-
  mpm_exit=$?
  mpm_file=$mpm_vault/terminal-${mpm_leader:-$PPID}
  mpm_mended=
  [ "$mpm_exit" -le 128 ] || mpm_mend_terminal
  trap - INT TERM HUP
}

# Whether Node ended itself by SIGKILL, and has logged why: it no longer had to mend anything, and
# git, or its hold on the terminal, was gone.
mpm_has_vanished() {
  [ "$mpm_exit:$mpm_asking:$mpm_mended" = 137:--ask: ] || return 1
  ! mpm_is_typed || ! kill -0 "$PPID"
}

# Node was killed while it asked: it left in terminal-<leader> how to put the terminal back, the
# absolute path of stty(1) and its words.
mpm_mend_terminal() {
  [ -f "$mpm_file" ] || return
  {
    IFS= read -r mpm_stty
    IFS= read -r mpm_words
  } <"$mpm_file"
  mpm_mended=yes
  case $mpm_stty in
    /*) "$mpm_stty" "$mpm_words" </dev/tty >/dev/null ;;
  esac
  # Another git may come to have the number.
  ! mpm_find_on_path rm || "$mpm_found" -f "$mpm_file"
}

mpm_find_change
if [ -n "$mpm_unchanged" ]; then
  mpm_reason=$mpm_unchanged
  mpm_leave
fi
mpm_speak
mpm_leave
