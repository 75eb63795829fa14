package tool_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"hermes/oneshot/tool"
)

func policy(t *testing.T, allow, deny string) tool.Policy {
	t.Helper()
	p, err := tool.NewPolicy(strings.Fields(allow), strings.Fields(deny))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		allow, deny, tool, args string
		want                    bool
	}{
		{"", "", "fs:read_file", `{}`, false},
		{"fs", "", "fs:read_file", `{}`, true},
		{"fs", "", "git:log", `{}`, false},
		{"fs:read_*", "", "fs:read_file", `{}`, true},
		{"fs:read_*", "", "fs:write_file", `{}`, false},
		{"fs", "fs:write_*", "fs:write_file", `{}`, false},
		{"fs:write_file", "fs", "fs:write_file", `{}`, false},
		{"cmd:jq", "", "cmd:jq", `{}`, true},
		{"fs:read_file(path=/data/*)", "", "fs:read_file", `{"path":"/data/a"}`, true},
		{"fs:read_file(path=/data/*)", "", "fs:read_file", `{"path":"/etc/a"}`, false},
		{"fs:read_file(path=/data/*)", "", "fs:read_file", `{}`, false},
		{"fs:read_file(path=/data/*)", "", "fs:read_file", `{"path":"/data/b/a"}`, false},
		{"fs:read_file(path=/data/**)", "", "fs:read_file", `{"path":"/data/b/a"}`, true},
		{"fs:read_file(path=/data/**)", "", "fs:read_file", `{"path":"/data/../etc/passwd"}`, false},
		{"fs:read_file(path=/data/**)", "", "fs:read_file", `{"path":"/data/a","path":"/etc/passwd"}`, false},
		{"fs:read_file(path=/data/**)", "", "fs:read_file", `{"path":["/data/a","/etc/passwd"]}`, false},
		{"fs:read_file(path=/data/**)", "", "fs:read_file", `{"path":["/data/a","/data/b"]}`, true},
		{"fs:read_file(path=/data/**)", "", "fs:read_file", `{"path":{"x":"/data/a"}}`, false},
		{"fs:read_file(path=/a/*) fs:read_file(path=/b/*)", "", "fs:read_file", `{"path":"/b/x"}`, true},
		{"db:q(n=1,kind=a\\,b)", "", "db:q", `{"n":1,"kind":"a,b"}`, true},
		{"db:q(n=1,kind=a\\,b)", "", "db:q", `{"n":2,"kind":"a,b"}`, false},
		{"fs", "fs:*(path=/etc/*)", "fs:read_file", `{"path":"/etc/ssh/key"}`, false},
		{"fs", "fs:*(path=/etc/*)", "fs:read_file", `{"path":"/data/../etc/passwd"}`, false},
		{"fs", "fs:*(path=/etc/*)", "fs:read_file", `{"path":["/data/x","/etc/passwd"]}`, false},
		{"fs", "fs:*(path=/etc/*)", "fs:read_file", `{"path":"/data/x"}`, true},
	} {
		server, name, _ := strings.Cut(c.tool, ":")
		reason := policy(t, c.allow, c.deny).Check(tool.Tool{Server: server, Name: name}, json.RawMessage(c.args))
		if (reason == "") != c.want {
			t.Errorf("--tools %q --deny %q: %s %s: %q", c.allow, c.deny, c.tool, c.args, reason)
		}
	}
}

func TestGuardedTool(t *testing.T) {
	t.Parallel()
	guarded := tool.Tool{Server: "fs", Name: "write", Guarded: true}
	if policy(t, "fs", "").Offers(guarded) || !policy(t, "fs:write", "").Offers(guarded) {
		t.Error("a guarded tool is allowed by its own name alone")
	}
}

func TestServers(t *testing.T) {
	t.Parallel()
	got := policy(t, "fs:read_* git fs:stat cmd:jq", "git").Servers()
	if want := []string{"fs", "cmd"}; !slices.Equal(got, want) {
		t.Errorf("started are %v, want %v", got, want)
	}
}

func TestBadSpec(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"", ":read", "fs:", "*:read", "fs:read(path=/a", "fs:read(path)", "fs:(a=b)", "fs(a=b)"} {
		if s, err := tool.ParseSpec(word); err == nil {
			t.Errorf("%q is read as %+v", word, s)
		}
	}
}

// TestPatternTime: a pattern with many stars takes no longer than one with few.
func TestPatternTime(t *testing.T) {
	t.Parallel()
	start := time.Now()
	p := policy(t, "s:t(a="+strings.Repeat("*a", 30)+"*b)", "")
	args, err := json.Marshal(map[string]string{"a": strings.Repeat("a", 20_000)})
	if err != nil {
		t.Fatal(err)
	}
	if p.Check(tool.Tool{Server: "s", Name: "t"}, args) == "" {
		t.Error("it matches")
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

type source []tool.Tool

func (s source) Tools(context.Context) ([]tool.Tool, error) { return s, nil }
func (source) Close() error                                 { return nil }
func (source) Call(context.Context, string, json.RawMessage) (tool.Result, error) {
	return tool.Text("", false), nil
}

func TestOffer(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100)
	o, err := policy(t, "fs:read* cmd", "").Gather(t.Context(), []tool.Source{
		source{{Server: "fs", Name: "read file"}, {Server: "fs", Name: "read/file"}, {Server: "fs", Name: "read_" + long}, {Server: "fs", Name: "read_" + long + "y"}, {Server: "fs", Name: "write"}},
		source{{Server: tool.Commands, Name: "jq"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Tools) != 3 || len(o.Skipped) != 1 || len(o.Denied) != 1 {
		t.Fatalf("offered %d, skipped %q, denied %d", len(o.Tools), o.Skipped, len(o.Denied))
	}
	for _, found := range o.Tools {
		if len(found.As) > 64 {
			t.Errorf("%s is too long", found.As)
		}
		if back, err := o.Find(found.As); err != nil || back.Name != found.Name {
			t.Errorf("%s is %v (%v)", found.As, back.Name, err)
		}
	}
	for name, want := range map[string]error{"cmd__jq": nil, "mcp__fs__write": tool.ErrDenied, "write": tool.ErrDenied, "jq": tool.ErrUnknown, "mcp__fs__read_file": tool.ErrUnknown} {
		if _, err := o.Find(name); err != want {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}
