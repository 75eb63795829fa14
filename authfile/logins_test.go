//go:build unix

package authfile

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

// rowID is a provider whose login stands in a row of the pool alone.
const rowID = "row-test"

// rowText is the store of storeText with such a login, expired unless life is positive.
func rowText(t *testing.T, at, rt string, life time.Duration) string {
	t.Helper()
	row := fmt.Sprintf(`{"id": "aaaaaa", "auth_type": "oauth", "priority": 0, "source": "manual:device_code", "access_token": %q, "refresh_token": %q, "expires_at_ms": %d, "x_unknown": [1]}`,
		at, rt, time.Now().Add(life).UnixMilli())
	return strings.Replace(storeText(t, "AT-X", "RT-X", time.Hour), `"credential_pool": {`, `"credential_pool": {"`+rowID+`": [`+row+`],`, 1)
}

// pool is a store of one provider in which each row is one of the words of rows: name=status, where a name of the form A/B has
// the access token of A and the refresh token of B. block, of the same form, is a nested block.
func pool(t *testing.T, block string, rows ...string) string {
	t.Helper()
	pair := func(name string) (string, string) {
		at, rt, _ := strings.Cut(name, "/")
		if rt == "" {
			rt = at
		}
		return jwtOf(at), "RT-" + rt
	}
	var all []map[string]any
	for i, word := range rows {
		name, status, _ := strings.Cut(word, "=")
		source := "manual:device_code"
		if strings.HasPrefix(name, "seeded:") {
			name, source = name[len("seeded:"):], "device_code"
		}
		date := "2026-01-01T00:00:00Z"
		if strings.HasPrefix(name, "young:") {
			name, source, date = name[len("young:"):], "device_code", "2026-01-03T00:00:00Z"
		}
		at, rt := pair(name)
		row := map[string]any{
			"id": fmt.Sprintf("00000%d", i), "auth_type": "oauth", "priority": i, "source": source, "access_token": at, "refresh_token": rt,
			"last_refresh": date, "kept": i,
		}
		switch status {
		case "dead":
			row["last_status"] = "dead"
		case "resting":
			row["last_status"], row["last_error_reset_at"] = "exhausted", time.Now().Add(time.Hour).Unix()
		case "rested":
			row["last_status"], row["last_error_reset_at"] = "exhausted", time.Now().Add(-time.Hour).Unix()
		}
		all = append(all, row)
	}
	blocks := map[string]any{}
	if block != "" {
		at, rt := pair(block)
		blocks["x"] = map[string]any{"tokens": map[string]any{"access_token": at, "refresh_token": rt, "kept": true}, "last_refresh": "2026-01-02T00:00:00Z"}
	}
	raw, err := json.Marshal(map[string]any{"version": 1, "providers": blocks, "credential_pool": map[string]any{"x": all, "y": []any{}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// jwtOf is an access token that says its expiry: names in capitals are expired.
func jwtOf(name string) string {
	exp := time.Now().Add(time.Hour)
	if name == strings.ToUpper(name) {
		exp = time.Now().Add(-time.Hour)
	}
	return "h." + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"exp":%d}`, exp.Unix())) + "." + name
}

// Which login is asked with and renewed, and what stands in each place afterwards: the refresh tokens of the block and the rows,
// - for none.
func TestLoginsOfAPool(t *testing.T) {
	t.Parallel()
	refused := failure(PostError{Outcome: Refused, Code: "invalid_grant", HTTPStatus: 400})
	down := failure(PostError{Outcome: Unknown, HTTPStatus: 500})
	fresh := pairAnswer(jwtOf("new"), "RT-new")
	type answers = []func(context.Context) ([]byte, error)
	for name, tc := range map[string]struct {
		block       string
		rows        []string
		answers     answers
		token, sent string
		disk        string
		class       string
	}{
		"a row alone":                       {"", []string{"A"}, answers{fresh}, "new", "RT-A", "- new", ""},
		"a fresh row":                       {"", []string{"a"}, nil, "a", "", "- a", ""},
		"a block and the row seeded of it":  {"A", []string{"seeded:A"}, answers{fresh}, "new", "RT-A", "new new", ""},
		"a block and a copy of another one": {"A", []string{"A", "b"}, answers{fresh}, "new", "RT-A", "new new b", ""},
		"a seeded row that lags behind":     {"A", []string{"seeded:B"}, answers{fresh}, "new", "RT-A", "new new", ""},
		"a lagging row of a refused block":  {"A", []string{"seeded:B"}, answers{refused}, "", "RT-A", "- B", "reauth_required"},
		"a block that lags behind its row":  {"A", []string{"young:B"}, answers{fresh}, "new", "RT-B", "new new", ""},
		"a lagging block of a refused row":  {"A", []string{"young:B", "c"}, answers{refused}, "c", "RT-B", "- c", ""},
		"a block behind the rows":           {"b", []string{"a"}, nil, "a", "", "b a", ""},
		"two rows, the first refused":       {"", []string{"A", "b"}, answers{refused}, "b", "RT-A", "-  b", ""},
		"two rows, both refused":            {"", []string{"A", "B"}, answers{refused}, "", "RT-A RT-B", "-  ", "reauth_required"},
		"two rows, the first in trouble":    {"", []string{"A", "b"}, answers{down}, "b", "RT-A", "- A b", ""},
		"two rows, both in trouble":         {"", []string{"A", "B"}, answers{down}, "", "RT-A", "- A B", "server_error"},
		"two rows, the first rests":         {"", []string{"a=resting", "b"}, nil, "b", "", "- a b", ""},
		"a row that has rested":             {"", []string{"a=rested", "b"}, nil, "a", "", "- a b", ""},
		"two rows, the first dead":          {"", []string{"a=dead", "B"}, answers{fresh}, "new", "RT-B", "- a new", ""},
		"all rest":                          {"", []string{"a=resting", "B=dead"}, nil, "", "", "- a B", "quota"},
		"all dead":                          {"", []string{"A=dead"}, nil, "", "", "- A", "reauth_required"},
		"a block whose row rests":           {"a", []string{"seeded:a=resting"}, nil, "", "", "a a", "quota"},
		"a block that is refused":           {"A", []string{"seeded:A", "b"}, answers{refused}, "b", "RT-A", "- b", ""},
		"a copy that is refused":            {"A", []string{"A", "b"}, answers{refused}, "b", "RT-A", "-  b", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := homeWith(t, pool(t, tc.block, tc.rows...))
			x := &script{answer: tc.answers}
			for range 2 { // what was refused is not sent again
				e, _, err := hasty(home).Renew(t.Context(), "x", "", x.exchange())
				if got := e.AccessToken[strings.LastIndexByte(e.AccessToken, '.')+1:]; got != tc.token || classOf(err) != tc.class {
					t.Errorf("token %q, %v", got, err)
				}
			}
			if x.tokens() != tc.sent {
				t.Errorf("sent %q", x.tokens())
			}
			text := read(t, filepath.Join(home, StoreName))
			if got := tokensIn(t, text); got != tc.disk {
				t.Errorf("on disk %q, want %q\n%s", got, tc.disk, text)
			}
		})
	}
}

// tokensIn are the refresh tokens of a store that pool made.
func tokensIn(t *testing.T, text string) string {
	t.Helper()
	disk := []string{strings.TrimPrefix(gjson.Get(text, "providers.x.tokens.refresh_token").String(), "RT-")}
	if disk[0] == "" {
		disk[0] = "-"
	}
	for _, row := range gjson.Get(text, "credential_pool.x").Array() {
		disk = append(disk, strings.TrimPrefix(row.Get("refresh_token").Str, "RT-"))
		if !row.Get("kept").Exists() {
			t.Errorf("lost: %s", row.Raw)
		}
	}
	return strings.Join(disk, " ")
}

// The row and the block of a new login have the keys, the order and the form of Hermes Agent's, and are read back whole.
func TestNewLoginsEqualGoldenSamples(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 9, 23, 39, 143656000, time.UTC)
	for _, tc := range []struct {
		sample, id string
		e          Entry
		paths      []string
	}{
		{"20-xai-auth-add", "xai-oauth", Entry{Layout: Row, Row: "eb102b", InferenceBaseURL: "https://api.x.ai/v1", ObtainedAt: at}, []string{"credential_pool.xai-oauth.0", "providers"}},
		{"30b-codex-auth-add-two", "openai-codex", Entry{Layout: Row, InferenceBaseURL: "https://chatgpt.com/backend-api/codex"}, []string{"credential_pool.openai-codex.0"}},
		{"40-nous-auth-add", "nous", Entry{Layout: Keyed}, []string{"providers.nous", "credential_pool.nous.0", "active_provider"}},
	} {
		want := read(t, goldenLogins+tc.sample+"/auth.json")
		first := gjson.Get(want, "credential_pool."+tc.id+".0")
		e := tc.e
		if e.Layout == Keyed {
			e, _ = parsed(t, want).Entry(tc.id)
		}
		e.Provider, e.AccessToken, e.RefreshToken = tc.id, first.Get("access_token").Str, first.Get("refresh_token").Str
		if e.Layout == Row {
			e.Row, e.ObtainedAt = first.Get("id").Str, parseTime(first.Get("last_refresh").Str)
		}
		got, _, err := (&held{place: place{"auth.json", "auth.json"}}).edit(&Snapshot{missing: true}, tc.id, newLogin(e))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range tc.paths {
			a, b := gjson.GetBytes(got, path), gjson.Get(want, path)
			if path == "credential_pool.nous.0" { // in no order there
				if !sameKeys(a, b) {
					t.Errorf("%s %s: got\n%s\nwant\n%s", tc.sample, path, a.Raw, b.Raw)
				}
				continue
			}
			if a, b := unmarked(a), unmarked(b); a != b {
				t.Errorf("%s %s: got\n%s\nwant\n%s", tc.sample, path, a, b)
			}
		}
	}
}

// unmarked is a value without what differs in every login: the id of a row, its counted name, and the moments of answers.
func unmarked(v gjson.Result) string {
	text := v.Raw
	for _, key := range []string{"id", "label", "obtained_at", "agent_key_obtained_at"} {
		if value := v.Get(key).Str; value != "" {
			text = strings.ReplaceAll(text, `"`+value+`"`, `"-"`)
		}
	}
	return text
}

func sameKeys(a, b gjson.Result) bool {
	count := func(v gjson.Result) map[string]bool {
		all := map[string]bool{}
		each(v, func(key string, _ gjson.Result) { all[key] = true })
		return all
	}
	x, y := count(a), count(b)
	for key := range y {
		if !x[key] {
			return false
		}
	}
	return len(x) == len(y)
}

// A second login is asked with behind the first, and takes the place of one that was refused.
func TestSecondLogin(t *testing.T) {
	t.Parallel()
	home := homeWith(t, pool(t, "", "a"))
	save := func(name string) {
		t.Helper()
		e := Entry{Provider: "x", Layout: Row, AccessToken: jwtOf(name), RefreshToken: "RT-" + name, ObtainedAt: time.Now()}
		if err := hasty(home).Save(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	tokens := func() string {
		t.Helper()
		sn, err := Open(home, Options{}).Read()
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, e := range sn.Logins("x") {
			all = append(all, strings.TrimPrefix(e.RefreshToken, "RT-"))
		}
		return strings.Join(all, " ")
	}
	save("b")
	if got := tokens(); got != "a b" {
		t.Errorf("a second login: %s", got)
	}
	x := &script{answer: []func(context.Context) ([]byte, error){failure(PostError{Outcome: Refused, Code: "invalid_grant", HTTPStatus: 400})}}
	if e, _, err := hasty(home).Renew(t.Context(), "x", jwtOf("a"), x.exchange()); err != nil || e.RefreshToken != "RT-b" {
		t.Errorf("%s, %v", e.RefreshToken, err)
	}
	save("c")
	if got := tokens(); got != "b c" {
		t.Errorf("after a refusal: %s", got)
	}
}

// The file of another program is renewed where it is: its other keys and its form stay, nothing is added, and a refusal leaves it
// as it is but is believed.
func TestLoginInAFileOfItsOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "oauth_creds.json")
	write(t, path, "{\n  \"access_token\": \"AT-0\",\n  \"expiry_date\": 1000000000000,\n  \"future\": [1],\n  \"refresh_token\": \"RT-0\"\n}\n")
	x := &script{answer: []func(context.Context) ([]byte, error){
		pairAnswer("AT-1", "RT-1"), failure(PostError{Outcome: Refused, Code: "invalid_grant", HTTPStatus: 400}),
	}}
	store := OpenAlone(path, Options{})
	store.delay = 20 * time.Millisecond
	e, _, err := store.Renew(t.Context(), "q", "", x.exchange())
	want := fmt.Sprintf("{\n  \"access_token\": \"AT-1\",\n  \"expiry_date\": %d,\n  \"future\": [1],\n  \"refresh_token\": \"RT-1\"\n}\n", e.ExpiresAt.UnixMilli())
	if err != nil || e.AccessToken != "AT-1" || read(t, path) != want {
		t.Errorf("%v\n%s", err, read(t, path))
	}
	for range 2 {
		if _, _, err := store.Renew(t.Context(), "q", "AT-1", x.exchange()); classOf(err) != "reauth_required" {
			t.Error(err)
		}
	}
	if x.tokens() != "RT-0 RT-1" || read(t, path) != want {
		t.Errorf("sent %s\n%s", x.tokens(), read(t, path))
	}
	if (&later{token: "RT-1"}).over(store, "q") || !(&later{token: "RT-0"}).over(store, "q") {
		t.Error("whoever waits after a refusal does not see which token the file holds")
	}
}
