package authfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"hermes/authfile/atomicfile"
)

// place is where a store really lies. Everything but the first lock is beside
// file, so that two homes whose auth.json link to one file exclude each other.
type place struct {
	link string // the name in the home folder
	file string // the same, or what it links to
}

// place follows the store's symbolic links. A missing store is its own place;
// a link to nothing or in a circle is an error, since a file made there would
// not be the one that its owner means.
func (s *Store) place() (place, error) {
	file, err := filepath.EvalSymlinks(s.path)
	if err == nil {
		return place{s.path, file}, nil
	}
	info, lerr := os.Lstat(s.path)
	if errors.Is(lerr, fs.ErrNotExist) {
		return place{s.path, s.path}, nil
	}
	if lerr == nil && info.Mode()&fs.ModeSymlink != 0 {
		return place{}, errorf(classConfig, s.path, err, "%s is a symbolic link that leads nowhere", s.path)
	}
	return place{}, errorf(classConfig, s.path, err, "cannot reach %s", s.path)
}

func (p place) dir() string      { return filepath.Dir(p.file) }
func (p place) journal() string  { return p.file + ".pending" }
func (p place) lastGood() string { return p.file + ".last" }
func (p place) recovery() string { return p.file + ".inplace" }
func (p place) memo() string     { return withSuffix(p.file, ".refresh.json") }

// locks are the lock files in the order to take them: beside the link, then
// beside its target. The order cannot turn round, because users of the target
// by its own name take only the second.
func (p place) locks() []string {
	first, second := withSuffix(p.link, ".lock"), withSuffix(p.file, ".lock")
	if dir, err := filepath.EvalSymlinks(filepath.Dir(p.link)); err == nil {
		first = filepath.Join(dir, filepath.Base(first))
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(p.file)); err == nil {
		second = filepath.Join(dir, filepath.Base(second))
	}
	if first == second {
		return []string{first}
	}
	return []string{first, second}
}

// withSuffix replaces a name's last extension, as Hermes Agent names its lock:
// auth.json and auth.lock.
func withSuffix(path, suffix string) string {
	dir, base := filepath.Split(path)
	if stem := strings.TrimSuffix(base, filepath.Ext(base)); stem != "" {
		base = stem
	}
	return filepath.Join(dir, base+suffix)
}

// owner is whose file the store is, or would be: root working in a user's home
// must leave files that the user can read.
func (p place) owner() fs.FileInfo {
	if info, err := os.Stat(p.file); err == nil {
		return info
	}
	info, err := os.Stat(p.dir())
	if err != nil {
		return nil
	}
	return info
}

// options are for files beside the store that hold secrets or could be used
// to lock their owner out.
func (p place) options() atomicfile.Options {
	return atomicfile.Options{Mode: 0o600, Owner: p.owner()}
}
