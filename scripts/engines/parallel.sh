#!/bin/bash
# One batch in parts with GNU parallel, on one machine or with -S on many that share the disk:
#
#   parallel.sh rows.jsonl work 8 -o results.jsonl
#
# A part that ends with 69, 75, 76 or 124 is tried three times. What every part would end with (usage, login, configuration, budget)
# ends all. The results are those of --merge, whose exit status is that of the whole. PARALLEL holds further flags of parallel.
set -u
rows=$1 journal=$2 parts=$3
shift 3
mkdir -p "$journal"
rm -f "$journal/stop"
part() {
	[ -e "$2/stop" ] && return 0
	hermes batch --shard "$3/$4" --journal "$2" "$1" >/dev/null
	code=$?
	case $code in
	69 | 75 | 76 | 124) return $code ;;
	2 | 77 | 78 | 80) echo $code >"$2/stop" ;;
	esac
	return 0 # a failure that is final is no reason to try again
}
export -f part
seq 0 $((parts - 1)) | parallel --will-cite --retries 3 --joblog "$journal/parallel.log" part "$rows" "$journal" {} "$parts"
[ -e "$journal/stop" ] && exit "$(cat "$journal/stop")"
exec hermes batch --journal "$journal" --merge "$@" "$rows"
