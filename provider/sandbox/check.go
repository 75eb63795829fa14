package sandbox

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// check returns what the first of these rules complains about, nil for a good request.
func (q *request) check(rules ...func(*request) *problem) *problem {
	for _, rule := range rules {
		if bad := rule(q); bad != nil {
			return bad
		}
	}
	return nil
}

// checkModel: where many models are served, all are known but those that a test means to be unknown.
func checkModel(q *request) *problem {
	switch {
	case q.model == "":
		return &problem{cause: causeInvalid, message: "model is missing", param: "model"}
	case strings.HasPrefix(q.model, "no-such-"):
		return &problem{cause: causeModel, message: fmt.Sprintf("The model '%s' does not exist or you do not have access to it.", q.model), param: "model"}
	}
	return nil
}

// checkNumbers holds what OpenAI and Google allow.
func checkNumbers(q *request) *problem {
	switch {
	case q.maxTokens != nil && *q.maxTokens < 1:
		return invalid("the largest number of tokens must be at least 1")
	case q.temperature != nil && (*q.temperature < 0 || *q.temperature > 2):
		return &problem{cause: causeInvalid, message: "temperature must be between 0 and 2", param: "temperature"}
	case q.topP != nil && (*q.topP < 0 || *q.topP > 1):
		return &problem{cause: causeInvalid, message: "top_p must be between 0 and 1", param: "top_p"}
	}
	return nil
}

func checkMessages(q *request) *problem {
	if len(q.messages) == 0 {
		return invalid("messages is empty")
	}
	for i, m := range q.messages {
		if m.Role != "user" && m.Role != "assistant" {
			return invalid("chat content has invalid message role: " + m.Role)
		}
		if len(m.Content) == 0 {
			return invalid(fmt.Sprintf("message %d has no content", i))
		}
		for j, b := range m.Content {
			if bad := checkBlock(q.model, b); bad != "" {
				return invalid(fmt.Sprintf("message %d block %d: %s", i, j, bad))
			}
		}
	}
	for _, b := range q.system {
		if b.Type != "text" {
			return invalid("system holds a block of type " + b.Type)
		}
	}
	return nil
}

func checkBlock(model string, b block) string {
	switch b.Type {
	case "text":
		if b.Text == "" {
			return "text is empty"
		}
	case "image":
		if !takesImages(model) {
			return "the model does not take images"
		}
		return checkSource(b.Source, "image/png", "image/jpeg", "image/gif", "image/webp")
	case "document":
		if !takesDocuments(model) {
			return "the model does not take documents"
		}
		return checkSource(b.Source, "application/pdf", "text/plain")
	case "tool_use":
		if b.ID == "" || b.Name == "" {
			return "tool_use without id or name"
		}
	case "tool_result":
		if b.UseID == "" {
			return "tool_result without tool_use_id"
		}
	case "thinking", "redacted_thinking":
	default:
		return "unknown block type '" + b.Type + "'"
	}
	return ""
}

func checkSource(s *source, media ...string) string {
	if s == nil {
		return "source is missing"
	}
	switch s.Type {
	case "url":
		if !strings.HasPrefix(s.URL, "http://") && !strings.HasPrefix(s.URL, "https://") {
			return "source url is not a URL"
		}
		return ""
	case "base64":
		if _, err := base64.StdEncoding.DecodeString(s.Data); err != nil || s.Data == "" {
			return "source data is not base64"
		}
	case "text":
		if s.Data == "" {
			return "source data is empty"
		}
	default:
		return "unknown source type '" + s.Type + "'"
	}
	if slices.Contains(media, s.MediaType) {
		return ""
	}
	return "unknown media_type '" + s.MediaType + "'"
}

func checkTools(q *request) *problem {
	for i, t := range q.tools {
		if t.name == "" {
			return &problem{cause: causeInvalid, message: fmt.Sprintf("tool %d has no name", i), param: "tools"}
		}
	}
	if (q.choice.any || q.choice.name != "") && q.chosen() == nil {
		return &problem{cause: causeInvalid, message: "the tool that has to be called is not among the tools", param: "tool_choice"}
	}
	return nil
}

func checkWindow(q *request) *problem {
	if !q.wide && q.inputTokens() > window(q.model) {
		return &problem{cause: causeContext, message: "context window exceeds limit"}
	}
	return nil
}
