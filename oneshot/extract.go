package oneshot

import (
	"bytes"
	"fmt"
	"strings"

	"hermes/oneshot/class"
)

// Fence says which fenced block of an answer is wanted: the first, or the first of a language.
type Fence struct {
	Wanted bool
	Lang   string // the first word behind the fence; any letter case; "" is any language
}

// extract writes the wanted block of the held answer, byte for byte.
func (c *conversation) extract() error {
	block, err := c.job.Extract.find(c.held.Bytes())
	if err != nil {
		return err
	}
	c.began()
	return c.put(block)
}

// find is what stands between the lines of the fence. Class schema: there is no such block.
func (f Fence) find(answer []byte) ([]byte, error) {
	open := false
	for block := range blocks(answer) {
		switch {
		case f.Lang != "" && !strings.EqualFold(block.lang, f.Lang):
		case !block.closed:
			open = true
		case len(bytes.TrimSpace(block.text)) == 0:
			return nil, unfenced("the fenced block of the answer is empty")
		default:
			return block.text, nil
		}
	}
	what := "fenced block"
	if f.Lang != "" {
		what = fmt.Sprintf("fenced block of the language %q", f.Lang)
	}
	if open {
		return nil, unfenced("the answer does not close its " + what)
	}
	return nil, unfenced("the answer has no " + what)
}

func unfenced(msg string) error {
	return &AnswerError{ErrClass: class.Schema, Msg: msg, Advice: "ask for one fenced code block in the prompt, or leave --extract out to see the answer"}
}

// block is a fenced block of Markdown.
type block struct {
	lang   string
	text   []byte
	closed bool
}

// blocks are the fenced blocks as CommonMark has them (0.31, section 4.5), at any indentation, since models put them into lists.
func blocks(text []byte) func(yield func(block) bool) {
	return func(yield func(block) bool) {
		var b block
		var fence string // of the block that is open, else ""
		begin, pos := 0, 0
		for line := range bytes.Lines(text) {
			at := pos
			pos += len(line)
			mark, info := fenceOf(line)
			switch {
			case fence == "" && mark != "":
				fence, begin = mark, pos
				b.lang, _, _ = strings.Cut(info, " ")
			case fence != "" && mark != "" && info == "" && strings.HasPrefix(mark, fence):
				b.text, b.closed = text[begin:at], true
				if !yield(b) {
					return
				}
				b, fence = block{}, ""
			}
		}
		if fence != "" {
			b.text = text[begin:]
			yield(b)
		}
	}
}

// fenceOf reads a line as a fence: three or more of ` or ~, and what is behind them.
func fenceOf(line []byte) (mark, info string) {
	s := strings.TrimSpace(string(line[:min(len(line), 1<<10)]))
	for _, c := range []string{"`", "~"} {
		rest := strings.TrimLeft(s, c)
		if n := len(s) - len(rest); n >= 3 && !(c == "`" && strings.Contains(rest, c)) {
			return s[:n], strings.TrimSpace(rest)
		}
	}
	return "", ""
}
