# Keeps sessions out of commits and pushes. It lies in the vault, below lines that `init` writes:
# mpm_since, the Unix time of the first `init`. git's hooks run it in the work tree as
#   /bin/sh <vault>/guard <event> [arguments of the hook]
# and stop when it exits 1. What it cannot find out, it lets pass: `doctor --ci` has the last word.
# POSIX sh; starts no program but git; git alone may change the directory, since GIT_INDEX_FILE can
# be relative.

set -f
umask 077
# Whoever reads what is said may stop (`git commit 2>&1 | head -1`); what is refused stays refused.
trap '' PIPE
LC_ALL=C
export LC_ALL
# Variables by which git's caller would change what the pathspec means, or have a program run.
unset GIT_LITERAL_PATHSPECS GIT_GLOB_PATHSPECS GIT_NOGLOB_PATHSPECS GIT_ICASE_PATHSPECS
unset GIT_EXTERNAL_DIFF GIT_DIFF_OPTS

sessions=.claude-mpm/sessions
pathspec=":(top,icase)$sessions"
most_shown=10
tab='	'
newline='
'

main() {
  event=${1-}
  [ $# -eq 0 ] || shift
  # Of doctor, while it asks whether this fires.
  if [ -n "${MPM_SESSION_CANARY-}" ] && [ -f "$vault/canary" ]; then
    printf '%s\n' "$event" >>"$vault/canary"
    return 0
  fi
  [ ! -e "$vault/guard-off" ] || return 0
  if ! find_git; then
    note failed no-git
    return 0
  fi
  case $event in
    pre-commit | pre-merge-commit) guard_commit ;;
    pre-push) guard_push "$@" ;;
  esac
}

# A hook manager may put directories of the checkout first in PATH; git says where it is itself.
find_git() {
  git=${GIT_EXEC_PATH-}/git
  [ -z "${GIT_EXEC_PATH-}" ] || [ ! -f "$git" ] || [ ! -x "$git" ] || return 0
  git=
  top=$(pwd -P)
  IFS=:
  for directory in $PATH; do
    case $directory/ in "$PWD"/* | "$top"/*) continue ;; esac
    case $directory in /*) ;; *) continue ;; esac
    git=$directory/git
    [ ! -f "$git" ] || [ ! -x "$git" ] || break
    git=
  done
  unset IFS
  [ -n "$git" ]
}

# What git shows is the same in everybody's configuration, and printable: names are quoted as in C.
ask() {
  "$git" --no-optional-locks --no-replace-objects -c core.quotePath=true -c core.fsmonitor=false \
    "$@" 2>/dev/null
}

# --- Commits ------------------------------------------------------------------------------------

guard_commit() {
  if ! added=$(changes_against ''); then
    note failed git-failed
    return 0
  fi
  [ -n "$added" ] || return 0
  from_here=$(names_of "$added")
  for parent in $(other_parents); do
    [ -n "$from_here" ] || break
    added_there=$(changes_against "$parent") || continue
    from_here=$(in_both "$from_here" "$(names_of "$added_there")")
  done
  if [ -n "$from_here" ]; then
    refuse_commit
    return
  fi
  count "$added"
  say "warning: this merge brings $(session_files "$counted") that the other branch tracks:"
  show "$(names_of "$added")"
  say "To stop tracking them, afterwards: git rm -r --cached --quiet $(path_argument "$added")"
  note passed merged-session-files "$counted"
}

# <status letter> TAB <name>, a line each, of what the index adds to or changes in a commit (HEAD
# when not given; nothing, on an unborn branch). `git diff` rather than diff-index, which takes what
# is only meant to be added for added.
changes_against() {
  ask diff --cached --name-status --no-renames --diff-filter=ACMRT --ignore-submodules=none \
    --no-color --no-ext-diff -O/dev/null ${1:+"$1"} -- "$pathspec" </dev/null
}

names_of() {
  IFS=$newline
  for line in $1; do
    printf '%s\n' "${line#?"$tab"}"
  done
  unset IFS
}

# The lines of the first list that are in the second, too.
in_both() {
  IFS=$newline
  for line in $1; do
    case "$newline$2$newline" in
      *"$newline$line$newline"*) printf '%s\n' "$line" ;;
    esac
  done
  unset IFS
}

# While `git merge` runs its hook there is no MERGE_HEAD yet: git names the commits to its strategies
# in variables (GITHEAD_<oid>, git-merge(1)). When `git commit` concludes a merge there is.
other_parents() {
  if [ "$event" = pre-merge-commit ]; then
    IFS=$newline
    for line in $(set); do
      case $line in
        GITHEAD_*=*)
          line=${line%%=*}
          printf '%s\n' "${line#GITHEAD_}"
          ;;
      esac
    done
    unset IFS
  fi
  file=$(ask rev-parse --git-path MERGE_HEAD </dev/null) || return 0
  [ -f "$file" ] || return 0
  while IFS= read -r line || [ -n "$line" ]; do
    printf '%s\n' "$line"
  done <"$file"
}

refuse_commit() {
  refused=yes
  count "$from_here"
  note refused session-files "$counted"
  say "commit refused: $(session_files "$counted") in it, and those stay on this machine:"
  show "$from_here"
  # What HEAD has, a restore would bring back into the next commit; and without HEAD there is none.
  case "$newline$added" in
    *"$newline"[!A]"$tab"*) how='git rm -r --cached --force --quiet' ;;
    *) how='git restore --staged' ;;
  esac
  ask rev-parse --quiet --verify HEAD >/dev/null </dev/null || how='git rm -r --cached --force --quiet'
  say "Unstage, then commit again: $how $(path_argument "$added")"
  say "To commit all the same, add '--no-verify'."
}

# --- Pushes -------------------------------------------------------------------------------------

# $1: the remote's name, or its URL when it has none; $2: its URL. Standard input, a line each:
# <local ref> <local oid> <remote ref> <remote oid> (githooks(5)).
guard_push() {
  remote=${1-}
  address=${2-}
  # Somebody's terminal would be waited for.
  if [ -t 0 ]; then
    note failed no-input
    return 0
  fi
  revisions=$(list_pushed)
  branch=${revisions##*'branch '}
  revisions=${revisions%'branch '*}
  [ -n "$revisions" ] || return 0

  if ! candidates=$(printf '%s' "$revisions" | touching_commits); then
    note failed git-failed
    return 0
  fi
  [ -n "$candidates" ] || return 0
  recent=$(commits_since "${mpm_since:-0}" "$candidates")
  [ -n "$recent" ] || return 0
  if ! found=$(printf '%s\n' "$recent" | added_files); then
    note failed git-failed
    return 0
  fi
  found=$(those_with_files "$found")
  [ -n "$found" ] || return 0
  refuse_push
}

# `<committer's time> <oid>` of what is not on the remote and touches sessions, parents last. Not by
# `--since`, which stops at the first commit that carries an old date. Plumbing, which no log.* or
# diff.* configuration changes. Merges are asked for whole (--full-history): with sessions of their
# own they differ from all their parents.
touching_commits() {
  names=$(names_of_remote)
  set --
  IFS=$newline
  for name in $names; do
    set -- "$@" "--remotes=$name"
  done
  unset IFS
  # --stdin is read where it stands: what is to hold for it comes before, what is not after.
  ask rev-list --ignore-missing --timestamp --full-history --topo-order --stdin \
    --not "$@" -- "$pathspec"
}

# Those whose remote-tracking branches tell what is on the remote. `*` and the like would be patterns.
names_of_remote() {
  case $remote in
    '' | *[*?[]*) ;;
    "$address")
      ask config --get-regexp '^remote\..*\.(push)?url$' </dev/null |
        while read -r key value; do
          [ "$value" = "$address" ] || continue
          key=${key#remote.}
          printf '%s\n' "${key%.*}"
        done
      ;;
    *) printf '%s\n' "$remote" ;;
  esac
}

commits_since() {
  while read -r time oid; do
    [ "$time" -lt "$1" ] || printf '%s\n' "$oid"
  done <<end
$2
end
}

# Of commits on standard input: `<oid>`, then the names of what it adds or changes. Of a merge, what
# comes from none of its parents (-c); its `<oid>` is printed even when there is nothing.
added_files() {
  ask diff-tree --stdin -r -c --root --name-only --no-renames --diff-filter=ACMRT \
    --ignore-submodules=none -- "$pathspec"
}

those_with_files() {
  commit=
  IFS=$newline
  for line in $1; do
    case $line in
      *[!0-9a-f]*)
        printf '%s%s\n' "$commit" "$line"
        commit=
        ;;
      *) commit="$line$newline" ;;
    esac
  done
  unset IFS
}

# What is pushed, and what is there already with a ^ before it, as git says it on standard input; then
# `branch` and the first branch among it, a name without blanks. Printed line by line, since there may
# be thousands.
list_pushed() {
  pushed_branch=
  while read -r local_ref local_oid _ remote_oid || [ -n "$local_ref" ]; do
    case $local_oid$remote_oid in '' | *[!0-9a-f]*) continue ;; esac
    # Zeros: nothing is pushed, but something deleted; or there is nothing yet.
    case $local_oid in *[!0]*) printf '%s\n' "$local_oid" ;; *) continue ;; esac
    # Somebody else may have pushed it, so that it is not here; it is ignored then.
    case $remote_oid in *[!0]*) printf '^%s\n' "$remote_oid" ;; esac
    case $local_ref in
      refs/heads/*) pushed_branch=${pushed_branch:-${local_ref#refs/heads/}} ;;
    esac
  done
  printf 'branch %s\n' "$pushed_branch"
}

refuse_push() {
  commits=
  names=
  IFS=$newline
  for line in $found; do
    case $line in
      *[!0-9a-f]*) names="$names$line$newline" ;;
      *) commits="$commits$line$newline" ;;
    esac
  done
  unset IFS
  refused=yes
  count "$commits"
  note refused session-commits "$counted"
  say "push refused: $(commits_add "$counted") session files, and those stay on this machine:"
  show_commits
  mend_push
  say "To push all the same, add '--no-verify'."
}

show_commits() {
  shown=0
  IFS=$newline
  for line in $found; do
    case $line in
      *[!0-9a-f]*) text="    $line" ;;
      *) text="  $(ask show --no-patch --no-color --no-notes --no-show-signature --date=short --format='%h %cd' "$line" </dev/null)" ;;
    esac
    shown=$((shown + 1))
    if [ "$shown" -gt $((2 * most_shown)) ]; then
      printf '  ...\n' >&2
      break
    fi
    printf '%s\n' "$text" >&2
  done
  unset IFS
}

mend_push() {
  path=$(path_argument "$names")
  last=
  IFS=$newline
  for line in $commits; do last=$line; done
  unset IFS
  if [ "$counted" -eq 1 ] && [ "$(ask rev-parse --verify HEAD </dev/null)" = "$last" ]; then
    say "Take them out: git rm -r --cached --force --quiet $path && git commit --amend --no-edit --allow-empty"
    return
  fi
  # Other names are not written into a command that is to be copied.
  case $branch in
    '' | *[!!-~]* | *\'*) branch='<branch>' ;;
    *[!A-Za-z0-9_./-]*) branch="'$branch'" ;;
  esac
  range=$branch
  ! ask rev-parse --quiet --verify "$last^" >/dev/null </dev/null || range="$last^..$branch"
  inside=$sessions
  [ "$path" = ":/$sessions" ] || inside="\":(icase)$sessions\""
  say 'Take them out of these commits (the work tree must be clean):'
  printf '  %s\n' "git filter-branch -f --index-filter 'git rm -r --cached --quiet --ignore-unmatch $inside' $range" >&2
}

# --- Words --------------------------------------------------------------------------------------

say() {
  printf 'mpm-session: %s\n' "$1" >&2
}

# Sets `counted` to the number of lines.
count() {
  IFS=$newline
  set -- $1
  unset IFS
  counted=$#
}

session_files() {
  if [ "$1" -eq 1 ]; then printf '1 session file'; else printf '%s session files' "$1"; fi
}

commits_add() {
  if [ "$1" -eq 1 ]; then printf 'a commit adds'; else printf '%s commits add' "$1"; fi
}

show() {
  shown=0
  IFS=$newline
  for line in $1; do
    shown=$((shown + 1))
    if [ "$shown" -gt "$most_shown" ]; then
      printf '  ... and %s more\n' $((counted - most_shown)) >&2
      break
    fi
    printf '  %s\n' "$line" >&2
  done
  unset IFS
}

# What names the sessions to git from any directory of the work tree, in the letters that are there.
path_argument() {
  IFS=$newline
  for line in $1; do
    line=${line#?"$tab"}
    case ${line#\"} in
      "$sessions" | "$sessions"/*) ;;
      *)
        printf "'%s'" "$pathspec"
        return
        ;;
    esac
  done
  printf ':/%s' "$sessions"
}

# time, event, arguments, outcome, reason, detail; sh has no clock. An URL may hold a password.
note() {
  arguments=
  [ "$event" != pre-push ] || arguments=${remote-}
  case $arguments in
    *[!A-Za-z0-9_.-]*) arguments='<url>' ;;
  esac
  # Only a file, and no link to one: anything else could be waited for, or be somebody else's.
  [ ! -e "$vault/log" ] || [ -f "$vault/log" ] || return 0
  [ ! -L "$vault/log" ] || return 0
  {
    printf '\t%s\t%s\t%s\t%s%s\n' "$event" "$arguments" "$1" "$2" "${3:+$tab$3}" >>"$vault/log"
  } 2>/dev/null || :
}

case $0 in
  */*) vault=${0%/*} ;;
  *) vault=. ;;
esac
refused=
main "$@"
# Whoever runs this takes 1, and nothing else, for a refusal.
[ -z "$refused" ] || exit 1
exit 0
