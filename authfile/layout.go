package authfile

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// Layout is the shape of a provider's block. Reading finds it out; a new login
// says it.
type Layout int

// The layouts that Hermes Agent writes.
const (
	Flat   Layout = iota // all keys in one object, with the times: MiniMax
	Nested               // the tokens in an object of their own, the expiry inside the access token: xAI, Codex
)

// shape is a layout as data.
type shape struct {
	fields   []field
	row      string  // source of the pool row that Hermes Agent seeds from the block
	rows     []field // what of that row follows the block
	loginRow bool    // `auth add` makes a row of its own beside the block
}

// field is one key of a block or row and its place in an Entry.
type field struct {
	path string             // keys with dots between them
	of   func(e *Entry) any // a pointer: to string, *string, int64, time.Time, *LastError
	when when
	time func(time.Time) any // how a time is written; nil: formatTime
}

// when a field is written, beside a new login.
type when int

const (
	onRenewal  when = 1 << iota // a renewal writes it
	withTokens                  // a quarantine takes it out
	ifAny                       // only where it has a value
)

func (l Layout) shape() shape {
	access := func(e *Entry) any { return &e.AccessToken }
	refresh := func(e *Entry) any { return &e.RefreshToken }
	obtained := func(e *Entry) any { return &e.ObtainedAt }
	expires := func(e *Entry) any { return &e.ExpiresAt }
	endpoint := func(e *Entry) any { return &e.TokenEndpoint }
	kind := func(e *Entry) any { return &e.TokenType }
	failure := field{"last_auth_error", func(e *Entry) any { return &e.LastError }, ifAny, nil}
	if l == Nested {
		return shape{
			fields: []field{
				{"tokens.access_token", access, onRenewal | withTokens, nil},
				{"tokens.refresh_token", refresh, onRenewal | withTokens, nil},
				{"tokens.token_type", kind, ifAny, nil},
				{"last_refresh", obtained, onRenewal, zulu},
				{"discovery.token_endpoint", endpoint, ifAny, nil},
				failure,
			},
			row:  "device_code",
			rows: []field{{"access_token", access, 0, nil}, {"refresh_token", refresh, 0, nil}, {"last_refresh", obtained, 0, zulu}},
		}
	}
	return shape{
		fields: []field{ // in the order of Hermes Agent; token_endpoint is ours, and stands only in a login that it could not have made
			{"provider", func(e *Entry) any { return &e.Provider }, 0, nil},
			{"region", func(e *Entry) any { return &e.Region }, 0, nil},
			{"portal_base_url", func(e *Entry) any { return &e.PortalBaseURL }, 0, nil},
			{"inference_base_url", func(e *Entry) any { return &e.InferenceBaseURL }, 0, nil},
			{"client_id", func(e *Entry) any { return &e.ClientID }, 0, nil},
			{"scope", func(e *Entry) any { return &e.Scope }, 0, nil},
			{"token_type", kind, 0, nil},
			{"access_token", access, onRenewal | withTokens, nil},
			{"refresh_token", refresh, onRenewal | withTokens, nil},
			{"resource_url", func(e *Entry) any { return &e.ResourceURL }, 0, nil},
			{"obtained_at", obtained, onRenewal | withTokens, nil},
			{"expires_at", expires, onRenewal | withTokens, nil},
			{"expires_in", func(e *Entry) any { return &e.ExpiresIn }, onRenewal | withTokens, nil},
			{"token_endpoint", endpoint, ifAny, nil},
			failure,
		},
		row:      "oauth",
		rows:     []field{{"access_token", access, 0, nil}, {"refresh_token", refresh, 0, nil}, {"expires_at_ms", expires, 0, millis}},
		loginRow: true,
	}
}

// readEntry reads a block. twice names a key of ours that stands twice on the
// way, "" when none does.
func readEntry(id string, block gjson.Result) (e Entry, twice string) {
	if tokens, _ := last(block, "tokens"); tokens.IsObject() {
		e.Layout = Nested
	}
	e.read(block, e.Layout.shape().fields, "", &twice)
	e.Provider = id // the block's name counts
	if e.Layout == Nested {
		e.ExpiresAt = claimedExpiry(e.AccessToken)
	}
	if twice != "" {
		twice = id + "." + twice
	}
	return e, twice
}

// read takes those fields from an object whose paths begin with prefix.
func (e *Entry) read(object gjson.Result, fields []field, prefix string, twice *string) {
	var seen uint32 // a bit a field
	each(object, func(key string, value gjson.Result) {
		below := false
		for i, f := range fields {
			path, ok := strings.CutPrefix(f.path, prefix)
			if name, _, deeper := strings.Cut(path, "."); !ok || name != key {
				continue
			} else if deeper {
				below = true
			} else {
				assign(f.of(e), value)
			}
			if seen&(1<<i) != 0 {
				*twice = prefix + key
			}
			seen |= 1 << i
		}
		if below {
			e.read(value, fields, prefix+key+".", twice)
		}
	})
}

// assign puts a value into a field of an Entry; one of an unexpected type reads as
// absent.
func assign(into any, value gjson.Result) {
	switch into := into.(type) {
	case *string:
		*into = text(value)
	case **string:
		if value.Type == gjson.String {
			*into = &value.Str
		}
	case *int64:
		if value.Type == gjson.Number && math.Abs(value.Num) < 1<<53 {
			*into = int64(value.Num)
		}
	case *time.Time:
		*into = readTime(value)
	case **LastError:
		*into = readLastError(value)
	}
}

// value is what is written for a field of an Entry: null for a time that is not
// known.
func (f field) value(e Entry) any {
	switch v := f.of(&e).(type) {
	case *string:
		return *v
	case **string:
		if *v != nil {
			return **v
		}
	case *int64:
		return *v
	case *time.Time:
		switch {
		case v.IsZero():
		case f.time != nil:
			return f.time(*v)
		default:
			return formatTime(*v)
		}
	}
	return nil
}

func zulu(t time.Time) any { return strings.Replace(formatTime(t), "+00:00", "Z", 1) }

func millis(t time.Time) any { return t.UnixMilli() }

// write puts fields of an entry into the document, below the path at: those that
// are written then, or all for 0.
func (d *document) write(e Entry, fields []field, then when, at ...string) {
	for _, f := range fields {
		value := f.value(e)
		if f.when&then != then || f.when&ifAny != 0 && (value == nil || value == "") {
			continue
		}
		d.set(value, append(slices.Clone(at), strings.Split(f.path, ".")...)...)
	}
}

// claims are those of an access token that is a JWT, read without a check of its
// signature: nil for any other token.
func claims(token string) map[string]any {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	var c map[string]any
	if err != nil || json.Unmarshal(raw, &c) != nil {
		return nil
	}
	return c
}

// claimedExpiry is zero, which is "not known", for a token that does not say it.
func claimedExpiry(token string) time.Time {
	exp, _ := claims(token)["exp"].(float64)
	if exp <= 0 || exp > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(exp), 0).UTC()
}
