// Package journal keeps the record of one renewal: that a refresh token was sent,
// which can be spent only once, and what the server answered. A process that
// dies in between leaves it to the next one, which then saves the answer, or
// knows that the token may be spent.
//
// A journal has two lines of fixed size and then the server's answer:
//
//	{"rt":"<fingerprint>","provider":"…","id":"…","at":"…","tries":1}
//	{"bytes":412,"sha256":"…"}
//
// The first is written before a refresh token is sent. The second comes with
// the answer, in one write, as the first thing that happens to it; its sum
// tells a whole answer from a part. Zeros reserve the room.
//
// The file is locked while it is open. The store's own lock is not enough: if
// somebody deletes that lock file, a second process gets a lock too.
package journal

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"hermes/authfile/atomicfile"
	"hermes/authfile/lock"
)

// Reserved is the room in bytes that Open makes sure of; Largest is the largest
// journal that is read.
const (
	Reserved = 64 << 10
	Largest  = 4 << 20
)

// Sizes of the two lines.
const (
	attemptSize = 512
	answerSize  = 128
)

// ErrInFlight says that another process has the journal: it sends the token
// or saves what came.
var ErrInFlight = errors.New("another process is renewing this login")

// Attempt is the first line: which token was sent to whom, when last, and how
// many times. Tries 0 means never.
type Attempt struct {
	RT       string    `json:"rt"` // fingerprint of the refresh token
	Provider string    `json:"provider"`
	ID       string    `json:"id"`
	At       time.Time `json:"at"` // just before it was sent
	Tries    int       `json:"tries"`
}

type answerLine struct {
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Fingerprint stands for a refresh token where only equality matters. It is
// not printed: it could confirm a guess.
func Fingerprint(rt string) string {
	sum := sha256.Sum256([]byte("rt\x00" + rt))
	return hex.EncodeToString(sum[:6])
}

// Read returns what a renewal of a provider left behind. found is false when
// nothing was sent: there is no file, or its first line is not complete. answer
// is nil when none arrived, or not all of it. Errors are those of
// [atomicfile.Read].
func Read(path, provider string) (a Attempt, answer []byte, found bool, err error) {
	data, err := atomicfile.Read(path, Largest)
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil, false, nil
	}
	if err != nil {
		return a, nil, false, err
	}
	if json.Unmarshal(line(data, 0, attemptSize), &a) != nil || a.Tries < 1 || a.RT == "" || a.Provider != provider {
		return Attempt{}, nil, false, nil
	}
	var head answerLine
	rest := data[min(len(data), attemptSize+answerSize):]
	if json.Unmarshal(line(data, attemptSize, answerSize), &head) != nil || head.Bytes < 0 || head.Bytes > len(rest) {
		return a, nil, true, nil
	}
	answer = rest[:head.Bytes]
	if sum := sha256.Sum256(answer); head.SHA256 != hex.EncodeToString(sum[:]) {
		return a, nil, true, nil
	}
	return a, answer, true, nil
}

func line(data []byte, from, size int) []byte {
	if len(data) < from+size {
		return nil
	}
	return bytes.TrimRight(data[from:from+size], " \n\x00")
}

// Claim locks a journal, where there is one that can be opened: ErrInFlight if
// another process has it. The caller unlocks it.
func Claim(path string) (unlock func(), err error) {
	f, err := atomicfile.OpenPrivate(path, os.O_RDWR)
	if err != nil {
		return func() {}, nil // what is wrong with it shows when it is read
	}
	if err := claim(f); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

// claim takes the lock of an open journal, which ends with the descriptor. A
// journal that was removed in the meantime is in flight too: its renewal has
// just ended, so it is time to look again.
func claim(f *os.File) error {
	if lock.TryFile(f) != nil {
		return ErrInFlight
	}
	mine, err1 := f.Stat()
	named, err2 := os.Lstat(f.Name())
	if err1 != nil || err2 != nil || !os.SameFile(mine, named) {
		return ErrInFlight
	}
	return nil
}

// Journal is the record of a renewal under way. It is locked until Undo, Keep,
// Hold or Drop ends it.
type Journal struct {
	Attempt
	f *os.File
}

// Open makes the journal of a renewal, or takes up the one that is there (a.Tries
// is not 0 then), locks it, and makes sure that an answer will fit. A new file
// goes to the owner of like, which may be nil. Errors: ErrInFlight, and the
// system's.
func Open(path string, a Attempt, like fs.FileInfo) (*Journal, error) {
	f, err := atomicfile.OpenPrivate(path, os.O_CREATE|os.O_RDWR)
	if err != nil {
		return nil, err
	}
	if err := ready(f, a, like); err != nil {
		f.Close()
		return nil, err
	}
	return &Journal{a, f}, nil
}

func ready(f *os.File, a Attempt, like fs.FileInfo) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || atomicfile.Foreign(info) {
		return fmt.Errorf("%s is not a file of ours", f.Name())
	}
	if err := claim(f); err != nil {
		return err
	}
	if info.Size() > 0 && a.Tries == 0 {
		return ErrInFlight // written since it was read
	}
	if like != nil {
		_ = atomicfile.KeepOwner(f, like) // best effort: the save itself insists
	}
	_ = f.Chmod(0o600) // 0600 since it was made, unless somebody changed it
	err = atomicfile.Reserve(f, Reserved)
	if err != nil && a.Tries == 0 {
		os.Remove(f.Name())
	}
	return err
}

// Note writes down that the token is about to be sent, at the given time.
func (j *Journal) Note(at time.Time) error {
	if j.ID == "" {
		j.ID = rand.Text()[:8]
	}
	j.Tries++
	j.At = at.UTC()
	return j.write()
}

func (j *Journal) write() error {
	line, err := json.Marshal(j.Attempt)
	if err != nil {
		return err
	}
	_, err = j.f.WriteAt(fill(line, attemptSize, answerSize), 0)
	return err
}

// fill pads a line to its size, and adds zeros.
func fill(line []byte, size, zeros int) []byte {
	line = append(line, bytes.Repeat([]byte(" "), max(size-len(line)-1, 0))...)
	return append(append(line, '\n'), make([]byte, zeros)...)
}

// Answer keeps what the server said.
func (j *Journal) Answer(raw []byte) error {
	sum := sha256.Sum256(raw)
	line, err := json.Marshal(answerLine{len(raw), hex.EncodeToString(sum[:])})
	if err != nil {
		return err
	}
	_, err = j.f.WriteAt(slices.Concat(fill(line, answerSize, 0), raw), attemptSize)
	return err
}

// Undo takes back an attempt that certainly spent nothing: the journal says
// what was before, or is gone.
func (j *Journal) Undo(before Attempt) {
	if before.Tries == 0 {
		j.Drop()
		return
	}
	j.Attempt = before
	_ = j.write() // at worst one presentation too many is counted
	j.Keep()
}

// Keep leaves the journal for the next run.
func (j *Journal) Keep() { j.f.Close() }

// Hold is Keep for an answer that could not be saved otherwise.
func (j *Journal) Hold() {
	_ = j.f.Sync() // the save has failed already; this is the best that is left
	j.f.Close()
}

// Drop removes the journal, before its lock goes.
func (j *Journal) Drop() {
	os.Remove(j.f.Name())
	j.f.Close()
}
