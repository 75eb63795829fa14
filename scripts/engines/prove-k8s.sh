#!/bin/bash
# Runs job.yaml on a real API server with the real Job controller; only the kubelet is ours (k8s/pods.go): pods are processes of this
# machine. The first run builds them from the Go module proxy, which takes minutes and stays in CACHE (~/.cache/hermes-engines).
# etcd is Debian's (etcd-server), unpacked in CACHE where it is not installed.
#
#   scripts/engines/prove-k8s.sh HERMES
set -u
here=$(cd "$(dirname "$0")" && pwd)
hermes=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cache=${CACHE:-$HOME/.cache/hermes-engines}
work=$(mktemp -d) failed=0 pids=()
ok() { echo "ok   $*"; }
no() { echo "FAIL $*" && failed=1; }
finish() {
	for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
		kill "${pids[i]}" 2>/dev/null
		for _ in $(seq 50); do kill -0 "${pids[i]}" 2>/dev/null && sleep 0.1; done
		kill -9 "${pids[i]}" 2>/dev/null
	done
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM
mkdir -p "$cache" "$work/data" "$work/logs" "$work/bin" "$work/home"
ln -s "$hermes" "$work/bin/hermes"
export PATH=$work/bin:$PATH KUBECONFIG=$work/kubeconfig HERMES_HOME=$work/home
cd "$work" || exit 1

skip() {
	echo "SKIP ******** $* ********"
	exit 0
}
engine=$cache/engine
[ -x "$engine" ] && [ -z "$(find "$here/k8s" -newer "$engine")" ] || (cd "$here/../.." && go build -modfile=scripts/engines/k8s/engine.mod -ldflags "-s -w" -o "$engine" scripts/engines/k8s/main.go scripts/engines/k8s/pods.go) || skip "the API server cannot be built"
etcd=$(command -v etcd || echo "$cache/etcd/usr/bin/etcd")
[ -x "$etcd" ] || (cd "$cache" && apt-get -qq download etcd-server && dpkg -x etcd-server_*.deb etcd) || skip "etcd cannot be had: apt-get install etcd-server"

up() {
	local port=$((20000 + RANDOM % 20000)) token
	token=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')
	echo "$token,admin,admin,system:masters" >tokens.csv
	openssl genrsa -out sa.key 2048 2>/dev/null
	"$engine" kubectl config set-cluster here --server="https://127.0.0.1:$port" --insecure-skip-tls-verify >/dev/null
	"$engine" kubectl config set-credentials admin --token="$token" >/dev/null
	"$engine" kubectl config set-context here --cluster=here --user=admin >/dev/null
	"$engine" kubectl config use-context here >/dev/null
	"$etcd" --data-dir etcd --listen-client-urls "http://127.0.0.1:$((port + 1))" --advertise-client-urls "http://127.0.0.1:$((port + 1))" \
		--listen-peer-urls "http://127.0.0.1:$((port + 2))" --initial-advertise-peer-urls "http://127.0.0.1:$((port + 2))" \
		--initial-cluster "default=http://127.0.0.1:$((port + 2))" --unsafe-no-fsync >etcd.log 2>&1 &
	pids+=($!)
	"$engine" api --etcd-servers="http://127.0.0.1:$((port + 1))" --secure-port=$port --bind-address=127.0.0.1 --advertise-address=127.0.0.1 \
		--cert-dir=certs --service-account-issuer=https://here --service-account-key-file=sa.key --service-account-signing-key-file=sa.key \
		--token-auth-file=tokens.csv --authorization-mode=AlwaysAllow --disable-admission-plugins=ServiceAccount,TaintNodesByCondition \
		--service-cluster-ip-range=10.0.0.0/24 --endpoint-reconciler-type=none >api.log 2>&1 &
	pids+=($!)
	for _ in $(seq 600); do
		[ "$("$engine" kubectl get --raw /readyz 2>/dev/null)" = ok ] && "$engine" kubectl get ns default >/dev/null 2>&1 && break
		sleep 0.2
	done
	"$engine" kubectl get ns default >/dev/null 2>&1 || { tail -3 api.log && return 1; }
	"$engine" jobs "$work/logs" >jobs.log 2>&1 &
	pids+=($!)
}

serve() {
	: >sandbox.out
	hermes sandbox --any-token "$@" >sandbox.out 2>sandbox.err &
	pids+=($!)
	for _ in $(seq 100); do [ -s sandbox.out ] && break || sleep 0.1; done
	url=$(jq -r .url sandbox.out)
	printf 'providers:\n  lab: {base_url: %s, transport: anthropic_messages, default_model: sandbox%s}\nmodel: {provider: lab}\noneshot: {retries: 0}\n' "$url" "${head:-}" >home/config.yaml
}
questions() { curl -s "$url/_sandbox/state" | jq '.by_endpoint["/v1/messages"] // 0'; }

# job NAME: job.yaml with the paths of this machine, since the runner knows no volumes.
job() {
	sed -e "s|name: hermes-batch|name: $1|" -e "s|/data/|$work/data/|g" -e "s|/home/hermes|$work/home|g" -e "s|/data}|$work/data}|" "$here/job.yaml" | "$engine" kubectl apply -f - >/dev/null
}

# over NAME CONDITION: waits, and shows what became of it.
over() {
	"$engine" kubectl wait --for=condition="$2" "job/$1" --timeout=180s >/dev/null 2>&1 || no "$1 does not get $2"
	"$engine" kubectl get job "$1" -o json >job.json
}

prove() {
	"$engine" kubectl apply --dry-run=server --validate=strict -f "$here/job.yaml" >out 2>&1 && ok "job.yaml is valid to the API server" || { no "job.yaml" && cat out; }
	printf 'answers:\n  - {match: {prompt: busy}, times: 2, fault: status=529}\n' >script.yml
	serve --script script.yml
	seq 200 | sed 's|.*|{"id":"r&","prompt":"row &"}|' | sed '20s/row/busy/; 170s/row/busy/' >data/rows.jsonl
	job first
	over first Complete
	hermes batch --journal data/work --merge -o data/results.jsonl data/rows.jsonl 2>err || { no "--merge" && cat err; }
	n=$(jq -s 'map(select(.status == "ok").id) | unique | length' data/results.jsonl)
	[ "$n" = 200 ] && [ "$(questions)" = 202 ] && [ "$(jq .status.failed job.json)" -ge 1 ] && ok "8 pods, exit 75 is tried again: 200 rows answered once, the server was asked 202 times" ||
		no "$n rows, $(questions) questions, $(jq -c .status job.json)"

	# A part with a row that is refused ends with 86: tried once, the others go on.
	printf 'answers:\n  - {match: {prompt: busy}, fault: refusal}\n' >script.yml
	serve --script script.yml
	sed -i '20s/busy/row/' data/rows.jsonl && rm -rf data/work
	job second
	over second Failed
	[ "$(jq -r .status.succeeded job.json)" = 7 ] && [ "$(jq .status.failed job.json)" = 1 ] && [ "$(questions)" = 200 ] && ok "exit 86 fails its index, once: 7 of 8 parts done, 200 questions" ||
		no "$(questions) questions, $(jq -c .status job.json)"

	# A refused key ends with 77: that is the end of the job.
	head=', headers: {X-Sandbox-Fault: status=401}'
	serve
	rm -rf data/work
	job third
	over third Failed
	jq -r '.status.conditions[] | select(.type == "Failed").reason' job.json | grep -q PodFailurePolicy && [ "$(jq '.status.succeeded // 0' job.json)" = 0 ] && ok "exit 77 fails the job: $(questions) questions" ||
		no "$(jq -c .status job.json)"

	# To suspend a job sends SIGTERM; the rows under way are finished, and it goes on when it is resumed.
	head=''
	printf 'answers:\n  - {match: {prompt: r}, text: late, delay: 400ms}\n' >script.yml
	serve --script script.yml
	rm -rf data/work
	job fourth
	for _ in $(seq 300); do [ "$(questions)" -ge 30 ] && break || sleep 0.1; done
	"$engine" kubectl patch job fourth --type=merge -p '{"spec":{"suspend":true}}' >/dev/null
	for _ in $(seq 300); do [ -z "$("$engine" kubectl get pods -l job-name=fourth -o name)" ] && break || sleep 0.2; done
	n=$(questions)
	"$engine" kubectl patch job fourth --type=merge -p '{"spec":{"suspend":false}}' >/dev/null
	over fourth Complete
	[ "$n" -lt 200 ] && [ "$(questions)" = 200 ] && ok "a job that is suspended after $n questions goes on when it is resumed: 200 in all" || no "$n questions, then $(questions)"
}

if up; then prove; else no "the API server does not start"; fi
exit $failed
