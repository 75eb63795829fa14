package login

import (
	"cmp"
	"slices"
	"time"

	"hermes/authfile"
	"hermes/provider/config"
	"hermes/provider/oauth"
)

// The states of a Report.
const (
	StateLoggedIn    = "logged_in"       // the token works, or a renewal is due and possible
	StateReauth      = "reauth_required" // the portal refused the grant
	StateNotLoggedIn = "not_logged_in"
	StateKeySet      = "key_set"
	StateResting     = "resting" // its quota was used up, and nobody asks with it until a moment that is known
	StateForeign     = "foreign" // stored by another program for a provider we do not know
	StateNotNeeded   = "not_needed"
)

// Report is what is known here, without a network, about one credential. It
// holds no secret. Its JSON names are a promise.
type Report struct {
	Provider    string `json:"provider"`
	Name        string `json:"name,omitempty"`
	Kind        string `json:"kind" enum:"oauth,key,none"`
	State       string `json:"state"`
	LoggedIn    bool   `json:"logged_in"`             // a run could use it now
	Active      bool   `json:"active"`                // auth.json's active_provider
	Label       string `json:"label,omitempty"`       // of a row of the pool
	Store       string `json:"store,omitempty"`       // the file that has it, where that is not the home's auth.json
	RestsUntil  string `json:"rests_until,omitempty"` // RFC 3339
	Region      string `json:"region,omitempty"`
	ExpiresAt   string `json:"expires_at,omitempty"`   // RFC 3339; absent when unknown
	Expired     bool   `json:"expired,omitempty"`      // of the access token
	Refreshable bool   `json:"refreshable,omitempty"`  // there is a refresh token
	PoolRows    int    `json:"pool_rows,omitempty"`    // Hermes Agent's copies
	Portal      string `json:"portal,omitempty"`       // base URL
	Inference   string `json:"inference,omitempty"`    // base URL
	KeyEnv      string `json:"key_env,omitempty"`      // name of the variable
	KeySource   string `json:"key_source,omitempty"`   // ".env", "environment" or "credential_pool"
	ErrorCode   string `json:"error_code,omitempty"`   // why the grant is refused
	ErrorReason string `json:"error_reason,omitempty"` // in words

	expires time.Time
	hint    string // Account.AddHint
	notKey  bool   // the variable KeyEnv has a value that cannot be a key
}

// Reports looks at the accounts in their order, one or two credentials each:
// an account with a portal and a key variable has two once both are there.
// The error is that of Store.Read.
func (c Commands) Reports(accounts []Account) ([]Report, error) {
	home, err := c.Store.Read()
	if err != nil {
		return nil, err
	}
	dotenv, _ := config.LoadEnv(c.EnvFile) // a bad line hides no other
	var all []Report
	for _, a := range accounts {
		snapshot := home
		if a.Store != nil {
			if snapshot, err = a.Store.Read(); err != nil {
				return nil, err
			}
		}
		own := loginReports(a, snapshot)
		if key, ok := c.keyReport(a, dotenv, snapshot); ok {
			own = append(own, key)
		}
		if len(own) == 0 {
			own = []Report{c.without(a, dotenv)}
		}
		all = append(all, own...)
	}
	return all, nil
}

// foreign reports the blocks of auth.json that no account names.
func (c Commands) foreign(accounts []Account) ([]Report, error) {
	snapshot, err := c.Store.Read()
	if err != nil {
		return nil, err
	}
	var all []Report
	for _, id := range snapshot.IDs() {
		if !slices.ContainsFunc(accounts, func(a Account) bool { return a.ID == id }) {
			all = append(all, Report{
				Provider: oauth.Printable(id, 60), Kind: KindOAuth, State: StateForeign,
				Active: snapshot.Active() == id, PoolRows: snapshot.PoolCount(id),
			})
		}
	}
	return all, nil
}

// loginReports are those of the account's logins, in the order in which they are asked with.
func loginReports(a Account, snapshot *authfile.Snapshot) []Report {
	if a.Issuer.Portal == "" {
		return nil
	}
	var all []Report
	for _, e := range snapshot.Logins(a.ID) {
		all = append(all, loginReport(a, e, snapshot))
	}
	return all
}

func loginReport(a Account, e authfile.Entry, snapshot *authfile.Snapshot) Report {
	now := time.Now()
	r := Report{
		Provider: a.ID, Name: a.Name, Kind: KindOAuth, State: StateNotLoggedIn, Active: snapshot.Active() == a.ID, Label: oauth.Printable(e.Label, 80),
		Region: oauth.Printable(e.Region, 20), Refreshable: e.RefreshToken != "" || e.Restorable, PoolRows: snapshot.PoolCount(a.ID),
		Portal: oauth.Printable(e.PortalBaseURL, 200), Inference: oauth.Printable(e.InferenceBaseURL, 200),
		expires: e.ExpiresAt, hint: a.AddHint(),
	}
	if a.Issuer.Dialect != nil {
		r.Portal, r.Inference = cmp.Or(r.Portal, a.Issuer.Portal), cmp.Or(r.Inference, a.Inference)
	}
	if a.Store != nil {
		r.Store = oauth.Printable(a.Store.Path(), 200)
	}
	if r.Region == "" {
		r.Region = a.Issuer.Region
	}
	if !e.ExpiresAt.IsZero() {
		r.ExpiresAt, r.Expired = stamp(e.ExpiresAt), !e.ExpiresAt.After(now)
	}
	switch {
	case e.LoggedIn() && !e.Dead && e.Rests.After(now):
		r.State, r.RestsUntil = StateResting, stamp(e.Rests)
	case !e.Dead && (r.Refreshable || e.AccessToken != "" && !r.Expired):
		r.State, r.LoggedIn = StateLoggedIn, true
	case e.LastError != nil:
		r.State = StateReauth
		r.ErrorCode, r.ErrorReason = oauth.Printable(e.LastError.Code, 64), oauth.Printable(e.LastError.Message, 200)
	}
	return r
}

// keyReport says where a key comes from; .env wins over the environment, as
// for a run.
func (c Commands) keyReport(a Account, dotenv map[string]string, snapshot *authfile.Snapshot) (Report, bool) {
	r := Report{Provider: a.ID, Name: a.Name, Kind: KindKey, State: StateKeySet, LoggedIn: true, KeyEnv: a.KeyEnv}
	if _, r.KeySource = c.key(a, dotenv, snapshot); r.KeySource == keyPool {
		r.PoolRows = snapshot.PoolCount(a.ID)
	}
	return r, r.KeySource != ""
}

// keyPool is the source of a key that Hermes Agent keeps in auth.json.
const keyPool = "credential_pool"

func (c Commands) key(a Account, dotenv map[string]string, snapshot *authfile.Snapshot) (value, source string) {
	if a.KeyEnv == "" {
		return "", ""
	}
	if v := dotenv[a.KeyEnv]; config.UsableSecret(v) {
		return v, ".env"
	}
	if v := c.UI.Getenv(a.KeyEnv); config.UsableSecret(v) {
		return v, "environment"
	}
	if snapshot == nil {
		return "", ""
	}
	for _, k := range snapshot.Keys(a.ID) {
		if !k.Dead && !k.Rests.After(time.Now()) && config.UsableSecret(k.Value) {
			return k.Value, keyPool
		}
	}
	return "", ""
}

func (c Commands) without(a Account, dotenv map[string]string) Report {
	r := Report{Provider: a.ID, Name: a.Name, Kind: a.Kind, State: StateNotLoggedIn, KeyEnv: a.KeyEnv, hint: "run: hermes auth add " + a.ID}
	if a.File != "" {
		r.hint = a.AddHint()
	}
	r.notKey = a.KeyEnv != "" && (dotenv[a.KeyEnv] != "" || c.UI.Getenv(a.KeyEnv) != "")
	if a.Kind == KindNone {
		r.State, r.LoggedIn = StateNotNeeded, true
	}
	return r
}

// Summary is the report in a few words, e.g. "logged in, region=global".
func (r Report) Summary() string {
	switch r.State {
	case StateLoggedIn:
		if r.Region == "" {
			return "logged in"
		}
		return "logged in, region=" + r.Region
	case StateKeySet:
		if r.KeySource == keyPool {
			return "key set, in the " + where(keyPool)
		}
		return "key set, " + r.KeyEnv + " from " + where(r.KeySource)
	case StateReauth:
		return "re-authentication required"
	case StateResting:
		return "resting until " + r.RestsUntil + ", its quota was used up"
	case StateForeign:
		return "kept for another program"
	case StateNotNeeded:
		return "no login needed"
	}
	if r.Kind == KindKey {
		return "no key"
	}
	return "not logged in"
}

func where(source string) string {
	switch source {
	case "environment":
		return "the environment"
	case keyPool:
		return "credential_pool of auth.json"
	}
	return source
}
