package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
)

// loggedBody is up to how many bytes a body is part of its log line.
const loggedBody = 256 << 10

// requestLog writes one JSON line for each request, when its status line is
// about to be sent: whoever has an answer finds its line.
type requestLog struct {
	mu  sync.Mutex
	out io.Writer
	key *regexp.Regexp
}

// entry is one line. Status 0 means that the connection was dropped instead.
type entry struct {
	Time    string            `json:"ts"`
	Seq     int               `json:"seq"`
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Query   string            `json:"query,omitempty"`
	Headers map[string]string `json:"headers"`
	Bytes   int               `json:"bytes"`
	SHA256  string            `json:"sha256"`
	Model   string            `json:"model,omitempty"`
	Stream  bool              `json:"stream,omitempty"`
	Answer  string            `json:"answer,omitempty"` // default, script N, cassette
	Faults  []string          `json:"faults,omitempty"`
	Status  int               `json:"status"`
	Form    map[string]string `json:"form,omitempty"`
	Body    json.RawMessage   `json:"body,omitempty"` // JSON as sent, other text as a string
}

func newRequestLog(w io.Writer) *requestLog {
	if w == nil {
		return nil
	}
	return &requestLog{
		out: w,
		key: regexp.MustCompile(`\b(sk-|sbx-[ar]t-|ghp_|eyJ|AIza)[A-Za-z0-9_.\-]{8,}`),
	}
}

// note logs the call, once.
func (c *call) note(status int) {
	if c.logged || c.s.log == nil || strings.HasPrefix(c.r.URL.Path, controlPath) {
		return
	}
	c.logged = true
	size, sum := c.size, c.sum
	if c.body != nil {
		size, sum = len(c.body), sha256.Sum256(c.body)
	}
	e := entry{
		Time: time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), Seq: c.seq, ID: c.id,
		Method: c.r.Method, Path: c.r.URL.Path, Query: redactQuery(c.r.URL.Query()), Headers: seenHeaders(c.r.Header),
		Bytes: size, SHA256: hex.EncodeToString(sum[:]),
		Model: c.model, Stream: c.stream, Answer: c.answer, Faults: c.faults.names(), Status: status,
	}
	if form := c.form(); len(form) > 0 {
		e.Form = redactForm(form)
	} else {
		e.Body = bodyText(c.body)
	}
	c.s.log.write(e, presented(c.r))
}

func bodyText(body []byte) json.RawMessage {
	switch {
	case len(body) == 0 || len(body) > loggedBody:
		return nil
	case json.Valid(body):
		return body
	}
	return encode(string(body))
}

// write redacts the whole line once more: a credential that was presented, and
// whatever has the form of a key, may also stand in a body or a header.
func (l *requestLog) write(e entry, secrets []string) {
	line := string(encode(e))
	for _, s := range secrets {
		if len(s) >= 8 {
			line = strings.ReplaceAll(line, s, mask(s))
		}
	}
	line = l.key.ReplaceAllStringFunc(line, mask)
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = io.WriteString(l.out, line+"\n")
}

// presented lists the credentials of a request.
func presented(r *http.Request) []string {
	var out []string
	for name, values := range r.Header {
		if !secretHeader(name) {
			continue
		}
		for _, v := range values {
			_, tail, ok := strings.Cut(v, " ")
			if ok {
				v = tail
			}
			out = append(out, v)
		}
	}
	if key := r.URL.Query().Get("key"); key != "" {
		out = append(out, key)
	}
	return out
}

func secretHeader(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Authorization", "X-Api-Key", "Api-Key", "Cookie", "Proxy-Authorization", "X-Goog-Api-Key":
		return true
	}
	return false
}

// seenHeaders is what log and state show of headers.
func seenHeaders(h http.Header) map[string]string {
	out := map[string]string{}
	for name, values := range h {
		v := strings.Join(values, ", ")
		if secretHeader(name) {
			scheme, tail, ok := strings.Cut(v, " ")
			if ok {
				v = scheme + " " + mask(tail)
			} else {
				v = mask(v)
			}
		}
		out[strings.ToLower(name)] = v
	}
	return out
}

func redactForm(f url.Values) map[string]string {
	out := map[string]string{}
	for name := range f {
		v := f.Get(name)
		switch name {
		case "refresh_token", "access_token", "code_verifier", "client_secret", "code":
			v = mask(v)
		}
		out[name] = v
	}
	return out
}

func redactQuery(q url.Values) string {
	for name := range q {
		if strings.Contains(name, "key") || strings.Contains(name, "token") {
			q.Set(name, mask(q.Get(name)))
		}
	}
	return q.Encode()
}

// mask keeps the last four characters of a secret that is long enough to
// spare them.
func mask(s string) string {
	if len(s) < 12 {
		return "****"
	}
	return "****" + s[len(s)-4:]
}
