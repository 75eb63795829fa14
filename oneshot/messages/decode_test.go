package messages

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestInterleavedBlocks(t *testing.T) {
	t.Parallel()
	o := streamOf(t, strings.NewReader(messageStart+
		event(`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"so"}}`)+
		event(`{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"one","input":{}}}`)+
		event(`{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t2","name":"two","input":{}}}`)+
		event(`{"type":"content_block_start","index":3,"content_block":{"type":"text","text":"He"}}`)+
		event(`{"type":"content_block_start","index":4,"content_block":{"type":"hologram","text":"no"}}`)+
		event(`{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"b\":"}}`)+
		event(`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"}}`)+
		event(`{"type":"content_block_delta","index":4,"delta":{"type":"text_delta","text":"not this"}}`)+
		event(`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":" then"}}`)+
		event(`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"abc"}}`)+
		event(`{"type":"content_block_delta","index":3,"delta":{"type":"text_delta","text":"llo"}}`)+
		event(`{"type":"content_block_delta","index":9,"delta":{"type":"input_json_delta","partial_json":"stray"}}`)+
		event(`{"type":"content_block_stop","index":4}`)+
		event(`{"type":"content_block_stop","index":1}`)+
		event(`{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"2}"}}`)+
		messageEnd))
	if o.err != nil || o.text.String() != "Hello" || o.thinking.String() != "so then" {
		t.Fatalf("%q, %q, %v", o.text.String(), o.thinking.String(), o.err)
	}
	if len(o.tools) != 2 || o.tools[0].ID != "t1" || string(o.tools[0].Input) != `{"a":1}` || o.tools[1].Name != "two" || string(o.tools[1].Input) != `{"b":2}` {
		t.Errorf("tools %+v", o.tools)
	}
	if o.ends[0].TTFT <= 0 {
		t.Error("no time to the first piece")
	}
}

// TestEndlessBlocks: what waits for an end is bounded, and a tool call that nobody wants is passed over.
func TestEndlessBlocks(t *testing.T) {
	t.Parallel()
	open := func(kind string) string {
		var b strings.Builder
		b.WriteString(messageStart)
		for i := range maxBlocks + 1 {
			b.WriteString(event(fmt.Sprintf(`{"type":"content_block_start","index":%d,"content_block":{"type":%q}}`, i, kind)))
		}
		return b.String() + messageEnd
	}
	for kind, body := range map[string]string{"tool_use": open("tool_use"), "hologram": open("hologram")} {
		e, ok := streamOf(t, strings.NewReader(body)).err.(*Error)
		if !ok || e.ErrClass != "protocol" || !strings.Contains(e.Message, "content blocks") {
			t.Errorf("%s: %v", kind, e)
		}
	}
	r := hello()
	r.Tools = false
	o := collect(t, &Client{BaseURL: "http://h", Transport: answerer{status: 200, body: func() io.Reader { return strings.NewReader(open("tool_use")) }}}, r)
	if o.err != nil || len(o.tools) != 0 {
		t.Errorf("%d tool calls, %v", len(o.tools), o.err)
	}
}

func TestToolInput(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                `{}`,
		"  ":              `{}`,
		`{"a": 1}`:        `{"a": 1}`,
		`{"a":`:           `"{\"a\":"`,
		`"{\"a\":1}"`:     `{"a":1}`,
		`"just words"`:    `"just words"`,
		`"{not json}"`:    `"{not json}"`,
		`[1,2]`:           `[1,2]`,
		` {"a":1}` + "\n": `{"a":1}`,
	} {
		if got := string(toolInput([]byte(in))); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
	whole := event(`{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"n","input":{"all":"here"}}}`)
	o := streamOf(t, strings.NewReader(messageStart+whole+messageEnd))
	if len(o.tools) != 1 || string(o.tools[0].Input) != `{"all":"here"}` {
		t.Errorf("input with the start, block never closed: %+v", o.tools)
	}
}

func TestUsageIsMergedByField(t *testing.T) {
	t.Parallel()
	start := `{"type":"message_start","message":{"usage":{"input_tokens":25,"cache_read_input_tokens":7,"output_tokens":1}}}`
	for name, c := range map[string]struct {
		deltas []string
		want   Usage
	}{
		"only the start": {nil, Usage{InputTokens: 25, CacheReadTokens: 7, OutputTokens: 1}},
		"delta wins":     {[]string{`{"input_tokens":20,"output_tokens":9,"cache_creation_input_tokens":3}`}, Usage{InputTokens: 20, CacheReadTokens: 7, OutputTokens: 9, CacheWriteTokens: 3}},
		"zeros and nulls do not": {
			[]string{`{"input_tokens":0,"output_tokens":null,"cache_read_input_tokens":0}`},
			Usage{InputTokens: 25, CacheReadTokens: 7, OutputTokens: 1},
		},
		"cumulative": {
			[]string{`{"output_tokens":4}`, `{"output_tokens":9,"output_tokens_details":{"thinking_tokens":5}}`},
			Usage{InputTokens: 25, CacheReadTokens: 7, OutputTokens: 9, ReasoningTokens: 5},
		},
		"nonsense": {[]string{`{"output_tokens":-4}`, `{"output_tokens":"many"}`, `null`, `[]`}, Usage{InputTokens: 25, CacheReadTokens: 7, OutputTokens: 1}},
	} {
		var body strings.Builder
		body.WriteString(event(start))
		for _, d := range c.deltas {
			body.WriteString(event(`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":` + d + `}`))
		}
		o := streamOf(t, strings.NewReader(body.String()+event(`{"type":"message_stop"}`)))
		if o.err != nil || o.result.Usage != c.want || o.ends[0].Usage != c.want {
			t.Errorf("%s: %+v, %v", name, o.result, o.err)
		}
	}
}

func TestResult(t *testing.T) {
	t.Parallel()
	o := streamOf(t, strings.NewReader(messageStart+textOf("no")+
		event(`{"type":"message_delta","delta":{"stop_reason":"refusal","stop_sequence":"END","stop_details":{"type":"refusal","category":"bio","explanation":null}}}`)+
		event(`{"type":"message_stop"}`)))
	want := Result{StopReason: "refusal", StopSequence: "END", Refusal: "bio", Model: "MiniMax-M2.7", MessageID: "msg_1"}
	if o.err != nil || *o.result != want {
		t.Errorf("%+v, %v", o.result, o.err)
	}
	order := []Kind{KindRequestStart, KindResponse, KindText, KindRequestEnd, KindDone}
	if !slices.Equal(o.kinds, order) {
		t.Errorf("order %v", o.kinds)
	}
}

func TestDoneMark(t *testing.T) {
	t.Parallel()
	stop := event(`{"type":"message_delta","delta":{"stop_reason":"end_turn"}}`)
	const done = "data: [DONE]\n\n"
	for name, c := range map[string]struct {
		body  string
		whole bool
	}{
		"instead of message_stop": {messageStart + textOf("a") + stop + done, true},
		"after it":                {messageStart + textOf("a") + messageEnd + done, true},
		"without a stop reason":   {messageStart + textOf("a") + done, false},
		"too early":               {messageStart + done + textOf("a") + messageEnd, true},
	} {
		if o := streamOf(t, strings.NewReader(c.body)); (o.err == nil) != c.whole || o.text.String() != "a" {
			t.Errorf("%s: %q, %v", name, o.text.String(), o.err)
		}
	}
}

func TestErrorsInsideAStream(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, class, message string }{
		"event":               {event(`{"type":"error","error":{"type":"overloaded_error","message":"Over"},"request_id":"req_1"}`), "overloaded", "Over"},
		"inner code":          {event(`{"type":"error","error":{"type":"api_error","message":"no money (1008)"}}`), "billing", "no money (1008)"},
		"unknown type":        {event(`{"type":"error","error":{"type":"novel","message":"hm"}}`), "server_error", "hm"},
		"error without words": {"event: error\ndata: {\"error\":{}}\n\n", "server_error", `status 200 OK: {"error":{}}`},
		"no type, string":     {"data: {\"error\":\"boom\"}\n\n", "server_error", "boom"},
		"base_resp":           {"data: {\"base_resp\":{\"status_code\":1026,\"status_msg\":\"sensitive\"}}\n\n", "refusal", "sensitive"},
		"not JSON":            {"event: message_delta\ndata: {oops\n\n", "protocol", "an event of the stream is not JSON"},
		"only noise":          {"event: heartbeat\ndata: {oops\n\ndata: ping\n\n", "protocol", "the stream ended before message_stop"},
	} {
		o := streamOf(t, strings.NewReader(messageStart+c.body))
		e, ok := o.err.(*Error)
		if !ok || e.ErrClass != c.class || e.Message != c.message || e.HTTPStatus != 200 {
			t.Errorf("%s: %+v", name, o.err)
		}
		if len(o.ends) != 1 || o.result != nil {
			t.Errorf("%s: ends %d, result %v", name, len(o.ends), o.result)
		}
	}
}

func TestHarmlessBaseRespAndPings(t *testing.T) {
	t.Parallel()
	o := streamOf(t, strings.NewReader(messageStart+event(`{"type":"ping"}`)+"data: {\"base_resp\":{\"status_code\":0}}\n\n"+textOf("ok")+": c\n\n"+messageEnd))
	if o.err != nil || o.text.String() != "ok" {
		t.Errorf("%q, %v", o.text.String(), o.err)
	}
}

// bursts gives one burst a read.
type bursts struct{ left []string }

func (b *bursts) Read(p []byte) (int, error) {
	if len(b.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.left[0])
	b.left = b.left[1:]
	return n, nil
}

func TestPauseComesWhenNothingIsBuffered(t *testing.T) {
	t.Parallel()
	src := &bursts{[]string{messageStart, textOf("a", "b"), textOf("c") + "event: x\n", "\n", textOf("d") + messageEnd}}
	c := &Client{BaseURL: "http://h", Transport: answerer{status: 200, body: func() io.Reader { return src }}}
	var log strings.Builder
	for ev, err := range c.Stream(t.Context(), hello()) {
		switch {
		case err != nil:
			t.Fatal(err)
		case ev.Kind == KindText:
			log.Write(ev.Text)
		case ev.Kind == KindPause:
			log.WriteByte('|')
		}
	}
	// Before the request, before the headers' body, then before each read but the first, which look took.
	if got := log.String(); got != "|||ab|c|d" {
		t.Errorf("%s", got)
	}
}
