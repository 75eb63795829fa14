package cassette

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

// FuzzReplayer: a cassette that cannot be read is an error about one of its lines, and however it comes in pieces it is the same cassette.
func FuzzReplayer(f *testing.F) {
	for _, s := range []string{
		`{"v":1,"request":{"method":"POST","path":"/v1/messages","sha256":"a","body":{"model":"m","max_tokens":3}},"response":{"status":200,"headers":{"content-type":"x"},"chunks":["a","b"]}}` + "\n",
		`{"v":1,"tools":{"server":"s","tools":[]}}` + "\n\n" + `{"v":1,"call":{"server":"s","name":"n","arguments":{},"result":{}}}`, `{"v":2}`, `{"v":1`, " \r\n[", "null\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := NewReplayer(bytes.NewReader(raw))
		q, err2 := NewReplayer(iotest.OneByteReader(bytes.NewReader(raw)))
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok || err2 == nil || err.Error() != err2.Error() {
				t.Fatalf("%q: %v, in pieces %v", raw, err, err2)
			}
			return
		}
		if err2 != nil || len(p.entries)+len(p.lists)+len(p.uses) != len(q.entries)+len(q.lists)+len(q.uses) {
			t.Fatalf("%q: %d exchanges, in pieces %d: %v", raw, len(p.entries), len(q.entries), err2)
		}
		if first := p.First(); first.Body != nil && !json.Valid(first.Body) {
			t.Fatalf("%q asks %q", raw, first.Body)
		}
	})
}

// FuzzRecording: what was recorded of an answer is replayed byte for byte where it is text, and holds no secret.
func FuzzRecording(f *testing.F) {
	f.Add([]byte(`{"a":1}`), []byte("data: "+canary+"\n\nä"), 3)
	f.Add([]byte("\xff"), []byte("a\xffb\x00"), 1)
	f.Add([]byte(canary), []byte(`"sk-cp-canary-012\u0033456789"`), 7)
	f.Fuzz(func(t *testing.T, body, answer []byte, piece int) {
		var out bytes.Buffer
		from := bytes.NewReader(answer)
		answering := roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/plain"}}, Body: io.NopCloser(from)}, nil
		})
		ask := func(rt http.RoundTripper) string {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://h/v1/x", bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := rt.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			var got []byte
			for buf := make([]byte, 1+max(piece, -piece, 0)%64); ; {
				n, err := resp.Body.Read(buf)
				got = append(got, buf[:n]...)
				if err == io.EOF {
					return string(got)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		r := recorder(answering, &out, func() []string { return []string{canary} })
		if got := ask(r); got != string(answer) {
			t.Fatalf("the caller reads %q of %q", got, answer)
		}
		if err := r.out.end(); err != nil || strings.Contains(out.String(), canary) {
			t.Fatalf("%q: %v", out.String(), err)
		}
		p, err := NewReplayer(&out)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(strings.ToValidUTF8(string(answer), "\ufffd"), canary, masked)
		if got := ask(p); got != want && !strings.Contains(string(answer), "\ufffd") && len(bytes.ToValidUTF8(answer, nil)) == len(answer) {
			t.Fatalf("%q is replayed as %q, want %q", answer, got, want)
		}
	})
}
