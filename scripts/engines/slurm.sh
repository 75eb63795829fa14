#!/bin/bash
# One batch as a Slurm array, a part of the rows a task, all parts in one journal on the shared disk:
#
#   job=$(sbatch --parsable --array=0-19%4 slurm.sh rows.jsonl work)
#   sbatch --dependency=afterany:$job --wrap 'hermes batch --journal work --merge -o results.jsonl rows.jsonl'
#
# The same two lines again ask only what is missing; the size of the array may change. Further words are flags of hermes batch
# (--rpm: a limit is not shared across hosts, so give each of 4 tasks at once a fourth of it).
#SBATCH --job-name=hermes
#SBATCH --output=hermes-%A_%a.log --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:TERM@60
rows=$1 journal=$2
shift 2
# Slurm warns this shell alone, 60 s before the end; the rows under way have --grace to be finished, and are noted.
hermes batch --shard auto --journal "$journal" --grace 40s "$@" "$rows" >/dev/null &
batch=$!
trap 'kill -TERM $batch' TERM
wait $batch
code=$?
while kill -0 $batch 2>/dev/null; do # the signal ended the wait, not the batch
	wait $batch
	code=$?
done
# Only what may pass is tried again, five times at most; Slurm lets a requeued task wait for two minutes.
case $code in
69 | 75 | 76 | 124)
	[ "${SLURM_RESTART_COUNT:-0}" -lt 5 ] && scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
	;;
77 | 78) # every task would fail so
	scancel "$SLURM_ARRAY_JOB_ID"
	;;
esac
exit $code
