// Package gemini is Google's Gemini API, generateContent as a stream.
//
// What a reader should know (facts and their sources: the project's notes on wires, §3):
//
//   - A finishReason is not the end, the end of the body is; without any the answer was cut. STOP also ends a turn that
//     calls a function.
//   - candidatesTokenCount leaves out the thoughts, promptTokenCount holds what was cached.
//   - A thoughtSignature goes back with its part byte for byte.
package gemini

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/apierror"
	"hermes/oneshot/wire/fit"
)

// Protocol is what a model wants. The zero Protocol suits Gemini 3.
type Protocol struct {
	// Budget asks for thinking by a number of tokens, as Gemini 2.5 wants it, in place of a level.
	Budget bool
	// Bearer sends the credential as Authorization: Bearer, for logins; a key goes into X-Goog-Api-Key.
	Bearer bool
}

// API is wire.Gemini.
func (p Protocol) API() wire.API { return wire.Gemini }

// Endpoint is the model's, which stands in the path. base may end with a version, or with the path of Google's endpoint
// for Chat Completions.
func (p Protocol) Endpoint(base *url.URL, r *wire.Request) *url.URL {
	u := wire.Join(base, "", "/openai")
	version := "/v1beta"
	for _, own := range [...]string{"/v1beta", "/v1", "/v1alpha"} {
		if strings.HasSuffix(strings.TrimRight(u.Path, "/"), own) {
			version = ""
		}
	}
	model := url.PathEscape(strings.TrimPrefix(r.Model, "models/"))
	if r.Whole {
		return wire.Join(u, version+"/models/"+model+":generateContent")
	}
	u = wire.Join(u, version+"/models/"+model+":streamGenerateContent")
	query := u.Query()
	query.Set("alt", "sse")
	u.RawQuery = query.Encode()
	return u
}

// Header sets the credential.
func (p Protocol) Header(h http.Header, credential string) {
	name := "X-Goog-Api-Key"
	if p.Bearer {
		name = ""
	}
	wire.SetCredential(h, name, credential, "X-Goog-Api-Key")
}

// Decoder reads the answer to r.
func (p Protocol) Decoder(_ *wire.Request, to *wire.Sink) wire.Decoder { return &decoder{to: to} }

// Media are Google's limits (wires §3): 20 MB a request. Gemini 3 counts an image as 2240 tokens at its highest resolution.
func (p Protocol) Media() wire.Media {
	return wire.Media{Image: 14_000_000, Document: 14_000_000, ImageTokens: 2_240, Results: !p.Budget}
}

// Arguments is a tool's schema in a form that the API takes (tools.md §b.4).
func (p Protocol) Arguments(schema json.RawMessage) (json.RawMessage, error) {
	return fit.Schema(schema, fit.Rules{Only: []string{
		"$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems", "minItems", "maxItems",
		"minimum", "maximum", "anyOf", "properties", "additionalProperties", "required",
	}})
}

// Failure reads an error body.
func (p Protocol) Failure(status int, _ http.Header, raw []byte) wire.Failure {
	return apierror.Read(wire.Gemini, status, raw)
}
