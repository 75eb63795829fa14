package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
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
	tool           *ToolUse
	usage          Usage
	stop           string
	details        obj
	chunk          int
	delay          time.Duration
	big, giant     int
}

// reply makes the answer: scripted or default, then bent by the faults that
// concern content.
func (c *call) reply(q *request, a *rule) *reply {
	r := &reply{chunk: chunkRunes, stop: "end_turn"}
	if a != nil {
		r.fromScript(a)
	} else {
		c.answer = "default"
		r.text = defaultAnswer(q.last())
	}
	if r.thinking == "" && (c.faults.has("thinking") || q.thinks() && a == nil) {
		r.thinking = "The sandbox does not think. It counts the bytes it was sent."
	}
	c.bend(q, r)
	r.finish(q, a)
	return r
}

func (q *request) thinks() bool {
	return q.Thinking != nil && q.Thinking.Type != "disabled"
}

func (r *reply) fromScript(a *rule) {
	r.text, r.thinking, r.tool = a.Text, a.Thinking, a.ToolUse
	r.delay = time.Duration(a.Delay)
	if a.Chunk > 0 {
		r.chunk = a.Chunk
	}
	if a.ToolUse != nil {
		r.stop = "tool_use"
	}
}

// bend applies the faults of content.
func (c *call) bend(q *request, r *reply) {
	f := c.faults
	if f.has("split-utf8") && len(r.text) == utf8.RuneCountInString(r.text) {
		r.text += "\nBytes that can be split: grüße, 世界, 🙂."
	}
	if f.has("tool_use") && r.tool == nil {
		r.tool, r.stop = q.firstTool(), "tool_use"
	}
	r.big, r.giant = f.num("big", 0), f.num("giant", 0)
	if r.big > 0 {
		r.text = ""
	}
	switch {
	case f.has("empty"):
		r.text, r.thinking, r.tool = "", "", nil
	case f.has("refusal"):
		r.text, r.tool, r.stop = "I cannot help with this.", nil, "refusal"
		r.details = obj{"type": "refusal", "category": nil, "explanation": nil}
	case f.has("max_tokens"):
		r.text, r.stop = cutRunes(r.text, len(r.text)/2), "max_tokens"
	}
}

func (q *request) firstTool() *ToolUse {
	t := &ToolUse{Name: "lookup", Input: map[string]any{"query": "sandbox"}}
	if len(q.Tools) > 0 {
		t.Name = q.Tools[0].Name
	}
	return t
}

// finish keeps to max_tokens as a model would, counts usage, and lets the
// script have the last word on both.
func (r *reply) finish(q *request, a *rule) {
	if room := *q.MaxTokens * 4; len(r.text) > room {
		r.text, r.stop = cutRunes(r.text, room), "max_tokens"
	}
	out := len(r.text) + len(r.thinking) + r.big*bigDeltaBytes + r.giant
	if r.tool != nil {
		out += len(r.tool.Name) + len(encode(r.tool.Input))
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

// defaultAnswer says what came in the last user message: how many bytes, the
// first 8 hex digits of their SHA-256, the first line that is not blank.
func defaultAnswer(blocks content) string {
	all, size := sha256.New(), 0
	images, documents := 0, 0
	for _, b := range blocks {
		data := b.payload()
		size += len(data)
		addTo(all, data)
		switch b.Type {
		case "image":
			images++
		case "document":
			documents++
		}
	}
	var out strings.Builder
	fmt.Fprintf(&out, "Sandbox answer, no model was asked.\nReceived %s in %s, sha256 %s.",
		plural(size, "byte"), plural(len(blocks), "block"), short(all))
	if images+documents > 0 {
		fmt.Fprintf(&out, "\nAmong them %s and %s.", plural(images, "image"), plural(documents, "document"))
	}
	for _, b := range blocks {
		if line := firstLine(b.Text); b.Type == "text" && line != "" {
			fmt.Fprintf(&out, "\nFirst line: %s", line)
			break
		}
	}
	if len(blocks) < 2 {
		return out.String()
	}
	for i, b := range blocks[:min(len(blocks), listedBlocks)] {
		data, sum := b.payload(), sha256.New()
		addTo(sum, data)
		fmt.Fprintf(&out, "\nBlock %d: %s, %s, sha256 %s.", i+1, b.kind(), plural(len(data), "byte"), short(sum))
	}
	return out.String()
}

// addTo hashes a text in pieces: as bytes it would be a copy.
func addTo(sum hash.Hash, text string) {
	for piece := 64 << 10; len(text) > 0; text = text[piece:] {
		piece = min(piece, len(text))
		sum.Write([]byte(text[:piece]))
	}
}

func short(sum hash.Hash) string { return hex.EncodeToString(sum.Sum(nil)[:4]) }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func firstLine(text string) string {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		runes := []rune(cutRunes(line, firstLineMax*utf8.UTFMax))
		if len(runes) > firstLineMax {
			return string(runes[:firstLineMax]) + "…"
		}
		if len(string(runes)) < len(line) {
			return string(runes) + "…"
		}
		return line
	}
	return ""
}

// message is the frame of an answer, in a stream and without one.
func (r *reply) message(id, model string) obj {
	return obj{
		"id": id, "type": "message", "role": "assistant", "model": model, "content": []obj{},
		"stop_reason": nil, "stop_sequence": nil, "usage": Usage{},
	}
}

// blocks is the content of an answer that is not streamed.
func (r *reply) blocks(id string) []obj {
	out := []obj{}
	if r.thinking != "" {
		out = append(out, obj{"type": "thinking", "thinking": r.thinking, "signature": signature(r.thinking)})
	}
	text := r.text + strings.Repeat("x", r.giant) + strings.Repeat(bigDelta(), r.big)
	if text != "" {
		out = append(out, obj{"type": "text", "text": text})
	}
	if r.tool != nil {
		out = append(out, obj{"type": "tool_use", "id": r.tool.id(id), "name": r.tool.Name, "input": r.tool.input()})
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

func (t *ToolUse) id(call string) string {
	if t.ID != "" {
		return t.ID
	}
	return "call_" + call[:16]
}

// input is never null on the wire, for a tool without arguments either.
func (t *ToolUse) input() json.RawMessage {
	if t.Input == nil {
		return json.RawMessage("{}")
	}
	return encode(t.Input)
}
