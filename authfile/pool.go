package authfile

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// mirror keeps the rows seeded from the block in step with it, as the next
// start of Hermes Agent would. The row of the login itself keeps the pair of
// that day: Hermes Agent leaves it so.
func (d *document) mirror(sn *Snapshot, e Entry) {
	shape := e.Layout.shape()
	for i, row := range sn.rows(e.Provider) {
		if source, _ := last(row, "source"); source.String() == shape.row {
			d.write(e, shape.rows, 0, "credential_pool", e.Provider, strconv.Itoa(i))
		}
	}
}

// loginRow puts the row of a login in step with it, or adds one, with the keys
// and the order of Hermes Agent: the six of the status are always there.
func (d *document) loginRow(sn *Snapshot, e Entry) {
	if !e.Layout.shape().loginRow {
		return
	}
	fresh := object{{"access_token", e.AccessToken}, {"refresh_token", e.RefreshToken}}
	for _, key := range []string{"status", "status_at", "error_code", "error_reason", "error_message", "error_reset_at"} {
		fresh = append(fresh, pair{"last_" + key, nil})
	}
	fresh = append(fresh, pair{"base_url", e.InferenceBaseURL})
	source, rows := "manual:"+strings.ReplaceAll(e.Provider, "-", "_"), sn.rows(e.Provider)
	for i, row := range rows {
		if s, _ := last(row, "source"); s.String() != source {
			continue
		}
		for _, p := range fresh {
			d.set(p.value, "credential_pool", e.Provider, strconv.Itoa(i), p.key)
		}
		return
	}
	var id [3]byte
	_, _ = rand.Read(id[:]) // never fails, says its documentation
	row := append(object{
		{"id", hex.EncodeToString(id[:])},
		{"label", rowLabel(e, len(rows)+1)},
		{"auth_type", "oauth"},
		{"priority", len(rows)},
		{"source", source},
	}, fresh...)
	d.push(append(row, pair{"request_count", 0}), "credential_pool", e.Provider)
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
