package authfile

import (
	"cmp"
	"log/slog"
	"slices"
	"time"

	"github.com/tidwall/gjson"
)

// Key is an API key that stands in a row of the pool.
type Key struct {
	ID, Label string
	Value     string    // secret
	BaseURL   string    // that the key was stored with, "" for none
	Rests     time.Time // the row is not to be asked before; zero: it may be asked now
	Dead      bool      // it was refused for good
}

// String keeps the key out of %v and %+v.
func (k Key) String() string { return "key " + k.ID }

// GoString keeps the key out of %#v.
func (k Key) GoString() string { return "authfile.Key{" + k.ID + "}" }

// LogValue keeps the key out of structured logs.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// Keys are the API keys in the pool of a provider, by priority. Rows without a secret, which stand for a variable
// or for another program's file, are left out.
func (sn *Snapshot) Keys(id string) []Key {
	var all []Key
	rows := sn.ranked(id)
	for _, row := range rows {
		if kind, _ := last(row, "auth_type"); text(kind) == "oauth" {
			continue
		}
		value, _ := last(row, "access_token")
		if text(value) == "" {
			continue
		}
		name, _ := last(row, "id")
		label, _ := last(row, "label")
		base, _ := last(row, "base_url")
		k := Key{ID: text(name), Label: text(label), Value: text(value), BaseURL: text(base)}
		k.Rests, k.Dead = rest(row, rows)
		all = append(all, k)
	}
	return all
}

// ranked are the rows of a provider in the order in which Hermes Agent asks them: by priority, those of the same one as they stand.
func (sn *Snapshot) ranked(id string) []gjson.Result {
	rows := slices.Clone(sn.rows(id))
	priority := func(row gjson.Result) float64 {
		p, _ := last(row, "priority")
		return p.Num
	}
	slices.SortStableFunc(rows, func(a, b gjson.Result) int { return cmp.Compare(priority(a), priority(b)) })
	return rows
}

const (
	restRefused = 5 * time.Minute // of a row that a server answered with 401
	restOther   = time.Hour       // of one whose quota was used up
	restSole    = time.Minute     // of the only row that lives, but for one without money
)

// rest reads the status that Hermes Agent keeps in a row (logins §8): until when it is not to be asked, and whether it never
// is. The zero time may lie in the past for both.
func rest(row gjson.Result, all []gjson.Result) (until time.Time, dead bool) {
	switch status(row) {
	case "dead":
		return time.Time{}, true
	case "exhausted":
	default:
		return time.Time{}, false
	}
	reset, _ := last(row, "last_error_reset_at")
	if at := readTime(reset); !at.IsZero() {
		return at, false
	}
	began, _ := last(row, "last_status_at")
	code, _ := last(row, "last_error_code")
	sole := !slices.ContainsFunc(all, func(other gjson.Result) bool { return other.Index != row.Index && status(other) != "dead" })
	pause := restOther
	switch {
	case sole && code.Int() != 402:
		pause = restSole
	case code.Int() == 401:
		pause = restRefused
	}
	return readTime(began).Add(pause), false
}

func status(row gjson.Result) string {
	s, _ := last(row, "last_status")
	return text(s)
}
