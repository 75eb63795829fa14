package provider

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"hermes/oneshot/batch/journal"
)

// Sent is one batch of a provider, as its file beside the journal tells of it.
type Sent struct {
	V        int       `json:"v"`
	Intent   string    `json:"intent"` // 16 hex digits
	Provider string    `json:"provider"`
	Model    string    `json:"model"`
	Origin   string    `json:"origin"`
	Half     bool      `json:"half"`
	At       time.Time `json:"at"`

	Form string `json:"form"`

	Keys []journal.Key `json:"-"` // of the rows, by their number
	later
	dir   string
	short bool // its results are here, and not all of them
}

// later is what became known later; a line of it adds to those before.
type later struct {
	File  string `json:"file,omitempty"`  // the provider's name for the requests
	Batch string `json:"batch,omitempty"` // and for the batch
	// Gone says that there is no such batch: the create was refused, or it is not in the list.
	Gone bool `json:"gone,omitempty"`
	// Ended says that the results are here whole. Refused is why the batch failed as a whole, Busy that it may be taken later.
	Ended   bool   `json:"ended,omitempty"`
	Refused string `json:"refused,omitempty"`
	Busy    bool   `json:"busy,omitempty"`
	Word    string `json:"state,omitempty"` // the provider's own for how it ended
}

const (
	sentSuffix = ".sent"
	bodySuffix = ".body"
	outSuffix  = ".out"
)

func newIntent() string {
	raw := make([]byte, 8)
	rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}

func (s *Sent) path(suffix string) string { return filepath.Join(s.dir, s.Intent+suffix) }

// begin writes the file before anything is sent.
func (s *Sent) begin() error {
	head, err := json.Marshal(s)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.Write(head)
	b.WriteByte('\n')
	b.WriteByte('"')
	for _, k := range s.Keys {
		b.WriteString(k.String())
	}
	b.WriteString("\"\n")
	return writeWhole(s.path(sentSuffix), b.Bytes())
}

// note adds a line, which the disk keeps before the call returns.
func (s *Sent) note(n later) error {
	line, err := json.Marshal(n)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(s.path(sentSuffix), os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(append([]byte("\n"), line...), '\n')) // what a crash left of an earlier line ends here
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = json.Unmarshal(line, &s.later)
	}
	return err
}

// Open reports whether rows of the batch may still be answered, or are and not fetched yet.
func (s *Sent) Open() bool { return !s.Gone && !s.Ended }

// load reads all that was sent from a journal's folder, the oldest first.
func load(dir string) ([]*Sent, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*"+sentSuffix))
	if err != nil {
		return nil, err
	}
	var all []*Sent
	for _, name := range names {
		s, err := read(name)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b *Sent) int { return a.At.Compare(b.At) })
	return all, nil
}

func read(name string) (*Sent, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	s := &Sent{dir: filepath.Dir(name)}
	lines := bytes.Split(raw, []byte("\n"))
	if len(lines) < 2 || json.Unmarshal(lines[0], s) != nil || s.Intent+sentSuffix != filepath.Base(name) {
		return nil, fmt.Errorf("%s: the file is not one that hermes wrote", name)
	}
	keys := strings.Trim(string(lines[1]), `"`)
	for len(keys) >= 32 {
		var k journal.Key
		if _, err := hex.Decode(k[:], []byte(keys[:32])); err != nil {
			return nil, fmt.Errorf("%s: the keys of its rows are broken", name)
		}
		s.Keys, keys = append(s.Keys, k), keys[32:]
	}
	for _, line := range lines[2:] {
		var n later
		if json.Unmarshal(line, &n) == nil { // what a crash left is no line
			_ = json.Unmarshal(line, &s.later)
		}
	}
	return s, nil
}

// writeWhole puts a file in its place when the disk has all of it.
func writeWhole(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return place(f, err, name)
}

// place gives a temporary file its name, or removes it after an error.
func place(f *os.File, err error, name string) error {
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	if d, err := os.Open(filepath.Dir(name)); err == nil {
		_ = d.Sync() // some systems cannot; the file itself is what matters
		d.Close()
	}
	return nil
}
