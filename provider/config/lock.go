package config

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"hermes/authfile/atomicfile"
)

const (
	lockWait  = 5 * time.Second  // how long an edit waits for another one; each takes milliseconds
	lockStale = 10 * time.Second // age after which a lock is broken whoever holds it
	lockPause = 2 * time.Millisecond
	editTries = 20 // how often an edit starts again because a foreign writer was faster
)

// editFile replaces the file at path by what change makes of it, one edit at a time. change gets the present content (nil
// when there is no file) and returns nil to leave the file alone. It may run more than once. A new file is its owner's
// alone; keepMode leaves an old one as open as it was.
func editFile(path string, keepMode bool, change func(src []byte) ([]byte, error)) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return ioError(path, err)
	}
	l, err := takeLock(path)
	if err != nil {
		return err
	}
	defer l.release()
	for range editTries {
		src, err := readFile(path)
		if err != nil {
			return err
		}
		out, err := change(src)
		if err != nil || out == nil {
			return err
		}
		// Hermes Agent does not know our lock: what it wrote in the meantime must not be lost.
		if now, err := readFile(path); err != nil || !bytes.Equal(now, src) {
			continue
		}
		if !l.owned() {
			return &Error{Path: path, Msg: "another edit took the lock over; try again", class: "lock_timeout"}
		}
		if err := atomicfile.Write(path, out, atomicfile.Options{Mode: 0o600, KeepMode: keepMode}); err != nil {
			return ioError(path, err)
		}
		return nil
	}
	return &Error{Path: path, Msg: "another program keeps writing the file; nothing was changed", class: "lock_timeout"}
}

// lock is a file that exists while an edit is under way. It says who made it: pid, host and a random word.
type lock struct {
	path  string
	id    []byte
	ahead *time.Duration // by how much the file system's clock is before ours, once that was asked
}

// takeLock makes path.lock beside the file that path leads to, and breaks one whose owner is gone.
func takeLock(path string) (*lock, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails, says its documentation
	host, _ := os.Hostname()
	l := &lock{path: path + ".lock", id: fmt.Appendf(nil, "%d %q %s\n", os.Getpid(), host, hex.EncodeToString(random[:]))}
	for end := time.Now().Add(lockWait); ; {
		err := l.create()
		if err == nil {
			return l, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, ioError(path, err)
		}
		if id := l.stale(host); id != nil {
			l.breakLock(id)
			continue
		}
		if time.Now().After(end) {
			return nil, &Error{Path: path, Msg: "another edit holds " + l.path, class: "lock_timeout"}
		}
		<-time.After(lockPause)
	}
}

func (l *lock) create() error {
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(l.id)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(l.path)
	}
	return err
}

// stale returns the content of a lock that nobody holds any more: its process is gone, or its age is beyond all edits. An
// owner in another host or container is judged by age alone, and by the clock of the file system, which both share: the
// clocks of two hosts may differ by hours, in either direction.
func (l *lock) stale(host string) []byte {
	info, err := os.Lstat(l.path)
	if err != nil {
		return nil
	}
	id, err := slurp(l.path)
	if err != nil {
		return nil
	}
	var pid int
	var where, word string
	_, err = fmt.Sscanf(string(id), "%d %q %s", &pid, &where, &word)
	gone := err == nil && where == host && pid > 0 && !alive(pid)
	if gone {
		return id
	}
	if time.Since(info.ModTime()).Abs() > lockStale && l.now().Sub(info.ModTime()).Abs() > lockStale {
		return id
	}
	return nil
}

// now is the time by the clock of the file system that holds the lock, of which a fresh file tells once; by our own where
// none can be made.
func (l *lock) now() time.Time {
	if l.ahead == nil {
		l.ahead = new(time.Duration)
		if stamp, err := freshStamp(l.aside() + ".now"); err == nil {
			*l.ahead = time.Until(stamp)
		}
	}
	return time.Now().Add(*l.ahead)
}

// freshStamp makes a file, takes the time that the file system gives it, and removes it.
func freshStamp(name string) (time.Time, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return time.Time{}, err
	}
	defer os.Remove(name)
	_, err = f.Write([]byte{'\n'}) // a file server stamps what is written
	if err = errors.Join(err, f.Close()); err != nil {
		return time.Time{}, err
	}
	info, err := os.Lstat(name)
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// aside is a name beside the lock that no other process uses.
func (l *lock) aside() string {
	return l.path + "." + string(bytes.TrimSpace(l.id[bytes.LastIndexByte(l.id, ' ')+1:]))
}

// breakLock takes a stale lock away. Another process may have broken it first and hold a new one by now: the file is
// moved aside and looked at, and a live lock is put back.
func (l *lock) breakLock(id []byte) {
	aside := l.aside()
	if os.Rename(l.path, aside) != nil {
		return
	}
	if found, err := slurp(aside); err == nil && !bytes.Equal(found, id) {
		_ = os.Link(aside, l.path)
	}
	_ = os.Remove(aside)
}

// owned reports whether the lock is still ours: a process that was stopped for long may have lost it.
func (l *lock) owned() bool {
	id, err := slurp(l.path)
	return err == nil && bytes.Equal(id, l.id)
}

func (l *lock) release() {
	if l.owned() {
		_ = os.Remove(l.path)
	}
}
