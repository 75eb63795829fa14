// Package confine runs a program that may read some folders, write to fewer, and reach no network.
//
// On Linux this process starts itself again ([Command]); the child gives its rights away for good (Landlock, seccomp, rlimits) and
// becomes the program. That takes about 3 ms, needs no root, and holds for all that the program starts. Elsewhere there is nothing
// of it, and [Supported] says so.
//
// What it does not hold back: stat(2) and chdir(2) see outside of the folders; a program may use as much memory as RLIMIT_DATA
// leaves it; and with Network it may reach whatever this machine reaches, Unix sockets too (tools.md §e).
package confine

import (
	"encoding/json"
	"os"
	"os/exec"
)

// Plan is a program and what it may do.
type Plan struct {
	Path string   // of the program
	Argv []string // its arguments, its name first
	Dir  string   // its working folder
	// Read are the folders and files that it may read, beside those of the system; List are folders whose names alone it may
	// read; Write are folders that it may write to as well.
	Read, List, Write []string
	Network           bool
}

// word is the first argument of a child that is to confine itself. No command of ours has that name.
const word = "--confined"

// planFD is the descriptor that the child reads its Plan from.
const planFD = 3

// Asked reports whether a command line is that of such a child.
func Asked(args []string) bool { return len(args) == 2 && args[1] == word }

// Command is the program, confined. self is the path of this binary. The caller sets the environment and the streams; ExtraFiles
// is taken.
func Command(self string, p Plan) (*exec.Cmd, error) {
	raw, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	go func() {
		_, _ = w.Write(raw) // a child that does not read it ends without
		w.Close()
	}()
	cmd := exec.Command(self, word)
	cmd.Args[0] = os.Args[0] // who looks at the name of this binary does so there too
	cmd.Dir, cmd.ExtraFiles = p.Dir, []*os.File{r}
	return cmd, nil
}
