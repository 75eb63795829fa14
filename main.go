// Command hermes sends one prompt to a language model and writes the answer: one process, one answer, one exit code.
package main

import (
	"os"

	"hermes/oneshot/cli"
)

// Set by the linker.
var (
	version = "dev"
	commit  = "unknown"
	date    = "unknown"
)

func main() { os.Exit(cli.Main(cli.Build{Version: version, Commit: commit, Date: date})) }
