package oneshot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"hermes/oneshot/output"
)

// Fingerprint stands for all that decides what a run asks: its input, whom it asks, and with which settings.
type Fingerprint struct {
	Known string // of an earlier run, "" for none
	Now   string // of this run, once its input is read
}

// same takes the fingerprint of the run, and reports whether it is the known one: then there is nothing to do.
func (r *run) same(t Target) bool {
	f := r.job.IfChanged
	if f == nil {
		return false
	}
	raw, err := json.Marshal(struct {
		Provider, Model, Origin string
		Params                  Params
		Schema                  json.RawMessage
		Extract                 Fence
		Input                   string
		Turns                   any
	}{t.Provider, t.Model, t.Origin, r.job.Params, r.job.Schema.Source(), r.job.Extract, r.in.Told().SHA256, r.in.Turns})
	if err != nil { // what has no form is never the same
		return false
	}
	sum := sha256.Sum256(raw)
	f.Now = hex.EncodeToString(sum[:])
	if f.Now != f.Known {
		return false
	}
	r.set(func(s *state) { s.unchanged, s.finish = true, output.FinishStop })
	return true
}
