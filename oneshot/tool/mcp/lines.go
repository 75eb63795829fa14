package mcp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// ownTransport is the SDK's transport of a program. The SDK's own ends the session at the first line that is no message, and at a
// message over 16 MiB.
type ownTransport struct{ p *process }

func (t ownTransport) Connect(context.Context) (mcp.Connection, error) {
	return newLines(t.p.out, t.p.in, t.p.tail), nil
}

// lines exchanges messages with a program, one a line. What is no message goes to noise.
type lines struct {
	from  *bufio.Reader
	queue []jsonrpc.Message // of a line with several
	noise io.Writer
	ends  [2]io.Closer

	mu sync.Mutex // of to
	to io.Writer
}

func newLines(from io.ReadCloser, to io.WriteCloser, noise io.Writer) *lines {
	return &lines{from: bufio.NewReaderSize(from, 64<<10), to: to, noise: noise, ends: [2]io.Closer{to, from}}
}

// SessionID is none.
func (*lines) SessionID() string { return "" }

// Read gives the next message. It ends when the connection is closed.
func (l *lines) Read(context.Context) (jsonrpc.Message, error) {
	for len(l.queue) == 0 {
		line, tooLong, err := l.line()
		if tooLong {
			id, ok := idOf(line)
			if !ok {
				return nil, errTooLong()
			}
			return &jsonrpc.Response{ID: id, Error: errTooLong()}, nil
		}
		if l.queue = messages(line); len(l.queue) == 0 && len(bytes.TrimSpace(line)) > 0 {
			_, _ = l.noise.Write(line)
		}
		if err != nil && len(l.queue) == 0 {
			return nil, err
		}
	}
	next := l.queue[0]
	l.queue = l.queue[1:]
	return next, nil
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

// Write sends a message.
func (l *lines) Write(ctx context.Context, msg jsonrpc.Message) error {
	line, err := jsonrpc.EncodeMessage(msg)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if ctx.Err() != nil { // it waited too long for others
		return ctx.Err()
	}
	_, err = l.to.Write(append(line, '\n'))
	return err
}

// Close closes both ends, which ends Read and Write.
func (l *lines) Close() error {
	for _, end := range l.ends {
		if err := end.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			return err
		}
	}
	return nil
}
