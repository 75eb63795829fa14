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
func (c Commands) Token(ctx context.Context, a Account, show bool) error {
	if c.UI.OutTerminal && !show {
		return failf("usage", "a token does not belong on a terminal; pipe it, or say --show")
	}
	e, err := c.stored(a)
	if err != nil {
		return err
	}
	dotenv, _ := config.LoadEnv(c.EnvFile)
	snapshot, _ := c.store(a).Read() // a broken store is told where a login is wanted of it
	if key, source := c.key(a, dotenv, snapshot); source != "" && !e.LoggedIn() {
		return c.write(key + "\n")
	}
	if a.Kind == KindNone {
		return failf("usage", "%s needs no login and has no token", a.ID)
	}
	if e.Provider == "" {
		return notLoggedIn(c.without(a, dotenv))
	}
	e, renewal, err := c.store(a).Renew(ctx, a.ID, "", Exchange(a.Issuer, c.Transport))
	if err != nil {
		return err
	}
	c.warn(renewal)
	return c.write(e.AccessToken + "\n")
}

// stored returns the account's block; its Provider is "" when there is none.
func (c Commands) stored(a Account) (authfile.Entry, error) {
	if a.Issuer.Portal == "" {
		return authfile.Entry{}, nil
	}
	snapshot, err := c.store(a).Read()
	if err != nil {
		return authfile.Entry{}, err
	}
	e, ok := snapshot.Entry(a.ID)
	if ok {
		e.Provider = a.ID
	}
	return e, nil
}

func (c Commands) warn(r authfile.Renewal) {
	if r.Warning != "" {
		c.say("%s", r.Warning)
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
func (c Commands) Refresh(ctx context.Context, a Account, o RefreshOptions) error {
	e, err := c.stored(a)
	switch {
	case err != nil:
		return err
	case a.Issuer.Portal == "":
		return failf("usage", "%s has no login that could be renewed", a.ID)
	case e.Provider == "":
		return notLoggedIn(c.without(a, nil))
	}
	if left := time.Until(e.ExpiresAt); o.MinTTL > 0 && e.AccessToken != "" && left >= o.MinTTL {
		c.say("%s: still valid for %s, not renewed", a.ID, span(left))
		return c.refreshed(a, e, authfile.Renewal{}, o)
	}
	e, renewal, err := c.store(a).Renew(ctx, a.ID, e.AccessToken, Exchange(a.Issuer, c.Transport))
	if err != nil {
		return err
	}
	c.warn(renewal)
	how := "still good"
	switch {
	case renewal.Adopted:
		how = "renewed by another process"
	case renewal.Renewed:
		how = "renewed"
	}
	c.say("%s: %s, %s", a.ID, how, validity(e.ExpiresAt))
	return c.refreshed(a, e, renewal, o)
}

func (c Commands) refreshed(a Account, e authfile.Entry, r authfile.Renewal, o RefreshOptions) error {
	if !o.JSON {
		return nil
	}
	out := Refreshed{Provider: a.ID, Renewed: r.Renewed, Adopted: r.Adopted}
	if !e.ExpiresAt.IsZero() {
		out.ExpiresAt, out.ExpiresIn = stamp(e.ExpiresAt), max(0, int64(time.Until(e.ExpiresAt)/time.Second))
	}
	return c.print(out)
}
