package login

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hermes/authfile"
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

func TestAddHostileTexts(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	a := r.portal(t, &portal{code: func(form url.Values) (int, any) {
		return 200, object{
			"user_code": "AB\x1b]0;owned\x07CD\u202e", "verification_uri": "https://x.test/\x1b[2J\nhermes: paste your password",
			"expired_in": 600, "state": form.Get("state"),
		}
	}})
	r.UI.Terminal = true
	r.UI.OpenBrowser = func(page string) error { return checkPage(page) }
	if err := r.Add(t.Context(), a, AddOptions{}); err != nil {
		t.Fatal(err)
	}
	if text := r.err.String(); strings.ContainsAny(text, "\x1b\x07\u202e") || strings.Contains(text, "owned") {
		t.Errorf("%q", text)
	}
	wantText(t, "stderr", r.err.String(), "enter: ABCD\n", "no browser is opened: the address")
}

// TestAddFails goes through the ways a login ends without a grant. None may
// change what is stored.
func TestAddFails(t *testing.T) {
	t.Parallel()
	wrongState := func(url.Values) (int, any) {
		_, doc := goodCode(url.Values{"state": {"another"}})
		return 200, doc
	}
	late := func(form url.Values) (int, any) {
		_, doc := goodCode(form)
		doc.(object)["expired_in"] = time.Now().Add(-time.Second).UnixMilli()
		return 200, doc
	}
	for name, tc := range map[string]struct {
		portal               *portal
		code, class, message string
	}{
		"authorization_failed":     {&portal{code: always(400, "bad client")}, "authorization_failed", "auth_refused", "bad client"},
		"authorization_failed 5xx": {&portal{code: always(502, "")}, "authorization_failed", "server_error", "Bad Gateway"},
		"authorization_incomplete": {&portal{code: always(200, object{"user_code": "U"})}, "authorization_incomplete", "protocol", "verification_uri"},
		"state_mismatch":           {&portal{code: wrongState}, "state_mismatch", "protocol", "state mismatch"},
		"token_exchange_failed":    {&portal{token: always(400, object{"base_resp": object{"status_msg": "wrong verifier"}})}, "token_exchange_failed", "auth_refused", "wrong verifier"},
		"not JSON":                 {&portal{token: always(200, "<html>")}, "token_exchange_failed", "protocol", "JSON"},
		"authorization_denied":     {&portal{token: always(200, object{"status": "error"})}, "authorization_denied", "auth_refused", "denied"},
		"token_incomplete":         {&portal{token: always(200, object{"status": "success", "access_token": "SECRET"})}, "token_incomplete", "protocol", "refresh_token"},
		"timeout":                  {&portal{code: late}, "timeout", "timeout", "expired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			r.store(t, "minimax-oauth")
			before := r.file("auth.json")
			a := r.portal(t, tc.portal)
			err := r.Add(t.Context(), a, AddOptions{JSON: true})
			wantClass(t, err, tc.class)
			wantText(t, "error", err.Error(), tc.message)
			if r.file("auth.json") != before {
				t.Error("auth.json was changed")
			}
			events := r.events(t)
			last := events[len(events)-1]
			if last["type"] != "error" || last["code"] != tc.code || last["class"] != tc.class || last["message"] != err.Error() {
				t.Errorf("%v", last)
			}
			if strings.Contains(r.out.String()+r.err.String()+err.Error(), "SECRET") {
				t.Error("a token was printed")
			}
		})
	}
}

func TestAddRefusesBeforeSending(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change         func(*room, *Account)
		class, message string
	}{
		"a key provider":  {func(_ *room, a *Account) { *a = keyed() }, "usage", "API key"},
		"foreign portal":  {func(_ *room, a *Account) { a.Issuer.Portal = "https://evil.test" }, "config", "not a host"},
		"plain portal":    {func(_ *room, a *Account) { a.Issuer.Portal = "http://api.minimax.io" }, "config", "https"},
		"no portal":       {func(_ *room, a *Account) { a.Issuer.Portal = "" }, "config", "no portal"},
		"plain inference": {func(_ *room, a *Account) { a.Inference = "http://example.test" }, "config", "https"},
		"inference name":  {func(_ *room, a *Account) { a.Inference = "https://me:pw@example.test" }, "config", "no name"},
		"inference path":  {func(_ *room, a *Account) { a.Inference = "/anthropic" }, "config", "not an http(s) URL"},
		"inference ftp":   {func(_ *room, a *Account) { a.Inference = "ftp://x/" }, "config", "not an http(s) URL"},
		"broken store": {func(r *room, _ *Account) {
			os.WriteFile(r.Store.Path(), []byte(`{"version": 1, "prov`), 0o600)
		}, "config", "auth.json"},
		"store of another shape": {func(r *room, _ *Account) {
			os.WriteFile(r.Store.Path(), []byte(`{"version": 1, "providers": [1]}`), 0o600)
		}, "config", "providers is not an object"},
		"store of a later version": {func(r *room, _ *Account) {
			os.WriteFile(r.Store.Path(), []byte(`{"version": 2, "providers": {}}`), 0o600)
		}, "config", "use a newer one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, p := newRoom(t), &portal{}
			a := r.portal(t, p)
			tc.change(r, &a)
			before := r.file("auth.json")
			err := r.Add(t.Context(), a, AddOptions{})
			wantClass(t, err, tc.class)
			if err == nil || !strings.Contains(err.Error(), tc.message) || strings.Contains(err.Error(), "pw") {
				t.Errorf("%v", err)
			}
			if p.requests() != 0 || r.file("auth.json") != before {
				t.Errorf("%d requests", p.requests())
			}
		})
	}
}

func TestAddOverBrokenStore(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.put(t, "auth.json", `{"version": 1, "prov`)
	r.Store = authfile.Open(r.home, authfile.Options{SetAside: true})
	a := r.portal(t, &portal{})
	if err := r.Add(t.Context(), a, AddOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := block(t, r.file("auth.json"), "minimax-oauth"); string(got["access_token"]) != `"NEW-AT"` {
		t.Errorf("%s", got)
	}
}

// pendingPortal answers every poll with "pending".
func pendingPortal() http.Handler { return &portal{token: always(200, object{"status": "pending"})} }

// offline is a transport to a handler without a network, for the fake clock.
func offline(h http.Handler) http.RoundTripper {
	return transport(func(r *http.Request) (*http.Response, error) {
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		return rec.Result(), nil
	})
}

func TestAddInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		r.store(t, "minimax-oauth")
		before := r.file("auth.json")
		r.Transport = offline(pendingPortal())
		why := errors.New("interrupt")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(3*time.Second, func() { cancel(why) })
		start := time.Now()
		err := r.Add(ctx, minimax(), AddOptions{JSON: true})
		if err != why || time.Since(start) != 3*time.Second || r.file("auth.json") != before {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if events := r.events(t); events[len(events)-1]["type"] != "error" {
			t.Errorf("%v", events)
		}
	})
}

func TestAddTimeout(t *testing.T) {
	t.Parallel()
	for limit, want := range map[time.Duration]time.Duration{0: 10 * time.Minute, 30 * time.Second: 30 * time.Second, 5 * time.Second: 5 * time.Second, time.Hour: 10 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			r := newRoom(t)
			r.Transport = offline(pendingPortal())
			start := time.Now()
			err := r.Add(t.Context(), minimax(), AddOptions{Timeout: limit})
			wantClass(t, err, "timeout")
			if took := time.Since(start); took != want {
				t.Errorf("limit %v: took %v", limit, took)
			}
			wantText(t, "stderr", r.err.String(), "at most "+span(want))
		})
	}
}

func TestAddTellsTrouble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		r.Transport = offline(&portal{token: always(503, "down for a while")})
		err := r.Add(t.Context(), minimax(), AddOptions{JSON: true, Timeout: time.Minute})
		wantClass(t, err, "timeout")
		if n := strings.Count(r.err.String(), "still waiting"); n != 1 {
			t.Errorf("told %d times:\n%s", n, r.err.String())
		}
		waiting := 0
		for _, e := range r.events(t) {
			if e["type"] == "waiting" && e["reason"] != nil {
				waiting++
			}
		}
		if waiting < 2 {
			t.Errorf("%d events with a reason", waiting)
		}
	})
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
