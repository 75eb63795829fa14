package login

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func TestAddKey(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		input, want, class, message string
	}{
		"a line":              {"sk-0123456789\n", "sk-0123456789", "", ""},
		"no line end":         {"sk-0123456789", "sk-0123456789", "", ""},
		"CRLF and spaces":     {"  sk-0123456789 \r\n\n", "sk-0123456789", "", ""},
		"byte order mark":     {"\ufeffsk-0123456789\n", "sk-0123456789", "", ""},
		"every kind of char":  {`sk-#$'"\=;%&!` + "`", `sk-#$'"\=;%&!` + "`", "", ""},
		"a long key":          {strings.Repeat("k1", 4000), strings.Repeat("k1", 4000), "", ""},
		"nothing":             {"", "", "no_input", "no key given"},
		"blank":               {" \n\n", "", "no_input", "no key given"},
		"placeholder":         {"changeme\n", "", "invalid_input", "placeholder"},
		"stars":               {"********", "", "invalid_input", "placeholder"},
		"too short":           {"abc", "", "invalid_input", "placeholder"},
		"two lines":           {"sk-0123456789\nsk-9876543210\n", "", "invalid_input", "more than one line"},
		"a carriage return":   {"sk-01234\r56789", "", "invalid_input", "more than one line"},
		"two words":           {"sk-0123 456789", "", "invalid_input", "a space"},
		"a NUL":               {"sk-0123\x00456789", "", "invalid_input", "a character"},
		"an escape":           {"sk-0123\x1b[31m", "", "invalid_input", "a character"},
		"beyond ASCII":        {"sk-0123456789é", "", "invalid_input", "a character"},
		"not UTF-8":           {"sk-0123456789\xff", "", "invalid_input", "a character"},
		"the whole line":      {"MINIMAX_API_KEY=sk-0123456789", "", "invalid_input", "MINIMAX_API_KEY= before"},
		"an export statement": {"export MINIMAX_API_KEY=sk-0123456789", "", "invalid_input", "before"},
		"a whole file":        {strings.Repeat("x", maxKey+5), "", "invalid_input", "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			r.put(t, ".env", "# mine\nOTHER=kept\n")
			before := r.file(".env")
			r.UI.In = strings.NewReader(tc.input)
			err := r.AddKey(t.Context(), keyed(), AddOptions{})
			wantClass(t, err, tc.class)
			if err != nil {
				if !strings.Contains(err.Error(), tc.message) || strings.Contains(err.Error(), "0123") || r.file(".env") != before {
					t.Errorf("%v; .env is %q", err, r.file(".env"))
				}
				return
			}
			dotenv := r.dotenv(t)
			if dotenv["MINIMAX_API_KEY"] != tc.want || dotenv["OTHER"] != "kept" {
				t.Errorf("%q", r.file(".env"))
			}
			wantText(t, "stderr", r.err.String(), "stored MINIMAX_API_KEY in "+r.EnvFile, "next: ")
			if r.wantPrefixed(t); strings.Contains(r.err.String()+r.out.String(), tc.want) {
				t.Error("the key was printed")
			}
		})
	}
}

func TestAddKeyMode(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.UI.In = strings.NewReader("sk-0123456789\n")
	if err := r.AddKey(t.Context(), keyed(), AddOptions{JSON: true}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(r.EnvFile)
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v, %v", info, err)
	}
	if e := r.events(t); len(e) != 1 || e[0]["type"] != "done" || e[0]["key_env"] != "MINIMAX_API_KEY" || r.file("auth.json") != "" {
		t.Errorf("%v", e)
	}
}

func TestAddKeyAsks(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	asked := ""
	r.UI.Terminal, r.UI.In = true, strings.NewReader("not from here")
	r.UI.ReadSecret = func(_ context.Context, prompt string) (string, error) { asked = prompt; return "sk-from-terminal", nil }
	if err := r.AddKey(t.Context(), keyed(), AddOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := r.dotenv(t)["MINIMAX_API_KEY"]; got != "sk-from-terminal" {
		t.Errorf("stored %q", got)
	}
	wantText(t, "prompt", asked, "MiniMax", "MINIMAX_API_KEY")
	r.UI.ReadSecret = func(context.Context, string) (string, error) { return "", errors.New("terminal is gone") }
	wantClass(t, r.AddKey(t.Context(), keyed(), AddOptions{}), "io")
	r.UI.ReadSecret = func(context.Context, string) (string, error) { return "", io.EOF }
	wantClass(t, r.AddKey(t.Context(), keyed(), AddOptions{}), "no_input")
}

func TestAddKeyRefusesAccounts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		account        Account
		class, message string
	}{
		"sandbox":          {Account{ID: "sandbox", Kind: KindNone}, "usage", "no login and no key"},
		"login only":       {minimax(), "usage", "no API key"},
		"row without name": {Account{ID: "lab", Kind: KindKey}, "config", "key_env"},
	} {
		r := newRoom(t)
		r.UI.In = strings.NewReader("sk-0123456789")
		err := r.AddKey(t.Context(), tc.account, AddOptions{JSON: true})
		wantClass(t, err, tc.class)
		if err == nil || !strings.Contains(err.Error(), tc.message) || r.file(".env") != "" {
			t.Errorf("%s: %v", name, err)
		}
		if e := r.events(t); e[0]["type"] != "error" || e[0]["class"] != tc.class {
			t.Errorf("%s: %v", name, e)
		}
	}
}

// TestAddMisfits: a flag without an effect is an error, for the parent that reads events too.
func TestAddMisfits(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		account      Account
		set          func(*AddFlags)
		message, tip string
	}{
		"a portal for a key":      {keyed(), func(f *AddFlags) { f.PortalURL = "https://api.minimax.io" }, "--portal-url is for a login, and minimax has none", ""},
		"a browser for a key":     {keyed(), func(f *AddFlags) { f.NoBrowser = true }, "--no-browser", ""},
		"a login or a key":        {china(), func(f *AddFlags) { f.Region = "cn" }, "--region is for a login", "run: hermes auth add minimax-cn --type oauth"},
		"another region":          {china(), func(f *AddFlags) { f.Type, f.Region = "oauth", "global" }, "logs in in the region cn alone", "leave --region out"},
		"a login without one":     {keyed(), func(f *AddFlags) { f.Type = "oauth" }, "it takes an API key", ""},
		"a login without any":     {Account{ID: "sandbox", Kind: KindNone}, func(f *AddFlags) { f.Type = "oauth" }, "sandbox needs no login and no key", ""},
		"a key without one":       {minimax(), func(f *AddFlags) { f.Type = "api-key" }, "takes no API key", "run: hermes auth add minimax-oauth"},
		"a plain portal":          {minimax(), func(f *AddFlags) { f.PortalURL = "http://api.minimax.io" }, "only https may carry a login", ""},
		"an inference of nowhere": {minimax(), func(f *AddFlags) { f.InferenceURL = "x" }, "is not an http(s) URL with a host", ""},
		"time backwards":          {minimax(), func(f *AddFlags) { f.Timeout = -1 }, "--timeout is negative", ""},
	} {
		r := newRoom(t)
		f := &AddFlags{}
		f.JSON = true
		tc.set(f)
		err := f.Do(t.Context(), r.Commands, tc.account)
		wantClass(t, err, "usage")
		if e, ok := err.(*Error); !ok || !strings.Contains(e.Message, tc.message) || e.Hint() != tc.tip {
			t.Errorf("%s: %v", name, err)
		}
		if e := r.events(t); len(e) != 1 || e[0]["type"] != "error" || r.err.Len() > 0 {
			t.Errorf("%s: %v %s", name, e, &r.err)
		}
	}
}

// A pipe that nobody closes must not outlast an interrupt.
func TestAddKeyInterrupted(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	in, out := io.Pipe()
	t.Cleanup(func() { out.Close() })
	r.UI.In = in
	why := errors.New("interrupt")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		io.WriteString(out, "sk-0123456789\n")
		cancel(why)
	}()
	if err := r.AddKey(ctx, keyed(), AddOptions{}); err != why || r.file(".env") != "" {
		t.Errorf("%v", err)
	}
}
