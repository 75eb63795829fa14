package apierror

import (
	"strings"

	"github.com/tidwall/gjson"

	"hermes/oneshot/wire"
)

// Of names the API of an answer; "" when it shows none (notes on wires §1.2, §2.2, §3).
func Of(doc gjson.Result) wire.API {
	object, kind := doc.Get("object").Str, doc.Get("type").Str
	switch {
	case strings.HasPrefix(object, "chat.completion"), doc.Get("choices").IsArray():
		return wire.Chat
	case object == "response", strings.HasPrefix(kind, "response."):
		return wire.Responses
	case doc.Get("candidates").IsArray():
		return wire.Gemini
	case kind == "message", strings.HasPrefix(kind, "message_"), strings.HasPrefix(kind, "content_block_"):
		return wire.Messages
	}
	return ""
}

// NotAn is the failure of an answer that is none of own: it is not asked for again where it is another API's.
func NotAn(own wire.API, doc gjson.Result, message string) error {
	f := wire.Broken("%s", message)
	if f.API = Of(doc); f.API == own {
		f.API = ""
	}
	f.Retryable = f.API == ""
	return f
}

// Foreign is NotAn for an event that own does not know, where it is another API's; nil for any other.
func Foreign(own wire.API, doc gjson.Result) error {
	if api := Of(doc); api == "" || api == own {
		return nil
	}
	return NotAn(own, doc, "events of another API came")
}

// elsewhere names the API of a refusal that is about the path and not about a model: a server of own knows its path.
func (f failure) elsewhere(own wire.API, doc gjson.Result) wire.API {
	if f.status != 404 && f.status != 405 || f.says("model") {
		return ""
	}
	e := doc.Get("error")
	shape := wire.Unknown
	switch {
	case doc.Get("type").Str == "error":
		shape = wire.Messages
	case e.Get("status").Type == gjson.String:
		shape = wire.Gemini
	case (own == wire.Chat || own == wire.Responses) && (e.Get("param").Exists() || e.Get("code").Exists()):
		shape = own
	case e.Get("param").Exists():
		shape = wire.Chat
	}
	switch {
	case shape != own:
		return shape
	case own != wire.Messages && f.says("url", "path", "route", "file not found"): // the last is llama-server's
		return wire.Unknown
	}
	return ""
}
