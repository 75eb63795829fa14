package authfile

import (
	"encoding/json"
	"os"
	"time"

	"hermes/authfile/atomicfile"
	"hermes/authfile/journal"
)

// memo is a provider's last failed renewal. Those who waited for it share it,
// so that a hundred waiters ask a dead server once. It holds no secret.
type memo struct {
	Gen       int64     `json:"gen"` // grows by one each time
	RT        string    `json:"rt"`  // fingerprint
	Provider  string    `json:"provider"`
	Class     string    `json:"class"`
	Outcome   string    `json:"outcome"`
	HTTP      int       `json:"http"`
	Code      string    `json:"oauth_error"`
	Message   string    `json:"message"`
	At        time.Time `json:"at"`
	Confirmed bool      `json:"believed"` // a refusal that nothing contradicted: the grant is quarantined
	CutOff    time.Time `json:"cut_off"`  // when the same token was sent before without an answer; zero: never
}

const (
	memoLife = 2 * time.Second // in which arrivals share a passing failure
	maxMemo  = 64 << 10

	// confirmAfter is how long a refusal may be contradicted, with the lock let go:
	// another program may hold a newer grant and need the lock to save it.
	confirmAfter = 3 * time.Second
)

// readMemo returns the zero memo when there is none that can be read: then
// everybody asks for himself.
func (p place) readMemo(id string) memo {
	var m memo
	data, err := atomicfile.Read(p.memo(id), maxMemo)
	if err != nil || json.Unmarshal(data, &m) != nil || m.Provider != id {
		return memo{}
	}
	return m
}

// about says whether the failure was met with this token.
func (m memo) about(rt string) bool {
	return m.Gen != 0 && m.RT == journal.Fingerprint(rt)
}

// unconfirmed is the time until which a refusal may be contradicted, zero when
// that is over. A time in the future is that of a clock that was turned back.
func (m memo) unconfirmed(now time.Time, d time.Duration) time.Time {
	if age := now.Sub(m.At); m.Confirmed || age < 0 || age >= d {
		return time.Time{}
	}
	return m.At.Add(d)
}

// binds says whether the failure is ours too: it is final, or it came while we
// waited (gen is what we saw before), or just now.
func (m memo) binds(gen int64, now time.Time) bool {
	age := now.Sub(m.At)
	return m.terminal() || m.Gen != gen || (age >= 0 && age < memoLife)
}

func (m memo) terminal() bool { return m.Outcome == Refused.String() }

func (m memo) failure() *PostError {
	e := &PostError{Code: m.Code, Message: m.Message, HTTPStatus: m.HTTP, ErrClass: m.Class}
	for o := Unknown; o <= Denied; o++ {
		if o.String() == m.Outcome {
			e.Outcome = o
		}
	}
	return e
}

// remember shares a failure. It does what it can: without it every waiter asks
// for himself. It returns what it wrote.
func (h *held) remember(id, rt string, e *PostError, cutOff time.Time) memo {
	m := memo{
		Gen: h.place.readMemo(id).Gen + 1, RT: journal.Fingerprint(rt), Provider: id, Class: e.Class(), Outcome: e.Outcome.String(),
		HTTP: e.HTTPStatus, Code: e.Code, Message: e.Message, At: time.Now().UTC(), CutOff: cutOff.UTC(),
	}
	h.writeBeside(h.place.memo(id), m)
	return m
}

// confirm notes that nothing contradicted a refusal.
func (h *held) confirm(m memo) {
	m.Confirmed = true
	h.writeBeside(h.place.memo(m.Provider), m)
}

func (h *held) forget(id string) { os.Remove(h.place.memo(id)) }
