#!/bin/sh
# Runs every ```sh block of a document as it is printed, each in a folder and a home of its own whose provider is the sandbox.
# The commands of a ```console block run behind their $ in a home with nothing in it; a base URL for OpenAI stands in the environment, which
# is that of a sandbox. Where the block shows output, that is what they print.
# A row of a table whose last cell is a line of hermes is run too, as a dry run: what its cell before names is set or done first.
#
#   scripts/walk.sh HERMES README.md
set -u
hermes=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
doc=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
work=$(mktemp -d)
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$hermes" "$work/bin/hermes"
PATH=$work/bin:$PATH
export PATH GIT_AUTHOR_NAME=walk GIT_AUTHOR_EMAIL=walk@localhost GIT_COMMITTER_NAME=walk GIT_COMMITTER_EMAIL=walk@localhost
"$hermes" sandbox --any-token >"$work/url" &
server=$!
awk -v dir="$work" '/^```sh$/ { n++; on = 1; f = sprintf("%s/block-%02d.sh", dir, n); next } /^```$/ { on = 0 } on { print > f }' "$doc"
failed=0
for block in "$work"/block-*.sh; do
	name=$(basename "$block" .sh)
	mkdir -p "$work/$name/home"
	printf 'model:\n  provider: sandbox\n' >"$work/$name/home/config.yaml"
	if (cd "$work/$name" && HERMES_HOME=$work/$name/home timeout 60 bash -euo pipefail "$block" >out 2>err </dev/null); then
		printf 'ok   %s: %s\n' "$name" "$(head -1 "$block")"
	else
		printf 'FAIL %s, exit status %s: %s\n' "$name" $? "$(head -1 "$block")"
		failed=1
		cat "$block" "$work/$name/out" "$work/$name/err"
	fi
done
awk -v dir="$work" '/^```console$/ { n++; on = 1; f = sprintf("%s/console-%02d", dir, n); printf "" > (f ".want"); next } /^```$/ { on = 0 }
	on && /^\$ / { print substr($0, 3) > (f ".sh"); next } on { print > (f ".want") }' "$doc"
until [ -s "$work/url" ]; do sleep 0.1; done
for block in "$work"/console-*.sh; do
	name=$(basename "$block" .sh)
	mkdir -p "$work/$name"
	if (
		cd "$work/$name" && git init -q . && git commit -q --allow-empty -m one && env -u HERMES_HOME HOME="$work/$name" \
			OPENAI_BASE_URL="$(jq -r .openai "$work/url")" timeout 60 bash "$block" >out 2>&1 </dev/null
		code=$?
		sed -i "s|$work/$name|~|g" out
		if [ -s "$work/$name.want" ]; then diff "$work/$name.want" out; else [ $code = 0 ]; fi
	); then
		printf 'ok   %s: %s\n' "$name" "$(head -1 "$block")"
	else
		failed=1
		printf 'FAIL %s: %s\n' "$name" "$(head -1 "$block")"
		cat "$block" "$work/$name/out"
	fi
done
# Variables without a value are keys, a login is one of the golden homes, and pass is a password manager.
printf '#!/bin/sh\necho sk-walk-0123456789\n' >"$work/bin/pass"
chmod +x "$work/bin/pass"
data=$(dirname "$doc")/testdata
golden() {
	case $1 in
	*xai-oauth) echo "$data/golden-logins/20-xai-auth-add/auth.json" ;;
	*openai-codex) echo "$data/golden-logins/30b-codex-auth-add-two/auth.json" ;;
	*nous) echo "$data/golden-logins/40-nous-auth-add/auth.json" ;;
	*) echo "$data/golden/01-auth-add/auth.json" ;;
	esac
}
n=0
grep '^|.*| `hermes [^`]*` |$' "$doc" | while IFS='|' read -r _ have once ask _; do
	n=$((n + 1))
	mkdir -p "$work/row-$n/home"
	{
		echo "$once" | grep -o '`[^`]*`' | tr -d '`' | while read -r step; do
			case $step in
			'hermes auth add '*) echo "cp '$(golden "$step")' home/; chmod 600 home/auth.json" ;;
			hermes*) echo "$step" ;;
			*=*) echo "export $step" ;;
			*) echo "export $step=sk-walk-0123456789" ;;
			esac
		done
		echo "$(echo "$ask" | tr -d '`') --dry-run hello"
	} >"$work/row-$n.sh"
	if (cd "$work/row-$n" && HERMES_HOME=$work/row-$n/home timeout 60 bash -euo pipefail "../row-$n.sh" >out 2>err </dev/null) && ! grep -q sk-walk "$work/row-$n/out"; then
		echo "ok   row $n:$have"
	else
		echo "FAIL row $n:$have"
		cat "$work/row-$n.sh" "$work/row-$n/out" "$work/row-$n/err"
		touch "$work/failed"
	fi
done
[ ! -e "$work/failed" ] || failed=1
exit $failed
