//go:build !unix

package mcp

import "os/exec"

// There are no process groups and no SIGTERM here: the program alone is ended.
func ownGroup(*exec.Cmd)  {}
func terminate(*exec.Cmd) {}
func kill(cmd *exec.Cmd)  { _ = cmd.Process.Kill() }
func newWatch() *watch    { return nil }
func (w *watch) over(int) {}
func (w *watch) release() {}

type watch struct{}
