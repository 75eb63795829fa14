package provider

import (
	"cmp"
	"fmt"
	"strings"

	"hermes/authfile"
	"hermes/provider/config"
	"hermes/provider/rows"
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
	Entry   *config.Entry // a fallback or helper is meant, not the run's own provider; then Flags are empty
	Helper  bool          // it is a helper
	Config  *config.Config
	Rows    Catalogue // nil: the built-in rows and those of Config
	Handoff Handoff
	Auth    *authfile.Snapshot // nil: no login and no key of the pool is considered
	// Elsewhere is what stands of a row's credentials in another store, nil where Auth has them. May be nil.
	Elsewhere func(Row) *authfile.Snapshot
	Secret    func(name string) string // an API key by its variable's name, from .env or the environment
	Env       func(name string) string // the environment, for base URLs
	// Facts is what is known of a model elsewhere, by the provider's id at models.dev; asked where the row does not know it. May be nil.
	Facts func(provider, model string) (rows.Model, bool)

	settled  bool   // what its model's name means is known
	byModel  bool   // Flags.Provider stood before the model, in one word
	aliasKey string // the alias of config.yaml that Flags.Model came from
}

// apart reports whether the query is for an entry with an address or a key of its own, which goes with nothing else that
// config.yaml says of the provider.
func (q Query) apart() bool { return q.Entry != nil && (q.Entry.BaseURL != "" || q.Entry.HasKey()) }

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
	Wire       Setting // Value is a rows.Wire
	Credential Setting // Value is "login", "key" or "none", never a secret
	KeyName    string  // the variable that holds the key, for messages
	key        string
	spare      []string // keys of the pool behind it, by priority
	refused    string   // why the login of old was taken out
	Info       rows.Model
	Facts      string // the file that Info is from, "" where the row itself knows the model
	Notices    []Notice

	Sent        []rows.Header // headers of every request, beside the credential
	foreign     string        // the variable that holds a credential for another program
	placeholder string        // the variable whose value is no key, such as "dummy"
	rests       string        // why the keys of the pool are not used
	others      string        // the keys of other providers that are set, for a hint
}

// Address is the base URL as it may be shown: without a password, and without what its query holds.
func (c *Choice) Address() Setting { return Setting{config.MaskURL(c.BaseURL.Value), c.BaseURL.Source} }

// Error is a resolution that failed.
type Error struct {
	class string
	msg   string
	hint  string
}

func (e *Error) Error() string { return e.msg }

// Class is the error class: config, not_logged_in, auth_refused or usage.
func (e *Error) Class() string { return e.class }

// Hint is what to do next, "" where the class says it.
func (e *Error) Hint() string { return e.hint }

func failf(class, format string, args ...any) error {
	return &Error{class: class, msg: fmt.Sprintf(format, args...)}
}

// advise is failf with what to do next.
func advise(hint, class, format string, args ...any) error {
	return &Error{class, fmt.Sprintf(format, args...), hint}
}

// Notice is a setting of the user that a choice does not use, and why.
type Notice struct {
	Code string // base_url_unused, key_env_unused or model_unused
	Text string
}

// Resolve answers which provider and which model, by contract §5:
// flag, config.yaml, the parent's handoff, the active login, the API keys that are set.
func Resolve(q Query) (*Choice, error) {
	if q.Rows == nil {
		q.Rows = NewCatalogue(rows.All(), q.Config.Providers)
	}
	q = q.meant()
	name, err := resolveName(q)
	if err != nil {
		return nil, err
	}
	row, ok := q.Rows.Lookup(name.Value)
	if !ok {
		return nil, q.Rows.unknown(name)
	}
	if row.Unsupported != "" {
		return nil, failf("config", "provider %s (%s): %s", row.ID, name.Source, row.Unsupported)
	}
	if q.Entry != nil {
		if row, err = q.Rows.with(row, *q.Entry); err != nil {
			return nil, err
		}
	}
	c := &Choice{Row: row, Provider: Setting{row.ID, name.Source}}
	if err := resolveModel(q, c); err != nil {
		return nil, err
	}
	own := ownBase(q, c)
	resolveBaseURL(q, c, own)
	resolveCredential(q, c, own)
	if c.Credential.Value == "missing" {
		c.others = q.keysSet(row)
	}
	if c.Credential.Value == "login" {
		loginBase(q, c)
	}
	c.keyBase()
	if row.Serve == "" {
		if err := checkBaseURL(c.BaseURL, c.Credential.Value == "login" || c.Credential.Value == "key"); err != nil {
			return nil, err
		}
	}
	if err := resolveWire(q, c, own); err != nil {
		return nil, err
	}
	modelInfo(q, c)
	return c, nil
}

// Ready reports the error a run would meet for want of a credential, or nil.
func (c *Choice) Ready() error {
	if c.Credential.Value != "missing" {
		return nil
	}
	hint := c.addHint() + c.others
	switch {
	case c.rests != "" && c.Row.LoginOnly():
		return advise("try again then, or use another provider", "quota", "%s", c.rests)
	case c.foreign != "":
		return advise(hint, "not_logged_in", "%s needs an API key, and %s holds none: %s", c.Row.ID, c.foreign, c.Row.NotKeys[0].Why)
	case !c.Row.HasLogin() && c.placeholder != "":
		return advise(hint, "not_logged_in", "%s needs an API key and the value of %s is none: it is a placeholder or too short", c.Row.ID, c.placeholder)
	case !c.Row.HasLogin() && c.rests != "":
		return advise(hint, "not_logged_in", "%s needs an API key, %s is not set, and %s", c.Row.ID, c.KeyName, c.rests)
	case !c.Row.HasLogin():
		return advise(hint, "not_logged_in", "%s needs an API key and %s is not set", c.Row.ID, c.KeyName)
	case c.refused != "":
		return advise(hint, "reauth_required", "re-authentication required for %s: %s", c.Row.ID, c.refused)
	}
	return advise(hint, "not_logged_in", "not logged in to %s", c.Row.ID)
}

func resolveName(q Query) (Setting, error) {
	if name, ok := asked(q); ok {
		return name, nil
	}
	return automatic(q)
}

// asked is the provider that somebody named: the entry, the flag, config.yaml, the parent.
func asked(q Query) (Setting, bool) {
	if q.Entry != nil {
		return Setting{q.Entry.Provider, "config.yaml " + q.Entry.Key}, true
	}
	if q.Flags.Provider != "" && !isAuto(q.Flags.Provider) {
		return Setting{q.Flags.Provider, q.flag("--provider")}, true
	}
	if name, ok := configured(q.Config); ok {
		return name, true
	}
	return Setting{q.Handoff.Provider, handoffProvider}, !isAuto(q.Handoff.Provider)
}

// configured is config.yaml's provider. A base URL on one's own machine or network that stands alone is one, too: a
// prompt for that server goes nowhere else.
func configured(cfg *config.Config) (Setting, bool) {
	switch {
	case !isAuto(cfg.Model.Provider):
		return Setting{cfg.Model.Provider, "config.yaml model.provider"}, true
	case isOwn(cfg.Model.BaseURL):
		return Setting{rows.Custom, "config.yaml model.base_url"}, true
	}
	return Setting{}, false
}

// Configured is the row of the provider that config.yaml names.
func (c Catalogue) Configured(cfg *config.Config) (Row, bool) {
	name, ok := configured(cfg)
	if !ok {
		return nobody, false
	}
	return c.Lookup(name.Value)
}

func isAuto(name string) bool {
	name = strings.TrimSpace(name)
	return name == "" || strings.EqualFold(name, "auto")
}

// resolveModel: flag, handoff, model.default when it belongs to the chosen provider, the provider's default.
func resolveModel(q Query, c *Choice) error {
	row, def := c.Row, q.Config.Model.Default
	owner, theirs := modelOwner(q, row, def)
	switch {
	case q.Flags.Model != "":
		c.Model = Setting{q.Flags.Model, cmp.Or(q.aliasKey, "--model")}
	case q.Entry != nil && q.Entry.Model != "":
		c.Model = Setting{q.Entry.Model, "config.yaml " + q.Entry.Key}
	case q.Helper && row.AuxModel != "":
		c.Model = Setting{row.AuxModel, "default of " + row.ID}
	case handedOver(q, row):
		c.Model = Setting{q.Handoff.Model, handoffModel}
	case def != "" && !theirs:
		c.Model = Setting{def, "config.yaml model.default"}
	case row.DefaultModel != "":
		c.Model = Setting{row.DefaultModel, "default of " + row.ID}
		if def != "" && def != row.DefaultModel && q.Entry == nil {
			c.notice("model_unused", "model.default of config.yaml, %s, is not used: %s, and the provider is %s (%s); %s is asked", def, owner, row.ID, c.Provider.Source, row.DefaultModel)
		}
	case row.AsksModel:
		c.Model = Setting{"", "the list of " + row.ID}
	default:
		return advise("hermes model list --online "+row.ID+" asks its server which it has",
			"config", "provider %s names no model: set default_model in config.yaml or pass --model", row.ID)
	}
	return nil
}

// keyBase moves a choice to the address that its kind of key is for, where nobody set another.
func (c *Choice) keyBase() {
	for _, k := range c.Row.KeyBases {
		if c.key != "" && strings.HasPrefix(c.key, k.Prefix) && c.BaseURL.Value == c.Row.Base.URL {
			c.BaseURL = Setting{k.URL, "default of " + c.Row.ID + " for keys that begin with " + k.Prefix}
			c.Row.detach()
			c.Row.Wire, c.Row.Base.URL = k.Wire, k.URL
			c.Row.Quirks = rows.Quirks{KeyHeader: rows.XAPIKey}
		}
	}
}

// handedOver reports whether the parent's model is meant for the row: the parent named it, or named
// none and the run itself is asked.
func handedOver(q Query, row Row) bool {
	if q.Handoff.Model == "" || isAuto(q.Handoff.Provider) {
		return q.Handoff.Model != "" && q.Entry == nil
	}
	r, ok := q.Rows.Lookup(q.Handoff.Provider)
	return ok && r.ID == row.ID
}

// modelOwner says why model.default is not the row's, where it is not: config.yaml names another provider beside it,
// another row lists it, or the row was asked for by name and lists others. Where the provider was found by itself, a
// model that no list knows is the user's word: lists grow old.
func modelOwner(q Query, row Row, model string) (why string, theirs bool) {
	if row.Has(model) {
		return "", false
	}
	if name, ok := configured(q.Config); ok {
		r, known := q.Rows.Lookup(name.Value)
		return "it is set for " + name.Value, !known || !r.Same(row)
	}
	if (row.User || row.Own) && len(row.Models) == 0 {
		return "", false
	}
	for _, r := range q.Rows.Usable() {
		if r.Has(model) {
			return "it is a model of " + r.ID, true
		}
	}
	_, byName := asked(q)
	return "it is not known to be a model of " + row.ID, byName
}

func (c *Choice) notice(code, format string, args ...any) {
	c.Notices = append(c.Notices, Notice{code, fmt.Sprintf(format, args...)})
}
