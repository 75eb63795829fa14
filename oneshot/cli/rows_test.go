package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"hermes/authfile"
	"hermes/oneshot"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
	"hermes/provider"
	"hermes/provider/rows"
)

// noNetwork fails every request.
type noNetwork struct{ t *testing.T }

func (n noNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	n.t.Errorf("%s was asked", r.URL)
	return nil, errors.New("no network")
}

// shownRequest is what a dry run prints of a request.
type shownRequest struct {
	URL     string
	Headers map[string]string
	Body    map[string]any
}

const canary = "sk-or-canary-0123456789"

// TestRows: each built-in provider is found by each of its names; its request goes to its own host over its wire, with the
// fields of that wire, the key in one header, no secret shown and no byte sent.
func TestRows(t *testing.T) {
	t.Parallel()
	for _, r := range provider.BuiltIn().Usable() {
		if r.Serve != "" || r.LoginOnly() || r.NeedsAddress() {
			continue
		}
		t.Run(r.ID, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{}
			if key := r.KeyEnv(); len(key) > 0 {
				env[key[len(key)-1]] = canary
			}
			s, err := provider.Open(t.TempDir(), func(name string) string { return env[name] }, authfile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range append([]string{r.ID}, r.Aliases...) {
				flags := provider.Flags{Provider: strings.ToUpper(name)}
				if r.DefaultModel == "" {
					flags.Model = "some-model"
				}
				c, err := s.Resolve(flags)
				if err != nil || c.Row.ID != r.ID || c.Wire.Value != string(r.Wire) {
					t.Fatalf("%s: %s over %s, %v", name, c.Row.ID, c.Wire.Value, err)
				}
				checkRequest(t, c, dryRun(t, s, c), len(env) > 0)
			}
		})
	}
}

func dryRun(t *testing.T, s *provider.Session, c *provider.Choice) shownRequest {
	t.Helper()
	target := targetOf(c)
	target.Token, target.Transport = s.Token(c), noNetwork{t}
	job := oneshot.Job{
		Input: input.Sources{Args: []string{"question"}, Mode: "never"}, Params: oneshot.Params{System: "be brief", MaxTokens: 77},
		Explain: func(err error) output.Failure { return output.Failure{Message: err.Error()} },
		Targets: []oneshot.Candidate{{Resolve: func(context.Context) (oneshot.Target, error) { return target, c.Ready() }}},
	}
	var out bytes.Buffer
	if err := oneshot.DryRun(t.Context(), job, &out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), canary) {
		t.Errorf("the key is shown: %s", out.String())
	}
	var shown shownRequest
	if err := json.Unmarshal(out.Bytes(), &shown); err != nil {
		t.Fatal(err)
	}
	return shown
}

func checkRequest(t *testing.T, c *provider.Choice, q shownRequest, keyed bool) {
	t.Helper()
	u, err := url.Parse(q.URL)
	if err != nil || u.Hostname() != "127.0.0.1" && !slices.Contains(c.Row.Base.Hosts, u.Hostname()) {
		t.Errorf("%s, %v: not one of %q", q.URL, err, c.Row.Base.Hosts)
	}
	for _, want := range map[rows.Wire][]string{
		rows.Chat:      {"/chat/completions", "messages"},
		rows.Responses: {"/responses", "input", "instructions", "max_output_tokens", "store"},
		rows.Gemini:    {":streamGenerateContent", "contents", "systemInstruction", "generationConfig"},
		rows.Messages:  {"/v1/messages", "messages", "system", "max_tokens"},
	}[c.Row.Wire] {
		if _, has := q.Body[want]; !has && !strings.HasSuffix(u.Path, want) {
			t.Errorf("%s: neither the path nor the body has %s: %v", q.URL, want, q.Body)
		}
	}
	_, old := q.Body["max_tokens"]
	_, current := q.Body["max_completion_tokens"]
	if c.Row.Wire == rows.Chat && (old == c.Row.Quirks.CompletionTokens || current != c.Row.Quirks.CompletionTokens) {
		t.Errorf("the limit: %v", q.Body)
	}
	want := map[rows.Wire]string{rows.Gemini: "x-goog-api-key"}[c.Row.Wire]
	switch {
	case c.Row.Quirks.KeyHeader == rows.XAPIKey:
		want = "x-api-key"
	case want == "":
		want = "authorization"
	}
	for name, value := range q.Headers {
		if strings.Contains(value, "****") != (keyed && name == want) {
			t.Errorf("%s: %s", name, value)
		}
	}
	if _, has := q.Headers[want]; has != keyed {
		t.Errorf("%s: %v", want, q.Headers)
	}
}
