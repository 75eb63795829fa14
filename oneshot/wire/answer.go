package wire

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/sse"
)

const (
	// maxHead is how much of a body is looked at to see what it is, in bytes.
	maxHead = 4 << 10
	// byteOrderMark may stand before a stream, and says nothing of it.
	byteOrderMark = "\ufeff"
)

// read turns a response into events. What a body is, its first bytes say: a
// 200 can be an error in JSON, a login page, or a stream without a content type.
func (a *attempt) read(resp *http.Response) error {
	switch resp.StatusCode / 100 {
	case 1: // its body is the connection itself, which no clock reaches
		e := a.fail(class.Protocol, fmt.Sprintf("%s changes to another protocol (status %d), which was not asked for", a.s.url.Host, resp.StatusCode))
		e.Retryable = false
		return e
	case 2:
		if a.s.other != nil {
			return a.hand(a.s.other)
		}
	case 3:
		return a.redirected(resp)
	default:
		return a.refused(resp)
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	shape, head, err := a.look(kind == "text/event-stream")
	if err != nil {
		return err
	}
	rest := io.MultiReader(bytes.NewReader(head), a.body)
	switch shape {
	case shapeStream:
		return a.decode(sse.NewReader(rest))
	case shapeJSON:
		return a.document(rest)
	case shapeEmpty:
		return a.fail(class.Protocol, fmt.Sprintf("the answer is empty: status %d and not a byte", resp.StatusCode))
	case shapePage:
		page := a.readError(rest)
		e := a.fail(class.Protocol, "an HTML page"+title(page)+" came instead of an answer")
		e.Page = true
		return e
	}
	e := a.fail(class.Protocol, fmt.Sprintf("content type %q came instead of an event stream", kind))
	e.Retryable = false
	return e
}

// shape is what a body looks like.
type shape int

const (
	shapeUnknown shape = iota
	shapeEmpty
	shapeStream
	shapeJSON
	shapePage
	shapeOther
)

// look reads until the body's shape is clear and returns what it read.
func (a *attempt) look(declared bool) (shape, []byte, error) {
	head := make([]byte, 0, maxHead)
	for {
		n, err := a.body.Read(head[len(head):maxHead])
		head = head[:len(head)+n]
		switch s := shapeOf(head, declared); {
		case s != shapeUnknown:
			return s, head, nil
		case err == io.EOF && len(bytes.TrimSpace(bytes.TrimPrefix(head, []byte(byteOrderMark)))) == 0:
			return shapeEmpty, head, nil
		case len(head) == maxHead && declared: // blank lines, so far
			return shapeStream, head, nil
		case err == io.EOF || len(head) == maxHead:
			return shapeOther, head, nil
		case err != nil:
			return s, head, errBroken
		}
	}
}

// shapeOf judges by the first bytes that are no white space; shapeUnknown asks for more.
func shapeOf(head []byte, declared bool) shape {
	if len(head) < len(byteOrderMark) && strings.HasPrefix(byteOrderMark, string(head)) {
		return shapeUnknown
	}
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte(byteOrderMark)), " \t\r\n")
	switch {
	case len(head) == 0:
		return shapeUnknown
	case head[0] == '{' || head[0] == '[':
		return shapeJSON
	case head[0] == '<':
		return shapePage
	case declared:
		return shapeStream
	}
	for _, field := range [...]string{":", "data:", "event:", "id:", "retry:"} {
		if string(head[:min(len(head), len(field))]) == field[:min(len(head), len(field))] {
			if len(head) < len(field) {
				return shapeUnknown
			}
			return shapeStream
		}
	}
	return shapeOther
}

// redirected refuses to follow: a credential stays at the host it was meant for.
func (a *attempt) redirected(resp *http.Response) error {
	where, to := "elsewhere", ""
	if u, err := a.s.url.Parse(resp.Header.Get("Location")); err == nil && resp.Header.Get("Location") != "" {
		to, where = a.clean(Shown(u)), "to "+u.Host
	}
	e := a.fail(class.Protocol, fmt.Sprintf("%s redirects %s (status %d); redirects are not followed", a.s.url.Host, where, resp.StatusCode))
	e.Retryable, e.Redirect = false, to
	if base, err := url.Parse(strings.TrimSpace(a.s.c.BaseURL)); err == nil {
		path := strings.TrimPrefix(a.s.url.EscapedPath(), strings.TrimRight(base.EscapedPath(), "/"))
		e.RedirectBase, _ = strings.CutSuffix(to, path)
	}
	if e.RedirectBase == to {
		e.RedirectBase = ""
	}
	return e
}

// errorTime bounds the reading of an error: its status has said what matters,
// and a byte now and then would keep the idle clock from ever ending it.
const errorTime = 3 * time.Second

// readError reads the body of what is no answer, as much as comes in time.
func (a *attempt) readError(body io.Reader) []byte {
	timer := time.AfterFunc(errorTime, func() { a.cancel(nil) })
	defer timer.Stop()
	raw, _ := io.ReadAll(io.LimitReader(body, maxErrorBody))
	return raw
}

// refused reads the body of an error status.
func (a *attempt) refused(resp *http.Response) error {
	e := a.failure(a.s.c.Protocol.Failure(resp.StatusCode, resp.Header, a.readError(a.body)))
	switch strings.ToLower(resp.Header.Get("X-Should-Retry")) {
	case "true":
		e.Retryable = true
	case "false":
		e.Retryable, e.final = false, true
	}
	return e
}
