package login

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// AddFlags are the flags of `hermes auth add`, for a parser that reads the tags.
type AddFlags struct {
	Type         string        `enum:",oauth,api-key,api_key" default:"" placeholder:"KIND" help:"oauth or api-key, where a provider has both."`
	NoBrowser    bool          `help:"Print the address only."`
	Label        string        `placeholder:"TEXT" help:"Name of the login in the pool."`
	Region       string        `enum:",global,cn" default:"" placeholder:"REGION" help:"global or cn."`
	PortalURL    string        `name:"portal-url" placeholder:"URL" help:"Log in there."`
	InferenceURL string        `name:"inference-url" placeholder:"URL" help:"Base URL that the login is for."`
	ClientID     string        `name:"client-id" placeholder:"ID" help:"OAuth client."`
	Timeout      time.Duration `placeholder:"D" help:"Give up the login after D."`
	SetAside     bool          `help:"Keep a broken auth.json under another name and begin a new one."`
	JSON         bool          `help:"Events on stdout: code, waiting, done."`
}

// Do logs in to the account, or stores its key: what the flags say, else the provider's own row.
func (f *AddFlags) Do(ctx context.Context, c Commands, a Account) error {
	o := AddOptions{NoBrowser: f.NoBrowser, Timeout: f.Timeout, JSON: f.JSON, said: new(int)}
	byKey := a.ByKey(f.Type)
	if err := f.misfit(a, byKey); err != nil {
		return c.told(a, o, err)
	}
	if byKey {
		return c.AddKey(ctx, a, o)
	}
	if at, ok := a.Issuer.In(f.Region); ok && f.Region != "" && f.Region != a.Issuer.Region {
		a.Issuer, a.Inference = at, at.BaseURL()
	}
	if f.PortalURL != "" {
		a = a.At(f.PortalURL)
	}
	a.Label = f.Label
	if f.InferenceURL != "" {
		a.Inference = f.InferenceURL
	}
	if f.ClientID != "" {
		a.Issuer.ClientID = f.ClientID
	}
	a.Typed = f.PortalURL != "" || f.InferenceURL != ""
	return c.Add(ctx, a, o)
}

// ByKey says whether the account gets an API key or a login, by the kind that a flag names, "" for none. A provider that
// has both gets a key.
func (a Account) ByKey(kind string) bool {
	if kind == "" {
		return a.Kind != KindOAuth || a.KeyEnv != ""
	}
	return kind != KindOAuth || a.Kind == KindNone
}

// At is the account at another portal, which serves inference too.
func (a Account) At(portal string) Account {
	a.Issuer = a.Issuer.At(portal)
	a.Inference = a.Issuer.BaseURL()
	a.elsewhere = strings.TrimRight(portal, "/")
	return a
}

// misfit is what of the flags does not go together, or with the account.
func (f *AddFlags) misfit(a Account, byKey bool) error {
	if f.Timeout < 0 {
		return failf("usage", "--timeout is negative")
	}
	if byKey {
		return forLogins(a, map[string]bool{
			"--region": f.Region != "", "--portal-url": f.PortalURL != "", "--inference-url": f.InferenceURL != "",
			"--client-id": f.ClientID != "", "--no-browser": f.NoBrowser,
		})
	}
	if _, ok := a.Issuer.In(f.Region); f.Region != "" && !ok {
		return advise("leave --region out", "usage", "--region %s: %s", f.Region, regions(a))
	}
	return nil
}

// regions says which regions the account may log in in.
func regions(a Account) string {
	if a.Issuer.Region == "" {
		return a.ID + " has no regions"
	}
	return a.ID + " logs in in the region " + a.Issuer.Region + " alone"
}

// forLogins refuses flags that a key has no use for, rather than let them be without effect.
func forLogins(a Account, set map[string]bool) error {
	for _, name := range slices.Sorted(maps.Keys(set)) {
		switch {
		case !set[name]:
		case a.Kind == KindOAuth && a.KeyEnv != "":
			return advise("run: hermes auth add "+a.AddArgs(), "usage", "%s is for a login, and %s takes an API key unless told otherwise", name, a.ID)
		case a.Kind != KindOAuth:
			return failf("usage", "%s is for a login, and %s has none", name, a.ID)
		}
	}
	return nil
}
