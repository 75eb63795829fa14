// Package anthropic is the Anthropic Messages API, as Anthropic, MiniMax and the local servers that imitate it speak it.
//
// Sources are named by the sections of the project's notes on provider APIs. What a reader should know:
//
//   - Blocks of an answer may interleave, so what is kept of one is kept by its index.
package anthropic

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/apierror"
	"hermes/oneshot/wire/fit"
)

// Thinking names the form in which a model takes a reasoning effort (provider-apis §1.4, §3.2).
type Thinking string

// The forms seen in the wild.
const (
	Budget   Thinking = "budget"   // {"type":"enabled","budget_tokens":N}, which also wants temperature 1
	Adaptive Thinking = "adaptive" // {"type":"adaptive"} or {"type":"disabled"}
	Effort   Thinking = "effort"   // adaptive, and output_config.effort
)

// Protocol is what one server wants. The zero Protocol sends the credential as a Bearer token and a budget for thinking.
type Protocol struct {
	// APIKey sends the credential as X-Api-Key, Anthropic's form. The two headers are never sent together: Anthropic
	// answers 401 to a request with both.
	APIKey bool
	// Thinking is the model's form; "" is Budget.
	Thinking Thinking
	// CacheMarks marks a long system text for the server's prompt cache (provider-apis §1.5, §3).
	CacheMarks bool
}

// API is wire.Messages.
func (p Protocol) API() wire.API { return wire.Messages }

// Endpoint appends /v1/messages; a /v1 at the end of base is not doubled.
func (p Protocol) Endpoint(base *url.URL, _ *wire.Request) *url.URL {
	return wire.Join(base, "/v1/messages", "/v1")
}

// Header sets the API's version, unless the caller chose one, and the credential.
func (p Protocol) Header(h http.Header, credential string) {
	if h.Get("Anthropic-Version") == "" {
		h.Set("Anthropic-Version", "2023-06-01")
	}
	name := ""
	if p.APIKey {
		name = "X-Api-Key"
	}
	wire.SetCredential(h, name, credential, "X-Api-Key")
}

// Media are Anthropic's limits (provider-apis §3.7): 5 MB an image counted on its base64, 32 MB a request, 100 images. An
// image is scaled down to 1.15 megapixels, 750 a token.
func (p Protocol) Media() wire.Media {
	return wire.Media{Image: 3_750_000, Images: 100, Document: 24_000_000, ImageTokens: 1_600, Results: true}
}

// Arguments is a tool's schema in a form that the API takes (tools.md §b.1).
func (p Protocol) Arguments(schema json.RawMessage) (json.RawMessage, error) {
	return fit.Schema(schema, fit.Rules{PlainKeys: true})
}

// Failure reads an error body.
func (p Protocol) Failure(status int, _ http.Header, raw []byte) wire.Failure {
	return apierror.Read(wire.Messages, status, raw)
}

// Decoder reads the answer to r.
func (p Protocol) Decoder(r *wire.Request, to *wire.Sink) wire.Decoder {
	return &decoder{to: to, marks: leavesMarks(r.Model)}
}

// leavesMarks reports whether a model is MiniMax's, under whatever reseller's name.
func leavesMarks(model string) bool { return strings.Contains(strings.ToLower(model), "minimax") }
