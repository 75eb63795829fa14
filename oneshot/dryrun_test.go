package oneshot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"

	"hermes/oneshot/bill"
	"hermes/oneshot/class"
	"hermes/oneshot/wire/anthropic"
)

// shown is the document of --dry-run.
type shown struct {
	preview
	Body any `json:"body"`
}

// firstRequest is the first that Run sends.
type firstRequest struct {
	once   sync.Once
	url    string
	header http.Header
	body   []byte
}

func (f *firstRequest) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	f.once.Do(func() { f.url, f.header, f.body = r.URL.String(), r.Header, raw })
	return nil, errors.Join(err, errors.New("seen enough"))
}

// TestDryRunShowsTheFirstRequest: the body, the URL and the headers are those which Run would send first, whatever the
// flags; the credential is masked and never asked for.
func TestDryRunShowsTheFirstRequest(t *testing.T) {
	t.Parallel()
	schema := compiled(t, `{"type":"string"}`)
	long, half := strings.Repeat("a line\n", 2000), 0.5
	cut := func(mode string) func(*testing.T, *Job, *Target) {
		return func(_ *testing.T, j *Job, to *Target) {
			to.Context, j.Limits.OverLimit, j.Input.Args = 1000, mode, []string{long}
		}
	}
	for name, change := range map[string]func(*testing.T, *Job, *Target){
		"a prompt": func(*testing.T, *Job, *Target) {},
		"parameters": func(_ *testing.T, j *Job, to *Target) {
			j.Params = Params{System: "be <brief>", MaxTokens: 9, Temperature: &half, TopP: &half, Stop: []string{"x"}}
		},
		"reasoning": func(_ *testing.T, j *Job, to *Target) { j.Params.Reasoning = "high" },
		"an effort": func(_ *testing.T, j *Job, to *Target) {
			j.Params.Reasoning, to.Protocol = "max", anthropic.Protocol{Thinking: anthropic.Effort}
		},
		"a schema":   func(_ *testing.T, j *Job, to *Target) { j.Schema, j.Params.System = schema, "be brief" },
		"head":       cut("head"),
		"tail":       cut("tail"),
		"middle":     cut("middle"),
		"map-reduce": cut("map-reduce"),
		"an image":   func(t *testing.T, j *Job, to *Target) { attaches(t, j, png(100)) },
		"files": func(t *testing.T, j *Job, to *Target) {
			attaches(t, j, "a", "b")
			j.Input.Stdin, j.Input.Mode = strings.NewReader("c"), "auto"
		},
		"a key": func(_ *testing.T, _ *Job, to *Target) { to.Protocol = anthropic.Protocol{APIKey: true} },
		"headers": func(_ *testing.T, _ *Job, to *Target) {
			to.Header = http.Header{"User-Agent": {"x"}, "Anthropic-Version": {"2099-01-01"}, "X-Secret-Thing": {"canary"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := &firstRequest{}
			token := func(context.Context, string) (string, error) { return "canary-token", nil }
			to := withHelper(Target{Transport: seen, Price: dollar, MaxTokens: 100, Token: token})
			job := asks(Target{})
			change(t, &job, &to)
			job.Targets = asks(to).Targets
			dry := job
			if data, ok := job.Input.Stdin.(*strings.Reader); ok {
				same := *data
				dry.Input.Stdin = &same
			}
			var w bytes.Buffer
			asking := to
			asking.Token = func(context.Context, string) (string, error) { t.Error("the credential was asked for"); return "", nil }
			dry.Targets = asks(asking).Targets
			if err := DryRun(t.Context(), dry, &w); err != nil {
				t.Fatal(err)
			}
			if r := perform(t, t.Context(), job); !class.Is(r.err, "network") {
				t.Fatal(r.err)
			}
			sameRequest(t, w.Bytes(), seen)
		})
	}
}

// withHelper gives a target an auxiliary model, reached in the same way.
func withHelper(to Target) Target {
	aux := to
	aux.Provider, aux.Model, aux.BaseURL, aux.Price = "h", "aux", "http://aux.example", bill.Price{}
	aux.Images, aux.MaxTokens, aux.Context = true, 50, 400
	to.Vision = func(context.Context) (Target, error) { return aux, nil }
	to.Delegate = to.Vision
	return to
}

func sameRequest(t *testing.T, doc []byte, seen *firstRequest) {
	t.Helper()
	var got shown
	var want any
	if err := errors.Join(json.Unmarshal(doc, &got), json.Unmarshal(seen.body, &want)); err != nil {
		t.Fatal(err)
	}
	const part = "of a text too long to read at once" // parts are asked for side by side: any may be first on the wire
	parts := strings.Contains(string(doc), part) && strings.Contains(string(seen.body), part)
	if got.URL != seen.url || !parts && !reflect.DeepEqual(got.Body, want) {
		t.Errorf("%s would get\n%s\nand gets at %s\n%s", got.URL, doc, seen.url, seen.body)
	}
	if strings.Contains(string(doc), "canary") {
		t.Errorf("a secret: %s", doc)
	}
	for name := range seen.header {
		shown, ok := got.Headers[strings.ToLower(name)]
		if !ok || shown != seen.header.Get(name) && !strings.HasSuffix(shown, "****") {
			t.Errorf("%s is %q, want %q", name, shown, seen.header.Get(name))
		}
	}
	if len(got.Headers) != len(seen.header) {
		t.Errorf("headers %v, want %v", got.Headers, seen.header)
	}
	if got.TokensEst <= 0 || got.CostEst == nil && !strings.Contains(got.URL, "aux") {
		t.Errorf("estimates %d, %v", got.TokensEst, got.CostEst)
	}
}

// TestDryRunRefuses what Run refuses before it asks.
func TestDryRunRefuses(t *testing.T) {
	t.Parallel()
	hot := 3.0
	for name, c := range map[string]struct {
		class  class.Class
		change func(*Job, *Target)
	}{
		"no login":          {"not_logged_in", func(j *Job, _ *Target) { j.Targets = chain(errLoggedOut).Targets }},
		"no prompt":         {"no_input", func(j *Job, _ *Target) { j.Input.Args = nil }},
		"a bad byte":        {"invalid_input", func(j *Job, _ *Target) { j.Params.System = "\xff" }},
		"too long":          {"context_length", func(j *Job, to *Target) { j.Input.Args, to.Context = []string{"longer than six bytes"}, 1 }},
		"too hot":           {"usage", func(j *Job, to *Target) { j.Params.Temperature, to.MaxTemperature = &hot, 1 }},
		"no auxiliary":      {"context_length", func(j *Job, to *Target) { j.Limits.OverLimit, to.Context = "map-reduce", 1 }},
		"an unseen picture": {"invalid_input", func(j *Job, _ *Target) { attaches(t, j, png(10)) }},
		"a large picture":   {"invalid_input", func(j *Job, to *Target) { attaches(t, j, png(3_750_001)); *to = withHelper(*to) }},
	} {
		job, to := asks(Target{}), Target{Transport: serve(t)}
		job.Targets = nil
		c.change(&job, &to)
		if job.Targets == nil {
			job.Targets = asks(to).Targets
		}
		var w bytes.Buffer
		if err := DryRun(t.Context(), job, &w); !class.Is(err, c.class) || w.Len() > 0 {
			t.Errorf("%s: %v, %s", name, err, w.String())
		}
	}
	job := asks(Target{})
	if err := DryRun(t.Context(), job, badWriter{}); err == nil {
		t.Error("a failed write is no error")
	}
}

type badWriter struct{}

func (badWriter) Write([]byte) (int, error) { return 0, errors.New("full") }
