package pace

import (
	"errors"
	"os"
	"syscall"
)

// errRemote is a file on a network file system, whose locks may hold for one host alone.
var errRemote = errors.New("it is on a network file system, whose locks are not relied on")

// local refuses a file on a network file system: NFS, SMB, Lustre, GPFS, BeeGFS, Ceph, FUSE.
func local(f *os.File) error {
	var fs syscall.Statfs_t
	if err := syscall.Fstatfs(int(f.Fd()), &fs); err != nil {
		return nil
	}
	switch uint32(fs.Type) {
	case 0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x0bd00bd0, 0x47504653, 0x19830326, 0x00c36400, 0x65735546:
		return errRemote
	}
	return nil
}
