package cassette

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"hermes/oneshot/wire"
)

const (
	// minSecret is the least length of a secret that is replaced, in bytes: a shorter one may stand anywhere in a text.
	minSecret = 4
	// masked stands for a secret.
	masked = "[secret]"
)

// kept reports whether a response header is recorded. The rest may identify an account.
func kept(name string) bool { return strings.EqualFold(name, "Content-Type") || wire.Telling(name) }

// Recorder is a RoundTripper that writes each exchange as one JSON line. It
// may be used by several goroutines at once.
type Recorder struct {
	next    http.RoundTripper
	secrets func() []string
	out     *writer
}

// writer is what the recorders of one cassette write to.
type writer struct {
	open sync.WaitGroup // exchanges under way
	mu   sync.Mutex
	to   io.Writer
	err  error
}

// end waits for the exchanges under way, whose bodies must all be read or
// closed, and is the first error of writing the cassette.
func (w *writer) end() error {
	w.open.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

func (w *writer) write(line []byte, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		_, err = w.to.Write(line)
	}
	if w.err == nil {
		w.err = err
	}
}

// RoundTrip sends the request on. The exchange is recorded when the response's
// body is at its end or closed; what the caller reads is not held up. An
// exchange without a response is not recorded.
func (r *Recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	req, body, err := rewindable(req)
	if err != nil {
		return nil, err
	}
	resp, err := r.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	r.out.open.Add(1)
	t := &recordedBody{ReadCloser: resp.Body}
	t.done = func() {
		defer r.out.open.Done()
		if t.size > maxBody {
			r.out.write(nil, fmt.Errorf("an answer larger than %d MB was not recorded", maxBody>>20))
			return
		}
		r.out.write(r.line(req, body, resp, t.chunks))
	}
	resp.Body = t
	return resp, nil
}

// Reopener is a request's body that can be read from its start once more. It
// stands in the place of http.Request.GetBody, with which net/http would send
// the request again by itself.
type Reopener interface{ Reopen() io.ReadCloser }

// rewindable makes sure that the request's body can be read a second time.
func rewindable(req *http.Request) (*http.Request, func() io.ReadCloser, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return req, func() io.ReadCloser { return http.NoBody }, nil
	}
	if body, ok := req.Body.(Reopener); ok {
		return req, body.Reopen, nil
	}
	raw, err := io.ReadAll(req.Body)
	req.Body.Close()
	again := func() io.ReadCloser { return io.NopCloser(bytes.NewReader(raw)) }
	copied := *req
	copied.GetBody, copied.Body = nil, again()
	return &copied, again, err
}

// maxBody bounds what is kept of a body, in bytes.
const maxBody = 256 << 20

// recordedBody keeps what is read of a body, and nothing of one that is too large.
type recordedBody struct {
	io.ReadCloser
	chunks [][]byte
	size   int
	once   sync.Once
	done   func()
}

func (b *recordedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.size += n; b.size > maxBody {
		b.chunks = nil
	} else if n > 0 {
		b.chunks = append(b.chunks, bytes.Clone(p[:n]))
	}
	if err != nil {
		b.finish()
	}
	return n, err
}

func (b *recordedBody) Close() error {
	err := b.ReadCloser.Close()
	b.finish()
	return err
}

func (b *recordedBody) finish() { b.once.Do(b.done) }

// line is an exchange as the cassette has it.
func (r *Recorder) line(req *http.Request, open func() io.ReadCloser, resp *http.Response, chunks [][]byte) ([]byte, error) {
	body := open()
	raw, err := io.ReadAll(body)
	body.Close()
	if err != nil {
		return nil, err
	}
	hide := r.hider(req.Header)
	sum := sha256.Sum256(raw)
	x := exchange{
		V:        version,
		Request:  request{Method: req.Method, Path: hide.Replace(callOf(req.URL.Path)), SHA256: hex.EncodeToString(sum[:]), Body: bodyOf(raw, hide)},
		Response: response{Status: resp.StatusCode, Headers: map[string]string{}, Chunks: chunksOf(chunks, hide)},
	}
	for name := range resp.Header {
		if kept(name) {
			x.Response.Headers[strings.ToLower(name)] = hide.Replace(resp.Header.Get(name))
		}
	}
	return encode(x)
}

// encode writes a value as one line; <, > and & are not escaped.
func encode(v any) ([]byte, error) {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return line.Bytes(), err
}

// callOf is the end of a path: its last two segments, which tell the API. What stands before them is the base URL's, which
// another server need not have and which may name an account.
func callOf(path string) string {
	last := strings.LastIndexByte(path, '/')
	if last < 0 {
		return path
	}
	return path[max(strings.LastIndexByte(path[:last], '/'), 0):]
}

// credentials are those that the request itself carries, with and without their scheme.
func credentials(h http.Header) []string {
	var all []string
	for name, values := range h {
		if !wire.SecretHeader(name) {
			continue
		}
		for _, v := range values {
			_, bare, _ := strings.Cut(v, " ")
			all = append(all, v, bare)
		}
	}
	return all
}

// hider replaces the secrets known now, also where JSON escapes a character of them; a longer one goes before one that
// is part of it.
func (r *Recorder) hider(sent http.Header) *strings.Replacer {
	secrets := credentials(sent)
	if r.secrets != nil {
		secrets = append(secrets, r.secrets()...)
	}
	for _, s := range slices.Clone(secrets) {
		for _, html := range []bool{true, false} {
			if escaped := inJSON(s, html); escaped != s {
				secrets = append(secrets, escaped)
			}
		}
	}
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	var pairs []string
	for _, s := range secrets {
		if len(s) >= minSecret {
			pairs = append(pairs, s, masked)
		}
	}
	return strings.NewReplacer(pairs...)
}

// inJSON is a text as it stands within a JSON string; html tells whether <, > and & are escaped.
func inJSON(s string, html bool) string {
	var quoted strings.Builder
	enc := json.NewEncoder(&quoted)
	enc.SetEscapeHTML(html)
	if enc.Encode(s) != nil {
		return s
	}
	return strings.TrimSuffix(strings.TrimPrefix(quoted.String(), `"`), "\"\n")
}

// bodyOf is a request body for people.
func bodyOf(raw []byte, hide *strings.Replacer) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	text := hide.Replace(string(raw))
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	quoted, err := encode(text)
	if err != nil {
		return nil
	}
	return bytes.TrimSpace(quoted)
}

// chunksOf makes strings of what was read. A character that was split goes
// into the later chunk whole, and a secret that was split joins all of them.
func chunksOf(raw [][]byte, hide *strings.Replacer) []string {
	out, carry := make([]string, 0, len(raw)), []byte(nil)
	for i, chunk := range raw {
		chunk = append(carry, chunk...)
		n := len(chunk)
		if i < len(raw)-1 {
			n -= unfinished(chunk)
		}
		carry = bytes.Clone(chunk[n:])
		if n > 0 {
			out = append(out, hide.Replace(strings.ToValidUTF8(string(chunk[:n]), "\ufffd")))
		}
	}
	whole := hide.Replace(strings.ToValidUTF8(string(bytes.Join(raw, nil)), "\ufffd"))
	if strings.Count(whole, masked) != strings.Count(strings.Join(out, ""), masked) {
		return []string{whole}
	}
	return out
}

// unfinished is the length of a character at the end of b whose last bytes are missing.
func unfinished(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}
