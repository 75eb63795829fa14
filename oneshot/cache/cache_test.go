package cache

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// question is a body that can be read again.
type question struct {
	io.ReadCloser
	text string
}

func ask(text string) *question { return &question{io.NopCloser(strings.NewReader(text)), text} }

func (q *question) Reopen() io.ReadCloser { return io.NopCloser(strings.NewReader(q.text)) }

// server answers with its status and body, and counts.
type server struct {
	asked  int
	status int
	body   func() io.Reader
}

func (s *server) RoundTrip(*http.Request) (*http.Response, error) {
	s.asked++
	return &http.Response{StatusCode: s.status, Header: http.Header{"Content-Type": {"text/x"}}, Body: io.NopCloser(s.body())}, nil
}

// one sends a request, reads what comes, and has a good run kept.
func one(t *testing.T, c *Cache, s *server, text, key string, good bool) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:9/v1/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Body = ask(text)
	req.Header.Set("X-Api-Key", key)
	req.Header.Set("Anthropic-Beta", "b")
	resp, err := c.Over(s, "origin").RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if good {
		if err := c.Keep(); err != nil {
			t.Fatal(err)
		}
	}
	return string(raw)
}

// TestCache: the same request is answered once by the server and then from the folder, whatever the key; no failure is kept.
func TestCache(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	n := 0
	s := &server{status: 200, body: func() io.Reader { n++; return strings.NewReader(fmt.Sprint("answer ", n)) }}
	for i, step := range []struct {
		text, key string
		good      bool
		want      string
		asked     int
	}{
		{"a", "k1", false, "answer 1", 1}, // a run that failed later
		{"a", "k1", true, "answer 2", 2},
		{"a", "k2", true, "answer 2", 2},
		{"b", "k1", true, "answer 3", 3},
		{"a", "k1", true, "answer 2", 3},
	} {
		if got := one(t, Open(dir, time.Hour), s, step.text, step.key, step.good); got != step.want || s.asked != step.asked {
			t.Errorf("step %d: %q after %d questions", i, got, s.asked)
		}
	}
	if c := Open(dir, 0); c != nil || c.Over(s, "") != http.RoundTripper(s) || c.Keep() != nil {
		t.Error("no age is no cache")
	}
	s.status = 500
	one(t, Open(dir, time.Hour), s, "c", "k", true)
	s.status = 200
	good := s.body
	s.body = func() io.Reader {
		return io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errors.New("cut")))
	}
	one(t, Open(dir, time.Hour), s, "c", "k", true)
	s.body = good
	if got := one(t, Open(dir, time.Hour), s, "c", "k", false); got != "answer 4" && got != "answer 5" {
		t.Errorf("a failure was kept: %q", got)
	}
}

// TestPrivate: files are private, what is broken or too old is asked again, and the folder stays small.
func TestPrivate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	s := &server{status: 200, body: func() io.Reader { return strings.NewReader("answer") }}
	one(t, Open(dir, time.Hour), s, "a", "k", true)
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	if info, err := os.Stat(names[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(names[0], old, old); err != nil {
		t.Fatal(err)
	}
	one(t, Open(dir, time.Hour), s, "a", "k", false)
	if err := os.WriteFile(names[0], []byte(`{"v":1,"size":9}`+"\nshort"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := one(t, Open(dir, time.Hour), s, "a", "k", true); got != "answer" || s.asked != 3 {
		t.Errorf("%q after %d questions", got, s.asked)
	}
	for i := range 3 {
		name := filepath.Join(dir, fmt.Sprint(i, suffix))
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(name, 30<<20); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(time.Duration(i-10) * time.Minute)
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	one(t, Open(dir, time.Hour), s, "new", "k", true)
	if _, err := os.Stat(filepath.Join(dir, "0"+suffix)); err == nil {
		t.Error("the oldest is still there")
	}
	if _, err := os.Stat(filepath.Join(dir, "2"+suffix)); err != nil {
		t.Error(err)
	}
}

// TestPassedOn: a request that is no question, or cannot be read again, goes to the server each time.
func TestPassedOn(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	s := &server{status: 200, body: func() io.Reader { return strings.NewReader("answer") }}
	for range 2 {
		for _, c := range []struct {
			method string
			body   io.ReadCloser
		}{{http.MethodGet, ask("a")}, {http.MethodPost, nil}, {http.MethodPost, io.NopCloser(strings.NewReader("a"))}, {http.MethodPost, &cutQuestion{ask("a")}}} {
			req, err := http.NewRequestWithContext(t.Context(), c.method, "http://127.0.0.1:9/v1/x", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Body = c.body
			cache := Open(dir, time.Hour)
			resp, err := cache.Over(s, "origin").RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			if raw, err := io.ReadAll(resp.Body); string(raw) != "answer" || err != nil {
				t.Errorf("%q, %v", raw, err)
			}
			resp.Body.Close()
			if err := cache.Keep(); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := os.Stat(dir); s.asked != 8 || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%d questions, %v", s.asked, err)
	}
}

// cutQuestion can be read again, but not to its end.
type cutQuestion struct{ *question }

func (q *cutQuestion) Reopen() io.ReadCloser {
	return io.NopCloser(iotest.ErrReader(errors.New("cut")))
}

// TestNotKept: a folder that cannot be written is told, and leaves nothing half.
func TestNotKept(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(dir, file string) error{
		"a file in the place of the folder": func(dir, _ string) error { return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)) },
		"a folder in the place of an answer": func(_, file string) error {
			return errors.Join(os.Remove(file), os.MkdirAll(filepath.Join(file, "x"), 0o700))
		},
	} {
		dir := filepath.Join(t.TempDir(), "cache")
		s := &server{status: 200, body: func() io.Reader { return strings.NewReader("answer") }}
		one(t, Open(dir, time.Hour), s, "a", "k", true)
		names, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(names) != 1 {
			t.Fatal(names, err)
		}
		if err := spoil(dir, names[0]); err != nil {
			t.Fatal(err)
		}
		c := Open(dir, time.Hour)
		if got := one(t, c, s, "a", "k", false); got != "answer" {
			t.Errorf("%s: %q", name, got)
		}
		if err := c.Keep(); err == nil {
			t.Errorf("%s: kept", name)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, ".new-*")); len(left) > 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
}
