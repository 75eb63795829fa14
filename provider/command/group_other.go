//go:build !unix

package command

import "os/exec"

// ownGroup leaves the command in the caller's: there are no process groups here.
func ownGroup(*exec.Cmd) {}
