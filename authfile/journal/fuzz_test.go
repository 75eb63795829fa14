package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// FuzzRead: of a journal that was cut or garbled nothing is read but an attempt that stands there, and an answer with its own sum.
func FuzzRead(f *testing.F) {
	dir := f.TempDir()
	path := filepath.Join(dir, "whole")
	j, err := Open(path, Attempt{RT: Fingerprint("RT"), Provider: "p"}, nil)
	if err != nil {
		f.Fatal(err)
	}
	if err := j.Note(time.Unix(1, 0)); err != nil {
		f.Fatal(err)
	}
	asked, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	if err := j.Answer([]byte(`{"access_token":"AT"}`)); err != nil {
		f.Fatal(err)
	}
	answered, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	j.Keep()
	answered = bytes.TrimRight(answered, "\x00")
	f.Add(asked[:attemptSize], 0)
	f.Add(answered, 0)
	f.Add(answered, len(answered)-1)
	f.Add(answered, attemptSize+20)
	f.Fuzz(func(t *testing.T, raw []byte, cut int) {
		if cut > 0 && cut < len(raw) {
			raw = raw[:cut]
		}
		path := filepath.Join(t.TempDir(), "j")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		a, answer, found, err := Read(path, "p")
		if err != nil || !found && (answer != nil || a != (Attempt{})) {
			t.Fatalf("%q: %+v %q %v", raw, a, answer, err)
		}
		if !found {
			return
		}
		var first Attempt
		if err := json.Unmarshal(bytes.TrimRight(raw[:attemptSize], " \n\x00"), &first); err != nil || first.RT != a.RT || a.Provider != "p" || a.Tries < 1 {
			t.Fatalf("%q: %+v, %v", raw, a, err)
		}
		sum := sha256.Sum256(answer)
		if answer != nil && !bytes.Contains(raw[attemptSize:attemptSize+answerSize], []byte(hex.EncodeToString(sum[:]))) {
			t.Fatalf("%q: the answer %q has another sum", raw, answer)
		}
	})
}
