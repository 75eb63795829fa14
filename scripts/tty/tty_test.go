package tty

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestRun(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("a terminal is made on Linux only")
	}
	const long = 50 * time.Second
	for _, c := range []struct {
		name, line, dialogue, screen, err string
		code                              int
		patience                          time.Duration
	}{
		{"a text and its answer", "printf name?; read a; echo got-$a; exit 3", "name?|me\ngot-me", "got-me\n", "", 3, long},
		// bash forgets a signal that comes right before it begins to wait, until the wait is over: so it waits for short times.
		{"control", "trap 'echo caught; exit 4' INT; echo go; while :; do read -t 0.1 a; done", "go|^C", "caught", "", 4, long},
		{"a question that never comes", "echo hi", "hi\nname?|me", "hi", `not asked: ["name?|me"]`, 0, long},
		{"a terminal left as nobody wants it", "stty -echo; echo ok", "ok", "ok", "without echo", 0, long},
		{"a program that hangs", "exec sleep 60", "", "", "still running", -1, 100 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command("bash", "-c", c.line)
			screen, err := Run(cmd, c.dialogue, c.patience)
			if !strings.Contains(string(screen), c.screen) || cmd.ProcessState.ExitCode() != c.code {
				t.Errorf("exit status %d, want %d; the screen is %q", cmd.ProcessState.ExitCode(), c.code, screen)
			}
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("%v, want %q", err, c.err)
			}
		})
	}
}

func TestPressed(t *testing.T) {
	t.Parallel()
	for keys, want := range map[string]string{"": "\r", "yes": "yes\r", "^C": "\x03", "a^D": "a\x04", "^": "^"} {
		if got := pressed(keys); got != want {
			t.Errorf("%q gives %q, want %q", keys, got, want)
		}
	}
}
