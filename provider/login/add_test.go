package login

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAdd(t *testing.T) {
	t.Parallel()
	r, p := newRoom(t), &portal{}
	a := r.portal(t, p)
	if err := r.Add(t.Context(), a, AddOptions{}); err != nil {
		t.Fatal(err)
	}
	wantText(t, "stderr", r.err.String(),
		"logging in to MiniMax (OAuth), region global, portal http://127.0.0.1:",
		"1. open this page: https://platform.minimax.io/oauth-authorize?user_code=ABCD-1234\n",
		"enter: ABCD-1234\n", "waiting for approval", "logged in to MiniMax (OAuth), region=global", `next: hermes "your question"`)
	r.wantPrefixed(t)
	if r.out.Len() != 0 || strings.Contains(r.err.String(), "NEW-") {
		t.Errorf("stdout %q, stderr %q", r.out.String(), r.err.String())
	}
	if r.file("config.yaml") != "" {
		t.Error("config.yaml was written")
	}
	if p.forms[0].Get("client_id") != "78257093-7e40-4613-99e0-527b14b39113" {
		t.Errorf("client %s", p.forms[0].Get("client_id"))
	}
	info, err := os.Stat(r.Store.Path())
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v, %v", info, err)
	}
}

// TestAddGolden compares a login with the one that Hermes Agent stores.
func TestAddGolden(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		golden, id, region string
		change             func(*Account)
	}{
		"global": {"01-auth-add", "minimax-oauth", "global", func(*Account) {}},
		"cn":     {"04-login-cn", "minimax-oauth", "cn", func(a *Account) { a.Issuer.Region = "cn" }},
		"cn row": {"04-login-cn", "minimax-cn", "cn", func(a *Account) { a.ID, a.Issuer.Region = "minimax-cn", "cn" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			a := r.portal(t, &portal{})
			tc.change(&a)
			if err := r.Add(t.Context(), a, AddOptions{}); err != nil {
				t.Fatal(err)
			}
			golden, err := os.ReadFile("../../testdata/golden/" + tc.golden + "/auth.json")
			if err != nil {
				t.Fatal(err)
			}
			want, got := block(t, string(golden), "minimax-oauth"), block(t, r.file("auth.json"), tc.id)
			if !slices.Equal(keysOf(got), keysOf(want)) || len(got) != 13 {
				t.Errorf("keys %q, want %q", keysOf(got), keysOf(want))
			}
			if order := orderOf(r.file("auth.json"), keysOf(want)); !slices.Equal(order, orderOf(string(golden), keysOf(want))) {
				t.Errorf("order %q", order)
			}
			ours := []string{"provider", "portal_base_url", "inference_base_url", "access_token", "refresh_token", "obtained_at", "expires_at", "expires_in"}
			for key := range want {
				if !slices.Contains(ours, key) && string(got[key]) != string(want[key]) {
					t.Errorf("%s is %s, want %s", key, got[key], want[key])
				}
			}
			timeForm := regexp.MustCompile(`^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00"$`)
			if !timeForm.Match(got["obtained_at"]) || !timeForm.Match(got["expires_at"]) {
				t.Errorf("times %s %s", got["obtained_at"], got["expires_at"])
			}
			if s := string(got["expires_in"]); s != "899" && s != "900" {
				t.Errorf("expires_in %s", s)
			}
			if string(got["inference_base_url"]) != `"`+a.Inference+`"` || string(got["provider"]) != `"`+tc.id+`"` || string(got["region"]) != `"`+tc.region+`"` {
				t.Errorf("%s", got)
			}
		})
	}
}

// block is providers[id] of an auth.json.
func block(t *testing.T, doc, id string) map[string]json.RawMessage {
	t.Helper()
	var store struct {
		Providers map[string]map[string]json.RawMessage `json:"providers"`
	}
	if err := json.Unmarshal([]byte(doc), &store); err != nil {
		t.Fatal(err)
	}
	return store.Providers[id]
}

// orderOf sorts keys by their first place in doc.
func orderOf(doc string, keys []string) []string {
	slices.SortFunc(keys, func(a, b string) int { return strings.Index(doc, `"`+a+`":`) - strings.Index(doc, `"`+b+`":`) })
	return keys
}

func TestAddStoresOverrides(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	p := &portal{token: always(200, object{
		"status": "success", "access_token": "A", "refresh_token": "R", "expired_in": 60, "token_type": "bearer", "resource_url": "https://api.minimax.io",
	})}
	a := r.portal(t, p)
	a.Issuer.ClientID, a.Issuer.Scope, a.Issuer.Portal, a.Inference = "my-client", "my scope", a.Issuer.Portal+"/", "https://inference.example/anthropic/"
	if err := r.Add(t.Context(), a, AddOptions{}); err != nil {
		t.Fatal(err)
	}
	snapshot, err := r.Store.Read()
	if err != nil {
		t.Fatal(err)
	}
	e, _ := snapshot.Entry("minimax-oauth")
	if e.ClientID != "my-client" || e.Scope != "my scope" || e.PortalBaseURL != strings.TrimRight(a.Issuer.Portal, "/") || e.InferenceBaseURL != "https://inference.example/anthropic" {
		t.Errorf("%+v", e)
	}
	if e.TokenType != "bearer" || e.ResourceURL == nil || *e.ResourceURL != "https://api.minimax.io" || e.ExpiresIn != 60 || snapshot.Active() != "minimax-oauth" {
		t.Errorf("%+v", e)
	}
	if p.forms[0].Get("client_id") != "my-client" || p.forms[0].Get("scope") != "my scope" || p.forms[1].Get("client_id") != "my-client" {
		t.Errorf("%v", p.forms)
	}
}

func TestAddJSON(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	a := r.portal(t, &portal{token: always(200, object{
		"status": "success", "access_token": "NEW-AT", "refresh_token": "NEW-RT", "expired_in": 900, "notification_message": "hi\x1b[31m there\nfriend",
	})})
	if err := r.Add(t.Context(), a, AddOptions{JSON: true}); err != nil {
		t.Fatal(err)
	}
	events := r.events(t)
	var types []string
	for _, e := range events {
		types = append(types, e["type"].(string))
		if e["v"] != 1.0 || e["provider"] != "minimax-oauth" {
			t.Errorf("%v", e)
		}
	}
	if !slices.Equal(types, []string{"code", "waiting", "done"}) {
		t.Fatalf("events %q", types)
	}
	if c := events[0]; c["user_code"] != "ABCD-1234" || c["browser_opened"] != false ||
		c["verification_uri"] != "https://platform.minimax.io/oauth-authorize?user_code=ABCD-1234" {
		t.Errorf("%v", c)
	}
	for _, e := range events {
		if _, err := time.Parse(time.RFC3339, e["expires_at"].(string)); err != nil {
			t.Error(err)
		}
	}
	if events[2]["notification_message"] != "hi there friend" {
		t.Errorf("%v", events[2])
	}
	wantText(t, "stderr", r.err.String(), "note from the portal: hi there friend\n", "platform.minimax.io", "ABCD-1234")
	if strings.Contains(r.out.String()+r.err.String(), "NEW-") {
		t.Error("a token was printed")
	}
}

func TestAddBrowser(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		terminal, none, never bool
		fails                 error
		opened                bool
		says                  string
	}{
		"opens":       {terminal: true, opened: true, says: "should open in your browser"},
		"fails":       {terminal: true, opened: true, fails: errors.New("xdg-open: broken"), says: "no browser is opened: xdg-open: broken"},
		"no terminal": {terminal: false},
		"no-browser":  {terminal: true, none: true},
		"none here":   {terminal: true, never: true, says: "no browser is opened: there is no display"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, opened := newRoom(t), ""
			a := r.portal(t, &portal{})
			r.UI.Terminal, r.UI.BrowserWhy = tc.terminal, "there is no display"
			if !tc.never {
				r.UI.OpenBrowser = func(page string) error { opened = page; return tc.fails }
			}
			if err := r.Add(t.Context(), a, AddOptions{NoBrowser: tc.none, JSON: true}); err != nil {
				t.Fatal(err)
			}
			if (opened == "https://platform.minimax.io/oauth-authorize?user_code=ABCD-1234") != tc.opened {
				t.Errorf("opened %q", opened)
			}
			wantText(t, "stderr", r.err.String(), tc.says, "open this page: https://platform", "ABCD-1234")
			if got := r.events(t)[0]["browser_opened"]; got != (tc.opened && tc.fails == nil) {
				t.Errorf("browser_opened %v", got)
			}
		})
	}
}

func TestNextStep(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		account Account
		config  string
		want    string
	}{
		"login, no config":    {minimax(), "", `next: hermes "your question"`},
		"login, it is chosen": {minimax(), "minimax-oauth", `next: hermes "your question"`},
		"login, another":      {minimax(), "anthropic", "next: hermes --provider minimax-oauth \"your question\"; config.yaml names anthropic"},
		"key, no config":      {keyed(), "", "hermes config set provider minimax"},
		"key, it is chosen":   {keyed(), "minimax", `next: hermes "your question"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			r.ConfigProvider = tc.config
			r.next(tc.account)
			wantText(t, "stderr", r.err.String(), tc.want)
		})
	}
}
