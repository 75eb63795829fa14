package mcp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
)

// lines exchanges messages with a program, one a line. What is no message is kept as something that the program said.
type lines struct {
	p    *process
	from *bufio.Reader
	mu   sync.Mutex // of what is written
}

func newLines(p *process) *lines { return &lines{p: p, from: bufio.NewReaderSize(p.out, 64<<10)} }

// listen reads until the program or the session ends, which is the error.
func (l *lines) listen(hear func(jsonrpc.Message)) error {
	for {
		line, tooLong, err := l.line()
		if tooLong {
			id, ok := idOf(line)
			if !ok {
				return errTooLong()
			}
			hear(&jsonrpc.Response{ID: id, Error: errTooLong()})
			continue
		}
		all := messages(line)
		if len(all) == 0 && len(bytes.TrimSpace(line)) > 0 {
			_, _ = l.p.tail.Write(line)
		}
		for _, msg := range all {
			hear(msg)
		}
		if err != nil {
			return err
		}
	}
}

func errTooLong() error {
	return &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: fmt.Sprintf("the answer is larger than %d MiB", maxMessage>>20)}
}

// line reads one, with its end. Of one that is too long the beginning and the end are kept.
func (l *lines) line() (line []byte, tooLong bool, err error) {
	for {
		piece, err := l.from.ReadSlice('\n')
		line = append(line, piece...)
		if len(line) > maxMessage {
			tooLong = true
			line = append(line[:64<<10], line[len(line)-1024:]...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, tooLong, err
		}
	}
}

// messages are those of a line, none where it is something else: programs log to stdout.
func messages(line []byte) []jsonrpc.Message {
	line = bytes.TrimSpace(line)
	var several []json.RawMessage
	switch {
	case len(line) == 0 || line[0] != '{' && line[0] != '[':
		return nil
	case line[0] == '{':
		several = []json.RawMessage{line}
	case json.Unmarshal(line, &several) != nil:
		return nil
	}
	var all []jsonrpc.Message
	for _, one := range several {
		if msg, err := jsonrpc.DecodeMessage(one); err == nil {
			all = append(all, msg)
		}
	}
	return all
}

// idOf finds to which call an answer belongs that is too long to be read: its id is the first or the last of the object's names
// whose value is short.
func idOf(line []byte) (jsonrpc.ID, bool) {
	dec := json.NewDecoder(bytes.NewReader(line))
	_, _ = dec.Token()
	for dec.More() {
		name, err := dec.Token()
		var value json.RawMessage
		if err != nil || dec.Decode(&value) != nil {
			break
		}
		if name == "id" {
			return makeID(string(value))
		}
	}
	end, ok := strings.CutSuffix(string(bytes.TrimSpace(line)), "}")
	at := strings.LastIndex(end, `"id":`)
	if !ok || at < 0 {
		return jsonrpc.ID{}, false
	}
	return makeID(strings.TrimSpace(end[at+len(`"id":`):]))
}

func makeID(digits string) (jsonrpc.ID, bool) {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return jsonrpc.ID{}, false
	}
	id, err := jsonrpc.MakeID(float64(n))
	return id, err == nil
}

// send writes a message.
func (l *lines) send(ctx context.Context, msg jsonrpc.Message) error {
	line, err := jsonrpc.EncodeMessage(msg)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if ctx.Err() != nil { // it waited too long for others
		return ctx.Err()
	}
	_, err = l.p.in.Write(append(line, '\n'))
	return err
}

// close ends the program.
func (l *lines) close() { l.p.stop() }
