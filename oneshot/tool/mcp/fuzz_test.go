package mcp

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"hermes/oneshot/sse"
)

// encoded are messages as they are sent.
func encoded(t *testing.T, all []jsonrpc.Message) []string {
	t.Helper()
	var texts []string
	for _, msg := range all {
		raw, err := jsonrpc.EncodeMessage(msg)
		if err != nil {
			t.Fatalf("%+v: %v", msg, err)
		}
		texts = append(texts, string(raw))
	}
	return texts
}

// FuzzMessages: what a server writes is the same messages when they are written again, and as events of a stream in any pieces; an
// answer goes to the call with its id and to no other, once.
func FuzzMessages(f *testing.F) {
	for _, s := range []string{
		`{"jsonrpc":"2.0","id":1,"result":{}}`, `[{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"m"}},{"jsonrpc":"2.0","id":2,"result":null}]`,
		`{"jsonrpc":"2.0","method":"ping","id":"a"}`, `{"jsonrpc":"2.0","id":1.5,"result":1}`, `{"jsonrpc":"2.0","method":"notifications/progress","params":{}}`, "[]", "log", `{"id":1}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		all := messages(line)
		texts := encoded(t, all)
		for i, text := range texts {
			if r, ok := all[i].(*jsonrpc.Request); ok && r.Method == "" { // the SDK leaves an empty name out
				continue
			}
			if again := encoded(t, messages([]byte(text))); len(again) != 1 || again[0] != text {
				t.Fatalf("%q: message %d is %q, and again %q", line, i, text, again)
			}
		}
		l := &session{replies: make(chan struct{}), over: make(chan struct{}), waiting: map[jsonrpc.ID]chan *jsonrpc.Response{}}
		id, answer := l.expect()
		other, none := l.expect()
		want := 0
		for _, msg := range all {
			if r, ok := msg.(*jsonrpc.Response); ok && r.ID == id {
				want = 1
			} else if ok && r.ID == other {
				return
			}
		}
		if got := l.hearAll(line, id); got != (want == 1) || len(answer) != want || len(none) != 0 {
			t.Fatalf("%q answers %v: %d answers to the call, %d to another", line, got, len(answer), len(none))
		}
		if bytes.ContainsAny(line, "\r\n") || !utf8.Valid(line) {
			return
		}
		l.forget(id)
		id, answer = l.expect()
		stream := strings.ReplaceAll("event: message\ndata: "+string(line)+"\n\n", `"id":1`, `"id":3`)
		err := l.listen(sse.NewReader(iotest.OneByteReader(strings.NewReader(stream))), id)
		if (err == nil) != (len(answer) == 1) || len(none) != 0 {
			t.Fatalf("%q as an event: %v, %d answers", line, err, len(answer))
		}
	})
}

// FuzzResult: of each part of a result the model gets one part, as text that it can read and that hides nothing, or as media of a known
// kind.
func FuzzResult(f *testing.F) {
	for _, s := range []string{
		`{"content":[{"type":"text","text":"a\udc00\udb40\udc41b"},{"type":"image","mimeType":"image/png","data":"AA=="},{"type":"image","data":"!"},7]}`,
		`{"content":[{"type":"resource","resource":{"uri":"u","blob":"AA==","mimeType":"x"}},{"type":"resource_link","uri":"u"},{"type":"audio"},{"type":"new"}],"structuredContent":null,"isError":true}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		res := &callResult{}
		if json.Unmarshal(raw, res) != nil {
			return
		}
		got := res.result()
		if len(got.Parts) != len(res.Content) || got.Failed != res.Failed {
			t.Fatalf("%q: %d parts of %d", raw, len(got.Parts), len(res.Content))
		}
		for _, p := range got.Parts {
			text := string(bytes.Join(p.Text, nil))
			if !utf8.ValidString(text) || strings.ContainsFunc(text, isTag) {
				t.Fatalf("%q: the text %q", raw, text)
			}
			if p.Data != nil && !strings.HasPrefix(p.MediaType, "image/") && p.MediaType != "application/pdf" {
				t.Fatalf("%q: media of type %q", raw, p.MediaType)
			}
		}
	})
}
