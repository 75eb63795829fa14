package cassette

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	pathpkg "path"
	"strings"
	"sync"

	"hermes/oneshot/class"
	"hermes/oneshot/wire"
)

// Replayer is a RoundTripper that answers from a cassette. It may be used by
// several goroutines at once.
type Replayer struct {
	mu      sync.Mutex
	entries []*entry
	lists   []*toolList
	uses    []*recordedUse
}

// entry is a recorded exchange and whether it was played.
type entry struct {
	exchange
	played bool
}

// maxLine is the longest line of a cassette, in bytes.
const maxLine = 256 << 20

// readLine reads a line of a cassette. A line that does not begin as an exchange is not read to its end, which a device may
// not have.
func readLine(in *bufio.Reader, n int) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		begin := bytes.TrimLeft(line, " \t\r\n")
		switch {
		case len(begin) > 0 && begin[0] != '{':
			return nil, broken(n, "does not begin with {")
		case len(line) > maxLine, len(begin) == 0 && len(line) > bufio.MaxScanTokenSize:
			return nil, broken(n, "is longer than any exchange")
		case err != bufio.ErrBufferFull:
			return line, err
		}
	}
}

// NewReplayer reads a cassette. Its error is an *Error that names the line, or
// that of r.
func NewReplayer(r io.Reader) (*Replayer, error) {
	p := &Replayer{}
	in := bufio.NewReaderSize(r, bufio.MaxScanTokenSize)
	for n := 1; ; n++ {
		line, err := readLine(in, n)
		if err != nil && err != io.EOF {
			return nil, err
		}
		if len(bytes.TrimSpace(line)) > 0 {
			if p.take(line) {
				continue
			}
			t := &entry{}
			if err := json.Unmarshal(line, &t.exchange); err != nil {
				return nil, broken(n, "%v", err)
			}
			if t.V != version {
				return nil, broken(n, "version %d, want %d", t.V, version)
			}
			p.entries = append(p.entries, t)
		}
		if err == io.EOF {
			return p, nil
		}
	}
}

// RoundTrip answers with the exchange whose body has the same SHA-256 and whose path ends in the same segment. Of several the
// first that was not played yet is taken, and when all were, the last one. The error for none is of class no_input and names
// the hash.
func (p *Replayer) RoundTrip(req *http.Request) (*http.Response, error) {
	sum, err := sumOf(req)
	if err != nil {
		return nil, err
	}
	if err := req.Context().Err(); err != nil {
		return nil, context.Cause(req.Context())
	}
	t := p.find(req.URL.Path, sum)
	if t == nil {
		return nil, missing(fmt.Sprintf("the cassette has no answer for %s %s with body sha256 %s", req.Method, callOf(req.URL.Path), sum))
	}
	header := http.Header{}
	for name, value := range t.Response.Headers {
		header.Set(name, value)
	}
	return &http.Response{
		StatusCode: t.Response.Status, Status: fmt.Sprintf("%d %s", t.Response.Status, http.StatusText(t.Response.Status)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, ContentLength: -1, Request: req,
		Body: &replayedBody{ctx: req.Context(), left: t.Response.Chunks},
	}, nil
}

const missHint = "prompt, files, model and parameters must be those of the recording; record it again with --record"

// missing is the error of a question that the cassette does not hold. It is the wire's own error, since the wire takes any other
// for a network that is down.
func missing(msg string) error {
	return &wire.Error{ErrClass: class.NoInput, Message: msg, Err: &Error{class.NoInput, msg, missHint}}
}

// Question is what a recorded request asked, as far as a replay has to know it.
type Question struct {
	// Path is the end of the path, which tells the API.
	Path string
	// Model and MaxTokens are what was asked for; "" and 0 where the body does not say it.
	Model     string
	MaxTokens int
	// Body is the request's body, without secrets.
	Body []byte
}

// First is the first request of the cassette: what a replay asks for when nothing else decides. It is zero when there is none.
func (p *Replayer) First() Question {
	if len(p.entries) == 0 {
		return Question{}
	}
	r := p.entries[0].Request
	q := Question{Path: r.Path, Body: r.Body}
	var body struct {
		Model            string `json:"model"`
		MaxTokens        int    `json:"max_tokens"`
		CompletionTokens int    `json:"max_completion_tokens"`
		OutputTokens     int    `json:"max_output_tokens"`
		Config           struct {
			MaxTokens int `json:"maxOutputTokens"`
		} `json:"generationConfig"`
	}
	if json.Unmarshal(r.Body, &body) != nil {
		return q
	}
	q.Model, q.MaxTokens = body.Model, cmp.Or(body.MaxTokens, body.CompletionTokens, body.OutputTokens, body.Config.MaxTokens)
	if model, _, ok := strings.Cut(pathpkg.Base(r.Path), ":"); ok && q.Model == "" { // Gemini's path holds it
		q.Model = model
	}
	return q
}

func sumOf(req *http.Request) (string, error) {
	h := sha256.New()
	if req.Body != nil {
		defer req.Body.Close()
		if _, err := io.Copy(h, req.Body); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (p *Replayer) find(path, sum string) *entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	var last *entry
	for _, t := range p.entries {
		if t.Request.SHA256 != sum || pathpkg.Base(t.Request.Path) != pathpkg.Base(path) {
			continue
		}
		if last = t; !t.played {
			break
		}
	}
	if last != nil {
		last.played = true
	}
	return last
}

// replayedBody gives one chunk a read.
type replayedBody struct {
	ctx  context.Context
	now  string
	left []string
}

func (b *replayedBody) Read(p []byte) (int, error) {
	if b.ctx.Err() != nil {
		return 0, context.Cause(b.ctx)
	}
	for b.now == "" && len(b.left) > 0 {
		b.now, b.left = b.left[0], b.left[1:]
	}
	if b.now == "" {
		return 0, io.EOF
	}
	n := copy(p, b.now)
	b.now = b.now[n:]
	return n, nil
}

func (b *replayedBody) Close() error {
	b.now, b.left = "", nil
	return nil
}
