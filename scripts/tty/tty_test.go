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
	for _, c := range []struct {
		name, line, dialogue, screen, err string
		code                              int
	}{
		{"a text and its answer", "printf name?; read a; echo got-$a; exit 3", "name?|me\ngot-me", "got-me\n", "", 3},
		{"control", "trap 'echo caught; exit 4' INT; echo go; read a", "go|^C", "caught", "", 4},
		{"a question that never comes", "echo hi", "hi\nname?|me", "hi", `not asked: ["name?|me"]`, 0},
		{"a terminal left as nobody wants it", "stty -echo; echo ok", "ok", "ok", "without echo", 0},
		{"a program that hangs", "echo on; exec sleep 60", "on", "on", "still running", -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command("bash", "-c", c.line)
			screen, err := Run(cmd, c.dialogue, 2*time.Second)
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
