// Package atomicfile replaces files whole: a reader sees the old content or
// the new, never a part, and after a crash one of the two is there.
package atomicfile

import (
	"errors"
	"io/fs"
)

// Options say how the new file looks.
type Options struct {
	Mode     fs.FileMode // permission bits of a new file
	KeepMode bool        // an existing file keeps its own
}

var errStub = errors.New("not written yet")

// Write replaces path by data.
func Write(path string, data []byte, o Options) error { return errStub }

// Pending is a file being written.
type Pending struct{}

// Create begins a replacement of path.
func Create(path string, mode fs.FileMode) (*Pending, error) { return nil, errStub }

func (p *Pending) Write(b []byte) (int, error) { return 0, errStub }

// Commit puts the file in place.
func (p *Pending) Commit() error { return errStub }

// Discard drops it.
func (p *Pending) Discard() {}
