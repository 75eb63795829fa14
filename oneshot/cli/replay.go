package cli

import (
	"bytes"
	"net/http"
	"path"
	"strings"

	"hermes/oneshot"
	"hermes/oneshot/cassette"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/anthropic"
	"hermes/oneshot/wire/chat"
	"hermes/oneshot/wire/gemini"
	"hermes/oneshot/wire/responses"
	"hermes/provider"
)

// replayed is the target that a cassette plays: the resolved one where a flag chose it or the model is the cassette's,
// else the cassette's own. There is no credential, and nothing to reach. It is asked as the recorded server was.
func replayed(player *cassette.Replayer, f provider.Flags, c *provider.Choice, err error) (oneshot.Target, error) {
	q := player.First()
	t := oneshot.Target{
		Provider: "cassette", ProviderSource: "--replay", Model: q.Model, ModelSource: "--replay", BaseURL: "http://cassette.invalid",
		Header: http.Header{}, Transport: player, MaxTokens: q.MaxTokens, Images: true, PDF: true,
	}
	t.Protocol, t.HoldsSchema = recorded(q)
	if f.Provider != "" && err != nil {
		return t, err
	}
	if err == nil && (f.Provider != "" || f.Model != "" || c.Model.Value == q.Model) {
		own := targetOf(c)
		t.Provider, t.ProviderSource, t.Wire, t.Origin = own.Provider, own.ProviderSource, own.Wire, own.Origin
		t.Price, t.MaxTemperature, t.Context = own.Price, own.MaxTemperature, own.Context
		if own.Protocol.API() == t.Protocol.API() {
			t.Protocol, t.HoldsSchema, t.Extra = own.Protocol, own.HoldsSchema, own.Extra
			if p, ok := own.Protocol.(anthropic.Protocol); ok { // an older recording has no marks
				p.CacheMarks = marked(q)
				t.Protocol = p
			}
		}
	}
	if f.Model != "" {
		t.Model, t.ModelSource = f.Model, "--model"
	}
	return t, nil
}

// recorded is the protocol that a recorded request was sent by: the API by the end of its path, and what differs between
// the servers of one API by the members of its body. schema says that the server can hold an answer to a schema.
func recorded(q cassette.Question) (p wire.Protocol, schema bool) {
	has := func(member string) bool { return bytes.Contains(q.Body, []byte(member)) }
	switch last := path.Base(q.Path); {
	case last == "completions":
		p := chat.Protocol{
			CompletionTokens: has(`"max_completion_tokens":`), Developer: has(`"role":"developer"`), NoUsageOption: !has(`"stream_options":`),
			Schema: chat.JSONSchema,
		}
		if has(`"response_format":{"type":"json_object"}`) {
			p.Schema = chat.JSONObject
		}
		return p, has(`"response_format":`)
	case last == "responses":
		schema := has(`"text":{"format":`)
		return responses.Protocol{NoObfuscation: has(`"include_obfuscation":`), NoSchema: !schema}, schema
	case strings.HasSuffix(last, ":streamGenerateContent"):
		return gemini.Protocol{Budget: has(`"thinkingBudget":`)}, true
	}
	return anthropic.Protocol{CacheMarks: marked(q)}, false
}

// marked reports whether a recorded request has marks for the prompt cache.
func marked(q cassette.Question) bool { return bytes.Contains(q.Body, []byte(`"cache_control":`)) }
