package login

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"hermes/provider/oauth"
)

// standardServer answers as RFC 8414 and RFC 8628 want it, and remembers the
// forms of its token endpoint.
type standardServer struct{ forms []string }

func (s *standardServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const base = "https://id.example.test/realm"
	switch r.URL.Path {
	case "/.well-known/oauth-authorization-server/realm":
		json.NewEncoder(w).Encode(object{
			"issuer": base, "token_endpoint": base + "/grants", "device_authorization_endpoint": base + "/device",
			"scopes_supported": []string{"openid", "offline_access"},
		})
	case "/realm/device":
		io.WriteString(w, `{"device_code":"SECRET-DC","user_code":"WDJB-MJHT","verification_uri":"https://id.example.test/d","expires_in":600}`)
	case "/realm/grants":
		body, _ := io.ReadAll(r.Body)
		s.forms = append(s.forms, string(body))
		fmt.Fprintf(w, `{"access_token":"NEW-AT%d","refresh_token":"NEW-RT%d","token_type":"Bearer","expires_in":20}`, len(s.forms), len(s.forms))
	default:
		http.NotFound(w, r)
	}
}

func ownServer() Account {
	a := minimax()
	a.Issuer.Portal, a.Issuer.ClientID = "https://id.example.test/realm/", "cli"
	return a
}

// TestAddAtStandardServer logs in at a server of one's own, renews there, and
// leaves nothing of it behind in the next login at MiniMax.
func TestAddAtStandardServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, s := newRoom(t), &standardServer{}
		r.Transport = offline(s)
		if err := r.Add(t.Context(), ownServer(), AddOptions{JSON: true}); err != nil {
			t.Fatal(err)
		}
		wantText(t, "stderr", r.err.String(), "RFC 8628", "open this page: https://id.example.test/d\n", "enter: WDJB-MJHT\n")
		got := block(t, r.file("auth.json"), "minimax-oauth")
		if len(got) != 14 || string(got["token_endpoint"]) != `"https://id.example.test/realm/grants"` || string(got["client_id"]) != `"cli"` ||
			string(got["scope"]) != `"openid offline_access"` || string(got["portal_base_url"]) != `"https://id.example.test/realm"` || string(got["expires_in"]) != "20" {
			t.Errorf("%s", got)
		}
		if err := r.Refresh(t.Context(), ownServer(), RefreshOptions{}); err != nil {
			t.Fatal(err)
		}
		after := block(t, r.file("auth.json"), "minimax-oauth")
		if string(after["refresh_token"]) != `"NEW-RT2"` || string(after["token_endpoint"]) != string(got["token_endpoint"]) {
			t.Errorf("%s", after)
		}
		if want := "client_id=cli&grant_type=refresh_token&refresh_token=NEW-RT1"; len(s.forms) != 2 || s.forms[1] != want {
			t.Errorf("forms %q, want %s last", s.forms, want)
		}
		if all := r.out.String() + r.err.String(); strings.Contains(all, "SECRET") || strings.Contains(all, "NEW-") {
			t.Error("a secret was printed")
		}
		r.Transport = offline(&portal{})
		if err := r.Add(t.Context(), minimax(), AddOptions{}); err != nil {
			t.Fatal(err)
		}
		if keys := keysOf(block(t, r.file("auth.json"), "minimax-oauth")); len(keys) != 13 || slices.Contains(keys, "token_endpoint") {
			t.Errorf("keys %q", keys)
		}
	})
}

// TestAddAtStandardServerRefuses: a host of one's own is none without a client of one's own.
func TestAddAtStandardServerRefuses(t *testing.T) {
	t.Parallel()
	for _, client := range []string{"", oauth.DefaultClientID} {
		r, s := newRoom(t), &standardServer{}
		r.Transport = offline(s)
		a := ownServer()
		a.Issuer.ClientID = client
		err := r.Add(t.Context(), a, AddOptions{})
		wantClass(t, err, "config")
		wantText(t, "error", err.Error(), "needs a client ID of its own")
		if len(s.forms) != 0 || r.file("auth.json") != "" {
			t.Errorf("sent %q", s.forms)
		}
	}
}
