package sandbox

import (
	"bytes"
	"encoding/json"
	"strings"
)

// chatBody is a request of Chat Completions, with the forms of reasoning that its services have (facts: wires §1.1).
type chatBody struct {
	Model         string        `json:"model"`
	Messages      []chatMessage `json:"messages"`
	MaxTokens     *int          `json:"max_tokens"`
	MaxCompletion *int          `json:"max_completion_tokens"`
	Stream        bool          `json:"stream"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
	Temperature *float64   `json:"temperature"`
	TopP        *float64   `json:"top_p"`
	Stop        stringList `json:"stop"`
	Tools       []struct {
		Function openAITool `json:"function"`
	} `json:"tools"`
	Choice json.RawMessage `json:"tool_choice"`
	Format struct {
		Type   string       `json:"type"`
		Schema openAIFormat `json:"json_schema"`
	} `json:"response_format"`

	Effort    string `json:"reasoning_effort"`
	Reasoning *struct {
		Effort  string `json:"effort"`
		Enabled *bool  `json:"enabled"`
		Exclude bool   `json:"exclude"`
	} `json:"reasoning"`
	Thinking *struct {
		Type string `json:"type"`
	} `json:"thinking"`
	EnableThinking   *bool `json:"enable_thinking"`
	IncludeReasoning *bool `json:"include_reasoning"`
	Template         struct {
		EnableThinking *bool `json:"enable_thinking"`
	} `json:"chat_template_kwargs"`
}

type chatMessage struct {
	Role      string      `json:"role"`
	Content   chatContent `json:"content"`
	CallID    string      `json:"tool_call_id"`
	ToolCalls []struct {
		ID       string `json:"id"`
		Function struct {
			Name      string `json:"name"`
			Arguments string `json:"arguments"`
		} `json:"function"`
	} `json:"tool_calls"`
}

// chatContent is a string, null or a list of parts.
type chatContent content

// UnmarshalJSON makes blocks of the parts.
func (c *chatContent) UnmarshalJSON(b []byte) error {
	if text, ok, err := plainText(b); ok {
		*c = chatContent(text)
		return err
	}
	var parts []struct {
		Type  string `json:"type"`
		Text  string `json:"text"`
		Image struct {
			URL string `json:"url"`
		} `json:"image_url"`
		File struct {
			Data string `json:"file_data"`
			ID   string `json:"file_id"`
		} `json:"file"`
	}
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	for _, p := range parts {
		switch p.Type {
		case "text":
			*c = append(*c, textBlockOf(p.Text))
		case "image_url":
			*c = append(*c, fileAt("image", p.Image.URL))
		case "file":
			*c = append(*c, fileAt("document", p.File.Data+p.File.ID))
		default:
			*c = append(*c, block{Type: p.Type})
		}
	}
	return nil
}

// stringList is a string or a list of them.
type stringList []string

// UnmarshalJSON takes both.
func (l *stringList) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '"' {
		*l = stringList{""}
		return json.Unmarshal(b, &(*l)[0])
	}
	return json.Unmarshal(b, (*[]string)(l))
}

func (chat) read(c *call) (*request, *problem) {
	var b chatBody
	if p := decode(c.body, &b); p != nil {
		return nil, p
	}
	q := &request{
		model: b.Model, maxTokens: b.MaxCompletion, stream: b.Stream, temperature: b.Temperature, topP: b.TopP, stop: b.Stop,
		usage: b.StreamOptions.IncludeUsage, wide: c.faults.has("wide"), thinks: b.thinks(), choice: openAIChoice(b.Choice),
		hides: b.Reasoning != nil && b.Reasoning.Exclude || b.IncludeReasoning != nil && !*b.IncludeReasoning,
	}
	if q.model == "" {
		q.model = deployment(c.r.URL.Path)
	}
	if q.maxTokens == nil {
		q.maxTokens = b.MaxTokens
	}
	for _, t := range b.Tools {
		q.tools = append(q.tools, tool{t.Function.Name, t.Function.Parameters})
	}
	for _, m := range b.Messages {
		m.into(q)
	}
	format := b.Format.Schema
	format.Type = b.Format.Type
	if p := format.into(q, "response_format"); p != nil {
		return q, p
	}
	return q, q.check(checkModel, b.checkLimit, checkNumbers, b.checkStop, checkMessages, checkTools, checkWindow)
}

// deployment is Azure's model, which stands in the path.
func deployment(path string) string {
	rest, _ := strings.CutPrefix(path, "/openai/deployments/")
	name, _, ok := strings.Cut(rest, "/")
	if !ok || rest == path {
		return ""
	}
	return name
}

// into appends the message as Anthropic would have it.
func (m chatMessage) into(q *request) {
	switch m.Role {
	case "system", "developer":
		q.system = append(q.system, m.Content...)
	case "tool":
		q.add("user", content{{Type: "tool_result", UseID: m.CallID, Content: encode(content(m.Content).text())}})
	default:
		c := content(m.Content)
		for _, t := range m.ToolCalls {
			c = append(c, block{Type: "tool_use", ID: t.ID, Name: t.Function.Name, Text: t.Function.Arguments})
		}
		q.add(m.Role, c)
	}
}

func (b *chatBody) thinks() bool {
	yes := func(p *bool) bool { return p != nil && *p }
	switch {
	case b.Effort != "":
		return b.Effort != "none"
	case b.Reasoning != nil:
		return b.Reasoning.Effort != "none" && (b.Reasoning.Enabled == nil || *b.Reasoning.Enabled)
	case b.Thinking != nil:
		return b.Thinking.Type != "disabled"
	}
	return yes(b.EnableThinking) || yes(b.Template.EnableThinking) || yes(b.IncludeReasoning)
}

// checkLimit: OpenAI's reasoning models take max_completion_tokens alone.
func (b *chatBody) checkLimit(q *request) *problem {
	if b.MaxTokens != nil && (strings.HasPrefix(q.model, "gpt-5") || strings.HasPrefix(q.model, "o3") || strings.HasPrefix(q.model, "o4")) {
		return &problem{
			cause: causeInvalid, param: "max_tokens", word: "unsupported_parameter",
			message: "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
		}
	}
	return nil
}

func (b *chatBody) checkStop(*request) *problem {
	if len(b.Stop) > 4 {
		return &problem{cause: causeInvalid, message: "stop has more than 4 sequences", param: "stop", word: "array_above_max_length"}
	}
	return nil
}
