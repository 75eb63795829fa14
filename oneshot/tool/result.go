package tool

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"hermes/oneshot/schema"
	"hermes/oneshot/wire"
)

// fit makes a result fit to be sent: valid UTF-8 without invisible tags, and at most limit bytes of text. JSON that the text does not
// repeat is added to it.
func (r Result) fit(limit int) Result {
	var text []byte
	var rest []wire.Part
	repeated := false
	for _, p := range r.Parts {
		if p.Kind != wire.PartText {
			rest = append(rest, p)
			continue
		}
		piece := bytes.Join(p.Text, nil)
		repeated = repeated || same(piece, r.Structured)
		text = add(text, piece)
	}
	if len(r.Structured) > 0 && !repeated {
		text = add(text, r.Structured)
	}
	text = []byte(Visible(strings.ToValidUTF8(string(text), "\uFFFD")))
	if limit > 0 && len(text) > limit {
		note := fmt.Sprintf("\n[… %d of %d bytes are left out …]", len(text)-limit, len(text))
		for limit > 0 && !utf8.RuneStart(text[limit]) {
			limit--
		}
		text = append(text[:limit:limit], note...)
	}
	r.Parts = rest
	if len(text) > 0 {
		r.Parts = append([]wire.Part{wire.TextPart(text)}, rest...)
	}
	return r
}

func add(text, piece []byte) []byte {
	if len(text) > 0 && len(piece) > 0 {
		text = append(text, '\n')
	}
	return append(text, piece...)
}

// same reports whether two texts are the same JSON, but for white space.
func same(a, b []byte) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// Visible is s without Unicode's tag characters, which a person does not see and a model reads.
func Visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0xE0000 && r <= 0xE007F {
			return -1
		}
		return r
	}, s)
}

// Plain is the text of a result.
func (r Result) Plain() []byte {
	var all []byte
	for _, p := range r.Parts {
		if p.Kind == wire.PartText {
			all = add(all, bytes.Join(p.Text, nil))
		}
	}
	return all
}

// Size is the bytes of a result: its text and its media.
func (r Result) Size() int {
	n := len(r.Plain())
	for _, p := range r.Parts {
		n += len(p.Data)
	}
	return n
}

// Sum is the SHA-256 of a result.
func (r Result) Sum() [sha256.Size]byte { return r.sum() }

func (r Result) sum() (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write(r.Plain())
	for _, p := range r.Parts {
		h.Write(p.Data)
	}
	h.Sum(sum[:0])
	return sum
}

// head is the beginning of a result's text.
func (r Result) head(n int) string {
	text := string(r.Plain())
	for n < len(text) && n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:min(n, len(text))]
}

// mostProblems is how many problems of its arguments a model is told.
const mostProblems = 10

// invalid says what is wrong with the arguments of a call, "" where nothing is.
func (o Offered) invalid(args json.RawMessage) string {
	if len(args) == 0 || args[0] != '{' {
		return "the arguments are no JSON object"
	}
	if o.schema == nil {
		return ""
	}
	problems, err := o.schema.Check(args)
	if err != nil {
		return "the arguments cannot be judged: " + err.Error()
	}
	if problems == nil {
		return ""
	}
	return "the arguments do not fit the schema of this tool:" + list(problems)
}

func list(problems []schema.Problem) string {
	var b strings.Builder
	for _, p := range problems[:min(len(problems), mostProblems)] {
		where := p.Path
		if where == "" {
			where = "/"
		}
		fmt.Fprintf(&b, "\n- %s: %s", where, p.Message)
	}
	if more := len(problems) - mostProblems; more > 0 {
		fmt.Fprintf(&b, "\n- and %d more", more)
	}
	return b.String()
}

// names tells a model what it may call.
func (o Offer) names() string {
	if len(o.Tools) == 0 {
		return "no tool is offered"
	}
	var all []string
	for _, t := range o.Tools {
		all = append(all, t.As)
	}
	return "the tools are " + strings.Join(all, ", ")
}
