package oneshot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"hermes/oneshot/class"
	"hermes/oneshot/jsonstring"
	"hermes/oneshot/output"
	"hermes/oneshot/wire/anthropic"
)

// reply is what a scripted server says to one request.
type reply struct {
	to     string   // only to a request whose body holds this
	pieces []string // of the answer
	stop   string   // the reason, else end_turn
	usage  string   // in, out, cache read and cache write, as JSON members
	status int      // of a refusal, in place of an answer
	model  string
	cut    bool                // the stream ends before its end
	gone   error               // no response at all
	hang   bool                // after the pieces nothing more, until the request is cancelled
	header map[string]string   // further ones
	before func(*http.Request) // called when the request is there
}

func answers(pieces ...string) reply { return reply{pieces: pieces} }

func refuses(status int) reply { return reply{status: status} }

// server answers the requests of a run in the order of its replies and keeps what was asked.
type server struct {
	t       *testing.T
	mu      sync.Mutex
	replies []reply
	bodies  []string
}

func serve(t *testing.T, replies ...reply) *server {
	s := &server{t: t, replies: replies}
	t.Cleanup(func() {
		if len(s.replies) > 0 && !t.Failed() {
			t.Errorf("%d replies were never asked for, after %d requests", len(s.replies), len(s.bodies))
		}
	})
	return s
}

// next takes the first reply that is for this body.
func (s *server) next(body string) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies = append(s.bodies, body)
	for i, r := range s.replies {
		if strings.Contains(body, r.to) {
			s.replies = append(s.replies[:i:i], s.replies[i+1:]...)
			return r, nil
		}
	}
	s.t.Errorf("request %d was not expected: %.300s", len(s.bodies), body)
	return reply{}, errors.New("not expected")
}

func (s *server) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.bodies...)
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	rep, err := s.next(string(raw))
	if err != nil {
		return nil, err
	}
	if rep.before != nil {
		rep.before(r)
	}
	if rep.gone != nil {
		return nil, rep.gone
	}
	h := http.Header{"Content-Type": {"text/event-stream"}}
	for name, value := range rep.header {
		h.Set(name, value)
	}
	if rep.status != 0 {
		h.Set("Content-Type", "application/json")
		body := fmt.Sprintf(`{"type":"error","error":{"type":"made_up_error","message":"status %d"}}`, rep.status)
		return &http.Response{StatusCode: rep.status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
	return &http.Response{StatusCode: 200, Header: h, Body: rep.body(r.Context())}, nil
}

// body gives each event by a read of its own.
func (r reply) body(ctx context.Context) io.ReadCloser {
	usage, stop, model := r.usage, r.stop, r.model
	if usage == "" {
		usage = `"input_tokens":10,"output_tokens":5`
	}
	if stop == "" {
		stop = "end_turn"
	}
	if model == "" {
		model = "served"
	}
	event := func(kind, rest string) string {
		return fmt.Sprintf("event: %s\ndata: {\"type\":%q%s}\n\n", kind, kind, rest)
	}
	all := []string{event("message_start", fmt.Sprintf(`,"message":{"model":%q,"usage":{%s}}`, model, usage))}
	for i, p := range r.pieces {
		if c, ok := strings.CutPrefix(p, "call:"); ok {
			name, args, _ := strings.Cut(c, " ")
			all = append(all, event("content_block_start", fmt.Sprintf(`,"index":%d,"content_block":{"type":"tool_use","id":"c%d","name":%q,"input":{}}`, i+1, i, name)),
				event("content_block_delta", fmt.Sprintf(`,"index":%d,"delta":{"type":"input_json_delta","partial_json":%q}`, i+1, args)),
				event("content_block_stop", fmt.Sprintf(`,"index":%d`, i+1)))
			continue
		}
		var quoted bytes.Buffer
		quoted.Write(jsonstring.Append(nil, []byte(p)))
		kind, member := "text_delta", "text"
		if rest, ok := strings.CutPrefix(quoted.String(), "think:"); ok {
			kind, member = "thinking_delta", "thinking"
			quoted = *bytes.NewBufferString(rest)
		}
		all = append(all, event("content_block_delta", fmt.Sprintf(`,"index":0,"delta":{"type":%q,%q:"%s"}`, kind, member, quoted.String())))
	}
	if !r.cut && !r.hang {
		all = append(all, event("message_delta", fmt.Sprintf(`,"delta":{"stop_reason":%q},"usage":{%s}`, stop, usage)), event("message_stop", ""))
	}
	return io.NopCloser(readFunc(func(p []byte) (int, error) {
		switch {
		case len(all) > 0:
			n := copy(p, all[0])
			if all[0] = all[0][n:]; all[0] == "" {
				all = all[1:]
			}
			return n, nil
		case r.hang:
			<-ctx.Done()
			return 0, ctx.Err()
		}
		return 0, io.EOF
	}))
}

// event is any line of the stream; the members that tests look at.
type event struct {
	Type, Class, Code, Message, Text, From, To, Model, Provider, Purpose, Status string
	Seq, Attempt                                                                 int
	Errors                                                                       []output.SchemaError
	Input                                                                        output.Input
	Limits                                                                       output.Limits
	Usage                                                                        *output.Usage
	Name, Server                                                                 string
}

// ran is a run that is over, with all that it told.
type ran struct {
	err      error
	stdout   string
	events   []event
	end      output.RunEnd
	start    event
	recorded []output.RunEnd
}

// all gives the events of a type.
func (r *ran) all(kind string) []event {
	var some []event
	for _, e := range r.events {
		if e.Type == kind {
			some = append(some, e)
		}
	}
	return some
}

// schemaOfEvents is the published one.
var schemaOfEvents = sync.OnceValues(func() (*jsonschema.Schema, error) {
	raw, err := output.Schema("events")
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("events", doc); err != nil {
		return nil, err
	}
	return c.Compile("events")
})

// speaks gives a target and its helpers the Messages API, unless the test chose another protocol.
func speaks(t Target) Target {
	if t.Protocol == nil {
		t.Protocol = anthropic.Protocol{}
	}
	for _, helper := range []*func(context.Context) (Target, error){&t.Vision, &t.Delegate} {
		if resolve := *helper; resolve != nil {
			*helper = func(ctx context.Context) (Target, error) {
				h, err := resolve(ctx)
				return speaks(h), err
			}
		}
	}
	return t
}

// perform runs the job and holds what every run promises: each event fits the published schema, the numbers have no gap,
// run.start is first, exactly one run.end last, and the record, run.end and the returned error say the same.
func perform(t *testing.T, ctx context.Context, job Job) *ran {
	t.Helper()
	r := &ran{}
	var stdout, events locked
	if job.Explain == nil {
		job.Explain = func(err error) output.Failure { return Explain(err, "p") }
	}
	job.Keep = true
	job.Record = func(end output.RunEnd, _ string) { r.recorded = append(r.recorded, end) }
	em := output.NewEmitter(&output.Sink{Name: "stdout", Encoder: output.NewText(&stdout, output.TextOptions{Atomic: job.Schema != nil})},
		&output.Sink{Name: "events", Encoder: output.NewStreamJSON(&events)})
	r.err = Run(ctx, job, em)
	r.stdout = stdout.String()
	r.hear(t, events.String())
	if len(r.recorded) != 1 {
		t.Fatalf("recorded %d times", len(r.recorded))
	}
	if rec := r.recorded[0]; rec.Status != r.end.Status || rec.ExitCode != r.end.ExitCode || rec.FinishReason != r.end.FinishReason {
		t.Errorf("recorded %+v, told %+v", rec, r.end)
	}
	if (r.err == nil) != (r.end.Status == output.StatusOK) || (r.err == nil) != (r.end.ExitCode == 0) || (r.err == nil) != (r.end.Error == nil) {
		t.Errorf("error %v, told %+v", r.err, r.end)
	}
	if r.err != nil && (r.end.Error.Message != r.err.Error() || r.end.Error.Class != job.Explain(r.err).Class) {
		t.Errorf("error %v, told %+v", r.err, r.end.Error)
	}
	return r
}

// hear reads the events.
func (r *ran) hear(t *testing.T, stream string) {
	t.Helper()
	schema, err := schemaOfEvents()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(stream, "\n"), "\n")
	for i, line := range lines {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%v\n%s", err, line)
		}
		var e event
		if doc.(map[string]any)["type"] == "run.end" {
			err = json.Unmarshal([]byte(line), &r.end)
			e.Type = "run.end"
		} else {
			err = json.Unmarshal([]byte(line), &e)
			if e.Seq != i {
				t.Errorf("line %d has number %d", i, e.Seq)
			}
		}
		if err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if (e.Type == "run.start") != (i == 0) || (e.Type == "run.end") != (i == len(lines)-1) {
			t.Errorf("line %d of %d is %s", i+1, len(lines), e.Type)
		}
		r.events = append(r.events, e)
	}
	r.start = r.events[0]
}

// fails wants the class, its exit code and a part of the message.
func (r *ran) fails(t *testing.T, want class.Class, part string) {
	t.Helper()
	if !class.Is(r.err, want) || !strings.Contains(fmt.Sprint(r.err), part) {
		t.Errorf("error %v of class %v, want %s with %q", r.err, r.end.Error, want, part)
	}
	for _, x := range output.Exits() {
		if x.Class == want && r.end.ExitCode != x.Code {
			t.Errorf("exit code %d, want %d", r.end.ExitCode, x.Code)
		}
	}
}

// sent is the request's body as a test looks at it.
type sent struct {
	Model     string
	System    string
	MaxTokens int `json:"max_tokens"`
	Messages  []struct {
		Role    string
		Content []struct {
			Type, Text, Title string
			Source            struct {
				MediaType string `json:"media_type"`
				Data      []byte
			}
		}
	}
}

func parse(t *testing.T, body string) sent {
	t.Helper()
	var s sent
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		t.Fatalf("%v in %.300s", err, body)
	}
	return s
}

// texts are the text blocks of the first turn.
func (s sent) texts() []string {
	var all []string
	for _, b := range s.Messages[0].Content {
		if b.Type == "text" {
			all = append(all, b.Text)
		}
	}
	return all
}
