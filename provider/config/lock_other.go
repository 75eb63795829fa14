//go:build !unix

package config

import "os"

// alive reports whether a process of this number exists: opening one that is gone fails on Windows.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	_ = p.Release()
	return true
}

// nonblock is of no use where no file of a home can be a pipe.
const nonblock = 0
