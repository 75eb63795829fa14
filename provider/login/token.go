package login

import (
	"context"
	"time"

	"hermes/authfile"
	"hermes/provider/config"
)

// Token prints a usable bearer and a newline to stdout, renewed as a run would
// renew it; for a provider with a key, the key. A terminal gets it only with
// show. Classes: usage, not_logged_in, reauth_required, those of Store.Renew.
func (d Desk) Token(ctx context.Context, a Account, show bool) error {
	if d.UI.OutTerminal && !show {
		return failf("usage", "a token does not belong on a terminal; pipe it, or say --show")
	}
	e, err := d.stored(a)
	if err != nil {
		return err
	}
	dotenv, _ := config.LoadEnv(d.EnvFile)
	if key, source := d.key(a, dotenv); source != "" && !e.LoggedIn() {
		return d.write(key + "\n")
	}
	if a.Kind == KindNone {
		return failf("usage", "%s needs no login and has no token", a.ID)
	}
	if e.Provider == "" {
		return notLoggedIn(d.without(a, dotenv))
	}
	e, renewal, err := d.Store.Renew(ctx, a.ID, "", Exchange(d.Transport))
	if err != nil {
		return err
	}
	d.warn(renewal)
	return d.write(e.AccessToken + "\n")
}

// stored returns the account's block; its Provider is "" when there is none.
func (d Desk) stored(a Account) (authfile.Entry, error) {
	if a.Issuer.Portal == "" {
		return authfile.Entry{}, nil
	}
	snapshot, err := d.Store.Read()
	if err != nil {
		return authfile.Entry{}, err
	}
	e, ok := snapshot.Entry(a.ID)
	if ok {
		e.Provider = a.ID
	}
	return e, nil
}

func (d Desk) warn(r authfile.Renewal) {
	if r.Warning != "" {
		d.say("%s", r.Warning)
	}
}

// RefreshOptions are the flags of a renewal.
type RefreshOptions struct {
	MinTTL time.Duration // renew only if less than this is left; 0 always renews
	JSON   bool          // one object on stdout
}

// Refreshed is what Refresh prints with JSON.
type Refreshed struct {
	Provider  string `json:"provider"`
	Renewed   bool   `json:"renewed"`              // by this process
	Adopted   bool   `json:"adopted"`              // another process had renewed it
	ExpiresAt string `json:"expires_at,omitempty"` // RFC 3339
	ExpiresIn int64  `json:"expires_in"`           // seconds from now, at least 0
}

// Refresh renews a login now. Of several processes that ask at once one
// renews, the others take over its result. Classes as for Token.
func (d Desk) Refresh(ctx context.Context, a Account, o RefreshOptions) error {
	e, err := d.stored(a)
	switch {
	case err != nil:
		return err
	case a.Issuer.Portal == "":
		return failf("usage", "%s has no login that could be renewed", a.ID)
	case e.Provider == "":
		return notLoggedIn(d.without(a, nil))
	}
	if left := time.Until(e.ExpiresAt); o.MinTTL > 0 && e.AccessToken != "" && left >= o.MinTTL {
		d.say("%s: still valid for %s, not renewed", a.ID, span(left))
		return d.refreshed(a, e, authfile.Renewal{}, o)
	}
	e, renewal, err := d.Store.Renew(ctx, a.ID, e.AccessToken, Exchange(d.Transport))
	if err != nil {
		return err
	}
	d.warn(renewal)
	how := "still good"
	switch {
	case renewal.Adopted:
		how = "renewed by another process"
	case renewal.Renewed:
		how = "renewed"
	}
	d.say("%s: %s, %s", a.ID, how, validity(e.ExpiresAt))
	return d.refreshed(a, e, renewal, o)
}

func (d Desk) refreshed(a Account, e authfile.Entry, r authfile.Renewal, o RefreshOptions) error {
	if !o.JSON {
		return nil
	}
	out := Refreshed{Provider: a.ID, Renewed: r.Renewed, Adopted: r.Adopted}
	if !e.ExpiresAt.IsZero() {
		out.ExpiresAt, out.ExpiresIn = stamp(e.ExpiresAt), max(0, int64(time.Until(e.ExpiresAt)/time.Second))
	}
	return d.print(out)
}
