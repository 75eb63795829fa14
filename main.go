// Command hermes sends one prompt to a language model and writes the answer: one process, one answer, one exit code.
package main

import (
	"os"

	"hermes/oneshot/cli"
)

// Set by the linker; empty in a plain go build, whose build info says it.
var version, commit, date string

func main() { os.Exit(cli.Main(cli.Build{Version: version, Commit: commit, Date: date})) }
