# Tools run from their own modules, never from ours.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFUMPT     := mvdan.cc/gofumpt@v0.12.0
NFPM        := github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.48.0
ROOTS       := golang.org/x/crypto/x509roots/fallback@v0.0.0-20261030153154-30a33513ff6d

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
DATE    := $(shell git log -1 --format=%cI 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.date=$(DATE)
EPOCH   := $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
URL     ?= https://example.com/hermes/$(VERSION)
FUZZTIME ?= 20s
PREFIX  ?= /usr/local
NAME    ?= hermes
BIN      = $(DESTDIR)$(PREFIX)/bin/$(NAME)
SHARE    = $(DESTDIR)$(PREFIX)/share

.PHONY: help build test lint cross fuzz cover mutate bench bench-diff demo install dist dist-test walk torture peer parent clients mcp engines engines-k8s check clean

help: ## print this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t12

build: ## build bin/hermes
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/hermes .

# The race detector lets each program sleep for a second at its end, unless it is told not to.
test: ## run the tests with the race detector; one that hangs is named within a minute
	GORACE=atexit_sleep_ms=0 go run ./scripts/bounded go test -race -parallel 4 -timeout 30m ./...

lint: ## vet, staticcheck, gofumpt, go fix, go mod tidy, long files and functions: all without a finding
	go vet ./...
	go run ./scripts/house
	go run $(STATICCHECK) ./...
	@test -z "$$(go run $(GOFUMPT) -l .)" || { go run $(GOFUMPT) -l .; echo 'gofumpt would change these files'; exit 1; }
	@test -z "$$(go fix -diff ./... 2>&1)" || { go fix -diff ./...; exit 1; }
	go mod tidy -diff

cross: ## build for linux, darwin and windows on amd64 and arm64, and compile the tests
	@for os in linux darwin windows; do for arch in amd64 arm64; do \
	  GOOS=$$os GOARCH=$$arch go build -o /dev/null . && GOOS=$$os GOARCH=$$arch go vet ./... && echo "ok $$os/$$arch" || exit 1; \
	done; done

fuzz: ## fuzz every target for FUZZTIME (20s), JOBS of them at once (three for each processor)
	@bash scripts/fuzz.sh '$(FUZZTIME)' $(JOBS)

cover: ## which share of each package's statements the tests run, the binary's in the scripts too; below 90 % it is red
	@sh scripts/cover.sh

mutate: ## put N=200 small faults into the wires, authfile and batch, one at a time, and count those that the tests find; SEED=n chooses others
	go run ./scripts/mutate -n $(or $(N),200) -seed $(or $(SEED),1) -also ./oneshot,. ./authfile ./authfile/lock ./authfile/journal ./authfile/atomicfile \
	  ./oneshot/batch ./oneshot/batch/journal $$(go list -f '{{.Dir}}' ./oneshot/wire/... | sed 's,^$(CURDIR)/,./,' | grep -v wiretest)

# Where each fault that an audit broke the program with has its case: scripts, packages, and what is in scripts/proof already.
AUDIT  = repeats|network|words|endings|numbers|batch|beside|loginfail|refreshfail|home|terminal_renew|terminal_browser|where|golden|secrets|login
AUDIT += |printable|sandbox_control|schema_bounds|signals|bytes|memory|bounds|places|ends|entries|credential|hints|hints_wire|later
AUDITED = ./authfile ./provider ./provider/config/... ./provider/oauth ./provider/sandbox ./oneshot ./oneshot/batch ./oneshot/ledger ./oneshot/output \
  ./oneshot/supervise ./oneshot/wire/...

torture: ## crowds of 1000, hundreds of kills, a minute of everything at once, all that an audit found; prints its seed (SEED=n repeats it)
	go test -count=1 -timeout 40m -parallel 4 -v ./scripts/proof -long $(if $(SEED),-seed $(SEED))
	go test -count=1 -timeout 20m . -run 'TestScripts/^($(subst $() ,,$(AUDIT)))$$'
	go test -count=1 -timeout 20m $(AUDITED)

peer: build ## log in and ask at an OAuth server that none of us wrote; scripts/peer is a module of its own
	go -C scripts/peer vet ./...
	go -C scripts/peer run $(STATICCHECK) ./...
	go -C scripts/peer mod tidy -diff
	go run ./scripts/bounded go -C scripts/peer test -count=1 -parallel 8 . -hermes $(CURDIR)/bin/hermes

parent: build ## drive a terminal interface that starts hermes, in tmux (skipped without it); scripts/parent is a module of its own
	go -C scripts/parent vet ./...
	go -C scripts/parent run $(STATICCHECK) ./...
	go -C scripts/parent mod tidy -diff
	@command -v tmux >/dev/null || echo 'SKIPPED: there is no tmux, so scripts/parent is not driven'
	go run ./scripts/bounded go -C scripts/parent test -count=1 . -hermes $(CURDIR)/bin/hermes

clients: build ## ask the sandbox with public clients of its four APIs, and ask a public server (npm packages); skipped without npm
	sh scripts/clients/run.sh bin/hermes

engines: build ## run the recipes of scripts/engines on GNU parallel and a Slurm of one node (Debian's packages, which root installs)
	bash scripts/engines/prove.sh bin/hermes

engines-k8s: build ## run job.yaml on a real API server and Job controller, which are built for some minutes the first time
	bash scripts/engines/prove-k8s.sh bin/hermes

mcp: build ## call the tools of public MCP servers, of servers that misbehave, and run the conformance suite for clients (npm packages); skipped without npm
	sh scripts/mcp/run.sh bin/hermes

bench: build ## compare whole processes with the floor and curl, then run the Go benchmarks; RUN=start (or another regexp of rows) runs those rows alone
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o bin/gofloor ./scripts/gofloor
	go run ./scripts/compare -json bin/bench.jsonl -run '$(RUN)' bin/hermes bin/gofloor
	$(if $(RUN),,go test -run '^$$$$' -bench . -benchmem ./...)

bench-diff: build ## compare whole processes with those of commit BASE, pair by pair (BASE=main~1 RUN=start)
	@test -n '$(BASE)' || { echo 'which commit? make bench-diff BASE=main~1'; exit 2; }
	rm -rf bin/base && mkdir -p bin/base && git archive '$(BASE)' | tar -x -C bin/base
	CGO_ENABLED=0 go build -C bin/base -trimpath -ldflags '-s -w' -o ../hermes-base . && rm -rf bin/base
	go run ./scripts/compare -diff -run '$(RUN)' bin/hermes bin/hermes-base

demo: build ## the main job on the embedded sandbox: no key, no network
	@sh scripts/demo.sh bin/hermes

install: build ## install the binary, completions and manual page under PREFIX (/usr/local), as hermes or as NAME
	install -D -m 755 bin/hermes $(BIN)
	mkdir -p $(SHARE)/man/man1 $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	$(BIN) man >$(SHARE)/man/man1/$(NAME).1
	$(BIN) completion bash >$(SHARE)/bash-completion/completions/$(NAME)
	$(BIN) completion zsh >$(SHARE)/zsh/site-functions/_$(NAME)
	$(BIN) completion fish >$(SHARE)/fish/vendor_completions.d/$(NAME).fish

DIST = -version '$(VERSION)' -epoch $(EPOCH) -ldflags '$(LDFLAGS)' -url '$(URL)' -nfpm $(NFPM) -roots $(ROOTS)

dist: ## reproducible archives, packages, image, formula, bill of materials and SHA256SUMS in dist/; URL is where they are published
	go run ./scripts/dist $(DIST)

dist-test: dist ## install and run what dist made, and pack it again in another folder
	@rm -rf bin/again && git clone -q . bin/again && cd bin/again && go run ./scripts/dist $(DIST) >/dev/null
	bash scripts/dist/test.sh dist '$(VERSION)' bin/again
	@rm -rf bin/again

walk: build ## run every recipe of the README against the sandbox
	sh scripts/walk.sh bin/hermes README.md

check: build lint test cross peer parent clients mcp ## everything that .ci/run asks for

clean: ## remove what was built
	rm -rf bin dist scripts/clients/node_modules scripts/mcp/node_modules
