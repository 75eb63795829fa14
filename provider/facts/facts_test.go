package facts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hermes/provider/config"
	"hermes/provider/rows"
)

// api is a cache as models.dev writes it: a model that is called like a provider, one provider's name before its object, and spaces.
const api = `{"gateway":{"id":"gateway","env":["openai"],"models":{"openai":{"id":"openai","limit":{"context":1}},"x/y:free":{"id":"x/y:free",
"cost":{"input":0,"output":0}}}},
 "openai" : {"id":"openai","name":"OpenAI \"}","models": {"gpt-5.5":{"id":"gpt-5.5","reasoning":true,"reasoning_options":[{"type":"effort"}],
"modalities":{"input":["text","image","pdf"]},"limit":{"context":1050000,"input":922000,"output":128000},
"cost":{"input":5.0,"output":30,"cache_read":0.5,"tiers":[{"tier":{"size":272000},"input":10,"output":45,"cache_read":1}],"context_over_200k":{"input":9,"output":9}}},
"gpt-4":{"id":"gpt-4","reasoning":false,"modalities":{"input":["text"]},"limit":{"context":8192,"output":8192},"cost":{"input":3e1,"output":6e1}},
"odd":{"limit":"none"}, "none":null}},
"anthropic":{"models":{"claude-4":{"reasoning":true,"reasoning_options":[{"type":"effort"},{"type":"budget_tokens"}],"cost":{"input":3,"output":15,"context_over_200k":{"input":6,"output":22.5}}},
"claude-5":{"reasoning_options":[{"type":"toggle"},{"type":"effort"}],"modalities":{"input":["image"]}}}}}`

func home(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, File), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestLookup(t *testing.T) {
	t.Parallel()
	gpt := rows.Model{
		ID: "gpt-5.5", Context: 1_050_000, MaxOutput: 128_000, Images: true, PDF: true, Thinking: rows.ThinkEffort, Price: config.Price{Input: "5", Output: "30", CacheRead: "0.5"},
		LongOver: 272_000, LongPrice: config.Price{Input: "10", Output: "45", CacheRead: "1"},
	}
	for name, want := range map[string]rows.Model{
		"openai gpt-5.5":     gpt,
		"openai gpt-4":       {ID: "gpt-4", Context: 8192, MaxOutput: 8192, NoReasoning: true, Thinking: rows.ThinkBudget, Price: config.Price{Input: "30", Output: "60"}},
		"gateway x/y:free":   {ID: "x/y:free", Thinking: rows.ThinkBudget, Price: config.Price{Input: "0", Output: "0"}},
		"anthropic claude-4": {ID: "claude-4", Thinking: rows.ThinkBudget, Price: config.Price{Input: "3", Output: "15"}, LongOver: 200_000, LongPrice: config.Price{Input: "6", Output: "22.5"}},
		"anthropic claude-5": {ID: "claude-5", Thinking: rows.ThinkEffort, Images: true},
		"openai odd":         {},
		"openai none":        {},
		"openai gpt-5":       {},
		"openai openai":      {},
		"nobody gpt-5.5":     {},
	} {
		provider, model, _ := strings.Cut(name, " ")
		got, ok := Lookup(home(t, api), provider, model)
		if got != want || ok != (want.ID != "") {
			t.Errorf("%s: %+v, %v, want %+v", name, got, ok, want)
		}
	}
}

// TestLookupAnywhere: wherever the provider stands in the file, across the end of a block too, and however long its part is.
func TestLookupAnywhere(t *testing.T) {
	t.Parallel()
	for _, before := range []int{0, 100, block - 60, block - 50, block - 40, block - 38, block - 35, block - 33, block - 31, block - 30, block - 29, block - 28, block - 27, block - 26, block - 25, block - 20, block, 3*block - 35} {
		for _, within := range []int{0, 9 * block} {
			text := `{"first":{"note":"` + strings.Repeat("x", before) + `","models":{}},"openai":{"models":{"pad":{"note":"` + strings.Repeat("y", within) + `"},"gpt":{"limit":{"context":7}}}}}`
			if m, ok := Lookup(home(t, text), "openai", "gpt"); !ok || m.Context != 7 {
				t.Errorf("%d bytes before, %d within: %+v, %v", before, within, m, ok)
			}
			if m, ok := Lookup(home(t, text[:len(text)-8]), "openai", "gpt"); ok {
				t.Errorf("%d bytes before, %d within, cut: %+v", before, within, m)
			}
		}
	}
}

// TestLookupOfNoFile: a file that is missing or holds something else knows nothing, and nothing is waited for.
func TestLookupOfNoFile(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", "[]", `{"openai":`, `{"openai":{"models":[]}}`, `"openai"`, strings.Repeat(`"openai":{`, 9)} {
		if m, ok := Lookup(home(t, text), "openai", "gpt"); ok {
			t.Errorf("%q: %+v", text, m)
		}
	}
	if _, ok := Lookup(t.TempDir(), "openai", "gpt"); ok {
		t.Error("a missing file")
	}
}

// portal serves the facts, with an ETag, and counts who asks.
func portal(t *testing.T, answer *string, etag string) (url string, conditional *int) {
	t.Helper()
	conditional = new(int)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag)
		if etag != "" && r.Header.Get("If-None-Match") == etag {
			*conditional++
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, *answer)
	}))
	t.Cleanup(s.Close)
	return s.URL, conditional
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	text := api
	url, conditional := portal(t, &text, `"v1"`)
	dir := filepath.Join(t.TempDir(), "home")
	got, err := Refresh(t.Context(), http.DefaultTransport, dir, url)
	if err != nil || got.Providers != 3 || got.Models != 7 || got.Unchanged {
		t.Fatalf("%+v, %v", got, err)
	}
	if raw, err := os.ReadFile(filepath.Join(dir, File)); string(raw) != api || err != nil {
		t.Errorf("%q, %v", raw, err)
	}
	if got, err = Refresh(t.Context(), http.DefaultTransport, dir, url); err != nil || !got.Unchanged || got.Models != 7 || *conditional != 1 {
		t.Errorf("the second time: %+v, %v", got, err)
	}
	// A file that is not whole any more is fetched again, whatever the ETag beside it says.
	if err := os.WriteFile(filepath.Join(dir, File), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err = Refresh(t.Context(), http.DefaultTransport, dir, url); err != nil || got.Unchanged || got.Models != 7 {
		t.Errorf("of a broken file: %+v, %v", got, err)
	}
}

// TestRefreshKeepsTheOld: an answer that is none leaves the file and says what came.
func TestRefreshKeepsTheOld(t *testing.T) {
	t.Parallel()
	for answer, class := range map[string]string{"<html>": "protocol", "{}": "protocol", api[:900]: "protocol", `{"a":{"models":{"m":7}}}`: "protocol"} {
		url, _ := portal(t, &answer, "")
		dir := home(t, "old")
		_, err := Refresh(t.Context(), http.DefaultTransport, dir, url)
		e, ok := errors.AsType[*Error](err)
		raw, _ := os.ReadFile(filepath.Join(dir, File))
		if !ok || e.Class() != class || string(raw) != "old" {
			t.Errorf("%q: %v, %q", answer, err, raw)
		}
	}
	if _, err := Refresh(t.Context(), http.DefaultTransport, t.TempDir(), "http://127.0.0.1:1/api.json"); err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("nobody there: %v", err)
	}
}

// TestRefreshFails: each failure has its class and says where it was, and what the file knew stays.
func TestRefreshFails(t *testing.T) {
	t.Parallel()
	plain, _ := portal(t, new(api), `"v1"`)
	for name, c := range map[string]struct {
		answer      http.HandlerFunc
		spoil       func(t *testing.T, dir string)
		class, says string
	}{
		"an error of the server": {
			answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
			class:  "network", says: "HTTP 502",
		},
		"cut": {
			answer: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "9000")
				fmt.Fprint(w, api)
			},
			class: "network", says: "the answer was cut: unexpected EOF",
		},
		"from https to http": {
			answer: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, plain, http.StatusFound) },
			class:  "network", says: "it leads from https to http",
		},
		"a circle": {
			answer: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) },
			class:  "network", says: "too many redirects",
		},
		"the ETag's file is a folder": {
			spoil: func(t *testing.T, dir string) { folder(t, filepath.Join(dir, etagFile, "x")) },
			class: "io", says: etagFile,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := home(t, "old")
			if c.spoil != nil {
				c.spoil(t, dir)
			}
			if c.answer == nil {
				c.answer = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, api) }
			}
			s := httptest.NewTLSServer(c.answer)
			defer s.Close()
			_, err := Refresh(t.Context(), s.Client().Transport, dir, s.URL)
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Class() != c.class || !strings.Contains(e.Error(), c.says) {
				t.Errorf("%v, want %s: %s", err, c.class, c.says)
			}
			if raw, err := os.ReadFile(filepath.Join(dir, File)); err != nil || string(raw) != "old" {
				t.Errorf("%q, %v", raw, err)
			}
		})
	}
}

// TestRefreshNowhere: an address that is none, and a home that cannot be written.
func TestRefreshNowhere(t *testing.T) {
	t.Parallel()
	url, _ := portal(t, new(api), `"v1"`)
	if _, err := Refresh(t.Context(), http.DefaultTransport, t.TempDir(), ":"); err == nil || !strings.Contains(err.Error(), ": cannot be asked") {
		t.Errorf("no address: %v", err)
	}
	dir := t.TempDir()
	folder(t, filepath.Join(dir, File))
	if _, err := Refresh(t.Context(), http.DefaultTransport, dir, url); err == nil || !strings.Contains(err.Error(), File) {
		t.Errorf("a folder in the place of the file: %v", err)
	}
	_, err := Refresh(t.Context(), http.DefaultTransport, filepath.Join(home(t, "old"), File, "below"), url)
	if e, ok := errors.AsType[*Error](err); !ok || e.Class() != "io" || !strings.Contains(e.Error(), "cannot write") {
		t.Errorf("a file in the place of the home's folder: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, etagFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an ETag stands beside no file: %v", err)
	}
}

func folder(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

// TestRefreshCancelled: the error behind is there for who stopped it.
func TestRefreshCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Refresh(ctx, http.DefaultTransport, t.TempDir(), "http://127.0.0.1:1"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
