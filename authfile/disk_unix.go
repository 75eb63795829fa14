//go:build linux || darwin

package authfile

import "golang.org/x/sys/unix"

const (
	noFollow = unix.O_NOFOLLOW
	noWait   = unix.O_NONBLOCK // a pipe under the name of a file does not make us wait
)

// freeBytes is what an ordinary user may still write into a folder.
func freeBytes(dir string) (int64, bool) {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return 0, false
	}
	return int64(st.Bavail) * int64(st.Bsize), true
}
