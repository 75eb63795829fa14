#!/bin/sh
# The main job, end to end, on the embedded sandbox: no key, no network, no trace left behind.
set -u
hermes=$1
dir=$(mktemp -d)
HERMES_HOME=$dir/home
export HERMES_HOME
pid=
trap '[ -n "$pid" ] && kill "$pid" 2>/dev/null; rm -rf "$dir"' EXIT
failed=0

say() { printf '\n$ %s\n' "$1"; }
status() {
	printf '[exit status %s]\n' "$1"
	[ "$1" -eq "$2" ] || failed=1
}

say "git log | hermes --provider sandbox 'summarise'"
git log | "$hermes" --provider sandbox 'summarise'
status $? 0

say "git log | hermes --provider sandbox --json 'summarise'"
git log | "$hermes" --provider sandbox --json 'summarise'
status $? 0

say "git log | hermes --provider sandbox --output-format stream-json 'summarise'"
git log | "$hermes" --provider sandbox --output-format stream-json 'summarise'
status $? 0

say 'hermes sandbox --auto-approve &'
"$hermes" sandbox --auto-approve >"$dir/url" &
pid=$!
while [ ! -s "$dir/url" ]; do sleep 0.02; done
cat "$dir/url"
url=$(sed 's/.*"url":"\([^"]*\)".*/\1/' "$dir/url")

say 'hermes auth add minimax-oauth --no-browser --portal-url URL'
"$hermes" auth add minimax-oauth --no-browser --portal-url "$url" </dev/null
status $? 0

say "git log --oneline | hermes 'which login answers this?'"
git log --oneline | "$hermes" 'which login answers this?'
status $? 0

say 'hermes --provider minimax </dev/null     # no key: a typed failure'
"$hermes" --provider minimax hello </dev/null
status $? 77
exit $failed
