// Package tty runs a program on a terminal of its own and types answers into it, as a person would. It is for tests that
// start programs, and gives these the signals of a terminal too (DefaultSignals).
package tty

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// glance is how long a look at the screen waits for something to appear.
const glance = 30 * time.Millisecond

// Run starts cmd on a new terminal and returns what the screen showed. A line of the dialogue is "text|keys": when the text has
// appeared after what was seen so far, the keys are pressed, and then Return, unless the keys contain a ^X (which is Control-X).
// A line without the bar only waits for its text.
//
// The error says what went wrong with the dialogue: a line that was not used, a program that had not ended after patience,
// a terminal that was left without echo or lines. The program's exit status is cmd's to tell.
func Run(cmd *exec.Cmd, dialogue string, patience time.Duration) ([]byte, error) {
	master, slave, err := open()
	if err != nil {
		return nil, err
	}
	defer master.Close()
	defer slave.Close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	own(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &screen{tty: master, lines: strings.Split(strings.TrimSpace(dialogue), "\n")}
	err = s.follow(cmd, patience)
	if len(s.lines) > 0 && s.lines[0] != "" {
		err = errors.Join(err, fmt.Errorf("not asked: %q", s.lines))
	}
	return bytes.ReplaceAll(s.seen, []byte("\r\n"), []byte("\n")), errors.Join(err, sane(slave))
}

// screen is what a terminal showed, and what is still to be typed into it.
type screen struct {
	tty   *os.File
	seen  []byte
	at    int // up to here a text was waited for
	lines []string
}

// follow reads and answers until the program has ended.
func (s *screen) follow(cmd *exec.Cmd, patience time.Duration) error {
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	late := time.After(patience)
	for {
		s.read()
		select {
		case <-ended:
			for s.read() { // what was written last
			}
			return nil
		case <-late:
			_ = cmd.Process.Kill()
			<-ended
			return fmt.Errorf("still running after %v", patience)
		default:
		}
	}
}

// read reads what has come, answers it, and reports whether there was anything.
func (s *screen) read() bool {
	buf := make([]byte, 4096)
	_ = s.tty.SetReadDeadline(time.Now().Add(glance))
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
