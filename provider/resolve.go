package provider

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"hermes/authfile"
	"hermes/provider/config"
)

// Setting is a value and where it came from, in words fit to show.
type Setting struct {
	Value  string
	Source string
}

// Query holds all that a resolution may look at, as values. A parent that outlives one request asks with zero Flags:
// then config.yaml comes first.
type Query struct {
	Flags   Flags
	Config  *config.Config
	Handoff Handoff
	Auth    *authfile.Snapshot       // nil: no login is considered
	Secret  func(name string) string // an API key by its variable's name, from .env or the environment
	Env     func(name string) string // the environment, for base URLs
}

// Flags are the words of this one invocation.
type Flags struct {
	Provider string
	Model    string
}

// Choice is the answer of Resolve: who is asked, which model, where, with which credential, and who decided each.
type Choice struct {
	Row        Row
	Provider   Setting
	Model      Setting
	BaseURL    Setting
	Credential Setting // Value is "login", "key" or "none", never a secret
	KeyName    string  // the variable that holds the key, for messages
	key        string
	refused    string // why the login of old was taken out
	Info       Model
}

// Error is a resolution that failed.
type Error struct {
	class string
	msg   string
}

func (e *Error) Error() string { return e.msg }

// Class is the error class: config, not_logged_in, auth_refused or usage.
func (e *Error) Class() string { return e.class }

func failf(class, format string, args ...any) error {
	return &Error{class, fmt.Sprintf(format, args...)}
}

// Resolve answers which provider and which model, by contract §5:
// flag, config.yaml, the parent's handoff, the active login, the API keys that are set.
func Resolve(q Query) (Choice, error) {
	name, err := resolveName(q)
	if err != nil {
		return Choice{}, err
	}
	row, ok := Lookup(name.Value, q.Config.Providers)
	if !ok {
		return Choice{}, unknownProvider(name, q.Config.Providers)
	}
	if row.Unsupported != "" {
		return Choice{}, failf("config", "provider %s (%s): %s", row.ID, name.Source, row.Unsupported)
	}
	c := Choice{Row: row, Provider: Setting{row.ID, name.Source}}
	if c.Model, err = resolveModel(q, row); err != nil {
		return Choice{}, err
	}
	c.Info = modelInfo(q, row, c.Model.Value)
	resolveCredential(q, &c)
	if err := resolveBaseURL(q, &c); err != nil {
		return Choice{}, err
	}
	return c, nil
}

// Ready reports the error a run would meet for want of a credential, or nil.
func (c Choice) Ready() error {
	if c.Credential.Value != "missing" {
		return nil
	}
	if c.Row.Auth == AuthKey {
		return failf("not_logged_in", "%s needs an API key and %s is not set", c.Row.ID, c.KeyName)
	}
	if c.refused != "" {
		return failf("reauth_required", "re-authentication required for %s: %s", c.Row.ID, c.refused)
	}
	return failf("not_logged_in", "not logged in to %s", c.Row.ID)
}

func resolveName(q Query) (Setting, error) {
	if q.Flags.Provider != "" && !isAuto(q.Flags.Provider) {
		return Setting{q.Flags.Provider, "--provider"}, nil
	}
	if p := q.Config.Model.Provider; !isAuto(p) {
		return Setting{p, "config.yaml model.provider"}, nil
	}
	if p := q.Handoff.Provider; !isAuto(p) {
		return Setting{p, handoffProvider}, nil
	}
	return automatic(q)
}

func isAuto(name string) bool {
	name = strings.TrimSpace(name)
	return name == "" || strings.EqualFold(name, "auto")
}

// automatic takes the active login, expired but refreshable included, then the first API key in registry order.
func automatic(q Query) (Setting, error) {
	if q.Auth != nil {
		if active := q.Auth.Active(); active != "" {
			if e, ok := q.Auth.Entry(active); ok && e.LoggedIn() && hasOAuth(active) {
				return Setting{active, "auth.json active_provider"}, nil
			}
		}
	}
	for _, r := range usableRows(q.Config.Providers) {
		for _, name := range r.KeyEnv {
			if config.UsableSecret(q.Secret(name)) {
				return Setting{r.ID, name + " is set"}, nil
			}
		}
	}
	if q.Auth != nil && hasOAuth(q.Auth.Active()) {
		if e, ok := q.Auth.Entry(q.Auth.Active()); ok && e.LastError != nil {
			return Setting{q.Auth.Active(), "auth.json active_provider"}, nil
		}
	}
	return Setting{}, failf("config", "no provider is configured: no login in auth.json, no API key, no model.provider in config.yaml")
}

func hasOAuth(id string) bool {
	r, ok := Lookup(id, nil)
	return ok && (r.Auth == AuthOAuth || r.Auth == AuthOAuthOrKey)
}

func unknownProvider(name Setting, user []config.Row) error {
	var known []string
	for _, r := range Catalogue() {
		known = append(append(known, r.ID), r.Aliases...)
	}
	for _, u := range user {
		known = append(known, u.Name)
	}
	if near := config.Nearest(strings.ToLower(name.Value), known); near != "" {
		return failf("config", "unknown provider %q (%s); did you mean %s?", name.Value, name.Source, near)
	}
	return failf("config", "unknown provider %q (%s)", name.Value, name.Source)
}

// resolveModel: flag, handoff, model.default when it belongs to the chosen provider, the provider's default.
func resolveModel(q Query, row Row) (Setting, error) {
	switch def := q.Config.Model.Default; {
	case q.Flags.Model != "":
		return Setting{q.Flags.Model, "--model"}, nil
	case q.Handoff.Model != "":
		return Setting{q.Handoff.Model, handoffModel}, nil
	case def != "" && belongs(q, row, def):
		return Setting{def, "config.yaml model.default"}, nil
	case row.DefaultModel != "":
		return Setting{row.DefaultModel, "default of " + row.ID}, nil
	}
	return Setting{}, failf("config", "provider %s names no model: set default_model in config.yaml or pass --model", row.ID)
}

// belongs reports whether model.default was meant for the row: config.yaml names the row beside it, or lists nothing
// else, or the row knows the model.
func belongs(q Query, row Row, model string) bool {
	if row.Has(model) {
		return true
	}
	named := q.Config.Model.Provider
	if isAuto(named) {
		return row.User && len(row.Models) == 0
	}
	r, ok := Lookup(named, q.Config.Providers)
	return ok && r.ID == row.ID
}

func modelInfo(q Query, row Row, model string) Model {
	m := row.Model(model)
	if q.Config.Model.Default == model {
		if q.Config.Model.ContextLength > 0 {
			m.Context = q.Config.Model.ContextLength
		}
		if q.Config.Model.MaxTokens > 0 {
			m.MaxOutput = q.Config.Model.MaxTokens
		}
	}
	if p, ok := q.Config.Prices[model]; ok {
		m.Price, m.LongOver = p, 0
	}
	return m
}

func resolveCredential(q Query, c *Choice) {
	if c.Row.Auth == AuthOAuth || c.Row.Auth == AuthOAuthOrKey {
		if entry(q, c.Row.ID).LoggedIn() {
			c.Credential = Setting{"login", "auth.json " + c.Row.ID}
			return
		}
	}
	names := keyNames(q, c.Row)
	for _, name := range names {
		if key := q.Secret(name); config.UsableSecret(key) {
			c.Credential, c.key, c.KeyName = Setting{"key", name}, key, name
			return
		}
	}
	if key := inlineKey(q, c.Row); key != "" {
		c.Credential, c.key, c.KeyName = Setting{"key", "config.yaml"}, key, "api_key"
		return
	}
	c.Credential = Setting{"missing", ""}
	if len(names) > 0 {
		c.KeyName = names[0]
	}
	if e := entry(q, c.Row.ID); e.LastError != nil {
		c.refused = e.LastError.Code
	}
	if c.Row.Auth == AuthNone {
		c.Credential = Setting{"none", c.Row.ID + " needs none"}
	}
}

// keyNames are the variables that may hold the row's key: model.key_env, where config.yaml names that provider, and the
// row's own. A provider that takes a login alone has none.
func keyNames(q Query, row Row) []string {
	if q.Config.Model.KeyEnv == "" || row.Auth == AuthOAuth || !configNames(q, row) {
		return row.KeyEnv
	}
	return append([]string{q.Config.Model.KeyEnv}, row.KeyEnv...)
}

func entry(q Query, id string) authfile.Entry {
	if q.Auth == nil {
		return authfile.Entry{}
	}
	e, _ := q.Auth.Entry(id)
	return e
}

// inlineKey is the api_key that Hermes Agent lets a row, or the model section of a custom endpoint, carry in the open.
func inlineKey(q Query, row Row) string {
	i := slices.IndexFunc(q.Config.Providers, func(u config.Row) bool { return row.User && u.Name == row.ID })
	if i >= 0 {
		return string(q.Config.Providers[i].APIKey)
	}
	if row.ID == "custom" {
		return string(q.Config.Model.APIKey)
	}
	return ""
}

// resolveBaseURL: a login brings its own; a key provider takes model.base_url when config.yaml names that provider,
// then its variable, then the row's.
func resolveBaseURL(q Query, c *Choice) error {
	switch {
	case c.Credential.Value == "login" || c.Row.Auth == AuthOAuth:
		c.BaseURL = Setting{c.Row.BaseURL, "default of " + c.Row.ID}
		if u := entry(q, c.Row.ID).InferenceBaseURL; u != "" {
			c.BaseURL = Setting{u, "auth.json " + c.Row.ID}
		}
	case c.Row.User && c.Row.BaseURL != "":
		c.BaseURL = Setting{c.Row.BaseURL, "config.yaml providers." + c.Row.ID}
	case q.Config.Model.BaseURL != "" && configNames(q, c.Row):
		c.BaseURL = Setting{q.Config.Model.BaseURL, "config.yaml model.base_url"}
	case c.Row.BaseURLEnv != "" && q.Env(c.Row.BaseURLEnv) != "":
		c.BaseURL = Setting{q.Env(c.Row.BaseURLEnv), c.Row.BaseURLEnv}
	default:
		c.BaseURL = Setting{c.Row.BaseURL, "default of " + c.Row.ID}
	}
	if c.Row.ID == "sandbox" {
		return nil
	}
	return checkBaseURL(c.BaseURL, c.Credential.Value == "login" || c.Credential.Value == "key")
}

func configNames(q Query, row Row) bool {
	if row.ID == "sandbox" || isAuto(q.Config.Model.Provider) {
		return false
	}
	r, ok := Lookup(q.Config.Model.Provider, q.Config.Providers)
	return ok && r.ID == row.ID
}

// CheckBaseURL refuses an address that no run would take, whatever the credential. The error is *Error, class config.
func CheckBaseURL(s Setting) error { return checkBaseURL(s, false) }

// checkBaseURL refuses what is no web address, and a credential in the clear to anywhere but this machine.
func checkBaseURL(s Setting, secret bool) error {
	u, err := url.Parse(s.Value)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return failf("config", "base URL %q (%s) is not an http or https address", config.MaskURL(s.Value), s.Source)
	}
	if u.User != nil {
		return failf("config", "base URL of %s (%s) carries a user name; put the key into key_env", u.Host, s.Source)
	}
	if secret && u.Scheme == "http" && !IsLoopback(u.Hostname()) {
		return failf("config", "base URL %q (%s) would send the credential in the clear; use https", s.Value, s.Source)
	}
	return nil
}

// IsLoopback reports whether a host name or address means this machine.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
