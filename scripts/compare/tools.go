package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"hermes/scripts/oddmcp"
)

// toolServer is the word by which this program is a server of tools on stdin and stdout.
const toolServer = "tool-server"

// serveTools is that server: it answers at once.
func serveTools() { oddmcp.Serve("") }

// loopCalls is how many calls a loop has, a turn each.
const loopCalls = 100

// loop is a model that calls a tool of a stdio server in each turn. What one call costs is what the run takes longer than one that
// starts the same server and calls nothing, the time of the model's server taken off.
func (b *bench) loop() ([]row, error) {
	var wanted, count, spent atomic.Int64
	on := messages()
	site, stop, err := b.hostSite(on, func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		defer func() { spent.Add(int64(time.Since(begun))) }()
		swallow(r)
		n := count.Add(1)
		if n > wanted.Load() {
			stream(w)(on.whole("ok\n"))
			return
		}
		stream(w)(callOf(n))
	})
	if err != nil {
		return nil, err
	}
	defer stop()
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(map[string]any{"mcpServers": map[string]any{"bench": map[string]any{"command": self, "args": []string{toolServer}}}})
	file := filepath.Join(b.dir, "servers.json")
	if err == nil {
		err = os.WriteFile(file, raw, 0o600)
	}
	if err != nil {
		return nil, err
	}
	j := site.ask("--mcp-config", file, "--tools", "bench:echo", "--max-turns", "0", "--max-tool-calls", "0")
	run := func(calls int64) (time.Duration, error) {
		wanted.Store(calls)
		count.Store(0)
		spent.Store(0)
		s, err := b.launch.run(j)
		if err == nil && (s.Code != 0 || count.Load() != calls+1) {
			err = fmt.Errorf("a loop of %d calls: exit %d after %d requests", calls, s.Code, count.Load())
		}
		return s.Wall - time.Duration(spent.Load()), err
	}
	var costs, starts []time.Duration
	for range b.share(10) {
		start, err := run(0)
		if err != nil {
			return nil, err
		}
		whole, err := run(loopCalls)
		if err != nil {
			return nil, err
		}
		starts, costs = append(starts, start), append(costs, (whole-start)/loopCalls)
	}
	cost := median(costs)
	return []row{{
		name: "a call of a stdio server, of 100 in a loop", hermes: ms(cost), limits: []limit{within("", cost, time.Millisecond)},
	}, {name: "start of that server and an answer without a call", hermes: ms(median(starts))}}, nil
}

// callOf is an answer that calls the tool, each time with other arguments.
func callOf(n int64) string {
	return "event: message_start\n" +
		`data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"sandbox","content":[],"usage":{"input_tokens":2,"output_tokens":0}}}` + "\n\n" +
		"event: content_block_start\n" +
		fmt.Sprintf(`data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_%d","name":"mcp__bench__echo","input":{}}}`, n) + "\n\n" +
		"event: content_block_delta\n" +
		fmt.Sprintf(`data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"text\":\"%d\"}"}}`, n) + "\n\n" +
		"event: content_block_stop\n" + `data: {"type":"content_block_stop","index":0}` + "\n\n" +
		"event: message_delta\n" + `data: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":2}}` + "\n\n" +
		"event: message_stop\n" + `data: {"type":"message_stop"}` + "\n\n"
}
