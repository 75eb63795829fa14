package pace

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

const (
	version = "hermes-pace-1"
	size    = 320 // bytes of a file, all written at once
	// unused is after how long the file of a key is removed.
	unused = 30 * 24 * time.Hour
)

// errVersion is a file of another version of the program.
var errVersion = errors.New("another version of hermes wrote it")

// store keeps a state in a file, or in memory where that cannot be used.
type store struct {
	name, key string
	notice    func(string)
	file      *os.File
	alone     bool
	kept      state
	raw       [size]byte // of the file, when kept was in it
}

// exists reports whether there is a file; it makes none.
func (s *store) exists() bool {
	if s.name == "" || s.alone {
		return s.alone
	}
	f, err := os.OpenFile(s.name, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	s.use(f, err)
	return true
}

// use takes an open file, or says why this process goes on alone.
func (s *store) use(f *os.File, err error) {
	if err == nil {
		err = local(f)
	}
	if err == nil {
		s.file = f
		return
	}
	if f != nil {
		f.Close()
	}
	s.leave(err)
}

// leave gives the file up.
func (s *store) leave(err error) {
	s.close()
	s.alone = true
	if reason, ok := errors.AsType[*fs.PathError](err); ok {
		err = reason.Err
	}
	s.tell(fmt.Sprintf("%s: %v; this process keeps to the rate limit alone", s.name, err))
}

func (s *store) tell(line string) {
	if s.notice != nil {
		s.notice(line)
	}
}

func (s *store) close() {
	if s.file != nil {
		s.file.Close()
		s.file = nil
	}
}

// open makes the file where there is none.
func (s *store) open() {
	dir := filepath.Dir(s.name)
	if err := os.Mkdir(dir, 0o700); err == nil || errors.Is(err, fs.ErrExist) {
		sweep(dir)
	}
	s.use(os.OpenFile(s.name, os.O_CREATE|os.O_RDWR, 0o600))
}

// sweep removes what nobody used for long: a key may have been replaced.
func sweep(dir string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > unused {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// change reads the state under the lock, and writes it where do has changed it.
func (s *store) change(do func(*state) bool) {
	if s.name != "" && !s.alone && s.file == nil {
		s.open()
	}
	if s.file == nil {
		do(&s.kept)
		return
	}
	if err := s.locked(do); err != nil {
		s.leave(err)
		do(&s.kept)
	}
}

func (s *store) locked(do func(*state) bool) error {
	if err := lock(s.file); err != nil {
		return err
	}
	defer unlock(s.file)
	var raw [size + 1]byte
	n, err := s.file.ReadAt(raw[:], 0)
	if err != nil && err != io.EOF {
		return err
	}
	now, ok := s.kept, n == size && bytes.Equal(raw[:n], s.raw[:])
	if !ok {
		now, ok = decode(raw[:n])
	}
	switch {
	case ok:
	case n > 0 && !bytes.HasPrefix(raw[:n], []byte(version)) && bytes.HasPrefix(raw[:n], []byte("hermes-pace-")):
		return errVersion
	case n > 0:
		s.tell(s.name + " was broken; the rate limit is learned anew")
		now = state{}
	}
	if !do(&now) {
		return nil
	}
	line := encode(&now)
	s.kept = now
	copy(s.raw[:], line)
	if _, err = s.file.WriteAt(line, 0); err == nil && n > size {
		err = s.file.Truncate(size)
	}
	return err
}

// fields are the numbers of a state in the order of the file.
func (s *state) fields() (ints []*int64, floats []*float64) {
	ints = []*int64{&s.blocked, &s.wave, &s.waves, &s.sent, &s.learned.at}
	floats = []*float64{&s.learned.of}
	for _, l := range []*lane{&s.req, &s.tok} {
		ints = append(ints, &l.empty, &l.told.at, &l.heard.at)
		floats = append(floats, &l.told.of, &l.heard.of, &l.burst)
	}
	return ints, floats
}

// encode writes the state as one line of words, with a sum that tells a torn one.
func encode(s *state) []byte {
	b := append(make([]byte, 0, size), version...)
	ints, floats := s.fields()
	for _, n := range ints {
		b = strconv.AppendInt(append(b, ' '), *n, 10)
	}
	for _, x := range floats {
		b = strconv.AppendFloat(append(b, ' '), *x, 'g', 9, 64)
	}
	b = strconv.AppendBool(append(b, ' '), s.slow)
	sum := crc32.ChecksumIEEE(b)
	b = strconv.AppendUint(append(b, ' '), uint64(sum), 10)
	for len(b) < size-1 {
		b = append(b, ' ')
	}
	return append(b, '\n')
}

// decode reads what encode wrote.
func decode(raw []byte) (s state, ok bool) {
	line := bytes.TrimRight(raw, " \n")
	cut := bytes.LastIndexByte(line, ' ')
	if cut < 0 {
		return s, false
	}
	sum, err := strconv.ParseUint(string(line[cut+1:]), 10, 32)
	if err != nil || uint32(sum) != crc32.ChecksumIEEE(line[:cut]) {
		return s, false
	}
	words := bytes.Fields(line[:cut])
	ints, floats := s.fields()
	if len(words) != len(ints)+len(floats)+2 || string(words[0]) != version {
		return s, false
	}
	words = words[1:]
	for i, n := range ints {
		*n, _ = strconv.ParseInt(string(words[i]), 10, 64)
	}
	words = words[len(ints):]
	for i, x := range floats {
		*x, _ = strconv.ParseFloat(string(words[i]), 64)
	}
	s.slow = string(words[len(floats)]) == "true"
	return s, true
}
