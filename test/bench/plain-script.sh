#!/bin/sh
# What a careful person would write in an afternoon: tasks side by side in worktrees, each result merged into one branch.
# It survives nothing, checks nothing and reports nothing; that is what the benchmark puts beside milestone.
#
#   plain-script.sh <repository> <tasks> <places> <seconds of work for each task>
set -eu
cd "$1"
tasks=$2 places=$3 work=$4
mkdir -p "$1-slots"
git branch night

# One place: takes task n, n + places, n + 2 * places …
place() {
  slot="$1-slots/$2"
  # Git reads the others' folders meanwhile, and stumbles over one that is half made.
  flock "$1-slots/lock" git worktree add -q --detach "$slot" night
  n=$2
  while [ "$n" -lt "$tasks" ]; do
    git -C "$slot" reset -q --hard night
    git -C "$slot" clean -qfd
    (cd "$slot" && sleep "$work" && echo "task $n" > "result-$n.txt")
    git -C "$slot" add -A
    git -C "$slot" commit -q -m "task $n"
    # One at a time: the branch is checked out where merges happen.
    flock "$1-slots/lock" sh -ec 'git -C "$1-slots/merge" merge -q --no-ff -m "merge task $2" "$3"' \
      sh "$1" "$n" "$(git -C "$slot" rev-parse HEAD)"
    n=$((n + places))
  done
}

git worktree add -q "$1-slots/merge" night
p=0
while [ "$p" -lt "$places" ]; do
  place "$1" "$p" &
  p=$((p + 1))
done
wait
[ "$(git rev-list --count --no-merges main..night)" -eq "$tasks" ]
