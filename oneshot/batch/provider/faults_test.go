package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hermes/oneshot"
	"hermes/oneshot/batch/journal"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/anthropic"
	"hermes/oneshot/wire/chat"
	"hermes/oneshot/wire/gemini"
	"hermes/oneshot/wire/responses"
)

var files = &oneshot.BatchAPI{Rows: 9, Bytes: 1 << 20}

// plant leaves a batch of two rows in the session's folder as a process before this one did.
func plant(t *testing.T, x *Session, intent, form string, l later) *Sent {
	t.Helper()
	s := &Sent{
		V: 1, Intent: intent, Provider: "p", Model: "m", Origin: "http://h/v1", Form: form, At: time.Now().UTC(),
		Keys: []journal.Key{{intent[0], 1}, {intent[0], 2}}, dir: x.Dir,
	}
	if err := errors.Join(os.MkdirAll(x.Dir, 0o700), s.begin(), s.note(l)); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestErrorStatus: an error of a row counts as the same error of a run.
func TestErrorStatus(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]int{
		"authentication_error": 401, "billing_error": 402, "permission_error": 403, "not_found_error": 404, "request_too_large": 413,
		"rate_limit_error": 429, "api_error": 500, "timeout_error": 504, "overloaded_error": 529, "invalid_request_error": 400, "another": 400,
	} {
		if got := errorStatus(fmt.Appendf(nil, `{"type":"error","error":{"type":%q}}`, kind)); got != want {
			t.Errorf("%s: %d, want %d", kind, got, want)
		}
	}
}

// TestProtocols: which batch API a provider has goes by its protocol, and one that has none is named.
func TestProtocols(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]wire.Protocol{
		"messages /v1/messages/batches": anthropic.Protocol{}, "files /v1/batches": chat.Protocol{},
		"p is asked over the Gemini API, which has no batch API that hermes speaks": gemini.Protocol{},
	} {
		c, err := open(oneshot.Target{Provider: "p", Model: "m", Protocol: p, BaseURL: "http://h/v1", Batch: files}, oneshot.Limits{})
		got := fmt.Sprint(err)
		if err == nil {
			got = c.name() + " " + c.base.Path
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	c, err := open(oneshot.Target{Provider: "p", Model: "m", Protocol: responses.Protocol{}, BaseURL: "http://h/v1", Batch: files}, oneshot.Limits{})
	if err != nil || c.base.Path != "/v1/batches" || c.form != (fileBatches{"/v1/responses"}) {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestStatus: each batch is asked for where it is, also one whose create had no answer; one that has ended is not asked again, and of one
// that never was nothing is said.
func TestStatus(t *testing.T) {
	t.Parallel()
	const doc = `{"id":%q,"status":"in_progress","created_at":%d,"metadata":{"hermes_intent":%q},"request_counts":{"total":2,"completed":1,"failed":0}}`
	now := time.Now().Unix()
	s := &server{}
	s.answer = func(_, uri string) string {
		switch {
		case uri == "/v1/batches?limit=100":
			return `{"data":[` + fmt.Sprintf(doc, "other", now, "") + `],"has_more":true}`
		case uri == "/v1/batches?after=other&limit=100":
			return `{"data":[` + fmt.Sprintf(doc, "b-lost", now, "d000") + `],"has_more":false}`
		case strings.Contains(uri, "ended"), strings.Contains(uri, "gone"):
			t.Errorf("asked for %s", uri)
		}
		id, _, _ := strings.Cut(strings.TrimPrefix(uri, "/v1/batches/"), "/")
		return fmt.Sprintf(doc, id, now, "")
	}
	x, _ := session(t, chat.Protocol{}, files, s, "")
	plant(t, x, "a000", "files", later{Batch: "b-ended", Ended: true, Word: "completed"})
	plant(t, x, "b000", "files", later{Batch: "b-gone", Gone: true})
	plant(t, x, "c000", "files", later{Batch: "b-run"})
	plant(t, x, "d000", "files", later{})
	plant(t, x, "e000", "files", later{})
	for _, cancel := range []bool{false, true} {
		var got []string
		err := x.Status(t.Context(), cancel, func(b output.BatchStatus) error {
			id := "none"
			if b.Batch != nil {
				id = *b.Batch
			}
			got = append(got, id+" "+b.State)
			return nil
		})
		if want := "[b-ended completed b-run in_progress b-lost in_progress none not found yet]"; err != nil || fmt.Sprint(got) != want {
			t.Errorf("%v, %v, want %s", err, got, want)
		}
	}
	if got := fmt.Sprint(s.posted); got != "[/v1/batches/b-run/cancel\n /v1/batches/b-lost/cancel\n]" {
		t.Errorf("cancelled: %q", got)
	}
	if err := x.Status(t.Context(), false, func(output.BatchStatus) error { return io.ErrShortWrite }); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("a reader that went away: %v", err)
	}
}

// TestLeftOut: a row of a batch that has ended is answered, may be asked again, or is waited for; and a reason is given.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	const line = `{"custom_id":"a000-0","response":{"status_code":200,"body":{"x":1}}}` + "\n"
	for name, c := range map[string]struct {
		form, out string
		l         later
		short     bool
		want      string // of the second row
	}{
		"no line":        {"files", line, later{Ended: true, Word: "completed"}, false, "the results of the batch b have no line for the row"},
		"cancelled":      {"files", line, later{Ended: true, Word: "CANCELLED"}, false, "again: the batch b ended without an answer to the row: CANCELLED"},
		"refused":        {"files", "", later{Ended: true, Refused: "bad"}, false, "again: the batch b was refused: bad"},
		"not all yet":    {"files", line, later{}, true, "waiting"},
		"a newer hermes": {"waves", line, later{Ended: true}, false, `the form "waves" of a batch is not known; a newer hermes wrote it`},
		"no file":        {"files", "", later{Ended: true}, false, "no such file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := &Session{Dir: t.TempDir()}
			c.l.Batch = "b"
			s := plant(t, x, "a000", c.form, c.l)
			s.short = c.short
			if c.out != "" {
				if err := os.WriteFile(s.path(outSuffix), []byte(c.out), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			e := newIndex([]*Sent{s}).elsewhere(s.Keys[1])
			got := fmt.Sprint(e.Err)
			switch {
			case e.Waiting:
				got = "waiting"
			case e.Again:
				got = "again: " + got
			}
			if !strings.HasSuffix(got, c.want) || e.Answer != nil {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestCancelled: what a cancelled batch answered is brought, and the other rows may be asked again.
func TestCancelled(t *testing.T) {
	t.Parallel()
	s := &server{answer: func(_, uri string) string {
		if strings.HasSuffix(uri, "/files/o/content") {
			return `{"custom_id":"a000-0","response":{"status_code":200,"body":{}}}`
		}
		return `{"id":"b","status":"cancelled","output_file_id":"o","request_counts":{"total":2,"completed":1,"failed":1}}`
	}}
	x, _ := session(t, chat.Protocol{}, files, s, "")
	keys := plant(t, x, "a000", "files", later{Batch: "b"}).Keys
	if err := x.Fetch(t.Context(), Waiting{}); err != nil {
		t.Fatal(err)
	}
	of, err := Elsewhere(x.Dir)()
	if err != nil {
		t.Fatal(err)
	}
	if e := of(keys[0]); e.Answer == nil || e.Again {
		t.Errorf("answered: %+v", e)
	}
	if e := of(keys[1]); e.Answer != nil || !e.Again {
		t.Errorf("not answered: %+v", e)
	}
}

// TestNoID: an answer without an id is no batch. It is looked for, and since it is not there nothing of it stays.
func TestNoID(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		p          wire.Protocol
		file, says string
	}{
		"messages":        {anthropic.Protocol{}, "", "the answer has no id of a batch"},
		"file":            {chat.Protocol{}, `{}`, "the answer to the upload has no id of a file"},
		"batch of a file": {chat.Protocol{}, `{"id":"f"}`, "the answer has no id of a batch"},
	} {
		s := &server{answer: func(method, uri string) string {
			if method == http.MethodPost && strings.HasSuffix(uri, "/files") {
				return c.file
			}
			return `{}`
		}}
		x, o := session(t, c.p, files, s, lines(2))
		_, err := x.Submit(t.Context(), o, nil)
		if !class.Is(err, class.Protocol) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %s", name, err, c.says)
		}
		if all, err := load(x.Dir); err != nil || len(all) != 1 || !all[0].Gone {
			t.Errorf("%s: %v, %v", name, all, err)
		}
	}
}

func noLogin(context.Context) (oneshot.Target, error) {
	return oneshot.Target{}, &input.Error{ErrClass: class.NotLoggedIn, Msg: "no login"}
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// TestSpoiled: what cannot be read, or not be asked, ends with its reason, and no batch is taken for done.
func TestSpoiled(t *testing.T) {
	t.Parallel()
	fetch := func(x *Session) error { return x.Fetch(t.Context(), Waiting{}) }
	status := func(x *Session) error {
		return x.Status(t.Context(), false, func(output.BatchStatus) error { return nil })
	}
	kept := func(x *Session) error {
		_, err := Kept(x.Dir, &struct{}{})
		return err
	}
	for name, c := range map[string]struct {
		spoil func(t *testing.T, x *Session)
		do    func(x *Session) error
		says  string
	}{
		"no folder":         {func(*testing.T, *Session) {}, fetch, "nothing was submitted from it"},
		"an empty folder":   {func(t *testing.T, x *Session) { put(t, x.Dir, "x", "") }, status, "nothing was submitted from it"},
		"nothing kept":      {func(*testing.T, *Session) {}, kept, "nothing was submitted from it"},
		"settings":          {func(t *testing.T, x *Session) { put(t, x.Dir, settingsFile, "{") }, kept, settingsFile + ": unexpected end of JSON input"},
		"a note, fetched":   {func(t *testing.T, x *Session) { put(t, x.Dir, "x.sent", "{}") }, fetch, "is not one that hermes wrote"},
		"a note, asked for": {func(t *testing.T, x *Session) { put(t, x.Dir, "x.sent", "{}") }, status, "is not one that hermes wrote"},
		"keys": {func(t *testing.T, x *Session) {
			put(t, x.Dir, "x.sent", `{"intent":"x"}`+"\n\""+strings.Repeat("z", 32)+"\"\n")
		}, status, "the keys of its rows are broken"},
		"no login": {func(t *testing.T, x *Session) {
			plant(t, x, "a000", "files", later{Batch: "b"})
			x.Target = func(string, string) oneshot.Candidate { return oneshot.Candidate{Resolve: noLogin} }
		}, fetch, "the batch b: no login"},
		"no login for one in doubt": {func(t *testing.T, x *Session) {
			plant(t, x, "a000", "files", later{})
			x.Target = func(string, string) oneshot.Candidate { return oneshot.Candidate{Resolve: noLogin} }
		}, fetch, "no login"},
		"no results": {func(t *testing.T, x *Session) { plant(t, x, "a000", "files", later{Batch: "b"}) }, fetch, "the batch b: "},
		"no list":    {func(t *testing.T, x *Session) { plant(t, x, "a000", "files", later{}) }, fetch, "Service Unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{answer: func(_, uri string) string {
				if uri == "/v1/batches/b" {
					return `{"id":"b","status":"completed","output_file_id":"o","request_counts":{"total":2,"completed":2}}`
				}
				return ""
			}}
			x, _ := session(t, chat.Protocol{}, files, s, "")
			c.spoil(t, x)
			if err := c.do(x); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %s", err, c.says)
			}
			for _, s := range x.sent {
				if !s.Open() {
					t.Errorf("taken for done: %+v", s)
				}
			}
		})
	}
}

// TestNotSubmitted: without a login, or with a journal that cannot be read, nothing is sent.
func TestNotSubmitted(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(x *Session, o *oneshot.Job) error{
		"no login": func(_ *Session, job *oneshot.Job) error {
			job.Targets[0].Resolve = noLogin
			return nil
		},
		"a file in the place of the journal": func(x *Session, _ *oneshot.Job) error { return os.WriteFile(x.Dir, nil, 0o600) },
		"a note of nonsense": func(x *Session, _ *oneshot.Job) error {
			put(t, x.Dir, "x.sent", "")
			return nil
		},
	} {
		s := &server{answer: func(string, string) string { return `{"id":"b"}` }}
		x, o := session(t, chat.Protocol{}, files, s, lines(2))
		if err := spoil(x, &o.Job); err != nil {
			t.Fatal(err)
		}
		if done, err := x.Submit(t.Context(), o, nil); err == nil || len(done.Sent) > 0 || len(s.posted) > 0 {
			t.Errorf("%s: %+v, %v, %q", name, done, err, s.posted)
		}
	}
}

// TestFileGone: requests that are gone break the upload off, so that no empty batch is made.
func TestFileGone(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "f")
	if _, err := newFile(name, "", ""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	r := file{name: name, size: 5}.Open()
	defer r.Close()
	if raw, err := io.ReadAll(r); !errors.Is(err, os.ErrNotExist) || len(raw) > 0 {
		t.Errorf("%q, %v", raw, err)
	}
}
