package authfile

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// mirror keeps the copies of a login in step with it: the rows seeded from its block, as the next start of Hermes Agent
// would, and whatever holds the refresh token that was spent. The row that MiniMax's login made keeps the pair of that
// day: Hermes Agent leaves it so.
func (d *document) mirror(sn *Snapshot, was, e Entry) {
	if sn.alone {
		return
	}
	shape := e.Layout.shape()
	spent := func(token string) bool { return token != "" && token == was.RefreshToken && e.Layout != Flat }
	for i, row := range sn.rows(e.Provider) {
		name, _ := last(row, "id")
		source, _ := last(row, "source")
		held, _ := last(row, "refresh_token")
		if (e.Row == "" || text(name) != e.Row) && (e.Row == "" && e.Layout != Row && text(source) == shape.row || spent(text(held))) {
			d.write(e, shape.rows, 0, "credential_pool", e.Provider, strconv.Itoa(i))
		}
	}
	block, found, _ := sn.entry(e.Provider)
	if own := sn.row(e.Provider, e.Row); found && e.Row != "" && own >= 0 && (spent(block.RefreshToken) || sn.seededRow(sn.rows(e.Provider)[own], block)) {
		d.write(e, block.Layout.shape().fields, onRenewal, "providers", e.Provider)
	}
}

// loginRow puts the row of a login in step with it, or adds one, with the keys and the order of Hermes Agent: the six of the
// status are always there. Rows of the provider's that were emptied make room.
func (d *document) loginRow(sn *Snapshot, e Entry) {
	shape := e.Layout.shape()
	source := shape.login
	if source == "manual" {
		source = "manual:" + strings.ReplaceAll(e.Provider, "-", "_")
	}
	if source == "" {
		return
	}
	fresh := rowOf(e, shape)
	rows := sn.rows(e.Provider)
	for i, row := range rows {
		if s, _ := last(row, "source"); e.Layout == Row || text(s) != source {
			continue
		}
		for _, p := range fresh {
			if p.key == "request_count" {
				continue
			}
			d.set(p.value, "credential_pool", e.Provider, strconv.Itoa(i), p.key)
		}
		return
	}
	next, kept := 0, len(rows)
	for i, row := range slices.Backward(rows) {
		if old, ok := readRow(e.Provider, row); ok && !old.LoggedIn() && e.Layout == Row {
			d.remove("credential_pool", e.Provider, strconv.Itoa(i))
			kept--
			continue
		}
		priority, _ := last(row, "priority")
		next = max(next, int(priority.Int())+1)
	}
	id, label := e.Row, cmp.Or(e.Label, rowLabel(e, kept+1))
	if e.Layout == Keyed {
		label = cmp.Or(e.Label, source)
	}
	row := append(object{
		{"id", cmp.Or(id, randomID())},
		{"label", label},
		{"auth_type", "oauth"},
		{"priority", next},
		{"source", source},
	}, fresh...)
	d.push(row, "credential_pool", e.Provider)
}

// rowOf is what of a row is the login's.
func rowOf(e Entry, s shape) object {
	fresh := object{{"access_token", e.AccessToken}, {"refresh_token", e.RefreshToken}}
	for _, key := range []string{"status", "status_at", "error_code", "error_reason", "error_message", "error_reset_at"} {
		fresh = append(fresh, pair{"last_" + key, nil})
	}
	if e.Layout != Keyed {
		fresh = append(fresh, pair{"base_url", e.InferenceBaseURL})
	}
	counted := false
	for _, f := range s.rows {
		if e.Layout == Flat || f.path == "access_token" || f.path == "refresh_token" {
			continue
		}
		if f.path == "tls" {
			fresh, counted = append(fresh, pair{"request_count", 0}), true
		}
		fresh = append(fresh, pair{f.path, f.value(e)})
	}
	if !counted {
		fresh = append(fresh, pair{"request_count", 0})
	}
	if e.Layout == Row && e.PortalBaseURL != "" {
		fresh = append(fresh, pair{"portal_base_url", e.PortalBaseURL})
	}
	return fresh
}

// randomID is one of a row, six hexadecimal digits as Hermes Agent makes them.
func randomID() string {
	var id [3]byte
	_, _ = rand.Read(id[:]) // never fails, says its documentation
	return hex.EncodeToString(id[:])
}

// rowLabel is the name in an access token that is a JWT, else a counted one.
func rowLabel(e Entry, n int) string {
	for _, key := range []string{"email", "preferred_username", "upn"} {
		if name, _ := claims(e.AccessToken)[key].(string); name != "" {
			return name
		}
	}
	return fmt.Sprintf("%s-oauth-%d", e.Provider, n)
}

// suppress keeps Hermes Agent from seeding rows again for a login that is gone.
// The legacy shape is an object with the sources as keys.
func (d *document) suppress(id string, sources []string) {
	for _, source := range sources {
		known := gjson.Parse(d.find("suppressed_sources", id))
		if known.IsObject() {
			d.set(true, "suppressed_sources", id, source)
		} else if !slices.ContainsFunc(known.Array(), func(v gjson.Result) bool { return text(v) == source }) {
			d.push(source, "suppressed_sources", id)
		}
	}
}

// unsuppress lifts that for a login, and removes what is empty then.
func (d *document) unsuppress(id string) {
	if d.find("suppressed_sources", id) == "" {
		return
	}
	d.remove("suppressed_sources", id)
	if l, err := parseList(d.find("suppressed_sources")); err == nil && len(l.members) == 0 {
		d.remove("suppressed_sources")
	}
}
