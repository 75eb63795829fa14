# Read by the scripts that test with npm packages (clients, mcp), which set what=, the make target, and about=, what it shows. The
# packages have the versions of package-lock.json in the folder of the script, $1 is the binary. Without npm or its registry nothing
# is proved, which is said loudly and is no failure.
set -eu
HERMES=$(realpath "$1")
export HERMES
cd "$(dirname "$0")"

skip() {
	echo "SKIPPED make $what: $1. Nothing was shown about $about." >&2
	exit 0
}

command -v npm >/dev/null && command -v node >/dev/null || skip 'node and npm are not installed'
[ "$(node -p 'parseInt(process.versions.node)')" -ge 20 ] || skip "node $(node -v) is older than 20"
if ! cmp -s package-lock.json node_modules/.installed; then
	npm ping --fetch-retries=0 --fetch-timeout=10000 >/dev/null 2>&1 || skip 'the npm registry cannot be reached'
	npm ci --ignore-scripts --no-audit --no-fund
	cp package-lock.json node_modules/.installed
fi
