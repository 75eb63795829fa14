// Package cassette records the HTTP exchanges of a run and plays them back.
//
// A cassette is a text file with one JSON object a line, one for each exchange:
//
//	{"v":1,
//	 "request":{"method":"POST","path":"/v1/messages","sha256":"…","body":{…}},
//	 "response":{"status":200,"headers":{"content-type":"text/event-stream"},"chunks":["…","…"]}}
//
// A run with tools has lines of its own for them: {"v":1,"tools":{…}} for what a source offers, {"v":1,"call":{…}} for a call and
// what it gave back.
//
// What a user should know:
//
//   - sha256 is that of the body as it was sent. body is there for people: JSON
//     as it is, anything else as a string.
//   - A chunk is what one read gave, so a replay comes in the same pieces. Bytes
//     that are no UTF-8 become U+FFFD; a character is never split between chunks.
//   - Of the headers only a few of the response's are kept, none of the
//     request's. Known secrets are replaced wherever they stand.
//   - The prompt and the answer are in the file in full.
package cassette

import (
	"encoding/json"
	"fmt"

	"hermes/oneshot/class"
)

// version is the "v" of every line.
const version = 1

type exchange struct {
	V        int      `json:"v"`
	Request  request  `json:"request"`
	Response response `json:"response"`
}

type request struct {
	Method string          `json:"method"`
	Path   string          `json:"path"`
	SHA256 string          `json:"sha256"`
	Body   json.RawMessage `json:"body,omitempty"`
}

type response struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Chunks  []string          `json:"chunks"`
}

// Error is a cassette that cannot be read or does not hold what was asked.
type Error struct {
	class   class.Class
	message string
	hint    string // what to do next, "" where the class says it
}

// Error gives the message.
func (e *Error) Error() string { return e.message }

// Class is no_input when the cassette has no answer, invalid_input when it is broken.
func (e *Error) Class() string { return string(e.class) }

// Hint is what to do next, "" where the class says it.
func (e *Error) Hint() string { return e.hint }

func broken(line int, format string, args ...any) *Error {
	return &Error{class.InvalidInput, fmt.Sprintf("cassette line %d: ", line) + fmt.Sprintf(format, args...), "record it again with --record"}
}
