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
func replayed(player *cassette.Replayer, f provider.Flags, c provider.Choice, err error) (oneshot.Target, error) {
	q := player.First()
	t := oneshot.Target{
		Provider: "cassette", ProviderSource: "--replay", Model: q.Model, ModelSource: "--replay", BaseURL: "http://cassette.invalid",
		Header: http.Header{}, Protocol: recorded(q), Transport: player, MaxTokens: q.MaxTokens, Images: true, PDF: true,
	}
	if f.Provider != "" && err != nil {
		return t, err
	}
	if err == nil && (f.Provider != "" || f.Model != "" || c.Model.Value == q.Model) {
		t.Provider, t.ProviderSource = c.Provider.Value, c.Provider.Source
		t.Price, t.MaxTemperature, t.Context = price(c), c.Row.Quirks.MaxTemperature, c.Info.Context
		if own := protocol(c); own.API() == t.Protocol.API() {
			t.Protocol = own
		}
	}
	if f.Model != "" {
		t.Model, t.ModelSource = f.Model, "--model"
	}
	return t, nil
}

// recorded is the protocol that a recorded request was sent by: the API by the end of its path, and what differs between
// the servers of one API by the members of its body.
func recorded(q cassette.Question) wire.Protocol {
	has := func(member string) bool { return bytes.Contains(q.Body, []byte(member)) }
	switch last := path.Base(q.Path); {
	case last == "completions":
		return chat.Protocol{
			CompletionTokens: has(`"max_completion_tokens":`), Developer: has(`"role":"developer"`), NoUsageOption: !has(`"stream_options":`),
		}
	case last == "responses":
		return responses.Protocol{NoObfuscation: has(`"include_obfuscation":`)}
	case strings.HasSuffix(last, ":streamGenerateContent"):
		return gemini.Protocol{}
	}
	return anthropic.Protocol{}
}
