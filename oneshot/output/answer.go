package output

import (
	"bytes"
	"io"
	"os"
)

// answerInMemory is how many bytes of an answer are kept in memory until run.end repeats it. Most answers are shorter.
const answerInMemory = 128 << 10

// answer is the text of a run until run.end repeats it, as the content of a JSON string. What is longer than answerInMemory is in
// a file without a name, which the system removes with the process, so that a run needs no more memory for a longer answer. Where
// there is no room for the file, memory has it all. The zero answer is empty.
type answer struct {
	file *os.File
	rest bytes.Buffer // what is not in the file
	full bool         // the file can be no longer, or there can be none
	cut  []byte       // an incomplete character at its end, not yet escaped
}

// appendTo appends the complete characters of a piece of the answer to dst, escaped, and keeps them.
func (a *answer) appendTo(dst, piece []byte) []byte {
	from := len(dst)
	dst, a.cut = appendPiece(dst, a.cut, piece)
	a.add(dst[from:])
	return dst
}

func (a *answer) add(escaped []byte) {
	if a.rest.Len()+len(escaped) > answerInMemory && !a.full {
		a.spill()
	}
	a.rest.Write(escaped)
}

// spill moves what is in memory to the file.
func (a *answer) spill() {
	if a.file == nil {
		a.file = nameless()
	}
	if a.full = a.file == nil; a.full {
		return
	}
	_, err := a.rest.WriteTo(a.file) // keeps what it could not write
	a.full = err != nil
}

// nameless is a file that nothing but its descriptor leads to, or nil where there can be none: without a folder for it, or on
// Windows, where an open file keeps its name.
func nameless() *os.File {
	f, err := os.CreateTemp("", "hermes-*") // 0600
	if err != nil {
		return nil
	}
	if os.Remove(f.Name()) == nil {
		return f
	}
	f.Close()
	_ = os.Remove(f.Name())
	return nil
}

// end completes the answer. It reports whether there is one.
func (a *answer) end() bool {
	if len(a.cut) > 0 {
		a.add(appendEscaped(nil, a.cut))
		a.cut = nil
	}
	return a.file != nil || a.rest.Len() > 0
}

// writeTo writes the whole answer.
func (a *answer) writeTo(w io.Writer) error {
	if a.file != nil {
		if _, err := a.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.Copy(w, a.file); err != nil {
			return err
		}
	}
	_, err := a.rest.WriteTo(w)
	return err
}

// drop forgets the answer.
func (a *answer) drop() {
	if a.file != nil {
		a.file.Close()
	}
	*a = answer{}
}
