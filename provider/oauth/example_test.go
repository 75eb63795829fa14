package oauth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"hermes/provider/oauth"
)

// A login from the first request to the token, against a portal that approves
// at once.
func Example() {
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth/code" {
			fmt.Fprintf(w, `{"user_code":"ABCD","verification_uri":"https://www.minimax.io/oauth-authorize?user_code=ABCD","expired_in":300,"state":%q}`, r.FormValue("state"))
			return
		}
		fmt.Fprint(w, `{"status":"success","access_token":"a","refresh_token":"r","expired_in":900}`)
	}))
	defer portal.Close()

	ctx := context.Background()
	c := &oauth.Client{Portal: portal.URL}
	l, err := c.Begin(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("open", oauth.Printable(l.VerificationURI, 0), "and enter", oauth.Printable(l.UserCode, 0))
	t, err := c.Wait(ctx, l)
	fmt.Println(t.TokenType, t.ExpiresIn, err)
	// Output:
	// open https://platform.minimax.io/oauth-authorize?user_code=ABCD and enter ABCD
	// Bearer 900 <nil>
}

// Renewing in two steps: the raw answer can be saved before it is read.
func ExampleClient_Refresh() {
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant","error_description":"refresh token was already used"}`)
	}))
	defer portal.Close()

	at := time.Now()
	c := &oauth.Client{Portal: portal.URL}
	raw, err := c.Refresh(context.Background(), "spent")
	if err == nil {
		_, err = c.ParseToken(raw, at)
	}
	e := err.(*oauth.Error)
	fmt.Println(e.Code, e.Said, e.Terminal, e.Class())
	// Output:
	// refresh_failed invalid_grant: refresh token was already used true reauth_required
}
