//go:build unix

package atomicfile

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

func ownerOf(info fs.FileInfo) int {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return os.Geteuid()
}

// Foreign says whether a file is another user's, for whom we may not act. To
// root no file is foreign.
func Foreign(info fs.FileInfo) bool {
	return os.Geteuid() != 0 && ownerOf(info) != os.Geteuid()
}

// Roots says whether a file is root's.
func Roots(info fs.FileInfo) bool { return ownerOf(info) == 0 }

// OwnerName is a file's owner for a person to read.
func OwnerName(info fs.FileInfo) string {
	uid := ownerOf(info)
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return fmt.Sprintf("user %s (%d)", u.Username, uid)
	}
	return fmt.Sprintf("user %d", uid)
}

// Names is the number of names of a file (hard links).
func Names(info fs.FileInfo) int {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Nlink)
	}
	return 1
}

// KeepOwner hands f to the owner of like, so that root does not take a user's
// file away. Without the right to do so the file stays ours, except that root
// must succeed.
func KeepOwner(f *os.File, like fs.FileInfo) error {
	was, ok := like.Sys().(*syscall.Stat_t)
	if !ok || (int(was.Uid) == os.Geteuid() && int(was.Gid) == os.Getegid()) {
		return nil
	}
	err := f.Chown(int(was.Uid), int(was.Gid))
	if os.Geteuid() != 0 {
		return nil // a group we are not in, or a file that only the folder lets us replace
	}
	return err
}
