package cli

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"golang.org/x/term"

	"hermes/oneshot"
	"hermes/oneshot/wire/dial"
	"hermes/provider/login"
	"hermes/provider/setup"
)

const authExamples = `Examples:
  hermes auth add minimax-oauth --no-browser
  printf %s "$KEY" | hermes auth add minimax
  curl -H "Authorization: Bearer $(hermes auth token minimax-oauth)" …`

// account is the provider that a command of auth is about.
type account struct {
	Provider string `arg:"" help:"Provider or alias."`
}

type authAdd struct {
	account
	login.AddFlags
}

type authList struct {
	JSON bool `help:"As JSON."`
}

type authStatus struct {
	Provider string `arg:"" optional:"" help:"Provider or alias; all without one."`
	JSON     bool   `help:"As JSON."`
}

type authToken struct {
	account
	Show bool `help:"Also on a terminal."`
}

type authRefresh struct {
	account
	MinTTL time.Duration `name:"min-ttl" placeholder:"D" help:"Only if less is left."`
	JSON   bool          `help:"As JSON."`
	LockFD int           `name:"lock-fd" hidden:"" help:"Renew as the helper process that inherited the lock."`
}

// authRemove is also logout.
type authRemove struct {
	account
	JSON bool `help:"As JSON."`
}

type modelPick struct {
	PortalURL string `name:"portal-url" help:"Log in at this portal." placeholder:"URL"`
	NoBrowser bool   `name:"no-browser" help:"Print the login's address only."`
}

type modelList struct{ setup.ListFlags }

type modelRefresh struct{}

type modelSet struct {
	Name     string `arg:"" name:"model" help:"Model name."`
	Provider string `help:"Its provider, where that changes too." placeholder:"P"`
}

type setupCmd struct{ setup.Command }

func (c *authAdd) Run(ctx context.Context, a *App) error {
	return a.withAccount(c.Provider, opening{setAside: c.SetAside}, func(d login.Commands, of login.Account) error {
		return c.Do(ctx, d, of)
	})
}

func (c *authList) Run(_ context.Context, a *App) error {
	d, all, err := a.accounts("", opening{})
	if err != nil {
		return err
	}
	return d.List(all, c.JSON)
}

func (c *authStatus) Run(_ context.Context, a *App) error {
	d, all, err := a.accounts(c.Provider, opening{})
	if err != nil {
		return err
	}
	return d.Status(all, c.JSON)
}

func (c *authToken) Run(ctx context.Context, a *App) error {
	return a.withAccount(c.Provider, opening{}, func(d login.Commands, of login.Account) error { return d.Token(ctx, of, c.Show) })
}

func (c *authRefresh) Run(ctx context.Context, a *App) error {
	if c.LockFD > 0 {
		return c.assist(ctx, a)
	}
	return a.withAccount(c.Provider, opening{}, func(d login.Commands, of login.Account) error {
		return d.Refresh(ctx, of, login.RefreshOptions{MinTTL: c.MinTTL, JSON: c.JSON})
	})
}

// assist renews as the helper process of another, which reaches servers as that one does and not as config.yaml says.
func (c *authRefresh) assist(ctx context.Context, a *App) error {
	a.ask(c.Provider)
	h, err := a.open(opening{})
	if err != nil {
		return err
	}
	task, err := login.Told(a.In, &h.network)
	if err != nil {
		return err
	}
	d, err := a.logins(h)
	if err != nil {
		return err
	}
	d.Task = task
	all, err := h.Accounts(c.Provider)
	if err != nil {
		return err
	}
	return d.Assist(ctx, all[0], c.LockFD)
}

func (c *authRemove) Run(ctx context.Context, a *App) error {
	return a.withAccount(c.Provider, opening{}, func(d login.Commands, of login.Account) error { return d.Remove(ctx, of, c.JSON) })
}

func (c *modelPick) Run(ctx context.Context, a *App) error {
	return a.choosing(func(d *setup.Env) error { return d.Pick(ctx, c.PortalURL, c.NoBrowser) })
}

func (c *modelList) Run(ctx context.Context, a *App) error {
	a.ask(c.Provider)
	return a.choosing(func(d *setup.Env) error { return d.List(ctx, c.ListFlags) })
}

func (*modelRefresh) Run(ctx context.Context, a *App) error {
	return a.choosing(func(d *setup.Env) error { return d.Refresh(ctx) })
}

func (c *modelSet) Run(_ context.Context, a *App) error {
	return a.choosing(func(d *setup.Env) error { return d.SetModel(c.Name, c.Provider) })
}

func (c *setupCmd) Run(ctx context.Context, a *App) error {
	question := func() error {
		test := runCmd{oneshot.Flags{Prompt: []string{"Say hello in one line."}, Stdin: "never"}}
		if code := a.report(test.Run(ctx, a)); code != 0 {
			return exitStatus(code)
		}
		return nil
	}
	return a.choosing(func(d *setup.Env) error { return c.Command.Run(ctx, d, question) })
}

// choosing opens the home for a command that chooses provider and model.
func (a *App) choosing(do func(d *setup.Env) error) error {
	h, err := a.open(opening{})
	if err != nil {
		return err
	}
	d, err := a.logins(h)
	if err != nil {
		return err
	}
	return do(&setup.Env{Session: h.Session, Login: d, Models: a.modelsOf})
}

// withAccount opens the home for a command about one account.
func (a *App) withAccount(name string, o opening, do func(login.Commands, login.Account) error) error {
	d, all, err := a.accounts(name, o)
	if err != nil {
		return err
	}
	return do(d, all[0])
}

// accounts opens the home for a command about an account, or about all without a name.
func (a *App) accounts(name string, o opening) (login.Commands, []login.Account, error) {
	a.ask(name)
	h, err := a.open(o)
	if err != nil {
		return login.Commands{}, nil, err
	}
	d, err := a.logins(h)
	if err != nil {
		return login.Commands{}, nil, err
	}
	all, err := h.Accounts(name)
	if err == nil && name != "" {
		a.ask(all[0].AddArgs())
	}
	return d, all, err
}

// logins is where logins of the home are made, over a transport that renewals share.
func (a *App) logins(h *home) (login.Commands, error) {
	rt, err := dial.NewTransport(h.network)
	if err != nil {
		return login.Commands{}, err
	}
	h.Use(rt)
	d := login.Commands{UI: a.ui(), Store: h.Store, EnvFile: filepath.Join(h.Home, ".env"), Transport: http.RoundTripper(rt)}
	if r, ok := h.Rows().Configured(h.Config); ok {
		d.ConfigProvider = r.ID
	}
	return d, nil
}

// ui is how a login talks to a person.
func (a *App) ui() login.UI {
	ui := login.UI{
		In: a.In, Out: a.advice(), Err: a.messages(),
		Terminal: a.InTTY && a.ErrTTY, OutTerminal: a.OutTTY, Getenv: a.Getenv,
	}
	a.screen(&ui)
	if a.InTTY {
		ui.ReadSecret = a.readSecret
	}
	if ui.Terminal {
		ui.OpenBrowser, ui.BrowserWhy = login.Browser(a.Getenv)
	} else {
		ui.BrowserWhy = "there is no terminal"
	}
	return ui
}

// readSecret asks on the terminal. The echo is off before the question is there to be answered, and on again whatever
// ends it.
func (a *App) readSecret(ctx context.Context, prompt string) (string, error) {
	fd := int(a.In.Fd())
	was, err := term.MakeRaw(fd)
	if err != nil {
		return "", err
	}
	defer fmt.Fprintln(a.stderr)
	defer term.Restore(fd, was)
	fmt.Fprint(a.messages(), prompt)
	return login.ReadHidden(ctx, a.In)
}
