package authfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"

	"hermes/authfile/atomicfile"
)

const (
	journalName = "auth.json.pending"
	memoName    = "auth.refresh.json"
	copyName    = "auth.json.last"
	reserved    = 64 << 10 // bytes that an answer may take
)

// fingerprint stands for a refresh token where only equality matters.
func fingerprint(rt string) string {
	sum := sha256.Sum256([]byte("rt\x00" + rt))
	return hex.EncodeToString(sum[:6])
}

// attemptLine is the journal's first line: which token was presented, when. What follows is the server's raw answer.
type attemptLine struct {
	RT       string    `json:"rt"`
	Provider string    `json:"provider"`
	At       time.Time `json:"at"`
}

// journal is the file that a renewal writes before anything else, so that an answer is never only in memory.
type journal struct {
	f    *os.File
	path string
	head int64
}

func (h *held) openJournal(id, rt string) (*journal, error) {
	path := h.beside(journalName)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(path, lockFlags|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	line, err := json.Marshal(attemptLine{fingerprint(rt), id, time.Now().UTC()})
	if err == nil {
		err = atomicfile.Reserve(f, reserved)
	}
	if err == nil {
		_, err = f.WriteAt(append(line, '\n'), 0)
	}
	if err != nil {
		f.Close()
		os.Remove(path)
		return nil, err
	}
	return &journal{f, path, int64(len(line) + 1)}, nil
}

// answer is the first thing that happens to an answer.
func (j *journal) answer(raw []byte) error {
	_, err := j.f.WriteAt(append(bytes.Clone(raw), 0), j.head)
	return err
}

func (j *journal) close() { j.f.Close() }

func (j *journal) drop() {
	j.f.Close()
	os.Remove(j.path)
}

// readJournal returns what a renewal that did not finish left behind; ok is false when there is none.
func (h *held) readJournal() (line attemptLine, raw []byte, ok bool) {
	data, err := readRegular(h.beside(journalName))
	if err != nil || len(data) == 0 {
		return line, nil, false
	}
	first, rest, _ := bytes.Cut(data, []byte("\n"))
	if json.Unmarshal(first, &line) != nil {
		return line, nil, false
	}
	raw, _, _ = bytes.Cut(rest, []byte{0})
	if !json.Valid(raw) {
		raw = nil
	}
	return line, raw, true
}

// memo is a failure that those who waited for it share.
type memo struct {
	Gen      int64     `json:"gen"`
	RT       string    `json:"rt"`
	Class    string    `json:"class"`
	Outcome  Outcome   `json:"outcome"`
	HTTP     int       `json:"http"`
	Code     string    `json:"oauth_error"`
	Message  string    `json:"message"`
	At       time.Time `json:"at"`
	Terminal bool      `json:"terminal"`
}

// memoLife is how long a passing failure is shared with those who come later.
const memoLife = 2 * time.Second

func (s *Store) readMemo(path string) memo {
	var m memo
	if data, err := readRegular(path); err == nil && json.Unmarshal(data, &m) != nil {
		return memo{}
	}
	return m
}

// stands reports whether the failure is also ours: it met the same token, and either for good, or while we waited, or
// just now.
func (m memo) stands(rt string, gen int64, now time.Time) bool {
	if m.RT != fingerprint(rt) || m.Gen == 0 {
		return false
	}
	age := now.Sub(m.At)
	return m.Terminal || m.Gen != gen || age >= 0 && age < memoLife
}

func (m memo) err() error {
	return &PostError{Outcome: m.Outcome, Code: m.Code, Message: m.Message, HTTPStatus: m.HTTP, ErrClass: m.Class}
}

func (h *held) remember(rt string, e *PostError) {
	path := h.beside(memoName)
	m := memo{
		Gen: h.s.readMemo(path).Gen + 1, RT: fingerprint(rt), Class: e.Class(), Outcome: e.Outcome, HTTP: e.HTTPStatus,
		Code: e.Code, Message: e.Message, At: time.Now().UTC(), Terminal: e.Outcome == Refused,
	}
	if data, err := json.Marshal(m); err == nil {
		_ = atomicfile.Write(path, data, atomicfile.Options{Mode: 0o600}) // best effort: others then ask for themselves
	}
}

// lastGood is our own copy of the pair saved last, for the day that another program wipes it.
type lastGood struct {
	Provider     string    `json:"provider"`
	AccessToken  string    `json:"access_token"`
	RefreshToken string    `json:"refresh_token"`
	ObtainedAt   time.Time `json:"obtained_at"`
	ExpiresAt    time.Time `json:"expires_at"`
	ExpiresIn    int64     `json:"expires_in"`
}

func (h *held) keepCopy(e Entry) {
	c := lastGood{e.Provider, e.AccessToken, e.RefreshToken, e.ObtainedAt, e.ExpiresAt, e.ExpiresIn}
	if data, err := json.Marshal(c); err == nil {
		_ = atomicfile.Write(h.beside(copyName), data, atomicfile.Options{Mode: 0o600}) // best effort: a second line
	}
}

func (h *held) dropCopy() { os.Remove(h.beside(copyName)) }

// wiped returns our last good pair when another program has quarantined the login after we saved it. Our own quarantine
// drops the copy, so that it is never put back against the server's word, and it is used once.
func (h *held) wiped(e Entry) (Entry, bool) {
	if e.LoggedIn() || e.LastError == nil {
		return e, false
	}
	data, err := readRegular(h.beside(copyName))
	var c lastGood
	if err != nil || json.Unmarshal(data, &c) != nil || c.Provider != e.Provider || c.RefreshToken == "" {
		return e, false
	}
	h.dropCopy()
	if at := parseTime(e.LastError.At); at.IsZero() || at.Before(c.ObtainedAt) {
		return e, false
	}
	e.AccessToken, e.RefreshToken, e.ObtainedAt, e.ExpiresAt, e.ExpiresIn = c.AccessToken, c.RefreshToken, c.ObtainedAt, c.ExpiresAt, c.ExpiresIn
	return e, true
}
