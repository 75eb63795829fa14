//go:build unix

package output

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestEventsOnDescriptor: an inherited descriptor gets the stream, and its reader the end of it with run.end.
func TestEventsOnDescriptor(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fd, err := syscall.Dup(int(w.Fd())) // as a child inherits it: not closed by exec
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		em, err := Open(t.Context(), Spec{Format: "text", Stdout: io.Discard, Events: fmt.Sprint("fd:", fd)})
		if err != nil {
			t.Error(err)
			syscall.Close(fd)
			return
		}
		_ = em.Emit(RunStart{})
		_ = em.Emit(RunEnd{Status: StatusOK})
	}()
	raw, err := io.ReadAll(r)
	if err != nil || types(t, string(raw)) != "run.start run.end" {
		t.Errorf("%v: %s", err, raw)
	}
}

// TestOwnDescriptor: one that this process opened for itself was given by nobody.
func TestOwnDescriptor(t *testing.T) {
	t.Parallel()
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = Open(t.Context(), Spec{Format: "text", Stdout: io.Discard, Events: fmt.Sprint("fd:", f.Fd())})
	if c, ok := err.(*SpecError); !ok || !strings.Contains(c.Error(), "is not open") {
		t.Error(err)
	}
	if _, err := f.WriteString("still open"); err != nil {
		t.Error(err)
	}
}

// TestEventsOnStderr: the descriptor is the process's, which may have more to say there.
func TestEventsOnStderr(t *testing.T) {
	if os.Getenv("HERMES_TEST_EVENTS") != "" {
		em, err := Open(t.Context(), Spec{Format: "text", Stdout: io.Discard, Events: os.Getenv("HERMES_TEST_EVENTS")})
		if err != nil {
			t.Fatal(err)
		}
		_ = em.Emit(RunStart{})
		_ = em.Emit(RunEnd{Status: StatusError})
		fmt.Fprintln(os.Stderr, "a last word")
		fmt.Fprintln(os.Stdout, "a last word")
		os.Exit(0)
	}
	t.Parallel()
	for where, stderr := range map[string]bool{"fd:2": true, "fd:1": false} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=TestEventsOnStderr$")
		cmd.Env = append(os.Environ(), "HERMES_TEST_EVENTS="+where)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %s%s", err, out.String(), errs.String())
		}
		events, other := out.String(), errs.String()
		if stderr {
			events, other = other, events
		}
		stream, ok := strings.CutSuffix(events, "a last word\n")
		if !ok || types(t, stream) != "run.start run.end" || other != "a last word\n" {
			t.Errorf("%s: stdout %q, stderr %q", where, out.String(), errs.String())
		}
	}
}
