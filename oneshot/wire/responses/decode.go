package responses

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unsafe"

	"github.com/tidwall/gjson"

	"hermes/oneshot/class"
	"hermes/oneshot/sse"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/apierror"
	"hermes/oneshot/wire/read"
)

// decoder turns the events of one stream into ours (grammar: wires §2.2).
type decoder struct {
	to      *wire.Sink
	layout  read.Layout // of the last text delta
	items   map[int64]*item
	order   []*item // as they were begun
	pieces  read.Pieces
	refusal []byte
	said    bool // text went out
}

// item is one item of the output.
type item struct {
	commentary bool // what the model says before its answer
	said       bool // its text came in deltas
	told       bool // its text came whole, part by part
	call       bool
	id, name   string
	arguments  []byte
	raw        json.RawMessage // as the server closed it
}

// Event handles one event.
func (d *decoder) Event(ev sse.Event) (done bool, err error) {
	if raw, ok := d.layout.Cut(ev.Data); ok {
		if ok, err := d.piece(raw); ok {
			return false, err
		}
	}
	if d.repeats(ev) {
		return false, nil
	}
	data := bytes.TrimSpace(ev.Data)
	switch {
	case len(data) == 0, string(data) == "[DONE]":
		return false, nil
	case !read.Valid(data):
		return false, wire.Broken("an event of the stream is not JSON")
	}
	return d.object(data)
}

// repeats reports whether the event only says once more what deltas brought. It is as long as the answer, so it is not even checked
// for JSON: each of the three takes 5 MB in 100k deltas a tenth more cpu. An item is read all the same where the turn is kept, and
// where it may hold a refusal.
func (d *decoder) repeats(ev sse.Event) bool {
	switch ev.Type {
	case "response.output_text.done", "response.content_part.done":
	case "response.output_item.done":
		if d.to.Keeps() || bytes.Contains(ev.Data, []byte(`"refusal"`)) {
			return false
		}
	default:
		return false
	}
	it := d.items[read.Member(parse(ev.Data), "output_index").Int()]
	return it != nil && it.said
}

// EOF is a stream that ended before its terminal event.
func (d *decoder) EOF() error { return wire.Broken("the stream ended before response.completed") }

// Flush hands out half a character that was held back.
func (d *decoder) Flush() error { return d.to.Text(d.pieces.Rest()) }

// Document is an answer that did not come as a stream.
func (d *decoder) Document(raw []byte) error {
	doc := gjson.ParseBytes(raw)
	if apierror.Is(doc) && !doc.Get("output").Exists() {
		return failed(raw)
	}
	if doc.Get("object").Str != "response" && !doc.Get("output").IsArray() {
		return apierror.NotAn(wire.Responses, doc, "a JSON document that is no response came instead of an event stream")
	}
	return d.finish(doc)
}

func failed(raw []byte) error {
	f := apierror.Read(wire.Responses, 0, raw)
	return &f
}

// parse is JSON in the bytes where it stands.
func parse(data []byte) gjson.Result {
	return gjson.Parse(unsafe.String(unsafe.SliceData(data), len(data)))
}

func (d *decoder) object(data []byte) (done bool, err error) {
	doc := parse(data)
	kind := read.Member(doc, "type").Str
	if kind == "response.output_text.delta" {
		return false, d.text(data, doc)
	}
	d.layout.Forget()
	if err := d.to.Hold(len(data)); err != nil { // each such event may open an item, or say something to keep
		return false, err
	}
	switch kind {
	case "response.created", "response.in_progress", "response.queued":
		d.name(membersOf(read.Member(doc, "response")))
	case "response.completed", "response.incomplete", "response.failed":
		return true, d.finish(read.Member(doc, "response"))
	case "error":
		return false, failed(data)
	default:
		if part, ok := strings.CutPrefix(kind, "response."); ok {
			return false, d.part(part, doc)
		}
		if apierror.Is(doc) {
			return false, failed(data)
		}
		return false, apierror.Foreign(wire.Responses, doc)
	}
	return false, nil
}

// part reads an event about one item.
func (d *decoder) part(kind string, doc gjson.Result) error {
	index := doc.Get("output_index").Int()
	switch kind {
	case "output_item.added":
		d.begin(index, doc.Get("item"))
	case "output_item.done":
		return d.close(index, doc.Get("item"))
	case "output_text.done":
		d.at(index).told = true
		return d.whole(index, doc)
	case "reasoning_summary_text.delta", "reasoning_text.delta", "reasoning.delta":
		d.at(index).said = true
		return d.to.Reasoning(read.Text(nil, doc.Get("delta")))
	case "refusal.delta":
		d.refusal = read.Text(d.refusal, doc.Get("delta"))
	case "function_call_arguments.delta":
		if it := d.at(index); d.to.Keeps() {
			it.arguments = read.Text(it.arguments, doc.Get("delta"))
		}
	case "function_call_arguments.done":
		d.at(index).finished(doc.Get("arguments"))
	}
	return nil
}

// at is the item of an index, begun now where no event announced it.
func (d *decoder) at(index int64) *item {
	if d.items[index] == nil {
		d.items[index] = &item{}
		d.order = append(d.order, d.items[index])
	}
	return d.items[index]
}

// begin opens an item. Ollama uses an index twice: what is announced later replaces what was there (wires §2.2).
func (d *decoder) begin(index int64, v gjson.Result) {
	delete(d.items, index)
	d.at(index).describe(v)
}

// close takes an item in its last form. Text of which no delta came is handed out now.
func (d *decoder) close(index int64, v gjson.Result) error {
	it := d.at(index)
	it.describe(v)
	if d.to.Keeps() {
		it.raw = json.RawMessage(strings.Clone(v.Raw))
		if it.call && it.name != v.Get("name").Str {
			it.raw = read.Replace(it.raw, "name", it.name)
		}
	}
	if v.Get("type").Str == "reasoning" {
		return d.thought(it, v)
	}
	for _, part := range v.Get("content").Array() {
		switch part.Get("type").Str {
		case "output_text":
			if it.told {
				continue
			}
			if err := d.whole(index, part); err != nil {
				return err
			}
		case "refusal":
			d.refuse(part.Get("refusal"))
		}
	}
	return nil
}

// thought hands out reasoning of which no delta came: its summary, else its text.
func (d *decoder) thought(it *item, v gjson.Result) error {
	if it.said {
		return nil
	}
	parts := v.Get("summary").Array()
	if len(parts) == 0 {
		parts = v.Get("content").Array()
	}
	var all []byte
	for _, part := range parts {
		all = read.Text(all, part.Get("text"))
	}
	return d.to.Reasoning(all)
}

func (d *decoder) refuse(v gjson.Result) {
	if len(d.refusal) == 0 {
		d.refusal = read.Text(nil, v)
	}
}

// whole hands out the text of an item, or of a part of it, unless its deltas did. Only then it is read: gjson copies a text that has
// escapes, and this one is as long as the answer.
func (d *decoder) whole(index int64, v gjson.Result) error {
	it := d.at(index)
	if it.said {
		return nil
	}
	return d.say(it, read.Text(nil, v.Get("text")))
}

// text handles a text delta, and learns its layout.
func (d *decoder) text(data []byte, doc gjson.Result) error {
	it, delta := d.at(doc.Get("output_index").Int()), doc.Get("delta")
	it.said = true
	text, _ := d.pieces.Next(read.Raw(delta))
	if !it.commentary {
		d.layout.Learn(data, delta)
	}
	return d.say(it, text)
}

func (d *decoder) say(it *item, text []byte) error {
	if it.commentary {
		return d.to.Reasoning(text)
	}
	d.said = d.said || len(text) > 0
	return d.to.Text(text)
}

// piece hands out the content of a JSON string as text. ok is false when raw is not one; nothing happened then.
func (d *decoder) piece(raw []byte) (ok bool, err error) {
	text, ok := d.pieces.Next(raw)
	if !ok {
		return false, nil
	}
	return true, d.to.Text(text)
}

// members are those of a response that count. All are taken in one pass: each Get reads the answer that stands
// before its member.
type members struct{ id, model, status, details, usage, failure, output gjson.Result }

func membersOf(v gjson.Result) (r members) {
	to := map[string]*gjson.Result{
		"id": &r.id, "model": &r.model, "status": &r.status, "incomplete_details": &r.details, "usage": &r.usage, "error": &r.failure, "output": &r.output,
	}
	read.Members(v, func(name, value string) bool {
		if member := to[name]; member != nil {
			*member = gjson.Parse(value)
		}
		return true
	})
	return r
}

func (d *decoder) name(res members) {
	r := d.to.Result()
	if model := res.model.Str; model != "" {
		r.Model = strings.Clone(model)
	}
	if id := res.id.Str; id != "" {
		r.MessageID = strings.Clone(id)
	}
}

// finish reads the final response.
func (d *decoder) finish(v gjson.Result) error {
	res := membersOf(v)
	d.name(res)
	r, usage := d.to.Result(), res.usage
	r.Usage = wire.Usage{
		OutputTokens:     read.Count(usage.Get("output_tokens")),
		CacheReadTokens:  read.Count(usage.Get("input_tokens_details.cached_tokens")),
		CacheWriteTokens: read.Count(usage.Get("input_tokens_details.cache_write_tokens")),
		ReasoningTokens:  read.Count(usage.Get("output_tokens_details.reasoning_tokens")),
	}
	r.Usage.InputTokens = max(read.Count(usage.Get("input_tokens"))-r.Usage.CacheReadTokens-r.Usage.CacheWriteTokens, 0)
	status, reason := res.status.Str, res.details.Get("reason").Str
	switch e := res.failure; {
	case e.IsObject(), e.Str != "":
		return failed([]byte(`{"error":` + e.Raw + `}`))
	case status == "failed":
		return &wire.Failure{Class: class.ServerError, Message: "the response failed, and the server told no reason", Retryable: true}
	}
	if err := d.missed(res.output); err != nil {
		return err
	}
	r.Word, r.Finish = strings.Clone(status), d.ending(status, reason)
	if status == "incomplete" && reason != "" {
		r.Word = strings.Clone(reason)
	}
	r.Refusal = string(d.refusal)
	return d.handOver()
}

func (d *decoder) ending(status, reason string) wire.Finish {
	switch {
	case reason == "max_output_tokens", reason == "max_tokens":
		return wire.FinishLength
	case reason == "content_filter", len(d.refusal) > 0:
		return wire.FinishRefusal
	case status != "completed" || reason != "":
		return wire.FinishUnknown
	case slices.ContainsFunc(d.order, func(it *item) bool { return it.call }):
		return wire.FinishCalls
	}
	return wire.FinishStop
}

// missed takes from the final output what no event brought.
func (d *decoder) missed(output gjson.Result) error {
	none := len(d.order) == 0
	if d.said && !strings.Contains(output.Raw, `"function_call"`) { // nothing to look for, and it is as long as the answer
		return nil
	}
	for i, v := range output.Array() {
		kind := v.Get("type").Str
		if !none && !(kind == "message" && !d.said) && !(kind == "function_call" && !d.knows(v.Get("call_id").Str)) {
			continue
		}
		if err := d.close(int64(i), v); err != nil {
			return err
		}
	}
	return nil
}

// knows reports whether a call of that id came.
func (d *decoder) knows(id string) bool {
	return slices.ContainsFunc(d.order, func(it *item) bool { return it.call && it.id == id })
}

// handOver gives the kept turn and its calls, in order.
func (d *decoder) handOver() error {
	if !d.to.Keeps() {
		return nil
	}
	for _, it := range d.order {
		if it.raw != nil {
			d.to.Keep(it.part())
		}
	}
	for _, it := range d.order {
		if it.call {
			if err := d.to.Call(wire.Call{ID: it.id, Name: it.name, Arguments: wire.Arguments(it.arguments)}); err != nil {
				return err
			}
		}
	}
	return nil
}
