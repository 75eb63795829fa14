package sandbox

import "strings"

// geminiStream has no event names and no end of its own: the last chunk has the finish reason. Its lines end in CR LF, and
// without alt=sse it is one JSON array.
type geminiStream struct {
	a     *answer
	tail  string // of a chunk with text, after its candidates
	begun bool
}

func newGeminiStream(a *answer) *geminiStream {
	o := geminiAnswer(a, nil, "")
	delete(o, "candidates")
	tail := string(encode(o))
	return &geminiStream{a: a, tail: tail[1:]}
}

func (e *geminiStream) contentType() string {
	if e.a.q.array {
		return "application/json; charset=UTF-8"
	}
	return "text/event-stream"
}

// before and after stand around each chunk.
func (e *geminiStream) before() string {
	begun := e.begun
	e.begun = true
	switch {
	case !e.a.q.array:
		return "data: "
	case begun:
		return ",\r\n"
	}
	return "["
}

func (e *geminiStream) after() string {
	if e.a.q.array {
		return ""
	}
	return "\r\n\r\n"
}

func (e *geminiStream) chunk(o obj) []byte {
	return []byte(e.before() + string(encode(o)) + e.after())
}

func (e *geminiStream) start() [][]byte {
	if !e.a.faults.has("finish-first") || e.a.faults.has("blocked") {
		return nil
	}
	return [][]byte{e.chunk(geminiAnswer(e.a, []obj{{"text": ""}}, e.a.finish(geminiFinish)))}
}

func (*geminiStream) open(*part) [][]byte { return nil }

// delta has the spaces that Google's JSON has.
func (e *geminiStream) delta(b []byte, p *part, quoted []byte) []byte {
	if p.kind == partCall || p.kind == partRefusal || e.a.faults.has("blocked") {
		return b
	}
	b = append(b, e.before()...)
	b = append(b, `{"candidates": [{"content": {"parts": [{"text": `...)
	b = append(b, quoted...)
	if p.kind == partReasoning {
		b = append(b, `,"thought": true`...)
	}
	b = append(b, `}],"role": "model"},"index": 0}],`...)
	b = append(b, e.tail...)
	return append(b, e.after()...)
}

// close sends a call, which comes in one piece.
func (e *geminiStream) close(p *part) [][]byte {
	if p.kind != partCall || e.a.faults.has("blocked") {
		return nil
	}
	return [][]byte{e.chunk(geminiAnswer(e.a, []obj{geminiPart(p, e.a.q.thinks)}, ""))}
}

func (e *geminiStream) end() [][]byte {
	finish, parts := e.a.finish(geminiFinish), []obj{{"text": ""}}
	if e.a.faults.has("finish-first") {
		finish = ""
	}
	if e.a.r.stop == "refusal" {
		parts = nil
	}
	return [][]byte{e.last(geminiAnswer(e.a, parts, finish))}
}

// last is the chunk that closes the array.
func (e *geminiStream) last(o obj) []byte {
	b := e.chunk(o)
	if e.a.q.array {
		b = append(b, ']')
	}
	return b
}

func (e *geminiStream) fail(p problem, _ int) [][]byte {
	_, body := gemini{}.failure(e.a.id, p)
	return [][]byte{e.last(textOnly(e.a.faults, body))}
}

func upper(word string) string { return strings.ToUpper(word) }
