package provider

import (
	"fmt"
	"slices"
	"time"

	"hermes/authfile"
	"hermes/provider/config"
	"hermes/provider/rows"
)

// inPool is the name of a key that stands in auth.json, for messages.
const inPool = "credential_pool of auth.json"

// poolKey takes the first key of the provider's pool that may be asked. It goes to the address that was stored beside it,
// where that is another than the row's own.
func poolKey(q Query, c *Choice) bool {
	usable := usableKeys(q, c)
	if len(usable) == 0 {
		return false
	}
	first := usable[0]
	if at := first.BaseURL; at != "" && (!c.Row.owns(hostOf(at)) || c.BaseURL.Value == c.Row.Base.URL) {
		c.BaseURL = Setting{at, "auth.json credential_pool." + c.Row.ID}
	}
	c.Credential, c.key, c.KeyName = Setting{"key", "auth.json credential_pool." + c.Row.ID}, first.Value, inPool
	for _, k := range usable[1:] {
		if k.BaseURL == first.BaseURL {
			c.spare = append(c.spare, k.Value)
		}
	}
	return true
}

// usableKeys are the keys of the pool that may be asked now. Why the others may not is noted.
func usableKeys(q Query, c *Choice) []authfile.Key {
	if q.Auth == nil || q.apart() || c.Row.User {
		return nil
	}
	now, resting := time.Now(), time.Time{}
	keys := slices.DeleteFunc(q.stored(c.Row).Keys(c.Row.ID), func(k authfile.Key) bool {
		switch {
		case notKey(c.Row, "", k.Value) != "":
			c.foreign = inPool
		case k.Dead:
			c.rests = "the key in the credential_pool of auth.json was refused"
		case k.Rests.After(now):
			if resting.IsZero() || k.Rests.Before(resting) {
				resting = k.Rests
			}
		default:
			return !config.UsableSecret(k.Value)
		}
		return true
	})
	if !resting.IsZero() {
		c.rests = fmt.Sprintf("the key in the credential_pool of auth.json rests until %s: its quota was used up", resting.UTC().Format(time.RFC3339))
	}
	return keys
}

// keyAfter is the key to use, or the one behind a key that the server refused.
func (c *Choice) keyAfter(rejected string) (string, error) {
	keys := append([]string{c.key}, c.spare...)
	i := slices.Index(keys, rejected) + 1
	if rejected != "" && (i == 0 || i == len(keys)) {
		hint := "run: hermes auth add " + c.AuthArgs()
		if slices.Contains(c.Row.KeyEnv(), c.KeyName) {
			hint = "check the value of " + c.KeyName + ", or " + hint
		}
		return "", advise(hint, "auth_refused", "%s refused the key of %s", c.Row.ID, c.KeyName)
	}
	return keys[i], nil
}

// pooled is the first provider in registry order with a key in the pool.
func pooled(q Query) (Setting, bool) {
	for _, r := range q.Rows {
		if _, takesKey := r.auth(rows.Key); !takesKey || !r.automatic() || q.Auth == nil {
			continue
		}
		if len(usableKeys(q, &Choice{Row: r})) > 0 {
			return Setting{r.ID, "auth.json credential_pool." + r.ID}, true
		}
	}
	return Setting{}, false
}

// mayPool reports whether auth.json could hold the key of a row: nothing else does.
func (s *Session) mayPool(q Query, r Row) bool {
	key, takesKey := r.auth(rows.Key)
	if !takesKey || r.User || r.NeedsNothing() || q.Config.Model.APIKey != "" && configNames(q, r) {
		return false
	}
	names := append([]string{q.Config.Model.KeyEnv}, key.Env...)
	return !slices.ContainsFunc(names, func(name string) bool { return name != "" && config.UsableSecret(s.Secret(name)) })
}
