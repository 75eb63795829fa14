// Package cache keeps whole answers on disk, so that the same request within a time is answered without the network.
//
// It is a transport: what it keeps is the body of a response, under the hash of the request that led to it: method, address, headers
// but for credentials, and body. A later run reads it as it would read the server's answer, check and all.
//
// What a user should know:
//
//   - Nothing is kept before [Cache.Keep], which a run calls that ended well: no failure, no cut answer is ever answered again.
//   - The files are private (0600, in a folder of 0700) and hold answers, not questions. All together they take at most 64 MB, and
//     none is older than 30 days: the oldest go first, at each Keep.
//   - Credentials are no part of the hash: two accounts of one home share answers.
package cache

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"hermes/oneshot/wire"
)

const (
	mostEntry = 8 << 20  // bytes of an answer that is kept
	mostAll   = 64 << 20 // of all
	mostAge   = 30 * 24 * time.Hour
	suffix    = ".answer"
)

// Cache is a folder as one run uses it. A nil Cache keeps and answers nothing.
type Cache struct {
	dir string
	age time.Duration

	mu  sync.Mutex
	new []*body // of this run
}

// Open makes a cache of answers that are at most so old; nil for no age. It opens no file.
func Open(dir string, age time.Duration) *Cache {
	if age <= 0 {
		return nil
	}
	return &Cache{dir: dir, age: age}
}

// Over is the transport to use in place of next. origin stands for the server's address, which may be another in each process.
func (c *Cache) Over(next http.RoundTripper, origin string) http.RoundTripper {
	if c == nil {
		return next
	}
	return &transport{cache: c, next: next, origin: origin}
}

type transport struct {
	cache  *Cache
	next   http.RoundTripper
	origin string
}

// head is the first line of a file; the answer follows.
type head struct {
	V    int    `json:"v"`
	Type string `json:"type"` // of the content
	Size int    `json:"size"`
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodPost || req.Body == nil {
		return t.next.RoundTrip(req)
	}
	again, ok := req.Body.(interface{ Reopen() io.ReadCloser })
	if !ok {
		return t.next.RoundTrip(req)
	}
	name, err := t.name(req, again.Reopen())
	if err != nil {
		return t.next.RoundTrip(req)
	}
	if h, raw, ok := t.cache.find(name); ok {
		req.Body.Close()
		return &http.Response{
			StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
			Header: http.Header{"Content-Type": {h.Type}}, Body: kept{io.NopCloser(bytes.NewReader(raw))}, ContentLength: int64(len(raw)),
		}, nil
	}
	resp, err := t.next.RoundTrip(req)
	if err == nil && resp.StatusCode == http.StatusOK {
		b := &body{ReadCloser: resp.Body, name: name, kind: resp.Header.Get("Content-Type")}
		t.cache.mu.Lock()
		t.cache.new = append(t.cache.new, b)
		t.cache.mu.Unlock()
		resp.Body = b
	}
	return resp, err
}

// name is the hash of a request.
func (t *transport) name(req *http.Request, content io.ReadCloser) (string, error) {
	defer content.Close()
	h := sha256.New()
	header := http.Header{}
	for name, values := range req.Header {
		if !wire.SecretHeader(name) && name != "User-Agent" {
			header[name] = values
		}
	}
	if err := json.NewEncoder(h).Encode([]any{1, t.origin, req.URL.Path, header}); err != nil {
		return "", err
	}
	_, err := io.Copy(h, content)
	return hex.EncodeToString(h.Sum(nil)) + suffix, err
}

// kept is the body of an answer out of the cache, which package wire knows by its method.
type kept struct{ io.ReadCloser }

// Cached reports that nobody was asked.
func (kept) Cached() bool { return true }

// find reads an answer that is not too old.
func (c *Cache) find(name string) (h head, raw []byte, ok bool) {
	f, err := os.Open(filepath.Join(c.dir, name))
	if err != nil {
		return h, nil, false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || time.Since(info.ModTime()) > c.age || time.Until(info.ModTime()) > time.Minute {
		return h, nil, false
	}
	in := bufio.NewReader(f)
	line, err := in.ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &h) != nil || h.V != 1 {
		return h, nil, false
	}
	raw, err = io.ReadAll(io.LimitReader(in, mostEntry+1))
	return h, raw, err == nil && len(raw) == h.Size
}

// body is an answer on its way, of which a copy stays.
type body struct {
	io.ReadCloser
	name, kind string

	mu   sync.Mutex
	copy bytes.Buffer
	bad  bool // cut, or too large
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bad = b.bad || err != nil && !errors.Is(err, io.EOF) || b.copy.Len()+n > mostEntry
	if !b.bad {
		b.copy.Write(p[:n])
	}
	return n, err
}

// Keep writes the answers of a run that ended well. Of two to one request the last one stands.
func (c *Cache) Keep() error {
	if c == nil || len(c.new) == 0 {
		return nil
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return err
	}
	for _, b := range c.new {
		if err := c.write(b); err != nil {
			return err
		}
	}
	return c.trim()
}

func (c *Cache) write(b *body) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bad {
		return nil
	}
	line, err := json.Marshal(head{V: 1, Type: b.kind, Size: b.copy.Len()})
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(c.dir, ".new-*") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(append(append(line, '\n'), b.copy.Bytes()...))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(c.dir, b.name))
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// trim removes what is too old, and then the oldest until the rest is small enough. What others remove meanwhile is no error.
func (c *Cache) trim() error {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return err
	}
	var all []fs.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			all = append(all, info)
		}
	}
	slices.SortFunc(all, func(a, b fs.FileInfo) int {
		return cmp.Or(b.ModTime().Compare(a.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	size := int64(0)
	for _, info := range all {
		if size += info.Size(); size > mostAll || time.Since(info.ModTime()) > mostAge {
			os.Remove(filepath.Join(c.dir, info.Name()))
		}
	}
	return nil
}
