package cli

import (
	"context"
	"io"
	"net/http"
	"time"

	"hermes/oneshot/ledger"
	"hermes/oneshot/wire/dial"
	"hermes/provider/config"
	"hermes/provider/doctor"
	"hermes/provider/sandbox"
)

const configExamples = `Examples:
  hermes config set model MiniMax-M2.7
  hermes config set oneshot.retries 5
  hermes config explain        (what holds now, and who decided it)`

type configGet struct {
	Key  string `arg:"" help:"Dotted key, e.g. model.default, or the name of a secret."`
	JSON bool   `help:"As JSON, with its source."`
}

type configSet struct {
	Key   string `arg:"" help:"Dotted key; model and provider alone mean model.default and model.provider."`
	Value string `arg:"" help:"The value; a secret goes to .env."`
}

type configUnset struct {
	Key string `arg:"" help:"Dotted key."`
}

type (
	configPath struct{}
	configEdit struct{}
)

type configExplain struct {
	JSON bool `help:"As JSON, as the schema settings describes it."`
}

type configShow struct {
	JSON bool `help:"As JSON, as the schema config describes it."`
}

type usageCmd struct{ ledger.Command }

type doctorCmd struct{ doctor.Command }

type sandboxCmd struct{ sandbox.Command }

func (c *configGet) Run(_ context.Context, a *App) error {
	return a.config(a.value(), func(do config.Commands) error { return do.Get(c.Key, c.JSON) })
}

// Run sets a value also in a home that cannot be opened: it may be what mends it. Then nothing can speak against the value.
func (c *configSet) Run(_ context.Context, a *App) error {
	return a.config(a.text(), func(do config.Commands) error {
		if h, err := a.open(opening{}); err == nil {
			do.Warning = h.Warning
		}
		return do.Set(c.Key, c.Value)
	})
}

func (c *configUnset) Run(_ context.Context, a *App) error {
	return a.config(a.text(), func(do config.Commands) error { return do.Unset(c.Key) })
}

func (c *configShow) Run(_ context.Context, a *App) error {
	return a.config(a.text(), func(do config.Commands) error { return do.Show(c.JSON) })
}

func (*configPath) Run(_ context.Context, a *App) error {
	return a.config(a.value(), config.Commands.Path)
}

func (*configEdit) Run(_ context.Context, a *App) error {
	return a.config(a.text(), func(do config.Commands) error {
		do.Err = a.Err // the editor's screen
		return do.Edit()
	})
}

func (c *configExplain) Run(_ context.Context, a *App) error {
	return a.config(a.text(), func(do config.Commands) error {
		h, err := a.open(opening{})
		if err != nil {
			return err
		}
		do.Settings = h.Settings
		return do.Explain(c.JSON)
	})
}

// config does something with config.yaml and .env; what is asked for goes to out.
func (a *App) config(out io.Writer, do func(config.Commands) error) error {
	dir, err := a.dir()
	if err != nil {
		return err
	}
	return do(config.Commands{Home: dir, In: a.In, Out: out, Err: a.messages(), Getenv: a.Getenv, Flags: flagKeys()})
}

// value is stdout for one value: to a script it goes as it is.
func (a *App) value() io.Writer {
	if a.OutTTY {
		return a.text()
	}
	return a.out()
}

func (c *usageCmd) Run(_ context.Context, a *App) error {
	dir, err := a.dir()
	if err != nil {
		return err
	}
	return c.Command.Run(ledgerOf(dir), a.text(), a.OutTTY, time.Now())
}

// Run works where nothing else does: a home that cannot be opened is a finding.
func (c *doctorCmd) Run(ctx context.Context, a *App) error {
	env, err := a.examined()
	if err != nil {
		return err
	}
	healthy, err := c.Command.Run(ctx, env, a.advice())
	if err == nil && !healthy {
		return exitStatus(1)
	}
	return err
}

// examined is the home as doctor looks at it.
func (a *App) examined() (doctor.Env, error) {
	dir, err := a.dir()
	if err != nil {
		return doctor.Env{}, err
	}
	h, broken := a.open(opening{quiet: true})
	return doctor.Env{
		Name: a.Name, Home: dir, Session: h.Session, Broken: broken, Getenv: a.Getenv, Now: time.Now, Endpoint: endpoint,
		Dial: func() (http.RoundTripper, error) { return dial.NewTransport(h.network) }, Models: a.listed(h),
		Tools: a.tried(h, broken),
	}, nil
}

func (c *sandboxCmd) Run(ctx context.Context, a *App) error {
	return c.Command.Run(ctx, a.In, a.out(), config.DecodeYAML)
}
