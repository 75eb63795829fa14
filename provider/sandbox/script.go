package sandbox

import (
	"fmt"
	"net/http"
	"path"
	"regexp"
	"sync"
	"time"
)

// Script is a list of scripted answers. The first that matches and is not used
// up answers; when none does, the default answer is given.
type Script struct {
	Answers []Answer `yaml:"answers" json:"answers"`
}

// Answer is one scripted answer.
type Answer struct {
	Match Match `yaml:"match" json:"match"`
	// Times is how often it is given, 0 without end.
	Times    int      `yaml:"times" json:"times"`
	Text     string   `yaml:"text" json:"text"`
	Thinking string   `yaml:"thinking" json:"thinking"`
	ToolUse  *ToolUse `yaml:"tool_use" json:"tool_use"`
	// ToolUses are several calls in one answer, after ToolUse.
	ToolUses []*ToolUse `yaml:"tool_uses" json:"tool_uses"`
	// Usage and StopReason replace what the server would work out. Both are in
	// Anthropic's words, which each wire translates; a word that none knows is
	// said as it is.
	Usage      *Usage `yaml:"usage" json:"usage"`
	StopReason string `yaml:"stop_reason" json:"stop_reason"`
	// Delay is waited before each delta, Chunk is the size of one in runes.
	Delay Duration `yaml:"delay" json:"delay"`
	Chunk int      `yaml:"chunk" json:"chunk"`
	// Fault is a list of faults for this answer. A request's own header wins
	// over it, it wins over those of the server.
	Fault string `yaml:"fault" json:"fault"`
	// Status other than 0 and 200 answers with an error; Body with exactly
	// these bytes instead of a message; Headers are added to any of them.
	Status  int               `yaml:"status" json:"status"`
	Body    string            `yaml:"body" json:"body"`
	Headers map[string]string `yaml:"headers" json:"headers"`
}

// Match says which requests an answer is for; what is empty matches all.
type Match struct {
	// Prompt and System are regular expressions, searched in the text of the
	// last user message and in the system prompt.
	Prompt string `yaml:"prompt" json:"prompt"`
	// Result is one too, searched in the results of tools in the last message.
	Result string `yaml:"result" json:"result"`
	System string `yaml:"system" json:"system"`
	// Model is a name or a pattern with * and ?.
	Model string `yaml:"model" json:"model"`
	// Header maps names to regular expressions.
	Header map[string]string `yaml:"header" json:"header"`
}

// ToolUse is a call of a tool. ID is made up when it is empty.
type ToolUse struct {
	ID    string         `yaml:"id" json:"id"`
	Name  string         `yaml:"name" json:"name"`
	Input map[string]any `yaml:"input" json:"input"`
}

// Usage is a token count as Anthropic has it; each wire says it in its own way.
type Usage struct {
	InputTokens              int `yaml:"input_tokens" json:"input_tokens"`
	OutputTokens             int `yaml:"output_tokens" json:"output_tokens"`
	CacheCreationInputTokens int `yaml:"cache_creation_input_tokens" json:"cache_creation_input_tokens"`
	CacheReadInputTokens     int `yaml:"cache_read_input_tokens" json:"cache_read_input_tokens"`
}

// Duration is a time.Duration that is written like "20ms", in YAML and JSON.
type Duration time.Duration

// UnmarshalText reads the form of time.ParseDuration.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// MarshalText writes the form that UnmarshalText reads.
func (d Duration) MarshalText() ([]byte, error) {
	return []byte(time.Duration(d).String()), nil
}

// program is a compiled script.
type program struct {
	mu    sync.Mutex
	rules []*rule
}

type rule struct {
	Answer
	name           string // for the log
	prompt, system *regexp.Regexp
	result         *regexp.Regexp
	header         map[string]*regexp.Regexp
	faults         faults
	used           int
}

func compile(s *Script) (*program, error) {
	p := &program{}
	if s == nil {
		return p, nil
	}
	for i, a := range s.Answers {
		r := &rule{Answer: a, name: fmt.Sprintf("script %d", i+1), header: map[string]*regexp.Regexp{}}
		if err := r.compile(); err != nil {
			return nil, fmt.Errorf("script, answer %d: %w", i+1, err)
		}
		p.rules = append(p.rules, r)
	}
	return p, nil
}

func (r *rule) compile() error {
	var err error
	if r.prompt, err = regexp.Compile(r.Match.Prompt); err != nil {
		return fmt.Errorf("match.prompt: %w", err)
	}
	if r.result, err = regexp.Compile(r.Match.Result); err != nil {
		return fmt.Errorf("match.result: %w", err)
	}
	if r.system, err = regexp.Compile(r.Match.System); err != nil {
		return fmt.Errorf("match.system: %w", err)
	}
	if _, err = path.Match(r.Match.Model, ""); err != nil {
		return fmt.Errorf("match.model: %w", err)
	}
	for name, expr := range r.Match.Header {
		if r.header[name], err = regexp.Compile(expr); err != nil {
			return fmt.Errorf("match.header %s: %w", name, err)
		}
	}
	if r.faults, err = parseFaults(r.Fault); err != nil {
		return err
	}
	for _, t := range r.calls() {
		if t == nil || t.Name == "" {
			return fmt.Errorf("tool_use.name is missing")
		}
	}
	switch {
	case r.Status != 0 && (r.Status < 200 || r.Status > 599):
		return fmt.Errorf("status %d is not between 200 and 599", r.Status)
	case r.Times < 0 || r.Chunk < 0 || r.Delay < 0:
		return fmt.Errorf("times, chunk and delay cannot be negative")
	}
	return nil
}

// calls are all the calls of an answer.
func (a *Answer) calls() []*ToolUse {
	if a.ToolUse == nil {
		return a.ToolUses
	}
	return append([]*ToolUse{a.ToolUse}, a.ToolUses...)
}

// find returns the rule that answers, nil for the default answer, and uses it
// up by one.
func (p *program) find(q *request, h http.Header) *rule {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.rules {
		if (r.Times == 0 || r.used < r.Times) && r.matches(q, h) {
			r.used++
			return r
		}
	}
	return nil
}

func (r *rule) matches(q *request, h http.Header) bool {
	if ok, _ := path.Match(r.Match.Model, q.model); !ok && r.Match.Model != "" {
		return false
	}
	for name, expr := range r.header {
		if len(h.Values(name)) == 0 || !expr.MatchString(h.Get(name)) {
			return false
		}
	}
	return r.prompt.MatchString(q.last().text()) && r.result.MatchString(q.last().returned()) && r.system.MatchString(q.system.text())
}
