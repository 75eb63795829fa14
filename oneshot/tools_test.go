package oneshot

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/tool"
)

// workbench is a source of three tools, which counts what was run.
type workbench struct {
	mu     sync.Mutex
	ran    []string
	closed bool
}

func (w *workbench) Tools(context.Context) ([]tool.Tool, error) {
	schema := json.RawMessage(`{"type":"object","properties":{"text":{"type":"string"}},"required":["text"]}`)
	var all []tool.Tool
	for _, name := range []string{"echo", "fail", "hang", "write"} {
		all = append(all, tool.Tool{Server: "w", Name: name, Schema: schema})
	}
	return all, nil
}

func (w *workbench) Call(ctx context.Context, name string, args json.RawMessage) (tool.Result, error) {
	w.mu.Lock()
	w.ran = append(w.ran, name)
	w.mu.Unlock()
	var a struct{ Text string }
	if err := json.Unmarshal(args, &a); err != nil {
		return tool.Result{}, err
	}
	switch name {
	case "fail":
		return tool.Text("it broke", true), nil
	case "hang":
		<-ctx.Done()
		return tool.Result{}, ctx.Err()
	}
	return tool.Text("echo: "+a.Text, false), nil
}

func (w *workbench) Close() error { w.closed = true; return nil }

// withTools is a job with the workbench, all of it allowed but write.
func (s *server) withTools(b tool.Bounds, words ...string) (Job, *workbench) {
	job, w := chain(Target{Transport: s}, Target{Transport: s}), &workbench{}
	p, err := tool.NewPolicy(append(words, "w"), []string{"w:write"})
	if err != nil {
		s.t.Fatal(err)
	}
	job.Tools = NewTools(p, b, func(context.Context) ([]tool.Source, error) { return []tool.Source{w}, nil })
	return job, w
}

// loopCase is a loop: what the server says, and what comes of it.
type loopCase struct {
	replies []reply
	bounds  tool.Bounds
	class   class.Class
	says    string // of the error
	answer  string
	ran     string
}

func loopCases() map[string]loopCase {
	const echo = `call:mcp__w__echo {"text":"a"}`
	forever := func(p string) (all []reply) {
		for range 3 {
			all = append(all, reply{pieces: []string{p}, stop: "tool_use"})
		}
		return all
	}
	return map[string]loopCase{
		"text before a call is not the answer": {[]reply{{pieces: []string{"let me see", echo}, stop: "tool_use"}, {to: `"content":"echo: a"`, pieces: []string{"done"}}}, tool.Bounds{}, "", "", "done\n", "echo"},
		"a wrong stop reason":                  {[]reply{{pieces: []string{echo}}, answers("done")}, tool.Bounds{}, "", "", "done\n", "echo"},
		"no calls":                             {[]reply{answers("done")}, tool.Bounds{}, "", "", "done\n", ""},
		"called none":                          {[]reply{{pieces: []string{"x"}, stop: "tool_use"}}, tool.Bounds{}, class.Protocol, "called none", "x\n", ""},
		"a truncated turn is not run":          {[]reply{{pieces: []string{echo}, stop: "max_tokens"}}, tool.Bounds{}, class.Truncated, "", "", ""},
		"a refused turn is not run":            {[]reply{{pieces: []string{echo}, stop: "refusal"}}, tool.Bounds{}, class.Refusal, "", "", ""},
		"a cut turn is not run": {
			[]reply{{pieces: []string{echo}, cut: true}, {pieces: []string{echo}, stop: "tool_use"}, answers("done")},
			tool.Bounds{},
			"", "", "done\n", "echo",
		},
		"a failure after a call goes to no other model": {[]reply{{pieces: []string{echo}, stop: "tool_use"}, refuses(401)}, tool.Bounds{}, class.AuthRefused, "", "", "echo"},
		"wrong arguments": {
			[]reply{{pieces: []string{`call:mcp__w__echo {"text":1}`}, stop: "tool_use"}, {to: "do not fit the schema", pieces: []string{"done"}}},
			tool.Bounds{},
			"", "", "done\n", "",
		},
		"no JSON": {[]reply{{pieces: []string{`call:mcp__w__echo {text`}, stop: "tool_use"}, {to: "no JSON object", pieces: []string{"done"}}}, tool.Bounds{}, "", "", "done\n", ""},
		"a timeout": {
			[]reply{{pieces: []string{`call:mcp__w__hang {"text":"a"}`}, stop: "tool_use"}, {to: "no result came within", pieces: []string{"done"}}},
			tool.Bounds{Timeout: time.Millisecond},
			"", "", "done\n", "hang",
		},
		"unknown":              {[]reply{{pieces: []string{`call:nope {}`}, stop: "tool_use"}, {to: "the tools are mcp__w__echo, mcp__w__fail", pieces: []string{"done"}}}, tool.Bounds{}, "", "", "done\n", ""},
		"denied":               {[]reply{{pieces: []string{`call:mcp__w__write {"text":"a"}`}, stop: "tool_use"}, {to: "not allowed", pieces: []string{"done"}}}, tool.Bounds{}, class.ToolDenied, "mcp__w__write", "done\n", ""},
		"denied and ok":        {[]reply{{pieces: []string{`call:write {"text":"a"}`}, stop: "tool_use"}, answers("done")}, tool.Bounds{OnDenied: "ok"}, "", "", "done\n", ""},
		"denied and stop":      {[]reply{{pieces: []string{echo, `call:mcp__w__write {"text":"a"}`}, stop: "tool_use"}}, tool.Bounds{OnDenied: "stop"}, class.ToolDenied, "", "", ""},
		"equal calls":          {forever(echo), tool.Bounds{}, class.Budget, "3 times with the same arguments", "", "echo echo echo"},
		"failures":             {forever(`call:mcp__w__fail {"text":"a"}`), tool.Bounds{}, class.Budget, "it broke", "", "fail fail fail"},
		"too many turns":       {forever(echo)[:2], tool.Bounds{Turns: 2}, class.Budget, "2 turns", "", "echo"},
		"too many calls":       {[]reply{{pieces: []string{echo, echo, echo}, stop: "tool_use"}}, tool.Bounds{Calls: 2}, class.Budget, "3 calls", "", ""},
		"a result that is cut": {[]reply{{pieces: []string{echo}, stop: "tool_use"}, {to: `echo\n[… 3 of 7 bytes are left out …]`, pieces: []string{"done"}}}, tool.Bounds{Result: 4}, "", "", "done\n", "echo"},
	}
}

func TestToolLoop(t *testing.T) {
	t.Parallel()
	for name, c := range loopCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := serve(t, c.replies...)
				job, w := s.withTools(c.bounds)
				job.Limits.Retries = 1
				r := perform(t, t.Context(), job)
				if c.class != "" {
					r.fails(t, c.class, c.says)
				} else if r.err != nil {
					t.Error(r.err)
				}
				if r.stdout != c.answer || strings.Join(w.ran, " ") != c.ran {
					t.Errorf("stdout %q, ran %q", r.stdout, w.ran)
				}
				if r.end.Tools == nil || r.end.Tools.Calls != len(w.ran) || len(r.all("tool.call")) != len(r.all("tool.result")) && r.err == nil {
					t.Errorf("run.end tells of %+v", r.end.Tools)
				}
			})
		})
	}
}

// TestParallelCalls: calls run side by side, and their results go back in the order of the calls.
func TestParallelCalls(t *testing.T) {
	t.Parallel()
	var pieces []string
	for _, n := range []string{"1", "2", "3"} {
		pieces = append(pieces, `call:mcp__w__echo {"text":"`+n+`"}`)
	}
	s := serve(t, reply{pieces: slices.Insert(pieces, 1, `call:mcp__w__fail {"text":"x"}`), stop: "tool_use"}, answers("done"))
	job, _ := s.withTools(tool.Bounds{})
	r := perform(t, t.Context(), job)
	if r.err != nil || r.end.Tools.Calls != 4 || r.end.Tools.Failed != 1 {
		t.Fatalf("%v, %+v", r.err, r.end.Tools)
	}
	var last struct {
		Messages []struct {
			Content []struct {
				ToolUseID string `json:"tool_use_id"`
				Content   string
				IsError   bool `json:"is_error"`
			}
		}
	}
	_ = json.Unmarshal([]byte(s.asked()[1]), &last) // the user's own content is a list
	var got []string
	for _, b := range last.Messages[2].Content {
		got = append(got, b.ToolUseID+" "+b.Content)
	}
	if want := []string{"c0 echo: 1", "c1 it broke", "c2 echo: 2", "c3 echo: 3"}; !slices.Equal(got, want) {
		t.Errorf("results %q, want %q", got, want)
	}
}

// TestToolsThatDoNotStart end the run before any request.
func TestToolsThatDoNotStart(t *testing.T) {
	t.Parallel()
	s := serve(t)
	job, w := s.withTools(tool.Bounds{}, "w:nope")
	r := perform(t, t.Context(), job)
	r.fails(t, class.Usage, "--tools w:nope fits no tool of w")
	job.Tools.Close()
	if !w.closed {
		t.Error("what was started is not closed")
	}
	job = chain(Target{Transport: s})
	job.Tools = NewTools(tool.Policy{}, tool.Bounds{}, func(context.Context) ([]tool.Source, error) { return nil, errors.New("no such server") })
	if r = perform(t, t.Context(), job); r.err == nil || r.end.Error.Message != "no such server" {
		t.Errorf("%v", r.err)
	}
}
