package authfile

import (
	"time"
)

// Entry is one provider's block in the store. Times are UTC; a zero time means
// absent or not understood. Keys that this type does not name stay in the file.
type Entry struct {
	Provider         string
	Region           string
	PortalBaseURL    string
	InferenceBaseURL string
	ClientID         string
	Scope            string
	TokenType        string
	AccessToken      string
	RefreshToken     string
	ResourceURL      *string // nil is written as null
	ObtainedAt       time.Time
	ExpiresAt        time.Time
	ExpiresIn        int64 // seconds, as the server said at ObtainedAt
	LastError        *LastError
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

// LoggedIn says whether the block holds an access or a refresh token.
func (e Entry) LoggedIn() bool { return e.AccessToken != "" || e.RefreshToken != "" }

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
	if life := time.Duration(min(e.ExpiresIn, 1<<30)) * time.Second; life > 0 {
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
	life := time.Duration(min(max(e.ExpiresIn, 0), 1<<32)) * time.Second
	return e.ExpiresAt.Sub(now) > max(2*life, longestToken)
}
