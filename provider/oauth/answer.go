package oauth

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// answer is a JSON object of the portal. Every reader of it treats a value of
// another type as absent.
type answer map[string]json.RawMessage

// decode returns false, and an answer without fields, for anything that is
// not one JSON object.
func decode(body []byte) (answer, bool) {
	var a answer
	if err := json.Unmarshal(bytes.TrimPrefix(body, []byte("\ufeff")), &a); err != nil || a == nil {
		return nil, false
	}
	return a, true
}

func (a answer) text(key string) string {
	var s string
	if json.Unmarshal(a[key], &s) != nil {
		return ""
	}
	return s
}

// number reads a JSON number or a string that holds one.
func (a answer) number(key string) (float64, bool) {
	raw := strings.TrimSpace(strings.Trim(string(a[key]), `"`))
	n, err := strconv.ParseFloat(raw, 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

func (a answer) object(key string) answer {
	sub, _ := decode(a[key])
	return sub
}

// inner is base_resp.status_code; 0 is none or success.
func (a answer) inner() int {
	n, _ := a.object("base_resp").number("status_code")
	return int(n)
}

// reason is the OAuth error: a string, or the code or type of an error object.
func (a answer) reason() string {
	if s := a.text("error"); s != "" {
		return s
	}
	if s := a.object("error").text("code"); s != "" {
		return s
	}
	return a.object("error").text("type")
}

// message is what the server has to say, "" if it has no field for that.
func (a answer) message() string {
	if s := a.object("base_resp").text("status_msg"); s != "" {
		return s
	}
	if s := a.object("error").text("message"); s != "" {
		return s
	}
	reason, description := a.text("error"), a.text("error_description")
	switch {
	case reason != "" && description != "":
		return reason + ": " + description
	case reason != "":
		return reason
	}
	return description
}

// lasting is the expiry of a grant. RFC 6749 section 5.1 lets a server leave it
// out; zero then, and the server's 401 will tell.
func (a answer) lasting(now time.Time) (time.Time, error) {
	if a.absent("expired_in") && a.absent("expires_in") {
		return time.Time{}, nil
	}
	return a.expiry(now)
}

func (a answer) absent(key string) bool { return a[key] == nil || string(a[key]) == "null" }

func quoteJSON(raw json.RawMessage) string {
	if raw == nil {
		return "absent"
	}
	return Printable(string(raw), 40)
}

// retryAfter reads Retry-After, seconds or a date, as a wait of at most a day.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	var wait time.Duration
	if n, err := strconv.ParseFloat(value, 64); err == nil {
		wait = time.Duration(min(max(n, 0), 86400) * float64(time.Second))
	} else if at, err := http.ParseTime(value); err == nil {
		if sent, err := http.ParseTime(h.Get("Date")); err == nil {
			now = sent
		}
		wait = at.Sub(now)
	}
	return min(max(wait, 0), 24*time.Hour)
}
