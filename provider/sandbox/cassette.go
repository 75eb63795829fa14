package sandbox

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// cassette holds recorded exchanges. It is JSON lines:
//
//	{"v":1,
//	 "request":{"method":"POST","path":"/v1/messages","sha256":"hex of the body","body":…},
//	 "response":{"status":200,"headers":{"content-type":"text/event-stream"},"chunks":["…","…"]}}
//
// The body is there for readers; only the hash is compared.
type cassette struct {
	mu     sync.Mutex
	tracks []*track
}

type track struct {
	V       int `json:"v"`
	Request struct {
		Method string          `json:"method"`
		Path   string          `json:"path"`
		SHA256 string          `json:"sha256"`
		Body   json.RawMessage `json:"body"`
	} `json:"request"`
	Response struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Chunks  []string          `json:"chunks"`
	} `json:"response"`
	played bool
}

// readCassette reads every line; a line may be as long as it likes.
func readCassette(r io.Reader) (*cassette, error) {
	if r == nil {
		return nil, nil
	}
	c := &cassette{}
	in := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := in.ReadString('\n')
		if strings.TrimSpace(line) != "" {
			t, bad := readTrack(line)
			if bad != nil {
				return nil, fmt.Errorf("cassette line %d: %w", n, bad)
			}
			c.tracks = append(c.tracks, t)
		}
		if errors.Is(err, io.EOF) {
			return c, nil
		}
		if err != nil {
			return nil, fmt.Errorf("cassette line %d: %w", n, err)
		}
	}
}

func readTrack(line string) (*track, error) {
	var t track
	if err := json.Unmarshal([]byte(line), &t); err != nil {
		return nil, err
	}
	switch {
	case t.V != 1:
		return nil, fmt.Errorf("version %d is not 1", t.V)
	case t.Request.Path == "" || len(t.Request.SHA256) != 64:
		return nil, errors.New("request.path or request.sha256 is missing")
	case t.Response.Status < 100 || t.Response.Status > 599:
		return nil, errors.New("response.status is not an HTTP status")
	}
	return &t, nil
}

// find returns the exchange for a request. Of several with the same hash each
// answers once, in the order of the file; the last one answers from then on.
func (c *cassette) find(method, path, sum string) *track {
	c.mu.Lock()
	defer c.mu.Unlock()
	var last *track
	for _, t := range c.tracks {
		if !t.fits(method, path, sum) {
			continue
		}
		if last = t; !t.played {
			t.played = true
			return t
		}
	}
	return last
}

func (t *track) fits(method, path, sum string) bool {
	return strings.EqualFold(t.Request.SHA256, sum) && strings.HasSuffix(path, t.Request.Path) &&
		(t.Request.Method == "" || t.Request.Method == method)
}

// replay answers from the cassette, and with 404 what it does not hold.
// Credentials are not looked at: there are none in it.
func (s *Server) replay(c *call) {
	sum := sha256.Sum256(c.body)
	key := hex.EncodeToString(sum[:])
	t := s.cassette.find(c.r.Method, c.r.URL.Path, key)
	if t == nil {
		c.deny(problem{status: http.StatusNotFound, cause: causeNotFound, message: "the cassette holds no exchange for a body with sha256 " + key})
		return
	}
	c.answer = "cassette"
	kind := "application/json"
	for name, value := range t.Response.Headers {
		switch http.CanonicalHeaderKey(name) {
		case "Content-Type":
			kind = value
		case "Content-Length", "Transfer-Encoding", "Content-Encoding", "Connection", "Date":
		default:
			c.w.Header().Set(name, value)
		}
	}
	out := c.open(t.Response.Status, kind)
	for _, chunk := range t.Response.Chunks {
		out.raw([]byte(chunk))
	}
	out.flush()
}
