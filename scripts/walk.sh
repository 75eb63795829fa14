#!/bin/sh
# Runs every ```sh block of a document as it is printed, each in a folder and a home of its own whose provider is the sandbox.
#
#   scripts/walk.sh HERMES README.md
set -u
hermes=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
doc=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$hermes" "$work/bin/hermes"
PATH=$work/bin:$PATH
export PATH GIT_AUTHOR_NAME=walk GIT_AUTHOR_EMAIL=walk@localhost GIT_COMMITTER_NAME=walk GIT_COMMITTER_EMAIL=walk@localhost
awk -v dir="$work" '/^```sh$/ { n++; on = 1; f = sprintf("%s/block-%02d.sh", dir, n); next } /^```$/ { on = 0 } on { print > f }' "$doc"
failed=0
for block in "$work"/block-*.sh; do
	name=$(basename "$block" .sh)
	mkdir -p "$work/$name/home"
	printf 'model:\n  provider: sandbox\n' >"$work/$name/home/config.yaml"
	if (cd "$work/$name" && HERMES_HOME=$work/$name/home timeout 60 bash -euo pipefail "$block" >out 2>err </dev/null); then
		echo "ok   $name: $(head -1 "$block")"
	else
		failed=1
		echo "FAIL $name, exit status $?: $(head -1 "$block")"
		cat "$block" "$work/$name/out" "$work/$name/err"
	fi
done
exit $failed
