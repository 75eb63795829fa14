#!/bin/sh
# Which share of the statements of each package the tests run: scripts/cover.sh [LEAST]
#
# The scripts of testdata/script run hermes as a process of its own, and what runs there counts too. A process that a signal ends says
# nothing. Packages below LEAST percent (90) are named, and the exit is 1.
set -eu
least=${1:-90}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
GOCOVERDIR=$dir go test -covermode=atomic -coverpkg=./... ./... -args -test.gocoverdir="$dir" >"$dir/../cover.$$" 2>&1 ||
	{ grep -v '^ok\|no test files' "$dir/../cover.$$"; rm -f "$dir/../cover.$$"; exit 1; }
rm -f "$dir/../cover.$$"
go tool covdata percent -i="$dir" | grep -v '/scripts' | awk -v least="$least" '
	{ share = $3 + 0; printf "%6.1f %%  %s\n", share, $1 }
	share < least { low = low " " $1 }
	END { if (low) { print "below " least " %:" low; exit 1 } }'
