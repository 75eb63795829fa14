package cli

import (
	"path/filepath"
	"time"

	"hermes/authfile"
	"hermes/oneshot"
	"hermes/oneshot/wire/dial"
	"hermes/provider"
	"hermes/provider/config"
	"hermes/provider/login"
)

// home is the opened home folder.
type home struct {
	*provider.Session
	network dial.Net // how servers are reached: every transport is made from it, the renewing helper's too
	quiet   bool     // no notices
	prompt  []byte   // the text of --template, where it is one of the library
}

// opening says how a home is opened.
type opening struct {
	lockTimeout *time.Duration
	quiet       bool // drop notices, never errors
	setAside    bool // keep a broken auth.json under another name
}

// dir is where config.yaml, .env and auth.json live.
func (a *App) dir() (string, error) { return provider.Home(a.Getenv) }

// ledgerOf is where the runs of a home are noted.
func ledgerOf(dir string) string { return filepath.Join(dir, "usage.jsonl") }

// open reads the home. With an error it has no session, and still says how servers are reached.
func (a *App) open(o opening) (*home, error) {
	h := &home{quiet: o.quiet}
	dir, err := a.dir()
	if err == nil {
		h.Session, err = provider.Open(dir, a.Getenv, a.storeOptions(h, dir, o), flagKeys()...)
	}
	var flags oneshot.Flags // none: config.yaml decides, then the defaults
	flags.Default(h.defaults(err))
	a.reach(h, &flags)
	if err != nil {
		return h, err
	}
	busy := h.Busy
	a.renewing.Store(&busy)
	return h, nil
}

// storeOptions let the store of logins tell a person what it does and waits for.
func (a *App) storeOptions(h *home, dir string, o opening) authfile.Options {
	tell := func(format string, args ...any) {
		if !h.quiet {
			a.stderr.Notice(format, args...)
		}
	}
	store := authfile.Options{SetAside: o.setAside, Warn: func(_, msg string) { tell("%s", msg) }}
	store.Waiting = func(h authfile.Holder) {
		tell("waiting for process %d (%s, %s) to renew the login", h.PID, h.Name, h.State)
	}
	if o.lockTimeout != nil {
		store.LockTimeout = *o.lockTimeout
	}
	// Supervisors, and terminals that close, kill a whole group.
	store.Detach = login.Helper(dir, a.Getenv, func() any { return h.network })
	return store
}

// defaults stand behind the flags: config.yaml where the home could be opened.
func (h *home) defaults(err error) map[string]any {
	if err != nil {
		return nil
	}
	return h.Config.Oneshot
}

// flagKeys are the keys of config.yaml that the flags of a run declare.
func flagKeys() []config.Key {
	settings := oneshot.Settings()
	keys := make([]config.Key, 0, len(settings))
	for _, s := range settings {
		keys = append(keys, config.Key{Path: "oneshot." + s.Key, Type: s.Type, Default: s.Default, Help: s.Help, Values: s.Values, Min: s.Least})
	}
	return keys
}

// reach notes how servers are reached, by flags after Default.
func (a *App) reach(h *home, f *oneshot.Flags) {
	h.network = dial.Net{Connect: *f.ConnectTimeout, CAFile: f.CAFile, CertFile: a.Getenv("SSL_CERT_FILE"), ClientCert: f.ClientCert, ClientKey: f.ClientKey}
}
