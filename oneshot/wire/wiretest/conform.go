package wiretest

import (
	"bytes"
	"io"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"hermes/oneshot/class"
	"hermes/oneshot/wire"
)

// Sample is an answer of a protocol, by which Conform tries it.
type Sample struct {
	// Events are a whole answer with the text "Hello" in at least two pieces, each event as it stands in a stream.
	Events []string
	// WholeFrom is how many of the events make the answer whole: what follows them may be missing.
	WholeFrom int
	// Unknown is an event that the protocol does not know and skips.
	Unknown string
	// Failure is an error in the middle of a stream, of the class FailureClass.
	Failure      string
	FailureClass class.Class
	// OddFinish is Events with an ending in a word that no table knows: OddWord.
	OddFinish []string
	OddWord   string
	// Call is a whole answer with one call of the tool "look" with the arguments {"a":1}.
	Call []string
}

// Conform is the table that every protocol passes: an answer whole, cut at each event, with an error in each place, byte
// by byte, with unknown events, and with an unknown end.
func Conform(t *testing.T, p wire.Protocol, s Sample) {
	t.Helper()
	c := conformance{p, s}
	t.Run("whole", c.whole)
	t.Run("byte by byte", c.byteByByte)
	t.Run("cut", c.cut)
	t.Run("cut inside", c.cutInside)
	t.Run("failure", c.failure)
	t.Run("unknown events", c.unknownEvents)
	t.Run("unknown end", c.unknownEnd)
	t.Run("call", c.call)
	t.Run("one document", c.oneDocument)
}

// conformance is one protocol under test.
type conformance struct {
	p wire.Protocol
	Sample
}

func (c conformance) read(t *testing.T, events ...string) *Outcome {
	return Read(t, c.p, strings.NewReader(strings.Join(events, "")))
}

func (c conformance) whole(t *testing.T) {
	o := c.read(t, c.Events...)
	wantWhole(t, o)
	if o.Ends[0].Usage.InputTokens == 0 || o.Ends[0].Usage.OutputTokens == 0 || o.Ends[0].TTFT <= 0 {
		t.Errorf("usage and time: %+v", o.Ends[0])
	}
}

// oneDocument: a request for the answer in one document asks for no stream, and is the same else.
func (c conformance) oneDocument(t *testing.T) {
	r := Hello()
	streamed := Encoded(t, c.p, r)
	r.Whole = true
	u := c.p.Endpoint(&url.URL{Scheme: "http", Host: "h"}, r)
	if whole := Encoded(t, c.p, r); strings.Contains(whole+u.String(), "stream") || len(whole) > len(streamed) || strings.Contains(u.String(), "sse") {
		t.Errorf("%s %s, streamed %s", u, whole, streamed)
	}
}

func (c conformance) byteByByte(t *testing.T) {
	o := Read(t, c.p, iotest.OneByteReader(strings.NewReader(strings.Join(c.Events, ""))))
	wantWhole(t, o)
	if want := c.read(t, c.Events...).Digest(); o.Digest() != want {
		t.Errorf("%s\n%s", o.Digest(), want)
	}
}

func (c conformance) cut(t *testing.T) {
	for n := range c.WholeFrom {
		o := c.read(t, c.Events[:n]...)
		if o.Result != nil || o.Error().ErrClass != class.Protocol || !o.Error().Retryable {
			t.Errorf("after %d events: %+v, %v", n, o.Result, o.Err)
		}
	}
	for n := c.WholeFrom; n < len(c.Events); n++ {
		wantWhole(t, c.read(t, c.Events[:n]...))
	}
}

func (c conformance) cutInside(t *testing.T) {
	body := strings.Join(c.Events[:c.WholeFrom], "")
	for n := range bytes.TrimRight([]byte(body), "\r\n") {
		if o := c.read(t, body[:n]); o.Result != nil && o.Text.String() != "Hello" {
			t.Fatalf("cut at byte %d: %q is called whole", n, o.Text.String())
		}
	}
}

func (c conformance) failure(t *testing.T) {
	for n := range c.WholeFrom {
		events := append(append([]string(nil), c.Events[:n]...), c.Failure)
		o := c.read(t, append(events, c.Events[n:]...)...)
		if o.Result != nil || o.Error().ErrClass != c.FailureClass {
			t.Errorf("after %d events: %+v, %+v", n, o.Result, o.Err)
		}
	}
}

func (c conformance) unknownEvents(t *testing.T) {
	for n := range c.Events {
		events := append(append([]string(nil), c.Events[:n]...), c.Unknown)
		wantWhole(t, c.read(t, append(events, c.Events[n:]...)...))
	}
}

func (c conformance) unknownEnd(t *testing.T) {
	o := c.read(t, c.OddFinish...)
	if o.Result == nil || o.Result.Finish != wire.FinishUnknown || o.Result.Word != c.OddWord {
		t.Errorf("%+v, %v", o.Result, o.Err)
	}
}

func (c conformance) call(t *testing.T) {
	o := c.read(t, c.Call...)
	if o.Err != nil || len(o.Calls) != 1 || o.Calls[0].Name != "look" || !sameJSON(o.Calls[0].Arguments, []byte(`{"a":1}`)) || o.Result.Finish != wire.FinishCalls {
		t.Errorf("%+v, %+v, %v", o.Calls, o.Result, o.Err)
	}
	quiet := ReadFor(t, c.p, Hello(), strings.NewReader(strings.Join(c.Call, "")))
	if len(quiet.Calls) != 0 || len(quiet.Result.Turn) != 0 {
		t.Errorf("without tools: %d calls and %d parts are kept", len(quiet.Calls), len(quiet.Result.Turn))
	}
	wantSentBack(t, c.p, o)
}

// wantSentBack: what the model sent goes into the next request as it came.
func wantSentBack(t *testing.T, p wire.Protocol, o *Outcome) {
	t.Helper()
	r := WithTools()
	r.Turns = append(r.Turns, wire.Turn{Role: wire.Assistant, Parts: o.Result.Turn})
	encoded, err := p.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(encoded.Open()); err != nil {
		t.Fatal(err)
	}
	raw := 0
	for _, part := range o.Result.Turn {
		if part.Raw != nil {
			raw++
		}
		if !bytes.Contains(body.Bytes(), part.Raw) {
			t.Errorf("%s is not in the next request %s", part.Raw, body.Bytes())
		}
	}
	kept := wire.Turn{Role: wire.Assistant, Parts: o.Result.Turn}.Kept(wire.Origin{})
	if last := kept.Parts[len(kept.Parts)-1]; raw == 0 || last.Kind != wire.PartCall || last.Call.Name != "look" || last.Raw != nil {
		t.Errorf("%d parts in the server's form; for another server there is %+v", raw, kept.Parts)
	}
}

func wantWhole(t *testing.T, o *Outcome) {
	t.Helper()
	if o.Err != nil || o.Text.String() != "Hello" || o.Result == nil || o.Result.Finish != wire.FinishStop {
		t.Errorf("%q, %+v, %v", o.Text.String(), o.Result, o.Err)
	}
}

// NoAllocations checks that a piece of text costs no allocation once a stream is under way. head opens the stream, delta
// is one event with text.
func NoAllocations(t *testing.T, p wire.Protocol, head, delta, end string) {
	t.Helper()
	count := func(n int) float64 {
		body := []byte(head + strings.Repeat(delta, n) + end)
		c := &wire.Client{Protocol: p, BaseURL: "http://h", Transport: Answer{Status: 200, Body: func() io.Reader { return bytes.NewReader(body) }}}
		return testing.AllocsPerRun(5, func() {
			for _, err := range c.Stream(t.Context(), Hello()) {
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	if few, many := count(100), count(10_100); many-few > 100 {
		t.Errorf("%v allocations for 10000 deltas", many-few)
	}
}
