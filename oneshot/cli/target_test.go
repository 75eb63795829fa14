package cli

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"hermes/oneshot"
	"hermes/oneshot/bill"
	"hermes/oneshot/class"
	"hermes/oneshot/output"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/anthropic"
	"hermes/provider"
	"hermes/provider/rows"
)

// files are those of a home, by name.
type files map[string]string

// appAt is the outside with a home that holds the files, an environment, and what was said on stderr.
func appAt(t *testing.T, home files, env map[string]string) (*App, *strings.Builder) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range home {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { null.Close() })
	var said strings.Builder
	return &App{
		Build: Build{Version: "1.2"}, In: null, Out: null, Err: null, stderr: output.NewStderr(&said), Kill: t.Context(),
		Getenv: func(name string) string {
			if name == "HERMES_HOME" {
				return dir
			}
			return env[name]
		},
	}, &said
}

// wiringAt is the wiring of a run with flags in that home.
func wiringAt(t *testing.T, a *App, f *oneshot.Flags) (*wiring, []oneshot.Candidate, error) {
	t.Helper()
	h, err := a.open(opening{})
	if err != nil {
		t.Fatal(err)
	}
	f.Default(h.defaults(nil))
	w := &wiring{app: a, home: h, life: t.Context()}
	all, err := w.candidates(f)
	return w, all, err
}

const lab = `providers:
  lab:
    base_url: https://lab.example/v1
    default_model: m1
    key_env: LAB_KEY
    headers: {X-Team: blue-canary}
    extra_body: {seed: 7}
`

func keys() map[string]string {
	return map[string]string{"LAB_KEY": "sk-lab-0123456789", "MINIMAX_API_KEY": "sk-mm-0123456789"}
}

// asking are the flags that name a provider and a model.
func asking(provider, model string) oneshot.Flags {
	return oneshot.Flags{ModelFlags: oneshot.ModelFlags{Provider: provider, Model: model}}
}

type targetCase struct {
	config string
	flags  oneshot.Flags
	want   oneshot.Target // what is compared
	url    string         // the beginning of the base URL
	source string         // of the provider
	key    string         // the variable of its key
}

func targetCases() map[string]targetCase {
	return map[string]targetCase{
		"a row of the catalogue": {
			"",
			asking("minimax", ""),
			oneshot.Target{Provider: "minimax", Model: "MiniMax-M2.7"},
			"https://api.minimax.io/anthropic", "--provider", "MINIMAX_API_KEY",
		},
		"an alias and a model": {
			"",
			asking("MiniMax", "MiniMax-M3"),
			oneshot.Target{Provider: "minimax", Model: "MiniMax-M3"},
			"https://api.minimax.io/anthropic", "--provider", "MINIMAX_API_KEY",
		},
		"a row of config.yaml": {
			lab + "model: {provider: lab}\n",
			oneshot.Flags{},
			oneshot.Target{
				Provider: "lab", Model: "m1", Extra: []wire.Field{{Name: "seed", Value: []byte("7")}}, Secrets: []string{"blue-canary"},
			},
			"https://lab.example/v1", "config.yaml model.provider", "LAB_KEY",
		},
		"a flag wins over config.yaml": {
			lab + "model: {provider: lab, default: m2}\n",
			asking("", "m3"),
			oneshot.Target{
				Provider: "lab", Model: "m3", Extra: []wire.Field{{Name: "seed", Value: []byte("7")}}, Secrets: []string{"blue-canary"},
			},
			"https://lab.example/v1", "config.yaml model.provider", "LAB_KEY",
		},
	}
}

// TestTargetOfChoice: what config.yaml, flags and keys say arrives in the target, each with its source.
func TestTargetOfChoice(t *testing.T) {
	t.Parallel()
	for name, tc := range targetCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, _ := appAt(t, files{"config.yaml": tc.config}, keys())
			_, all, err := wiringAt(t, a, &tc.flags)
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			got, err := all[0].Resolve(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			compared := oneshot.Target{Provider: got.Provider, Model: got.Model, Extra: got.Extra, Secrets: got.Secrets}
			if !reflect.DeepEqual(compared, tc.want) || !strings.HasPrefix(got.BaseURL, tc.url) || !strings.HasPrefix(got.ProviderSource, tc.source) {
				t.Errorf("%+v at %s (%s)", compared, got.BaseURL, got.ProviderSource)
			}
			checkReachable(t, got, keys()[tc.key])
		})
	}
}

// checkReachable wants all that a request needs, the key, and no secret among what is shown.
func checkReachable(t *testing.T, got oneshot.Target, key string) {
	t.Helper()
	if got.Header.Get("User-Agent") != "hermes/1.2" || got.Protocol == nil || got.Transport == nil || got.Token == nil {
		t.Errorf("%+v", got)
	}
	if token, err := got.Token(t.Context(), ""); err != nil || token != key {
		t.Errorf("token %q, %v", token, err)
	}
	for _, value := range got.Settings {
		if strings.Contains(value, "sk-") {
			t.Errorf("a secret in %q", value)
		}
	}
}

// TestTargetOf: prices, the window and the limits are those of the row and its model; a login pays by its plan.
func TestTargetOf(t *testing.T) {
	t.Parallel()
	c := provider.Choice{Row: provider.Row{Row: &rows.Row{}}}
	c.Info.Context, c.Info.MaxOutput, c.Info.Images, c.Info.PDF = 100, 50, true, true
	c.Info.Price.Input, c.Info.Price.CacheRead = "1.5", "0.1"
	c.Info.LongOver, c.Info.LongPrice.Input = 80, "3"
	c.Row.Quirks.MaxTemperature = 1
	c.Credential = provider.Setting{Value: "login", Source: "auth.json"}
	c.BaseURL = provider.Setting{Value: "https://user:canary@h.example/v1", Source: "config.yaml"}
	c.Notices = []provider.Notice{{Code: "leftover", Text: "not used"}}
	got := targetOf(&c)
	if got.Context != 100 || got.MaxTokens != 50 || !got.Images || !got.PDF || got.MaxTemperature != 1 {
		t.Errorf("%+v", got)
	}
	want := bill.Price{Input: "1.5", CacheRead: "0.1", Plan: true, LongOver: 80, Long: &bill.Price{Input: "3"}}
	if !reflect.DeepEqual(got.Price, want) {
		t.Errorf("%+v, want %+v", got.Price, want)
	}
	if len(got.Warnings) != 1 || got.Warnings[0].Code != "leftover" || got.Warnings[0].Message != "not used" {
		t.Errorf("%+v", got.Warnings)
	}
	if s := got.Settings; s["credential"] != "login (auth.json)" || strings.Contains(s["base_url"], "canary") || !strings.HasSuffix(s["base_url"], "(config.yaml)") {
		t.Errorf("%+v", s)
	}
	if _, ok := got.Protocol.(anthropic.Protocol); !ok {
		t.Errorf("%T", got.Protocol)
	}
}

// TestCandidates: the fallbacks of config.yaml stand behind the provider, in their order, unless the line says no.
func TestCandidates(t *testing.T) {
	t.Parallel()
	const config = lab + "model: {provider: sandbox}\nfallback_providers:\n  - {provider: lab, model: m9}\n  - {provider: minimax}\n"
	for name, tc := range map[string]struct {
		flags oneshot.Flags
		want  string
	}{
		"all":                          {oneshot.Flags{}, "sandbox/sandbox lab/m9 minimax/MiniMax-M2.7"},
		"none":                         {oneshot.Flags{LimitFlags: oneshot.LimitFlags{Fallback: new(false)}}, "sandbox/sandbox"},
		"one of them is asked by name": {asking("lab", ""), "lab/m1 lab/m9 minimax/MiniMax-M2.7"},
	} {
		a, _ := appAt(t, files{"config.yaml": config}, keys())
		_, all, err := wiringAt(t, a, &tc.flags)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range all {
			target, err := c.Resolve(t.Context())
			if err != nil {
				t.Errorf("%s: %s: %v", name, c.Name, err)
			}
			got = append(got, target.Provider+"/"+target.Model)
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// TestCandidatesFail: what cannot be asked says so by its class, and names who was asked for the hints.
func TestCandidatesFail(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		config string
		flags  oneshot.Flags
		class  class.Class
		asked  string
	}{
		"nobody":         {"", oneshot.Flags{}, class.Config, ""},
		"unknown":        {"", asking("nope", ""), class.Config, ""},
		"no key":         {"", asking("minimax", ""), class.NotLoggedIn, "minimax"},
		"no login":       {"", asking("minimax-oauth", ""), class.NotLoggedIn, "minimax-oauth"},
		"no certificate": {lab, oneshot.Flags{ModelFlags: oneshot.ModelFlags{Provider: "lab"}, CAFile: "/nowhere.pem"}, class.Usage, "lab"},
	} {
		env := keys()
		delete(env, "MINIMAX_API_KEY")
		a, _ := appAt(t, files{"config.yaml": tc.config}, env)
		w, all, err := wiringAt(t, a, &tc.flags)
		a.reach(w.home, &tc.flags)
		if err == nil {
			_, err = all[0].Resolve(t.Context())
		}
		if class.Of(err) != tc.class {
			t.Errorf("%s: %q, want %q: %v", name, class.Of(err), tc.class, err)
		}
		if asked := a.asked.Load(); tc.asked != "" && (asked == nil || *asked != tc.asked) {
			t.Errorf("%s: %v was asked", name, asked)
		}
	}
	a, _ := appAt(t, nil, nil)
	if _, _, err := wiringAt(t, a, &oneshot.Flags{Replay: "/nowhere"}); class.Of(err) != class.NoInput {
		t.Error(err)
	}
}

// TestSandboxTarget: the sandbox is served once, inside this process, as long as the run lives and not as long as a call.
func TestSandboxTarget(t *testing.T) {
	t.Parallel()
	a, _ := appAt(t, nil, nil)
	_, all, err := wiringAt(t, a, new(asking("sandbox", "")))
	if err != nil {
		t.Fatal(err)
	}
	call, cancel := context.WithCancel(t.Context())
	first, err := all[0].Resolve(call)
	cancel()
	if err != nil || !strings.HasPrefix(first.BaseURL, "http://127.0.0.1:") {
		t.Fatalf("%s, %v", first.BaseURL, err)
	}
	again, err := all[0].Resolve(t.Context())
	if err != nil || again.BaseURL != first.BaseURL {
		t.Errorf("%s, then %s, %v", first.BaseURL, again.BaseURL, err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, first.BaseURL+"/v1/models", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := first.Transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if raw, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("%d %s, %v", res.StatusCode, raw, err)
	}
}

// TestHelpers: the auxiliary models are those of config.yaml, else the provider's own, else none.
func TestHelpers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ config, delegate, vision string }{
		"none":          {lab + "model: {provider: lab}\n", "", ""},
		"of config":     {lab + "model: {provider: lab}\nauxiliary:\n  vision: {provider: sandbox, model: sandbox-mini}\n  delegation: {provider: lab, model: small}\n", "lab/small", "sandbox/sandbox-mini"},
		"the sandbox's": {"model: {provider: sandbox}\nauxiliary:\n  vision: {provider: auto, model: \"\"}\n", "sandbox/sandbox-mini", ""},
	} {
		a, _ := appAt(t, files{"config.yaml": tc.config}, keys())
		_, all, err := wiringAt(t, a, &oneshot.Flags{})
		if err != nil {
			t.Fatal(err)
		}
		target, err := all[0].Resolve(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, h := range []struct {
			resolve resolving
			want    string
		}{{target.Delegate, tc.delegate}, {target.Vision, tc.vision}} {
			got := ""
			if h.resolve != nil {
				helper, err := h.resolve(t.Context())
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				got = helper.Provider + "/" + helper.Model
			}
			if got != h.want {
				t.Errorf("%s: helper %q, want %q", name, got, h.want)
			}
		}
	}
}

// TestNotices: what a choice has to tell goes to stderr, unless the run is quiet; the events hear of it in both.
func TestNotices(t *testing.T) {
	t.Parallel()
	const config = "model: {provider: lab, default: m1, base_url: 'https://api.minimax.io/anthropic'}\n" + lab
	for _, quiet := range []bool{false, true} {
		a, said := appAt(t, files{"config.yaml": config}, keys())
		w, all, err := wiringAt(t, a, new(asking("minimax-oauth", "")))
		if err != nil {
			t.Fatal(err)
		}
		w.home.quiet = quiet
		target, err := all[0].Resolve(t.Context())
		if class.Of(err) != class.NotLoggedIn || len(target.Warnings) == 0 {
			t.Errorf("%+v, %v", target.Warnings, err)
		}
		if (said.Len() == 0) != quiet {
			t.Errorf("quiet %v: %q", quiet, said)
		}
	}
}

// TestWriteErrors: a write that fails is told in the same words, whoever wrote.
func TestWriteErrors(t *testing.T) {
	t.Parallel()
	a, _ := appAt(t, nil, nil)
	broken, err := os.Open(os.DevNull) // for reading
	if err != nil {
		t.Fatal(err)
	}
	defer broken.Close()
	a.Out = broken
	for _, cmd := range []runner{&manCmd{}, &versionCmd{JSON: true}, &configPath{}, &usageCmd{}, &authStatus{}, &modelList{}, &doctorCmd{}} {
		err := cmd.Run(t.Context(), a)
		if w, ok := errors.AsType[*output.WriteError](err); !ok || w.Sink != "stdout" || !strings.HasPrefix(err.Error(), "cannot write stdout: ") {
			t.Errorf("%T: %v", cmd, err)
		}
	}
}
