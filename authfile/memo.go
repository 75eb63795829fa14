package authfile

import (
	"encoding/json"
	"os"
	"time"

	"hermes/authfile/atomicfile"
)

// memo is the last failed renewal. Those who waited for it share it, so that a
// hundred waiters ask a dead server once. It holds no secret.
type memo struct {
	Gen      int64     `json:"gen"` // grows by one each time
	RT       string    `json:"rt"`  // fingerprint
	Provider string    `json:"provider"`
	Class    string    `json:"class"`
	Outcome  string    `json:"outcome"`
	HTTP     int       `json:"http"`
	Code     string    `json:"oauth_error"`
	Message  string    `json:"message"`
	At       time.Time `json:"at"`
}

const (
	memoLife = 2 * time.Second // in which arrivals share a passing failure
	maxMemo  = 64 << 10
)

// readMemo returns the zero memo when there is none that can be read: then
// everybody asks for himself.
func (p place) readMemo() memo {
	var m memo
	data, err := slurp(p.memo(), maxMemo)
	if err != nil || json.Unmarshal(data, &m) != nil {
		return memo{}
	}
	return m
}

// about says whether the failure was met with this token.
func (m memo) about(id, rt string) bool {
	return m.Gen != 0 && m.Provider == id && m.RT == fingerprint(rt)
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
// for himself.
func (h *held) remember(id, rt string, e *PostError) {
	m := memo{
		Gen: h.place.readMemo().Gen + 1, RT: fingerprint(rt), Provider: id, Class: e.Class(), Outcome: e.Outcome.String(),
		HTTP: e.HTTPStatus, Code: e.Code, Message: e.Message, At: time.Now().UTC(),
	}
	data, err := json.Marshal(m)
	if err != nil {
		return
	}
	o := h.place.options()
	o.NoSync = true
	_ = atomicfile.Write(h.place.memo(), append(data, '\n'), o)
}

func (h *held) forget() { os.Remove(h.place.memo()) }
