// Package provider answers who is asked, which model, where, and with which credential.
//
// A provider is a [Row] of data. [Resolve] is a pure function over values: flags, config.yaml, the parent's handoff,
// auth.json and the keys that are set; every answer carries its source. [Session] reads those files, calls Resolve, and
// hands out the token function that the wire asks before each request.
//
// The package does not know how a prompt is sent.
package provider

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"hermes/authfile"
	"hermes/provider/config"
	"hermes/provider/login"
	"hermes/provider/rows"
)

// Session is the state of the home folder as one run sees it: read once, never written but through Store.
type Session struct {
	Home    string
	Config  *config.Config
	Store   *authfile.Store
	Getenv  func(string) string
	Handoff Handoff
	// OnRenew hears of each renewal that this process made, waited for or adopted. May be nil.
	OnRenew func(id string, r authfile.Renewal)

	rows      Catalogue
	dotenv    map[string]string
	flags     []config.Key
	transport http.RoundTripper

	options authfile.Options // of every store

	mu     sync.Mutex
	issued []string // keys that commands printed
	facts  map[[2]string]rows.Model
	stores map[string]*authfile.Store // those besides Store, by path
}

// Open reads config.yaml and .env of the home; a missing file is an empty one, and a malformed line of .env is a warning. The
// store is opened, not read; config.yaml bounds its lock where the options do not.
// flags are the keys of the section oneshot. The errors have class config.
func Open(home string, getenv func(string) string, store authfile.Options, flags ...config.Key) (*Session, error) {
	cfg, err := config.Load(filepath.Join(home, "config.yaml"), flags...)
	if err != nil {
		return nil, err
	}
	dotenv, err := config.LoadEnv(filepath.Join(home, ".env"))
	if dotenv == nil {
		return nil, err
	}
	if err != nil { // the other lines count all the same
		skipped := err.Error() + "; the line is passed over"
		cfg.Warnings = append(cfg.Warnings, "env_line: "+skipped)
		if store.Warn != nil {
			store.Warn("env_line", skipped)
		}
	}
	if own, ok := cfg.Oneshot["lock_timeout"].(time.Duration); ok && store.LockTimeout == 0 {
		store.LockTimeout = own
	}
	return &Session{
		Home: home, Config: cfg, Store: authfile.Open(home, store), Getenv: getenv,
		Handoff: ReadHandoff(getenv), rows: NewCatalogue(rows.All(), cfg.Providers), dotenv: dotenv, flags: flags, options: store,
	}, nil
}

// Again reads the home once more, for what was written meanwhile.
func (s *Session) Again() (*Session, error) {
	return Open(s.Home, s.Getenv, authfile.Options{}, s.flags...)
}

// Use sets the transport that renewals go through. It is called once, before the first Token.
func (s *Session) Use(rt http.RoundTripper) { s.transport = rt }

// Secret returns an API key by the name of its variable. The home's .env beats the environment, for secrets only.
func (s *Session) Secret(name string) string {
	if v, ok := s.dotenv[name]; ok && v != "" {
		return v
	}
	return s.Getenv(name)
}

func (s *Session) env(name string) string {
	if v := s.Getenv(name); v != "" {
		return v
	}
	return s.dotenv[name]
}

// Query gathers what a resolution may look at. auth.json is read only where a login could matter, so that a broken one
// does not stop a provider that needs none.
func (s *Session) Query(f Flags) (Query, error) { return s.fill(Query{Flags: f}) }

func (s *Session) fill(q Query) (Query, error) {
	q.Config, q.Rows, q.Handoff, q.Secret, q.Env, q.Facts, q.Elsewhere = s.Config, s.Rows(), s.Handoff, s.Secret, s.env, s.fact, s.elsewhere
	if _, ok := asked(q); ok || !strings.Contains(q.Flags.Model, "/") { // else the logins say who is asked
		q = q.meant()
	}
	if name, ok := asked(q); ok {
		if row, ok := q.Rows.Lookup(name.Value); ok && !row.HasLogin() && !s.mayPool(q, row) {
			return q, nil
		}
	}
	snapshot, err := s.Store.Read()
	if err != nil {
		return q, err
	}
	q.Auth = snapshot
	return q, nil
}

// Resolve is Resolve over this session's files.
func (s *Session) Resolve(f Flags) (*Choice, error) { return s.resolve(Query{Flags: f}) }

// Fallback resolves an entry of fallback_providers.
func (s *Session) Fallback(e config.Entry) (*Choice, error) { return s.resolve(Query{Entry: &e}) }

// Helper resolves a helper that [Choice.Helper] gave.
func (s *Session) Helper(e config.Entry) (*Choice, error) {
	return s.resolve(Query{Entry: &e, Helper: true})
}

func (s *Session) resolve(q Query) (*Choice, error) {
	q, err := s.fill(q)
	if err != nil {
		return nil, err
	}
	return Resolve(q)
}

// Helper is whom a run by this choice asks for a helper's work: the entry of config.yaml, at the choice's own provider
// where it names none; false for nobody. images is whether the work is to see them.
func (c *Choice) Helper(e config.Entry, images bool) (config.Entry, bool) {
	own := c.Row.AuxModel != "" && (!images || c.Row.Model(c.Row.AuxModel).Images)
	if !e.Any() && !own {
		return e, false
	}
	e.Provider = cmp.Or(e.Provider, c.Row.ID)
	return e, true
}

// entries are the fallbacks and helpers of config.yaml.
func (s *Session) entries() []config.Entry {
	return append(slices.Clip(s.Config.Fallbacks), s.Config.Auxiliary.Vision, s.Config.Auxiliary.Delegation)
}

// named are those, and what the aliases of config.yaml mean: all that may name a key.
func (s *Session) named() []config.Entry {
	return append(slices.Clip(s.entries()), slices.Collect(maps.Values(s.Config.Aliases))...)
}

// keyVariables are the variables that hold a provider's key.
func (s *Session) keyVariables() []string {
	all := s.Rows().keyVariables()
	set := []string{s.Config.Model.KeyEnv}
	for _, u := range s.Config.Providers {
		set = append(set, u.KeyEnv)
	}
	for _, e := range s.named() {
		set = append(set, e.KeyEnv)
	}
	return append(all, slices.DeleteFunc(set, func(name string) bool { return name == "" })...)
}

// Check reports the first fallback or helper of config.yaml that sets what its provider cannot obey.
func (s *Session) Check() error {
	for _, e := range s.entries() {
		if e.Provider == "" || e.Err != nil {
			continue
		}
		r, ok := s.Rows().Lookup(e.Provider)
		if !ok {
			continue
		}
		if bad := s.Rows().misfit(r, e); bad != nil {
			return bad
		}
	}
	return nil
}

// Token returns the function that the wire asks before each request: "" at first, then the token that the server
// refused. One rule serves expiry, a 401 and the race with other processes; a static key answers its own refusal with
// an error.
func (s *Session) Token(c *Choice) func(ctx context.Context, rejected string) (string, error) {
	switch c.Credential.Value {
	case "login":
		return func(ctx context.Context, rejected string) (string, error) {
			token, err := s.bearer(ctx, c.Row, rejected)
			return token, login.Again(c.addHint(), err)
		}
	case "key":
		if c.KeyName == "key_cmd" {
			a, _ := c.Row.auth(rows.Command)
			return s.fromCommand(c.Row, a.Command)
		}
		return func(_ context.Context, rejected string) (string, error) { return c.keyAfter(rejected) }
	case "missing":
		return func(context.Context, string) (string, error) { return "", c.Ready() }
	}
	return nil
}

func (s *Session) bearer(ctx context.Context, r Row, rejected string) (string, error) {
	a, id := r.Account(), r.ID
	e, renewal, err := s.storeOf(r).Renew(ctx, id, rejected, login.Exchange(a.Issuer, s.transport))
	if err != nil {
		return "", err
	}
	if s.OnRenew != nil && (renewal.Renewed || renewal.Adopted) {
		s.OnRenew(id, renewal)
	}
	return e.AccessToken, nil
}

// sentSecrets are the values of a row's headers, the words in them, and the values of its address's query; what is shorter
// than eight bytes is no credential worth masking.
func sentSecrets(u config.Row) []string {
	var all []string
	for _, value := range u.Headers {
		all = append(append(all, value), strings.Fields(value)...)
	}
	if at, err := url.Parse(u.BaseURL); err == nil {
		for _, values := range at.Query() {
			all = append(all, values...)
		}
	}
	return slices.DeleteFunc(all, func(s string) bool { return len(s) < 8 })
}

// Secrets lists the credentials this session could send, for the redaction of recordings and traces: those of .env, of
// config.yaml, of the variables that either names, and of auth.json.
func (s *Session) Secrets() []string {
	var all []string
	add := func(secret string) {
		if config.UsableSecret(secret) {
			all = append(all, secret)
		}
	}
	for _, v := range s.dotenv {
		add(v)
	}
	s.mu.Lock()
	for _, v := range s.issued {
		add(v)
	}
	s.mu.Unlock()
	add(string(s.Config.Model.APIKey))
	for _, u := range s.Config.Providers {
		add(string(u.APIKey))
		all = append(all, sentSecrets(u)...)
	}
	for _, e := range s.named() {
		add(string(e.APIKey))
	}
	for _, name := range s.keyVariables() {
		add(s.Getenv(name))
	}
	for _, store := range s.opened() {
		snapshot, err := store.Read()
		if err != nil {
			continue
		}
		for _, secret := range snapshot.Secrets() {
			add(secret)
		}
	}
	return all
}
