// Package toolmodel is a model's server for tool loops: it plays scripts over four APIs, and holds each later request against what it
// said before. Calls come back with their results, ids, signatures and reasoning as they were sent, in their places, with the same tools
// offered. It shares no code with the client that it tries.
package toolmodel

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Script is what a model says, turn by turn, and what a good client makes of it.
type Script struct {
	About  string            `json:"about"`
	Wires  []string          `json:"wires"` // anthropic, chat, responses, gemini; none is all
	Turns  []json.RawMessage `json:"turns"` // a Turn, or a list of them: one for each attempt
	Loop   bool              `json:"loop"`  // the last turn is played again and again
	Client struct {
		Allow       []string `json:"allow"` // tools that the client may call; none is all
		Flags       []string `json:"flags"`
		MCP         string   `json:"mcp"`         // a way in which the server of tools misbehaves
		Conformance bool     `json:"conformance"` // for another server of tools
	} `json:"client"`
	Expect Expect `json:"expect"`
}

// Expect is the outcome. A number may be words, such as "<= max_turns".
type Expect struct {
	Exit      int             `json:"exit"`
	Class     string          `json:"class"`
	Status    string          `json:"status"`
	Text      *string         `json:"text"`
	Requests  json.RawMessage `json:"requests"`
	ToolCalls json.RawMessage `json:"tool_calls"`
	Errors    json.RawMessage `json:"tool_errors"`
}

// Turn is what the model says once.
type Turn struct {
	Thinking *string  `json:"thinking"`
	Text     string   `json:"text"`
	Calls    []Call   `json:"calls"`
	Repeat   int      `json:"repeat"` // of the first call; $i in its arguments counts
	Stop     string   `json:"stop"`   // in Anthropic's words
	Cut      string   `json:"cut"`    // after_call or mid_args
	HTTP     int      `json:"http"`   // an error in place of an answer
	Delay    float64  `json:"delay"`  // seconds
	Quirks   []string `json:"quirks"`

	sig string
}

// Call is one call. Name picks an offered tool that has this name or ends in it; Exact is said as it is.
type Call struct {
	Name    string          `json:"name"`
	Exact   string          `json:"exact"`
	Args    json.RawMessage `json:"args"`
	Raw     *string         `json:"raw"` // arguments as they are written, which need be no JSON
	Renamed bool            `json:"renamed"`
	Result  struct {
		Contains string `json:"contains"`
		Error    *bool  `json:"error"`
		Max      int    `json:"max"`
		Image    bool   `json:"image"`
	} `json:"result"`

	id string
}

// Load reads the scripts of a folder, by name.
func Load(dir string) (map[string]*Script, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	all := map[string]*Script{}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		s := &Script{}
		if err := json.Unmarshal(raw, s); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all[strings.TrimSuffix(filepath.Base(name), ".json")] = s
	}
	return all, nil
}

// turn is what the model says in a turn at an attempt, to a client that offers those tools.
func (s *Script) turn(name string, n, attempt int, offered []string) Turn {
	t := Turn{Text: "(no such turn)"}
	if n >= len(s.Turns) && s.Loop {
		n = len(s.Turns) - 1
	}
	if n < len(s.Turns) {
		raw := s.Turns[n]
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) == nil {
			raw = list[min(attempt, len(list)-1)]
		}
		t.Text = ""
		if err := json.Unmarshal(raw, &t); err != nil {
			t.Text = err.Error()
		}
	}
	for i := range max(t.Repeat-len(t.Calls), 0) {
		again := t.Calls[0]
		again.Args = json.RawMessage(strings.ReplaceAll(string(again.Args), "$i", fmt.Sprint(i+1)))
		t.Calls = append(t.Calls, again)
	}
	for i := range t.Calls {
		c := &t.Calls[i]
		c.id = digest(name, n, i)[:20]
		c.Name = pick(c.Name, c.Exact, offered)
		if c.Raw == nil {
			text := strings.ReplaceAll(string(compact(c.Args)), "$i", "0")
			c.Raw = &text
		}
	}
	if t.Thinking != nil {
		t.sig = "SIG" + digest(name, n, "thinking")
	}
	if t.Stop == "" {
		t.Stop = map[bool]string{true: "tool_use", false: "end_turn"}[len(t.Calls) > 0]
	}
	return t
}

func pick(name, exact string, offered []string) string {
	if exact != "" {
		return exact
	}
	ends := regexp.MustCompile(`(^|[^A-Za-z0-9]|__?)` + regexp.QuoteMeta(name) + `$`)
	if i := slices.IndexFunc(offered, ends.MatchString); i >= 0 {
		return offered[i]
	}
	return name
}

func (t Turn) has(quirk string) bool { return slices.Contains(t.Quirks, quirk) }

// object is a call's arguments where they are an object, else an empty one.
func (c Call) object() json.RawMessage {
	var o map[string]any
	if json.Unmarshal([]byte(*c.Raw), &o) != nil || o == nil {
		return json.RawMessage(`{}`)
	}
	return json.RawMessage(*c.Raw)
}

func compact(raw json.RawMessage) json.RawMessage {
	var v any
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		return json.RawMessage(`{}`)
	}
	out, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return out
}

func digest(parts ...any) string {
	sum := sha256.Sum256(fmt.Append(nil, parts...))
	return hex.EncodeToString(sum[:])
}
