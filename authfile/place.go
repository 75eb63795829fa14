package authfile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
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
func (p place) recovery() string { return p.file + ".inplace" }

// Each provider has its own journal, copy and memo, so that what is wrong with
// one provider's login stops no other's.
func (p place) journal(id string) string  { return p.file + ".pending-" + fileName(id) }
func (p place) lastGood(id string) string { return p.file + ".last-" + fileName(id) }
func (p place) memo(id string) string     { return p.file + ".failed-" + fileName(id) }

// traces are the files that renewals leave of a provider.
func (p place) traces(id string) []string { return []string{p.journal(id), p.lastGood(id), p.memo(id)} }

// Older versions of this program had one of each for all providers: see
// held.inherit.
func (p place) oldJournal() string  { return p.file + ".pending" }
func (p place) oldLastGood() string { return p.file + ".last" }
func (p place) oldMemo() string     { return withSuffix(p.file, ".refresh.json") }

// fileName is a provider's id as a part of a file name. Two ids never share
// one, also where the file system ignores case. A long id is replaced by its
// sum, whose small letters no escaped byte has.
func fileName(id string) string {
	const longest = 120
	var b strings.Builder
	for _, c := range []byte(id) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if b.Len() > longest {
		sum := sha256.Sum256([]byte(id))
		return "%x" + hex.EncodeToString(sum[:16])
	}
	return b.String()
}

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
