package spawn

import (
	"fmt"
	"io"
)

const (
	// patternLine holds what makes escaping and UTF-8 hard. With its number in front it has lineSize bytes.
	patternLine = " \"naïve\" café\t— tea \\ 😀 the quick fox 日本語.\n"
	lineSize    = 8 + len(patternLine)
	blockLines  = 1000
)

// pattern is a text of numbered lines. It is made while it is read, so it needs little memory. Any lost, doubled or moved piece changes
// its hash.
type pattern struct {
	left  int64
	block []byte
	at    int // what of the block is read
	count int // blocks so far
}

// newPattern gives a text of size bytes at most: it ends with a whole line.
func newPattern(size int64) *pattern { return &pattern{left: size - size%int64(lineSize)} }

// Read implements io.Reader.
func (p *pattern) Read(buf []byte) (int, error) {
	if p.left == 0 {
		return 0, io.EOF
	}
	if p.at == len(p.block) {
		p.renew()
	}
	rest := p.block[p.at:]
	n := copy(buf, rest[:min(int64(len(rest)), p.left)])
	p.at, p.left = p.at+n, p.left-int64(n)
	return n, nil
}

// renew makes the next block; of a number only the five digits of the block change.
func (p *pattern) renew() {
	if p.block == nil {
		for i := range blockLines {
			p.block = fmt.Appendf(p.block, "%08d%s", i, patternLine)
		}
	}
	digits := fmt.Appendf(nil, "%05d", p.count)
	for i := range blockLines {
		copy(p.block[i*lineSize:], digits)
	}
	p.count, p.at = p.count+1, 0
}
