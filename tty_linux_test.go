package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// runOnTerminal runs a line of shell on a terminal of its own and types answers into it: tty N DIALOGUE 'LINE'. A line of
// the file DIALOGUE is "text|keys": when the text has appeared behind what was seen so far, the keys are pressed, and
// Return after them unless they hold a ^X; without the bar nothing is pressed. The exit status must be N, every line used, and the terminal left with its
// echo on. What the screen showed is left in screen; the line may send stdout and stderr elsewhere.
func runOnTerminal(ts *testscript.TestScript, _ bool, args []string) {
	master, slave, err := openTerminal()
	ts.Check(err)
	defer master.Close()
	defer slave.Close()
	cmd := scriptShell(ts, args[2])
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	ts.Check(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	screen := &screen{tty: master, lines: strings.Split(strings.TrimSpace(ts.ReadFile(args[1])), "\n")}
	late := time.After(60 * time.Second)
	for running := true; running; {
		screen.read()
		select {
		case <-ended:
			running = false
		case <-late:
			_ = cmd.Process.Kill()
			ts.Fatalf("still running; waits for %q\n%s", screen.lines, screen.seen)
		default:
		}
	}
	for screen.read() { // what was written last
	}
	ts.Check(os.WriteFile(ts.MkAbs("screen"), bytes.ReplaceAll(screen.seen, []byte("\r\n"), []byte("\n")), 0o644))
	if got := cmd.ProcessState.ExitCode(); args[0] != itoa(got) || len(screen.lines) > 0 && screen.lines[0] != "" {
		ts.Fatalf("exit status %d, want %s; not asked: %q\n%s", got, args[0], screen.lines, screen.seen)
	}
	mode, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	ts.Check(err)
	if mode.Lflag&unix.ECHO == 0 || mode.Lflag&unix.ICANON == 0 {
		ts.Fatalf("the terminal is left without echo or lines: %#x\n%s", mode.Lflag, screen.seen)
	}
}

// screen is what a terminal showed, and what is still to be typed into it.
type screen struct {
	tty   *os.File
	seen  []byte
	at    int // up to here a text was waited for
	lines []string
}

// read takes what is there, answers it, and tells whether there was anything.
func (s *screen) read() bool {
	buf := make([]byte, 4096)
	_ = s.tty.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
	n, _ := s.tty.Read(buf)
	s.seen = append(s.seen, buf[:n]...)
	for len(s.lines) > 0 {
		text, keys, typed := strings.Cut(s.lines[0], "|")
		i := bytes.Index(s.seen[s.at:], []byte(text))
		if i < 0 || text == "" {
			break
		}
		s.at += i + len(text)
		s.lines = s.lines[1:]
		if typed {
			_, _ = s.tty.WriteString(pressed(keys))
		}
	}
	return n > 0
}

// pressed makes bytes of keys: ^C is Control-C.
func pressed(keys string) string {
	var b strings.Builder
	for i := 0; i < len(keys); i++ {
		if keys[i] == '^' && i+1 < len(keys) {
			i++
			b.WriteByte(keys[i] & 0x1f)
			continue
		}
		b.WriteByte(keys[i])
	}
	if !strings.Contains(keys, "^") {
		b.WriteByte('\r')
	}
	return b.String()
}

// openTerminal gives both ends of a fresh pseudo terminal.
func openTerminal() (master, slave *os.File, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	master = os.NewFile(uintptr(fd), "/dev/ptmx")
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return nil, nil, err
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		return nil, nil, err
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	return master, slave, err
}
