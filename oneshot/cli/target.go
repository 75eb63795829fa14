package cli

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"

	"hermes/oneshot"
	"hermes/oneshot/bill"
	"hermes/oneshot/cache"
	"hermes/oneshot/cassette"
	"hermes/oneshot/ledger"
	"hermes/oneshot/output"
	"hermes/oneshot/pace"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/dial"
	"hermes/provider"
	"hermes/provider/config"
	"hermes/provider/rows"
	"hermes/provider/sandbox"
)

// wiring makes targets of choices: the one place where the two halves meet.
type wiring struct {
	app   *App
	home  *home
	life  context.Context // of the targets: what they start, such as a sandbox, lives as long
	tape  cassette.Cassette
	cache *cache.Cache // nil for none

	dry bool // nothing is sent

	rpm, tpm int                   // the limits of the flags
	many     bool                  // rows of a batch
	book     *ledger.Book          // of those
	paces    map[string]*pace.Pace // by origin and provider

	mu sync.Mutex // one target at a time: the rows of a batch come side by side
}

type resolving = func(context.Context) (oneshot.Target, error)

// candidates are the provider that was resolved, and the fallbacks of config.yaml behind it.
func (w *wiring) candidates(f *oneshot.Flags) ([]oneshot.Candidate, error) {
	err := w.home.Check()
	if err != nil {
		return nil, err
	}
	if w.tape, err = cassette.Open(f.Record, f.Replay); err != nil {
		return nil, err
	}
	w.dry = f.DryRun
	if f.RPM != nil {
		w.rpm = *f.RPM
	}
	if f.TPM != nil {
		w.tpm = *f.TPM
	}
	flags := provider.Flags{Provider: f.Provider, Model: f.Model}
	all := []oneshot.Candidate{{
		Name: f.Provider, Resolve: w.once(flags, func() (*provider.Choice, error) { return w.home.Resolve(flags) }),
	}}
	if !*f.Fallback || f.Replay != "" {
		return all, nil
	}
	for _, e := range w.home.Config.Fallbacks {
		all = append(all, oneshot.Candidate{Name: e.Provider, Resolve: w.entry(e, w.home.Fallback)})
	}
	return all, nil
}

// once resolves at the first call.
func (w *wiring) once(f provider.Flags, resolve func() (*provider.Choice, error)) resolving {
	return oneshot.Once(w.life, func(ctx context.Context) (oneshot.Target, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		choice, err := resolve()
		if w.tape.Player != nil {
			return replayed(w.tape.Player, f, choice, err)
		}
		if err != nil {
			return oneshot.Target{}, err
		}
		return w.target(ctx, choice)
	})
}

// entry is the target of a fallback or a helper of config.yaml.
func (w *wiring) entry(e config.Entry, resolve func(config.Entry) (*provider.Choice, error)) resolving {
	return w.once(provider.Flags{Provider: e.Provider, Model: e.Model}, func() (*provider.Choice, error) { return resolve(e) })
}

// target connects the target of a choice, with its model where only the server knows it, and its helpers.
func (w *wiring) target(ctx context.Context, choice *provider.Choice) (oneshot.Target, error) {
	w.app.ask(choice.AuthArgs())
	if !w.home.quiet {
		for _, n := range choice.Notices {
			w.app.stderr.Notice("%s", n.Text)
		}
	}
	t, err := w.connected(ctx, choice)
	if err != nil {
		return t, err
	}
	t.Pace = w.pace(choice)
	if choice.Model.Value == "" {
		named, err := w.chooseModel(ctx, &t, choice)
		if err != nil {
			return t, err
		}
		asked := targetOf(named)
		asked.Header, asked.Token, asked.Transport, asked.Pace = t.Header, t.Token, t.Transport, t.Pace
		choice, t = named, asked
	}
	t.Delegate, t.Vision = w.helper(choice, w.home.Config.Auxiliary.Delegation, false), w.helper(choice, w.home.Config.Auxiliary.Vision, true)
	return t, choice.Ready()
}

// connected is the target of a choice alone: its credential, its transport, the sandbox where that is asked.
func (w *wiring) connected(ctx context.Context, choice *provider.Choice) (oneshot.Target, error) {
	t := targetOf(choice)
	t.Header.Set("User-Agent", "hermes/"+w.app.Version)
	t.Token = w.home.Token(choice)
	if choice.Row.Serve == rows.InProcess {
		url, err := serveHere(ctx)
		if err != nil {
			return t, err
		}
		t.BaseURL = url
	}
	return t, w.connect(&t)
}

// targetOf is what a choice alone says of its target.
func targetOf(c *provider.Choice) oneshot.Target {
	t := oneshot.Target{
		Provider: c.Provider.Value, ProviderSource: c.Provider.Source, Model: c.Model.Value, ModelSource: c.Model.Source,
		Wire: c.Wire.Value, BaseURL: c.BaseURL.Value, Origin: c.BaseURL.Value, Header: http.Header{},
		Context: c.Info.Context, MaxTokens: c.Info.MaxOutput, Images: c.Info.Images, PDF: c.Info.PDF, NoReasoning: c.Info.NoReasoning, HoldsSchema: holdsSchema(c),
		Protocol: protocol(c), Price: price(c), MaxTemperature: c.Row.Quirks.MaxTemperature,
		Settings: map[string]string{
			"base_url":   c.Address().Value + " (" + c.BaseURL.Source + ")",
			"transport":  c.Wire.Value + " (" + c.Wire.Source + ")",
			"credential": c.Credential.Value + " (" + c.Credential.Source + ")",
		},
	}
	if b := c.Row.Quirks.Batch; b.Rows > 0 {
		t.Batch = &oneshot.BatchAPI{Rows: b.Rows, Bytes: b.Bytes, Half: b.Half}
	}
	for name, value := range c.Row.Headers {
		t.Header.Set(name, value)
		t.Secrets = append(t.Secrets, value)
	}
	for _, h := range c.Sent {
		t.Header.Set(h.Name, h.Value)
		if len(h.Claim) > 0 {
			t.Secrets = append(t.Secrets, h.Value)
		}
	}
	for _, m := range c.Row.Extra {
		t.Extra = append(t.Extra, wire.Field{Name: m.Name, Value: m.Value})
	}
	for _, n := range c.Notices {
		t.Warnings = append(t.Warnings, output.Warning{Code: n.Code, Message: n.Text})
	}
	return t
}

// connect gives the target its transport, which renewals share.
func (w *wiring) connect(t *oneshot.Target) error {
	n := w.home.network
	n.Loopback = strings.HasPrefix(t.BaseURL, "http://127.0.0.1:")
	rt, err := dial.NewTransport(n)
	if err == nil {
		t.Transport = w.cache.Over(w.tape.Over(rt, w.home.Secrets), t.Origin)
		w.home.Use(rt) // a renewal is never recorded
	}
	return err
}

// pace is what keeps the requests under the limits of the choice's credential. A sandbox inside of this process has limits of its
// own. A token that is renewed is no name that stays: such a credential goes by the provider's.
func (w *wiring) pace(c *provider.Choice) *pace.Pace {
	if w.tape.Player != nil || w.dry {
		return nil
	}
	o := pace.Options{Dir: filepath.Join(w.home.Home, "limits"), Origin: origin(c.BaseURL.Value), RPM: w.rpm, TPM: w.tpm, Probe: w.many}
	if c.Row.Serve == rows.InProcess {
		o.Dir = ""
	}
	if c.Credential.Value == "login" || c.KeyName == "key_cmd" {
		o.Account = c.Row.ID
	}
	if !w.home.quiet {
		o.Notice = func(line string) { w.app.stderr.Notice("%s", line) }
	}
	name := o.Origin + " " + c.Row.ID
	p, ok := w.paces[name]
	if !ok {
		if p = pace.New(o); w.paces == nil {
			w.paces = map[string]*pace.Pace{}
		}
		w.paces[name] = p
	}
	return p
}

// origin is scheme and host of a base URL.
func origin(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	return u.Scheme + "://" + u.Host
}

// helper is an auxiliary model: that of config.yaml, else the provider's own; nil where there is none.
func (w *wiring) helper(c *provider.Choice, e config.Entry, images bool) resolving {
	if e, ok := c.Helper(e, images); ok {
		return w.entry(e, w.home.Helper)
	}
	return nil
}

// price is what the choice costs.
func price(c *provider.Choice) bill.Price {
	p := c.Info.Price
	out := bill.Price{Input: p.Input, Output: p.Output, CacheRead: p.CacheRead, CacheWrite: p.CacheWrite, Plan: c.Credential.Value == "login"}
	if l := c.Info.LongPrice; c.Info.LongOver > 0 {
		out.LongOver = int64(c.Info.LongOver)
		out.Long = &bill.Price{Input: l.Input, Output: l.Output, CacheRead: l.CacheRead, CacheWrite: l.CacheWrite}
	}
	return out
}

// serveHere starts the sandbox inside this process.
func serveHere(ctx context.Context) (string, error) {
	srv, err := sandbox.New(sandbox.Options{AnyToken: true})
	if err != nil {
		return "", err
	}
	return srv.Listen(ctx, "127.0.0.1:0")
}
