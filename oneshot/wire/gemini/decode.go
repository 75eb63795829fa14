package gemini

import (
	"bytes"
	"encoding/json"
	"strings"
	"unsafe"

	"github.com/tidwall/gjson"

	"hermes/oneshot/sse"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/apierror"
	"hermes/oneshot/wire/read"
)

// decoder turns the chunks of one stream into ours (grammar: wires §3).
type decoder struct {
	to             *wire.Sink
	layout         read.Layout // of the last chunk with text alone
	text, thoughts read.Pieces
	last           []byte // the last event that was not read as JSON: it may hold a usage
	calls          []wire.Call
	called         bool
}

// Event handles one event.
func (d *decoder) Event(ev sse.Event) (done bool, err error) {
	if raw, ok := d.layout.Cut(ev.Data); ok && !d.to.Keeps() {
		if text, ok := d.text.Next(raw); ok {
			d.last = append(d.last[:0], ev.Data...)
			return false, d.to.Text(text)
		}
	}
	data := bytes.TrimSpace(ev.Data)
	switch {
	case len(data) == 0, string(data) == "[DONE]":
		return false, nil
	case !read.Valid(data):
		return false, wire.Broken("an event of the stream is not JSON")
	}
	return false, d.chunk(data)
}

// EOF is the end of the stream: the answer's, when a finishReason came.
func (d *decoder) EOF() error {
	r := d.to.Result()
	if r.Word == "" {
		return wire.Broken("the stream ended before a finishReason")
	}
	if d.called && r.Finish == wire.FinishStop {
		r.Finish = wire.FinishCalls
	}
	for _, c := range d.calls {
		if err := d.to.Call(c); err != nil {
			return err
		}
	}
	return nil
}

// Flush hands out half a character, and takes the usage of events that were not read.
func (d *decoder) Flush() error {
	d.usage(gjson.GetBytes(d.last, "usageMetadata"))
	return d.to.Text(d.text.Rest())
}

// Document is an answer that did not come as a stream, or the stream as one list.
func (d *decoder) Document(raw []byte) error {
	doc := gjson.ParseBytes(raw)
	chunks := []gjson.Result{doc}
	if doc.IsArray() {
		chunks = doc.Array()
	}
	for _, c := range chunks {
		if err := d.chunk([]byte(c.Raw)); err != nil {
			return err
		}
	}
	if r := d.to.Result(); r.Word == "" && !doc.Get("candidates").Exists() && !doc.Get("0.candidates").Exists() {
		return apierror.NotAn(wire.Gemini, doc, "a JSON document that is no answer came instead of an event stream")
	}
	return d.EOF()
}

func (d *decoder) chunk(data []byte) error {
	doc := gjson.Parse(unsafe.String(unsafe.SliceData(data), len(data)))
	if apierror.Is(doc) {
		f := apierror.Read(wire.Gemini, 0, data)
		return &f
	}
	if d.to.Keeps() {
		if err := d.to.Hold(len(data)); err != nil {
			return err
		}
	}
	r := d.to.Result()
	if model := doc.Get("modelVersion").Str; model != "" && r.Model != model {
		r.Model = strings.Clone(model)
	}
	if id := doc.Get("responseId").Str; id != "" && r.MessageID != id {
		r.MessageID = strings.Clone(id)
	}
	d.usage(doc.Get("usageMetadata"))
	if reason := doc.Get("promptFeedback.blockReason").Str; reason != "" {
		r.Word, r.Finish = strings.Clone(reason), wire.FinishRefusal
		r.Refusal = strings.Clone(doc.Get("promptFeedback.blockReasonMessage").Str)
	}
	if err := apierror.Foreign(wire.Gemini, doc); err != nil {
		return err
	}
	candidate := doc.Get("candidates.0")
	parts := candidate.Get("content.parts").Array()
	for _, part := range parts {
		if err := d.part(part); err != nil {
			return err
		}
	}
	word := candidate.Get("finishReason").Str
	if word != "" {
		r.Word, r.Finish = strings.Clone(word), finish(word)
		return nil
	}
	d.layout.Forget()
	if text := doc.Get("candidates.0.content.parts.0.text"); len(parts) == 1 && len(text.Raw) > 2 && only(parts[0], "text") {
		d.layout.Learn(data, text)
	}
	return nil
}

// only reports whether an object has one member, of that name.
func only(object gjson.Result, name string) bool {
	alone := true
	object.ForEach(func(key, _ gjson.Result) bool { alone = alone && key.Str == name; return alone })
	return alone
}

func (d *decoder) part(part gjson.Result) error {
	text, call := part.Get("text"), part.Get("functionCall")
	kept := wire.Part{Kind: wire.PartOther}
	var err error
	switch {
	case call.IsObject():
		d.called = true
		kept.Kind = wire.PartCall
		d.call(call, &kept)
	case text.Type == gjson.String && part.Get("thought").Bool():
		kept.Kind = wire.PartReasoning
		piece, _ := d.thoughts.Next(read.Raw(text))
		err = d.to.Reasoning(piece)
	case text.Type == gjson.String:
		kept.Kind = wire.PartText
		piece, _ := d.text.Next(read.Raw(text))
		if d.to.Keeps() {
			kept.Text = [][]byte{bytes.Clone(piece)}
		}
		err = d.to.Text(piece)
	}
	if d.to.Keeps() {
		kept.Raw = json.RawMessage(strings.Clone(part.Raw))
		if kept.Call != nil && kept.Call.Name != call.Get("name").Str {
			kept.Raw = read.Replace(kept.Raw, "functionCall.name", kept.Call.Name)
		}
		d.to.Keep(kept)
	}
	return err
}

// call keeps a call until the end of the answer.
func (d *decoder) call(v gjson.Result, part *wire.Part) {
	if !d.to.Keeps() {
		return
	}
	c := wire.Call{ID: strings.Clone(v.Get("id").Str), Name: wire.FitName(strings.Clone(v.Get("name").Str))}
	c.Arguments = wire.Arguments([]byte(v.Get("args").Raw))
	part.Call = &c
	d.calls = append(d.calls, c)
}

// usage takes the counts, which are of the whole answer so far. Early chunks of some servers hold none.
func (d *decoder) usage(v gjson.Result) {
	d.last = d.last[:0]
	if !v.Get("promptTokenCount").Exists() && !v.Get("candidatesTokenCount").Exists() {
		return
	}
	u := wire.Usage{CacheReadTokens: read.Count(v.Get("cachedContentTokenCount")), ReasoningTokens: read.Count(v.Get("thoughtsTokenCount"))}
	prompt := read.Count(v.Get("promptTokenCount")) + read.Count(v.Get("toolUsePromptTokenCount"))
	u.InputTokens = max(prompt-u.CacheReadTokens, 0)
	u.OutputTokens = read.Count(v.Get("candidatesTokenCount")) + u.ReasoningTokens
	d.to.Result().Usage = u
}

// finish is the API's finishReason in our terms. A filter's verdict is a refusal.
func finish(word string) wire.Finish {
	switch word {
	case "STOP":
		return wire.FinishStop
	case "MAX_TOKENS":
		return wire.FinishLength
	case "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII",
		"IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION":
		return wire.FinishRefusal
	}
	return wire.FinishUnknown
}
