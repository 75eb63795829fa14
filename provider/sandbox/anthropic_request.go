package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// anthropicBody is the body of a messages request.
type anthropicBody struct {
	Model       string    `json:"model"`
	MaxTokens   *int      `json:"max_tokens"`
	Messages    []message `json:"messages"`
	System      content   `json:"system"`
	Stream      bool      `json:"stream"`
	Temperature *float64  `json:"temperature"`
	TopP        *float64  `json:"top_p"`
	Stop        []string  `json:"stop_sequences"`
	Thinking    *struct {
		Type   string `json:"type"`
		Budget int    `json:"budget_tokens"`
	} `json:"thinking"`
	Output *struct {
		Format *struct {
			Type   string          `json:"type"`
			Schema json.RawMessage `json:"schema"`
		} `json:"format"`
	} `json:"output_config"`
	Choice struct {
		Type string `json:"type"`
		Name string `json:"name"`
	} `json:"tool_choice"`
	Tools []struct {
		Type        string          `json:"type"`
		Name        string          `json:"name"`
		InputSchema json.RawMessage `json:"input_schema"`
	} `json:"tools"`
}

// UnmarshalJSON takes both spellings of content: a string is one text block.
func (c *content) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	if len(b) > 0 && b[0] == '"' {
		var s string
		err := json.Unmarshal(b, &s)
		*c = content{textBlockOf(s)}
		return err
	}
	var blocks []block
	if err := json.Unmarshal(b, &blocks); err != nil {
		return errors.New("content is neither a string nor a list of blocks")
	}
	*c = blocks
	return nil
}

func (anthropic) read(c *call) (*request, *problem) {
	var b anthropicBody
	if p := decode(c.body, &b); p != nil {
		return nil, p
	}
	q := &request{
		model: b.Model, maxTokens: b.MaxTokens, messages: b.Messages, system: b.System, stream: b.Stream,
		temperature: b.Temperature, topP: b.TopP, stop: b.Stop, usage: true, wide: c.faults.has("wide"),
		thinks: b.Thinking != nil && b.Thinking.Type != "disabled", choice: choice{any: b.Choice.Type == "any", name: b.Choice.Name},
	}
	for _, t := range b.Tools {
		q.tools = append(q.tools, tool{t.Name, t.InputSchema})
	}
	if b.Output != nil && b.Output.Format != nil {
		q.schema = b.Output.Format.Schema
	}
	if p := q.check(checkListedModel, checkMiniMaxNumbers, checkMessages, checkFirst, b.checkThinking, b.checkTools, checkTools, checkWindow); p != nil {
		return q, p
	}
	if bad := betasThatFail(q.model, c.r.Header.Get("Anthropic-Beta")); bad != "" {
		return q, invalid(bad)
	}
	return q, nil
}

// betasThatFail are those with which requests to MiniMax were seen to fail
// (facts: provider-apis §1.3).
func betasThatFail(model, header string) string {
	if !strings.HasPrefix(model, "MiniMax-") {
		return ""
	}
	for _, beta := range []string{"fine-grained-tool-streaming-2025-05-14", "context-1m-2025-08-07"} {
		if strings.Contains(header, beta) {
			return "anthropic-beta " + beta + " is not supported"
		}
	}
	return ""
}

func checkListedModel(q *request) *problem {
	if q.model != "" && !knownModel(q.model) {
		return &problem{cause: causeModel, message: fmt.Sprintf("unknown model '%s'", q.model), param: "model"}
	}
	return checkModel(q)
}

func checkMiniMaxNumbers(q *request) *problem {
	switch {
	case q.maxTokens == nil:
		return invalid("max_tokens is missing")
	case *q.maxTokens < 1 || *q.maxTokens > 524288:
		return invalid("max_tokens must be between 1 and 524288")
	case q.temperature != nil && !goodTemperature(q.model, *q.temperature):
		return invalid("temperature must be in (0, 1]")
	case q.topP != nil && (*q.topP <= 0 || *q.topP > 1):
		return invalid("top_p must be in (0, 1]")
	}
	return nil
}

// goodTemperature: 0 is Anthropic's to allow, not MiniMax's.
func goodTemperature(model string, t float64) bool {
	return t > 0 && t <= 1 || t == 0 && isClaude(model)
}

func checkFirst(q *request) *problem {
	if q.messages[0].Role != "user" {
		return invalid("the first message is not from the user")
	}
	return nil
}

func (b *anthropicBody) checkThinking(q *request) *problem {
	t := b.Thinking
	if t == nil || t.Type == "adaptive" || t.Type == "disabled" {
		return nil
	}
	switch {
	case t.Type != "enabled":
		return invalid(fmt.Sprintf("invalid thinking.type: %q (allowed: adaptive, disabled, enabled)", t.Type))
	case isClaude(q.model) && (t.Budget < 1024 || t.Budget >= *q.maxTokens):
		return invalid("thinking.budget_tokens must be at least 1024 and below max_tokens")
	}
	return nil
}

func (b *anthropicBody) checkTools(*request) *problem {
	for i, t := range b.Tools {
		if t.Name == "" {
			return invalid(fmt.Sprintf("tool %d has no name", i))
		}
		if t.Type == "" && len(t.InputSchema) == 0 {
			return invalid(fmt.Sprintf("tool %d has no input_schema", i))
		}
	}
	return nil
}
