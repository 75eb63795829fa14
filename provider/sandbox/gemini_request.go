package sandbox

import (
	"encoding/json"
	"strings"
)

// The two ways to ask, which end the path.
const (
	streamVerb = ":streamGenerateContent"
	wholeVerb  = ":generateContent"
)

// geminiModel takes a path apart: the model, and the verb after it. "" is a path of another kind.
func geminiModel(path string) (name, verb string) {
	for _, base := range []string{"/v1beta/models/", "/v1/models/", "/models/"} {
		rest, ok := strings.CutPrefix(path, base)
		if i := strings.LastIndexByte(rest, ':'); ok && i > 0 && (rest[i:] == streamVerb || rest[i:] == wholeVerb) {
			return rest[:i], rest[i:]
		}
	}
	return "", ""
}

// geminiBody is a request of generateContent.
type geminiBody struct {
	Contents []geminiContent `json:"contents"`
	System   *geminiContent  `json:"systemInstruction"`
	Tools    []struct {
		Functions []struct {
			Name       string          `json:"name"`
			Parameters json.RawMessage `json:"parameters"`
			JSONSchema json.RawMessage `json:"parametersJsonSchema"`
		} `json:"functionDeclarations"`
	} `json:"tools"`
	ToolConfig struct {
		Calling struct {
			Mode    string   `json:"mode"`
			Allowed []string `json:"allowedFunctionNames"`
		} `json:"functionCallingConfig"`
	} `json:"toolConfig"`
	Config struct {
		MaxTokens   *int            `json:"maxOutputTokens"`
		Temperature *float64        `json:"temperature"`
		TopP        *float64        `json:"topP"`
		Stop        []string        `json:"stopSequences"`
		MIME        string          `json:"responseMimeType"`
		Schema      json.RawMessage `json:"responseSchema"`
		JSONSchema  json.RawMessage `json:"responseJsonSchema"`
		Thinking    *struct {
			Budget  *int   `json:"thinkingBudget"`
			Level   string `json:"thinkingLevel"`
			Include bool   `json:"includeThoughts"`
		} `json:"thinkingConfig"`
	} `json:"generationConfig"`
}

type geminiContent struct {
	Role  string `json:"role"`
	Parts []struct {
		Text    string `json:"text"`
		Thought bool   `json:"thought"`
		Inline  *struct {
			MIME string `json:"mimeType"`
			Data string `json:"data"`
		} `json:"inlineData"`
		File *struct {
			MIME string `json:"mimeType"`
			URI  string `json:"fileUri"`
		} `json:"fileData"`
		Call *struct {
			ID   string          `json:"id"`
			Name string          `json:"name"`
			Args json.RawMessage `json:"args"`
		} `json:"functionCall"`
		Response *struct {
			ID       string          `json:"id"`
			Name     string          `json:"name"`
			Response json.RawMessage `json:"response"`
		} `json:"functionResponse"`
	} `json:"parts"`
}

func (gemini) read(c *call) (*request, *problem) {
	var b geminiBody
	if p := decode(c.body, &b); p != nil {
		return nil, p
	}
	name, verb := geminiModel(c.r.URL.Path)
	g := &b.Config
	q := &request{
		model: name, maxTokens: g.MaxTokens, temperature: g.Temperature, topP: g.TopP, stop: g.Stop,
		stream: verb == streamVerb, array: c.r.URL.Query().Get("alt") != "sse", usage: true, wide: c.faults.has("wide"),
		thinks: g.Thinking != nil && (g.Thinking.Budget == nil || *g.Thinking.Budget != 0),
		hides:  g.Thinking != nil && !g.Thinking.Include,
	}
	if b.System != nil {
		q.system = b.System.blocks()
	}
	for _, m := range b.Contents {
		// Google's own client keeps each chunk of an answer as a message, the empty last one too.
		if c := m.blocks(); len(c) > 0 || len(m.Parts) == 0 {
			q.add(m.role(), c)
		}
	}
	for _, t := range b.Tools {
		for _, f := range t.Functions {
			q.tools = append(q.tools, tool{f.Name, append(f.Parameters, f.JSONSchema...)})
		}
	}
	if calling := b.ToolConfig.Calling; calling.Mode == "ANY" {
		q.choice = choice{any: len(calling.Allowed) == 0}
		if len(calling.Allowed) > 0 {
			q.choice.name = calling.Allowed[0]
		}
	}
	if p := b.checkFormat(q); p != nil {
		return q, p
	}
	return q, q.check(checkModel, checkNumbers, checkMessages, checkTools, checkWindow)
}

// checkFormat takes the schema over, which needs the media type of JSON beside it.
func (b *geminiBody) checkFormat(q *request) *problem {
	schema := b.Config.JSONSchema
	if len(schema) == 0 {
		schema = b.Config.Schema
	}
	switch {
	case len(schema) > 0 && b.Config.MIME != "application/json":
		return invalid("Function calling or a response schema needs the response mime type 'application/json'")
	case len(schema) > 0:
		q.schema = schema
	case b.Config.MIME == "application/json":
		q.schema = json.RawMessage(`{"type":"object","required":["answer"],"properties":{"answer":{"type":"string"}}}`)
	}
	return nil
}

func (m geminiContent) role() string {
	switch m.Role {
	case "model":
		return "assistant"
	case "", "function":
		return "user"
	}
	return m.Role
}

// blocks are the parts as Anthropic would have them. A call without an id is known by its name.
func (m geminiContent) blocks() content {
	var out content
	for _, p := range m.Parts {
		switch {
		case p.Inline != nil:
			out = append(out, block{
				Type: kindOfMedia(p.Inline.MIME), Source: &source{Type: "base64", MediaType: p.Inline.MIME, Data: p.Inline.Data},
			})
		case p.File != nil:
			out = append(out, block{Type: kindOfMedia(p.File.MIME), Source: &source{Type: "url", MediaType: p.File.MIME, URL: p.File.URI}})
		case p.Call != nil:
			out = append(out, block{Type: "tool_use", ID: p.Call.ID + p.Call.Name, Name: p.Call.Name, Content: p.Call.Args})
		case p.Response != nil:
			out = append(out, block{Type: "tool_result", UseID: p.Response.ID + p.Response.Name, Content: p.Response.Response})
		case p.Thought:
			out = append(out, block{Type: "thinking"})
		case p.Text != "":
			out = append(out, textBlockOf(p.Text))
		}
	}
	return out
}
