package authfile

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"

	"hermes/authfile/atomicfile"
)

// The journal has two lines of fixed size and then the server's answer:
//
//	{"rt":"<fingerprint>","provider":"…","id":"…","at":"…","tries":1}
//	{"bytes":412,"sha256":"…"}
//
// The first is written before a refresh token is sent. The second comes with
// the answer, in one write, as the first thing that happens to it; its sum
// tells a whole answer from a part. Zeros reserve the room.
const (
	attemptSize = 512
	answerSize  = 128
	reserveSize = 64 << 10
	maxJournal  = 4 << 20
)

// attempt is the first line: which token was sent to whom, when last, and how
// many times.
type attempt struct {
	RT       string    `json:"rt"`
	Provider string    `json:"provider"`
	ID       string    `json:"id"`
	At       time.Time `json:"at"` // just before it was sent
	Tries    int       `json:"tries"`
}

type answerLine struct {
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// fingerprint stands for a refresh token where only equality matters. It is
// not printed: it could confirm a guess.
func fingerprint(rt string) string {
	sum := sha256.Sum256([]byte("rt\x00" + rt))
	return hex.EncodeToString(sum[:6])
}

// journal is one renewal's record while it is under way.
type journal struct {
	f    *os.File
	path string
	line attempt
}

// errInFlight says that another process has the journal: it sends the token
// or saves what came. That happens although we hold the lock, when the lock
// file was deleted in the hand of that process.
var errInFlight = errors.New("another process is renewing this login")

// readJournal returns what a renewal of a provider left behind that did not
// finish. found is false when nothing was sent: there is no file, or its first
// line is not whole.
func (p place) readJournal(id string) (line attempt, answer []byte, found bool, err error) {
	data, err := slurp(p.journal(id), maxJournal)
	if errors.Is(err, fs.ErrNotExist) {
		return line, nil, false, nil
	}
	if err != nil {
		return line, nil, false, errorf(classIO, p.journal(id), err, "cannot read the journal of a renewal")
	}
	if json.Unmarshal(padded(data, 0, attemptSize), &line) != nil || line.Tries < 1 || line.RT == "" || line.Provider != id {
		return attempt{}, nil, false, nil
	}
	var a answerLine
	rest := data[min(len(data), attemptSize+answerSize):]
	if json.Unmarshal(padded(data, attemptSize, answerSize), &a) != nil || a.Bytes < 0 || a.Bytes > len(rest) {
		return line, nil, true, nil
	}
	answer = rest[:a.Bytes]
	if sum := sha256.Sum256(answer); a.SHA256 != hex.EncodeToString(sum[:]) {
		return line, nil, true, nil
	}
	return line, answer, true, nil
}

func padded(data []byte, from, size int) []byte {
	if len(data) < from+size {
		return nil
	}
	return bytes.TrimRight(data[from:from+size], " \n\x00")
}

// claim locks the journal of a provider, where there is one that can be opened:
// errInFlight if another process has it. The caller unlocks it.
func (p place) claim(id string) (unlock func(), err error) {
	f, err := os.OpenFile(p.journal(id), os.O_RDWR|noFollow|noWait, 0)
	if err != nil {
		return func() {}, nil // what is wrong with it shows when it is read
	}
	if err := lockJournal(f); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

// lockJournal takes the lock of an open journal, which ends with the
// descriptor. A journal that was removed in the meantime is in flight too: its
// renewal has just ended, so it is time to look again.
func lockJournal(f *os.File) error {
	if err := tryLock(f); err != nil {
		return err
	}
	mine, err1 := f.Stat()
	named, err2 := os.Lstat(f.Name())
	if err1 != nil || err2 != nil || !os.SameFile(mine, named) {
		return errInFlight
	}
	return nil
}

// openJournal makes the journal, or takes up the one that is there, locks it,
// and makes sure that an answer will fit.
func (h *held) openJournal(line attempt) (*journal, error) {
	path := h.place.journal(line.Provider)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|noFollow|noWait, 0o600)
	if err != nil {
		return nil, err
	}
	j := &journal{f: f, path: path, line: line}
	info, err := f.Stat()
	if err == nil && (!info.Mode().IsRegular() || foreign(info)) {
		err = errorf(classIO, path, nil, "%s is not a file of ours", path)
	}
	if err == nil {
		err = lockJournal(f)
	}
	if err == nil && info.Size() > 0 && line.Tries == 0 {
		err = errInFlight // written since it was read
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	h.own(f)
	_ = f.Chmod(0o600) // 0600 since it was made, unless somebody changed it
	if err := atomicfile.Reserve(f, reserveSize); err != nil {
		if line.Tries == 0 {
			os.Remove(path)
		}
		f.Close()
		return nil, err
	}
	return j, nil
}

// attempt notes that the token is about to be sent, at the given time.
func (j *journal) attempt(at time.Time) error {
	if j.line.ID == "" {
		j.line.ID = rand.Text()[:8]
	}
	j.line.Tries++
	j.line.At = at.UTC()
	return j.write()
}

func (j *journal) write() error {
	line, err := json.Marshal(j.line)
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

// answer keeps what the server said.
func (j *journal) answer(raw []byte) error {
	sum := sha256.Sum256(raw)
	line, err := json.Marshal(answerLine{len(raw), hex.EncodeToString(sum[:])})
	if err != nil {
		return err
	}
	_, err = j.f.WriteAt(slices.Concat(fill(line, answerSize, 0), raw), attemptSize)
	return err
}

// undo takes back an attempt that surely spent nothing: the journal is as it
// was before, or gone.
func (j *journal) undo(before attempt) {
	if before.Tries == 0 {
		j.drop()
		return
	}
	j.line = before
	_ = j.write() // at worst one presentation too many is counted
	j.keep()
}

// keep leaves the journal for the next run.
func (j *journal) keep() { j.f.Close() }

// hold is keep for an answer that could not be saved otherwise.
func (j *journal) hold() {
	_ = j.f.Sync() // the save has failed already; this is the best that is left
	j.f.Close()
}

// drop ends the journal. It is removed before its lock goes.
func (j *journal) drop() {
	os.Remove(j.path)
	j.f.Close()
}

func (h *held) dropJournal(id string) { os.Remove(h.place.journal(id)) }
