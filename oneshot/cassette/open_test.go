package cassette

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// TestOpen: what was recorded is replayed; the file is private.
func TestOpen(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "tape.jsonl")
	d, err := Open(name, "")
	if err != nil {
		t.Fatal(err)
	}
	net := roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("answer"))}, nil
	})
	ask := func(rt http.RoundTripper) string {
		req, err := http.NewRequest(http.MethodPost, "http://host/v1/messages", strings.NewReader("question"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := rt.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	ask(d.Over(net, nil))
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the cassette: %v, %v", info, err)
	}
	if d, err = Open("", name); err != nil {
		t.Fatal(err)
	}
	if got := ask(d.Player); got != "answer" {
		t.Errorf("replayed %q", got)
	}
}

// TestOpenErrors: a file that cannot be opened or read, by class and flag.
func TestOpenErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad")
	if err := os.WriteFile(bad, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ record, replay, class, words string }{
		{filepath.Join(dir, "no", "x"), "", "io", "--record"},
		{"", filepath.Join(dir, "none"), "no_input", "--replay"},
		{"", bad, "invalid_input", "line 1"},
	} {
		_, err := Open(c.record, c.replay)
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Class() != c.class || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	d, err := Open("", "")
	if rt := http.RoundTripper(http.DefaultTransport); err != nil || d.Player != nil || d.Over(rt, nil) != rt {
		t.Errorf("a cassette of nothing: %+v, %v", d, err)
	}
}

// TestBodyIsBounded: of an answer that is too large nothing is kept, and what is read of it is the same.
func TestBodyIsBounded(t *testing.T) {
	t.Parallel()
	done := 0
	body := &recordedBody{ReadCloser: io.NopCloser(strings.NewReader("abc")), size: maxBody - 1, done: func() { done++ }}
	if raw, err := io.ReadAll(iotest.OneByteReader(body)); string(raw) != "abc" || err != nil || body.chunks != nil || done != 1 {
		t.Errorf("%q, %v, %d chunks, done %d times", raw, err, len(body.chunks), done)
	}
}
