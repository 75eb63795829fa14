#!/bin/bash
# Installs and runs everything that make dist made: each archive, package and image of this machine's kind, the formula's steps, the steps of
# the action; and packs the same commit in another folder, which must give the same bytes. Needs root, or unshare.
#
#   scripts/dist/test.sh DIST VERSION [CLONE-TO-COMPARE]
set -euo pipefail
[ "$(id -u)" = 0 ] || exec unshare -r "$0" "$@"
dist=$(cd "$1" && pwd) version=$2 here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
arch=amd64
[ "$(uname -m)" = aarch64 ] && arch=arm64
name=hermes-$version-linux-$arch
ok() { echo "ok   $*"; }
# answers COMMAND...: the program answers there with the sandbox, and knows its version.
answers() {
	printf hello | "$@" --provider sandbox >"$work/said" && grep -q '^Sandbox answer' "$work/said" || { echo "FAIL: no answer of $*"; exit 1; }
	[ "$("$@" --version </dev/null)" = "hermes $version" ] || { echo "FAIL: $* is another version"; exit 1; }
}
export HOME=$work

(cd "$dist" && sha256sum -c --quiet SHA256SUMS) && ok 'SHA256SUMS'
for archive in "$dist"/*.tar.gz; do
	tar -tzf "$archive" >"$work/list"
	for f in LICENSE THIRD-PARTY-NOTICES.txt README.md hermes.1.gz hermes.bash hermes.zsh hermes.fish hermes.ps1 hermes; do
		grep -q "/$f\$" "$work/list" || { echo "FAIL: no $f in $archive"; exit 1; }
	done
done
for archive in "$dist"/*.zip; do unzip -tq "$archive" >/dev/null; done
mkdir "$work/archive" && tar -C "$work/archive" -xzf "$dist/$name.tar.gz"
PATH=$work/archive/$name:$PATH answers hermes && ok 'the archive, on the PATH'
bash -n "$work/archive/$name/hermes.bash" && gzip -dc "$work/archive/$name/hermes.1.gz" >"$work/man" && grep -q '^\.TH HERMES 1' "$work/man"
for m in $(jq -r '.components[] | .name' "$dist/hermes-$version.cdx.json"); do
	grep -q "^$m .*: " "$work/archive/$name/THIRD-PARTY-NOTICES.txt" || { echo "FAIL: no notice of $m"; exit 1; }
done
ok 'notices of what is linked'
jq -e '.bomFormat == "CycloneDX" and any(.components[]; .name == "github.com/alecthomas/kong") and all(.components[]; .licenses)' "$dist/hermes-$version.cdx.json" >/dev/null && ok 'the bill of materials'

root=$work/deb && mkdir -p "$root/var/lib/dpkg/"{info,updates} && : >"$root/var/lib/dpkg/status"
if command -v dpkg >/dev/null; then
	dpkg --root="$root" --force-script-chrootless -i "$dist/$name.deb" >/dev/null 2>&1
	dpkg --root="$root" -s hermes | grep -q '^Status: install ok installed'
else
	ar -p "$dist/$name.deb" data.tar.gz | tar -C "$root" -xz
fi
test -s "$root/usr/share/doc/hermes/copyright"
answers chroot "$root" /usr/bin/hermes && ok 'the .deb'

root=$work/rpm && mkdir -p "$root"
if command -v rpm >/dev/null; then
	rpm --root "$root" --dbpath /var/lib/rpm --ignoreos -i "$dist/$name.rpm" 2>/dev/null
else
	(cd "$here" && go run ./scripts/dist -unpack "$dist/$name.rpm" -dir "$root")
fi
answers chroot "$root" /usr/bin/hermes && ok 'the .rpm'
rm -rf "$work/rpm2" && (cd "$here" && go run ./scripts/dist -unpack "$dist/$name.rpm" -dir "$work/rpm2") && cmp "$root/usr/bin/hermes" "$work/rpm2/usr/bin/hermes"

root=$work/apk && mkdir -p "$root"
if command -v apk >/dev/null; then
	apk add --root "$root" --initdb --allow-untrusted --no-network --repositories-file /dev/null "$dist/$name.apk" >/dev/null
else
	tar -C "$root" -xzf "$dist/$name.apk" 2>/dev/null
	grep -q '^pkgname = hermes$' "$root/.PKGINFO"
fi
answers chroot "$root" /usr/bin/hermes && ok 'the .apk'

# The image: unpacked, and run as its config says, as no other than its user.
mkdir "$work/oci" "$work/image" && tar -C "$work/oci" -xf "$dist/hermes-$version-oci.tar"
blob() { cat "$work/oci/blobs/$(echo "$1" | tr : /)"; }
index=$(jq -r '.manifests[0].digest' "$work/oci/index.json")
manifest=$(blob "$index" | jq -r --arg arch $arch '.manifests[] | select(.platform.architecture == $arch) | .digest')
config=$(blob "$(blob "$manifest" | jq -r .config.digest)")
layer=$(blob "$manifest" | jq -r '.layers[0].digest')
[ "$(blob "$layer" | gzip -dc | sha256sum | cut -d' ' -f1)" = "$(echo "$config" | jq -r '.rootfs.diff_ids[0]' | cut -d: -f2)" ]
blob "$layer" | tar -C "$work/image" -xz --same-owner 2>/dev/null || blob "$layer" | tar -C "$work/image" -xz --no-same-owner
user=$(echo "$config" | jq -r .config.User)
run=(env -i $(echo "$config" | jq -r '.config.Env[]') "$(command -v chroot)")
chroot --userspec="$user" "$work/image" /usr/bin/hermes --version >/dev/null 2>&1 && run+=(--userspec="$user") # one user is all that unshare -r has
answers "${run[@]}" "$work/image" "$(echo "$config" | jq -r '.config.Entrypoint[0]')"
"${run[@]}" "$work/image" /usr/bin/hermes config set model.provider sandbox >/dev/null 2>&1
test -s "$work/image/home/hermes/.hermes/config.yaml"
[ "$(grep -c BEGIN "$work/image/etc/ssl/certs/ca-certificates.crt")" -gt 50 ]
ok "the image, as user $user"

# The formula names the archives by their checksums, and installs what they hold.
grep -A1 '^ *url ' "$dist/hermes.rb" | tr -d '"' | awk '/url/ { n = $2; sub(".*/", "", n) } /sha256/ { print $2 "  " n }' >"$work/formula"
[ "$(wc -l <"$work/formula")" = 4 ] && (cd "$dist" && sha256sum -c --quiet "$work/formula")
grep -oE '^ *(bin|man1|[a-z]+_completion|doc)\.install .*' "$dist/hermes.rb" | sed 's/=> .*//; s/^[^"]*//' | grep -oE '"[^"]+"' | tr -d '"' | while read -r f; do
	test -s "$work/archive/$name/$f" || { echo "FAIL: the formula installs $f"; exit 1; }
done
command -v ruby >/dev/null && ruby -c "$dist/hermes.rb" >/dev/null
ok 'the formula'

# The action: its step, as a runner runs it.
step=$(awk '/^ *run: / { sub(/^ *run: /, ""); print }' "$here/scripts/action/action.yml")
export GITHUB_ACTION_PATH=$here/scripts/action GITHUB_PATH=$work/path GITHUB_OUTPUT=$work/output RUNNER_TEMP=$work/temp RUNNER_OS=Linux
export HERMES_VERSION=$version HERMES_URL=file://$dist HERMES_SUMS=$(sha256sum "$dist/SHA256SUMS" | cut -d' ' -f1)
mkdir "$work/temp" && bash -c "$step"
PATH=$(cat "$GITHUB_PATH"):$PATH answers hermes
! HERMES_SUMS=bad bash -c "$step" >"$work/said" && grep -q 'is not the file whose checksum' "$work/said"
mkdir "$work/bent" && cp "$dist/SHA256SUMS" "$work/bent" && echo bent >"$work/bent/$name.tar.gz"
! HERMES_URL=file://$work/bent bash -c "$step" >"$work/said" && grep -q 'does not have the checksum' "$work/said"
ok 'the action'

if [ -n "${3:-}" ]; then
	cmp "$dist/SHA256SUMS" "$3/dist/SHA256SUMS" && ok 'the same bytes from another folder'
fi
