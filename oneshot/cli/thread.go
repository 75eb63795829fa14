package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"hermes/authfile/atomicfile"
	"hermes/authfile/lock"
	"hermes/oneshot"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
)

// thread is the conversation that the run goes on with, nil where it has none.
func (c *runCmd) thread(a *App, h *home) *oneshot.Thread {
	if c.Thread == "" {
		return nil
	}
	m := lock.New(lock.Options{
		Timeout: max(*c.LockTimeout, *c.FirstByteTimeout), // the other process waits for its answer
		Waiting: func(by lock.Holder) {
			if h != nil && !h.quiet {
				a.stderr.Notice("waiting for process %d (%s, %s), which has the thread %s", by.PID, by.Name, by.State, c.Thread)
			}
		},
	})
	return &oneshot.Thread{
		Name: c.Thread,
		Lock: func(ctx context.Context, name string) (func(), error) { return lockThread(ctx, m, name) },
		Replace: func(name string, data []byte) error {
			return atomicfile.Write(name, data, atomicfile.Options{Mode: 0o600, KeepMode: true})
		},
	}
}

// lockThread takes the lock file beside the thread, which is there only while somebody has it.
func lockThread(ctx context.Context, m *lock.Mutex, name string) (release func(), err error) {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	thread := name
	name += ".lock"
	_, there := os.Lstat(name)
	held, err := m.Lock(ctx, name)
	if class.Is(err, class.LockTimeout) {
		return nil, &input.Error{ErrClass: class.LockTimeout, Msg: err.Error(), Advice: "the thread is as it was; run it again when the other run is over"}
	}
	if err != nil {
		return nil, err
	}
	if there == nil {
		sweep(thread)
	}
	return func() {
		if held.Current() { // who waits for this file sees that it lost its name
			_ = os.Remove(name)
		}
		held.Release()
	}, nil
}

// sweep removes what writers of the thread left that were killed: nobody else writes it now.
func sweep(thread string) {
	dir := filepath.Dir(thread)
	all, _ := os.ReadDir(dir) // a folder that cannot be listed keeps it
	for _, f := range all {
		if strings.HasPrefix(f.Name(), "."+filepath.Base(thread)+".tmp-") {
			_ = os.Remove(filepath.Join(dir, f.Name()))
		}
	}
}
