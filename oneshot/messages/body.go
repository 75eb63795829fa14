package messages

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"strconv"
)

// Body gives the JSON of the request: its exact size in bytes and a function
// that opens it from the start, as often as needed. The text is escaped while
// it is read, so a large prompt is held once. The order of keys is fixed.
func (r *Request) Body() (size int64, open func() io.ReadCloser) {
	parts := r.parts()
	for _, p := range parts {
		size += p.size()
	}
	return size, func() io.ReadCloser { return io.NopCloser(&bodyReader{parts: parts}) }
}

// part is a stretch of the body: JSON as it stands, text to be escaped, or
// bytes to be written as base64.
type part struct {
	kind byte // 'j', 't' or 'b'
	data []byte
}

func (p part) size() int64 {
	switch p.kind {
	case 't':
		return escapedSize(p.data)
	case 'b':
		return int64(base64.StdEncoding.EncodedLen(len(p.data)))
	}
	return int64(len(p.data))
}

// parts lays out the body. Fields that were not set are not sent.
func (r *Request) parts() []part {
	var b builder
	b.json(`{"model":`).value(r.Model).json(`,"max_tokens":`).json(strconv.Itoa(r.MaxTokens)).json(`,"stream":true`)
	if r.System != "" {
		b.json(`,"system":"`).text([]byte(r.System)).json(`"`)
	}
	if r.Temperature != nil {
		b.json(`,"temperature":`).value(*r.Temperature)
	}
	if r.TopP != nil {
		b.json(`,"top_p":`).value(*r.TopP)
	}
	if len(r.Stop) > 0 {
		b.json(`,"stop_sequences":`).value(r.Stop)
	}
	if r.Thinking != nil {
		b.json(`,"thinking":{"type":`).value(r.Thinking.Type)
		if r.Thinking.Budget > 0 {
			b.json(`,"budget_tokens":`).value(r.Thinking.Budget)
		}
		b.json(`}`)
	}
	if r.Effort != "" {
		b.json(`,"output_config":{"effort":`).value(r.Effort).json(`}`)
	}
	b.extra(r)
	b.turns(r.Turns)
	return b.json(`}`).parts
}

// extra writes the fields that the request itself does not set.
func (b *builder) extra(r *Request) {
	if len(r.Extra) == 0 {
		return
	}
	sent := map[string]bool{
		"model": true, "max_tokens": true, "stream": true, "messages": true, "system": r.System != "",
		"temperature": r.Temperature != nil, "top_p": r.TopP != nil, "stop_sequences": len(r.Stop) > 0,
		"thinking": r.Thinking != nil, "output_config": r.Effort != "",
	}
	for _, f := range r.Extra {
		if !sent[f.Name] {
			b.json(`,`).value(f.Name).json(`:`).json(string(f.Value))
		}
		sent[f.Name] = true
	}
}

type builder struct{ parts []part }

func (b *builder) json(s string) *builder {
	if n := len(b.parts); n > 0 && b.parts[n-1].kind == 'j' {
		b.parts[n-1].data = append(b.parts[n-1].data, s...)
		return b
	}
	b.parts = append(b.parts, part{'j', []byte(s)})
	return b
}

func (b *builder) text(p []byte) *builder {
	b.parts = append(b.parts, part{'t', p})
	return b
}

// value writes a small value. Strings, numbers and lists of them always have a JSON form.
func (b *builder) value(v any) *builder {
	raw, err := json.Marshal(v)
	if err != nil {
		raw = []byte("null")
	}
	return b.json(string(raw))
}

func (b *builder) turns(turns []Turn) {
	b.json(`,"messages":[`)
	for i, t := range turns {
		if i > 0 {
			b.json(`,`)
		}
		b.json(`{"role":`).value(t.Role).json(`,"content":[`)
		for j, block := range t.Content {
			if j > 0 {
				b.json(`,`)
			}
			b.block(block)
		}
		b.json(`]}`)
	}
	b.json(`]`)
}

func (b *builder) block(block Block) {
	if block.Type == "text" {
		b.json(`{"type":"text","text":"`)
		for _, segment := range block.Text {
			b.text(segment)
		}
		b.json(`"}`)
		return
	}
	b.json(`{"type":`).value(block.Type).json(`,"source":{"type":"base64","media_type":`).value(block.MediaType).json(`,"data":"`)
	b.parts = append(b.parts, part{'b', block.Data})
	b.json(`"}`)
	if block.Type == "document" && block.Name != "" {
		b.json(`,"title":`).value(block.Name)
	}
	b.json(`}`)
}

// bodyReader reads the parts one after another.
type bodyReader struct {
	parts []part
	pos   int
	held  []byte // an escape that did not fit
}

func (r *bodyReader) Read(p []byte) (int, error) {
	n := copy(p, r.held)
	r.held = r.held[n:]
	for n < len(p) && len(r.parts) > 0 {
		part := r.parts[0]
		if r.pos >= len(part.data) {
			r.parts, r.pos = r.parts[1:], 0
			continue
		}
		written, read, held := part.copy(p[n:], r.pos)
		n, r.pos, r.held = n+written, r.pos+read, held
		if len(held) > 0 || written == 0 {
			break
		}
	}
	if n == 0 && len(p) > 0 && len(r.parts) == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// copy writes as much of the part, from pos on, as fits into p. held is what
// belongs behind p and found no room.
func (part part) copy(p []byte, pos int) (written, read int, held []byte) {
	src := part.data[pos:]
	switch part.kind {
	case 't':
		return escape(p, src)
	case 'b':
		if len(p) < 4 {
			four := make([]byte, 4)
			read = min(3, len(src))
			base64.StdEncoding.Encode(four, src[:read])
			written = copy(p, four)
			return written, read, four[written:]
		}
		read = min(len(p)/4*3, len(src))
		base64.StdEncoding.Encode(p, src[:read])
		return base64.StdEncoding.EncodedLen(read), read, nil
	}
	n := copy(p, src)
	return n, n, nil
}
