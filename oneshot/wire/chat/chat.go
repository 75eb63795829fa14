// Package chat is the Chat Completions API, as OpenAI and some fifty services and local servers speak it.
//
// What a reader should know (facts and their sources: the project's notes on wires, §1 and §4):
//
//   - A finish reason ends nothing: OpenRouter sends two, gateways write one into every chunk. [DONE] proves nothing: vLLM
//     and SGLang write it after an error. An answer is whole when a finish reason of the good kind came, the stream ended,
//     and no error was in it.
//   - Reasoning comes under three names, sometimes twice in one delta; it is counted once.
//   - The last usage that is not null counts. It is never added up.
package chat

import (
	"encoding/json"
	"net/http"
	"net/url"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/apierror"
	"hermes/oneshot/wire/fit"
)

// Reasoning is the form in which a service takes an effort (wires §1.1).
type Reasoning string

// The forms. The zero form is Effort.
const (
	Effort    Reasoning = "effort"     // reasoning_effort, all levels
	OnOff     Reasoning = "on_off"     // reasoning_effort none or high: Mistral, Cohere
	Object    Reasoning = "object"     // reasoning: {effort}: OpenRouter, Vercel
	Enabled   Reasoning = "enabled"    // reasoning: {enabled} and reasoning_effort: Together
	Thinking  Reasoning = "thinking"   // thinking: {type}: Moonshot, Z.AI
	DeepSeek  Reasoning = "deepseek"   // thinking: {type} and reasoning_effort high or max
	Budget    Reasoning = "budget"     // enable_thinking and thinking_budget: DashScope
	Template  Reasoning = "template"   // chat_template_kwargs: {enable_thinking}: vLLM, NIM
	NoControl Reasoning = "no_control" // the service has no such field
)

// Schema is how a service is asked for JSON that fits a schema.
type Schema string

// The ways. The zero way sends nothing: the prompt carries the schema.
const (
	JSONSchema Schema = "json_schema" // response_format with the schema
	JSONObject Schema = "json_object" // response_format json_object: any JSON
)

// Protocol is what one service wants. The zero Protocol suits a server that copies the API's older form.
type Protocol struct {
	// CompletionTokens sends max_completion_tokens in place of max_tokens.
	CompletionTokens bool
	// Developer sends the system text in the role "developer".
	Developer bool
	Reasoning Reasoning
	Schema    Schema
	// NoUsageOption leaves stream_options out, for servers that refuse it and send usage by themselves.
	NoUsageOption bool
	// NoStop says that the service takes no stop sequences, NoSampling that it takes neither temperature nor top_p.
	NoStop, NoSampling bool
	// DoneIsEnd takes [DONE] without a finish reason for the end of a whole answer.
	DoneIsEnd bool
	// PlainSchemas says that the service takes no patterns and formats in the schemas of tools, and no enum with a slash: xAI.
	PlainSchemas bool
	// KeyHeader carries the bare credential in place of Authorization: "Api-Key" for Azure.
	KeyHeader string
}

// API is wire.Chat.
func (p Protocol) API() wire.API { return wire.Chat }

// Endpoint appends /chat/completions to base, which holds the version itself where the service has one.
func (p Protocol) Endpoint(base *url.URL, _ *wire.Request) *url.URL {
	return wire.Join(base, "/chat/completions")
}

// Header sets the credential.
func (p Protocol) Header(h http.Header, credential string) {
	wire.SetCredential(h, p.KeyHeader, credential)
}

// Decoder reads the answer to r.
func (p Protocol) Decoder(_ *wire.Request, to *wire.Sink) wire.Decoder {
	return &decoder{to: to, doneIsEnd: p.DoneIsEnd}
}

// Media: fifty services have as many limits, and tell them in their own errors. OpenAI counts an image as 85 tokens and 170
// for each of at most 8 tiles.
func (p Protocol) Media() wire.Media { return wire.Media{ImageTokens: 1_445} }

// Arguments is a tool's schema in a form that the API takes (tools.md §b.2).
func (p Protocol) Arguments(schema json.RawMessage) (json.RawMessage, error) {
	var r fit.Rules
	if p.PlainSchemas {
		r = fit.Rules{Not: []string{"pattern", "format"}, NoSlash: true}
	}
	return fit.Schema(schema, r)
}

// Failure reads an error body.
func (p Protocol) Failure(status int, _ http.Header, raw []byte) wire.Failure {
	return apierror.Read(wire.Chat, status, raw)
}
