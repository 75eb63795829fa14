//go:build unix

package authfile

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

const golden = "../testdata/golden/"

var updatedAt = regexp.MustCompile(`("updated_at": ?)("[^"]*"|null)`)

// masked hides what every save sets to the time of day.
func masked(data []byte) string { return updatedAt.ReplaceAllString(string(data), `${1}"*"`) }

func goldenEntry(t *testing.T, name string) (Entry, []byte) {
	t.Helper()
	data, err := os.ReadFile(golden + name)
	if err != nil {
		t.Fatal(err)
	}
	sn, err := parse(place{name, name}, data)
	if err != nil {
		t.Fatal(err)
	}
	e, ok := sn.Entry(testID)
	if !ok {
		t.Fatalf("%s has no %s", name, testID)
	}
	return e, data
}

// apply edits a document as a held lock does, without a file.
func apply(data []byte, c func(Block) (Block, error)) ([]byte, error) {
	p := place{"auth.json", "auth.json"}
	sn, err := parse(p, data)
	if err != nil {
		return nil, err
	}
	after, _, err := (&held{place: p}).edit(sn, testID, c)
	return after, err
}

// Where Hermes Agent wrote one golden store from another, our edit gives the
// same bytes.
func TestEditsEqualGoldenSamples(t *testing.T) {
	for _, tc := range []struct {
		name, before, after string
		change              func(after Entry) func(Block) (Block, error)
	}{
		{"refresh", "03-login-only", "06-refreshed", renewed},
		{"refresh among others", "08-many-providers-before", "08-many-providers-after-refresh", renewed},
		{"quarantine", "06-refreshed", "07-quarantined-invalid-grant", func(after Entry) func(Block) (Block, error) { return quarantined(*after.LastError) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			after, want := goldenEntry(t, tc.after+"/auth.json")
			_, before := goldenEntry(t, tc.before+"/auth.json")
			got, err := apply(before, tc.change(after))
			if err != nil {
				t.Fatal(err)
			}
			if masked(got) != masked(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// A login into a missing file gives the file of `hermes auth add`.
func TestSaveEqualsGoldenLogin(t *testing.T) {
	e, want := goldenEntry(t, "01-auth-add/auth.json")
	home := homeWith(t, "")
	if err := Open(home, Options{}).Save(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(`"id": "[0-9a-f]{6}"`)
	got := id.ReplaceAllString(masked([]byte(read(t, home+"/auth.json"))), `"id": "edbc0b"`)
	if got != masked(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The place of the renewal stands in logins that have one, through renewals and
// a quarantine, until a login without it.
func TestTokenEndpointStaysWithItsLogin(t *testing.T) {
	t.Parallel()
	home := homeWith(t, "")
	s := hasty(home)
	const place = "https://id.example.test/token"
	e := loginEntry("AT-0", "RT-0")
	e.TokenEndpoint, e.ExpiresAt = place, time.Now().Add(-time.Minute)
	if err := s.Save(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	x := &script{answer: []func(context.Context) ([]byte, error){pairAnswer("AT-1", "RT-1"), failure(PostError{Outcome: Refused, HTTPStatus: 400})}}
	got, _, err := s.Renew(t.Context(), testID, "", x.exchange())
	if stored := entryOf(t, home); err != nil || got.AccessToken != "AT-1" || got.TokenEndpoint != place || stored.TokenEndpoint != place {
		t.Errorf("renewed %q at %q, stored %q: %v", got.AccessToken, got.TokenEndpoint, stored.TokenEndpoint, err)
	}
	_, _, err = s.Renew(t.Context(), testID, "AT-1", x.exchange())
	if stored := entryOf(t, home); classOf(err) != "reauth_required" || stored.LoggedIn() || stored.TokenEndpoint != place {
		t.Errorf("quarantined with %q: %v", stored.TokenEndpoint, err)
	}
	if err := s.Save(t.Context(), loginEntry("AT-2", "RT-2")); err != nil || strings.Contains(read(t, s.Path()), "token_endpoint") {
		t.Errorf("a login at MiniMax: %v\n%s", err, read(t, s.Path()))
	}
}

// A refresh changes the block's five keys, the mirrored row's three and
// updated_at, and no other line.
func TestRefreshChangesOnlyItsLines(t *testing.T) {
	_, before := goldenEntry(t, "02-auth-list/auth.json")
	e := loginEntry("NEW-AT", "NEW-RT")
	got, err := apply(before, renewed(e))
	if err != nil {
		t.Fatal(err)
	}
	was, is := strings.Split(string(before), "\n"), strings.Split(string(got), "\n")
	if len(was) != len(is) {
		t.Fatalf("%d lines became %d", len(was), len(is))
	}
	var changed []string
	for i := range was {
		if was[i] != is[i] {
			changed = append(changed, strings.TrimSpace(strings.SplitN(is[i], ":", 2)[0]))
		}
	}
	want := `"access_token" "refresh_token" "obtained_at" "expires_at" "expires_in" "updated_at" "access_token" "refresh_token" "expires_at_ms"`
	if s := strings.Join(changed, " "); s != want {
		t.Errorf("changed %s\nwant    %s", s, want)
	}
	row := gjson.GetBytes(got, "credential_pool.minimax-oauth.1")
	if row.Get("access_token").Str != "NEW-AT" || row.Get("expires_at_ms").Int() != e.ExpiresAt.UnixMilli() {
		t.Errorf("mirrored row: %s", row.Raw)
	}
	if s := gjson.GetBytes(got, "credential_pool.minimax-oauth.0.refresh_token").Str; s != "FAKE-REFRESH-0002-not-a-real-token" {
		t.Errorf("the login's own row changed: %s", s)
	}
}

func TestDocument(t *testing.T) {
	for _, tc := range []struct {
		name, before, after string
		edit                func(d *document)
	}{
		{"replace", `{"a":1}`, `{"a":"x"}`, func(d *document) { d.set("x", "a") }},
		{"add, compact", `{"a":1}`, `{"a":1,"b":null}`, func(d *document) { d.set(nil, "b") }},
		{"add, one line", `{"a": 1, "c": 2}`, `{"a": 1, "c": 2, "b": true}`, func(d *document) { d.set(true, "b") }},
		{"add to empty", `{}`, "{\n  \"b\": 7\n}", func(d *document) { d.set(7, "b") }},
		{"add, indented", "{\n\t\"a\": {}\n}\n", "{\n\t\"a\": {\n\t\t\"k\": 1\n\t}\n}\n", func(d *document) { d.set(1, "a", "k") }},
		{"add, CRLF", "{\r\n  \"a\": 1\r\n}", "{\r\n  \"a\": 1,\r\n  \"o\": {\r\n    \"k\": 1\r\n  }\r\n}", func(d *document) { d.set(object{{"k", 1}}, "o") }},
		{"parents are made", `{"a":1}`, `{"a":1,"p":{"q":{"r":"v"}}}`, func(d *document) { d.set("v", "p", "q", "r") }},
		{"null parent", `{"p":null}`, `{"p":{"q":1}}`, func(d *document) { d.set(1, "p", "q") }},
		{
			"key that a path would misread", `{"a.b*?:#|@":{"k":1},"a":{"b":2}}`, `{"a.b*?:#|@":{"k":"v"},"a":{"b":2}}`,
			func(d *document) { d.set("v", "a.b*?:#|@", "k") },
		},
		{"escaped spelling of a key", `{"\u0061":1}`, `{"\u0061":2}`, func(d *document) { d.set(2, "a") }},
		{"array element", `{"a":[{"k":1},{"k":2}]}`, `{"a":[{"k":1},{"k":"v"}]}`, func(d *document) { d.set("v", "a", "1", "k") }},
		{"push", `{"a":[1]}`, `{"a":[1,{"k":"v"}]}`, func(d *document) { d.push(object{{"k", "v"}}, "a") }},
		{"push to none", `{"b":1}`, `{"b":1,"a":["v"]}`, func(d *document) { d.push("v", "a") }},
		{"push, indented", "{\n  \"a\": [\n    1\n  ]\n}", "{\n  \"a\": [\n    1,\n    2\n  ]\n}", func(d *document) { d.push(2, "a") }},
		{
			"numbers keep their spelling", `{"n":9007199254740993,"f":1.0,"e":1E5,"a":1}`, `{"n":9007199254740993,"f":1.0,"e":1E5,"a":2}`,
			func(d *document) { d.set(2, "a") },
		},
		{"remove first", `{"a":1, "b":2}`, `{"b":2}`, drop("a")},
		{"remove last", "{\n \"a\":1,\n \"b\":2\n}", "{\n \"a\":1\n}", drop("b")},
		{"remove middle", `{"a":1,"b":[1,{"x":"}"}],"c":3}`, `{"a":1,"c":3}`, drop("b")},
		{"remove only", `{"a":{"b":1}}`, `{"a":{}}`, drop("a", "b")},
		{"remove absent", `{"a":1}`, `{"a":1}`, drop("x", "y")},
		{"quotes and control characters", `{"a":1}`, `{"a":"\"\\\n<&>é\u0001"}`, func(d *document) { d.set("\"\\\n<&>é\x01", "a") }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDocument("auth.json", []byte(tc.before))
			if tc.edit(d); d.err != nil {
				t.Fatal(d.err)
			}
			if d.text != tc.after || !json.Valid([]byte(d.text)) {
				t.Errorf("got  %q\nwant %q", d.text, tc.after)
			}
		})
	}
}

func drop(path ...string) func(d *document) {
	return func(d *document) { d.remove(path...) }
}

func TestDocumentRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, before, want string
		edit               func(d *document)
	}{
		{"two equal keys on the way", `{"p":{"a":1},"p":{"a":2}}`, `"p" twice`, func(d *document) { d.set(1, "p", "a") }},
		{"two equal keys at the end", `{"p":{"a":1,"a":2}}`, `"a" twice`, func(d *document) { d.set(1, "p", "a") }},
		{"and one of them escaped", `{"p":{"a":1,"\u0061":2}}`, `"a" twice`, drop("p", "a")},
		{"a string on the way", `{"p":"x"}`, `unexpected shape near "p"`, func(d *document) { d.set(1, "p", "a") }},
		{"a number on the way", `{"p":{"q":7}}`, `unexpected shape near "p"`, drop("p", "q", "r")},
		{"push to an object", `{"p":{}}`, `unexpected shape near "p"`, func(d *document) { d.push(1, "p") }},
		{"not UTF-8", `{"p":1}`, "not UTF-8", func(d *document) { d.set("\xff", "p") }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDocument("auth.json", []byte(tc.before))
			if tc.edit(d); d.err == nil || !strings.Contains(d.err.Error(), tc.want) {
				t.Errorf("error %v, want %q", d.err, tc.want)
			}
			if d.text != tc.before {
				t.Errorf("changed to %s", d.text)
			}
		})
	}
}

// Odd but legal stores keep what is in them.
func TestLoginIntoOddStores(t *testing.T) {
	for _, tc := range []struct{ name, before, keep string }{
		{"15a no providers", "", `"x": 1`},
		{"null members", `{"version":1,"providers":null,"credential_pool":null,"x":[1, 2]}`, `"x":[1, 2]`},
		{"15f duplicates elsewhere", `{"version":1,"providers":{"a":{"k":1},"a":{"k":2}},"x":1}`, `"a":{"k":1},"a":{"k":2}`},
		{"byte order mark", "\xef\xbb\xbf{\"version\":1,\"providers\":{},\"x\":\"é\"}", `"x":"é"`},
		{"tabs", "{\n\t\"providers\": {\n\t\t\"z\": {}\n\t}\n}\n", "\t\t\"z\": {},\n\t\t\"minimax-oauth\": {\n\t\t\t\"provider\""},
		{"legacy suppression", `{"providers":{},"suppressed_sources":{"minimax-oauth":{"oauth":true},"y":["z"]}}`, `"suppressed_sources":{"y":["z"]}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.before == "" {
				tc.before = read(t, golden+"15a-providers-missing/auth.before.json")
			}
			home := homeWith(t, tc.before)
			if err := Open(home, Options{}).Save(t.Context(), loginEntry("AT", "RT")); err != nil {
				t.Fatal(err)
			}
			text := read(t, home+"/auth.json")
			if !strings.Contains(text, tc.keep) || !json.Valid([]byte(text)) {
				t.Errorf("lost %s in\n%s", tc.keep, text)
			}
			if e := entryOf(t, home); e.AccessToken != "AT" || e.RefreshToken != "RT" {
				t.Errorf("entry %q %q", e.AccessToken, e.RefreshToken)
			}
		})
	}
}

// FuzzSurgery: any input is an error, or keeps every foreign key and value in
// its spelling and order, and where only values change every byte around them.
func FuzzSurgery(f *testing.F) {
	for _, name := range []string{"01-auth-add", "02-auth-list", "07-quarantined-invalid-grant", "08-many-providers-before", "15f-duplicate-keys"} {
		data, err := os.ReadFile(golden + name + "/auth.json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "AT", "RT")
	}
	f.Add([]byte(`{"providers":{"minimax-oauth":{"access_token":1}},"credential_pool":{"minimax-oauth":[{"source":"oauth"},7]}}`), "a\"<\n", "é")
	f.Add([]byte("{\"a\" : [ ] ,\t\"providers\"\n:{ }\r}"), "", "\xff")
	f.Fuzz(func(t *testing.T, data []byte, at, rt string) {
		e := Entry{Provider: testID, AccessToken: at, RefreshToken: rt, ObtainedAt: time.Unix(1e9, 0), ExpiresAt: time.Unix(2e9, 1000), ExpiresIn: 5}
		for _, c := range []func(Block) (Block, error){renewed(e), quarantined(LastError{Code: at, Message: rt}), func(Block) (Block, error) { return removal(), nil }} {
			after, err := apply(data, c)
			if err != nil || after == nil {
				continue
			}
			if !json.Valid(after) || !gjson.ValidBytes(after) {
				t.Fatalf("invalid: %q", after)
			}
			before := bytes.TrimPrefix(data, []byte(byteOrderMark))
			if was, is := foreignParts(before), foreignParts(after); was != is {
				t.Fatalf("foreign parts were\n%s\nand are\n%s", was, is)
			}
		}
	})
}

// foreignParts lists all keys and values of a store that no edit here may
// touch, in their spelling and order.
func foreignParts(data []byte) string {
	var out strings.Builder
	var walk func(v gjson.Result, path []string)
	walk = func(v gjson.Result, path []string) {
		if ours(path) {
			return
		}
		if !v.IsObject() && !v.IsArray() {
			out.WriteString(strings.Join(path, "/") + "=" + v.Raw + "\n")
			return
		}
		i := 0
		v.ForEach(func(key, child gjson.Result) bool {
			name := key.Raw
			if v.IsArray() {
				name = strconv.Itoa(i)
			}
			i++
			walk(child, append(path[:len(path):len(path)], name))
			return true
		})
	}
	walk(gjson.ParseBytes(data), nil)
	return out.String()
}

// ours says whether an edit may change what is at a path of raw keys.
func ours(path []string) bool {
	name := func(i int) string {
		var s string
		if i < len(path) && json.Unmarshal([]byte(path[i]), &s) != nil {
			s = path[i]
		}
		return s
	}
	switch name(0) {
	case "updated_at", "active_provider":
		return true
	case "providers", "credential_pool", "suppressed_sources":
		return len(path) == 1 && false || name(1) == testID
	}
	return false
}
