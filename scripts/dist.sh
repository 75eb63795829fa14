#!/bin/sh
# Archives for every system, a .deb for the two Linux ones, and their checksums, in dist/. The same commit gives the same
# bytes: times are the commit's, owners are root, names are sorted.
#
#   scripts/dist.sh VERSION LDFLAGS
set -eu
umask 022
version=$1 ldflags=$2
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH CGO_ENABLED=0 TZ=UTC LC_ALL=C
rm -rf dist
mkdir dist
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# settle makes a folder the same whoever packs it: the umask and the modes of the checkout stay out, and so does the clock.
settle() {
	chmod -R u=rwX,go=rX "$1"
	find "$1" -exec touch -d "@$SOURCE_DATE_EPOCH" {} +
}

go build -trimpath -ldflags "$ldflags" -o "$work/here" .
mkdir "$work/share"
"$work/here" man | gzip -9n >"$work/share/hermes.1.gz"
for shell in bash zsh fish; do "$work/here" completion $shell >"$work/share/hermes.$shell"; done

for os in linux darwin windows; do
	for arch in amd64 arm64; do
		name=hermes-$version-$os-$arch
		dir=$work/$name
		mkdir "$dir"
		exe=hermes
		[ $os = windows ] && exe=hermes.exe
		GOOS=$os GOARCH=$arch go build -trimpath -ldflags "$ldflags" -o "$dir/$exe" .
		cp README.md CHANGELOG.md LICENSE "$work"/share/* "$dir"
		settle "$dir"
		if [ $os = windows ] && command -v zip >/dev/null; then
			(cd "$work" && find "$name" -type f | sort | zip -qX "$OLDPWD/dist/$name.zip" -@)
		else
			tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner -cf - "$name" | gzip -9n >"dist/$name.tar.gz"
		fi
	done
done

if command -v dpkg-deb >/dev/null; then
	for arch in amd64 arm64; do
		root=$work/deb-$arch
		mkdir -p "$root/DEBIAN" "$root/usr/bin" "$root/usr/share/man/man1" "$root/usr/share/bash-completion/completions" \
			"$root/usr/share/zsh/vendor-completions" "$root/usr/share/fish/vendor_completions.d" "$root/usr/share/doc/hermes"
		cp "$work/hermes-$version-linux-$arch/hermes" "$root/usr/bin/hermes"
		cp LICENSE "$root/usr/share/doc/hermes/copyright"
		cp "$work/share/hermes.1.gz" "$root/usr/share/man/man1/"
		cp "$work/share/hermes.bash" "$root/usr/share/bash-completion/completions/hermes"
		cp "$work/share/hermes.zsh" "$root/usr/share/zsh/vendor-completions/_hermes"
		cp "$work/share/hermes.fish" "$root/usr/share/fish/vendor_completions.d/hermes.fish"
		cat >"$root/DEBIAN/control" <<EOF
Package: hermes
Version: 0.$SOURCE_DATE_EPOCH
Architecture: $arch
Maintainer: The hermes authors <hermes@localhost>
Section: utils
Priority: optional
Description: send one prompt to a language model and write the answer
 One process, one answer, one exit code, for shell pipelines, cron jobs and CI.
EOF
		settle "$root"
		dpkg-deb --root-owner-group -Zxz -b "$root" "dist/hermes-$version-$arch.deb" >/dev/null
	done
fi
(cd dist && sha256sum -- * >SHA256SUMS)
cat dist/SHA256SUMS
