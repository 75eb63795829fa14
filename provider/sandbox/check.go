package sandbox

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// authorize checks the credential; false means that the call is over. OAuth
// access tokens must be bearers; keys may come in either header but not in
// both.
func (c *call) authorize() bool {
	key, token := c.r.Header.Get("X-Api-Key"), bearer(c.r)
	_, auth := c.r.Header["Authorization"]
	switch {
	case key != "" && auth:
		c.fail(http.StatusUnauthorized, 1004, "login fail: both x-api-key and Authorization were sent")
	case c.s.opts.AnyToken:
		return true
	case key == "" && token == "":
		c.fail(http.StatusUnauthorized, 1004, "login fail: there is no API secret key in the 'Authorization' field of the request header")
	case strings.HasPrefix(key+token, "sk-wrong"):
		c.fail(http.StatusUnauthorized, 2049, codeMessage(2049))
	case strings.HasPrefix(key+token, "sk-"), c.s.ledger.valid(token):
		return true
	default:
		c.fail(http.StatusUnauthorized, 1004, codeMessage(1004))
	}
	return false
}

// bearer returns the token of an Authorization header, "" for any other kind.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// check returns what MiniMax would complain about, or "" for a good request.
func (q *request) check() string {
	for _, rule := range []func(*request) string{
		checkModel, checkNumbers, checkMessages, checkThinking, checkTools, checkWindow,
	} {
		if bad := rule(q); bad != "" {
			return bad
		}
	}
	return ""
}

// betasThatFail are those with which requests to MiniMax were seen to fail
// (facts: provider-apis §1.3).
func betasThatFail(model, header string) string {
	if !strings.HasPrefix(model, "MiniMax-") {
		return ""
	}
	for _, beta := range []string{"fine-grained-tool-streaming-2025-05-14", "context-1m-2025-08-07"} {
		if strings.Contains(header, beta) {
			return "invalid params, anthropic-beta " + beta + " is not supported"
		}
	}
	return ""
}

func checkModel(q *request) string {
	if q.Model == "" {
		return "invalid params, model is missing"
	}
	if !knownModel(q.Model) {
		return fmt.Sprintf("invalid params, unknown model '%s'", q.Model)
	}
	return ""
}

func checkNumbers(q *request) string {
	switch {
	case q.MaxTokens == nil:
		return "invalid params, max_tokens is missing"
	case *q.MaxTokens < 1 || *q.MaxTokens > 524288:
		return "invalid params, max_tokens must be between 1 and 524288"
	case q.Temperature != nil && !goodTemperature(q.Model, *q.Temperature):
		return "invalid params, temperature must be in (0, 1]"
	case q.TopP != nil && (*q.TopP <= 0 || *q.TopP > 1):
		return "invalid params, top_p must be in (0, 1]"
	}
	return ""
}

// goodTemperature: 0 is Anthropic's to allow, not MiniMax's.
func goodTemperature(model string, t float64) bool {
	return t > 0 && t <= 1 || t == 0 && isClaude(model)
}

func checkMessages(q *request) string {
	if len(q.Messages) == 0 {
		return "invalid params, messages is empty"
	}
	for i, m := range q.Messages {
		if m.Role != "user" && m.Role != "assistant" {
			return "invalid params, chat content has invalid message role: " + m.Role
		}
		if len(m.Content) == 0 {
			return fmt.Sprintf("invalid params, message %d has no content", i)
		}
		for j, b := range m.Content {
			if bad := checkBlock(q.Model, b); bad != "" {
				return fmt.Sprintf("invalid params, message %d block %d: %s", i, j, bad)
			}
		}
	}
	if q.Messages[0].Role != "user" {
		return "invalid params, the first message is not from the user"
	}
	for _, b := range q.System {
		if b.Type != "text" {
			return "invalid params, system holds a block of type " + b.Type
		}
	}
	return ""
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

func checkThinking(q *request) string {
	t := q.Thinking
	if t == nil || t.Type == "adaptive" || t.Type == "disabled" {
		return ""
	}
	switch {
	case t.Type != "enabled":
		return fmt.Sprintf("invalid params, invalid thinking.type: %q (allowed: adaptive, disabled, enabled)", t.Type)
	case isClaude(q.Model) && (t.Budget < 1024 || t.Budget >= *q.MaxTokens):
		return "invalid params, thinking.budget_tokens must be at least 1024 and below max_tokens"
	}
	return ""
}

func checkTools(q *request) string {
	for i, t := range q.Tools {
		if t.Name == "" {
			return fmt.Sprintf("invalid params, tool %d has no name", i)
		}
		if t.Type == "" && len(t.InputSchema) == 0 {
			return fmt.Sprintf("invalid params, tool %d has no input_schema", i)
		}
	}
	return ""
}

func checkWindow(q *request) string {
	if !q.wide && q.inputTokens() > window(q.Model) {
		return "invalid params, context window exceeds limit"
	}
	return ""
}
