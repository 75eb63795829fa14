// Package atomicfile replaces files whole: a reader sees the old content or
// the new, never a part, and after a crash one of the two is there.
//
// The new content goes to a temporary file in the folder of the target, is
// flushed to the disk, and is renamed over the target; then the folder is
// flushed. A symbolic link is followed and stays a link. Owner and mode of a
// file that is replaced can be kept.
//
// Caveat: a single file that is mounted into a container cannot be renamed
// over. Then the content is written in place, the one case in which a crash or
// a reader at the wrong moment can meet a part; the caller's lock keeps other
// writers out.
package atomicfile

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Options say how the new file looks.
type Options struct {
	Mode     fs.FileMode // permission bits of a new file
	KeepMode bool        // an existing file keeps its own
}

// Write replaces path by data.
func Write(path string, data []byte, o Options) error {
	if o.Mode == 0 {
		o.Mode = 0o600
	}
	p, err := Create(path, o.Mode)
	if err != nil {
		return err
	}
	if o.KeepMode && p.old != nil {
		p.mode = p.old.Mode().Perm()
	}
	if _, err := p.Write(data); err != nil {
		p.Discard()
		return err
	}
	return p.Commit()
}

// Pending is a file being written beside its target.
type Pending struct {
	f      *os.File
	target string
	mode   fs.FileMode
	old    fs.FileInfo // what is replaced; nil for a new file
	size   int64
}

// TempPrefix begins the names of temporary files, followed by the target's name.
const TempPrefix = "."

// TempInfix stands between the target's name and the random end of a temporary file's name.
const TempInfix = ".tmp-"

// Create begins a replacement of path. The temporary file is made anew, private to the user.
func Create(path string, mode fs.FileMode) (*Pending, error) {
	target, err := resolve(path)
	if err != nil {
		return nil, err
	}
	p := &Pending{target: target, mode: mode}
	if info, err := os.Stat(target); err == nil {
		if !info.Mode().IsRegular() {
			return nil, &fs.PathError{Op: "replace", Path: path, Err: errors.New("not a regular file")}
		}
		p.old = info
	}
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails, says its documentation
	name := TempPrefix + filepath.Base(target) + TempInfix + hex.EncodeToString(random[:])
	p.f, err = os.OpenFile(filepath.Join(filepath.Dir(target), name), os.O_CREATE|os.O_EXCL|os.O_RDWR|noFollow, 0o600)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// resolve follows symbolic links to the file itself. A name that does not exist yet is its own target; a link that
// leads nowhere is an error, not a new file.
func resolve(path string) (string, error) {
	target, err := filepath.EvalSymlinks(path)
	if err == nil {
		return target, nil
	}
	if _, lerr := os.Lstat(path); errors.Is(lerr, fs.ErrNotExist) {
		return path, nil
	}
	return "", err
}

// Reserve makes sure that n bytes will fit, before anything depends on it.
func (p *Pending) Reserve(n int64) error { return reserve(p.f, n) }

// Reserve makes sure that n bytes will fit into f.
func Reserve(f *os.File, n int64) error { return reserve(f, n) }

// Write appends to the new content.
func (p *Pending) Write(b []byte) (int, error) {
	n, err := p.f.WriteAt(b, p.size)
	p.size += int64(n)
	return n, err
}

// Commit puts the file in place. After an error the target is as it was.
func (p *Pending) Commit() error {
	if err := p.settle(); err != nil {
		p.Discard()
		return err
	}
	name := p.f.Name()
	if err := p.f.Close(); err != nil {
		os.Remove(name)
		return err
	}
	if err := replace(name, p.target); err != nil {
		defer os.Remove(name)
		if !mounted(err) {
			return err
		}
		return p.inPlace(name)
	}
	return syncDir(filepath.Dir(p.target))
}

// settle gives the new file its size, mode and owner, and flushes it.
func (p *Pending) settle() error {
	if err := p.f.Truncate(p.size); err != nil {
		return err
	}
	if err := p.f.Chmod(p.mode); err != nil {
		return err
	}
	if p.old != nil {
		if err := keepOwner(p.f, p.old); err != nil {
			return fmt.Errorf("keep the owner of %s: %w", p.target, err)
		}
	}
	return p.f.Sync()
}

// inPlace writes the content over a target that cannot be renamed over.
func (p *Pending) inPlace(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(p.target, os.O_WRONLY|noFollow, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteAt(data, 0); err != nil {
		return err
	}
	if err := f.Truncate(int64(len(data))); err != nil {
		return err
	}
	return f.Sync()
}

// Discard drops the new content.
func (p *Pending) Discard() {
	p.f.Close()
	os.Remove(p.f.Name())
}
