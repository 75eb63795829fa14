package facts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"hermes/authfile/atomicfile"
)

// URL is where models.dev gives out what it knows, where config.yaml names no other place.
const URL = "https://models.dev/api.json"

// etagFile holds the ETag of the cache beside it, as Hermes Agent keeps it.
const etagFile = "models_dev_cache.etag"

// Bounds of a refresh.
const (
	refreshWait = 60 * time.Second
	refreshMax  = 64 << 20 // bytes
)

// Refreshed is what a refresh found.
type Refreshed struct {
	Path              string
	Providers, Models int
	Bytes             int
	Unchanged         bool // the server has nothing newer
}

// Error is a refresh that failed.
type Error struct {
	class, msg string
	err        error
}

func (e *Error) Error() string { return e.msg }

// Class is network, protocol or io.
func (e *Error) Class() string { return e.class }

// Unwrap is the error behind it, or nil.
func (e *Error) Unwrap() error { return e.err }

// Refresh fetches the facts from url, "" for [URL], and replaces the file in the home. What the file holds is not fetched again: the
// server is asked for something newer. On every error the file stays as it was.
func Refresh(ctx context.Context, rt http.RoundTripper, home, url string) (Refreshed, error) {
	url = cmp.Or(url, URL)
	ctx, stop := context.WithTimeout(ctx, refreshWait)
	defer stop()
	path := filepath.Join(home, File)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return Refreshed{}, &Error{"network", fmt.Sprintf("%s cannot be asked: %v", url, err), err}
	}
	req.Header.Set("Accept", "application/json")
	held := count(path, regular(path))
	if etag := strings.TrimSpace(string(regular(filepath.Join(home, etagFile)))); held.Models > 0 && etag != "" && len(etag) < 1<<10 {
		req.Header.Set("If-None-Match", etag)
	}
	client := http.Client{Transport: rt, CheckRedirect: redirect}
	res, err := client.Do(req)
	if err != nil {
		return Refreshed{}, &Error{"network", fmt.Sprintf("the facts on models cannot be fetched: %v", err), err}
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNotModified && held.Models > 0 {
		held.Unchanged = true
		return held, touch(path)
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, refreshMax+1))
	got := count(path, raw)
	switch {
	case err != nil:
		return Refreshed{}, &Error{"network", fmt.Sprintf("%s: the answer was cut: %v", url, err), err}
	case res.StatusCode != http.StatusOK:
		return Refreshed{}, &Error{"network", fmt.Sprintf("%s: HTTP %d", url, res.StatusCode), nil}
	case len(raw) > refreshMax:
		return Refreshed{}, &Error{"protocol", fmt.Sprintf("%s: the answer is longer than %d MB", url, refreshMax>>20), nil}
	case got.Models == 0 || !gjson.ValidBytes(raw):
		return Refreshed{}, &Error{"protocol", url + ": the answer is no list of providers and their models", nil}
	}
	return got, store(home, raw, res.Header.Get("ETag"))
}

// regular is the content of a file, nil where it is none that can be read: a pipe is not waited for.
func regular(path string) []byte {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	raw, _ := os.ReadFile(path)
	return raw
}

// redirect follows what http.Client would, but not from https to http.
func redirect(req *http.Request, via []*http.Request) error {
	if len(via) >= 5 {
		return errors.New("too many redirects")
	}
	if via[0].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return errors.New("it leads from https to http")
	}
	return nil
}

// store writes the file and the ETag that vouches for it. An ETag never stands beside a file that it is not of, whatever ends this.
func store(home string, raw []byte, etag string) error {
	if err := os.MkdirAll(home, 0o700); err != nil {
		return ioError(home, err)
	}
	beside := filepath.Join(home, etagFile)
	if err := os.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return ioError(beside, err)
	}
	path := filepath.Join(home, File)
	if err := atomicfile.Write(path, raw, atomicfile.Options{Mode: 0o644, KeepMode: true}); err != nil {
		return ioError(path, err)
	}
	if etag == "" {
		return nil
	}
	if err := atomicfile.Write(beside, []byte(etag), atomicfile.Options{Mode: 0o644}); err != nil {
		return ioError(beside, err)
	}
	return nil
}

// touch tells Hermes Agent, which goes by the time of the file, that it is fresh.
func touch(path string) error {
	now := time.Now()
	if err := os.Chtimes(path, now, now); err != nil {
		return ioError(path, err)
	}
	return nil
}

func ioError(path string, err error) error {
	return &Error{"io", fmt.Sprintf("cannot write %s: %v", path, err), err}
}

// count tells how much the text of a cache knows.
func count(path string, raw []byte) Refreshed {
	r := Refreshed{Path: path, Bytes: len(raw)}
	gjson.ParseBytes(raw).ForEach(func(_, provider gjson.Result) bool {
		models := provider.Get("models")
		if !models.IsObject() {
			return true
		}
		r.Providers++
		models.ForEach(func(_, m gjson.Result) bool {
			if m.IsObject() {
				r.Models++
			}
			return true
		})
		return true
	})
	return r
}
