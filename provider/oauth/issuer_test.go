package oauth

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// issuer is a standard server of the tests, behind the portal's token
// endpoint. What a field does not change is as the RFCs want it.
type issuer struct {
	portal
	base   string
	meta   map[string]any                               // over the good metadata; nil removes a field
	places map[string]func(w http.ResponseWriter)       // answers of other paths
	device func(w http.ResponseWriter, r *http.Request) // nil: a good device code
	seen   []string                                     // method and path of each request
	asked  map[string]string                            // the form of the device request
}

const goodDevice = `{"device_code":"DC-1","user_code":"WDJB-MJHT","verification_uri":"https://id.example.test/device",` +
	`"verification_uri_complete":"https://id.example.test/device?user_code=WDJB-MJHT","expires_in":600,"interval":5}`

const standardToken = `{"access_token":"AT-1","token_type":"Bearer","refresh_token":"RT-1","expires_in":900,"id_token":"x.y.z"}`

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.seen = append(i.seen, r.Method+" "+r.URL.Path)
	i.mu.Unlock()
	place, known := i.places[r.URL.Path]
	switch {
	case known:
		place(w)
	case strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration"):
		io.WriteString(w, i.document())
	case r.URL.Path == "/device/code" && i.device != nil:
		i.device(w, r)
	case r.URL.Path == "/device/code":
		r.ParseForm()
		i.challenge, i.asked = r.Form.Get("code_challenge"), map[string]string{}
		for key := range r.Form {
			i.asked[key] = r.Form.Get(key)
		}
		io.WriteString(w, goodDevice)
	case r.URL.Path == "/token":
		i.portal.ServeHTTP(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (i *issuer) document() string {
	doc := map[string]any{
		"issuer": i.base, "token_endpoint": i.base + "/token", "device_authorization_endpoint": i.base + "/device/code",
		"scopes_supported": []string{"openid", "profile", "offline_access"}, "code_challenge_methods_supported": []string{"plain", "S256"},
	}
	for key, value := range i.meta {
		if doc[key] = value; value == nil {
			delete(doc, key)
		}
	}
	var pairs []any
	for key, value := range doc {
		pairs = append(pairs, key, value)
	}
	return object(pairs...)
}

// standard is a client of the issuer on a host of its own, without a network.
func standard(i *issuer) *Client {
	i.base = "https://id.example.test"
	return &Client{Portal: i.base, ClientID: "cli", Transport: inMemory{i}}
}

func says(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func wantSeen(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("requests %q, want %q", got, want)
	}
}
