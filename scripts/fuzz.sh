#!/usr/bin/env bash
# Fuzz every target for a time, some of them at once: scripts/fuzz.sh TIME [JOBS]
#
# Each target has one worker. JOBS is three for each processor if it is not given: a target then has a third of a processor for its
# time. What a target said is told when it ends. One that is red does not stop the others; Ctrl-C does.
#
# A target is red when an input fails, which then is in its testdata/fuzz. Go before 1.27 also calls one red whose time is over
# while a worker is late to notice (go.dev/issue/75804): it says "context deadline exceeded" and writes no input.
set -eum # m: each target is a process group, which can be ended whole
time=$1
most=${2:-$((3 * $(getconf _NPROCESSORS_ONLN)))}
cache=$(go env GOCACHE)/fuzz
made=$(mktemp -d)
stop() {
	exec 2>/dev/null # the shell tells of each job that it ends
	for job in $(jobs -p); do kill -- "-$job" 2>/dev/null || true; done
	wait
	rm -rf "$made"
}
trap stop EXIT
trap 'exit 130' INT TERM

fuzz() { # PACKAGE FOLDER TARGET
	cd "$2"
	local name=$made/${1//\//-}
	if "$name" -test.run '^$' -test.fuzz "^$3\$" -test.fuzztime "$time" -test.parallel 1 -test.fuzzminimizetime 1s \
		-test.fuzzcachedir "$cache/$1" >"$name-$3" 2>&1; then
		printf '%s %s\n%s\n' "$1" "$3" "$(tail -n 2 "$name-$3")"
	elif grep -qx '    context deadline exceeded' "$name-$3" && ! grep -q 'Failing input written' "$name-$3"; then
		printf '%s %s\nok: the time was over (go.dev/issue/75804)\n' "$1" "$3"
	else
		printf '%s %s\n%s\n' "$1" "$3" "$(cat "$name-$3")"
		return 1
	fi
}

# Each target says here how it ended.
mkfifo "$made/ended"
exec 3<>"$made/ended"
running=0
red=0
await() {
	local status
	read -r status <&3
	running=$((running - 1))
	red=$((red + status))
}

while read -r pkg folder; do
	grep -qs '^func Fuzz' "$folder"/*_test.go || continue
	go test -c -fuzz . -o "$made/${pkg//\//-}" "$pkg"
	for target in $(cd "$folder" && "$made/${pkg//\//-}" -test.list '^Fuzz'); do
		if [ "$running" -ge "$most" ]; then await; fi
		{ if fuzz "$pkg" "$folder" "$target"; then echo 0 >&3; else echo 1 >&3; fi; } &
		running=$((running + 1))
	done
done < <(go list -f '{{.ImportPath}} {{.Dir}}' ./...)
while [ "$running" -gt 0 ]; do await; done
if [ "$red" -gt 0 ]; then
	echo "red: $red"
	exit 1
fi
