package provider

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"hermes/authfile"
	"hermes/provider/config"
	"hermes/provider/rows"
)

// base is what config.yaml says of the row's address beside naming it.
type base struct {
	url  Setting // Value "" where it says nothing, or nothing that is meant for the row
	left bool    // the address is of another provider: an earlier choice left it, and the key beside it
}

// ownBase reads the entry's base_url, else model.base_url. A gateway of the user's own holds for the provider beside it;
// the host of another provider is a leftover, which never sees this one's key.
func ownBase(q Query, c *Choice) base {
	address, row := q.Config.Model.BaseURL, c.Row
	switch {
	case row.LoginOnly():
		return base{}
	case q.apart() && q.Entry.BaseURL == "":
		return base{}
	case q.apart():
		return base{url: Setting{q.Entry.BaseURL, "config.yaml " + q.Entry.Key}}
	case address == "":
		return base{}
	}
	unused := func(format string, args ...any) {
		c.notice("base_url_unused", "model.base_url of config.yaml is not used: "+format, args...)
	}
	if !configNames(q, row) {
		if _, byName := asked(q); !byName && !row.owns(hostOf(address)) {
			unused("no model.provider stands beside it, and the provider is %s (%s)", row.ID, c.Provider.Source)
		}
		return base{}
	}
	if row.User && row.Base.URL != "" {
		if strings.TrimRight(address, "/") != strings.TrimRight(row.Base.URL, "/") {
			unused("the provider %s has a base_url of its own", row.ID)
		}
		return base{}
	}
	if other := q.Rows.strangerOf(row, address); other != "" && !row.User {
		unused("%s belongs to %s, and the provider is %s", hostOf(address), other, row.ID)
		return base{left: true}
	}
	return base{url: Setting{address, "config.yaml model.base_url"}}
}

// resolveCredential takes the first of the row's ways to authenticate that is there.
func resolveCredential(q Query, c *Choice, own base) {
	for _, a := range c.Row.Auth {
		switch a.Kind {
		case rows.Device:
			if loggedIn(q, c, a) {
				return
			}
		case rows.Command:
			c.Credential, c.KeyName = Setting{"key", "key_cmd of " + c.Row.ID}, "key_cmd"
			return
		case rows.Key:
			if resolveKey(q, c, own, a) {
				return
			}
		case rows.None:
			c.Credential = Setting{"none", c.Row.ID + " needs none"}
			return
		}
	}
	c.Credential = Setting{"missing", ""}
	if e := entry(q, c.Row); e.LastError != nil {
		c.refused = e.LastError.Code
	}
}

// loggedIn takes the row's login where there is one that may be asked with.
func loggedIn(q Query, c *Choice, a rows.Auth) bool {
	e := entry(q, c.Row)
	switch {
	case !e.LoggedIn():
		return false
	case !e.Usable(time.Now()):
		if !e.Dead {
			c.rests = fmt.Sprintf("the login of %s rests until %s: its quota was used up", c.Row.ID, e.Rests.UTC().Format(time.RFC3339))
		}
		return false
	}
	c.Credential = Setting{"login", "auth.json " + c.Row.ID}
	if a.File != "" {
		c.Credential.Source = "~/" + a.File
	}
	for _, h := range c.Row.Sent {
		if h.Value = cmp.Or(h.Value, e.Claim(h.Claim...)); h.Value != "" {
			c.Sent = append(c.Sent, h)
		}
	}
	return true
}

// resolveKey looks for a key in the variables, then in config.yaml.
func resolveKey(q Query, c *Choice, own base, a rows.Auth) bool {
	names := keyNames(q, c, own)
	for _, name := range names {
		key := q.Secret(name)
		if notKey(c.Row, "", key) != "" {
			c.foreign = name
			continue
		}
		if config.UsableSecret(key) || key != "" && isOwn(c.BaseURL.Value) { // a server of one's own may want any word
			c.Credential, c.key, c.KeyName = Setting{"key", name}, key, name
			return true
		}
		if key != "" && c.placeholder == "" {
			c.placeholder = name
		}
	}
	if key := inlineKey(q, c.Row, own, a); key != "" {
		c.Credential, c.key, c.KeyName = Setting{"key", "config.yaml"}, key, "api_key"
		return true
	}
	if len(names) > 0 {
		c.KeyName = names[0]
	}
	return poolKey(q, c)
}

// notKey says why a value, or what stands in a variable, is no key of the row, "" where nothing speaks against it.
func notKey(r Row, variable, value string) string {
	for _, n := range r.NotKeys {
		if n.Prefix != "" && strings.HasPrefix(value, n.Prefix) || n.Env != "" && n.Env == variable {
			return n.Why
		}
	}
	return ""
}

// keyNames are the variables that may hold the row's key: model.key_env, where config.yaml names that provider, and the
// row's own. A provider that takes a login alone has none. The key of another provider goes to that provider's hosts, or
// to the base URL that the user wrote beside it.
func keyNames(q Query, c *Choice, own base) []string {
	name := q.Config.Model.KeyEnv
	if name == "" || q.apart() || c.Row.LoginOnly() || !configNames(q, c.Row) {
		return c.Row.KeyEnv()
	}
	if own.url.Value == "" && !slices.Contains(c.Row.KeyEnv(), name) {
		other := q.Rows.keyOwner(c.Row, name)
		switch {
		case other != "":
			c.notice("key_env_unused", "model.key_env of config.yaml is not used: %s is the key of %s, and the provider is %s", name, other, c.Row.ID)
			return c.Row.KeyEnv()
		case own.left:
			c.notice("key_env_unused", "model.key_env of config.yaml is not used: %s stands beside the base_url of another provider than %s", name, c.Row.ID)
			return c.Row.KeyEnv()
		}
	}
	return append([]string{name}, c.Row.KeyEnv()...)
}

// entry is the login of a row, wherever it stands.
func entry(q Query, r Row) authfile.Entry {
	sn := q.stored(r)
	if sn == nil {
		return authfile.Entry{}
	}
	e, _ := sn.Entry(r.ID)
	return e
}

// stored is the store that has the row's credentials, nil for none.
func (q Query) stored(r Row) *authfile.Snapshot {
	if q.Auth != nil && q.Elsewhere != nil {
		if sn := q.Elsewhere(r); sn != nil {
			return sn
		}
	}
	return q.Auth
}

// inlineKey is the api_key that Hermes Agent lets a row, or the model section, carry in the open.
func inlineKey(q Query, row Row, own base, a rows.Auth) string {
	if a.Value == "" && !own.left && !q.apart() && configNames(q, row) {
		return string(q.Config.Model.APIKey)
	}
	return string(a.Value)
}

// resolveBaseURL: a key provider takes model.base_url when config.yaml names that provider, then its variable, then the
// row's. A login brings its own later.
func resolveBaseURL(q Query, c *Choice, own base) {
	c.BaseURL = Setting{c.Row.Base.URL, "default of " + c.Row.ID}
	variable := slices.IndexFunc(c.Row.Base.Env, func(name string) bool { return q.Env(name) != "" })
	switch {
	case c.Row.LoginOnly():
	case own.url.Value != "":
		c.BaseURL = own.url
	case c.Row.User && c.Row.Base.URL != "":
		c.BaseURL.Source = "config.yaml providers." + c.Row.ID
	case variable >= 0:
		name := c.Row.Base.Env[variable]
		c.BaseURL = Setting{q.Env(name), name}
	}
}

// loginBase takes the address that was stored with a login: one of the row's hosts, or any where the login itself is of
// a server of the user's own, whose tokens are not the row's. This machine may always stand between.
func loginBase(q Query, c *Choice) {
	e := entry(q, c.Row)
	c.BaseURL = Setting{c.Row.Base.URL, "default of " + c.Row.ID}
	device, _ := c.Row.auth(rows.Device)
	at, name := e.InferenceBaseURL, "inference_base_url of auth.json"
	if device.File != "" && e.ResourceURL != nil {
		at, name = resource(*e.ResourceURL), "resource_url of ~/"+device.File
	}
	if at == "" && IsLoopback(hostOf(e.PortalBaseURL)) {
		at = device.Issuer.At(e.PortalBaseURL).BaseURL()
	}
	host, portal := hostOf(at), hostOf(e.PortalBaseURL)
	own := device.Issuer.Dialect == nil && portal != "" && !c.Row.owns(portal) // a server of the user's own gave the login out
	switch {
	case at == "":
	case c.Row.owns(host), IsLoopback(host), own:
		c.BaseURL = Setting{at, c.Credential.Source}
	default:
		c.notice("base_url_unused", "%s is not used: %s is no host of %s", name, host, c.Row.ID)
	}
}

// resource is the base URL that Qwen's portal names by its host, or whole.
func resource(name string) string {
	if name == "" || strings.Contains(name, "://") {
		return name
	}
	return "https://" + strings.TrimRight(name, "/") + "/v1"
}

// configNames reports whether the model section is meant for the row: it names the row, or names nobody, so that its
// base_url can only be a server of the user's own.
func configNames(q Query, row Row) bool {
	r, ok := q.Rows.Configured(q.Config)
	if !ok {
		return row.Own && isAuto(q.Config.Model.Provider)
	}
	return r.Same(row) && row.Serve == ""
}

// CheckBaseURL refuses an address that no run would take, whatever the credential. The error is *Error, class config.
func CheckBaseURL(s Setting) error { return checkBaseURL(s, false) }

// checkBaseURL refuses what is no web address, and a credential in the clear to anywhere but this machine.
func checkBaseURL(s Setting, secret bool) error {
	u, err := url.Parse(s.Value)
	if s.Value == "" {
		return advise("set model.base_url in config.yaml, beside model.provider", "config", "no address is known (%s)", s.Source)
	}
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return failf("config", "base URL %q (%s) is not an http or https address", config.MaskURL(s.Value), s.Source)
	}
	if u.User != nil {
		return failf("config", "base URL of %s (%s) carries a user name; put the key into key_env", u.Host, s.Source)
	}
	if secret && u.Scheme == "http" && !IsLoopback(u.Hostname()) {
		return failf("config", "base URL %q (%s) would send the credential in the clear; use https", config.MaskURL(s.Value), s.Source)
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
