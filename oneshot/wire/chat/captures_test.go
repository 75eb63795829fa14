package chat

import (
	"cmp"
	"encoding/json"
	"testing"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/wiretest"
)

// message is a whole message or a piece of one.
type message struct {
	Content, Reasoning string
	ToolCalls          []struct {
		Function struct{ Name, Arguments string }
	} `json:"tool_calls"`
}

// TestOllama holds the decoder against the answers of a real Ollama 0.17.4, whose pieces are added up in the plainest way.
func TestOllama(t *testing.T) {
	t.Parallel()
	wiretest.RunCaptures(t, Protocol{}, "../../../testdata/captures/ollama", "/v1/chat/completions", func(t *testing.T, documents [][]byte) (told wiretest.Told) {
		for _, raw := range documents {
			var doc struct {
				Error   struct{ Message string }
				Choices []struct {
					Delta, Message message
					FinishReason   string `json:"finish_reason"`
				}
				Usage struct {
					In  int64 `json:"prompt_tokens"`
					Out int64 `json:"completion_tokens"`
				}
			}
			if err := json.Unmarshal(raw, &doc); err != nil {
				told.Message = string(raw) // a text
				continue
			}
			told.Message, told.In, told.Out = doc.Error.Message, cmp.Or(doc.Usage.In, told.In), cmp.Or(doc.Usage.Out, told.Out)
			for _, c := range doc.Choices {
				for _, m := range []message{c.Delta, c.Message} {
					told.Text, told.Reasoning = told.Text+m.Content, told.Reasoning+m.Reasoning
					for _, call := range m.ToolCalls {
						told.Calls = append(told.Calls, call.Function.Name+" "+call.Function.Arguments)
					}
				}
				if c.FinishReason != "" {
					told.Whole = true
					told.Finish = map[string]wire.Finish{"stop": wire.FinishStop, "length": wire.FinishLength, "tool_calls": wire.FinishCalls}[c.FinishReason]
				}
			}
		}
		return told
	})
}
