package authfile

import (
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// Logins are those of a provider in the order in which they are asked with:
// the rows of its pool by priority, where they hold logins of their own, and
// the block in the place of the row that is its copy, else behind them. Those
// that are not to be asked now come last.
func (sn *Snapshot) Logins(id string) []Entry {
	block, found, _ := sn.entry(id)
	if found {
		block.Restorable = block.wiped() && sn.place.restorable(block)
	}
	all, behind := sn.inPool(id, &block)
	if found && !behind && !slices.ContainsFunc(all, func(e Entry) bool { return e.Row == "" }) {
		all = append(all, block)
	}
	now := time.Now()
	rank := func(e Entry) int {
		switch {
		case e.Usable(now):
			return 0
		case e.LoggedIn() && !e.Dead:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(all, func(a, b Entry) int { return rank(a) - rank(b) })
	return all
}

// inPool are the logins of the pool. A row that is a copy of the block stands for the block, and tells it its status.
// Where they came apart, the older pair was spent for the younger one, and is no login: behind says that it is the block's.
func (sn *Snapshot) inPool(id string, block *Entry) (all []Entry, behind bool) {
	if sn.alone || block.Provider != "" && block.Layout == Flat {
		return nil, false
	}
	rows := sn.ranked(id)
	for _, row := range rows {
		e, ok := readRow(id, row)
		if !ok {
			continue
		}
		e.Rests, e.Dead = rest(row, rows)
		e.Restorable = e.wiped() && sn.place.restorable(e)
		copied := block.RefreshToken != "" && e.RefreshToken == block.RefreshToken
		seeded := block.Provider != "" && sn.seededRow(row, *block)
		switch {
		case seeded && block.wiped() && !e.ObtainedAt.After(parseTime(block.LastError.At)): // of the grant that was refused
		case seeded && block.LoggedIn() && e.LoggedIn() && !copied && e.ObtainedAt.After(block.ObtainedAt):
			all, behind = append(all, e), true
		case copied, seeded && block.LoggedIn():
			block.Rests, block.Dead = e.Rests, e.Dead
			all = append(all, *block)
		default:
			all = append(all, e)
		}
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(e Entry) bool {
		again := seen[e.Row]
		seen[e.Row] = true
		return again
	}), behind
}

// seededRow reports whether Hermes Agent made a row out of the block.
func (sn *Snapshot) seededRow(row gjson.Result, block Entry) bool {
	source, _ := last(row, "source")
	return text(source) == block.Layout.shape().row
}

// readRow reads a row that holds a login of its own. The rows of MiniMax only repeat what its block said one day, others
// point at a file.
func readRow(id string, row gjson.Result) (Entry, bool) {
	name, _ := last(row, "id")
	kind, _ := last(row, "auth_type")
	source, _ := last(row, "source")
	own := strings.HasSuffix(text(source), "device_code") || strings.HasSuffix(text(source), "_pkce")
	if !own || text(kind) != "oauth" || text(name) == "" {
		return Entry{}, false
	}
	twice := ""
	e := Entry{Layout: Row}
	e.read(row, Row.shape().fields, "", &twice)
	e.Provider, e.Row = id, text(name)
	e.expiry()
	if status(row) == "dead" {
		code, _ := last(row, "last_error_reason")
		message, _ := last(row, "last_error_message")
		at, _ := last(row, "last_status_at")
		e.LastError = &LastError{Provider: id, Code: text(code), Message: text(message), ReloginRequired: true, At: formatTime(readTime(at))}
	}
	return e, true
}

// entry is the login of that key. It also names a key that stands twice on the way to what it reads.
func (sn *Snapshot) entry(key string) (e Entry, found bool, twice string) {
	id, row, _ := strings.Cut(key, rowMark)
	if row != "" {
		i := sn.row(id, row)
		if i < 0 {
			return Entry{}, false, ""
		}
		e, found = readRow(id, sn.rows(id)[i])
		return e, found, ""
	}
	block, n := last(sn.providers, id)
	if sn.alone {
		block, n = gjson.ParseBytes(sn.data), 1
	}
	if n > 1 {
		twice = id
	}
	if !block.IsObject() {
		return Entry{}, false, twice
	}
	e, again := readEntry(id, block, sn.alone)
	if again != "" {
		twice = again
	}
	return e, true, twice
}

// row is the index of a row of that id, -1 without one.
func (sn *Snapshot) row(id, row string) int {
	return slices.IndexFunc(sn.rows(id), func(r gjson.Result) bool {
		name, _ := last(r, "id")
		return text(name) == row
	})
}
