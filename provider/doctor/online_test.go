package doctor

import (
	"bytes"
	"context"
	"errors"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/provider"
)

// lab opens a home whose provider is at the address.
func lab(t *testing.T, url string) Env {
	t.Helper()
	return homeWith(t, map[string]string{
		"config.yaml": "model: {provider: here, default: m}\nproviders: {here: {transport: anthropic_messages, base_url: '" + url + "', key_env: HERE_KEY}}\n",
		".env":        "HERE_KEY=sk-canary-0123456789\n",
	})
}

// TestCertificate: whose certificate is not trusted is told, since a proxy of one's own may have issued it.
func TestCertificate(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = log.New(&bytes.Buffer{}, "", 0) // it would tell of the handshake
	srv.StartTLS()
	defer srv.Close()
	text, healthy := examine(t, Command{Online: true}, lab(t, srv.URL))
	want := "the certificate was issued by " + srv.Certificate().Issuer.CommonName + ", pass --ca-file or set SSL_CERT_FILE if that is your proxy"
	if healthy || !strings.Contains(text, want) {
		t.Errorf("healthy = %v, no %q in\n%s", healthy, want, text)
	}
}

// TestNoDate: a server that sends no date is no problem, but the clock could not be compared.
func TestNoDate(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Date"] = nil
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer srv.Close()
	text, healthy := examine(t, Command{Online: true}, lab(t, srv.URL))
	if want := "⚠ the server sent no Date to compare the clock with"; !healthy || !strings.Contains(text, want) {
		t.Errorf("healthy = %v, no %q in\n%s", healthy, want, text)
	}
}

// TestNotTried: without a home, a provider or a network that can be used, --online says why it tried nothing.
func TestNotTried(t *testing.T) {
	t.Parallel()
	broken := lab(t, "http://127.0.0.1:1")
	broken.Dial = func() (http.RoundTripper, error) { return nil, errors.New("--ca-file: none.pem is not there") }
	for want, e := range map[string]Env{
		"✗ unknown while the home cannot be read":           homeWith(t, map[string]string{"config.yaml": "model: [\n"}),
		"✗ no server to try: no provider is configured":     homeWith(t, nil),
		"✓ sandbox has no server outside this process":      homeWith(t, map[string]string{"config.yaml": "model: {provider: sandbox}\n"}),
		"✗ --ca-file: none.pem is not there":                broken,
		"✗ parse \"http://127.0.0.1:bad/v1/messages\": inv": lab(t, "http://127.0.0.1:1"),
	} {
		if strings.Contains(want, ":bad") {
			e.Endpoint = func(*provider.Choice) (string, string) { return "http://127.0.0.1:bad/v1/messages", "" }
		}
		if text, _ := examine(t, Command{Online: true}, e); !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// TestModels: a credential that is refused is a problem; a list that a server does not have, or does not give now, is none.
func TestModels(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }))
	defer srv.Close()
	failed := func(c class.Class) error { return &input.Error{ErrClass: c, Msg: "so it is"} }
	for want, c := range map[string]struct {
		names   []string
		err     error
		healthy bool
	}{
		"✗ here refuses the credential (HERE_KEY): so it is":                              {nil, failed(class.AuthRefused), false},
		"✓ here shows no list of models, so key and model were not tried":                 {nil, failed(class.InvalidRequest), true},
		"⚠ the list of models: so it is":                                                  {nil, failed(class.ServerError), true},
		"⚠ the list of models: cut":                                                       {nil, errors.New("cut"), true},
		"✓ m is among the models of here":                                                 {[]string{"l", "m"}, nil, true},
		"⚠ m is not among the 2 models that here lists (hermes model list --online here)": {[]string{"far-away", "other"}, nil, true},
	} {
		e := lab(t, srv.URL)
		e.Models = func(context.Context, *provider.Choice) ([]string, error) { return c.names, c.err }
		if text, healthy := examine(t, Command{Online: true}, e); healthy != c.healthy || !strings.Contains(text, want) {
			t.Errorf("healthy = %v, no %q in\n%s", healthy, want, text)
		}
	}
}

// TestProgram: which program of our name a shell finds; folders, files that cannot be run, and gaps in PATH are none.
func TestProgram(t *testing.T) {
	t.Parallel()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"plain", "folder/hermes", "other", "ours"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	err = errors.Join(os.WriteFile(filepath.Join(dir, "plain", "hermes"), nil, 0o600), os.WriteFile(filepath.Join(dir, "other", "hermes"), nil, 0o700))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(own, filepath.Join(dir, "ours", "hermes")); err != nil {
		t.Skip(err)
	}
	for path, want := range map[string]string{
		":plain:folder:none":      "⚠ no folder of PATH has hermes; this is " + own,
		"plain:ours:other":        "✓ " + filepath.Join(dir, "ours", "hermes") + " is the first in PATH",
		"folder:other:plain:ours": "✓ " + filepath.Join(dir, "ours", "hermes") + " comes after it",
		"other:plain":             "⚠ " + filepath.Join(dir, "other", "hermes") + " comes first in PATH and is another program",
	} {
		all := strings.Split(path, ":")
		for i, name := range all {
			if name != "" {
				all[i] = filepath.Join(dir, name)
			}
		}
		e := homeWith(t, nil)
		e.Getenv = func(name string) string {
			if name == "PATH" {
				return strings.Join(all, string(os.PathListSeparator))
			}
			return ""
		}
		if text, _ := examine(t, Command{}, e); !strings.Contains(text, want) {
			t.Errorf("%s: no %q in\n%s", path, want, text)
		}
	}
}
