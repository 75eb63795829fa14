package oneshot

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
	"hermes/oneshot/wire/anthropic"
)

// flags are what a command line without any gives.
func flags(change func(*Flags)) *Flags {
	f := &Flags{}
	change(f)
	f.Default(nil)
	return f
}

// TestFill: the job that the flags describe.
func TestFill(t *testing.T) {
	t.Parallel()
	f := flags(func(f *Flags) {
		f.Prompt, f.Stdin, f.StdinWait, f.MaxTokens = []string{"a", "b"}, "require", new(time.Minute), new(9)
		f.Temperature, f.TopP, f.Stop, f.Reasoning, f.MaxCost, f.OverLimit = new(0.5), new(0.9), []string{"x"}, "low", "2", "tail"
		f.SystemFile, f.OutputSchema, f.SchemaRetries = file(t, "sys", "be brief\r\n"), file(t, "schema", order), new(4)
	})
	var job Job
	if err := f.Fill(t.Context(), &job, os.Stdin, true); err != nil {
		t.Fatal(err)
	}
	in := input.Sources{Args: []string{"a", "b"}, Stdin: os.Stdin, Terminal: true, Mode: "require", Wait: time.Minute, Settings: []string{f.SystemFile, f.OutputSchema, ""}}
	if !reflect.DeepEqual(job.Input, in) {
		t.Errorf("%+v, want %+v", job.Input, in)
	}
	params := Params{System: "be brief\r\n", MaxTokens: 9, Temperature: new(0.5), TopP: new(0.9), Stop: []string{"x"}, Reasoning: "low"}
	if !reflect.DeepEqual(job.Params, params) {
		t.Errorf("%+v", job.Params)
	}
	limits := Limits{Connect: 10 * time.Second, FirstByte: 300 * time.Second, Idle: 120 * time.Second, Retries: 3, MaxCost: "2", OverLimit: "tail"}
	if !reflect.DeepEqual(job.Limits, limits) || job.Schema == nil || job.SchemaRetries != 4 {
		t.Errorf("%+v", job)
	}
	plain := flags(func(f *Flags) { f.System = "s" })
	if job = (Job{}); plain.Fill(t.Context(), &job, nil, false) != nil || job.Schema != nil || job.Params.System != "s" || job.Params.MaxTokens != 0 {
		t.Errorf("%+v", job)
	}
}

// TestFillRefuses flags that no run can have, and settings that cannot be read.
func TestFillRefuses(t *testing.T) {
	t.Parallel()
	gone := t.TempDir() + "/gone"
	for part, c := range map[string]struct {
		class  class.Class
		change func(*Flags)
	}{
		"--stdin-wait -1s":                        {"usage", func(f *Flags) { f.StdinWait = new(-time.Second) }},
		"--connect-timeout -1s":                   {"usage", func(f *Flags) { f.ConnectTimeout = new(-time.Second) }},
		"--first-byte-timeout -1s":                {"usage", func(f *Flags) { f.FirstByteTimeout = new(-time.Second) }},
		"--idle-timeout -1s":                      {"usage", func(f *Flags) { f.IdleTimeout = new(-time.Second) }},
		"--deadline -1s":                          {"usage", func(f *Flags) { f.Deadline = new(-time.Second) }},
		"--lock-timeout -1s":                      {"usage", func(f *Flags) { f.LockTimeout = new(-time.Second) }},
		"--retries -1":                            {"usage", func(f *Flags) { f.Retries = new(-1) }},
		"--schema-retries -1":                     {"usage", func(f *Flags) { f.SchemaRetries = new(-1) }},
		"--max-tokens 0":                          {"usage", func(f *Flags) { f.MaxTokens = new(0) }},
		"--max-cost \"1/3\"":                      {"usage", func(f *Flags) { f.MaxCost = "1/3" }},
		"--json and --output-format text":         {"usage", func(f *Flags) { f.JSON, f.OutputFormat = true, "text" }},
		"more than once":                          {"usage", func(f *Flags) { f.Prompt, f.Oneshot = []string{"a"}, "b" }},
		"only once":                               {"usage", func(f *Flags) { f.SystemFile, f.File = "-", []string{"-"} }},
		"--system-file: " + gone:                  {"no_input", func(f *Flags) { f.SystemFile = gone }},
		"--output-schema: " + gone:                {"no_input", func(f *Flags) { f.OutputSchema = gone }},
		"--system-file -: stdin is a terminal":    {"no_input", func(f *Flags) { f.SystemFile = "-" }},
		"is not UTF-8 text: bad byte at offset 1": {"invalid_input", func(f *Flags) { f.SystemFile = file(t, "sys", "a\xff") }},
		"there is no type":                        {"usage", func(f *Flags) { f.OutputSchema = file(t, "schema", `{"type":"thing"}`) }},
		"offset 0":                                {"invalid_input", func(f *Flags) { f.OutputSchema = file(t, "schema", "\x00") }},
	} {
		var job Job
		if err := flags(c.change).Fill(t.Context(), &job, nil, true); !class.Is(err, c.class) || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", part, err)
		}
	}
}

// TestSystemOnStdin: "-" names stdin, which then is no input besides.
func TestSystemOnStdin(t *testing.T) {
	t.Parallel()
	stdin, err := os.Open(file(t, "in", "be brief"))
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	s := serve(t, answers("hi"))
	job := asks(Target{Transport: s})
	if err := flags(func(f *Flags) { f.Oneshot, f.SystemFile = "a", "-" }).Fill(t.Context(), &job, stdin, false); err != nil {
		t.Fatal(err)
	}
	r := perform(t, t.Context(), job)
	if got := parse(t, s.asked()[0]); r.err != nil || got.System != "be brief" || len(got.texts()) != 1 {
		t.Errorf("%v: %+v", r.err, got)
	}
}

// TestPrompted: which flags say that there is something to ask.
func TestPrompted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		f    Flags
		want bool
	}{
		"nothing": {Flags{ModelFlags: ModelFlags{System: "s", Model: "m"}}, false}, "words": {Flags{Prompt: []string{"a"}}, true}, "-z": {Flags{Oneshot: "a"}, true},
		"a prompt file": {Flags{PromptFile: "x"}, true}, "a file": {Flags{File: []string{"x"}}, true}, "a template": {Flags{Template: "x"}, true},
	} {
		if got := c.f.Prompted(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestSpec: where the output goes; an answer that must fit a schema is held back until it does.
func TestSpec(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Flags)
		want   output.Spec
	}{
		"nothing":   {func(*Flags) {}, output.Spec{Format: "text"}},
		"all":       {func(f *Flags) { f.OutputFormat, f.Atomic, f.Events = "stream-json", new(true), "fd:3" }, output.Spec{Format: "stream-json", Atomic: true, Events: "fd:3"}},
		"a schema":  {func(f *Flags) { f.OutputSchema = "s" }, output.Spec{Format: "text", Atomic: true}},
		"reasoning": {func(f *Flags) { f.ShowThinking = new(true) }, output.Spec{Format: "text", Thinking: os.Stderr}},
		"json":      {func(f *Flags) { f.JSON = true }, output.Spec{Format: "json"}},
	} {
		c.want.Stdout, c.want.Terminal = os.Stdout, true
		if got := flags(c.change).Spec(os.Stdout, os.Stderr, true); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// TestReasoning: an effort in the form that the model takes it, with what it asks of the other parameters.
func TestReasoning(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		level, form string
		temperature *float64
		maxTokens   int
		want        string // of the body
		refused     string
	}{
		"none said":           {"", "budget", nil, 100, `"max_tokens":100,"stream":true,"messages"`, ""},
		"no reasoning":        {"none", "budget", nil, 100, `"max_tokens":100,"stream":true,"messages"`, ""},
		"a budget":            {"high", "budget", nil, 100, `"max_tokens":20096,"stream":true,"temperature":1,"thinking":{"type":"enabled","budget_tokens":16000}`, ""},
		"the least":           {"minimal", "", new(1.0), 100_000, `"max_tokens":100000,"stream":true,"temperature":1,"thinking":{"type":"enabled","budget_tokens":1024}`, ""},
		"low":                 {"low", "", nil, 100_000, `"budget_tokens":4000}`, ""},
		"medium":              {"medium", "", nil, 100_000, `"budget_tokens":8000}`, ""},
		"xhigh":               {"xhigh", "", nil, 100_000, `"budget_tokens":32000}`, ""},
		"max":                 {"max", "", nil, 100_000, `"budget_tokens":64000}`, ""},
		"another temperature": {"low", "budget", new(0.5), 100, "", "--temperature must be 1"},
		"adaptive":            {"high", "adaptive", new(0.5), 100, `"temperature":0.5,"thinking":{"type":"adaptive"},"messages"`, ""},
		"adaptive, none":      {"none", "adaptive", nil, 100, `"thinking":{"type":"disabled"},"messages"`, ""},
		"an effort":           {"xhigh", "effort", nil, 100, `"thinking":{"type":"adaptive"},"output_config":{"effort":"xhigh"}`, ""},
		"the least effort":    {"minimal", "effort", nil, 100, `"output_config":{"effort":"low"}`, ""},
		"no effort":           {"none", "effort", nil, 100, `"thinking":{"type":"disabled"},"messages"`, ""},
		"too hot":             {"", "", new(1.5), 100, "", "takes more than 0 and at most 1"},
		"too cold":            {"", "", new(0.0), 100, "", "takes more than 0"},
		"as hot as may be":    {"", "", new(1.0), 100, `"temperature":1`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			if c.refused == "" {
				s = serve(t, answers("hi"))
			}
			job := asks(Target{Transport: s, Protocol: anthropic.Protocol{Thinking: anthropic.Thinking(c.form)}, MaxTokens: c.maxTokens, MaxTemperature: 1})
			job.Params.Reasoning, job.Params.Temperature = c.level, c.temperature
			r := perform(t, t.Context(), job)
			if c.refused != "" {
				r.fails(t, "usage", c.refused)
			} else if r.err != nil || !strings.Contains(s.asked()[0], c.want) {
				t.Errorf("%v: %s", r.err, s.asked())
			}
		})
	}
}
