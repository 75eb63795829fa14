package command

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		"pass show x":              {"pass", "show", "x"},
		"  a\t b\n":                {"a", "b"},
		`a 'b c' "d e" f\ g ''`:    {"a", "b c", "d e", "f g", ""},
		`a x'y'"z"`:                {"a", "xyz"},
		`a '|$*~' "|;*~ \" \$ \a"`: {"a", "|$*~", `|;*~ " $ \a`},
		`sh -c 'a | b "$X"'`:       {"sh", "-c", `a | b "$X"`},
		"a b~c d#e --x=1 {} !":     {"a", "b~c", "d#e", "--x=1", "{}", "!"},
		"ä ö":                      {"ä", "ö"},
	} {
		if got, err := Split(line); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", line, got, err)
		}
	}
	for line, says := range map[string]string{
		"": "names no command", " ": "names no command", "''": "names no command", "a 'b": "without its second", `a "b`: "without its second", `a \`: "ends in",
		"a | b": "'|' needs one", "a $X": "'$' needs one", `a "$X"`: "'$' needs one", "a `b`": "needs one", "a > b": "needs one", "a; b": "needs one", "~/a": "'~' needs one", "a *": "needs one", "a # b": "needs one", "(a)": "needs one",
	} {
		if got, err := Split(line); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %q, %v", line, got, err)
		}
	}
}

// TestRun starts real commands: what they print is the key, or an error that quotes nothing of it.
func TestRun(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("commands of unix")
	}
	for name, tc := range map[string]struct{ line, want, fails string }{
		"bare":              {"printf sk-1", "sk-1", ""},
		"trimmed":           {`printf '\n sk-1 \r\n'`, "sk-1", ""},
		"its environment":   {`sh -c 'printf %s "$GIVEN$HOME"'`, "given", ""},
		"no input":          {"sh -c 'cat; printf sk-1'", "sk-1", ""},
		"stderr is dropped": {"sh -c 'echo canary >&2; printf sk-1'", "sk-1", ""},
		"JSON":              {`printf '{"access_token":"sk-2","expires_in":60}'`, "sk-2", ""},
		"a child stays":     {"sh -c 'sleep 2 & printf sk-1'", "sk-1", ""},
		"nothing":           {"true", "", "true printed nothing"},
		"two lines":         {`printf 'canary\nb'`, "", "printf printed more than a key"},
		"other JSON":        {`printf '{"token":"canary"}'`, "", "printed JSON without an access_token"},
		"broken JSON":       {`printf '{canary'`, "", "printed JSON without an access_token"},
		"it fails":          {"sh -c 'echo canary; echo canary >&2; exit 3'", "", "sh: exit status 3"},
		"not there":         {"no-such-command-anywhere canary", "", "no-such-command-anywhere: executable file not found"},
		"too much":          {"head -c 100000 /dev/zero", "", "head printed more than a key"},
		"too long a key":    {"sh -c 'head -c 100000 /dev/zero | tr \"\\0\" a'", "", "sh printed more than a key"},
		"no end":            {"yes", "", "yes printed more than a key"},
		"a shell's":         {"echo canary | cat", "", "is run without a shell"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, err := Run(t.Context(), tc.line, []string{"GIVEN=given", "PATH=" + os.Getenv("PATH")})
			if key.Value != tc.want || (err == nil) != (tc.fails == "") || err != nil && (!strings.Contains(err.Error(), tc.fails) || strings.Contains(err.Error(), "canary")) {
				t.Errorf("%q, %v", key.Value, err)
			}
		})
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"sk-1": {}, `{"access_token":"a"}`: {}, `{"access_token":"a","expires_in":null}`: {}, `{"access_token":"a","expires_in":-1}`: {},
		`{"access_token":"a","expires_in":90}`: at.Add(90 * time.Second), `{"access_token":"a","expires_in":"90"}`: at.Add(90 * time.Second),
		`{"access_token":"a","expires_in":1e300}`: {},
	} {
		if key, err := parse([]byte(text), at); err != nil || !key.Expires.Equal(want) {
			t.Errorf("%s: %v, %v", text, key.Expires, err)
		}
	}
}

// TestRunEnds with its context, and takes the command's children with it.
func TestRunEnds(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("commands of unix")
	}
	why := errors.New("enough")
	ctx, stop := context.WithCancelCause(t.Context())
	mark := filepath.Join(t.TempDir(), "child")
	child := func() int {
		text, _ := os.ReadFile(mark)
		pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		return pid
	}
	go func() {
		poll(func() bool { return child() > 0 })
		stop(why)
	}()
	if _, err := Run(ctx, "sh -c 'sleep 600 & echo $! >"+mark+"; wait'", []string{"PATH=" + os.Getenv("PATH")}); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
	pid := child()
	if pid == 0 {
		t.Fatal("the child did not begin")
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if !poll(func() bool { return p.Signal(syscall.Signal(0)) != nil || zombie(pid) }) {
		_ = p.Kill()
		t.Errorf("the child %d lives on", pid)
	}
}

// zombie reports a process that is dead and that nobody has waited for, as in a container without an init.
func zombie(pid int) bool {
	stat, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, after, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(after, "Z")
}

func poll(done func() bool) bool {
	for range 1000 {
		if done() {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}
