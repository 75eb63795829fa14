package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits and habits of the default answer.
const (
	chunkRunes    = 12 // of a delta
	firstLineMax  = 60 // runes of the first line that are repeated
	listedBlocks  = 20
	bigDeltaBytes = 50
)

// reply is what will be said, before it is put on a wire.
type reply struct {
	text, thinking string
	tools          []*ToolUse
	usage          Usage
	stop           string // in Anthropic's words
	stopSequence   string // the one that ended the text
	details        obj
	chunk          int
	delay          time.Duration
	big, giant     int
}

// reply makes the answer: scripted or default, then bent by the faults that
// concern content.
func (c *call) reply(q *request, a *rule) *reply {
	r := &reply{chunk: chunkRunes, stop: "end_turn"}
	switch {
	case a != nil:
		r.fromScript(a)
	case q.chosen() != nil:
		c.answer = "tool"
		t := q.chosen()
		input, _ := instance(t.schema).(map[string]any)
		r.tools, r.stop = []*ToolUse{{Name: t.name, Input: input}}, "tool_use"
	case q.schema != nil:
		c.answer = "schema"
		r.text = string(encode(instance(q.schema)))
	default:
		c.answer = "default"
		r.text = defaultAnswer(q.last())
	}
	if r.thinking == "" && (c.faults.has("thinking") || q.thinks && a == nil) {
		r.thinking = "The sandbox does not think. It counts the bytes it was sent."
	}
	c.bend(q, r)
	r.finish(q, a)
	return r
}

func (r *reply) fromScript(a *rule) {
	r.text, r.thinking, r.tools = a.Text, a.Thinking, a.calls()
	r.delay = time.Duration(a.Delay)
	if a.Chunk > 0 {
		r.chunk = a.Chunk
	}
	if len(r.tools) > 0 {
		r.stop = "tool_use"
	}
}

// bend applies the faults of content.
func (c *call) bend(q *request, r *reply) {
	f := c.faults
	if f.has("split-utf8") && len(r.text) == utf8.RuneCountInString(r.text) {
		r.text += "\nBytes that can be split: grüße, 世界, 🙂."
	}
	if f.has("tool_use") && len(r.tools) == 0 {
		r.tools, r.stop = []*ToolUse{q.firstTool()}, "tool_use"
	}
	r.big, r.giant = f.num("big", 0), f.num("giant", 0)
	if r.big > 0 {
		r.text = ""
	}
	switch {
	case f.has("empty"):
		r.text, r.thinking, r.tools = "", "", nil
	case f.has("refusal"):
		r.text, r.tools, r.stop = "I cannot help with this.", nil, "refusal"
		r.details = obj{"type": "refusal", "category": nil, "explanation": nil}
	case f.has("max_tokens"):
		r.text, r.stop = cutRunes(r.text, len(r.text)/2), "max_tokens"
	}
}

func (q *request) firstTool() *ToolUse {
	t := &ToolUse{Name: "lookup", Input: map[string]any{"query": "sandbox"}}
	if len(q.tools) > 0 {
		t.Name = q.tools[0].name
	}
	return t
}

// finish keeps to the stop sequences and max_tokens as a model would, counts
// usage, and lets the script have the last word on both.
func (r *reply) finish(q *request, a *rule) {
	for _, stop := range q.stop {
		if i := strings.Index(r.text, stop); i >= 0 && stop != "" {
			r.text, r.stop, r.stopSequence, r.tools = r.text[:i], "stop_sequence", stop, nil
		}
	}
	if q.maxTokens != nil && len(r.text) > *q.maxTokens*4 {
		r.text, r.stop, r.stopSequence = cutRunes(r.text, *q.maxTokens*4), "max_tokens", ""
	}
	out := len(r.text) + len(r.thinking) + r.big*bigDeltaBytes + r.giant
	for _, t := range r.tools {
		out += len(t.Name) + len(encode(t.Input))
	}
	r.usage = Usage{InputTokens: q.inputTokens(), OutputTokens: tokens(out)}
	if a == nil {
		return
	}
	if a.StopReason != "" {
		r.stop = a.StopReason
	}
	if a.Usage != nil {
		r.usage = *a.Usage
	}
}

// reasoned is how many of the output's tokens were reasoning.
func (r *reply) reasoned() int { return min(tokens(len(r.thinking)), r.usage.OutputTokens) }

// prompted is the whole input: Anthropic leaves what was cached out of its count, the other wires do not.
func (r *reply) prompted() int {
	return r.usage.InputTokens + r.usage.CacheReadInputTokens + r.usage.CacheCreationInputTokens
}

// cutRunes cuts s to at most size bytes, between two runes.
func cutRunes(s string, size int) string {
	if size >= len(s) {
		return s
	}
	for size > 0 && !utf8.RuneStart(s[size]) {
		size--
	}
	return s[:size]
}

// part is a piece of an answer that a wire treats alike: a block, an item.
type part struct {
	kind  partKind
	text  string // of a call its arguments, as JSON
	tool  *ToolUse
	id    string // of the call
	index int    // among the parts
	call  int    // among the calls
	giant string // what follows text: the fault giant, in one piece,
	tail  string // and the fault big, unit by unit
	units int
}

type partKind int

const (
	partReasoning partKind = iota
	partText
	partRefusal
	partCall
)

// whole is everything that the part's deltas join to.
func (p *part) whole() string { return p.text + p.giant + strings.Repeat(p.tail, p.units) }

// escaped is whole as the content of a JSON string. The unit that is there many times is encoded once.
func (p *part) escaped() []byte {
	content := func(s string) []byte {
		b := encode(s)
		return b[1 : len(b)-1]
	}
	return append(content(p.text+p.giant), bytes.Repeat(content(p.tail), p.units)...)
}

// parts is the answer in the order in which it is said.
func (a *answer) parts() []*part {
	var out []*part
	add := func(p *part) {
		p.index = len(out)
		out = append(out, p)
	}
	r := a.r
	if r.thinking != "" && !a.q.hides {
		add(&part{kind: partReasoning, text: r.thinking})
	}
	text := &part{kind: partText, text: r.text, giant: strings.Repeat("x", r.giant), tail: bigDelta(), units: r.big}
	if r.stop == "refusal" {
		text.kind = partRefusal
	}
	if text.text != "" || r.giant > 0 || r.big > 0 {
		add(text)
	}
	for i, t := range r.tools {
		add(&part{kind: partCall, text: string(t.input()), tool: t, id: t.id(a.id, i), call: i})
	}
	return out
}

// signature has the form that MiniMax sends: 64 hex digits.
func signature(thinking string) string {
	sum := sha256.Sum256([]byte(thinking))
	return hex.EncodeToString(sum[:])
}

func bigDelta() string {
	return strings.Repeat("0123456789", bigDeltaBytes/10-1) + "bytes 50.\n"
}

// id of the n-th call of an answer.
func (t *ToolUse) id(answer string, n int) string {
	switch {
	case t.ID != "":
		return t.ID
	case n == 0:
		return "call_" + answer[:16]
	}
	return "call_" + answer[:16] + strconv.Itoa(n)
}

// input is never null on the wire, for a tool without arguments either.
func (t *ToolUse) input() json.RawMessage {
	if t.Input == nil {
		return json.RawMessage("{}")
	}
	return encode(t.Input)
}
