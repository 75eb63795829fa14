package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// userSays is a request whose last message has this content.
func userSays(t testing.TB, model string, stream bool, content any) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{
		"model": model, "max_tokens": 4096, "stream": stream,
		"messages": []any{map[string]any{"role": "user", "content": content}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:8]
}

func textBlock(s string) map[string]any { return map[string]any{"type": "text", "text": s} }

func fileBlock(kind, media, data string) map[string]any {
	return map[string]any{"type": kind, "source": map[string]any{
		"type": "base64", "media_type": media, "data": base64.StdEncoding.EncodeToString([]byte(data)),
	}}
}

func TestDefaultAnswer(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	long := strings.Repeat("é", 70)
	tests := []struct {
		what    string
		content any
		lines   []string
	}{
		{"a string", "hello", []string{
			"Received 5 bytes in 1 block, sha256 2cf24dba.", "First line: hello",
		}},
		{"one byte", "x", []string{
			"Received 1 byte in 1 block, sha256 " + shortHash("x") + ".", "First line: x",
		}},
		{"several lines", "\n\n  first \r\nsecond\n", []string{
			"Received 19 bytes in 1 block, sha256 " + shortHash("\n\n  first \r\nsecond\n") + ".", "First line: first",
		}},
		{"only blanks", " \n ", []string{"Received 3 bytes in 1 block, sha256 " + shortHash(" \n ") + "."}},
		{"a long line", long, []string{
			"Received 140 bytes in 1 block, sha256 " + shortHash(long) + ".", "First line: " + strings.Repeat("é", 60) + "…",
		}},
		{"two blocks", []any{textBlock("do this"), textBlock("data\n")}, []string{
			"Received 12 bytes in 2 blocks, sha256 " + shortHash("do thisdata\n") + ".",
			"First line: do this",
			"Block 1: text, 7 bytes, sha256 " + shortHash("do this") + ".",
			"Block 2: text, 5 bytes, sha256 " + shortHash("data\n") + ".",
		}},
		{"image and document", []any{
			textBlock("look"), fileBlock("image", "image/png", "PNG!"), fileBlock("document", "application/pdf", "%PDF"),
		}, []string{
			"Received 12 bytes in 3 blocks, sha256 " + shortHash("lookPNG!%PDF") + ".",
			"Among them 1 image and 1 document.",
			"First line: look",
			"Block 1: text, 4 bytes, sha256 " + shortHash("look") + ".",
			"Block 2: image/png, 4 bytes, sha256 " + shortHash("PNG!") + ".",
			"Block 3: application/pdf, 4 bytes, sha256 " + shortHash("%PDF") + ".",
		}},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			want := "Sandbox answer, no model was asked.\n" + strings.Join(test.lines, "\n")
			whole := ask(t, base, userSays(t, "sandbox", false, test.content))
			if got := text(whole.object(t), "content", 0, "text"); got != want {
				t.Errorf("whole: got\n%s\nwant\n%s", got, want)
			}
			streamed := ask(t, base, userSays(t, "sandbox", true, test.content))
			if got := said(streamed.events(t), "text_delta", "text"); got != want {
				t.Errorf("streamed: got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestDefaultAnswerIsAboutTheLastUserMessage(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	body := `{"model":"sandbox","max_tokens":500,"system":"be brief","messages":[
		{"role":"user","content":"one"},{"role":"assistant","content":"two"},
		{"role":"user","content":"three"},{"role":"assistant","content":"{"}]}`
	got := text(ask(t, base, body).object(t), "content", 0, "text")
	if !strings.Contains(got, "First line: three") {
		t.Errorf("got %q", got)
	}
}

func TestManyBlocksAreListedInPart(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	var blocks []any
	for range 30 {
		blocks = append(blocks, textBlock("b"))
	}
	got := text(ask(t, base, userSays(t, "sandbox", false, blocks)).object(t), "content", 0, "text")
	if n := strings.Count(got, "\nBlock "); n != 20 || !strings.Contains(got, "in 30 blocks") {
		t.Errorf("%d blocks listed in\n%s", n, got)
	}
}

func TestStreamGrammar(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	a := ask(t, base, helloStream)
	if got := a.header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") {
		t.Errorf("Content-Type %q", got)
	}
	events := a.events(t)
	order := slices.Compact(names(events))
	want := []string{
		"message_start", "ping", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop",
	}
	if !slices.Equal(order, want) {
		t.Errorf("order %v", order)
	}
	message := at(events[0].data, "message")
	if number(message, "usage", "input_tokens") != 0 || at(message, "stop_reason") != nil || text(message, "model") != "sandbox" {
		t.Errorf("message_start %v", message)
	}
	if text(message, "id") == "" || text(message, "id") != a.header.Get("Trace-Id") || a.header.Get("Minimax-Request-Id") == "" {
		t.Errorf("ids: %v, %v", text(message, "id"), a.header)
	}
	last := find(t, events, "message_delta").data
	if text(last, "delta", "stop_reason") != "end_turn" {
		t.Errorf("message_delta %v", last)
	}
	answer := said(events, "text_delta", "text")
	if in, out := number(last, "usage", "input_tokens"), number(last, "usage", "output_tokens"); in != 2 || out != float64((len(answer)+3)/4) {
		t.Errorf("usage %v in, %v out for an answer of %d bytes", in, out, len(answer))
	}
	for _, e := range events {
		if n := utf8.RuneCountInString(text(e.data, "delta", "text")); n > chunkRunes {
			t.Errorf("a delta of %d runes", n)
		}
	}
}

func TestWholeAnswer(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	tests := []struct {
		model    string
		baseResp bool
	}{
		{"sandbox", true},
		{"MiniMax-M2.7", true},
		{"claude-sonnet-5", false},
	}
	for _, test := range tests {
		a := ask(t, base, userSays(t, test.model, false, "hello"))
		v := a.object(t)
		if a.status != 200 || text(v, "model") != test.model || text(v, "role") != "assistant" || text(v, "stop_reason") != "end_turn" {
			t.Errorf("%s: %d %s", test.model, a.status, a.body)
		}
		if _, ok := v["base_resp"]; ok != test.baseResp {
			t.Errorf("%s: base_resp is there: %v", test.model, ok)
		}
		if !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") || a.header.Get("Content-Length") == "" {
			t.Errorf("%s: headers %v", test.model, a.header)
		}
		if number(v, "usage", "input_tokens") != 2 || number(v, "usage", "output_tokens") == 0 {
			t.Errorf("%s: usage %v", test.model, at(v, "usage"))
		}
	}
}

func TestInputTokens(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	tests := []struct {
		what, body string
		want       float64
	}{
		{"five bytes", hello, 2},
		{"system as text", `{"model":"sandbox","max_tokens":9,"system":"abc","messages":[{"role":"user","content":"hello"}]}`, 2},
		{"system as blocks", `{"model":"sandbox","max_tokens":9,"system":[{"type":"text","text":"abcd"}],"messages":[{"role":"user","content":"hello"}]}`, 3},
		{"every message", `{"model":"sandbox","max_tokens":9,"messages":[{"role":"user","content":"abcd"},{"role":"assistant","content":"abcd"},{"role":"user","content":"abcd"}]}`, 3},
		{"tools", `{"model":"sandbox","max_tokens":9,"tools":[{"name":"ab","input_schema":{}}],"messages":[{"role":"user","content":"abcd"}]}`, 2},
		{"an image", userSays(t, "sandbox", false, []any{textBlock("abcd"), fileBlock("image", "image/png", strings.Repeat("x", 9999))}), 1601},
	}
	for _, test := range tests {
		if got := number(ask(t, base, test.body).object(t), "usage", "input_tokens"); got != test.want {
			t.Errorf("%s: %v, want %v", test.what, got, test.want)
		}
	}
}

func TestMaxTokensIsKept(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	body := strings.Replace(helloStream, "1000", "5", 1)
	events := ask(t, base, body).events(t)
	if got := said(events, "text_delta", "text"); got != "Sandbox answer, no m" {
		t.Errorf("text %q", got)
	}
	last := find(t, events, "message_delta").data
	if text(last, "delta", "stop_reason") != "max_tokens" || number(last, "usage", "output_tokens") != 5 {
		t.Errorf("%v", last)
	}
}

func TestCutRunes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		size int
		want string
	}{
		{"abc", 5, "abc"},
		{"abc", 3, "abc"},
		{"abc", 2, "ab"},
		{"abc", 0, ""},
		{"aé", 2, "a"},
		{"é", 1, ""},
		{"世界", 5, "世"},
		{"🙂", 3, ""},
	}
	for _, test := range tests {
		if got := cutRunes(test.in, test.size); got != test.want {
			t.Errorf("%q to %d: %q", test.in, test.size, got)
		}
	}
}

func TestContentFaults(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	plain := said(ask(t, base, helloStream).events(t), "text_delta", "text")
	tests := []struct {
		fault, stop    string
		text, thinking string
		tool           string
	}{
		{"empty", "end_turn", "", "", ""},
		{"max_tokens", "max_tokens", cutRunes(plain, len(plain)/2), "", ""},
		{"refusal", "refusal", "I cannot help with this.", "", ""},
		{"thinking", "end_turn", plain, "The sandbox does not think. It counts the bytes it was sent.", ""},
		{"tool_use", "tool_use", plain, "", "lookup"},
		{"thinking,tool_use", "tool_use", plain, "The sandbox does not think. It counts the bytes it was sent.", "lookup"},
	}
	for _, test := range tests {
		t.Run(test.fault, func(t *testing.T) {
			t.Parallel()
			events := ask(t, base, helloStream, FaultHeader, test.fault).events(t)
			if got := said(events, "text_delta", "text"); got != test.text {
				t.Errorf("text %q, want %q", got, test.text)
			}
			if got := said(events, "thinking_delta", "thinking"); got != test.thinking {
				t.Errorf("thinking %q, want %q", got, test.thinking)
			}
			if got := text(find(t, events, "message_delta").data, "delta", "stop_reason"); got != test.stop {
				t.Errorf("stop_reason %q, want %q", got, test.stop)
			}
			if events[len(events)-1].name != "message_stop" {
				t.Errorf("it ends with %s", events[len(events)-1].name)
			}
			whole := ask(t, base, hello, FaultHeader, test.fault).object(t)
			if got := text(whole, "stop_reason"); got != test.stop {
				t.Errorf("whole: stop_reason %q", got)
			}
			checkWholeBlocks(t, whole, test.text, test.thinking, test.tool)
		})
	}
}

func checkWholeBlocks(t *testing.T, whole map[string]any, wantText, wantThinking, wantTool string) {
	t.Helper()
	got := map[string]string{}
	blocks, ok := whole["content"].([]any)
	if !ok {
		t.Fatalf("content is %v", whole["content"])
	}
	for _, b := range blocks {
		switch kind := text(b, "type"); kind {
		case "text", "thinking":
			got[kind] = text(b, kind)
		case "tool_use":
			got[kind] = text(b, "name")
		}
	}
	for kind, want := range map[string]string{"text": wantText, "thinking": wantThinking, "tool_use": wantTool} {
		if got[kind] != want {
			t.Errorf("whole: %s %q, want %q", kind, got[kind], want)
		}
	}
}

func TestRefusalDetails(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	events := ask(t, base, helloStream, FaultHeader, "refusal").events(t)
	if got := text(find(t, events, "message_delta").data, "delta", "stop_details", "type"); got != "refusal" {
		t.Errorf("streamed: %q", got)
	}
	if got := text(ask(t, base, hello, FaultHeader, "refusal").object(t), "stop_details", "type"); got != "refusal" {
		t.Errorf("whole: %q", got)
	}
}

func TestThinkingBlockOnTheWire(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	tests := []struct {
		thinking string
		want     bool
	}{
		{`{"type":"adaptive"}`, true},
		{`{"type":"enabled","budget_tokens":2000}`, true},
		{`{"type":"disabled"}`, false},
		{`null`, false},
	}
	for _, test := range tests {
		body := strings.Replace(helloStream, `"stream"`, `"thinking":`+test.thinking+`,"stream"`, 1)
		events := ask(t, base, body).events(t)
		block := find(t, events, "content_block_start").data["content_block"]
		if got := text(block, "type") == "thinking"; got != test.want {
			t.Errorf("%s: the first block is %v", test.thinking, block)
		}
		if !test.want {
			continue
		}
		if at(block, "signature") != nil {
			t.Errorf("the block starts with a signature: %v", block)
		}
		if sig := said(events, "signature_delta", "signature"); len(sig) != 64 {
			t.Errorf("signature %q", sig)
		}
		if i := slices.Index(names(events), "content_block_stop"); text(events[i-1].data, "delta", "type") != "signature_delta" {
			t.Errorf("the signature is not the last delta: %v", events[i-1].data)
		}
	}
}

func TestToolUseOnTheWire(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	body := strings.Replace(helloStream, `"stream"`, `"tools":[{"name":"weather","input_schema":{"type":"object"}}],"stream"`, 1)
	events := ask(t, base, body, FaultHeader, "tool_use").events(t)
	var block any
	for _, e := range events {
		if e.name == "content_block_start" {
			block = e.data["content_block"]
		}
	}
	if text(block, "name") != "weather" || text(block, "id") == "" {
		t.Errorf("block %v", block)
	}
	var input map[string]any
	if err := json.Unmarshal([]byte(said(events, "input_json_delta", "partial_json")), &input); err != nil || input["query"] != "sandbox" {
		t.Errorf("input %v, %v", input, err)
	}
}
