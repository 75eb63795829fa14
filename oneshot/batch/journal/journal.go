// Package journal keeps on disk how the rows of a batch ended, so that the same batch can go on after a crash.
//
// A journal is a folder. Each process appends to a segment of its own, a file of JSON lines, and reads those of all others when
// it begins: no two processes write one file, so that a folder on a shared disk needs no lock across hosts. A line is one write:
// "start" when a row is asked, "end" with its result when it is answered. The disk is told to keep them (fsync) after a second, or
// 64 ends, and at Close.
//
// What a crash leaves: a last line without its newline, which is dropped and counted in Torn; and starts without an end, whose rows
// may have been answered and paid for. Of several ends of one row the first good one stands, else the last final one.
//
// In memory there are 16 bytes a row: half of its key, and where its end stands. The whole key is compared when that is read.
package journal

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Key is the identity of a row: a hash.
type Key [16]byte

// String is the key as it stands in a line.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

func (k Key) short() uint64 { return binary.BigEndian.Uint64(k[:]) }

// ErrBusy is the error of a journal that another process of this machine works on.
var ErrBusy = errors.New("another process works on it")

const (
	syncAfter = time.Second // at most so long is a line not on the disk
	syncEnds  = 64          // nor so many ends
)

// Journal is one folder, as this process uses it. It may be used by several goroutines.
type Journal struct {
	// Cost is what the ends that were found cost together, Torn counts lines that were cut off and dropped, Twice rows with two
	// good ends.
	Cost  *big.Rat
	Torn  int
	Twice int

	dir   string
	locks []io.Closer
	index map[uint64]place
	names []string // of the segments

	read   sync.Mutex // held while reader is used
	reader *bufio.Reader
	files  map[int]*os.File // segments open for reading

	mu    sync.Mutex     // held while what follows is used
	own   *os.File       // nil until a line is written
	ends  int            // since the last fsync
	timer *time.Timer    // runs while a line waits for fsync
	syncs sync.WaitGroup // the one fsync under way, beside which others write on
	busy  bool           // there is one
	due   bool           // another is to follow it at once
	err   error          // the first
}

// Open makes the folder if it is missing and reads what is there of the rows that mine chooses. part names a part of a batch, ""
// being the whole. On one machine parts run at once, but not two of one name, nor a part beside the whole: the error is ErrBusy.
func Open(dir, part string, mine func(Key) bool) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	j := &Journal{Cost: new(big.Rat), dir: dir, index: map[uint64]place{}, files: map[int]*os.File{}, reader: bufio.NewReader(nil)}
	err := j.lockPart(part)
	if err != nil {
		j.unlock()
		return nil, err
	}
	if err = j.loadAll(mine); err != nil {
		j.unlock()
		return nil, err
	}
	return j, nil
}

// loadAll reads the segments, whatever letters the name of the folder has.
func (j *Journal) loadAll(mine func(Key) bool) error {
	entries, err := os.ReadDir(j.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), suffix) {
			continue
		}
		j.names = append(j.names, filepath.Join(j.dir, e.Name()))
		if err := j.load(len(j.names)-1, j.names[len(j.names)-1], mine); err != nil {
			return err
		}
	}
	return nil
}

// lockPart takes the lock of the folder, which parts share, and that of the part.
func (j *Journal) lockPart(part string) error {
	f, err := lockFile(filepath.Join(j.dir, "batch.lock"), part != "")
	if err != nil {
		return err
	}
	j.locks = append(j.locks, f)
	if part == "" {
		return nil
	}
	if f, err = lockFile(filepath.Join(j.dir, part+".lock"), false); err == nil {
		j.locks = append(j.locks, f)
	}
	return err
}

// Lock keeps the folder for this process alone, until it is closed, as Open of the whole does. The error is ErrBusy.
func Lock(dir string) (io.Closer, error) { return lockFile(filepath.Join(dir, "batch.lock"), false) }

func (j *Journal) unlock() {
	for _, f := range j.locks {
		f.Close()
	}
}

// State is what the journal knows of a row.
type State struct {
	Open  bool // it was asked and has no end since: the answer may have been paid for
	Final bool // it has an end that another try would not change
	OK    bool // the end is a whole answer
}

// State looks a row up.
func (j *Journal) State(k Key) State {
	p := j.index[k.short()]
	return State{Open: p.is(started), Final: p.is(final), OK: p.is(good)}
}

// Finals counts the rows with a final end.
func (j *Journal) Finals() int64 {
	var n int64
	for _, p := range j.index {
		if p.is(final) {
			n++
		}
	}
	return n
}

// Result reads the end of a row that has a final one: what it was noted with, as JSON. It is nil where that is another row's after all.
func (j *Journal) Result(k Key) (json.RawMessage, error) {
	p, ok := j.index[k.short()]
	if !ok {
		return nil, nil
	}
	j.read.Lock()
	defer j.read.Unlock()
	f, err := j.segment(p.segment())
	if err != nil {
		return nil, err
	}
	j.reader.Reset(io.NewSectionReader(f, p.offset(), 1<<62))
	raw, err := j.reader.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("%s: the journal has changed: %w", f.Name(), err)
	}
	first, out := cut(raw)
	if !bytes.Contains(first, []byte(k.String())) {
		return nil, nil
	}
	return out, nil
}

// segment opens a segment for reading. So many stay open.
func (j *Journal) segment(i int) (*os.File, error) {
	if f := j.files[i]; f != nil {
		return f, nil
	}
	if len(j.files) >= 32 {
		for i, f := range j.files {
			f.Close()
			delete(j.files, i)
		}
	}
	f, err := os.Open(j.names[i])
	if err == nil {
		j.files[i] = f
	}
	return f, err
}

// Start notes that a row is asked now.
func (j *Journal) Start(k Key) error {
	return j.append(fmt.Appendf(nil, startLine+"%s\"}\n", k), 0)
}

// End is how a row ended.
type End struct {
	OK, Final bool
	Cost      *string // USD, a decimal number
	Result    any     // what Result gives back, as JSON
}

// End notes how a row ended.
func (j *Journal) End(k Key, e End) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, endLine+"%s"+okMember+"%t"+finalMember+"%t", k, e.OK, e.Final)
	if e.Cost != nil {
		fmt.Fprintf(&b, costMember+"%s\"", *e.Cost)
	}
	b.WriteString(outMember)
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e.Result); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1)
	b.WriteString("}\n")
	return j.append(b.Bytes(), 1)
}

// append writes a line. After an error the segment may end in a part of a line, so that nothing more is written to it.
func (j *Journal) append(line []byte, ends int) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return j.err
	}
	if j.own == nil {
		if j.own, j.err = create(j.dir); j.err != nil {
			return j.err
		}
	}
	if _, j.err = j.own.Write(line); j.err != nil {
		return j.err
	}
	if j.timer == nil {
		j.timer = time.AfterFunc(syncAfter, func() {
			j.mu.Lock()
			defer j.mu.Unlock()
			j.sync()
		})
	}
	if j.ends += ends; j.ends >= syncEnds {
		j.sync()
	}
	return j.err
}

// sync has the disk keep what was written so far, beside what goes on.
func (j *Journal) sync() {
	if j.due = j.busy; j.busy || j.timer == nil || j.own == nil {
		return
	}
	j.timer.Stop()
	j.timer, j.ends, j.busy = nil, 0, true
	f := j.own
	j.syncs.Go(func() {
		err := f.Sync()
		j.mu.Lock()
		defer j.mu.Unlock()
		j.busy = false
		if j.err == nil {
			j.err = err
		}
		if j.due {
			j.sync()
		}
	})
}

// create makes a segment, whose name sorts after those that are there, and has the disk keep the name.
func create(dir string) (*os.File, error) {
	name := fmt.Sprintf("%s-%d%s", time.Now().UTC().Format("20060102T150405.000000000"), os.Getpid(), suffix)
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync() // some systems cannot; the file itself is what matters
		d.Close()
	}
	return f, nil
}

// Close has the disk keep everything, and lets others in.
func (j *Journal) Close() error {
	j.mu.Lock()
	own := j.own
	j.own = nil
	j.mu.Unlock()
	j.syncs.Wait()
	j.mu.Lock()
	defer j.mu.Unlock()
	err := j.err
	j.err = os.ErrClosed
	if own != nil {
		err = errors.Join(err, own.Sync(), own.Close())
	}
	for _, f := range j.files {
		f.Close()
	}
	j.unlock()
	return err
}
