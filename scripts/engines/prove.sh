#!/bin/bash
# Runs the recipes of this folder on the real engines, on this machine, against the sandbox: GNU parallel, and a Slurm of one node. Both are
# Debian's packages (parallel; slurm-wlm, munge); as root missing ones are installed, and an engine that cannot be had is skipped.
#
#   scripts/engines/prove.sh HERMES
set -u
here=$(cd "$(dirname "$0")" && pwd)
hermes=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(mktemp -d) failed=0 pids=()
ok() { echo "ok   $*"; }
no() { echo "FAIL $*" && failed=1; }
finish() {
	[ -s "$work/slurm/slurm.conf" ] && timeout 10 scancel -u "$(id -un)" 2>/dev/null
	for name in slurmd slurmctld munged; do
		[ -s "$work/slurm/$name.pid" ] && pids+=("$(cat "$work/slurm/$name.pid")")
	done
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null
		for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null && sleep 0.1; done
		kill -9 "$pid" 2>/dev/null
	done
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM
mkdir -p "$work/bin" "$work/slurm/state" "$work/slurm/spool"
ln -s "$hermes" "$work/bin/hermes"
PATH=$work/bin:$PATH:/usr/sbin
export PATH HERMES_HOME=$work/home
cd "$work" || exit 1

# have COMMAND PACKAGE…: the engine is there, or is installed.
have() {
	command -v "$1" >/dev/null && return 0
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get install -y --no-install-recommends "${@:2}" >install.log 2>&1
	command -v "$1" >/dev/null && return 0
	echo "SKIP ******** $1 is not here and cannot be installed: apt-get install ${*:2} ********"
	return 1
}

# serve FLAGS…: a sandbox whose address is in $url; asked PROMPT: how often it was asked.
serve() {
	: >sandbox.out
	hermes sandbox --any-token --log "$work/log" "$@" >sandbox.out 2>sandbox.err &
	pids+=($!)
	for _ in $(seq 100); do [ -s sandbox.out ] && break || sleep 0.1; done
	url=$(jq -r .url sandbox.out)
	mkdir -p home
	printf 'providers:\n  lab: {base_url: %s, transport: anthropic_messages, default_model: sandbox}\nmodel: {provider: lab}\noneshot: {retries: 0}\n' "$url" >home/config.yaml
}
questions() { curl -s "$url/_sandbox/state" | jq '.by_endpoint["/v1/messages"] // 0'; }

# whole NAME ROWS ASKED: each row has its answer, once, and the server was asked so often.
whole() {
	local n
	n=$(jq -s 'map(select(.status == "ok").id) | unique | length' results.jsonl)
	if [ "$n" = "$2" ] && [ "$(wc -l <results.jsonl)" = "$2" ] && [ "$(questions)" = "$3" ]; then
		ok "$1: $2 rows answered once, the server was asked $3 times"
	else
		no "$1: $n of $2 rows, $(wc -l <results.jsonl) lines, $(questions) questions in place of $3"
	fi
}

prove_parallel() {
	have parallel parallel || return
	# Four rows fail at first with what may pass: their parts end with 75 and are tried again.
	printf 'answers:\n' >script.yml
	printf '  - {match: {prompt: busy %s}, times: 1, fault: status=529}\n' 20 70 120 170 >>script.yml
	serve --script script.yml
	seq 200 | sed 's|.*|{"id":"r&","prompt":"row &"}|' | sed '20s/row/busy/; 70s/row/busy/; 120s/row/busy/; 170s/row/busy/' >rows.jsonl
	"$here/parallel.sh" rows.jsonl work 8 -o results.jsonl 2>err
	[ $? = 0 ] || { no "parallel.sh" && cat err; }
	whole "GNU parallel, 8 parts, of which some are tried again" 200 204
	"$here/parallel.sh" rows.jsonl work 5 -o results.jsonl 2>err
	whole "the same again in 5 parts asks nothing" 200 204
	# What fails for good is tried once, and its status is the whole's.
	printf 'answers:\n  - {match: {prompt: never}, fault: refusal}\n' >script.yml
	serve --script script.yml
	sed '20s/busy/never/' rows.jsonl >bad.jsonl
	"$here/parallel.sh" bad.jsonl work2 8 2>err >out
	code=$?
	[ $code = 86 ] && [ "$(questions)" = 200 ] && ok "a row that is refused: exit 86, no part tried twice" || no "a refusal: exit $code, $(questions) questions"
	printf 'providers:\n  lab: {base_url: %s, transport: anthropic_messages, default_model: m, headers: {X-Sandbox-Fault: status=401}}\nmodel: {provider: lab}\n' "$url" >home/config.yaml
	before=$(questions)
	PARALLEL=-j1 "$here/parallel.sh" rows.jsonl work3 8 2>err >out
	code=$?
	[ $code = 77 ] && [ $(($(questions) - before)) -le 8 ] && ok "a refused key: exit 77 after $(($(questions) - before)) questions" || no "a refused key: exit $code, $(($(questions) - before)) questions"
}

# slurm_up starts one node that says it has 20 CPUs, with a munge of its own, all on loopback.
slurm_up() {
	local d=$work/slurm host port
	host=$(hostname -s) port=$((20000 + RANDOM % 20000))
	dd if=/dev/urandom of="$d/munge.key" bs=1024 count=1 2>/dev/null
	chmod 700 "$d" && chmod 600 "$d/munge.key"
	chmod 711 "$d" "$work"
	munged --force --key-file="$d/munge.key" --socket="$d/munge.socket" --pid-file="$d/munged.pid" --log-file="$d/munged.log" --seed-file="$d/seed" 2>/dev/null
	cat >"$d/slurm.conf" <<-X
		ClusterName=proof
		SlurmctldHost=$host(127.0.0.1)
		SlurmUser=$(id -un)
		SlurmdUser=$(id -un)
		SlurmctldPort=$port
		SlurmdPort=$((port + 1))
		SrunPortRange=$((port + 10))-$((port + 60))
		AuthType=auth/munge
		AuthInfo=socket=$d/munge.socket
		CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
		StateSaveLocation=$d/state
		SlurmdSpoolDir=$d/spool
		SlurmctldPidFile=$d/slurmctld.pid
		SlurmdPidFile=$d/slurmd.pid
		SlurmctldLogFile=$d/slurmctld.log
		SlurmdLogFile=$d/slurmd.log
		SlurmdParameters=config_overrides
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		SelectType=select/cons_tres
		SelectTypeParameters=CR_CPU
		SchedulerParameters=sched_interval=1,sched_min_interval=100000,bf_interval=1
		KillWait=20
		ReturnToService=2
		MpiDefault=none
		AccountingStorageType=accounting_storage/none
		JobCompType=jobcomp/none
		NodeName=$host NodeAddr=127.0.0.1 CPUs=20 State=UNKNOWN
		PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
	X
	echo CgroupAutomount=no >"$d/cgroup.conf"
	export SLURM_CONF=$d/slurm.conf
	slurmctld -f "$SLURM_CONF" && slurmd -f "$SLURM_CONF"
	for _ in $(seq 300); do
		[ "$(sinfo -h -o %T 2>/dev/null)" = idle ] && return 0
		sleep 0.1
	done
	tail -3 "$d"/*.log
	return 1
}

# ended JOB: waits for it; a task that waits to be tried again need not wait for its two minutes.
ended() {
	local id
	for _ in $(seq 900); do
		[ -z "$(squeue -h -j "$1" 2>/dev/null)" ] && return 0
		for id in $(squeue -h -r -j "$1" -o '%i %r' 2>/dev/null | awk '$2 == "BeginTime" {print $1}'); do scontrol update JobId="$id" StartTime=now 2>/dev/null; done
		sleep 0.2
	done
	no "job $1 comes to no end: $(squeue -h -j "$1")"
}

prove_slurm() {
	have sbatch slurm-wlm munge || return
	slurm_up || { no "Slurm does not start" && return; }
	printf 'answers:\n  - {match: {prompt: busy}, times: 2, fault: status=529}\n' >script.yml
	serve --script script.yml
	seq 400 | sed 's|.*|{"id":"r&","prompt":"row &"}|' | sed '20s/row/busy/; 270s/row/busy/' >rows.jsonl
	job=$(sbatch --parsable --array=0-19 "$here/slurm.sh" rows.jsonl slurm-work)
	ended "$job"
	hermes batch --journal slurm-work --merge -o results.jsonl rows.jsonl 2>err || { no "--merge" && cat err; }
	whole "a Slurm array of 20 tasks, of which some are requeued" 400 402
	grep -l 'to try again' hermes-"$job"_*.log | wc -l | grep -q '^[12]$' || no "no task was tried again"

	# scancel sends SIGTERM: the rows under way are finished, and the same line goes on.
	printf 'answers:\n  - {match: {prompt: lag}, text: late, delay: 500ms}\n' >script.yml
	serve --script script.yml
	seq 200 | sed 's|.*|{"id":"r&","prompt":"lag &"}|' >rows.jsonl
	job=$(sbatch --parsable --array=0-3 "$here/slurm.sh" rows.jsonl slurm-work2 --jobs 2)
	for _ in $(seq 100); do [ "$(questions)" -ge 24 ] && break || sleep 0.1; done
	scancel -f -s TERM "$job" # all processes of a task
	ended "$job"
	n=$(grep -h -o '^hermes: [0-9]* of\|^hermes: [0-9]* rows' hermes-"$job"_*.log | wc -l)
	[ "$(questions)" -lt 200 ] && ok "SIGTERM ended 4 tasks after $(questions) of 200 rows ($n summed up)" || no "SIGTERM ended nothing"
	job=$(sbatch --parsable --array=0-6 "$here/slurm.sh" rows.jsonl slurm-work2 --jobs 8)
	ended "$job"
	hermes batch --journal slurm-work2 --merge -o results.jsonl rows.jsonl 2>err || { no "--merge" && cat err; }
	whole "the same rows as an array of 7 tasks go on: no row is paid twice" 200 200

	# One login that has run out, 20 tasks at once.
	rm -rf home && mkdir home
	: >sandbox.out
	hermes sandbox --auto-approve --poll-interval 100ms >sandbox.out 2>sandbox.err &
	pids+=($!)
	for _ in $(seq 100); do [ -s sandbox.out ] && break || sleep 0.1; done
	url=$(jq -r .url sandbox.out)
	hermes auth add minimax-oauth --no-browser --portal-url "$url" </dev/null >out 2>&1 || { no "login" && cat out; }
	jq '.providers["minimax-oauth"].expires_at = "2020-01-01T00:00:00+00:00"' home/auth.json >new && cat new >home/auth.json
	before=$(curl -s "$url/_sandbox/state" | jq .refreshes)
	printf '#!/bin/bash\n#SBATCH --output=login-%%A_%%a.log\nexec hermes auth token minimax-oauth\n' >login.sh
	job=$(sbatch --parsable --array=0-19 login.sh)
	ended "$job"
	cat login-"$job"_*.log | sort -u >tokens
	n=$(($(curl -s "$url/_sandbox/state" | jq .refreshes) - before))
	[ "$n" = 1 ] && [ "$(wc -l <tokens)" = 1 ] && [ -s tokens ] && ok "a login that has run out, 20 tasks: one exchange" || no "20 tasks: $n exchanges, $(wc -l <tokens) tokens"
}

prove_parallel
prove_slurm
exit $failed
