// Package atomicfile replaces files whole: a reader sees the old content or
// the new, never a part, and after a crash one of the two is there.
//
// The new content goes to a temporary file in the target's folder (made anew,
// never through a link), is flushed, renamed over the target, and the folder
// is flushed. A symbolic link is followed and stays a link. Owner and, if
// asked for, mode of a file that is replaced are kept; ACLs, extended
// attributes and further hard links are not.
//
// Two cases are different. A single file that is mounted into a container
// cannot be renamed over: it is rewritten in place, so a reader or a crash can
// meet a part, and only the caller's lock keeps other writers out. A pipe,
// terminal or device is written as it comes.
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

// Options say what the new file is like.
type Options struct {
	Mode     fs.FileMode // permission bits of a new file, before the umask; 0 means 0600
	KeepMode bool        // a file that is replaced keeps its own
	NoSync   bool        // nothing is flushed: content that may be lost with the power
	Owner    fs.FileInfo // a new file goes to the owner of this one, if we may; nil: to us
	// Recovery names a file in the target's folder that holds the whole new
	// content while the target is rewritten in place. "": the temporary file does.
	Recovery string
}

// Write replaces path by data. The old content stays on every error, except
// one in the middle of rewriting a mounted file in place.
func Write(path string, data []byte, o Options) error {
	p, err := Begin(path, o)
	if err != nil {
		return err
	}
	if _, err := p.Write(data); err != nil {
		p.Discard()
		return err
	}
	return p.Commit()
}

// Create begins a replacement of path for output that is streamed and then
// committed. A new file gets mode less the umask, an existing one keeps its
// own. A device or pipe is opened and written directly.
func Create(path string, mode fs.FileMode) (*Pending, error) {
	return Begin(path, Options{Mode: mode, KeepMode: true})
}

// Pending is new content that is not in place yet. It is not for several
// goroutines. Commit or Discard ends it; Discard after Commit does nothing.
type Pending struct {
	f      *os.File
	target string
	o      Options
	old    fs.FileInfo // what is replaced; nil for a new file
	size   int64
	direct bool // f is the target itself
	done   bool
}

// Begin is Create with all options.
func Begin(path string, o Options) (*Pending, error) {
	if o.Mode == 0 {
		o.Mode = 0o600
	}
	old, err := os.Stat(path)
	if err == nil && old.IsDir() {
		return nil, &fs.PathError{Op: "replace", Path: path, Err: errors.New("is a directory")}
	}
	if err == nil && !old.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		return &Pending{f: f, target: path, direct: true}, err
	}
	target, err := resolve(path)
	if err != nil {
		return nil, err
	}
	p := &Pending{target: target, o: o, old: old}
	perm := o.Mode
	if old != nil {
		perm = 0o600 // until Commit, whatever the old file allows
	}
	p.f, err = os.OpenFile(tempName(target), os.O_CREATE|os.O_EXCL|os.O_RDWR|noFollow, perm)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// resolve follows symbolic links to the file itself. A name that does not
// exist is its own target; a link that leads nowhere is an error.
func resolve(path string) (string, error) {
	target, err := filepath.EvalSymlinks(path)
	if err == nil {
		return target, nil
	}
	if _, lerr := os.Lstat(path); errors.Is(lerr, fs.ErrNotExist) {
		return path, nil
	}
	return "", fmt.Errorf("%s is a symbolic link that leads nowhere: %w", path, err)
}

func tempPrefix(target string) string { return "." + filepath.Base(target) + ".tmp-" }

func tempName(target string) string {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails, says its documentation
	return filepath.Join(filepath.Dir(target), tempPrefix(target)+hex.EncodeToString(random[:]))
}

// Name is the file that Commit will replace, behind symbolic links.
func (p *Pending) Name() string { return p.target }

// Reserve makes sure that n bytes will fit, so that a full disk, a quota or a
// file size limit shows now and not when the content is at stake.
func (p *Pending) Reserve(n int64) error {
	if p.direct {
		return nil
	}
	return Reserve(p.f, n)
}

// Write appends to the new content.
func (p *Pending) Write(b []byte) (int, error) {
	if p.direct {
		return p.f.Write(b)
	}
	n, err := p.f.WriteAt(b, p.size)
	p.size += int64(n)
	return n, err
}

// Commit puts the content in place and, unless NoSync, on the disk.
func (p *Pending) Commit() error {
	if p.done {
		return errors.New("atomicfile: committed or discarded already")
	}
	if p.direct {
		p.done = true
		return p.f.Close()
	}
	if err := p.settle(); err != nil {
		p.Discard()
		return err
	}
	p.done = true
	temp := p.f.Name()
	if err := p.f.Close(); err != nil {
		os.Remove(temp)
		return err
	}
	err := replace(temp, p.target)
	if err != nil && mounted(err) && p.old != nil {
		return p.inPlace(temp)
	}
	if err != nil {
		os.Remove(temp)
		return err
	}
	if p.o.NoSync {
		return nil
	}
	return syncDir(filepath.Dir(p.target))
}

// settle gives the new file its size, owner and mode, and flushes it.
func (p *Pending) settle() error {
	if err := p.f.Truncate(p.size); err != nil {
		return err
	}
	like := p.old
	if like == nil {
		like = p.o.Owner
	}
	if like != nil {
		if err := KeepOwner(p.f, like); err != nil {
			return fmt.Errorf("keep the owner of %s: %w", p.target, err)
		}
	}
	if p.old != nil { // after chown, which clears bits
		mode := p.o.Mode
		if p.o.KeepMode {
			mode = p.old.Mode().Perm()
		}
		if err := p.f.Chmod(mode); err != nil {
			return err
		}
	}
	if p.o.NoSync {
		return nil
	}
	return p.f.Sync()
}

// Discard drops the new content; the target is as it was, unless it is a
// device, which has what was written.
func (p *Pending) Discard() {
	if p.done {
		return
	}
	p.done = true
	p.f.Close()
	if !p.direct {
		os.Remove(p.f.Name())
	}
}
