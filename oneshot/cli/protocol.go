package cli

import (
	"strings"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/anthropic"
	"hermes/oneshot/wire/chat"
	"hermes/oneshot/wire/gemini"
	"hermes/oneshot/wire/responses"
	"hermes/provider"
	"hermes/provider/rows"
)

// protocol is what the chosen provider speaks: the wire, and the quirks of its row as that wire's protocol has them.
func protocol(c *provider.Choice) wire.Protocol {
	q := c.Row.Quirks
	switch rows.Wire(c.Wire.Value) {
	case rows.Chat:
		return chat.Protocol{
			CompletionTokens: q.CompletionTokens, Developer: q.Developer, Reasoning: chat.Reasoning(q.Reasoning), Schema: chat.Schema(q.Schema),
			NoUsageOption: q.NoUsageOption, NoStop: q.NoStop, NoSampling: q.NoSampling, DoneIsEnd: q.DoneIsEnd, PlainSchemas: q.PlainSchemas, KeyHeader: bare(q.KeyHeader),
		}
	case rows.Responses:
		return responses.Protocol{
			NoLimit: q.NoLimit, NoSampling: q.NoSampling, NoReasoning: q.NoReasoning, NoSchema: q.NoSchema, NoObfuscation: q.NoObfuscation,
			PlainSchemas: q.PlainSchemas, Instructions: q.Instructions, KeyHeader: bare(q.KeyHeader),
		}
	case rows.Gemini:
		return gemini.Protocol{Budget: strings.Contains(c.Model.Value, "gemini-2.5"), Bearer: q.KeyHeader == rows.Bearer}
	}
	return anthropic.Protocol{APIKey: q.KeyHeader == rows.XAPIKey, Thinking: anthropic.Thinking(c.Info.Thinking), CacheMarks: q.CacheMarks}
}

// bare is the header that carries the bare credential, "" for Authorization.
func bare(header string) string {
	if header == rows.Bearer {
		return ""
	}
	return header
}

// holdsSchema reports whether the server holds an answer to a JSON Schema that the request carries.
func holdsSchema(c *provider.Choice) bool {
	switch rows.Wire(c.Wire.Value) {
	case rows.Chat:
		return c.Row.Quirks.Schema != ""
	case rows.Responses:
		return !c.Row.Quirks.NoSchema
	}
	return rows.Wire(c.Wire.Value) == rows.Gemini
}

// endpoint is the address of a question at the choice's server, "" where the base URL makes none, and the API's name.
func endpoint(c *provider.Choice) (address, api string) {
	p := protocol(c)
	u, err := wire.Endpoint(p, c.BaseURL.Value, &wire.Request{Model: c.Model.Value})
	if err != nil {
		return "", string(p.API())
	}
	return wire.Shown(u), string(p.API())
}
