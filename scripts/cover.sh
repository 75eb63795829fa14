#!/bin/sh
# Which share of the statements of each package the tests run: scripts/cover.sh [LEAST]
#
# The scripts of testdata/script run hermes as a process of its own, and what runs there counts too. A process that a signal ends says
# nothing. Packages below LEAST percent (90) are named, and the exit is 1. The packages of scripts are left out, whose tests build what they
# run without counters, and wiretest, much of which runs when a test is red. What was counted is merged after each half, for each process
# leaves a file, and the scripts start thousands.
set -eu
least=${1:-90}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
packages=$(go list ./... | grep -v '/scripts/\|/wiretest$')
over=$(echo $packages | tr ' ' ,)
red=0

# count TESTS...: run them, and merge what they and their processes counted. go test names a folder of its own to the processes, which it
# removes, so that env has the last word; the scripts' processes know it from the linker.
count() {
	rm -rf "$dir/now" && mkdir "$dir/now"
	go test -p 1 -timeout 60m -exec "env GOCOVERDIR=$dir/now" -ldflags "-X hermes.coverDir=$dir/now" \
		-covermode=atomic -coverpkg="$over" "$@" -args -test.gocoverdir="$dir/now" >"$dir/out" 2>&1 ||
		{ red=1; grep -v '^ok\|no test files\|coverage: ' "$dir/out" >&2; }
	into=$(mktemp -d "$dir/part.XXXXXX")
	go tool covdata merge -i="$dir/now" -o="$into"
}
count $(echo "$packages" | grep /)
count .
go tool covdata percent -i="$(ls -d "$dir"/part.* | paste -sd,)" | awk -v least="$least" '
	{ share = $3 + 0; printf "%6.1f %%  %s\n", share, $1 }
	share < least { low = low " " $1 }
	END { if (low) { print "below " least " %:" low; exit 1 } }' || red=1
exit $red
