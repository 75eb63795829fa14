package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// target is the program for one system.
type target struct {
	os, arch string
	path     string
}

// exe is the name of the program there.
func (b target) exe() string {
	if b.os == "windows" {
		return "hermes.exe"
	}
	return "hermes"
}

// build builds the program for every system.
func (r *release) build() ([]target, error) {
	var all []target
	for _, system := range []string{"linux", "darwin", "windows"} {
		for _, arch := range []string{"amd64", "arm64"} {
			b, err := r.buildOne(system, arch)
			if err != nil {
				return nil, err
			}
			all = append(all, b)
		}
	}
	return all, nil
}

// buildOne builds it for one, under its own name: that is the name its texts speak of.
func (r *release) buildOne(system, arch string) (target, error) {
	b := target{os: system, arch: arch}
	b.path = filepath.Join(r.work, system+"-"+arch, b.exe())
	if err := os.MkdirAll(filepath.Dir(b.path), 0o755); err != nil {
		return b, err
	}
	_, err := r.run([]string{"CGO_ENABLED=0", "GOOS=" + b.os, "GOARCH=" + b.arch}, r.goTool,
		"build", "-trimpath", "-buildvcs=false", "-ldflags", r.ldflags, "-o", b.path, ".")
	return b, err
}

// run runs a command and gives its stdout.
func (r *release) run(env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = r.src
	cmd.Env = append(append(os.Environ(), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", r.epoch.Unix()), "TZ=UTC", "LC_ALL=C"), env...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, errs.Bytes())
	}
	return out, nil
}

// common are the files that go with the program everywhere: licences, the manual page, completions.
func (r *release) common(built []target, linked []module) ([]file, error) {
	at := slices.IndexFunc(built, func(b target) bool { return b.os == runtime.GOOS && b.arch == runtime.GOARCH })
	if at < 0 {
		here, err := r.buildOne(runtime.GOOS, runtime.GOARCH)
		if err != nil {
			return nil, err
		}
		at, built = len(built), append(built, here)
	}
	program := built[at].path
	all := []file{{name: "LICENSE", data: r.license}, {name: "THIRD-PARTY-NOTICES.txt", data: notices(linked)}}
	for _, name := range []string{"README.md", "CHANGELOG.md"} {
		raw, err := os.ReadFile(filepath.Join(r.src, name))
		if err != nil {
			return nil, err
		}
		all = append(all, file{name: name, data: raw})
	}
	home := []string{"HERMES_HOME=" + filepath.Join(r.work, "home")} // an own home's rows are no part of a completion
	for _, shell := range [][2]string{{"bash", "hermes.bash"}, {"zsh", "hermes.zsh"}, {"fish", "hermes.fish"}, {"powershell", "hermes.ps1"}} {
		raw, err := r.run(home, program, "completion", shell[0])
		if err != nil {
			return nil, err
		}
		all = append(all, file{name: shell[1], data: raw})
	}
	man, err := r.run(home, program, "man")
	if err != nil {
		return nil, err
	}
	return append(all, file{name: "hermes.1.gz", data: gzipped(man)}), nil
}

// gzipped compresses, without a name and a time. The best compression takes three times as long, for less than a hundredth.
func gzipped(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(data)
	_ = w.Close() // a buffer takes everything
	return b.Bytes()
}
