//go:build unix

package mcp

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// ownGroup lets the program's children end with it: npx is npm, then a shell, then node.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func terminate(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }

func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// vigil reads a group's number and waits for a second line. Its input ends without one where this process was killed; then the group
// is ended.
const vigil = `read -r group && { read -r done || { kill -TERM "-$group"; sleep 0.3 || sleep 1; kill -KILL "-$group"; }; }`

// watch is a small shell that outlives this process, in a session of its own, which a kill of our group does not reach.
type watch struct {
	line *os.File // nil where there is none
	busy bool
}

// newWatch starts one. Without a shell there is none: a program that heeds the end of its input then still ends.
func newWatch() *watch {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return &watch{}
	}
	defer theirs.Close()
	cmd := exec.Command("/bin/sh", "-c", vigil, "hermes-watch")
	cmd.Stdin, cmd.Dir, cmd.Env = theirs, "/", []string{"PATH=/usr/local/bin:/usr/bin:/bin"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if cmd.Start() != nil {
		ours.Close()
		return &watch{}
	}
	go func() { _ = cmd.Wait() }()
	return &watch{line: ours}
}

// over says whom to watch over.
func (w *watch) over(pid int) {
	w.busy = true
	w.say(strconv.Itoa(pid))
}

// release ends the watch.
func (w *watch) release() {
	if w.busy {
		w.say("done")
	}
	if w.line != nil {
		w.line.Close()
	}
}

func (w *watch) say(word string) {
	if w.line != nil {
		_, _ = w.line.WriteString(word + "\n")
	}
}
