//go:build unix

package authfile

import (
	"io/fs"
	"os"
	"os/signal"
	"syscall"
)

const (
	nonBlock  = syscall.O_NONBLOCK
	lockFlags = os.O_CREATE | os.O_RDWR | syscall.O_NOFOLLOW
)

// steady keeps the process from being stopped, or killed by a closed pipe, while it holds the lock.
func steady() (undo func()) {
	stops := []os.Signal{syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU}
	signal.Ignore(stops...)
	signal.Ignore(syscall.SIGPIPE)
	return func() { signal.Reset(stops...) }
}

// foreign reports whether a file belongs to another user whom we cannot act for.
func foreign(info fs.FileInfo) (uid int, yes bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(st.Uid), int(st.Uid) != os.Geteuid() && os.Geteuid() != 0
}

// links is the number of names of a file.
func links(info fs.FileInfo) int {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Nlink)
	}
	return 1
}
