package output

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hermes/oneshot/class"
)

// sinks plays a run into what Open made of a spec.
func sinks(t *testing.T, s Spec, end RunEnd) {
	t.Helper()
	em, err := Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(em.Emit(RunStart{}), em.Reasoning([]byte("hm")), em.Text([]byte("hi")), em.Emit(end)); err != nil {
		t.Error(err)
	}
}

// TestOpen: which place gets what, for each format, with and without -o and --events.
func TestOpen(t *testing.T) {
	t.Parallel()
	const stream = "run.start reasoning.delta text.delta run.end"
	for _, format := range []string{"text", "json", "stream-json"} {
		for _, file := range []bool{false, true} {
			for _, events := range []bool{false, true} {
				var out, thought, answer bytes.Buffer
				kept := 0
				s := Spec{Format: format, Stdout: &out, Thinking: &thought}
				if file {
					s.File = &Pending{Name: "f", Writer: &answer, Commit: func() error { kept++; return nil }, Discard: func() { kept-- }}
				}
				if events {
					s.Events = filepath.Join(t.TempDir(), "ev")
				}
				sinks(t, s, RunEnd{Status: StatusOK})
				name := fmt.Sprintf("%s, -o %v, --events %v", format, file, events)
				switch got := out.String(); {
				case format == "stream-json":
					if types(t, got) != stream {
						t.Errorf("%s: %s", name, got)
					}
				case format == "json":
					if strings.Count(got, "\n") != 1 || !strings.Contains(got, `"type":"run.end"`) {
						t.Errorf("%s: %s", name, got)
					}
				case file != (got == ""), !file && got != "hi\n":
					t.Errorf("%s: %q", name, got)
				}
				if file && (answer.String() != "hi\n" || kept != 1) {
					t.Errorf("%s: file %q, kept %d", name, answer.String(), kept)
				}
				if thought.String() != "hm\n" {
					t.Errorf("%s: reasoning %q", name, thought.String())
				}
				if events {
					if raw, err := os.ReadFile(s.Events); err != nil || types(t, string(raw)) != stream {
						t.Errorf("%s: %s, %v", name, raw, err)
					}
				}
			}
		}
	}
}

// TestPending: -o keeps the file of a success alone.
func TestPending(t *testing.T) {
	t.Parallel()
	no := errors.New("no rename")
	for name, c := range map[string]struct {
		status string
		writer *bytes.Buffer
		commit error
		kept   bool
		class  string
	}{
		"a success":           {StatusOK, &bytes.Buffer{}, nil, true, ""},
		"a part":              {StatusPartial, &bytes.Buffer{}, nil, false, ""},
		"a failure":           {StatusError, &bytes.Buffer{}, nil, false, ""},
		"a signal":            {StatusCancelled, &bytes.Buffer{}, nil, false, ""},
		"a failed rename":     {StatusOK, &bytes.Buffer{}, no, true, "cannot write f: no rename"},
		"a disk that is full": {StatusOK, nil, nil, false, "cannot write f: no space"},
	} {
		kept, gone := 0, 0
		p := &Pending{Name: "f", Writer: c.writer, Commit: func() error { kept++; return c.commit }, Discard: func() { gone++ }}
		if c.writer == nil {
			p.Writer = broken{errors.New("no space")}
		}
		em, err := Open(t.Context(), Spec{Format: "text", Stdout: &bytes.Buffer{}, File: p})
		if err != nil {
			t.Fatal(err)
		}
		_ = em.Text([]byte("hi"))
		err = em.Emit(RunEnd{Status: c.status})
		if (kept == 1) != c.kept || kept+gone != 1 || (err == nil) != (c.class == "") || err != nil && err.Error() != c.class {
			t.Errorf("%s: kept %d, discarded %d, %v", name, kept, gone, err)
		}
	}
}

// TestOpenEventsFails: what no place for events is, by its class; stdout still hears of the end.
func TestOpenEventsFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for where, want := range map[string]class.Class{
		"fd:": class.Usage, "fd:x": class.Usage, "fd:0": class.Usage, "fd:-1": class.Usage, "fd:65535": class.Usage, "fd:99999": class.Usage, "fd:+3": class.Usage,
		dir: class.IO, filepath.Join(dir, "no", "such"): class.IO, "\x00": class.IO,
	} {
		var out bytes.Buffer
		em, err := Open(t.Context(), Spec{Format: "json", Stdout: &out, Events: where})
		if class.Of(err) != want {
			t.Errorf("%q: %v", where, err)
			continue
		}
		if err := em.Emit(RunEnd{Status: StatusError}); err != nil || !strings.Contains(out.String(), "run.end") {
			t.Errorf("%q: %v, %s", where, err, out.String())
		}
	}
}

// TestEventsFileIsPrivate and begun anew.
func TestEventsFileIsPrivate(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "ev")
	if err := os.WriteFile(name, bytes.Repeat([]byte("old\n"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	sinks(t, Spec{Format: "text", Stdout: &bytes.Buffer{}, Events: name}, RunEnd{Status: StatusOK})
	raw, err := os.ReadFile(name)
	if info, serr := os.Stat(name); err != nil || serr != nil || info.Mode().Perm()&0o077 != 0 || bytes.Contains(raw, []byte("old")) {
		t.Errorf("%v %v %s", err, serr, raw)
	}
}

// TestEventsHeedCancelledContext: a named pipe is waited for no longer than the run.
func TestEventsHeedCancelledContext(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancelCause(t.Context())
	why := errors.New("over")
	stop(why)
	name := filepath.Join(t.TempDir(), "fifo")
	if err := mkfifo(name); err != nil {
		t.Skip(err)
	}
	if _, err := Open(ctx, Spec{Format: "text", Stdout: &bytes.Buffer{}, Events: name}); !errors.Is(err, why) {
		t.Error(err)
	}
}
