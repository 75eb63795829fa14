package anthropic

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/wiretest"
)

func TestInterleavedBlocks(t *testing.T) {
	t.Parallel()
	o := wiretest.Read(t, Protocol{}, strings.NewReader(wiretest.MessageStart+
		wiretest.MessageEvent(`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"so"}}`)+
		wiretest.MessageEvent(`{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"one","input":{}}}`)+
		wiretest.MessageEvent(`{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t2","name":"two","input":{}}}`)+
		wiretest.MessageEvent(`{"type":"content_block_start","index":3,"content_block":{"type":"text","text":"He"}}`)+
		wiretest.MessageEvent(`{"type":"content_block_start","index":4,"content_block":{"type":"hologram","text":"no"}}`)+
		wiretest.MessageEvent(`{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"b\":"}}`)+
		wiretest.MessageEvent(`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"}}`)+
		wiretest.MessageEvent(`{"type":"content_block_delta","index":4,"delta":{"type":"text_delta","text":"not this"}}`)+
		wiretest.MessageEvent(`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":" then"}}`)+
		wiretest.MessageEvent(`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"abc"}}`)+
		wiretest.MessageEvent(`{"type":"content_block_delta","index":3,"delta":{"type":"text_delta","text":"llo"}}`)+
		wiretest.MessageEvent(`{"type":"content_block_delta","index":9,"delta":{"type":"input_json_delta","partial_json":"stray"}}`)+
		wiretest.MessageEvent(`{"type":"content_block_stop","index":4}`)+
		wiretest.MessageEvent(`{"type":"content_block_stop","index":1}`)+
		wiretest.MessageEvent(`{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"2}"}}`)+
		wiretest.MessageEnd))
	if o.Err != nil || o.Text.String() != "Hello" || o.Reasoning.String() != "so then" {
		t.Fatalf("%q, %q, %v", o.Text.String(), o.Reasoning.String(), o.Err)
	}
	if len(o.Calls) != 2 || o.Calls[0].ID != "t1" || string(o.Calls[0].Arguments) != `{"a":1}` || o.Calls[1].Name != "two" || string(o.Calls[1].Arguments) != `{"b":2}` {
		t.Errorf("tools %+v", o.Calls)
	}
	if o.Ends[0].TTFT <= 0 {
		t.Error("no time to the first piece")
	}
}

// TestEndlessBlocks: what waits for an end is bounded, and a tool call that nobody wants is passed over.
func TestEndlessBlocks(t *testing.T) {
	t.Parallel()
	open := func(kind string) string {
		var b strings.Builder
		b.WriteString(wiretest.MessageStart)
		for i := range maxBlocks + 1 {
			b.WriteString(wiretest.MessageEvent(fmt.Sprintf(`{"type":"content_block_start","index":%d,"content_block":{"type":%q}}`, i, kind)))
		}
		return b.String() + wiretest.MessageEnd
	}
	for _, kind := range []string{"tool_use", "hologram"} {
		e := wiretest.Read(t, Protocol{}, strings.NewReader(open(kind))).Error()
		if e.ErrClass != "protocol" || !strings.Contains(e.Message, "content blocks") {
			t.Errorf("%s: %v", kind, e)
		}
	}
	o := wiretest.ReadFor(t, Protocol{}, wiretest.Hello(), strings.NewReader(open("tool_use")))
	if o.Err != nil || len(o.Calls) != 0 {
		t.Errorf("%d tool calls, %v", len(o.Calls), o.Err)
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
		if got := string(wire.Arguments([]byte(in))); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
	whole := wiretest.MessageEvent(`{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"n","input":{"all":"here"}}}`)
	o := wiretest.Read(t, Protocol{}, strings.NewReader(wiretest.MessageStart+whole+wiretest.MessageEnd))
	if len(o.Calls) != 1 || string(o.Calls[0].Arguments) != `{"all":"here"}` {
		t.Errorf("input with the start, block never closed: %+v", o.Calls)
	}
}

func TestUsageIsMergedByField(t *testing.T) {
	t.Parallel()
	start := `{"type":"message_start","message":{"usage":{"input_tokens":25,"cache_read_input_tokens":7,"output_tokens":1}}}`
	for name, c := range map[string]struct {
		deltas []string
		want   wire.Usage
	}{
		"only the start": {nil, wire.Usage{InputTokens: 25, CacheReadTokens: 7, OutputTokens: 1}},
		"delta wins":     {[]string{`{"input_tokens":20,"output_tokens":9,"cache_creation_input_tokens":3}`}, wire.Usage{InputTokens: 20, CacheReadTokens: 7, OutputTokens: 9, CacheWriteTokens: 3}},
		"zeros and nulls do not": {
			[]string{`{"input_tokens":0,"output_tokens":null,"cache_read_input_tokens":0}`},
			wire.Usage{InputTokens: 25, CacheReadTokens: 7, OutputTokens: 1},
		},
		"cumulative": {
			[]string{`{"output_tokens":4}`, `{"output_tokens":9,"output_tokens_details":{"thinking_tokens":5}}`},
			wire.Usage{InputTokens: 25, CacheReadTokens: 7, OutputTokens: 9, ReasoningTokens: 5},
		},
		"nonsense": {[]string{`{"output_tokens":-4}`, `{"output_tokens":"many"}`, `null`, `[]`}, wire.Usage{InputTokens: 25, CacheReadTokens: 7, OutputTokens: 1}},
	} {
		var body strings.Builder
		body.WriteString(wiretest.MessageEvent(start))
		for _, d := range c.deltas {
			body.WriteString(wiretest.MessageEvent(`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":` + d + `}`))
		}
		o := wiretest.Read(t, Protocol{}, strings.NewReader(body.String()+wiretest.MessageEvent(`{"type":"message_stop"}`)))
		if o.Err != nil || o.Result.Usage != c.want || o.Ends[0].Usage != c.want {
			t.Errorf("%s: %+v, %v", name, o.Result, o.Err)
		}
	}
}

func TestResult(t *testing.T) {
	t.Parallel()
	o := wiretest.Read(t, Protocol{}, strings.NewReader(wiretest.MessageStart+wiretest.MessageText("no")+
		wiretest.MessageEvent(`{"type":"message_delta","delta":{"stop_reason":"refusal","stop_sequence":"END","stop_details":{"type":"refusal","category":"bio","explanation":null}}}`)+
		wiretest.MessageEvent(`{"type":"message_stop"}`)))
	want := wire.Result{Finish: wire.FinishRefusal, Word: "refusal", StopSequence: "END", Refusal: "bio", Model: "MiniMax-M2.7", MessageID: "msg_1"}
	if o.Err != nil || !reflect.DeepEqual(*o.Result, want) {
		t.Errorf("%+v, %v", o.Result, o.Err)
	}
	order := []wire.Kind{wire.KindRequestStart, wire.KindText, wire.KindRequestEnd, wire.KindDone}
	if !slices.Equal(o.Kinds, order) {
		t.Errorf("order %v", o.Kinds)
	}
}

func TestDoneMark(t *testing.T) {
	t.Parallel()
	stop := wiretest.MessageEvent(`{"type":"message_delta","delta":{"stop_reason":"end_turn"}}`)
	const done = "data: [DONE]\n\n"
	for name, c := range map[string]struct {
		body  string
		whole bool
	}{
		"instead of message_stop": {wiretest.MessageStart + wiretest.MessageText("a") + stop + done, true},
		"after it":                {wiretest.MessageStart + wiretest.MessageText("a") + wiretest.MessageEnd + done, true},
		"without a stop reason":   {wiretest.MessageStart + wiretest.MessageText("a") + done, false},
		"too early":               {wiretest.MessageStart + done + wiretest.MessageText("a") + wiretest.MessageEnd, true},
	} {
		if o := wiretest.Read(t, Protocol{}, strings.NewReader(c.body)); (o.Err == nil) != c.whole || o.Text.String() != "a" {
			t.Errorf("%s: %q, %v", name, o.Text.String(), o.Err)
		}
	}
}

func TestErrorsInsideAStream(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, class, message string }{
		"event":               {wiretest.MessageEvent(`{"type":"error","error":{"type":"overloaded_error","message":"Over"},"request_id":"req_1"}`), "overloaded", "Over"},
		"inner code":          {wiretest.MessageEvent(`{"type":"error","error":{"type":"api_error","message":"no money (1008)"}}`), "billing", "no money (1008)"},
		"unknown type":        {wiretest.MessageEvent(`{"type":"error","error":{"type":"novel","message":"hm"}}`), "server_error", "hm"},
		"error without words": {"event: error\ndata: {\"error\":{}}\n\n", "server_error", `status 200 OK: {"error":{}}`},
		"no type, string":     {"data: {\"error\":\"boom\"}\n\n", "server_error", "boom"},
		"base_resp":           {"data: {\"base_resp\":{\"status_code\":1026,\"status_msg\":\"sensitive\"}}\n\n", "refusal", "sensitive"},
		"not JSON":            {"event: message_delta\ndata: {oops\n\n", "protocol", "an event of the stream is not JSON"},
		"only noise":          {"event: heartbeat\ndata: {oops\n\ndata: ping\n\n", "protocol", "the stream ended before message_stop"},
	} {
		o := wiretest.Read(t, Protocol{}, strings.NewReader(wiretest.MessageStart+c.body))
		e, ok := o.Err.(*wire.Error)
		if !ok || string(e.ErrClass) != c.class || e.Message != c.message || e.HTTPStatus != 200 {
			t.Errorf("%s: %+v", name, o.Err)
		}
		if len(o.Ends) != 1 || o.Result != nil {
			t.Errorf("%s: ends %d, result %v", name, len(o.Ends), o.Result)
		}
	}
}

func TestHarmlessBaseRespAndPings(t *testing.T) {
	t.Parallel()
	o := wiretest.Read(t, Protocol{}, strings.NewReader(wiretest.MessageStart+wiretest.MessageEvent(`{"type":"ping"}`)+"data: {\"base_resp\":{\"status_code\":0}}\n\n"+wiretest.MessageText("ok")+": c\n\n"+wiretest.MessageEnd))
	if o.Err != nil || o.Text.String() != "ok" {
		t.Errorf("%q, %v", o.Text.String(), o.Err)
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
	src := &bursts{[]string{wiretest.MessageStart, wiretest.MessageText("a", "b"), wiretest.MessageText("c") + "event: x\n", "\n", wiretest.MessageText("d") + wiretest.MessageEnd}}
	c := &wire.Client{Protocol: Protocol{}, BaseURL: "http://h", Transport: wiretest.Answer{Status: 200, Body: func() io.Reader { return src }}}
	var log strings.Builder
	for ev, err := range c.Stream(t.Context(), wiretest.Hello()) {
		switch {
		case err != nil:
			t.Fatal(err)
		case ev.Kind == wire.KindText:
			log.Write(ev.Text)
		case ev.Kind == wire.KindPause:
			log.WriteByte('|')
		}
	}
	// Before the request, before the headers' body, then before each read but the first, which look took.
	if got := log.String(); got != "|||ab|c|d" {
		t.Errorf("%s", got)
	}
}
