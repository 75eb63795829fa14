#!/bin/bash
# Downloads the archive of this runner, holds it against SHA256SUMS, unpacks it and adds its folder to the job's PATH.
set -euo pipefail
case ${RUNNER_OS:-$(uname -s)} in
Linux) os=linux ;;
macOS | Darwin) os=darwin ;;
Windows) os=windows ;;
*) echo "::error::hermes has no archive for ${RUNNER_OS:-$(uname -s)}" && exit 1 ;;
esac
case ${RUNNER_ARCH:-$(uname -m)} in
X64 | x86_64) arch=amd64 ;;
ARM64 | aarch64 | arm64) arch=arm64 ;;
*) echo "::error::hermes has no archive for ${RUNNER_ARCH:-$(uname -m)}" && exit 1 ;;
esac
name=hermes-$HERMES_VERSION-$os-$arch
archive=$name.tar.gz
[ $os = windows ] && archive=$name.zip
dir=${RUNNER_TEMP:-$(mktemp -d)}/hermes
mkdir -p "$dir"
cd "$dir"
sum() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1; }
get() { curl -fsSL --retry 3 -o "$1" "$HERMES_URL/$1"; }
get SHA256SUMS
if [ -n "${HERMES_SUMS:-}" ] && [ "$(sum SHA256SUMS)" != "$HERMES_SUMS" ]; then
	echo "::error::SHA256SUMS at $HERMES_URL is not the file whose checksum was named" && exit 1
fi
get "$archive"
want=$(awk -v name="$archive" '$2 == name { print $1 }' SHA256SUMS)
if [ -z "$want" ] || [ "$(sum "$archive")" != "$want" ]; then
	echo "::error::$archive does not have the checksum that SHA256SUMS names" && exit 1
fi
if [ $os = windows ]; then unzip -qo "$archive"; else tar -xzf "$archive"; fi
echo "$dir/$name" >>"$GITHUB_PATH"
echo "path=$dir/$name" >>"$GITHUB_OUTPUT"
