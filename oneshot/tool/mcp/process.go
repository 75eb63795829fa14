package mcp

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	// patience is what each step of an end takes at most: end of input, SIGTERM, SIGKILL.
	patience = 300 * time.Millisecond
	// lastWords is how long a program that closed its output is waited for, for what it says of that.
	lastWords = 200 * time.Millisecond
)

// process is a program that was started, with a group of its own.
type process struct {
	cmd     *exec.Cmd
	in, out *os.File // its standard input and output
	tail    *tail    // of its standard error, and of what else it writes
	watch   *watch

	told    chan struct{} // closed when its standard error is at its end
	ended   chan struct{} // closed when it is gone
	stopped sync.Once
}

// start runs the server's program. The error is an *Error.
func start(s Server) (*process, error) {
	path, err := s.look()
	if err != nil {
		return nil, s.wrong(fmt.Sprintf("cannot be started: %s: %v", s.Command[0], err))
	}
	p := &process{tail: &tail{}, told: make(chan struct{}), ended: make(chan struct{})}
	cmd := exec.Command(path, s.Command[1:]...)
	cmd.Args[0] = s.Command[0]
	cmd.Env, cmd.Dir, p.cmd = s.Env, s.Dir, cmd
	ownGroup(cmd)
	var pipes [3][2]*os.File
	for i := range pipes {
		if pipes[i][0], pipes[i][1], err = os.Pipe(); err != nil {
			closeAll(pipes)
			return nil, s.failed("cannot be started: " + err.Error())
		}
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = pipes[0][0], pipes[1][1], pipes[2][1]
	p.in, p.out = pipes[0][1], pipes[1][0]
	p.watch = newWatch()
	if err := cmd.Start(); err != nil {
		closeAll(pipes)
		p.watch.release()
		if info, derr := os.Stat(s.Dir); s.Dir != "" && (derr != nil || !info.IsDir()) { // the system does not say what was not there
			return nil, s.wrong("cannot be started: its cwd " + s.Dir + " is no folder")
		}
		return nil, s.wrong(fmt.Sprintf("cannot be started: %s: %v", s.Command[0], plain(err)))
	}
	p.watch.over(cmd.Process.Pid)
	for i, theirs := range []int{0, 1, 1} {
		pipes[i][theirs].Close()
	}
	go p.listen(pipes[2][0])
	go func() {
		_ = cmd.Wait() // the state says how it ended
		close(p.ended)
	}()
	return p, nil
}

func closeAll(pipes [3][2]*os.File) {
	for _, pair := range pipes {
		for _, f := range pair {
			if f != nil {
				f.Close()
			}
		}
	}
}

// plain is an error of a file without its place, which the message has.
func plain(err error) error {
	if at, ok := errors.AsType[*os.PathError](err); ok {
		return at.Err
	}
	return err
}

// listen keeps the end of standard error. It may outlive the program: children have the same.
func (p *process) listen(from *os.File) {
	_, _ = io.Copy(struct{ io.Writer }{p.tail}, from)
	from.Close()
	close(p.told)
}

// look finds the program.
func (s Server) look() (string, error) {
	name := s.Command[0]
	if strings.ContainsAny(name, `/\`) {
		if s.Dir != "" && !filepath.IsAbs(name) {
			name = filepath.Join(s.Dir, name)
		}
		path, err := exec.LookPath(name)
		return path, cause(err)
	}
	dirs := s.Look
	for _, pair := range s.Env {
		if list, ok := strings.CutPrefix(pair, "PATH="); ok {
			dirs = append(filepath.SplitList(list), dirs...)
		}
	}
	var first error
	for _, dir := range dirs {
		if !filepath.IsAbs(dir) {
			continue
		}
		path, err := exec.LookPath(filepath.Join(dir, name))
		if err == nil {
			return path, nil
		}
		if errors.Is(err, os.ErrPermission) {
			first = err
		}
	}
	return "", cause(cmp.Or(first, exec.ErrNotFound))
}

func cause(err error) error {
	if e, ok := errors.AsType[*exec.Error](err); ok {
		return plain(e.Err)
	}
	return err
}

// stop ends the program and all of its group, within a second. It may be called again.
func (p *process) stop() {
	p.stopped.Do(func() {
		p.in.Close()
		if !p.gone(patience) {
			terminate(p.cmd)
			p.gone(patience)
		}
		kill(p.cmd) // what is left of its group, also where it went by itself
		p.gone(patience)
		p.out.Close()
		p.watch.release()
	})
}

// gone waits for the program's end.
func (p *process) gone(limit time.Duration) bool {
	select {
	case <-p.ended:
		return true
	case <-time.After(limit):
		return false
	}
}

// death says how a program ended that closed its output, "" where it is still there.
func (p *process) death() string {
	if !p.gone(lastWords) {
		return ""
	}
	select {
	case <-p.told:
	case <-time.After(lastWords):
	}
	return p.cmd.ProcessState.String()
}
