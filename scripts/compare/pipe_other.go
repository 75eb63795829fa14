//go:build !linux

package main

import "os"

// packets is a common pipe: where the reader is late, two writes come in one read.
func packets() (r, w *os.File, err error) { return os.Pipe() }
