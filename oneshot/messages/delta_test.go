package messages

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"hermes/oneshot/sse"
)

func TestCutDelta(t *testing.T) {
	t.Parallel()
	const text, thinking = `{"type":"content_block_delta","index":12,"delta":{"type":"text_delta","text":"`, `{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"`
	for in, want := range map[string]struct {
		raw  string
		kind Kind
	}{
		text + `Hel"}}`:               {"Hel", KindText},
		text + `"}}`:                  {"", KindText},
		text + `a\"}}"}}`:             {`a\"}}`, KindText},
		text + `padded"}   }  `:       {"padded", KindText},
		text + `padded  "}}`:          {"padded  ", KindText},
		thinking + `hm"}}`:            {"hm", KindThinking},
		text + `x"},"extra":1}`:       {},
		text + `x" }}`:                {},
		text + `x`:                    {},
		text:                          {},
		"{}":                          {},
		"":                            {},
		text[:40]:                     {},
		` ` + text + `x"}}`:           {},
		text + `x","more":{"a":"b"}}`: {raw: `x","more":{"a":"b`, kind: KindText}, // unescaping refuses it
	} {
		raw, kind := cutDelta([]byte(in))
		if string(raw) != want.raw || kind != want.kind {
			t.Errorf("%s: %q, %d; want %q, %d", in, raw, kind, want.raw, want.kind)
		}
	}
}

func TestUnescape(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		``:                           "",
		`plain ü`:                    "plain ü",
		`\"\\\/\b\f\n\r\t`:           "\"\\/\b\f\n\r\t",
		`\u0000\u00e9\u20AC`:         "\x00é€",
		`\ud83c\udf89!`:              "🎉!",
		`\uD83C`:                     "\ufffd",
		`\ud83cx`:                    "\ufffdx",
		`\ud83c\n`:                   "\ufffd\n",
		`\ud83c\u0041`:               "\ufffdA",
		`\udf89\ud83c\udf89`:         "\ufffd🎉",
		`\ud83c\ud83c\udf89`:         "\ufffd🎉",
		"line\u2028sep \\u2028":      "line\u2028sep \u2028",
		strings.Repeat(`a\n`, 1000):  strings.Repeat("a\n", 1000),
		strings.Repeat(`\\\"`, 1000): strings.Repeat(`\"`, 1000),
	} {
		got, ok := unescape([]byte("> "), []byte(in))
		if !ok || string(got) != "> "+want {
			t.Errorf("%.40q: %.60q, %v", in, got, ok)
		}
	}
	for _, in := range []string{`\`, `a\`, `\x`, `\u12`, `\u12G4`, `"`, `a"b`, `\n"`, `\"\\"`, `\u`} {
		if got, ok := unescape(nil, []byte(in)); ok {
			t.Errorf("%q gave %q", in, got)
		}
	}
}

// FuzzUnescape holds it against encoding/json.
func FuzzUnescape(f *testing.F) {
	for _, s := range []string{`a`, `\u00e9`, `\ud83c\udf89`, `\ud83c\u0041`, `\\\"`, `\`, `"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var want string
		err := json.Unmarshal(append(append([]byte{'"'}, raw...), '"'), &want)
		got, ok := unescape(nil, raw)
		if err == nil && utf8.Valid(raw) && (!ok || string(got) != want) {
			t.Fatalf("%q: %q, %v; want %q", raw, got, ok, want)
		}
		if ok && bytes.IndexByte(raw, '\\') < 0 && !bytes.Equal(got, raw) {
			t.Fatalf("%q changed to %q", raw, got)
		}
	})
}

func TestOtherLayoutsMeanTheSame(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"spaces":      `{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a\n\ud83c\udf89\ud83c\u0041"}}`,
		"other order": `{"delta":{"text":"a\n\ud83c\udf89\ud83c\u0041","type":"text_delta"},"index":0,"type":"content_block_delta"}`,
		"more fields": `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\n\ud83c\udf89\ud83c\u0041"},"p":"abc"}`,
		"more inside": `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\n\ud83c\udf89\ud83c\u0041","p":{"q":"r"}}}`,
		"usual":       `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\n\ud83c\udf89\ud83c\u0041"}}`,
		"padded":      `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\n\ud83c\udf89\ud83c\u0041"}      }`,
	} {
		o := streamOf(t, strings.NewReader(messageStart+event(data)+messageEnd))
		if o.text.String() != "a\n🎉\ufffdA" || o.err != nil {
			t.Errorf("%s: %q, %v", name, o.text.String(), o.err)
		}
	}
	o := streamOf(t, strings.NewReader(messageStart+"event: content_block_delta\n"+`data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"cut`+"\n\n"))
	if e, ok := o.err.(*Error); !ok || e.ErrClass != "protocol" || o.text.Len() != 0 {
		t.Errorf("half an object: %v, text %q", o.err, o.text.String())
	}
}

func TestControlMark(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pieces []string
		model  string
		want   string
		deltas int
	}{
		"at the end":             {[]string{"answer[e~["}, "MiniMax-M2.7", "answer", 1},
		"in pieces":              {[]string{"answer[", "e", "~["}, "MiniMax-M2.7", "answer", 1},
		"only":                   {[]string{"[e~["}, "MiniMax-M2.7", "", 0},
		"in the middle":          {[]string{"a[e~[b"}, "MiniMax-M2.7", "a[e~[b", 1},
		"in the middle, pieces":  {[]string{"a[e", "~[", "b"}, "MiniMax-M2.7", "a[e~[b", 2},
		"half of it":             {[]string{"a[e~"}, "MiniMax-M2.7", "a[e~", 2},
		"a bracket":              {[]string{"list[", "0]"}, "MiniMax-M2.7", "list[0]", 2},
		"twice, once at the end": {[]string{"[e~[", "[e~["}, "MiniMax-M2.7", "[e~[", 1},
		"with an escape":         {[]string{`a\n[`, `e~[`}, "MiniMax-M2.7", "a\n", 1},
		"held, then an escape":   {[]string{`a[`, `\n`}, "MiniMax-M2.7", "a[\n", 2},
		"brackets":               {[]string{"[[[e~["}, "minimax/minimax-m2", "[[", 1},
		"another model":          {[]string{"answer[e~["}, "claude", "answer[e~[", 1},
	} {
		start := strings.Replace(messageStart, "MiniMax-M2.7", c.model, 1)
		o := streamOf(t, iotest.OneByteReader(strings.NewReader(start+textOf(c.pieces...)+messageEnd)))
		deltas := 0
		for _, k := range o.kinds {
			if k == KindText {
				deltas++
			}
		}
		if o.text.String() != c.want || deltas != c.deltas || o.err != nil {
			t.Errorf("%s: %q in %d deltas, %v", name, o.text.String(), deltas, o.err)
		}
	}
	o := streamOf(t, strings.NewReader(messageStart+textOf("a[e")))
	if o.text.String() != "a[e" || o.err == nil {
		t.Errorf("a cut answer loses what was held back: %q, %v", o.text.String(), o.err)
	}
	thought := event(`{"type":"content_block_delta","index":1,"delta":{"type":"thinking_delta","thinking":"h\nm"}}`)
	o = streamOf(t, strings.NewReader(messageStart+textOf("a[e")+thought+textOf("x")+messageEnd))
	if o.text.String() != "a[ex" || o.thinking.String() != "h\nm" {
		t.Errorf("reasoning between: %q, %q", o.text.String(), o.thinking.String())
	}
}

func TestNoAllocationForADelta(t *testing.T) {
	body := manyDeltas(20_000)
	for name, marks := range map[string]bool{"plain": false, "MiniMax": true} {
		var n int
		s := &stream{c: &Client{}, r: hello(), yield: func(ev Event, err error) bool { n += len(ev.Text); return true }}
		d := &decoder{a: &attempt{s: s}, marks: marks}
		r := sse.NewReader(bytes.NewReader(body))
		step := func() {
			if !r.Buffered() {
				s.emit(Event{Kind: KindPause})
			}
			ev, err := r.Next()
			if err == nil {
				err = d.event(ev)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for range 100 { // message_start and the buffers
			step()
		}
		n = 0
		if allocs := testing.AllocsPerRun(10_000, step); allocs != 0 || n != 50*10_001 {
			t.Errorf("%s: %v allocations a delta, %d bytes", name, allocs, n)
		}
	}
}

// FuzzStream: any cut into reads gives the same events, and nothing panics.
func FuzzStream(f *testing.F) {
	for _, c := range loadCases(f) {
		f.Add([]byte(strings.Join(c.Chunks, "")))
	}
	f.Add([]byte(messageStart + textOf("a[", "e~[", `\ud83c`) + messageEnd))
	f.Add([]byte(byteOrderMark))
	f.Add([]byte(byteOrderMark[:1]))
	f.Add([]byte(byteOrderMark + messageStart + messageEnd))
	f.Fuzz(func(t *testing.T, body []byte) {
		whole := streamOf(t, bytes.NewReader(body))
		bytewise := streamOf(t, iotest.OneByteReader(bytes.NewReader(body)))
		if a, b := digest(whole), digest(bytewise); a != b {
			t.Fatalf("whole: %s\nbyte by byte: %s", a, b)
		}
	})
}

// digest is what must not depend on how bytes arrive.
func digest(o *outcome) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	_ = enc.Encode([]any{o.kinds, o.text.String(), o.thinking.String(), o.tools, o.result})
	if o.err != nil {
		_, _ = io.WriteString(&b, o.err.Error())
	}
	return b.String()
}
