package wiretest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Streams of the Messages API, for tests that need any answer at all.
const (
	MessageStart = `event: message_start` + "\n" + `data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"MiniMax-M2.7","content":[],"usage":{"input_tokens":0,"output_tokens":0}}}` + "\n\n"
	MessageEnd   = `event: message_delta` + "\n" + `data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":9,"output_tokens":5}}` + "\n\n" +
		`event: message_stop` + "\n" + `data: {"type":"message_stop"}` + "\n\n"
)

// MessageEvent writes one event as the Messages API does.
func MessageEvent(data string) string {
	var doc struct{ Type string }
	_ = json.Unmarshal([]byte(data), &doc)
	return "event: " + doc.Type + "\ndata: " + data + "\n\n"
}

// MessageText writes deltas whose texts are given as JSON string contents.
func MessageText(raw ...string) string {
	var b strings.Builder
	for _, r := range raw {
		b.WriteString(MessageEvent(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"` + r + `"}}`))
	}
	return b.String()
}

// Message is a whole answer.
func Message(text string) string { return MessageStart + MessageText(text) + MessageEnd }

// MessageError is an error in MiniMax's shape, its inner code at the end of the message.
func MessageError(kind, message string) string {
	return fmt.Sprintf(`{"type":"error","error":{"type":%q,"message":%q,"http_code":"400"},"request_id":"abc"}`, kind, message)
}
