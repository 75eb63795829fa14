package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// What the two APIs of OpenAI, Chat Completions and Responses, have in common.

func openAIPlaces() []string { return []string{"Authorization", "Api-Key"} }

// openAIFailure is OpenAI's error object.
func openAIFailure(p problem) (int, obj) {
	w := openAIWords(p)
	if p.status != 0 {
		w.status = p.status
	}
	if w.message == "" {
		w.message = p.message
	}
	if p.wait > 0 && p.cause == causeRate {
		w.message += " Please try again in " + strconv.Itoa(p.wait) + "s."
	}
	return w.status, obj{"error": obj{"message": w.message, "type": w.kind, "param": orNil(p.param), "code": orNil(w.code)}}
}

// openAIError is one row of OpenAI's errors. code "" is null.
type openAIError struct {
	status              int
	kind, code, message string
}

func openAIWords(p problem) openAIError {
	if _, known := causeNamed(p.kind); p.kind != "" && !known {
		return openAIError{http.StatusInternalServerError, p.kind, p.kind, p.message}
	}
	switch p.cause {
	case causeNoKey:
		return openAIError{401, "invalid_request_error", "", ""}
	case causeKey:
		return openAIError{401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided. You can find your API key in the settings of the sandbox."}
	case causePermission:
		return openAIError{403, "invalid_request_error", "permission_denied", ""}
	case causePlan, causeModel:
		return openAIError{404, "invalid_request_error", "model_not_found", ""}
	case causeNotFound:
		return openAIError{404, "invalid_request_error", "", ""}
	case causeTimeout:
		return openAIError{408, "timeout", "", ""}
	case causeTooLarge:
		return openAIError{413, "invalid_request_error", "", ""}
	case causeRate:
		return openAIError{429, "requests", "rate_limit_exceeded", "Rate limit reached for requests."}
	case causeQuota:
		return openAIError{429, "usage_limit_reached", "usage_limit_reached", ""}
	case causeBilling:
		return openAIError{429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota, please check your plan and billing details."}
	case causeOverload:
		return openAIError{503, "service_unavailable_error", "server_is_overloaded", "The server is currently overloaded, please try again later."}
	case causeServer:
		return openAIError{500, "server_error", "", "The server had an error while processing your request. Sorry about that!"}
	case causeContext:
		return openAIError{400, "invalid_request_error", "context_length_exceeded", "This model's maximum context length is exceeded. Please reduce the length of the messages."}
	case causeContent:
		return openAIError{400, "invalid_request_error", "content_policy_violation", ""}
	}
	return openAIError{400, "invalid_request_error", p.word, ""}
}

// openAIHeaders: what is left of a quota is a duration at OpenAI.
func openAIHeaders(h http.Header, id string, q quota) {
	h.Set("X-Request-Id", "req_"+id)
	for name, n := range map[string]window60{"Requests": q.requests, "Tokens": q.tokens} {
		h.Set("X-Ratelimit-Limit-"+name, strconv.Itoa(n.limit))
		h.Set("X-Ratelimit-Remaining-"+name, strconv.Itoa(n.remaining))
		h.Set("X-Ratelimit-Reset-"+name, q.left.Round(time.Second).String())
	}
}

func openAIModels(names []string) obj {
	data := make([]obj, 0, len(names))
	for _, name := range names {
		data = append(data, obj{"id": name, "object": "model", "created": created, "owned_by": "sandbox"})
	}
	return obj{"object": "list", "data": data}
}

// plainText reads a content that is a string or null. ok is false for a list of parts, which each of both writes its own way.
func plainText(b []byte) (c content, ok bool, err error) {
	if b = bytes.TrimSpace(b); len(b) == 0 || b[0] != '"' && b[0] != 'n' {
		return nil, false, nil
	}
	var s string
	if err = json.Unmarshal(b, &s); s != "" {
		c = content{textBlockOf(s)}
	}
	return c, true, err
}

// openAIFormat is what both ask a JSON answer with, each in its own place.
type openAIFormat struct {
	Type   string          `json:"type"`
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"schema"`
	Strict bool            `json:"strict"`
}

// into takes the schema over. param is where the format stood.
func (f openAIFormat) into(q *request, param string) *problem {
	switch {
	case f.Type == "json_object":
		q.schema = json.RawMessage(`{"type":"object","required":["answer"],"properties":{"answer":{"type":"string"}}}`)
		return nil
	case f.Type != "json_schema":
		return nil
	case len(f.Schema) == 0 || f.Name == "":
		return &problem{cause: causeInvalid, message: "Missing required parameter: '" + param + ".name' or '" + param + ".schema'.", param: param, word: "missing_required_parameter"}
	}
	if bad := strictness(f.Schema); f.Strict && bad != "" {
		return &problem{cause: causeInvalid, message: "Invalid schema for response_format '" + f.Name + "': " + bad, param: param, word: "invalid_json_schema"}
	}
	q.schema = f.Schema
	return nil
}

// openAITool is a function, in whichever of the two places it stands.
type openAITool struct {
	Type       string          `json:"type"`
	Name       string          `json:"name"`
	Parameters json.RawMessage `json:"parameters"`
}
