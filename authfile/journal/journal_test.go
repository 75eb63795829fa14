//go:build unix

package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hermes/authfile/lock"
)

const answer = `{"access_token":"AT-1"}`

func begin(t *testing.T, path string, a Attempt) *Journal {
	t.Helper()
	j, err := Open(path, a, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Note(time.Unix(1_800_000_000, 0)); err != nil {
		t.Fatal(err)
	}
	return j
}

// A journal that was cut off anywhere has the complete answer, or none.
func TestEveryPrefix(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pending")
	j := begin(t, path, Attempt{RT: Fingerprint("RT-0"), Provider: "p"})
	if err := j.Answer([]byte(answer)); err != nil {
		t.Fatal(err)
	}
	j.Keep()
	whole, err := os.ReadFile(path)
	if err != nil || len(whole) != Reserved {
		t.Fatal(len(whole), err)
	}
	end := attemptSize + answerSize + len(answer)
	for n := range end + 1 {
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		a, got, found, err := Read(path, "p")
		if err != nil || found != (n >= attemptSize) || (string(got) == answer) != (n == end) || n < end && got != nil {
			t.Fatalf("%d bytes: found %v, answer %q, %v", n, found, got, err)
		}
		if found && (a.RT != Fingerprint("RT-0") || a.Tries != 1 || a.ID == "" || !a.At.Equal(time.Unix(1_800_000_000, 0))) {
			t.Fatalf("%+v", a)
		}
	}
	if _, _, found, err := Read(path, "another"); found || err != nil {
		t.Errorf("it is taken for another provider's: %v", err)
	}
	if strings.Contains(string(whole), "RT-0") {
		t.Error("it has the refresh token")
	}
}

// Whoever has a journal open has it alone, and one that ended in the meantime is
// looked at again.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pending")
	a := Attempt{RT: Fingerprint("RT-0"), Provider: "p"}
	j := begin(t, path, a)
	if _, err := Open(path, j.Attempt, nil); !errors.Is(err, ErrInFlight) {
		t.Errorf("a second one: %v", err)
	}
	if _, err := Claim(path); !errors.Is(err, ErrInFlight) {
		t.Errorf("a claim: %v", err)
	}
	was := j.Attempt
	j.Keep()
	if _, err := Open(path, a, nil); !errors.Is(err, ErrInFlight) {
		t.Errorf("who has not read it begins anew: %v", err)
	}
	j = begin(t, path, was)
	if j.Tries != 2 || j.ID != was.ID {
		t.Errorf("%+v", j.Attempt)
	}
	j.Undo(was)
	if got, _, found, err := Read(path, "p"); err != nil || !found || got.Tries != 1 {
		t.Errorf("undone: %+v %v", got, err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	j = begin(t, path, was)
	if err := lock.TryFile(f); !errors.Is(err, lock.ErrBusy) {
		t.Errorf("the lock of a file that is open elsewhere: %v", err)
	}
	j.Undo(Attempt{})
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left behind: %v", err)
	}
	if err := claim(f); !errors.Is(err, ErrInFlight) {
		t.Errorf("a journal that is gone: %v", err)
	}
	if unlock, err := Claim(path); err != nil {
		t.Errorf("none there: %v", err)
	} else {
		unlock()
	}
}
