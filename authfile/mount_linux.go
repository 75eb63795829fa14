package authfile

import "golang.org/x/sys/unix"

// mountPoint says whether a file is a mount of its own, as with a container
// started with -v FILE:FILE: then nothing can be renamed over it.
func mountPoint(path string) bool {
	var st unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, 0, &st)
	return err == nil && st.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT != 0 && st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
}
