package login

import (
	"context"
	"maps"
	"os"
	"slices"
	"time"

	"hermes/authfile"
)

// Command is `hermes auth`: its verbs and flags are the fields, for a parser that reads the tags.
type Command struct {
	Add struct {
		accountArg
		Type         string        `enum:",oauth,api-key,api_key" default:"" placeholder:"KIND" help:"oauth or api-key, where a provider has both."`
		NoBrowser    bool          `help:"Print the address only."`
		Region       string        `enum:",global,cn" default:"" placeholder:"REGION" help:"global or cn."`
		PortalURL    string        `name:"portal-url" placeholder:"URL" help:"Log in there."`
		InferenceURL string        `name:"inference-url" placeholder:"URL" help:"Base URL that the login is for."`
		ClientID     string        `name:"client-id" placeholder:"ID" help:"OAuth client."`
		Timeout      time.Duration `placeholder:"D" help:"Bound of the whole login."`
		SetAside     bool          `help:"Keep a broken auth.json under another name and begin a new one."`
		JSON         bool          `help:"Events on stdout: code, waiting, done."`
	} `cmd:"" help:"Log in by device code, or store an API key."`
	List struct {
		JSON bool `help:"As JSON."`
	} `cmd:"" help:"List logins and keys."`
	Status struct {
		Provider string `arg:"" optional:"" help:"Provider or alias; all without one."`
		JSON     bool   `help:"As JSON."`
	} `cmd:"" help:"Exit 0 when logged in, 77 when not."`
	Token struct {
		accountArg
		Show bool `help:"Also on a terminal."`
	} `cmd:"" help:"Print a fresh bearer for other tools."`
	Refresh struct {
		accountArg
		MinTTL time.Duration `name:"min-ttl" placeholder:"D" help:"Only if less is left."`
		JSON   bool          `help:"As JSON."`
		LockFD int           `name:"lock-fd" hidden:"" help:"Renew as the helper process that inherited the lock."`
	} `cmd:"" help:"Renew a login."`
	Remove removeFlags `cmd:"" help:"Remove a login and its keys."`
	Logout removeFlags `cmd:"" help:"The same as remove."`
}

type removeFlags struct {
	accountArg
	JSON bool `help:"As JSON."`
}

type accountArg struct {
	Provider string `arg:"" help:"Provider or alias."`
}

// Named is the provider that the verb was given, "" for none.
func (c *Command) Named(verb string) string {
	return map[string]string{
		"add": c.Add.Provider, "status": c.Status.Provider, "token": c.Token.Provider,
		"refresh": c.Refresh.Provider, "remove": c.Remove.Provider, "logout": c.Logout.Provider,
	}[verb]
}

// Do does what the verb says with the accounts: all of them, or the one that was named. Called Run, it would make the
// parser take a line without a verb.
func (c *Command) Do(ctx context.Context, verb string, desk Desk, accounts []Account) error {
	switch verb {
	case "add":
		return c.add(ctx, desk, accounts[0])
	case "list":
		return desk.List(accounts, c.List.JSON)
	case "status":
		return desk.Status(accounts, c.Status.JSON)
	case "token":
		return desk.Token(ctx, accounts[0], c.Token.Show)
	case "refresh":
		if c.Assists() {
			return desk.Assist(ctx, accounts[0], os.NewFile(uintptr(c.Refresh.LockFD), authfile.LockName))
		}
		return desk.Refresh(ctx, accounts[0], RefreshOptions{MinTTL: c.Refresh.MinTTL, JSON: c.Refresh.JSON})
	case "remove", "logout":
		return desk.Remove(ctx, accounts[0], c.Remove.JSON || c.Logout.JSON)
	}
	return failf("internal", "there is no hermes auth %s", verb)
}

// add logs in by the kind that the flags or the provider's own row say.
func (c *Command) add(ctx context.Context, desk Desk, a Account) error {
	o := AddOptions{NoBrowser: c.Add.NoBrowser, Timeout: c.Add.Timeout, JSON: c.Add.JSON}
	byKey := a.ByKey(c.Add.Type)
	if err := c.misfit(a, byKey); err != nil {
		return desk.told(a, o, err)
	}
	if byKey {
		return desk.AddKey(ctx, a, o)
	}
	if at, ok := a.Issuer.In(c.Add.Region); ok && c.Add.Region != "" && c.Add.Region != a.Issuer.Region {
		a.Issuer, a.Inference = at, at.BaseURL()
	}
	if c.Add.PortalURL != "" {
		a = a.At(c.Add.PortalURL)
	}
	if c.Add.InferenceURL != "" {
		a.Inference = c.Add.InferenceURL
	}
	if c.Add.ClientID != "" {
		a.Issuer.ClientID = c.Add.ClientID
	}
	a.Typed = c.Add.PortalURL != "" || c.Add.InferenceURL != ""
	return desk.Add(ctx, a, o)
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
	return a
}

// misfit is what of the flags does not go together, or with the account.
func (c *Command) misfit(a Account, byKey bool) error {
	f := c.Add
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

// Help are examples, below the summary of the command.
func (Command) Help() string {
	return `Examples:
  hermes auth add minimax-oauth --no-browser
  printf %s "$KEY" | hermes auth add minimax
  curl -H "Authorization: Bearer $(hermes auth token minimax-oauth)" …`
}
