package journal

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
)

const (
	suffix    = ".jsonl"
	outMember = `,"out":` // the last member of an end; none before it can hold these bytes
	startLine = `{"v":1,"t":"start","row":"`
)

// place is where the end of a row stands, in 64 bits: 4 of state, 16 for the segment, 44 for the offset in it.
type place uint64

const (
	started place = 1 << iota // and not ended since
	final
	good
)

const mostSegments = 1 << 16

func placeOf(segment int, offset int64, state place) place {
	return place(offset)<<20 | place(segment)<<4 | state
}

func (p place) is(state place) bool { return p&state != 0 }
func (p place) segment() int        { return int(p >> 4 & (mostSegments - 1)) }
func (p place) offset() int64       { return int64(p >> 20) }

// head is a line but for its result.
type head struct {
	V     int     `json:"v"`
	Type  string  `json:"t"`
	Row   string  `json:"row"`
	OK    bool    `json:"ok"`
	Final bool    `json:"final"`
	Cost  *string `json:"cost,omitempty"`
}

// cut takes a line apart: the members of its head, and the result; nil where it has none.
func cut(line []byte) (first, out []byte) {
	first, out, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(outMember))
	if !ok {
		return bytes.TrimSuffix(first, []byte("}")), nil
	}
	return first, bytes.TrimSuffix(out, []byte("}"))
}

// parse reads the head of a line, all of which must be JSON.
func parse(line []byte) (h head, ok bool) {
	if row, ok := bytes.CutPrefix(line, []byte(startLine)); ok { // every second line
		row, ok = bytes.CutSuffix(row, []byte("\"}\n"))
		return head{Type: "start", Row: string(row)}, ok
	}
	first, out := cut(line)
	if out != nil && !json.Valid(out) {
		return h, false
	}
	return h, json.Unmarshal(append(bytes.Clone(first), '}'), &h) == nil
}

// load reads a segment. A line that is not whole, as only a crash or a full disk leaves one, is dropped and counted.
func (j *Journal) load(segment int, name string, mine func(Key) bool) error {
	if segment >= mostSegments {
		return fmt.Errorf("%s holds more than %d segments; begin a new journal", j.dir, mostSegments)
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 64<<10)
	var long []byte
	for offset := int64(0); ; {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			long = append(long, line...)
			continue
		}
		if long != nil {
			line, long = append(long, line...), nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if len(line) > 0 && !j.note(segment, offset, line, err == nil, mine) {
			j.Torn++
		}
		if err != nil {
			return nil
		}
		offset += int64(len(line))
	}
}

// note takes a line into the index. It reports false for one that is not whole.
func (j *Journal) note(segment int, offset int64, line []byte, whole bool, mine func(Key) bool) bool {
	h, ok := parse(line)
	key, known := keyOf(h.Row)
	if !whole || !ok || !known {
		return false
	}
	if !mine(key) {
		return true
	}
	was := j.index[key.short()]
	switch h.Type {
	case "start":
		j.index[key.short()] = was | started
	case "end":
		if h.Cost != nil {
			if cost, ok := new(big.Rat).SetString(*h.Cost); ok {
				j.Cost.Add(j.Cost, cost)
			}
		}
		j.index[key.short()] = j.end(was, segment, offset, h)
	}
	return true
}

// end is what stands of a row that has ended once more.
func (j *Journal) end(was place, segment int, offset int64, h head) place {
	was &^= started
	switch {
	case was.is(good):
		if h.OK {
			j.Twice++
		}
		return was
	case !h.Final && was.is(final):
		return was
	}
	var state place
	if h.Final {
		state |= final
	}
	if h.OK {
		state |= good
	}
	return placeOf(segment, offset, state)
}

func keyOf(s string) (k Key, ok bool) {
	raw, err := hex.DecodeString(s)
	return k, err == nil && copy(k[:], raw) == len(k) && len(raw) == len(k)
}
