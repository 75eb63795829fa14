package authfile

import (
	"log/slog"
	"strings"
	"time"
)

// Entry is a login of a provider: its block in the store, or a row of its pool.
// Times are UTC; a zero time means absent or not understood. Keys that this
// type does not name stay in the file.
type Entry struct {
	Provider         string
	Row              string // id of the pool row that the login stands in, "" for the block
	Label            string // of that row
	Region           string
	PortalBaseURL    string
	InferenceBaseURL string
	ClientID         string
	Scope            string
	TokenType        string
	AccessToken      string
	RefreshToken     string
	IDToken          string  // "" keeps the one that is there
	ResourceURL      *string // nil is written as null
	TokenEndpoint    string  // where to renew at a server that is not MiniMax's; "" is not written
	ObtainedAt       time.Time
	ExpiresAt        time.Time
	ExpiresIn        int64 // seconds, as the server said at ObtainedAt
	LastError        *LastError
	Layout           Layout
	// Rests is until when the pool says not to ask with the login, Dead that it never is to be asked again.
	Rests time.Time
	Dead  bool
	// Restorable says that another program took the tokens out and that the
	// next renewal puts them back: this program has a copy of the pair, or a
	// journal with the answer.
	Restorable bool
}

// LastError is the block's last_auth_error: why the tokens were taken out.
type LastError struct {
	Provider        string
	Code            string
	Message         string
	Reason          string
	ReloginRequired bool
	At              string // as written in the file
}

// key names the login in the files beside the store.
func (e Entry) key() string { return loginKey(e.Provider, e.Row) }

// loginKey is the id of a provider for its block, and more than that for a row.
func loginKey(id, row string) string {
	if row == "" {
		return id
	}
	return id + rowMark + row
}

const rowMark = " row "

// ProviderOf is the provider of a login that Options.Detach is told of.
func ProviderOf(key string) string {
	id, _, _ := strings.Cut(key, rowMark)
	return id
}

// Usable says whether the login is there and may be asked with now.
func (e Entry) Usable(now time.Time) bool { return e.LoggedIn() && !e.Dead && !e.Rests.After(now) }

// LoggedIn says whether the block holds an access or a refresh token, or will
// again with the next renewal.
func (e Entry) LoggedIn() bool { return e.AccessToken != "" || e.RefreshToken != "" || e.Restorable }

// wiped says whether the tokens were taken out because a server refused them.
func (e Entry) wiped() bool {
	return e.AccessToken == "" && e.RefreshToken == "" && e.LastError != nil && e.LastError.ReloginRequired
}

const (
	skew         = 60 * time.Second
	clockSlack   = 5 * time.Minute
	longestToken = 400 * 24 * time.Hour
)

// Fresh says whether the access token can be used without renewal: more than
// 60 s are left, or a quarter of its life where that is less. Times that make
// no sense (no expiry, one more than 400 days or twice the stated life away, a
// token obtained more than 5 minutes in the future) also count as fresh: the
// server decides, and its 401 causes one forced renewal.
func (e Entry) Fresh(now time.Time) bool {
	if e.AccessToken == "" {
		return false
	}
	if e.timesAbsurd(now) {
		return true
	}
	margin := skew
	if life := seconds(e.ExpiresIn); life > 0 {
		margin = min(margin, life/4)
	}
	return e.ExpiresAt.Sub(now) > margin
}

func (e Entry) timesAbsurd(now time.Time) bool {
	if e.ExpiresAt.IsZero() {
		return true
	}
	if !e.ObtainedAt.IsZero() && e.ObtainedAt.Sub(now) > clockSlack {
		return true
	}
	return e.ExpiresAt.Sub(now) > max(2*seconds(e.ExpiresIn), longestToken)
}

// works says whether the access token is good for a request that begins soon,
// though it is due for renewal.
func (e Entry) works(now time.Time) bool {
	return e.AccessToken != "" && !e.ExpiresAt.IsZero() && e.ExpiresAt.Sub(now) > 15*time.Second
}

// String keeps the tokens out of %v and %+v.
func (e Entry) String() string { return "login of " + e.Provider }

// GoString keeps the tokens out of %#v.
func (e Entry) GoString() string { return "authfile.Entry{" + e.Provider + "}" }

// LogValue keeps the tokens out of structured logs.
func (e Entry) LogValue() slog.Value { return slog.StringValue(e.String()) }
