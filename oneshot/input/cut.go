package input

import (
	"bytes"
	"crypto/sha256"
	"unicode/utf8"
)

// Cut keeps room bytes of a text, at the ends of lines where there are any: its head, its tail, or both without the middle.
func Cut(t *Text, mode string, room int64) (*Text, error) {
	whole := t.Bytes()
	var kept []byte
	switch mode {
	case "head":
		kept = Head(whole, room)
	case "tail":
		kept = tail(whole, room)
	default:
		mark := []byte("\n[… the middle was left out …]\n")
		half := (room - int64(len(mark))) / 2
		kept = append(append(bytes.Clone(Head(whole, half)), mark...), tail(whole, half)...)
	}
	c := collector{name: "the input", hash: sha256.New()}
	if err := c.add(kept); err != nil {
		return nil, err
	}
	return c.done()
}

// Head is the longest beginning of at most n bytes that ends with a line, or else with a character.
func Head(p []byte, n int64) []byte {
	if int64(len(p)) <= n {
		return p
	}
	p = p[:max(n, 0)]
	if i := bytes.LastIndexByte(p, '\n'); i > len(p)/2 {
		return p[:i+1]
	}
	for len(p) > 0 && !utf8.Valid(lastRune(p)) {
		p = p[:len(p)-1]
	}
	return p
}

// lastRune is the last character of p, whole or not.
func lastRune(p []byte) []byte {
	for i := len(p) - 1; i >= max(0, len(p)-utf8.UTFMax); i-- {
		if utf8.RuneStart(p[i]) {
			return p[i:]
		}
	}
	return p
}

func tail(p []byte, n int64) []byte {
	if int64(len(p)) <= n {
		return p
	}
	p = p[int64(len(p))-max(n, 0):]
	if i := bytes.IndexByte(p, '\n'); i >= 0 && i < len(p)/2 {
		return p[i+1:]
	}
	for len(p) > 0 && !utf8.RuneStart(p[0]) {
		p = p[1:]
	}
	return p
}

// Chunks cuts a text at the ends of lines into pieces of at most size bytes; each begins with the end of the one before.
func Chunks(p []byte, size, overlap int64) [][]byte {
	var all [][]byte
	for {
		piece := Head(p, size)
		if len(piece) == 0 {
			return all
		}
		all = append(all, piece)
		if len(piece) == len(p) {
			return all
		}
		step := len(piece) - len(tail(piece, overlap))
		if step == 0 { // shorter than the overlap
			step = len(piece)
		}
		p = p[step:]
	}
}
