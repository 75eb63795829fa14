package responses

import (
	"strings"
	"testing"

	"hermes/oneshot/class"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/wiretest"
)

const recorded = "../../../testdata/sse-cases/responses.json"

func TestRecordedStreams(t *testing.T) {
	t.Parallel()
	wiretest.RunCases(t, Protocol{}, recorded, map[int]string{
		65: "an event that is no JSON is malformed, whoever wrote it",
	}, nil)
}

func event(kind, rest string) string {
	return "event: " + kind + "\ndata: {\"type\":\"" + kind + "\",\"sequence_number\":7" + rest + "}\n\n"
}

func text(s string) string {
	return event("response.output_text.delta", `,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"`+s+`","logprobs":[]`)
}

func response(status, rest string) string {
	return `,"response":{"id":"resp_1","object":"response","status":"` + status + `","error":null,"model":"m"` + rest + `}`
}

const usage = `,"usage":{"input_tokens":9,"output_tokens":5,"total_tokens":14}`

func TestConform(t *testing.T) {
	t.Parallel()
	created := event("response.created", response("in_progress", `,"output":[]`))
	added := event("response.output_item.added", `,"output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","content":[]}`)
	item := `{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"output_text","text":"Hello"}]}`
	reasoning := `{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"gAAA<=="}`
	call := `{"id":"fc_1","type":"function_call","call_id":"call_1","name":"look","arguments":"{\"a\":1}"}`
	wiretest.Conform(t, Protocol{}, wiretest.Sample{
		Events: []string{
			created, added, text("Hel"), text("lo"), event("response.output_item.done", `,"output_index":0,"item":`+item),
			event("response.completed", response("completed", `,"output":[`+item+`]`+usage)),
		},
		WholeFrom:    6,
		Unknown:      event("response.hologram.delta", `,"output_index":0,"delta":"no"`),
		Failure:      event("error", `,"code":"rate_limit_exceeded","message":"slow","param":null`),
		FailureClass: "rate_limit",
		OddFinish:    []string{created, added, text("Hello"), event("response.completed", response("tired", `,"output":[]`+usage))},
		OddWord:      "tired",
		Call: []string{
			created,
			event("response.output_item.added", `,"output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[]}`),
			event("response.reasoning_summary_text.delta", `,"output_index":0,"delta":"so"`),
			event("response.output_item.done", `,"output_index":0,"item":`+reasoning),
			event("response.output_item.added", `,"output_index":1,"item":{"id":"fc_1","type":"function_call","call_id":"call_1","name":"look","arguments":""}`),
			event("response.function_call_arguments.delta", `,"output_index":1,"delta":"{\"a\":"`),
			event("response.function_call_arguments.delta", `,"output_index":1,"delta":"1}"`),
			event("response.output_item.done", `,"output_index":1,"item":`+call),
			event("response.completed", response("completed", `,"output":[`+reasoning+`,`+call+`]`+usage)),
		},
	})
}

// aimock says that a response failed by its status alone, in the event of a completed one.
func TestFailedWithoutReason(t *testing.T) {
	t.Parallel()
	stream := event("response.created", response("in_progress", `,"output":[]`)) + event("response.completed", response("failed", `,"output":[]`+usage))
	o := wiretest.Read(t, Protocol{}, strings.NewReader(stream))
	if e, ok := o.Err.(*wire.Error); !ok || e.ErrClass != class.ServerError || !strings.Contains(e.Message, "told no reason") {
		t.Errorf("%v", o.Err)
	}
}

// TestWholeText: a text of which no delta came is handed out once, in whichever of the events that hold it.
func TestWholeText(t *testing.T) {
	t.Parallel()
	part := func(s string) string { return `{"type":"output_text","text":"` + s + `"}` }
	item := func(parts ...string) string {
		return `{"id":"msg_1","type":"message","role":"assistant","content":[` + strings.Join(parts, ",") + `]}`
	}
	done := func(at, s string) string {
		return event("response.output_text.done", `,"output_index":0,"content_index":`+at+`,"text":"`+s+`"`)
	}
	closed := func(item string) string {
		return event("response.output_item.done", `,"output_index":0,"item":`+item)
	}
	end := func(item string) string {
		return event("response.completed", response("completed", `,"output":[`+item+`]`+usage))
	}
	one, two := item(part("Hello")), item(part("Hel"), part("lo"))
	for name, stream := range map[string]string{
		"in the response alone":     end(two),
		"in the item":               closed(two) + end(two),
		"in its part":               done("0", "Hello") + end(one),
		"in its part and the item":  done("0", "Hello") + closed(one) + end(one),
		"in its parts and the item": done("0", "Hel") + done("1", "lo") + closed(two) + end(two),
		"with an end mark":          closed(one) + end(one) + "data: [DONE]\n\n",
	} {
		if o := wiretest.Read(t, Protocol{}, strings.NewReader(stream)); o.Err != nil || o.Text.String() != "Hello" {
			t.Errorf("%s: %q, %v", name, o.Text.String(), o.Err)
		}
	}
}

// TestNoResponse: what is no event and no document of this API is told apart from an answer.
func TestNoResponse(t *testing.T) {
	t.Parallel()
	for stream, want := range map[string]string{
		text("Hel") + "data: {so\n\n":                            "an event of the stream is not JSON",
		`{"object":"list","data":[]}`:                            "a JSON document that is no response came instead of an event stream",
		text("Hel") + `data: {"error":"out of memory"}` + "\n\n": "out of memory",
	} {
		if o := wiretest.Read(t, Protocol{}, strings.NewReader(stream)); o.Result != nil || o.Err == nil || !strings.Contains(o.Err.Error(), want) {
			t.Errorf("%v, want %s", o.Err, want)
		}
	}
}

func TestNoAllocationForADelta(t *testing.T) {
	head := event("response.created", response("in_progress", `,"output":[]`))
	end := event("response.completed", response("completed", `,"output":[]`+usage))
	wiretest.NoAllocations(t, Protocol{}, head, text(`word word end\\n`), end)
}

// FuzzStream: any cut into reads gives the same events, and nothing panics.
func FuzzStream(f *testing.F) {
	wiretest.Seed(f, recorded)
	f.Fuzz(func(t *testing.T, body []byte) { wiretest.FuzzBody(t, Protocol{}, body) })
}
