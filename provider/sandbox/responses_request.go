package sandbox

import (
	"bytes"
	"encoding/json"
	"slices"
)

// responsesBody is a request of the Responses API.
type responsesBody struct {
	Model        string         `json:"model"`
	Input        responsesInput `json:"input"`
	Instructions string         `json:"instructions"`
	MaxTokens    *int           `json:"max_output_tokens"`
	Stream       bool           `json:"stream"`
	Temperature  *float64       `json:"temperature"`
	TopP         *float64       `json:"top_p"`
	Reasoning    *struct {
		Effort  string `json:"effort"`
		Summary string `json:"summary"`
	} `json:"reasoning"`
	Text struct {
		Format openAIFormat `json:"format"`
	} `json:"text"`
	Tools    []openAITool    `json:"tools"`
	Choice   json.RawMessage `json:"tool_choice"`
	Include  []string        `json:"include"`
	Previous string          `json:"previous_response_id"`
	Stop     json.RawMessage `json:"stop"`
	Seed     json.RawMessage `json:"seed"`
}

// responsesInput is a string or a list of items.
type responsesInput []responsesItem

type responsesItem struct {
	Type      string           `json:"type"`
	Role      string           `json:"role"`
	Content   responsesContent `json:"content"`
	CallID    string           `json:"call_id"`
	Name      string           `json:"name"`
	Arguments string           `json:"arguments"`
	Output    json.RawMessage  `json:"output"`
}

// UnmarshalJSON takes both: a string is a message of the user.
func (l *responsesInput) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '"' {
		var s string
		err := json.Unmarshal(b, &s)
		*l = responsesInput{{Role: "user", Content: responsesContent{textBlockOf(s)}}}
		return err
	}
	return json.Unmarshal(b, (*[]responsesItem)(l))
}

// responsesContent is a string or a list of parts.
type responsesContent content

// UnmarshalJSON makes blocks of the parts.
func (c *responsesContent) UnmarshalJSON(b []byte) error {
	if text, ok, err := plainText(b); ok {
		*c = responsesContent(text)
		return err
	}
	var parts []struct {
		Type     string `json:"type"`
		Text     string `json:"text"`
		Refusal  string `json:"refusal"`
		ImageURL string `json:"image_url"`
		FileData string `json:"file_data"`
		FileURL  string `json:"file_url"`
	}
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	for _, p := range parts {
		switch p.Type {
		case "input_text", "output_text", "reasoning_text", "refusal":
			*c = append(*c, textBlockOf(p.Text+p.Refusal))
		case "input_image":
			*c = append(*c, fileAt("image", p.ImageURL))
		case "input_file":
			*c = append(*c, fileAt("document", p.FileData+p.FileURL))
		default:
			*c = append(*c, block{Type: p.Type})
		}
	}
	return nil
}

func (responses) read(c *call) (*request, *problem) {
	var b responsesBody
	if p := decode(c.body, &b); p != nil {
		return nil, p
	}
	q := &request{
		model: b.Model, maxTokens: b.MaxTokens, stream: b.Stream, temperature: b.Temperature, topP: b.TopP, usage: true,
		wide: c.faults.has("wide"), thinks: b.Reasoning != nil && b.Reasoning.Effort != "none",
		choice: openAIChoice(b.Choice),
		sealed: slices.Contains(b.Include, "reasoning.encrypted_content"),
	}
	if b.Instructions != "" {
		q.system = content{textBlockOf(b.Instructions)}
	}
	for _, t := range b.Tools {
		if t.Type == "function" || t.Name != "" { // others, such as web_search, are the server's own
			q.tools = append(q.tools, tool{t.Name, t.Parameters})
		}
	}
	for _, item := range b.Input {
		item.into(q)
	}
	if p := b.Text.Format.into(q, "text.format"); p != nil {
		return q, p
	}
	return q, q.check(checkModel, b.checkFields, checkNumbers, checkMessages, checkTools, checkWindow)
}

// into appends the item as Anthropic would have it. An item that nobody knows becomes a block that no rule lets through.
func (i responsesItem) into(q *request) {
	switch {
	case i.Type == "function_call":
		q.add("assistant", content{{Type: "tool_use", ID: i.CallID, Name: i.Name, Text: i.Arguments}})
	case i.Type == "function_call_output":
		q.add("user", content{{Type: "tool_result", UseID: i.CallID, Content: i.Output}})
	case i.Type == "reasoning", i.Type == "item_reference": // the second is taken on trust: no answer is kept
		q.add("assistant", content{{Type: "thinking"}})
	case i.Type != "" && i.Type != "message":
		q.add("user", content{{Type: i.Type}})
	case i.Role == "system" || i.Role == "developer":
		q.system = append(q.system, i.Content...)
	default:
		q.add(i.Role, content(i.Content))
	}
}

// checkFields: this API has no stop and no seed, and the sandbox keeps no answer to go on from.
func (b *responsesBody) checkFields(*request) *problem {
	unknown := func(name string) *problem {
		return &problem{cause: causeInvalid, message: "Unknown parameter: '" + name + "'.", param: name, word: "unknown_parameter"}
	}
	switch {
	case b.Stop != nil:
		return unknown("stop")
	case b.Seed != nil:
		return unknown("seed")
	case b.MaxTokens != nil && *b.MaxTokens < 16:
		return &problem{
			cause: causeInvalid, param: "max_output_tokens", word: "integer_below_min_value",
			message: "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16.",
		}
	case b.Previous != "":
		return &problem{
			cause: causeInvalid, param: "previous_response_id", word: "previous_response_not_found",
			message: "Previous response with id '" + b.Previous + "' not found.",
		}
	}
	return nil
}
