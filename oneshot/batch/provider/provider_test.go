package provider

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hermes/oneshot"
	"hermes/oneshot/batch"
	"hermes/oneshot/batch/journal"
	"hermes/oneshot/class"
	"hermes/oneshot/output"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/anthropic"
	"hermes/oneshot/wire/chat"
)

// server answers by its function, and keeps what was posted.
type server struct {
	answer func(method, path string) string

	mu     sync.Mutex
	posted []string
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	raw := []byte{}
	if r.Body != nil {
		raw, _ = io.ReadAll(r.Body)
		r.Body.Close()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodPost {
		s.posted = append(s.posted, r.URL.Path+"\n"+string(raw))
	}
	body := s.answer(r.Method, r.URL.RequestURI())
	status := http.StatusOK
	if body == "" {
		status = http.StatusServiceUnavailable
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// session is one at a server, with the options of a batch of rows.
func session(t *testing.T, p wire.Protocol, api *oneshot.BatchAPI, s *server, rows string) (*Session, batch.Options) {
	t.Helper()
	target := oneshot.Target{
		Provider: "p", Model: "m", Protocol: p, BaseURL: "http://h/v1", Origin: "http://h/v1", Header: http.Header{}, Transport: s, Batch: api, MaxTokens: 9,
	}
	c := oneshot.Candidate{Name: "p", Resolve: func(context.Context) (oneshot.Target, error) { return target, nil }}
	o := batch.Options{In: strings.NewReader(rows), Journal: filepath.Join(t.TempDir(), "j"), Jobs: 1, Out: io.Discard}
	o.Job = oneshot.Job{Targets: []oneshot.Candidate{c}, Explain: func(err error) output.Failure { return oneshot.Explain(err, "p") }}
	o.Target = func(string, string) oneshot.Candidate { return c }
	return &Session{Dir: o.Journal, Target: o.Target}, o
}

func lines(n int) string { return strings.Repeat("\"row\"\n", n) }

// TestSplit: no batch has more rows or bytes than the API takes, and a row that alone has too many is in none.
func TestSplit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		p    wire.Protocol
		api  oneshot.BatchAPI
		rows string
		want []int // rows of each batch
		bad  int
	}{
		"by rows":           {chat.Protocol{}, oneshot.BatchAPI{Rows: 4, Bytes: 1 << 20}, lines(10), []int{4, 4, 2}, 0},
		"by bytes":          {chat.Protocol{}, oneshot.BatchAPI{Rows: 99, Bytes: 450}, lines(5), []int{2, 2, 1}, 0},
		"messages by rows":  {anthropic.Protocol{}, oneshot.BatchAPI{Rows: 3, Bytes: 1 << 20}, lines(6), []int{3, 3}, 0},
		"messages by bytes": {anthropic.Protocol{}, oneshot.BatchAPI{Rows: 99, Bytes: 340}, lines(3), []int{2, 1}, 0},
		"a row too large":   {chat.Protocol{}, oneshot.BatchAPI{Rows: 99, Bytes: 450}, lines(1) + "\"" + strings.Repeat("x", 450) + "\"\n" + lines(1), []int{2}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 0
			s := &server{answer: func(string, string) string { n++; return fmt.Sprintf(`{"id":"id-%d"}`, n) }}
			x, o := session(t, c.p, &c.api, s, c.rows)
			done, err := x.Submit(t.Context(), o, nil)
			if err != nil || done.Bad != c.bad {
				t.Fatalf("%+v, %v", done, err)
			}
			var got []int
			for _, b := range done.Sent {
				got = append(got, len(b.Keys))
				if b.Batch == "" {
					t.Errorf("%s has no name", b.Intent)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
			for _, p := range s.posted {
				path, body, _ := strings.Cut(p, "\n")
				if int64(len(body)) > c.api.Bytes+300 || strings.Contains(body, `"stream"`) {
					t.Errorf("%s got %d bytes: %s", path, len(body), body)
				}
			}
			left, _ := filepath.Glob(filepath.Join(x.Dir, "*"+bodySuffix))
			if len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestUnsure: a create of Anthropic's API without an answer is neither sent again nor taken for done while a batch of another may be
// it; the names in its results decide.
func TestUnsure(t *testing.T) {
	t.Parallel()
	status, prefix, listed := "in_progress", "other-1", true
	now := time.Now().UTC().Format(time.RFC3339)
	s := &server{}
	s.answer = func(method, path string) string {
		switch {
		case method == http.MethodPost:
			return ""
		case strings.HasSuffix(path, "/results"):
			return `{"custom_id":"` + prefix + `-0","result":{"type":"expired"}}` + "\n"
		case strings.Contains(path, "limit="):
			if !listed {
				return `{"data":[]}`
			}
			return `{"data":[{"id":"b1","processing_status":"` + status + `","created_at":"` + now + `","request_counts":{"processing":2}}]}`
		}
		return `{"id":"b1","processing_status":"ended","request_counts":{"expired":2}}`
	}
	x, o := session(t, anthropic.Protocol{}, &oneshot.BatchAPI{Rows: 9, Bytes: 1 << 20}, s, lines(2))
	done, err := x.Submit(t.Context(), o, nil)
	if err != nil || done.Rows != 2 || !x.sent[0].Open() || x.sent[0].Batch != "" {
		t.Fatalf("%+v, %v", done, err)
	}
	e, err := Elsewhere(x.Dir)()
	if err != nil || !e(x.sent[0].Keys[0]).Waiting {
		t.Fatalf("the row may be asked: %v", err)
	}
	o.In = strings.NewReader(lines(2))
	if done, err = x.Submit(t.Context(), o, nil); err != nil || done.Rows != 0 || done.Had != 2 {
		t.Fatalf("the same again: %+v, %v", done, err)
	}
	status = "ended"
	if err := x.Fetch(t.Context(), Waiting{}); err != nil || !x.sent[0].Gone {
		t.Fatalf("the batch of another was taken for ours: %+v, %v", x.sent[0], err)
	}
	listed = false
	o.In = strings.NewReader(lines(2))
	if _, err = x.Submit(t.Context(), o, nil); !class.Is(err, class.ServerError) {
		t.Errorf("a create that failed for certain: %v", err)
	}
	listed, status = true, "in_progress"
	o.In = strings.NewReader(lines(2))
	if _, err = x.Submit(t.Context(), o, nil); err != nil {
		t.Fatal(err)
	}
	own := x.sent[len(x.sent)-1]
	status, prefix = "ended", own.Intent
	if err := x.Fetch(t.Context(), Waiting{}); err != nil || x.sent[len(x.sent)-1].Batch != "b1" {
		t.Errorf("our own was not found: %+v, %v", x.sent[len(x.sent)-1], err)
	}
}

// TestTorn: what a crash leaves of a note is no note, and the next one stands all the same.
func TestTorn(t *testing.T) {
	t.Parallel()
	s := &Sent{V: 1, Intent: newIntent(), Provider: "p", Form: "files", At: time.Now().UTC(), Keys: []journal.Key{{1}, {2}}, dir: t.TempDir()}
	if err := s.begin(); err != nil {
		t.Fatal(err)
	}
	if err := s.note(later{File: "f"}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(s.path(sentSuffix))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.path(sentSuffix), append(whole, `{"batch":"to`...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.note(later{Batch: "b"}); err != nil {
		t.Fatal(err)
	}
	all, err := load(s.dir)
	if err != nil || len(all) != 1 || all[0].Batch != "b" || all[0].File != "f" || fmt.Sprint(all[0].Keys) != fmt.Sprint(s.Keys) {
		t.Errorf("%+v, %v", all, err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "x"+sentSuffix), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := load(s.dir); err == nil {
		t.Error("a file of nonsense was read")
	}
}

// TestResultLines: the shapes of a result in both forms.
func TestResultLines(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]struct {
		f form
		o outcome
	}{
		`{"custom_id":"a","result":{"type":"succeeded","message":{"x":1}}}`:                                            {messageBatches{}, outcome{200, []byte(`{"x":1}`), ""}},
		`{"custom_id":"a","result":{"type":"errored","error":{"type":"error","error":{"type":"overloaded_error"}}}}`:   {messageBatches{}, outcome{529, []byte(`{"type":"error","error":{"type":"overloaded_error"}}`), ""}},
		`{"custom_id":"a","result":{"type":"canceled"}}`:                                                               {messageBatches{}, outcome{0, nil, "canceled"}},
		`{"custom_id":"a","response":{"status_code":200,"body":{"x":1}},"error":null}`:                                 {fileBatches{}, outcome{200, []byte(`{"x":1}`), ""}},
		`{"custom_id":"a","response":{"status_code":400,"body":{"error":{}}},"error":null}`:                            {fileBatches{}, outcome{400, []byte(`{"error":{}}`), ""}},
		`{"custom_id":"a","response":null,"error":{"code":"batch_expired","message":"not executed"}}`:                  {fileBatches{}, outcome{0, nil, "expired"}},
		`{"custom_id":"a","response":{"status_code":0,"body":null},"error":{"code":"batch_cancelled","message":"no"}}`: {fileBatches{}, outcome{0, nil, "cancelled"}},
	} {
		name, o, err := want.f.result([]byte(line))
		if err != nil || name != "a" || o.status != want.o.status || o.word != want.o.word || !bytes.Equal(o.body, want.o.body) {
			t.Errorf("%s: %s %+v %v", line, name, o, err)
		}
	}
}
