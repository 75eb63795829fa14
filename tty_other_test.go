//go:build !linux

package main

import "github.com/rogpeppe/go-internal/testscript"

// runOnTerminal has no terminal to make here; its scripts stop before they come to it.
func runOnTerminal(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("tty needs Linux")
}
