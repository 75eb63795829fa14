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
	"strings"
)

// The members of a line stand as this package writes them.
const (
	suffix      = ".jsonl"
	startLine   = `{"v":1,"t":"start","row":"`
	endLine     = `{"v":1,"t":"end","row":"`
	okMember    = `","ok":`
	finalMember = `,"final":`
	costMember  = `,"cost":"`
	outMember   = `,"out":` // the last of an end; none before it can hold these bytes
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
	key       Key
	end       bool
	ok, final bool
	cost      string // "" where it is not known
}

// cut takes a line apart: its head, and the result; nil where it has none.
func cut(line []byte) (first, out []byte) {
	first, out, _ = bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(outMember))
	return first, bytes.TrimSuffix(out, []byte("}"))
}

// parse reads the head of a line, all of which must be there.
func parse(line []byte) (h head, ok bool) {
	if row, ok := bytes.CutPrefix(line, []byte(startLine)); ok { // every second line
		row, ok = bytes.CutSuffix(row, []byte("\"}\n"))
		return h, ok && h.key.read(row)
	}
	first, out := cut(line)
	row, ok := bytes.CutPrefix(first, []byte(endLine))
	ok = ok && bytes.HasSuffix(line, []byte("}\n"))
	row, rest, ok2 := bytes.Cut(row, []byte(okMember))
	good, rest, ok3 := bytes.Cut(rest, []byte(finalMember))
	final, cost, dear := bytes.Cut(rest, []byte(costMember))
	cost, shut := bytes.CutSuffix(cost, []byte(`"`))
	h.end, h.ok, h.final, h.cost = true, string(good) == "true", string(final) == "true", string(cost)
	return h, ok && ok2 && ok3 && isBool(good) && isBool(final) && dear == shut && isAmount(h.cost) && h.key.read(row) && json.Valid(out)
}

func isAmount(s string) bool { return strings.Trim(s, "0123456789.") == "" }

func isBool(p []byte) bool { return string(p) == "true" || string(p) == "false" }

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
	if !whole || !ok {
		return false
	}
	if !mine(h.key) {
		return true
	}
	was := j.index[h.key.short()]
	if !h.end {
		j.index[h.key.short()] = was | started
		return true
	}
	if cost, ok := new(big.Rat).SetString(h.cost); ok {
		j.Cost.Add(j.Cost, cost)
	}
	j.index[h.key.short()] = j.end(was, segment, offset, h)
	return true
}

// end is what stands of a row that has ended once more.
func (j *Journal) end(was place, segment int, offset int64, h head) place {
	was &^= started
	switch {
	case was.is(good):
		if h.ok {
			j.Twice++
		}
		return was
	case !h.final && was.is(final):
		return was
	}
	var state place
	if h.final {
		state |= final
	}
	if h.ok {
		state |= good
	}
	return placeOf(segment, offset, state)
}

// read takes the key from a line, in the form of String.
func (k *Key) read(digits []byte) bool {
	if len(digits) != 2*len(k) || bytes.ContainsAny(digits, "ABCDEF") {
		return false
	}
	_, err := hex.Decode(k[:], digits)
	return err == nil
}
