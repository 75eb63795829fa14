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

// Layout is the shape of a login in the store. Reading finds it out; a new login
// says it.
type Layout int

// The layouts that Hermes Agent writes.
const (
	Flat   Layout = iota // a block, all keys in one object, with the times: MiniMax
	Nested               // a block, the tokens in an object of their own, the expiry inside the access token: xAI, Codex
	Row                  // a row of the pool and no block: an xAI or Codex login by `auth add`
	Keyed                // a flat block that holds the access token a second time, as agent_key: Nous
	Alone                // a file of its own, that of another program: Qwen
)

// shape is a layout as data.
type shape struct {
	fields []field
	row    string  // source of the pool row that Hermes Agent seeds from the block
	rows   []field // what of that row follows the block
	login  string  // source of the row that `auth add` makes, beside the block or in its place; "" for none
}

// field is one key of a block or row and its place in an Entry.
type field struct {
	path string             // keys with dots between them
	of   func(e *Entry) any // a pointer: to string, *string, int64, time.Time, *LastError; or what is written as it is
	when when
	time func(time.Time) any // how a time is written; nil: formatTime
}

// when a field is written, beside a new login.
type when int

const (
	onRenewal  when = 1 << iota // a renewal writes it
	withTokens                  // a quarantine takes it out
	ifAny                       // only where it has a value
	ifThere                     // by a renewal only where it stands already
	repeats                     // says again what another key says, and is not read
)

func (e *Entry) access() any    { return &e.AccessToken }
func (e *Entry) refresh() any   { return &e.RefreshToken }
func (e *Entry) idToken() any   { return &e.IDToken }
func (e *Entry) obtained() any  { return &e.ObtainedAt }
func (e *Entry) expires() any   { return &e.ExpiresAt }
func (e *Entry) life() any      { return &e.ExpiresIn }
func (e *Entry) endpoint() any  { return &e.TokenEndpoint }
func (e *Entry) kind() any      { return &e.TokenType }
func (e *Entry) portal() any    { return &e.PortalBaseURL }
func (e *Entry) inference() any { return &e.InferenceBaseURL }
func (e *Entry) client() any    { return &e.ClientID }
func (e *Entry) scope() any     { return &e.Scope }
func (e *Entry) resource() any  { return &e.ResourceURL }
func (e *Entry) failure() any   { return &e.LastError }

func (l Layout) shape() shape {
	switch l {
	case Nested:
		return nested()
	case Row:
		return inRow()
	case Keyed:
		return keyed()
	case Alone:
		return alone()
	}
	return flat()
}

func nested() shape {
	return shape{
		fields: []field{
			{"tokens.access_token", (*Entry).access, onRenewal | withTokens, nil},
			{"tokens.refresh_token", (*Entry).refresh, onRenewal | withTokens, nil},
			{"tokens.id_token", (*Entry).idToken, onRenewal | ifAny | ifThere, nil},
			{"tokens.token_type", (*Entry).kind, ifAny, nil},
			{"last_refresh", (*Entry).obtained, onRenewal, zulu},
			{"discovery.token_endpoint", (*Entry).endpoint, ifAny, nil},
			{"portal_base_url", (*Entry).portal, ifAny, nil}, // ours: of a server that is not the provider's
			{"last_auth_error", (*Entry).failure, ifAny, nil},
		},
		row:  "device_code",
		rows: []field{{"access_token", (*Entry).access, 0, nil}, {"refresh_token", (*Entry).refresh, 0, nil}, {"last_refresh", (*Entry).obtained, 0, zulu}},
	}
}

// inRow is a login that only a row holds. The portal is ours, and stands only in a login of a server that is not the
// provider's.
func inRow() shape {
	s := nested()
	s.fields = []field{
		{"label", func(e *Entry) any { return &e.Label }, 0, nil},
		{"access_token", (*Entry).access, onRenewal | withTokens, nil},
		{"refresh_token", (*Entry).refresh, onRenewal | withTokens, nil},
		{"base_url", (*Entry).inference, 0, nil},
		{"portal_base_url", (*Entry).portal, ifAny, nil},
		{"expires_at", (*Entry).expires, onRenewal | ifThere, nil},
		{"expires_at_ms", (*Entry).expires, onRenewal | ifThere, millis},
		{"last_refresh", (*Entry).obtained, onRenewal, zulu},
	}
	s.login = "manual:device_code"
	return s
}

// keyed has the keys of Hermes Agent in its order.
func keyed() shape {
	is := func(v any) func(*Entry) any { return func(*Entry) any { return v } }
	tls := object{{"insecure", false}, {"ca_bundle", nil}}
	s := shape{
		fields: []field{
			{"access_token", (*Entry).access, onRenewal | withTokens, nil},
			{"refresh_token", (*Entry).refresh, onRenewal | withTokens, nil},
			{"client_id", (*Entry).client, 0, nil},
			{"portal_base_url", (*Entry).portal, 0, nil},
			{"inference_base_url", (*Entry).inference, 0, nil},
			{"token_type", (*Entry).kind, 0, nil},
			{"scope", (*Entry).scope, 0, nil},
			{"obtained_at", (*Entry).obtained, onRenewal | withTokens, nil},
			{"expires_at", (*Entry).expires, onRenewal | withTokens, nil},
			{"agent_key", (*Entry).access, onRenewal | withTokens | repeats, nil},
			{"agent_key_expires_at", (*Entry).expires, onRenewal | withTokens | repeats, nil},
			{"tls", is(tls), 0, nil},
			{"expires_in", (*Entry).life, onRenewal | withTokens, nil},
			{"agent_key_id", is(nil), withTokens, nil},
			{"agent_key_expires_in", (*Entry).life, onRenewal | withTokens | repeats, nil},
			{"agent_key_reused", is(false), withTokens, nil},
			{"agent_key_obtained_at", (*Entry).obtained, onRenewal | withTokens | repeats, nil},
			{"last_auth_error", (*Entry).failure, ifAny, nil},
		},
		row: "device_code", login: "device_code",
	}
	for _, path := range []string{"access_token", "refresh_token", "expires_at", "inference_base_url", "agent_key", "agent_key_expires_at"} {
		s.rows = append(s.rows, s.field(path))
	}
	for _, path := range []string{
		"tls", "expires_in", "agent_key_expires_in", "obtained_at", "agent_key_reused", "token_type", "scope", "client_id", "portal_base_url", "agent_key_obtained_at",
	} {
		s.rows = append(s.rows, s.field(path))
	}
	return s
}

func (s shape) field(path string) field {
	f := s.fields[slices.IndexFunc(s.fields, func(f field) bool { return f.path == path })]
	f.when = 0
	return f
}

// alone is the file of Qwen Code; portal_base_url is ours, and nothing writes it.
func alone() shape {
	return shape{fields: []field{
		{"access_token", (*Entry).access, onRenewal, nil},
		{"refresh_token", (*Entry).refresh, onRenewal, nil},
		{"token_type", (*Entry).kind, ifAny, nil},
		{"resource_url", (*Entry).resource, ifAny, nil},
		{"portal_base_url", (*Entry).portal, ifAny, nil},
		{"expiry_date", (*Entry).expires, onRenewal, millis},
	}}
}

// flat has the keys of Hermes Agent in its order. token_endpoint is ours, and stands only in a login that it could not
// have made.
func flat() shape {
	return shape{
		fields: []field{
			{"provider", func(e *Entry) any { return &e.Provider }, 0, nil},
			{"region", func(e *Entry) any { return &e.Region }, 0, nil},
			{"portal_base_url", (*Entry).portal, 0, nil},
			{"inference_base_url", (*Entry).inference, 0, nil},
			{"client_id", (*Entry).client, 0, nil},
			{"scope", (*Entry).scope, 0, nil},
			{"token_type", (*Entry).kind, 0, nil},
			{"access_token", (*Entry).access, onRenewal | withTokens, nil},
			{"refresh_token", (*Entry).refresh, onRenewal | withTokens, nil},
			{"resource_url", (*Entry).resource, 0, nil},
			{"obtained_at", (*Entry).obtained, onRenewal | withTokens, nil},
			{"expires_at", (*Entry).expires, onRenewal | withTokens, nil},
			{"expires_in", (*Entry).life, onRenewal | withTokens, nil},
			{"token_endpoint", (*Entry).endpoint, ifAny, nil},
			{"last_auth_error", (*Entry).failure, ifAny, nil},
		},
		row:   "oauth",
		rows:  []field{{"access_token", (*Entry).access, 0, nil}, {"refresh_token", (*Entry).refresh, 0, nil}, {"expires_at_ms", (*Entry).expires, 0, millis}},
		login: "manual",
	}
}

// readEntry reads a block. twice names a key of ours that stands twice on the
// way, "" when none does.
func readEntry(id string, block gjson.Result, isAlone bool) (e Entry, twice string) {
	tokens, _ := last(block, "tokens")
	_, key := last(block, "agent_key")
	_, tls := last(block, "tls")
	switch {
	case isAlone:
		e.Layout = Alone
	case tokens.IsObject():
		e.Layout = Nested
	case key+tls > 0, inNoRegion(block):
		e.Layout = Keyed
	}
	e.read(block, e.Layout.shape().fields, "", &twice)
	e.Provider = id // the block's name counts
	e.expiry()
	if twice != "" {
		twice = id + "." + twice
	}
	return e, twice
}

// inNoRegion tells a block of Nous's whose keys were taken out from one of MiniMax's.
func inNoRegion(block gjson.Result) bool {
	_, portal := last(block, "portal_base_url")
	_, client := last(block, "client_id")
	_, provider := last(block, "provider")
	_, region := last(block, "region")
	return portal > 0 && client > 0 && provider+region == 0
}

// expiry is taken from the access token where no key says it.
func (e *Entry) expiry() {
	if !e.ExpiresAt.IsZero() {
		return
	}
	c := claims(e.AccessToken)
	e.ExpiresAt = claimedTime(c, "exp")
	if begun := claimedTime(c, "iat"); !begun.IsZero() && e.ExpiresAt.After(begun) && e.ExpiresIn == 0 {
		e.ExpiresIn = int64(e.ExpiresAt.Sub(begun) / time.Second)
	}
}

// read takes those fields from an object whose paths begin with prefix.
func (e *Entry) read(object gjson.Result, fields []field, prefix string, twice *string) {
	var seen uint32 // a bit a field
	each(object, func(key string, value gjson.Result) {
		below := false
		for i, f := range fields {
			path, ok := strings.CutPrefix(f.path, prefix)
			if name, _, deeper := strings.Cut(path, "."); !ok || name != key || f.when&repeats != 0 {
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
	case *LastError, **LastError:
	default:
		return v
	}
	return nil
}

func zulu(t time.Time) any { return strings.Replace(formatTime(t), "+00:00", "Z", 1) }

func millis(t time.Time) any { return t.UnixMilli() }

// write puts fields of an entry into the document, below the path at: those that
// are written then, or all for 0.
func (d *document) write(e Entry, fields []field, then when, at ...string) {
	for _, f := range fields {
		value, path := f.value(e), append(slices.Clone(at), strings.Split(f.path, ".")...)
		if f.when&then != then || f.when&ifAny != 0 && (value == nil || value == "") {
			continue
		}
		if then != 0 && f.when&ifThere != 0 && d.find(path...) == "" {
			continue
		}
		d.set(value, path...)
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

// claimedTime is zero, which is "not known", for a token that does not say it.
func claimedTime(c map[string]any, name string) time.Time {
	at, _ := c[name].(float64)
	if at <= 0 || at > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(at), 0).UTC()
}

// Claim is a text inside of an access token that is a JWT, by the names on the way to it, "" for none. Nothing is verified:
// it is good for what a server is told of itself.
func (e Entry) Claim(path ...string) string {
	var at any = claims(e.AccessToken)
	for _, name := range path {
		object, _ := at.(map[string]any)
		at = object[name]
	}
	s, _ := at.(string)
	return s
}
