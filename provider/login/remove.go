package login

import (
	"context"

	"hermes/provider/config"
	"hermes/provider/oauth"
)

// Gone is what Remove prints with asJSON.
type Gone struct {
	Provider string `json:"provider"`
	Login    bool   `json:"login"`     // there was one
	PoolRows int    `json:"pool_rows"` // Hermes Agent's copies of it
	Active   bool   `json:"active"`    // it was the active provider
	Key      bool   `json:"key"`       // there was one in .env
}

// Remove takes the account's login and its pool rows out of auth.json and its
// key out of .env; logout is the same. What is not there is not an error. It
// does not revoke anything at the portal and leaves config.yaml alone. The
// errors are those of Store.Remove and config.UnsetEnv; the second is tried
// even when the first fails.
func (c Commands) Remove(ctx context.Context, a Account, asJSON bool) error {
	gone := Gone{Provider: a.ID}
	removed, err := c.Store.Remove(ctx, a.ID)
	if err == nil {
		gone.Login, gone.PoolRows, gone.Active = removed.Block, removed.PoolRows, removed.Active
	}
	if a.KeyEnv != "" {
		had, keyErr := config.UnsetEnv(c.EnvFile, a.KeyEnv)
		gone.Key = had
		if err == nil {
			err = keyErr
		}
	}
	c.sayGone(a, gone, err == nil)
	if err != nil || !asJSON {
		return err
	}
	return c.print(gone)
}

func (c Commands) sayGone(a Account, g Gone, whole bool) {
	switch {
	case g.Login && g.PoolRows > 0:
		c.say("removed the login of %s, with %d of Hermes Agent's copies", a.ID, g.PoolRows)
	case g.Login:
		c.say("removed the login of %s", a.ID)
	case g.PoolRows > 0:
		c.say("removed %d pool rows of %s", g.PoolRows, a.ID)
	}
	if g.Key {
		c.say("removed %s from %s", a.KeyEnv, c.EnvFile)
	}
	if whole && g == (Gone{Provider: a.ID}) {
		where := ""
		if a.Store != nil {
			where = "; its login stands in " + oauth.Printable(a.Store.Path(), 200)
		}
		c.say("nothing to remove: %s has no login and no key here%s", a.ID, where)
	}
	if !whole {
		return
	}
	if a.KeyEnv != "" && c.UI.Getenv(a.KeyEnv) != "" {
		c.say("%s is still set in the environment", a.KeyEnv)
	}
	if c.ConfigProvider == a.ID {
		c.say("config.yaml still names %s; change that with: hermes config set provider NAME, or hermes config unset model.provider", a.ID)
	}
}
