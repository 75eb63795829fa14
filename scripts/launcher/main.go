// Command launcher runs programs for compare and measures them. It is a program of its own to be small: after a fork the
// child has its parent's memory until it execs, and its ru_maxrss never falls below that.
package main

import (
	"fmt"
	"os"

	"hermes/scripts/launcher/spawn"
)

func main() {
	if err := spawn.Serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "launcher:", err)
		os.Exit(1)
	}
}
