package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"hermes/authfile"
	"hermes/provider"
	"hermes/provider/config"
	"hermes/provider/login"
	"hermes/provider/rows"
)

// home looks at the files: modes, the shape of auth.json, who holds its lock.
func home(_ context.Context, e Env) []Finding {
	var all []Finding
	for _, f := range authfile.Open(e.Home, authfile.Options{}).Facts() {
		level := OK
		switch {
		case f.OK:
		case f.Name == "auth.json content":
			level = Problem
		default:
			level = Warning
		}
		x := found(level, "%s: %s", f.Name, f.Detail)
		x.fix = f.Fix
		all = append(all, x)
	}
	if x, ok := envMode(config.Paths(e.Home).Env); ok {
		all = append(all, x)
	}
	return all
}

// envMode wants .env for its owner alone, where it is there.
func envMode(path string) (Finding, bool) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Finding{}, false
	}
	if err != nil {
		return found(Problem, ".env: %v", err), true
	}
	got := info.Mode().Perm()
	if got&0o077 == 0 {
		return found(OK, ".env: %s (mode %04o)", path, got), true
	}
	x := found(Warning, ".env: %s (mode %04o) can be read by others", path, got)
	x.fix = func() error { return os.Chmod(path, got&0o600) }
	return x, true
}

// configuration reads config.yaml as a run does, and says what it would pass over.
func configuration(_ context.Context, e Env) []Finding {
	path := config.Paths(e.Home).Config
	if e.Broken != nil {
		return []Finding{found(Problem, "%v", e.Broken)}
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return []Finding{found(OK, "config.yaml is not there; everything has its default")}
	}
	all := []Finding{found(OK, "config.yaml is valid (%s)", path)}
	for _, w := range e.Session.Config.Warnings {
		_, text, _ := strings.Cut(w, ": ")
		all = append(all, found(Warning, "%s", text))
	}
	if err := e.Session.Check(); err != nil {
		all = append(all, found(Problem, "%v", err))
	}
	for _, row := range e.Session.Config.MCPServers {
		if row.Err != nil && !row.Disabled {
			all = append(all, found(Warning, "%v", row.Err))
		}
	}
	return all
}

// resolution says what a run without flags would use, and who decided it.
func resolution(_ context.Context, e Env) []Finding {
	if e.Session == nil {
		return []Finding{found(Problem, "unknown while the home cannot be read")}
	}
	c, err := e.Session.Resolve(provider.Flags{})
	if err != nil {
		return []Finding{found(Problem, "%v", err)}
	}
	said := func(name string, s provider.Setting) Finding {
		return found(OK, "%s %s, by %s", name, s.Value, s.Source)
	}
	all := []Finding{said("provider", c.Provider), said("model", c.Model), said("base URL", c.Address())}
	for _, n := range c.Notices {
		all = append(all, found(Warning, "%s", n.Text))
	}
	if err := c.Ready(); err != nil {
		return append(all, found(Problem, "credential: %v", err))
	}
	return append(all, said("credential", c.Credential))
}

// authProviders says who is logged in. Its lines are those of Hermes Agent.
func authProviders(_ context.Context, e Env) []Finding {
	if e.Session == nil {
		return []Finding{found(Problem, "unknown while the home cannot be read")}
	}
	accounts, err := e.Session.Accounts("")
	if err != nil {
		return []Finding{found(Problem, "%v", err)}
	}
	logins := login.Commands{UI: login.UI{Getenv: e.Getenv}, Store: e.Session.Store, EnvFile: config.Paths(e.Home).Env}
	reports, err := logins.Reports(accounts)
	if err != nil {
		return []Finding{found(Problem, "%v", err)}
	}
	var all []Finding
	for _, r := range reports {
		if r.Kind == login.KindKey && !r.LoggedIn { // one of many keys that nobody needs to have
			continue
		}
		level := Warning
		switch {
		case r.State == login.StateReauth:
			level = Problem
		case r.LoggedIn:
			level = OK
		}
		all = append(all, found(level, "%s (%s)", strings.NewReplacer("(", "", ")", "").Replace(r.Name), r.Summary()))
	}
	return all
}

// stalePrices is the age at which a price list is more likely wrong than right.
const stalePrices = 180 * 24 * time.Hour

func prices(_ context.Context, e Env) []Finding {
	seen, err := time.Parse(time.DateOnly, rows.PricesVerified)
	if err != nil {
		return []Finding{found(Problem, "the date of the built-in prices: %v", err)}
	}
	age := e.Now().Sub(seen)
	if age > stalePrices {
		return []Finding{found(Warning, "built-in prices were last seen %s, %d days ago; set prices in config.yaml", rows.PricesVerified, age/(24*time.Hour))}
	}
	return []Finding{found(OK, "built-in prices were last seen %s", rows.PricesVerified)}
}
