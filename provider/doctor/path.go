package doctor

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"runtime"
)

// program says which program of our name a shell finds first, since Hermes Agent has the same: every one in PATH, in its order.
func program(_ context.Context, e Env) []Finding {
	own, err := os.Executable()
	if err != nil {
		return nil
	}
	name := cmp.Or(e.Name, "hermes")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	self, err := os.Stat(own)
	if err != nil {
		return nil
	}
	var all []Finding
	for _, dir := range filepath.SplitList(e.Getenv("PATH")) {
		at := filepath.Join(dir, name)
		info, err := os.Stat(at) // through links
		if dir == "" || err != nil || info.IsDir() || info.Mode().Perm()&0o111 == 0 && runtime.GOOS != "windows" {
			continue
		}
		switch ours := os.SameFile(info, self); {
		case ours && len(all) == 0:
			return []Finding{found(OK, "%s is the first in PATH", at)}
		case ours:
			return append(all, found(OK, "%s comes after it", at))
		case len(all) == 0:
			all = append(all, found(Warning, "%s comes first in PATH and is another program, such as Hermes Agent; this is %s", at, own))
		}
	}
	if all == nil {
		return []Finding{found(Warning, "no folder of PATH has %s; this is %s", name, own)}
	}
	return all
}
