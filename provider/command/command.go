// Package command gets a key from a command: a password manager, a cloud's helper, `ssh HOST hermes auth token P`. It is
// what key_cmd of config.yaml names.
//
// What a caller should know:
//
//   - No shell runs. The line is cut into words by a shell's quotes, and what only a shell would do (pipes, variables,
//     wildcards) is refused: `sh -c '…'` is there for who wants one.
//   - The command has no input and may ask no question. What it writes to stderr is dropped, since it may hold a secret.
//   - It runs in a process group of its own, which is killed when the context ends or after [Limit].
//   - No error holds anything that the command printed, or a word of the line but its first.
package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"strings"
	"time"
)

// Limit is how long a command may take.
const Limit = 30 * time.Second

// maxOutput is how many bytes it may print.
const maxOutput = 64 << 10

// Key is what a command printed.
type Key struct {
	Value   string
	Expires time.Time // zero where it did not say
}

// Run starts the words of a line with an environment and reads a key from its stdout: the key alone, or a JSON object with
// access_token and, if it likes, expires_in in seconds. A context that ends gives its cause.
func Run(ctx context.Context, line string, env []string) (Key, error) {
	words, err := Split(line)
	if err != nil {
		return Key{}, err
	}
	bounded, stop := context.WithTimeout(ctx, Limit)
	defer stop()
	cmd := exec.CommandContext(bounded, words[0], words[1:]...)
	out := &limited{}
	cmd.Env, cmd.Stdout, cmd.WaitDelay = env, out, time.Second
	ownGroup(cmd)
	began := time.Now()
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return Key{}, context.Cause(ctx)
	case bounded.Err() != nil:
		return Key{}, fmt.Errorf("%s took longer than %v; it may not ask questions", words[0], Limit)
	case out.full:
		return Key{}, fmt.Errorf("%s printed more than a key", words[0])
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return Key{}, fmt.Errorf("%s: %s", words[0], reason(err))
	}
	key, err := parse(out.kept.Bytes(), began)
	if err != nil {
		return Key{}, fmt.Errorf("%s %w", words[0], err)
	}
	return key, nil
}

// reason is why a command failed, without its words.
func reason(err error) string {
	if start, ok := errors.AsType[*exec.Error](err); ok {
		return start.Err.Error()
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ProcessState.String()
	}
	return "cannot be started"
}

// limited keeps what fits. The buffer has a name, for its ReadFrom would take all.
type limited struct {
	kept bytes.Buffer
	full bool
}

func (l *limited) Write(p []byte) (int, error) {
	if l.kept.Len()+len(p) > maxOutput {
		l.full = true
		return 0, errors.New("too much output")
	}
	return l.kept.Write(p)
}

func parse(out []byte, at time.Time) (Key, error) {
	text := strings.TrimSpace(string(out))
	key := Key{Value: text}
	if strings.HasPrefix(text, "{") {
		var doc struct {
			Token   string      `json:"access_token"`
			Expires json.Number `json:"expires_in"`
		}
		if err := json.Unmarshal([]byte(text), &doc); err != nil || doc.Token == "" {
			return Key{}, errors.New("printed JSON without an access_token")
		}
		key.Value = doc.Token
		if s, err := doc.Expires.Float64(); err == nil && s > 0 && s < math.MaxInt32 {
			key.Expires = at.Add(time.Duration(s * float64(time.Second)))
		}
	}
	switch {
	case key.Value == "":
		return Key{}, errors.New("printed nothing")
	case strings.ContainsFunc(key.Value, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return Key{}, errors.New("printed more than a key: it may hold no blank and no line break")
	}
	return key, nil
}
