//go:build !linux

package tty

import (
	"errors"
	"os"
	"os/exec"
)

func open() (master, slave *os.File, err error) {
	return nil, nil, errors.New("a terminal is made on Linux only")
}

func own(*exec.Cmd) {}

func sane(*os.File) error { return nil }
