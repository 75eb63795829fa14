// Package responses is OpenAI's Responses API, as OpenAI, xAI, Codex and some local servers speak it.
//
// What a reader should know (facts and their sources: the project's notes on wires, §2):
//
//   - Deltas are the text; later events and the final response repeat it. Where no delta came for an item its done event
//     counts, else the final output.
//   - An item is known by its output_index: some servers change its id in every event.
//   - The answer is whole when response.completed or response.incomplete came. There is no [DONE].
package responses

import (
	"encoding/json"
	"net/http"
	"net/url"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/apierror"
	"hermes/oneshot/wire/chat"
	"hermes/oneshot/wire/fit"
)

// Protocol is what one service wants. The zero Protocol is OpenAI's.
type Protocol struct {
	// NoLimit leaves max_output_tokens out, for services that refuse it.
	NoLimit bool
	// NoSampling says that the service takes neither temperature nor top_p, NoReasoning that no effort can be set.
	NoSampling, NoReasoning bool
	// NoSchema says that the service holds no answer to a schema.
	NoSchema bool
	// Instructions stand in place of a system text, which some servers want.
	Instructions string
	// NoObfuscation asks for events without padding, which only OpenAI sends.
	NoObfuscation bool
	// PlainSchemas says that the service takes no patterns and formats in the schemas of tools, and no enum with a slash: xAI.
	PlainSchemas bool
	// KeyHeader carries the bare credential in place of Authorization: "Api-Key" for Azure.
	KeyHeader string
}

// API is wire.Responses.
func (p Protocol) API() wire.API { return wire.Responses }

// Endpoint appends /responses to base, which holds the version itself where the service has one.
func (p Protocol) Endpoint(base *url.URL, _ *wire.Request) *url.URL {
	return wire.Join(base, "/responses")
}

// Header sets the credential.
func (p Protocol) Header(h http.Header, credential string) {
	wire.SetCredential(h, p.KeyHeader, credential)
}

// Decoder reads the answer to r.
func (p Protocol) Decoder(_ *wire.Request, to *wire.Sink) wire.Decoder {
	return &decoder{to: to, items: map[int64]*item{}}
}

// Media is that of Chat Completions, which has the same servers.
func (p Protocol) Media() wire.Media {
	m := chat.Protocol{}.Media()
	m.Results = true
	return m
}

// Arguments is a tool's schema in a form that the API takes (tools.md §b.3).
func (p Protocol) Arguments(schema json.RawMessage) (json.RawMessage, error) {
	var r fit.Rules
	if p.PlainSchemas {
		r = fit.Rules{Not: []string{"pattern", "format"}, NoSlash: true}
	}
	return fit.Schema(schema, r)
}

// Failure reads an error body.
func (p Protocol) Failure(status int, _ http.Header, raw []byte) wire.Failure {
	return apierror.Read(wire.Responses, status, raw)
}
