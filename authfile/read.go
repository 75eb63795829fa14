package authfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"hermes/authfile/atomicfile"
)

const (
	maxStore     = 8 << 20 // bytes; a store has some kilobytes, and every parser of it reads all
	maxNesting   = 1000    // Python's parser, which the file is shared with, gives up near there
	readAgain    = 3       // times, for a foreign program that writes in place
	readInterval = 20 * time.Millisecond
	recentFor    = time.Second
)

// Read returns the store without taking the lock. A missing file is an empty
// store. What does not parse is read again three times, 20 ms apart, because a
// foreign program may be writing in place; then it is an *Error of class
// config that names the file and the byte. One that cannot be read at all is of
// class io. Nothing is ever written.
func (s *Store) Read() (*Snapshot, error) {
	sn, err := s.read()
	if err == nil {
		sn.alone = s.alone
		sn.at = time.Now()
		s.last.Store(sn)
	}
	return sn, err
}

// recent is the snapshot that was read less than a second ago, nil without one:
// a caller that has just looked who is logged in, and then wants the token, has
// it read once. It is good for a token that works, never for a decision to
// change anything.
func (s *Store) recent() *Snapshot {
	if sn := s.last.Load(); sn != nil && time.Since(sn.at) < recentFor {
		return sn
	}
	return nil
}

func (s *Store) read() (*Snapshot, error) {
	p := place{s.path, s.path}
	for try := 0; ; try++ {
		data, err := atomicfile.Read(p.file, maxStore)
		switch {
		case errors.Is(err, atomicfile.ErrLink):
			if p, err = s.place(); err == nil {
				data, err = atomicfile.Read(p.file, maxStore)
			}
		case errors.Is(err, fs.ErrNotExist):
			return &Snapshot{place: p, missing: true}, nil
		}
		if err != nil {
			return nil, unreadable(s.path, err)
		}
		sn, err := parse(p, data)
		if err == nil || try == readAgain {
			return sn, err
		}
		<-time.After(readInterval)
	}
}

// unreadable says why a store cannot be read. What is no fault of its content
// (no permission, too many open files, a bad disk) is no matter of a new login.
func unreadable(path string, err error) error {
	if e, ok := errors.AsType[*Error](err); ok && strings.Contains(e.Message, path) {
		return e
	}
	if e, ok := errors.AsType[*atomicfile.Unfit](err); ok {
		return errorf(classConfig, path, nil, "%s %s", path, e.Why)
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return errorf(classConfig, path, err, "cannot read %s", path)
	}
	return errorf(classIO, path, err, "cannot read %s", path)
}

const byteOrderMark = "\xef\xbb\xbf"

// parse checks the bytes of a store and finds its parts.
func parse(p place, data []byte) (*Snapshot, error) {
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	if err := wellFormed(p.link, data); err != nil {
		return nil, err
	}
	sn := &Snapshot{place: p, data: data}
	twice := ""
	each(gjson.ParseBytes(data), func(key string, value gjson.Result) {
		part := map[string]*gjson.Result{"providers": &sn.providers, "credential_pool": &sn.pool, "active_provider": &sn.active}[key]
		if part == nil {
			return
		}
		if part.Exists() {
			twice = key
		}
		*part = value
	})
	if twice != "" {
		return nil, duplicate(p.link, twice)
	}
	return sn, nil
}

// duplicate refuses what parsers read differently: some take the first of two
// equal keys and some the last, so an edit could show one program a token and
// the other an older one.
func duplicate(path, key string) error {
	return errorf(classConfig, path, nil, "%s has the key %q twice: programs disagree on which one counts; remove one by hand", path, key)
}

// wellFormed wants one JSON object in UTF-8.
func wellFormed(path string, data []byte) error {
	if at := notUTF8(data); at >= 0 {
		return broken(path, int64(at), len(data), "not UTF-8")
	}
	// gjson descends recursively: count first what it could descend into.
	if shallow := bytes.Count(data, []byte("{"))+bytes.Count(data, []byte("[")) <= maxNesting; !shallow {
		if at := tooDeep(data); at >= 0 {
			return broken(path, int64(at), len(data), fmt.Sprintf("nested more than %d deep", maxNesting))
		}
	}
	if gjson.ValidBytes(data) {
		first := bytes.TrimLeft(data, " \t\r\n")
		if first[0] != '{' {
			return broken(path, int64(len(data)-len(first)), len(data), "not a JSON object")
		}
		return nil
	}
	var raw json.RawMessage
	err := json.Unmarshal(data, &raw)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return broken(path, syntax.Offset, len(data), syntax.Error())
	}
	return broken(path, 0, len(data), "not valid JSON")
}

func broken(path string, at int64, size int, what string) error {
	e := errorf(classConfig, path, nil, "%s is broken at byte %d of %d (%s); it was left as it is", path, at, size, what)
	e.torn = true
	return e
}

func notUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// tooDeep returns where the nesting passes the limit, or -1.
func tooDeep(data []byte) int {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxNesting {
				return i
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return -1
}
