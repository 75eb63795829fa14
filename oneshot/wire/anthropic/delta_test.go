package anthropic

import (
	"strings"
	"testing"
	"testing/iotest"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/wiretest"
)

func TestCutDelta(t *testing.T) {
	t.Parallel()
	const text, thinking = `{"type":"content_block_delta","index":12,"delta":{"type":"text_delta","text":"`, `{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"`
	for in, want := range map[string]struct {
		raw           string
		reasoning, ok bool
	}{
		text + `Hel"}}`:               {"Hel", false, true},
		text + `"}}`:                  {"", false, true},
		text + `a\"}}"}}`:             {`a\"}}`, false, true},
		text + `padded"}   }  `:       {"padded", false, true},
		text + `padded  "}}`:          {"padded  ", false, true},
		thinking + `hm"}}`:            {"hm", true, true},
		text + `x"},"extra":1}`:       {},
		text + `x" }}`:                {},
		text + `x`:                    {},
		text:                          {},
		"{}":                          {},
		"":                            {},
		text[:40]:                     {},
		` ` + text + `x"}}`:           {},
		text + `x","more":{"a":"b"}}`: {raw: `x","more":{"a":"b`, ok: true}, // unescaping refuses it
	} {
		raw, reasoning, ok := cutDelta([]byte(in))
		if string(raw) != want.raw || ok != want.ok || ok && reasoning != want.reasoning {
			t.Errorf("%s: %q, %v, %v; want %+v", in, raw, reasoning, ok, want)
		}
	}
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
		o := wiretest.Read(t, Protocol{}, strings.NewReader(wiretest.MessageStart+wiretest.MessageEvent(data)+wiretest.MessageEnd))
		if o.Text.String() != "a\n🎉\ufffdA" || o.Err != nil {
			t.Errorf("%s: %q, %v", name, o.Text.String(), o.Err)
		}
		data = strings.NewReplacer("text_delta", "thinking_delta", `"text":`, `"thinking":`).Replace(data)
		o = wiretest.Read(t, Protocol{}, strings.NewReader(wiretest.MessageStart+wiretest.MessageEvent(data)+wiretest.MessageEnd))
		if o.Reasoning.String() != "a\n🎉\ufffdA" || o.Text.Len() != 0 || o.Err != nil {
			t.Errorf("%s: reasoning %q, %v", name, o.Reasoning.String(), o.Err)
		}
	}
	o := wiretest.Read(t, Protocol{}, strings.NewReader(wiretest.MessageStart+"event: content_block_delta\n"+`data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"cut`+"\n\n"))
	if e, ok := o.Err.(*wire.Error); !ok || e.ErrClass != "protocol" || o.Text.Len() != 0 {
		t.Errorf("half an object: %v, text %q", o.Err, o.Text.String())
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
		start := strings.Replace(wiretest.MessageStart, "MiniMax-M2.7", c.model, 1)
		o := wiretest.Read(t, Protocol{}, iotest.OneByteReader(strings.NewReader(start+wiretest.MessageText(c.pieces...)+wiretest.MessageEnd)))
		deltas := 0
		for _, k := range o.Kinds {
			if k == wire.KindText {
				deltas++
			}
		}
		if o.Text.String() != c.want || deltas != c.deltas || o.Err != nil {
			t.Errorf("%s: %q in %d deltas, %v", name, o.Text.String(), deltas, o.Err)
		}
	}
	o := wiretest.Read(t, Protocol{}, strings.NewReader(wiretest.MessageStart+wiretest.MessageText("a[e")))
	if o.Text.String() != "a[e" || o.Err == nil {
		t.Errorf("a cut answer loses what was held back: %q, %v", o.Text.String(), o.Err)
	}
	thought := wiretest.MessageEvent(`{"type":"content_block_delta","index":1,"delta":{"type":"thinking_delta","thinking":"h\nm"}}`)
	o = wiretest.Read(t, Protocol{}, strings.NewReader(wiretest.MessageStart+wiretest.MessageText("a[e")+thought+wiretest.MessageText("x")+wiretest.MessageEnd))
	if o.Text.String() != "a[ex" || o.Reasoning.String() != "h\nm" {
		t.Errorf("reasoning between: %q, %q", o.Text.String(), o.Reasoning.String())
	}
}
