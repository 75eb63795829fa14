package program

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"hermes/oneshot/tool"
	"hermes/oneshot/tool/confine"
)

const (
	// mostOutput bounds what is kept of each of a command's streams, in bytes. What comes behind it is read and dropped.
	mostOutput = 8 << 20
	// mostSaid bounds what the model is told of standard error.
	mostSaid = 4 << 10
	// patience is how long the streams of a command that is over may stay open: a child may hold them.
	patience = 200 * time.Millisecond
)

// run runs a program and waits for it. What it leaves running is killed.
func (s *source) run(ctx context.Context, p program, argv []string, input string) (tool.Result, error) {
	cmd := &exec.Cmd{Path: p.path, Args: argv, Dir: s.o.Dir}
	if p.confined {
		var err error
		if cmd, err = confine.Command(s.o.Self, s.plan(p, argv)); err != nil {
			return tool.Result{}, err
		}
		defer cmd.ExtraFiles[0].Close()
	}
	cmd.Env = append(append([]string{}, s.o.Env...), p.Env...)
	out, said := &bounded{}, &bounded{}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = out, said, patience
	if input != "" {
		cmd.Stdin = strings.NewReader(input)
	}
	group(cmd)
	err := wait(ctx, cmd)
	if ctx.Err() != nil {
		return tool.Result{}, context.Cause(ctx)
	}
	return result(p, err, out, said)
}

// wait starts the program and waits for it, in one thread: the death signal is sent when the thread that started it is gone.
func wait(ctx context.Context, cmd *exec.Cmd) error {
	done := make(chan error, 1)
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			done <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	defer kill(cmd)
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		kill(cmd)
		return <-done
	}
}

// result is what the model is told.
func result(p program, err error, out, said *bounded) (tool.Result, error) {
	exit, ended := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil || errors.Is(err, exec.ErrWaitDelay):
		if out.kept.Len() == 0 && said.kept.Len() > 0 {
			return tool.Text(said.end(mostSaid), false), nil
		}
		return tool.Text(out.String(), false), nil
	case !ended:
		return tool.Result{}, fmt.Errorf("%s cannot be started: %w", p.Argv[0], err)
	}
	text := []string{fmt.Sprintf("%s: %s", p.Argv[0], exit.ProcessState)}
	for _, more := range []string{said.end(mostSaid), out.String()} {
		if more != "" {
			text = append(text, more)
		}
	}
	return tool.Text(strings.Join(text, "\n"), true), nil
}

// plan is what a program may do.
func (s *source) plan(p program, argv []string) confine.Plan {
	plan := confine.Plan{Path: p.path, Argv: argv, Dir: s.o.Dir, List: []string{s.o.Dir}, Network: p.Network}
	plan.Read = readable(s.o.Dir, s.o.Hide)
	for _, dir := range p.Read {
		plan.Read = append(plan.Read, readable(inDir(s.o.Dir, dir), s.o.Hide)...)
	}
	for _, dir := range p.Write {
		plan.Write = append(plan.Write, inDir(s.o.Dir, dir))
	}
	return plan
}

// readable is dir, or the entries of it and of what leads to what is hidden, so that this is not among them.
func readable(dir string, hide []string) []string {
	for _, h := range hide {
		rel, err := filepath.Rel(dir, h)
		if err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
			continue
		}
		if rel == "." {
			return nil
		}
		next, _, _ := strings.Cut(rel, string(filepath.Separator))
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil
		}
		var all []string
		for _, e := range entries {
			if path := filepath.Join(dir, e.Name()); e.Name() == next {
				all = append(all, readable(path, hide)...)
			} else {
				all = append(all, path)
			}
		}
		return all
	}
	return []string{dir}
}

// bounded keeps the beginning of what is written to it.
type bounded struct{ kept bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	b.kept.Write(p[:min(len(p), mostOutput-b.kept.Len())])
	return len(p), nil
}

func (b *bounded) String() string { return b.kept.String() }

// end is the last n bytes.
func (b *bounded) end(n int) string {
	p := b.kept.Bytes()
	return strings.TrimSpace(string(p[max(0, len(p)-n):]))
}
