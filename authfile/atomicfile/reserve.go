package atomicfile

import "os"

// Reserve makes sure that n bytes fit into f and gives the file that size. A
// full disk, an exhausted quota or a file size limit is an error here.
func Reserve(f *os.File, n int64) error {
	err := allocate(f, 0, n)
	if noAllocate(err) {
		_, err = f.WriteAt(make([]byte, n), 0)
	}
	return err
}

// grow allocates what f lacks for n bytes, without changing any that it has.
func grow(f *os.File, n int64) error {
	info, err := f.Stat()
	if err != nil || info.Size() >= n {
		return err
	}
	err = allocate(f, info.Size(), n-info.Size())
	if noAllocate(err) {
		_, err = f.WriteAt(make([]byte, n-info.Size()), info.Size())
	}
	if err != nil {
		_ = f.Truncate(info.Size()) // the old content is whole either way: zeros behind it would not be
	}
	return err
}
