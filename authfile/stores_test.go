//go:build unix

package authfile

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// someID is that of a row, which is random.
var someID = regexp.MustCompile(`"id":"[0-9a-f]{6}"`)

// stored is the store after a change, with what no two saves have alike masked; "the same" where nothing is written.
func stored(t *testing.T, text, id string, change func(Block) (Block, error)) string {
	t.Helper()
	p := place{"auth.json", "auth.json"}
	sn, err := parse(p, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	after, _, err := (&held{place: p}).edit(sn, id, change)
	switch {
	case err != nil:
		return err.Error()
	case after == nil:
		return "the same"
	}
	return someID.ReplaceAllString(masked(after), `"id":"*"`)
}

func someEntry(l Layout) Entry {
	at := time.Unix(1_800_000_000, 0).UTC()
	return Entry{
		Provider: "p-x", Layout: l, AccessToken: "AT", RefreshToken: "RT", ClientID: "c", Scope: "s", TokenType: "Bearer", PortalBaseURL: "https://p", InferenceBaseURL: "https://i",
		ObtainedAt: at, ExpiresAt: at.Add(time.Hour), ExpiresIn: 3600,
	}
}

// loggedIn is a new login, of the row of that name where there is one.
func loggedIn(l Layout, row, access string) func(Block) (Block, error) {
	return func(Block) (Block, error) {
		e := someEntry(l)
		e.Row, e.AccessToken = row, access
		return Block{Entry: e, New: true}, nil
	}
}

func tokens(access, refresh string, why *LastError) func(Block) (Block, error) {
	return func(b Block) (Block, error) {
		b.AccessToken, b.RefreshToken, b.LastError = access, refresh, why
		if access != "" {
			at := time.Unix(1_900_000_000, 0).UTC()
			b.ObtainedAt, b.ExpiresAt, b.ExpiresIn = at, at.Add(time.Minute), 60
		}
		return b, nil
	}
}

func removed(Block) (Block, error) { return removal(), nil }

type storeCase struct {
	name, before, id string
	change           func(Block) (Block, error)
	want             string
}

const jwt = "h.eyJlbWFpbCI6ImFAYiJ9.s" // {"email":"a@b"}

func logins() []storeCase {
	return []storeCase{
		{
			name: "flat", before: `{"a":1}`, id: "p-x", change: loggedIn(Flat, "", "AT"),
			want: `{"a":1,"providers":{"p-x":{"provider":"p-x","region":"","portal_base_url":"https://p","inference_base_url":"https://i","client_id":"c","scope":"s","token_type":"Bearer","access_token":"AT","refresh_token":"RT","resource_url":null,"obtained_at":"2027-01-15T08:00:00+00:00","expires_at":"2027-01-15T09:00:00+00:00","expires_in":3600}},"active_provider":"p-x","credential_pool":{"p-x":[{"id":"*","label":"p-x-oauth-1","auth_type":"oauth","priority":0,"source":"manual:p_x","access_token":"AT","refresh_token":"RT","last_status":null,"last_status_at":null,"last_error_code":null,"last_error_reason":null,"last_error_message":null,"last_error_reset_at":null,"base_url":"https://i","request_count":0}]},"updated_at":"*"}`,
		},
		{
			name: "nested", before: `{"a":1}`, id: "p-x", change: loggedIn(Nested, "", "AT"),
			want: `{"a":1,"providers":{"p-x":{"tokens":{"access_token":"AT","refresh_token":"RT","token_type":"Bearer"},"last_refresh":"2027-01-15T08:00:00Z","portal_base_url":"https://p"}},"active_provider":"p-x","updated_at":"*"}`,
		},
		{
			name: "keyed", before: `{"a":1}`, id: "p-x", change: loggedIn(Keyed, "", "AT"),
			want: `{"a":1,"providers":{"p-x":{"access_token":"AT","refresh_token":"RT","client_id":"c","portal_base_url":"https://p","inference_base_url":"https://i","token_type":"Bearer","scope":"s","obtained_at":"2027-01-15T08:00:00+00:00","expires_at":"2027-01-15T09:00:00+00:00","agent_key":"AT","agent_key_expires_at":"2027-01-15T09:00:00+00:00","tls":{"insecure":false,"ca_bundle":null},"expires_in":3600,"agent_key_id":null,"agent_key_expires_in":3600,"agent_key_reused":false,"agent_key_obtained_at":"2027-01-15T08:00:00+00:00"}},"active_provider":"p-x","credential_pool":{"p-x":[{"id":"*","label":"device_code","auth_type":"oauth","priority":0,"source":"device_code","access_token":"AT","refresh_token":"RT","last_status":null,"last_status_at":null,"last_error_code":null,"last_error_reason":null,"last_error_message":null,"last_error_reset_at":null,"expires_at":"2027-01-15T09:00:00+00:00","inference_base_url":"https://i","agent_key":"AT","agent_key_expires_at":"2027-01-15T09:00:00+00:00","request_count":0,"tls":{"insecure":false,"ca_bundle":null},"expires_in":3600,"agent_key_expires_in":3600,"obtained_at":"2027-01-15T08:00:00+00:00","agent_key_reused":false,"token_type":"Bearer","scope":"s","client_id":"c","portal_base_url":"https://p","agent_key_obtained_at":"2027-01-15T08:00:00+00:00"}]},"updated_at":"*"}`,
		},
		{
			name: "a row", before: `{"a":1}`, id: "p-x", change: loggedIn(Row, "r1", "AT"),
			want: `{"a":1,"active_provider":"p-x","credential_pool":{"p-x":[{"id":"r1","label":"p-x-oauth-1","auth_type":"oauth","priority":0,"source":"manual:device_code","access_token":"AT","refresh_token":"RT","last_status":null,"last_status_at":null,"last_error_code":null,"last_error_reason":null,"last_error_message":null,"last_error_reset_at":null,"base_url":"https://i","last_refresh":"2027-01-15T08:00:00Z","request_count":0,"portal_base_url":"https://p"}]},"updated_at":"*"}`,
		},
		{
			name: "a row beside an active one", before: `{"active_provider":"q"}`, id: "p-x", change: loggedIn(Row, "r1", jwt),
			want: `{"active_provider":"q","credential_pool":{"p-x":[{"id":"r1","label":"a@b","auth_type":"oauth","priority":0,"source":"manual:device_code","access_token":"h.eyJlbWFpbCI6ImFAYiJ9.s","refresh_token":"RT","last_status":null,"last_status_at":null,"last_error_code":null,"last_error_reason":null,"last_error_message":null,"last_error_reset_at":null,"base_url":"https://i","last_refresh":"2027-01-15T08:00:00Z","request_count":0,"portal_base_url":"https://p"}]},"updated_at":"*"}`,
		},
		{
			name: "a name in the token", before: `{"a":1}`, id: "p-x", change: loggedIn(Flat, "", jwt),
			want: `{"a":1,"providers":{"p-x":{"provider":"p-x","region":"","portal_base_url":"https://p","inference_base_url":"https://i","client_id":"c","scope":"s","token_type":"Bearer","access_token":"h.eyJlbWFpbCI6ImFAYiJ9.s","refresh_token":"RT","resource_url":null,"obtained_at":"2027-01-15T08:00:00+00:00","expires_at":"2027-01-15T09:00:00+00:00","expires_in":3600}},"active_provider":"p-x","credential_pool":{"p-x":[{"id":"*","label":"a@b","auth_type":"oauth","priority":0,"source":"manual:p_x","access_token":"h.eyJlbWFpbCI6ImFAYiJ9.s","refresh_token":"RT","last_status":null,"last_status_at":null,"last_error_code":null,"last_error_reason":null,"last_error_message":null,"last_error_reset_at":null,"base_url":"https://i","request_count":0}]},"updated_at":"*"}`,
		},
		{
			name: "a row among rows", before: `{"credential_pool":{"p-x":[{"id":"r0","auth_type":"oauth","source":"manual:device_code","priority":3,"access_token":"A0","refresh_token":"R0"},{"id":"r9","auth_type":"oauth","source":"manual:device_code","priority":7,"access_token":"","refresh_token":""}]}}`, id: "p-x", change: loggedIn(Row, "r1", "AT"),
			want: `{"credential_pool":{"p-x":[{"id":"r0","auth_type":"oauth","source":"manual:device_code","priority":3,"access_token":"A0","refresh_token":"R0"},{"id":"r1","label":"p-x-oauth-2","auth_type":"oauth","priority":4,"source":"manual:device_code","access_token":"AT","refresh_token":"RT","last_status":null,"last_status_at":null,"last_error_code":null,"last_error_reason":null,"last_error_message":null,"last_error_reset_at":null,"base_url":"https://i","last_refresh":"2027-01-15T08:00:00Z","request_count":0,"portal_base_url":"https://p"}]},"active_provider":"p-x","updated_at":"*"}`,
		},
		{
			name: "the row that is there", before: `{"credential_pool":{"p-x":[{"id":"r7","source":"other","priority":4},{"id":"r0","source":"manual:p_x","priority":3,"access_token":"A0","request_count":9}]}}`, id: "p-x", change: loggedIn(Flat, "", "AT"),
			want: `{"credential_pool":{"p-x":[{"id":"r7","source":"other","priority":4},{"id":"r0","source":"manual:p_x","priority":3,"access_token":"AT","request_count":9,"refresh_token":"RT","last_status":null,"last_status_at":null,"last_error_code":null,"last_error_reason":null,"last_error_message":null,"last_error_reset_at":null,"base_url":"https://i"}]},"providers":{"p-x":{"provider":"p-x","region":"","portal_base_url":"https://p","inference_base_url":"https://i","client_id":"c","scope":"s","token_type":"Bearer","access_token":"AT","refresh_token":"RT","resource_url":null,"obtained_at":"2027-01-15T08:00:00+00:00","expires_at":"2027-01-15T09:00:00+00:00","expires_in":3600}},"active_provider":"p-x","updated_at":"*"}`,
		},
		{
			name: "what was suppressed", before: `{"suppressed_sources":{"p-x":["oauth"]}}`, id: "p-x", change: loggedIn(Nested, "", "AT"),
			want: `{"providers":{"p-x":{"tokens":{"access_token":"AT","refresh_token":"RT","token_type":"Bearer"},"last_refresh":"2027-01-15T08:00:00Z","portal_base_url":"https://p"}},"active_provider":"p-x","updated_at":"*"}`,
		},
		{
			name: "what was suppressed of others", before: `{"suppressed_sources":{"p-x":["oauth"],"q":["k"]}}`, id: "p-x", change: loggedIn(Nested, "", "AT"),
			want: `{"suppressed_sources":{"q":["k"]},"providers":{"p-x":{"tokens":{"access_token":"AT","refresh_token":"RT","token_type":"Bearer"},"last_refresh":"2027-01-15T08:00:00Z","portal_base_url":"https://p"}},"active_provider":"p-x","updated_at":"*"}`,
		},
		{
			name: "a copy", before: `{"credential_pool":{"p-x":[{"id":"r0","auth_type":"oauth","source":"device_code","priority":0,"access_token":"A0","refresh_token":"R0","last_refresh":null}]}}`, id: "p-x", change: loggedIn(Nested, "", "AT"),
			want: `{"credential_pool":{"p-x":[{"id":"r0","auth_type":"oauth","source":"device_code","priority":0,"access_token":"AT","refresh_token":"RT","last_refresh":"2027-01-15T08:00:00Z"}]},"providers":{"p-x":{"tokens":{"access_token":"AT","refresh_token":"RT","token_type":"Bearer"},"last_refresh":"2027-01-15T08:00:00Z","portal_base_url":"https://p"}},"active_provider":"p-x","updated_at":"*"}`,
		},
	}
}

const (
	flatStore  = `{"providers":{"p-x":{"provider":"p-x","access_token":"A0","refresh_token":"R0","obtained_at":null,"expires_at":null,"expires_in":1,"last_auth_error":{"code":"c"}}},"active_provider":"p-x"}`
	keyedStore = `{"providers":{"p-x":{"access_token":"A0","refresh_token":"R0","client_id":"c","portal_base_url":"u","agent_key":"A0","agent_key_id":7,"tls":null}},"credential_pool":{"p-x":[{"id":"r0","auth_type":"oauth","source":"device_code","access_token":"A0","refresh_token":"R0","agent_key":"A0"},{"id":"r1","source":"manual","access_token":"A1","refresh_token":"R1"}]}}`
	rowStore   = `{"credential_pool":{"p-x":[{"id":"r0","auth_type":"oauth","source":"manual:device_code","access_token":"A0","refresh_token":"R0","expires_at":null},{"id":"r1","auth_type":"oauth","source":"manual:device_code","access_token":"A1","refresh_token":"R1","last_refresh":null}]}}`
)

func changes() []storeCase {
	return []storeCase{
		{
			name: "flat, renewed", before: flatStore, id: "p-x", change: tokens("AT", "RT", nil),
			want: `{"providers":{"p-x":{"provider":"p-x","access_token":"AT","refresh_token":"RT","obtained_at":"2030-03-17T17:46:40+00:00","expires_at":"2030-03-17T17:47:40+00:00","expires_in":60}},"active_provider":"p-x","updated_at":"*"}`,
		},
		{
			name: "keyed, renewed, with its copy", before: keyedStore, id: "p-x", change: tokens("AT", "RT", nil),
			want: `{"providers":{"p-x":{"access_token":"AT","refresh_token":"RT","client_id":"c","portal_base_url":"u","agent_key":"AT","agent_key_id":7,"tls":null,"obtained_at":"2030-03-17T17:46:40+00:00","expires_at":"2030-03-17T17:47:40+00:00","agent_key_expires_at":"2030-03-17T17:47:40+00:00","expires_in":60,"agent_key_expires_in":60,"agent_key_obtained_at":"2030-03-17T17:46:40+00:00"}},"credential_pool":{"p-x":[{"id":"r0","auth_type":"oauth","source":"device_code","access_token":"AT","refresh_token":"RT","agent_key":"AT","expires_at":"2030-03-17T17:47:40+00:00","inference_base_url":"","agent_key_expires_at":"2030-03-17T17:47:40+00:00","tls":{"insecure":false,"ca_bundle":null},"expires_in":60,"agent_key_expires_in":60,"obtained_at":"2030-03-17T17:46:40+00:00","agent_key_reused":false,"token_type":"","scope":"","client_id":"c","portal_base_url":"u","agent_key_obtained_at":"2030-03-17T17:46:40+00:00"},{"id":"r1","source":"manual","access_token":"A1","refresh_token":"R1"}]},"updated_at":"*"}`,
		},
		{
			name: "a row, renewed", before: rowStore, id: "p-x row r1", change: tokens("AT", "RT", nil),
			want: `{"credential_pool":{"p-x":[{"id":"r0","auth_type":"oauth","source":"manual:device_code","access_token":"A0","refresh_token":"R0","expires_at":null},{"id":"r1","auth_type":"oauth","source":"manual:device_code","access_token":"AT","refresh_token":"RT","last_refresh":"2030-03-17T17:46:40Z"}]},"updated_at":"*"}`,
		},
		{
			name: "a row with a time, renewed", before: rowStore, id: "p-x row r0", change: tokens("AT", "RT", nil),
			want: `{"credential_pool":{"p-x":[{"id":"r0","auth_type":"oauth","source":"manual:device_code","access_token":"AT","refresh_token":"RT","expires_at":"2030-03-17T17:47:40+00:00","last_refresh":"2030-03-17T17:46:40Z"},{"id":"r1","auth_type":"oauth","source":"manual:device_code","access_token":"A1","refresh_token":"R1","last_refresh":null}]},"updated_at":"*"}`,
		},
		{
			name: "a row, renewed, with what holds its token too", id: "p-x row r1", change: tokens("AT", "RT", nil),
			before: `{"providers":{"p-x":{"tokens":{"access_token":"A1","refresh_token":"R1"}}},` + strings.Replace(rowStore, "R0", "R1", 1)[1:],
			want:   `{"providers":{"p-x":{"tokens":{"access_token":"AT","refresh_token":"RT"},"last_refresh":"2030-03-17T17:46:40Z"}},"credential_pool":{"p-x":[{"id":"r0","auth_type":"oauth","source":"manual:device_code","access_token":"AT","refresh_token":"RT","expires_at":null,"last_refresh":"2030-03-17T17:46:40Z"},{"id":"r1","auth_type":"oauth","source":"manual:device_code","access_token":"AT","refresh_token":"RT","last_refresh":"2030-03-17T17:46:40Z"}]},"updated_at":"*"}`,
		},
		{
			name: "a row, renewed, beside a block of another", id: "p-x row r1", change: tokens("AT", "RT", nil),
			before: `{"providers":{"p-x":{"tokens":{"access_token":"A2","refresh_token":"R2"}}},` + rowStore[1:],
			want:   `{"providers":{"p-x":{"tokens":{"access_token":"A2","refresh_token":"R2"}}},"credential_pool":{"p-x":[{"id":"r0","auth_type":"oauth","source":"manual:device_code","access_token":"A0","refresh_token":"R0","expires_at":null},{"id":"r1","auth_type":"oauth","source":"manual:device_code","access_token":"AT","refresh_token":"RT","last_refresh":"2030-03-17T17:46:40Z"}]},"updated_at":"*"}`,
		},
		{
			name: "nested, renewed, beside rows of others", id: "p-x", change: tokens("AT", "RT", nil),
			before: `{"providers":{"p-x":{"tokens":{"access_token":"A1","refresh_token":"R1"}}},` + strings.Replace(rowStore, "manual:device_code", "device_code", 1)[1:],
			want:   `{"providers":{"p-x":{"tokens":{"access_token":"AT","refresh_token":"RT"},"last_refresh":"2030-03-17T17:46:40Z"}},"credential_pool":{"p-x":[{"id":"r0","auth_type":"oauth","source":"device_code","access_token":"AT","refresh_token":"RT","expires_at":null,"last_refresh":"2030-03-17T17:46:40Z"},{"id":"r1","auth_type":"oauth","source":"manual:device_code","access_token":"AT","refresh_token":"RT","last_refresh":"2030-03-17T17:46:40Z"}]},"updated_at":"*"}`,
		},
	}
}

func refusals() []storeCase {
	why := &LastError{Code: "invalid_grant", Message: "m", Reason: "r", ReloginRequired: true, At: "2027-01-15T08:00:00+00:00"}
	return []storeCase{
		{
			name: "flat, refused", before: flatStore, id: "p-x", change: tokens("", "", why),
			want: `{"providers":{"p-x":{"provider":"p-x","last_auth_error":{"provider":"p-x","code":"invalid_grant","message":"m","reason":"r","relogin_required":true,"at":"2027-01-15T08:00:00+00:00"}}},"active_provider":"p-x","updated_at":"*"}`,
		},
		{
			name: "flat, refused for no reason", before: flatStore, id: "p-x", change: tokens("", "", nil),
			want: `{"providers":{"p-x":{"provider":"p-x","last_auth_error":{"code":"c"}}},"active_provider":"p-x","updated_at":"*"}`,
		},
		{
			name: "keyed, refused, with its copy", before: keyedStore, id: "p-x", change: tokens("", "", why),
			want: `{"providers":{"p-x":{"client_id":"c","portal_base_url":"u","tls":null,"last_auth_error":{"provider":"p-x","code":"invalid_grant","message":"m","reason":"r","relogin_required":true,"at":"2027-01-15T08:00:00+00:00"}}},"credential_pool":{"p-x":[{"id":"r1","source":"manual","access_token":"A1","refresh_token":"R1"}]},"updated_at":"*"}`,
		},
		{
			name: "a row, refused for no reason that stands", before: rowStore, id: "p-x row r0", change: tokens("", "", &LastError{At: "2027-01-15T08:00:00+00:00"}),
			want: `{"credential_pool":{"p-x":[{"id":"r0","auth_type":"oauth","source":"manual:device_code","access_token":"","refresh_token":"","expires_at":null,"last_status":"dead","last_status_at":1800000000,"last_error_code":401,"last_error_reason":"","last_error_message":""},{"id":"r1","auth_type":"oauth","source":"manual:device_code","access_token":"A1","refresh_token":"R1","last_refresh":null}]},"updated_at":"*"}`,
		},
		{
			name: "a row that holds the block's token, refused", before: strings.Replace(keyedStore, "device_code", "manual:device_code", 1), id: "p-x row r0", change: tokens("", "", why),
			want: `{"providers":{"p-x":{"client_id":"c","portal_base_url":"u","tls":null,"last_auth_error":{"provider":"p-x","code":"invalid_grant","message":"m","reason":"r","relogin_required":true,"at":"2027-01-15T08:00:00+00:00"}}},"credential_pool":{"p-x":[{"id":"r0","auth_type":"oauth","source":"manual:device_code","access_token":"","refresh_token":"","agent_key":"A0","last_status":"dead","last_status_at":1800000000,"last_error_code":401,"last_error_reason":"invalid_grant","last_error_message":"m"},{"id":"r1","source":"manual","access_token":"A1","refresh_token":"R1"}]},"updated_at":"*"}`,
		},
		{
			name: "a row, refused", before: rowStore, id: "p-x row r1", change: tokens("", "", why),
			want: `{"credential_pool":{"p-x":[{"id":"r0","auth_type":"oauth","source":"manual:device_code","access_token":"A0","refresh_token":"R0","expires_at":null},{"id":"r1","auth_type":"oauth","source":"manual:device_code","access_token":"","refresh_token":"","last_refresh":null,"last_status":"dead","last_status_at":1800000000,"last_error_code":401,"last_error_reason":"invalid_grant","last_error_message":"m"}]},"updated_at":"*"}`,
		},
	}
}

func removals() []storeCase {
	return []storeCase{
		{
			name: "the same", before: flatStore, id: "p-x", change: func(b Block) (Block, error) { return b, nil },
			want: `the same`,
		},
		{
			name: "flat, removed", before: flatStore, id: "p-x", change: removed,
			want: `{"providers":{},"active_provider":null,"suppressed_sources":{"p-x":["oauth"]},"updated_at":"*"}`,
		},
		{
			name: "keyed, removed", before: keyedStore, id: "p-x", change: removed,
			want: `{"providers":{},"credential_pool":{},"suppressed_sources":{"p-x":["device_code"]},"updated_at":"*"}`,
		},
		{
			name: "rows, removed", before: rowStore, id: "p-x", change: removed,
			want: `{"credential_pool":{},"updated_at":"*"}`,
		},
		{
			name: "removed where an older list is", before: `{"providers":{"p-x":{"access_token":"A"}},"active_provider":"q","suppressed_sources":{"p-x":{"k":true}}}`, id: "p-x", change: removed,
			want: `{"providers":{},"active_provider":"q","suppressed_sources":{"p-x":{"k":true,"oauth":true}},"updated_at":"*"}`,
		},
		{
			name: "removed where a list is", before: `{"providers":{"p-x":{"access_token":"A"}},"suppressed_sources":{"p-x":["oauth","k"]}}`, id: "p-x", change: removed,
			want: `{"providers":{},"suppressed_sources":{"p-x":["oauth","k"]},"updated_at":"*"}`,
		},
		{
			name: "nothing to remove", before: `{"a":1}`, id: "p-x", change: removed,
			want: `the same`,
		},
		{
			name: "suppression lifted", before: `{"suppressed_sources":{"p-x":["k"]}}`, id: "p-x", change: func(b Block) (Block, error) { b.Suppressed = false; return b, nil },
			want: `{"updated_at":"*"}`,
		},
	}
}

// TestStores: what each change makes of a store, byte by byte.
func TestStores(t *testing.T) {
	t.Parallel()
	for _, c := range slices.Concat(logins(), changes(), refusals(), removals()) {
		if got := stored(t, c.before, c.id, c.change); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}
