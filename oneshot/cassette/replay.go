package cassette

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"hermes/oneshot/class"
	"hermes/oneshot/wire"
)

// Replayer is a RoundTripper that answers from a cassette. It may be used by
// several goroutines at once.
type Replayer struct {
	mu     sync.Mutex
	tracks []*track
}

// track is a recorded exchange and whether it was played.
type track struct {
	exchange
	played bool
}

// maxLine is the longest line of a cassette, in bytes.
const maxLine = 256 << 20

// readLine is a line of a cassette. What does not begin as an exchange does is
// not read to its end: a device may have none.
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
			t := &track{}
			if err := json.Unmarshal(line, &t.exchange); err != nil {
				return nil, broken(n, "%v", err)
			}
			if t.V != version {
				return nil, broken(n, "version %d, want %d", t.V, version)
			}
			p.tracks = append(p.tracks, t)
		}
		if err == io.EOF {
			return p, nil
		}
	}
}

// RoundTrip answers with the exchange whose body has the same SHA-256 and
// whose path ends as the request's does, or the other way round. Of several
// the first not played yet is taken, and the last one again when all were. An
// *Error of class no_input names the hash that the cassette does not hold.
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
		Body: &playback{ctx: req.Context(), left: t.Response.Chunks},
	}, nil
}

const missHint = "prompt, files, model and parameters must be those of the recording; record it again with --record"

// missing is the error of a question that the cassette does not hold. It comes as the wire's own, so that the wire
// takes it for what it is and not for a network that is down.
func missing(msg string) error {
	return &wire.Error{ErrClass: class.NoInput, Message: msg, Err: &Error{class.NoInput, msg, missHint}}
}

// First gives model and max_tokens of the first request of the cassette: what a replay asks for when nothing else
// decides. They are "" and 0 when there is no request, or none in the Messages form.
func (p *Replayer) First() (model string, maxTokens int) {
	for _, t := range p.tracks {
		var body struct {
			Model     string `json:"model"`
			MaxTokens int    `json:"max_tokens"`
		}
		if json.Unmarshal(t.Request.Body, &body) == nil && body.Model != "" {
			return body.Model, body.MaxTokens
		}
	}
	return "", 0
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

func (p *Replayer) find(path, sum string) *track {
	p.mu.Lock()
	defer p.mu.Unlock()
	var last *track
	for _, t := range p.tracks {
		if t.Request.SHA256 != sum || !strings.HasSuffix(path, t.Request.Path) && !strings.HasSuffix(t.Request.Path, path) {
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

// playback is a body that gives one chunk a read.
type playback struct {
	ctx  context.Context
	now  string
	left []string
}

func (p *playback) Read(b []byte) (int, error) {
	if p.ctx.Err() != nil {
		return 0, context.Cause(p.ctx)
	}
	for p.now == "" && len(p.left) > 0 {
		p.now, p.left = p.left[0], p.left[1:]
	}
	if p.now == "" {
		return 0, io.EOF
	}
	n := copy(b, p.now)
	p.now = p.now[n:]
	return n, nil
}

func (p *playback) Close() error {
	p.now, p.left = "", nil
	return nil
}
