package authfile

import (
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"hermes/authfile/journal"
)

// Snapshot is the store at one moment. It does not change.
type Snapshot struct {
	place     place
	missing   bool
	alone     bool      // the document is one login
	data      []byte    // without byte order mark
	at        time.Time // of the reading
	providers gjson.Result
	pool      gjson.Result
	active    gjson.Result
}

// Active is active_provider, or "".
func (sn *Snapshot) Active() string {
	return text(sn.active)
}

// IDs are the providers that have a block, in the order of the file.
func (sn *Snapshot) IDs() []string {
	var ids []string
	each(sn.providers, func(key string, _ gjson.Result) { ids = append(ids, key) })
	return ids
}

// PoolCount is the number of pool rows of a provider.
func (sn *Snapshot) PoolCount(id string) int { return len(sn.rows(id)) }

func (sn *Snapshot) suppressed(id string) bool {
	marks, _ := last(gjson.ParseBytes(sn.data), "suppressed_sources")
	_, n := last(marks, id)
	return n > 0
}

func (sn *Snapshot) rows(id string) []gjson.Result {
	if rows, _ := last(sn.pool, id); rows.IsArray() {
		return rows.Array()
	}
	return nil
}

// Secrets are the tokens and keys of the store, for whoever has to hide them.
func (sn *Snapshot) Secrets() []string {
	var all []string
	take := func(object gjson.Result) {
		for _, name := range []string{"access_token", "refresh_token", "agent_key", "id_token"} {
			if v, _ := last(object, name); text(v) != "" {
				all = append(all, text(v))
			}
		}
	}
	each(sn.providers, func(_ string, block gjson.Result) {
		tokens, _ := last(block, "tokens")
		take(block)
		take(tokens)
	})
	each(sn.pool, func(_ string, rows gjson.Result) {
		for _, row := range rows.Array() {
			take(row)
		}
	})
	return all
}

// Entry is the login of a provider that is asked with first; false when it has
// none. A field of an unexpected type reads as absent.
//
// For one whose tokens were taken out it also looks beside the store, at
// the time of the call, see Entry.Restorable.
func (sn *Snapshot) Entry(id string) (Entry, bool) {
	all := sn.Logins(id)
	if len(all) == 0 {
		return Entry{}, false
	}
	return all[0], true
}

// restorable says whether a wiped login can be put back. Nothing is locked: the
// renewal looks again.
func (p place) restorable(e Entry) bool {
	if c, ok := p.readLast(e.key()); ok && c.wipedAfter(e) {
		return true
	}
	if _, ok := p.newerShared(e); ok {
		return true
	}
	_, answer, _, err := journal.Read(p.journal(e.key()), e.key())
	return err == nil && answer != nil
}

func text(value gjson.Result) string {
	if value.Type == gjson.String {
		return value.Str
	}
	return ""
}

func readLastError(value gjson.Result) *LastError {
	if !value.IsObject() {
		return nil
	}
	l := &LastError{}
	each(value, func(key string, v gjson.Result) {
		switch key {
		case "provider":
			l.Provider = v.String()
		case "code":
			l.Code = v.String()
		case "message":
			l.Message = v.String()
		case "reason":
			l.Reason = v.String()
		case "relogin_required":
			l.ReloginRequired = v.Bool()
		case "at":
			l.At = v.String()
		}
	})
	return l
}

// each walks an object. Keys come decoded: unlike a path of gjson no character
// in a key means anything.
func each(object gjson.Result, f func(key string, value gjson.Result)) {
	if !object.IsObject() {
		return
	}
	object.ForEach(func(key, value gjson.Result) bool {
		f(key.Str, value)
		return true
	})
}

// last is the value of the last member of that name, which is the one that
// Python and encoding/json see, and how many there are.
func last(object gjson.Result, name string) (value gjson.Result, n int) {
	each(object, func(key string, v gjson.Result) {
		if key == name {
			value, n = v, n+1
		}
	})
	return value, n
}

// readTime understands ISO 8601 with and without offset, and numbers as Unix
// seconds or milliseconds where they fall into this age. Else zero: unknown.
func readTime(value gjson.Result) time.Time {
	switch value.Type {
	case gjson.String:
		return parseTime(value.Str)
	case gjson.Number:
		const young, old = 1e9, 1e10 // seconds: 2001 and 2286
		switch n := value.Num; {
		case n >= young && n < old:
			return time.UnixMilli(int64(n * 1000)).UTC()
		case n >= young*1000 && n < old*1000:
			return time.UnixMilli(int64(n)).UTC()
		}
	}
	return time.Time{}
}

// parseTime reads what Python's isoformat writes. A time without offset is
// local: so Hermes Agent reads it for MiniMax.
func parseTime(s string) time.Time {
	s = strings.Replace(s, " ", "T", 1)
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t, err = time.ParseInLocation("2006-01-02T15:04:05.999999999", s, time.Local)
	}
	t = t.UTC()
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// formatTime writes a time as Hermes Agent does: "+00:00", and a fraction of
// six digits or none.
func formatTime(t time.Time) string {
	t = t.UTC()
	if t.Nanosecond()/1000 == 0 {
		return t.Format("2006-01-02T15:04:05+00:00")
	}
	return t.Format("2006-01-02T15:04:05.000000+00:00")
}

// seconds is a duration that cannot overflow.
func seconds(n int64) time.Duration {
	return time.Duration(min(max(n, 0), 1<<32)) * time.Second
}
