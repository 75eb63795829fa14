//go:build unix

package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hermes/authfile/atomicfile"
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

// TestReadOdd: what is no journal of this provider says that nothing was sent; what is no file at all is an error; an answer whose bytes are
// others than those that were kept is none.
func TestReadOdd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "pending")
	if _, _, found, err := Read(path, "p"); found || err != nil {
		t.Errorf("no file: %v, %v", found, err)
	}
	if _, _, found, err := Read(dir, "p"); found || err == nil {
		t.Errorf("a folder: %v", found)
	}
	for head, want := range map[string]bool{
		`{"rt":"x","provider":"p","tries":1}`: true, `{"rt":"x","provider":"p","tries":0}`: false, `{"rt":"","provider":"p","tries":1}`: false,
		`{"rt":"x","provider":"q","tries":1}`: false, `{"rt":"x","provider":"p","tries":`: false,
	} {
		if err := os.WriteFile(path, fill([]byte(head), attemptSize, answerSize), 0o600); err != nil {
			t.Fatal(err)
		}
		if a, got, found, err := Read(path, "p"); found != want || got != nil || err != nil || !want && a != (Attempt{}) {
			t.Errorf("%s: %v, %+v, %q, %v", head, found, a, got, err)
		}
	}
	for head, want := range map[string]bool{`{"bytes":0,"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}`: true, `{"bytes":-1}`: false, `{"bytes":1}`: false} {
		raw := append(fill([]byte(`{"rt":"x","provider":"p","tries":1}`), attemptSize, 0), fill([]byte(head), answerSize, 0)...)
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, got, found, err := Read(path, "p"); !found || (got != nil) != want || err != nil {
			t.Errorf("%s: %v, %q, %v", head, found, got, err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	j := begin(t, path, Attempt{RT: "x", Provider: "p"})
	if err := j.Answer([]byte(answer)); err != nil || len(j.ID) != 8 {
		t.Error(err, j.ID)
	}
	j.Hold()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	whole[attemptSize+answerSize]++
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, got, found, err := Read(path, "p"); !found || got != nil || err != nil {
		t.Errorf("another byte: %v, %q, %v", found, got, err)
	}
}

// TestEnds: whoever ended with a journal lets others have it. A pipe in its place is refused, and a missing folder is an error.
func TestEnds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "pending")
	for name, end := range map[string]func(*Journal){"keep": (*Journal).Keep, "hold": (*Journal).Hold, "drop": (*Journal).Drop} {
		j := begin(t, path, Attempt{RT: "x", Provider: "p"})
		end(j)
		if err := j.f.Close(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s left the file open", name)
		}
		unlock, err := Claim(path)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := Claim(path); name != "drop" && !errors.Is(err, ErrInFlight) {
			t.Errorf("%s: claimed twice: %v", name, err)
		}
		unlock()
		if unlock, err = Claim(path); err != nil {
			t.Fatalf("%s: claimed, and let go: %v", name, err)
		}
		unlock()
		_ = os.Remove(path)
	}
	if _, err := Open(filepath.Join(dir, "no", "pending"), Attempt{}, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	if _, err := Open(path, Attempt{}, nil); err == nil || !strings.Contains(err.Error(), "is not a file of ours") {
		t.Errorf("a pipe: %v", err)
	}
}

// TestFormat: the fingerprint stands on the disk, where another version looks for it; a new journal goes to the owner of the store.
func TestFormat(t *testing.T) {
	t.Parallel()
	if got := Fingerprint("RT-0"); got != "19dc9cc9e882" {
		t.Error(got)
	}
	if os.Geteuid() != 0 {
		t.Skip("only root has files of others")
	}
	dir := t.TempDir()
	store := filepath.Join(dir, "auth.json")
	if err := errors.Join(os.WriteFile(store, nil, 0o600), os.Chown(store, 54321, 54322)); err != nil {
		t.Skip(err)
	}
	like, err := os.Stat(store)
	if err != nil {
		t.Fatal(err)
	}
	j, err := Open(filepath.Join(dir, "pending"), Attempt{}, like)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Drop()
	info, err := j.f.Stat()
	if err != nil || atomicfile.OwnerName(info) != "user 54321" {
		t.Errorf("%v, %s", err, atomicfile.OwnerName(info))
	}
}
