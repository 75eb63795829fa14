package login

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"hermes/provider/config"
	"hermes/provider/oauth"
)

const maxKey = 16 << 10 // bytes read from a pipe

// AddKey stores an API key in the home's .env under the account's variable:
// asked for without echo on a terminal, else all of stdin, which must be one
// line. Classes: usage and config for an account that takes no key, no_input
// for an empty one, invalid_input for what cannot be a key, and those of
// config.SetEnv.
func (c Commands) AddKey(ctx context.Context, a Account, o AddOptions) error {
	return c.told(a, o, c.addKey(ctx, a, o))
}

func (c Commands) addKey(ctx context.Context, a Account, o AddOptions) error {
	switch {
	case a.Kind == KindNone:
		return failf("usage", "%s needs no login and no key", a.ID)
	case a.KeyEnv == "" && a.Kind == KindOAuth:
		return advise("run: hermes auth add "+a.ID, "usage", "%s takes no API key, it is logged in to", a.ID)
	case a.KeyEnv == "":
		return advise("run: hermes config set providers."+a.ID+".key_env NAME_API_KEY", "config", "%s has no key_env in config.yaml that would name its key", a.ID)
	}
	key, err := c.askKey(ctx, a)
	if err != nil {
		return err
	}
	if key, err = checkKey(a, key); err != nil {
		return err
	}
	if err := config.SetEnv(c.EnvFile, a.KeyEnv, key); err != nil {
		return err
	}
	c.say("stored %s in %s", a.KeyEnv, c.EnvFile)
	if err := c.Store.Allow(ctx, a.ID); err != nil {
		c.say("Hermes Agent may pass over the key, which it was once told to: %v", err)
	}
	c.next(Account{ID: a.ID, Kind: KindKey})
	if !o.JSON {
		return nil
	}
	return c.tell(o, Event{Type: "done", Provider: a.ID, KeyEnv: a.KeyEnv})
}

func (c Commands) askKey(ctx context.Context, a Account) (string, error) {
	var key string
	var err error
	if c.UI.ReadSecret != nil {
		key, err = c.UI.ReadSecret(ctx, fmt.Sprintf("API key for %s (%s, not shown): ", oauth.Printable(a.Name, 60), a.KeyEnv))
	} else {
		key, err = readAll(ctx, io.LimitReader(c.UI.In, maxKey+1))
	}
	var own *Error
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case err == nil, errors.Is(err, io.EOF):
		return key, nil
	case errors.As(err, &own):
		return "", err
	}
	return "", failf("io", "cannot read the key: %v", err)
}

// readAll returns as soon as ctx ends: a pipe cannot be interrupted, so the
// read is left behind.
func readAll(ctx context.Context, in io.Reader) (string, error) {
	return await(ctx, func() (string, error) {
		raw, err := io.ReadAll(in)
		return string(raw), err
	})
}

// await is what f gives, or the reason for the end of ctx if that is sooner.
func await(ctx context.Context, f func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := f()
		got <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case a := <-got:
		return a.text, a.err
	}
}

// checkKey refuses what is surely no key. Its messages never quote it.
func checkKey(a Account, raw string) (string, error) {
	key := strings.TrimSpace(strings.TrimPrefix(raw, "\ufeff"))
	switch {
	case key == "":
		return "", advise("pipe it in, or run the command on a terminal", "no_input", "no key given for %s", a.ID)
	case len(raw) > maxKey:
		return "", noKey("the input for %s is longer than %d bytes", a.ID, maxKey)
	case strings.ContainsAny(key, "\r\n"):
		return "", noKey("the key for %s has more than one line", a.ID)
	case strings.HasPrefix(key, a.KeyEnv+"="), strings.HasPrefix(key, "export "):
		return "", noKey("the input for %s has %s= before the key", a.ID, a.KeyEnv)
	case !asciiWord(key):
		return "", noKey("the key for %s has a space or a character that no API key holds", a.ID)
	case !config.UsableSecret(key):
		return "", noKey("the key for %s is a placeholder", a.ID)
	}
	return key, nil
}

func noKey(format string, args ...any) error {
	return advise("give the key alone, as the provider shows it", "invalid_input", format, args...)
}

func asciiWord(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == utf8.RuneError })
}
