package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestSame: two folders whose files have other modes, and two umasks, give the same bytes. The program is a small one, and the go command
// builds it for this machine whatever system is asked for.
func TestSame(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for go is a shell script")
	}
	var sums [2]string
	for i, c := range []struct {
		umask string
		mode  os.FileMode
	}{{"077", 0o600}, {"002", 0o664}} {
		dir := t.TempDir()
		standIn := filepath.Join(dir, "go.sh")
		for name, text := range map[string]string{
			"go.mod": "module small\n\ngo 1.26\n", "main.go": "package main\n\nfunc main() { println(\"small\") }\n",
			"LICENSE": "MIT License\n\nCopyright (c) 2026 Us\n\nPermission\n", "README.md": "what it is\n", "CHANGELOG.md": "what changed\n",
			"go.sh": fmt.Sprintf("#!/bin/sh\numask %s\nunset GOOS GOARCH\nexec go \"$@\"\n", c.umask),
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), c.mode); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(standIn, 0o700); err != nil {
			t.Fatal(err)
		}
		r := release{version: "v1.2.3", epoch: at(), ldflags: "-s -w", url: "https://example.com", goTool: standIn, src: dir, dir: filepath.Join(dir, "dist")}
		if err := r.make(); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(filepath.Join(r.dir, "SHA256SUMS"))
		if err != nil {
			t.Fatal(err)
		}
		sums[i] = string(raw)
	}
	if sums[0] != sums[1] || strings.Count(sums[0], "\n") != 8 {
		t.Errorf("%s\nis not\n%s", sums[0], sums[1])
	}
}
