package provider

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"hermes/provider/command"
)

// keyLeft is how much of a key's life must be left for it to be used.
const keyLeft = 60 * time.Second

// fromCommand is the token function of a row with key_cmd: the command runs at the first request, again when what it
// printed runs out, and once for a key that the server refused. Requests side by side share one run of it.
func (s *Session) fromCommand(r Row, line string) func(ctx context.Context, rejected string) (string, error) {
	turn := make(chan command.Key, 1)
	turn <- command.Key{}
	return func(ctx context.Context, rejected string) (string, error) {
		var held command.Key
		select {
		case held = <-turn:
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
		defer func() { turn <- held }()
		if held.Value != "" && held.Value != rejected && (held.Expires.IsZero() || time.Until(held.Expires) > keyLeft) {
			return held.Value, nil
		}
		key, err := command.Run(ctx, line, s.commandEnv())
		switch {
		case ctx.Err() != nil:
			return "", context.Cause(ctx)
		case err != nil:
			return "", &Error{"not_logged_in", "key_cmd of " + r.ID + ": " + err.Error(), "run the command by hand to see why"}
		}
		held = key
		s.mu.Lock()
		s.issued = append(s.issued, key.Value)
		s.mu.Unlock()
		if key.Value == rejected {
			return "", &Error{"auth_refused", r.ID + " refused the key that key_cmd printed", "run the command by hand, and see whether its key is the right one"}
		}
		return key.Value, nil
	}
}

// commandEnv is the environment without the keys of providers: a password manager needs its own secrets, not ours.
func (s *Session) commandEnv() []string {
	names := s.keyVariables()
	return slices.DeleteFunc(os.Environ(), func(line string) bool {
		name, _, _ := strings.Cut(line, "=")
		_, ours := s.dotenv[name]
		return ours || slices.Contains(names, name)
	})
}
