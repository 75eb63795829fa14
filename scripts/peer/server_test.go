package peer

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// The one client and the one user that the server knows. The example's pages
// make the name of a user its subject, so users.json has both the same.
const (
	clientID = "hermes-peer"
	user     = "alice"
)

// peer is the foreign server, behind a counter of grants.
type peer struct {
	t   *testing.T
	url string

	mu     sync.Mutex
	grants map[string]int
}

// serve starts a server whose user codes live so long; 0 is its own 5 minutes.
func serve(t *testing.T, life time.Duration) *peer {
	t.Helper()
	p := &peer{t: t, grants: map[string]int{}}
	srv := httptest.NewUnstartedServer(nil)
	p.url = "http://" + srv.Listener.Addr().String()
	issuer := p.url + "/" // as the example spells it
	users, err := storage.StoreFromFile("testdata/users.json")
	if err != nil {
		t.Fatal(err)
	}
	clients := map[string]*storage.Client{clientID: storage.NativeClient(clientID)}
	store := overlay{storage.NewStorageWithClients(users, clients), life}
	router := exampleop.SetupServer(issuer, store, slog.New(slog.DiscardHandler), false)
	srv.Config.Handler = p.count(router)
	srv.Start()
	t.Cleanup(srv.Close)
	return p
}

// count notes each exchange at the token endpoint by its grant type.
func (p *peer) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth/token" {
			p.mu.Lock()
			p.grants[r.FormValue("grant_type")]++
			p.mu.Unlock()
		}
		next.ServeHTTP(w, r)
	})
}

// refreshes counts the refresh tokens that arrived.
func (p *peer) refreshes() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.grants["refresh_token"]
}

// revoke kills a token at the server's own endpoint (RFC 7009).
func (p *peer) revoke(token string) {
	p.t.Helper()
	resp, err := http.PostForm(p.url+"/revoke", url.Values{"token": {token}, "client_id": {clientID}})
	if err != nil {
		p.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		p.t.Fatalf("revoke: HTTP %d", resp.StatusCode)
	}
}

// subject asks the server whom a bearer stands for; "" is nobody.
func (p *peer) subject(ctx context.Context, authorization string) string {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/userinfo", nil)
	if err != nil {
		return ""
	}
	req.Header.Set("Authorization", authorization)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	var user struct {
		Sub string `json:"sub"`
	}
	if resp.StatusCode != http.StatusOK || json.NewDecoder(resp.Body).Decode(&user) != nil {
		return ""
	}
	return user.Sub
}

// overlay is the example's storage with what it lacks, see the package.
type overlay struct {
	*storage.Storage
	life time.Duration
}

// GetClientByClientID finds the client as its operator would have registered it.
func (o overlay) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := o.Storage.GetClientByClientID(ctx, id)
	if native, ok := c.(*storage.Client); ok && err == nil {
		return deviceClient{native}, nil
	}
	return c, err
}

// CreateAccessAndRefreshTokens says which client a device login is for.
func (o overlay) CreateAccessAndRefreshTokens(ctx context.Context, r op.TokenRequest, current string) (string, string, time.Time, error) {
	if device, ok := r.(*op.DeviceAuthorizationState); ok {
		r = &storage.AuthRequest{ApplicationID: device.ClientID, UserID: device.Subject, Scopes: device.Scopes}
	}
	return o.Storage.CreateAccessAndRefreshTokens(ctx, r, current)
}

// StoreDeviceAuthorization shortens the life of a code; the example has a fixed one.
func (o overlay) StoreDeviceAuthorization(ctx context.Context, client, device, user string, expires time.Time, scopes []string) error {
	if o.life > 0 {
		expires = time.Now().Add(o.life)
	}
	return o.Storage.StoreDeviceAuthorization(ctx, client, device, user, expires, scopes)
}

type deviceClient struct{ *storage.Client }

// GrantTypes are those of a public client that logs in by device code.
func (deviceClient) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeDeviceCode, oidc.GrantTypeRefreshToken}
}
