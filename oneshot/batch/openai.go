package batch

import (
	"net/http"
	"time"

	"hermes/oneshot/output"
)

// What OpenAI's batch API writes for a row. A row that the server refused has a response with its status; only a row that was
// never sent has an error beside it. vLLM's run-batch writes the same.
type (
	theirResult struct {
		ID       string         `json:"id"`
		CustomID string         `json:"custom_id"`
		Response *theirResponse `json:"response"`
		Error    *theirError    `json:"error"`
	}
	theirResponse struct {
		StatusCode int    `json:"status_code"`
		RequestID  string `json:"request_id"`
		Body       any    `json:"body"`
	}
	theirError struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Type    string `json:"type,omitempty"`
	}
	completion struct {
		ID      string      `json:"id"`
		Object  string      `json:"object"`
		Created int64       `json:"created"`
		Model   string      `json:"model"`
		Choices []choice    `json:"choices"`
		Usage   *theirUsage `json:"usage"`
	}
	choice struct {
		Index   int    `json:"index"`
		Message said   `json:"message"`
		Finish  string `json:"finish_reason"`
	}
	said struct {
		Role    string  `json:"role"`
		Content *string `json:"content"`
	}
	theirUsage struct {
		Prompt     int64 `json:"prompt_tokens"`
		Completion int64 `json:"completion_tokens"`
		Total      int64 `json:"total_tokens"`
	}
)

// openAIResult is a result in the form of OpenAI's batch file, for what reads such files. Whatever wire was asked, the answer
// is a chat completion. An answer that was cut at max_tokens or refused is one too there.
func openAIResult(row output.BatchRow) theirResult {
	r := theirResult{ID: "batch_req_" + row.ID, CustomID: row.ID}
	finish := map[string]string{output.FinishLength: "length", output.FinishRefusal: "content_filter"}[row.Finish]
	if row.Status == output.StatusOK {
		finish = "stop"
	}
	switch e := row.Error; {
	case finish != "":
		c := completion{
			ID: "chatcmpl-" + row.ID, Object: "chat.completion", Created: time.Now().Unix(), Model: row.Model,
			Choices: []choice{{Message: said{"assistant", row.Text}, Finish: finish}},
		}
		if u := row.Usage; u != nil {
			c.Usage = &theirUsage{u.InputTokens + u.CacheReadTokens + u.CacheWriteTokens, u.OutputTokens, u.TotalTokens}
		}
		r.Response = &theirResponse{StatusCode: http.StatusOK, Body: c}
	case e.HTTPStatus >= http.StatusBadRequest:
		body := map[string]any{"error": theirError{e.ProviderCode, e.Message, string(e.Class)}}
		r.Response = &theirResponse{e.HTTPStatus, e.RequestID, body}
	default:
		r.Error = &theirError{Code: string(e.Class), Message: e.Message}
	}
	return r
}
