package authfile

import (
	"encoding/json"
	"os"
	"time"

	"hermes/authfile/atomicfile"
	"hermes/authfile/journal"
)

// lastGood is a private copy of the pair that this program saved last. Hermes
// Agent saves a block as it read it before its request: when it loses a race
// for a renewal it takes the tokens out of the block that the winner has just
// written, or writes the spent ones over them. Then the pair is put back from
// here, as often as that happens. A refusal that we met ourselves drops the
// copy, so nothing comes back against the server's word.
type lastGood struct {
	Provider     string    `json:"provider"`
	AccessToken  string    `json:"access_token"`
	RefreshToken string    `json:"refresh_token"`
	ObtainedAt   time.Time `json:"obtained_at"`
	ExpiresAt    time.Time `json:"expires_at"`
	ExpiresIn    int64     `json:"expires_in"`
	SavedAt      time.Time `json:"saved_at"`
	Replaced     string    `json:"replaced,omitempty"` // fingerprint of the refresh token that was spent for it
}

// keepLast is best effort: it is the second line of defence. spent is the
// refresh token that the pair was got for, "" for a login.
func (h *held) keepLast(e Entry, spent string) {
	c := lastGood{
		e.key(), e.AccessToken, e.RefreshToken, e.ObtainedAt, e.ExpiresAt, e.ExpiresIn, time.Now().UTC(), "",
	}
	if spent != "" && spent != e.RefreshToken {
		c.Replaced = journal.Fingerprint(spent)
	}
	h.writeBeside(h.place.lastGood(c.Provider), c)
}

// writeBeside writes a small file that may be missing or lost. It must be a
// file: whatever else has the name is left alone.
func (h *held) writeBeside(path string, v any) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return
	}
	data, err := json.Marshal(v)
	if err != nil {
		return
	}
	o := h.place.options()
	o.NoSync = true
	_ = atomicfile.Write(path, append(data, '\n'), o)
}

func (h *held) dropLast(id string) { os.Remove(h.place.lastGood(id)) }

func (p place) readLast(id string) (lastGood, bool) {
	for _, path := range []string{p.lastGood(id), p.oldLastGood()} {
		var c lastGood
		data, err := atomicfile.Read(path, maxMemo)
		if err == nil && json.Unmarshal(data, &c) == nil && c.Provider == id && c.RefreshToken != "" {
			return c, true
		}
	}
	return lastGood{}, false
}

// undone says whether another program has put a state into the store that is
// older than this pair: the tokens taken out, or the spent ones.
func (c lastGood) undone(e Entry) bool {
	if e.RefreshToken != "" {
		return c.Replaced != "" && c.Replaced == journal.Fingerprint(e.RefreshToken)
	}
	return c.wipedAfter(e)
}

// wipedAfter says whether another program took the tokens out after this pair
// was asked for. The refusal may be older than our save: only the writing of it
// had to wait for our lock.
func (c lastGood) wipedAfter(e Entry) bool {
	if !e.wiped() {
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
