package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"hermes/scripts/launcher/spawn"
)

// launcher is the process that starts all others.
type launcher struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	enc *json.Encoder
	dec *json.Decoder
}

// buildLauncher puts the launcher into the folder.
func buildLauncher(dir string) (name string, err error) {
	name = filepath.Join(dir, "launcher")
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", name, "hermes/scripts/launcher")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // libc would be some megabytes of its resident set
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("building the launcher: %w", err)
	}
	return name, nil
}

func startLauncher(name string) (*launcher, error) {
	cmd := exec.Command(name)
	cmd.Env = append(os.Environ(), "GOGC=20")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &launcher{cmd, in, json.NewEncoder(in), json.NewDecoder(out)}, cmd.Start()
}

func (l *launcher) run(j job) (sample, error) {
	var r spawn.Report
	if err := l.enc.Encode(j); err != nil {
		return sample{}, err
	}
	if err := l.dec.Decode(&r); err != nil {
		return sample{}, fmt.Errorf("the launcher: %w", err)
	}
	if r.Failed != "" {
		return sample{}, fmt.Errorf("%s: %s", filepath.Base(j.Args[0]), r.Failed)
	}
	return sample{Sample: r.Sample}, nil
}

func (l *launcher) close() {
	l.in.Close()
	_ = l.cmd.Wait()
}
