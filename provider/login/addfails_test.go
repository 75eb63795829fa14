package login

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hermes/authfile"
)

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
