package responses

import (
	"encoding/json"
	"testing"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/wiretest"
)

// output is a whole answer, as the last event or a document has it.
type output struct {
	Object, Status string
	Output         []outputItem
	Usage          struct {
		In  int64 `json:"input_tokens"`
		Out int64 `json:"output_tokens"`
	}
}

type outputItem struct {
	Type, Name, Arguments string
	Content, Summary      []struct{ Text string }
}

// document is an event of a stream, a document that is an answer, or an error.
type document struct {
	output
	Error       struct{ Message string }
	Type, Delta string
	Item        outputItem
	Response    output
}

// TestOllama holds the decoder against the answers of a real Ollama 0.17.4, whose pieces are added up in the plainest way. Its
// last event leaves out a message that stands before a call, and calls an answer completed that max_output_tokens cut.
func TestOllama(t *testing.T) {
	t.Parallel()
	wiretest.RunCaptures(t, Protocol{}, "../../../testdata/captures/ollama", "/v1/responses", func(t *testing.T, documents [][]byte) (told wiretest.Told) {
		told.Finish = wire.FinishStop
		for _, raw := range documents {
			var e document
			if err := json.Unmarshal(raw, &e); err != nil {
				t.Fatal(err)
			}
			told.Message = e.Error.Message
			switch {
			case e.Type == "response.output_text.delta":
				told.Text += e.Delta
			case e.Type == "response.reasoning_summary_text.delta":
				told.Reasoning += e.Delta
			case e.Type == "response.output_item.done" && e.Item.Type == "function_call":
				add(&told, e.Item)
			case e.Type == "response.completed":
				finished(&told, e.Response)
			case e.Object == "response":
				finished(&told, e.output)
				for _, item := range e.Output {
					add(&told, item)
				}
			}
		}
		return told
	})
}

func add(told *wiretest.Told, item outputItem) {
	for _, part := range item.Content {
		told.Text += part.Text
	}
	for _, part := range item.Summary {
		told.Reasoning += part.Text
	}
	if item.Type == "function_call" {
		told.Calls = append(told.Calls, item.Name+" "+item.Arguments)
		told.Finish = wire.FinishCalls
	}
}

func finished(told *wiretest.Told, o output) {
	told.Whole, told.In, told.Out = o.Status == "completed", o.Usage.In, o.Usage.Out
}
