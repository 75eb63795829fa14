package authfile

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// mirrorSource is the source of the pool row that Hermes Agent seeds from a
// block and keeps equal to it.
const mirrorSource = "oauth"

// manualSource is the source of the row that `hermes auth add` makes.
func manualSource(id string) string { return "manual:" + strings.ReplaceAll(id, "-", "_") }

// mirror keeps the rows seeded from the block in step with it, as the next
// start of Hermes Agent would. The row of the login itself keeps the pair of
// that day: Hermes Agent leaves it so.
func (d *document) mirror(sn *Snapshot, e Entry) error {
	for i, row := range sn.rows(e.Provider) {
		if source, _ := last(row, "source"); source.String() != mirrorSource {
			continue
		}
		at := func(key string) []string { return []string{"credential_pool", e.Provider, strconv.Itoa(i), key} }
		pairs := object{{"access_token", e.AccessToken}, {"refresh_token", e.RefreshToken}, {"expires_at_ms", millis(e.ExpiresAt)}}
		for _, p := range pairs {
			if err := d.set(p.value, at(p.key)...); err != nil {
				return err
			}
		}
	}
	return nil
}

func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// loginRow puts the row of a login in step with it, or adds one with the keys
// and the order of Hermes Agent.
func (d *document) loginRow(sn *Snapshot, e Entry) error {
	rows := sn.rows(e.Provider)
	for i, row := range rows {
		if source, _ := last(row, "source"); source.String() != manualSource(e.Provider) {
			continue
		}
		fresh := append(object{{"access_token", e.AccessToken}, {"refresh_token", e.RefreshToken}}, noStatus()...)
		for _, p := range append(fresh, pair{"base_url", e.InferenceBaseURL}) {
			if err := d.set(p.value, "credential_pool", e.Provider, strconv.Itoa(i), p.key); err != nil {
				return err
			}
		}
		return nil
	}
	var id [3]byte
	_, _ = rand.Read(id[:]) // never fails, says its documentation
	row := object{
		{"id", hex.EncodeToString(id[:])},
		{"label", rowLabel(e, len(rows)+1)},
		{"auth_type", "oauth"},
		{"priority", len(rows)},
		{"source", manualSource(e.Provider)},
		{"access_token", e.AccessToken},
		{"refresh_token", e.RefreshToken},
	}
	row = append(append(row, noStatus()...), pair{"base_url", e.InferenceBaseURL}, pair{"request_count", 0})
	return d.push(row, "credential_pool", e.Provider)
}

// noStatus are the six keys that Hermes Agent always writes.
func noStatus() object {
	return object{
		{"last_status", nil},
		{"last_status_at", nil},
		{"last_error_code", nil},
		{"last_error_reason", nil},
		{"last_error_message", nil},
		{"last_error_reset_at", nil},
	}
}

// rowLabel is the name in an access token that is a JWT, else a counted one.
func rowLabel(e Entry, n int) string {
	parts := strings.Split(e.AccessToken, ".")
	if len(parts) == 3 {
		raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
		var claims map[string]any
		if err == nil && json.Unmarshal(raw, &claims) == nil {
			for _, key := range []string{"email", "preferred_username", "upn"} {
				if name, ok := claims[key].(string); ok && name != "" {
					return name
				}
			}
		}
	}
	return fmt.Sprintf("%s-oauth-%d", e.Provider, n)
}

// suppress keeps Hermes Agent from seeding rows again for a login that is gone.
func (d *document) suppress(id string, sources []string) error {
	n, found, err := d.find("suppressed_sources", id)
	if err != nil {
		return d.misfit(err, []string{"suppressed_sources"})
	}
	known := map[string]bool{}
	if found && d.container(n) {
		for _, m := range d.members(n) { // the legacy shape is an object with the names as keys
			name := m.key
			if d.data[n.from] == '[' {
				name = ""
				_ = json.Unmarshal(d.data[m.value.from:m.value.to], &name) // not a string: no name
			}
			known[name] = true
		}
	}
	for _, source := range sources {
		if known[source] {
			continue
		}
		known[source] = true
		if found && d.data[n.from] == '{' {
			err = d.set(true, "suppressed_sources", id, source)
		} else {
			err = d.push(source, "suppressed_sources", id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unsuppress lifts that for a login, and removes what is empty then.
func (d *document) unsuppress(id string) error {
	gone, err := d.remove("suppressed_sources", id)
	if err != nil || !gone {
		return err
	}
	if n, found, err := d.find("suppressed_sources"); err == nil && found && len(d.members(n)) == 0 {
		_, err = d.remove("suppressed_sources")
		return err
	}
	return nil
}
