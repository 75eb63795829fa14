package apierror

import (
	"testing"

	"github.com/tidwall/gjson"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/wiretest"
)

// TestForeign: which refusals say that the server knows no such path, and of which wire it is by its words.
func TestForeign(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		want   wire.API
	}{
		{404, `{"type":"error","error":{"type":"not_found_error","message":"Not found"}}`, ""},
		{404, wiretest.MessageError("not_found_error", "no such thing"), ""},
		{404, `{"error":{"message":"The model x does not exist","type":"invalid_request_error","param":null}}`, ""},
		{400, `{"error":{"message":"no","type":"invalid_request_error","param":null}}`, ""},
		{500, "page not found", ""},
		{404, `{"error":{"message":"Invalid URL","type":"invalid_request_error","param":null}}`, wire.Chat},
		{404, `{"error":{"code":404,"message":"no","status":"NOT_FOUND"}}`, wire.Gemini},
		{404, `[{"error":{"code":404,"message":"no","status":"NOT_FOUND"}}]`, wire.Gemini},
		{404, `{"error":{"code":404,"message":"File Not Found","type":"not_found_error"}}`, wire.Unknown},
		{404, `{"detail":"Not Found"}`, wire.Unknown},
		{404, "404 page not found", wire.Unknown},
		{405, "", wire.Unknown},
		{404, "<html><title>404</title>", wire.Unknown},
		{404, "[]", wire.Unknown},
	} {
		if f := Read(wire.Messages, c.status, []byte(c.body)); f.API != c.want || f.Class != "invalid_request" && c.status != 500 {
			t.Errorf("%d %s: %q, %+v", c.status, c.body, f.API, f)
		}
	}
}

// TestForeignToOthers: the same for a server that was asked by another API.
func TestForeignToOthers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		own  wire.API
		body string
		want wire.API
	}{
		{wire.Chat, `{"type":"error","error":{"type":"not_found_error","message":"Not Found"}}`, wire.Messages},
		{wire.Chat, `{"error":{"message":"Invalid URL (POST /chat/completions)","type":"invalid_request_error","param":null}}`, wire.Unknown},
		{wire.Chat, `{"error":{"message":"gone","param":null}}`, ""},
		{wire.Chat, `404 page not found`, wire.Unknown},
		{wire.Responses, `{"error":{"message":"gone","param":null}}`, ""},
		{wire.Gemini, `{"error":{"code":404,"message":"Requested entity was not found.","status":"NOT_FOUND"}}`, ""},
		{wire.Gemini, `{"error":{"message":"Invalid URL","param":null}}`, wire.Chat},
		{wire.Responses, `{"error":{"message":"No fixture matched","type":"invalid_request_error","code":"no_fixture_match"}}`, ""}, // aimock
		{wire.Chat, `{"error":{"message":"No endpoints found for a/b.","code":404}}`, ""},                                           // OpenRouter
		{wire.Chat, `{"error":{"message":"File Not Found","type":"not_found_error","code":404}}`, wire.Unknown},                     // llama-server
	} {
		if f := Read(c.own, 404, []byte(c.body)); f.API != c.want {
			t.Errorf("%s: %s: %q, want %q", c.own, c.body, f.API, c.want)
		}
	}
}

// TestEventOfAnother: which events and documents are another API's, so that the same question is not asked again.
func TestEventOfAnother(t *testing.T) {
	t.Parallel()
	for doc, of := range map[string]wire.API{
		`{"object":"chat.completion.chunk"}`: wire.Chat, `{"choices":[]}`: wire.Chat, `{"choices":{}}`: "",
		`{"object":"response"}`: wire.Responses, `{"type":"response.created"}`: wire.Responses, `{"object":"list"}`: "",
		`{"candidates":[]}`: wire.Gemini, `{"type":"message"}`: wire.Messages, `{"type":"message_start"}`: wire.Messages, `{"type":"content_block_delta"}`: wire.Messages,
		`{"type":"ping"}`: "", `[]`: "",
	} {
		for _, own := range []wire.API{wire.Chat, wire.Responses, wire.Gemini, wire.Messages} {
			want := of
			if of == own {
				want = ""
			}
			err, ok := NotAn(own, gjson.Parse(doc), "no answer").(*wire.Failure)
			if !ok || err.API != want || err.Retryable != (want == "") || err.Message != "no answer" {
				t.Errorf("%s asked by %s: %+v", doc, own, err)
			}
			if err := Foreign(own, gjson.Parse(doc)); (err != nil) != (want != "") {
				t.Errorf("event %s asked by %s: %v", doc, own, err)
			}
		}
	}
}
