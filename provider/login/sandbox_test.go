package login

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"hermes/authfile"
	"hermes/provider/sandbox"
)

// The tests here talk to the project's stand-in server, which shares no code
// with the client: a misreading of the wire on one side shows.

func (r *room) sandbox(t *testing.T, o sandbox.Options) (*sandbox.Server, Account) {
	t.Helper()
	srv, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	base, err := srv.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := minimax()
	a.Issuer.Portal, a.Inference = base, base+"/anthropic"
	return srv, a
}

func TestSandboxLogin(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sandbox.Options{
		"milliseconds": {AutoApprove: true},
		"seconds":      {AutoApprove: true, ExpiresIn: "s"},
		"epoch":        {AutoApprove: true, ExpiresIn: "epoch-s"},
		"redirected":   {AutoApprove: true, RedirectOAuth: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			_, a := r.sandbox(t, o)
			if err := r.Add(t.Context(), a, AddOptions{JSON: true}); err != nil {
				t.Fatal(err)
			}
			wantText(t, "stderr", r.err.String(), a.Issuer.Portal+"/oauth-authorize?user_code=", "note from the portal: sandbox login")
			snapshot, err := r.Store.Read()
			if err != nil {
				t.Fatal(err)
			}
			before, _ := snapshot.Entry(a.ID)
			if before.ExpiresIn < 895 || before.ExpiresIn > 901 {
				t.Errorf("expires in %d s", before.ExpiresIn)
			}
			if err := r.Refresh(t.Context(), a, RefreshOptions{}); err != nil {
				t.Fatal(err)
			}
			snapshot, err = r.Store.Read()
			if err != nil {
				t.Fatal(err)
			}
			after, _ := snapshot.Entry(a.ID)
			if after.AccessToken == before.AccessToken || after.RefreshToken == before.RefreshToken || !after.Fresh(time.Now()) {
				t.Error("the pair was not rotated")
			}
		})
	}
}

// TestSandboxApproval decides on the page that the person is shown.
func TestSandboxApproval(t *testing.T) {
	t.Parallel()
	for action, class := range map[string]string{"approve": "", "deny": "auth_refused"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			_, a := r.sandbox(t, sandbox.Options{})
			r.UI.Terminal = true
			r.UI.OpenBrowser = func(page string) error {
				u, err := url.Parse(page)
				if err != nil {
					return err
				}
				res, err := (&http.Client{}).PostForm(page, url.Values{"user_code": u.Query()["user_code"], "action": {action}})
				if err == nil {
					res.Body.Close()
				}
				return err
			}
			wantClass(t, r.Add(t.Context(), a, AddOptions{}), class)
			if stored := r.file("auth.json") != ""; stored != (class == "") {
				t.Errorf("stored: %v", stored)
			}
		})
	}
}

func TestSandboxRefuses(t *testing.T) {
	t.Parallel()
	for fault, class := range map[string]string{
		"wrong-state": "protocol", "code:html": "protocol", "code:status=503": "server_error", "code:status=429": "rate_limit",
		"token:html": "protocol", "token:redirect=http://192.0.2.1/": "protocol", "code:reset": "network", "code:cut=10": "network", "token:status=400": "auth_refused",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			_, a := r.sandbox(t, sandbox.Options{AutoApprove: true, Fault: fault})
			wantClass(t, r.Add(t.Context(), a, AddOptions{}), class)
			if r.file("auth.json") != "" {
				t.Error("auth.json was written")
			}
		})
	}
}

// TestSandboxOneExchange lets several processes find the same expired login.
func TestSandboxOneExchange(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	srv, a := r.sandbox(t, sandbox.Options{AutoApprove: true, TokenTTL: time.Minute})
	if err := r.Add(t.Context(), a, AddOptions{}); err != nil {
		t.Fatal(err)
	}
	r.age(t, a.ID)
	const many = 8
	var wg sync.WaitGroup
	var outs [many]bytes.Buffer
	for i := range many {
		d := r.Commands
		d.Store = authfile.Open(r.home, authfile.Options{})
		d.UI.Out, d.UI.Err = &outs[i], &bytes.Buffer{}
		wg.Go(func() {
			if err := d.Token(t.Context(), a, false); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range outs {
		if outs[i].String() != outs[0].String() || strings.Count(outs[i].String(), "\n") != 1 {
			t.Errorf("number %d got another token", i)
		}
	}
	if n := srv.State().Refreshes; n != 1 {
		t.Errorf("%d exchanges", n)
	}
}

// age makes the stored access token expired.
func (r *room) age(t *testing.T, id string) {
	t.Helper()
	old := block(t, r.file("auth.json"), id)
	doc := r.file("auth.json")
	doc = strings.Replace(doc, string(old["expires_at"]), `"`+iso(-time.Hour)+`"`, 1)
	doc = strings.Replace(doc, string(old["obtained_at"]), `"`+iso(-2*time.Hour)+`"`, 1)
	r.put(t, "auth.json", doc)
}
