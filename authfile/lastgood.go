package authfile

import (
	"encoding/json"
	"os"
	"time"

	"hermes/authfile/atomicfile"
)

// lastGood is a private copy of the pair that was saved last. Hermes Agent,
// when it loses a race for a renewal, takes the tokens out of the block that
// the winner has just written; then they are put back from here, once. A
// refusal that we met ourselves drops the copy, so nothing comes back against
// the server's word.
type lastGood struct {
	Provider     string    `json:"provider"`
	AccessToken  string    `json:"access_token"`
	RefreshToken string    `json:"refresh_token"`
	ObtainedAt   time.Time `json:"obtained_at"`
	ExpiresAt    time.Time `json:"expires_at"`
	ExpiresIn    int64     `json:"expires_in"`
	SavedAt      time.Time `json:"saved_at"`
}

// keepLast is best effort: it is the second line of defence.
func (h *held) keepLast(e Entry) {
	data, err := json.Marshal(lastGood{
		e.Provider, e.AccessToken, e.RefreshToken, e.ObtainedAt, e.ExpiresAt, e.ExpiresIn, time.Now().UTC(),
	})
	if err != nil {
		return
	}
	o := h.place.options()
	o.NoSync = true
	_ = atomicfile.Write(h.place.lastGood(), append(data, '\n'), o)
}

func (h *held) dropLast() { os.Remove(h.place.lastGood()) }

func (p place) readLast(id string) (lastGood, bool) {
	var c lastGood
	data, err := slurp(p.lastGood(), maxMemo)
	if err != nil || json.Unmarshal(data, &c) != nil || c.Provider != id || c.RefreshToken == "" {
		return c, false
	}
	return c, true
}

// wipedAfter says whether another program took the tokens out after this pair
// was asked for. The refusal may be older than our save: only the writing of it
// had to wait for our lock.
func (c lastGood) wipedAfter(e Entry) bool {
	if e.LoggedIn() || e.LastError == nil || !e.LastError.ReloginRequired {
		return false
	}
	at := parseTime(e.LastError.At)
	return !at.IsZero() && !at.Before(c.ObtainedAt.Truncate(time.Second))
}

func (c lastGood) into(e Entry) Entry {
	e.AccessToken, e.RefreshToken, e.LastError = c.AccessToken, c.RefreshToken, nil
	e.ObtainedAt, e.ExpiresAt, e.ExpiresIn = c.ObtainedAt, c.ExpiresAt, c.ExpiresIn
	return e
}
