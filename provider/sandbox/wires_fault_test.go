package sandbox

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// try is post for answers that may not come.
func (w wireCase) try(t *testing.T, base, fault string) (answered, error) {
	t.Helper()
	return trySend(t, http.MethodPost, base+w.path, w.body(t, true), w.key, keyFor(w), FaultHeader, fault)
}

func keyFor(w wireCase) string {
	if w.key == "Authorization" {
		return "Bearer " + testKey
	}
	return testKey
}

// faultCase is one fault and what a client sees of it. ends is empty for a stream that ends as it should.
type faultCase struct {
	fault string
	on    string // the only wire that it is for
	check func(t *testing.T, w wireCase, a answered, err error)
}

func status(want int) func(*testing.T, wireCase, answered, error) {
	return func(t *testing.T, _ wireCase, a answered, err error) {
		if err != nil || a.status != want {
			t.Errorf("%d %v", a.status, err)
		}
	}
}

func noAnswer(t *testing.T, _ wireCase, a answered, err error) {
	if err == nil {
		t.Errorf("an answer: %d %s", a.status, a.body)
	}
}

func cutOff(t *testing.T, _ wireCase, a answered, err error) {
	if err != nil || a.status != 200 || !errors.Is(a.err, io.ErrUnexpectedEOF) {
		t.Errorf("%d %v %v", a.status, err, a.err)
	}
}

// says checks what a stream with a clean end says.
func says(ok func(w wireCase, s spoken) bool) func(*testing.T, wireCase, answered, error) {
	return func(t *testing.T, w wireCase, a answered, err error) {
		if err != nil || a.err != nil || a.status != 200 {
			t.Fatalf("%d %v %v %s", a.status, err, a.err, a.body)
		}
		if s := w.read(t, true, a); !ok(w, s) {
			t.Errorf("%+v", s)
		}
	}
}

func good(w wireCase, s spoken) bool {
	return s.text == helloText && s.ended && s.finish == finishWords["end"][w.name] && s.usage
}

func faultCases() []faultCase {
	return []faultCase{
		{"slow=5ms", "", says(good)},
		{"refuse", "", noAnswer},
		{"reset", "", noAnswer},
		{"status=503", "", status(503)},
		{"status=429,code=1008", "", status(429)},
		{"status=429,retry-after=3", "", hasHeader("Retry-After", "3")},
		{"status=429,retry-after-ms=250", "", hasHeader("Retry-After-Ms", "250")},
		{"status=429,retry-date", "", hasHeader("Retry-After", " GMT")},
		{"base_resp=1008", "", hasBody(200, `"status_code":1008`)},
		{"html", "", hasBody(200, "<html>")},
		{"redirect=http://127.0.0.1:9/", "", status(307)},
		{"expired", "", status(401)},
		{"error-200", "", hasBody(200, `"error":`)},
		{"error-200,error-text", "", hasBody(200, `"error":"`)},
		{"json-200", "", isDocument},
		{"cut=40", "", cutOff},
		{"cut-events=2", "", cutOff},
		{"stall=2/20ms", "", says(good)},
		{"error=overloaded_error", "", says(errorInTheMiddle)},
		{"error=overloaded_error,error-text", "", says(func(_ wireCase, s spoken) bool { return strings.Contains(s.errType, "overloaded") && !s.ended })},
		{"error=api_error/3,done-after-error", "chat", says(func(_ wireCase, s spoken) bool { return s.errType == "server_error" && s.ended && s.events == 5 })},
		{"no-stop", "", says(func(w wireCase, s spoken) bool { return s.text == helloText && !s.ended })},
		{"no-finish", "", says(noFinish)},
		{"finish=martian", "", says(func(_ wireCase, s spoken) bool { return s.finish == "martian" && s.text == helloText })},
		{"two-finishes", "chat", says(func(_ wireCase, s spoken) bool { return s.finish == "stopstop" && s.ended && s.usage })},
		{"finish-first", "chat", firstFinish},
		{"finish-first", "gemini", firstFinish},
		{"blocked", "gemini", says(func(_ wireCase, s spoken) bool { return s.text == "" && s.finish == "PROHIBITED_CONTENT" })},
		{"no-usage", "", says(func(_ wireCase, s spoken) bool { return !s.usage && s.ended && s.text == helloText })},
		{"thinking,reasoning-twice", "chat", says(func(_ wireCase, s spoken) bool { return s.reasoning == thinkingText })},
		{"comments", "", hasBody(200, ": sandbox processing")},
		{"drip", "", says(good)},
		{"slow-bytes=1ms", "", says(good)},
		{"split-utf8", "", says(func(_ wireCase, s spoken) bool { return strings.HasSuffix(s.text, "grüße, 世界, 🙂.") })},
		{"crlf", "", allCRLF},
		{"giant=20000", "", says(func(_ wireCase, s spoken) bool { return strings.Count(s.text, "x") >= 20000 && s.ended })},
		{"big=300", "", says(func(_ wireCase, s spoken) bool { return len(s.text) == 300*bigDeltaBytes && s.ended })},
		{"big=300,error=api_error/50", "", says(func(_ wireCase, s spoken) bool { return s.errType != "" && len(s.text) < 51*bigDeltaBytes })},
		{"empty", "", says(func(w wireCase, s spoken) bool {
			return s.text == "" && s.finish == finishWords["end"][w.name] && s.ended
		})},
		{"max_tokens", "", says(func(w wireCase, s spoken) bool { return s.finish == finishWords["length"][w.name] })},
		{"refusal", "", says(func(_ wireCase, s spoken) bool { return s.text == "" })},
		{"thinking", "", says(func(w wireCase, s spoken) bool { return s.reasoning == thinkingText && s.text == helloText })},
		{"tool_use", "", says(func(w wireCase, s spoken) bool {
			return len(s.calls) == 1 && s.calls[0] == `lookup {"query":"sandbox"}` && s.finish == finishWords["tool"][w.name]
		})},
		{"wide", "", says(good)},
	}
}

func hasHeader(name, value string) func(*testing.T, wireCase, answered, error) {
	return func(t *testing.T, _ wireCase, a answered, err error) {
		if err != nil || a.status != 429 || !strings.HasSuffix(a.header.Get(name), value) {
			t.Errorf("%d %v %v", a.status, err, a.header)
		}
	}
}

func hasBody(want int, part string) func(*testing.T, wireCase, answered, error) {
	return func(t *testing.T, _ wireCase, a answered, err error) {
		if err != nil || a.status != want || !strings.Contains(a.body, part) {
			t.Errorf("%d %v %s", a.status, err, a.body)
		}
	}
}

func isDocument(t *testing.T, w wireCase, a answered, err error) {
	if err != nil || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") || w.read(t, false, a).text != helloText {
		t.Errorf("%v %s", err, a.body)
	}
}

func errorInTheMiddle(w wireCase, s spoken) bool {
	want := map[string]string{
		"anthropic": "overloaded_error", "chat": "service_unavailable_error", "responses": "service_unavailable_error", "gemini": "UNAVAILABLE",
	}[w.name]
	events := 5
	if w.name == "responses" {
		events++ // response.failed
	}
	return s.errType == want && s.events == events && (w.name == "responses" || !s.ended)
}

func noFinish(w wireCase, s spoken) bool {
	ended := w.name == "anthropic" || w.name == "chat" // their last event says no reason
	return s.text == helloText && s.finish == "" && s.ended == ended
}

func firstFinish(t *testing.T, w wireCase, a answered, err error) {
	says(func(w wireCase, s spoken) bool { return s.text == helloText && s.finish == finishWords["end"][w.name] })(t, w, a, err)
	if first := strings.Index(a.body, `"`+finishWords["end"][w.name]+`"`); first < 0 || first > strings.Index(a.body, "Sandbox ans") {
		t.Errorf("the reason does not come first: %s", a.body)
	}
}

func allCRLF(t *testing.T, w wireCase, a answered, err error) {
	says(good)(t, w, a, err)
	if n := strings.Count(a.body, "\r\n"); n == 0 || n != strings.Count(a.body, "\n") || strings.Contains(a.body, "\r\r") {
		t.Errorf("not all lines end in one CR LF: %q", a.body)
	}
}

func TestEachFaultOnEachWire(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	covered := map[string]bool{}
	for _, test := range faultCases() {
		fs, err := parseFaults(test.fault)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fs {
			covered[f.name] = true
		}
		for _, w := range wireTable() {
			if test.on != "" && test.on != w.name {
				continue
			}
			t.Run(test.fault+" "+w.name, func(t *testing.T) {
				t.Parallel()
				a, err := w.try(t, base, test.fault)
				test.check(t, w, a, err)
			})
		}
	}
	for _, f := range Faults() {
		if !covered[f.Name] && (f.Scope == scopeMessages || isWire(f.Scope)) {
			t.Errorf("no case has the fault %s", f.Name)
		}
	}
}

func TestStallOnEachWireEndsWithItsClient(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{Fault: "stall=1"})
	for i, w := range wireTable() {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+w.path, strings.NewReader(w.body(t, true)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(w.key, keyFor(w))
		res, err := newClient(t).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		eventually(t, w.name+": its client's leave is counted", func() bool { return s.State().DroppedStreams == i+1 })
	}
}

func TestScopesOfWires(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{Fault: "chat:status=500,gemini:status=404,responses:slow=1ms"})
	for _, w := range wireTable() {
		a := w.post(t, base, true, w.body(t, true))
		if want := map[string]int{"anthropic": 200, "chat": 500, "responses": 200, "gemini": 404}[w.name]; a.status != want {
			t.Errorf("%s: %d, want %d", w.name, a.status, want)
		}
	}
}
