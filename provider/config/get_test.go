package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSetIsReadBackTyped: what was set is what Get gives, with its type.
func TestSetIsReadBackTyped(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ key, value, text, json string }{
		{"model", "gpt-4.1", "gpt-4.1", `"gpt-4.1"`},
		{"model", "3", "3", `"3"`},
		{"model", "yes", "yes", `"yes"`},
		{"model", "null", "null", `"null"`},
		{"provider", "minimax-oauth", "minimax-oauth", `"minimax-oauth"`},
		{"oneshot.retries", "5", "5", `5`},
		{"oneshot.retries", "+5", "5", `5`},
		{"oneshot.max_cost", "0.30", "0.30", `"0.30"`},
		{"oneshot.temperature", "0.5", "0.5", `0.5`},
		{"oneshot.usage_ledger", "Off", "false", `false`},
		{"oneshot.idle_timeout", "1m", "1m", `"1m"`},
		{"oneshot.idle_timeout", "90", "90", `90`},
		{"oneshot.stop", "[END, ' ']", `["END"," "]`, `["END"," "]`},
		{"oneshot.system", " Be <brief>.\n", " Be <brief>.\n", `" Be <brief>.\n"`},
		{"providers.lab", "{base_url: http://h, models: [a, b]}", `{"base_url":"http://h","models":["a","b"]}`, `{"base_url":"http://h","models":["a","b"]}`},
		{`prices."MiniMax-M2.7".input`, "0.30", "0.30", `"0.30"`},
		{"fallback_providers.0.model", "m", "m", `"m"`},
		{"foreign", "YES", "true", `true`},
		{"foreign", "-7", "-7", `-7`},
		{"foreign", "1.5", "1.5", `1.5`},
		{"foreign", "1.10", "1.10", `"1.10"`},
		{"foreign", "1e3", "1e3", `"1e3"`},
		{"foreign", "007", "007", `"007"`},
		{"foreign", "{a: [1, yes, ~]}", `{"a":[1,true,null]}`, `{"a":[1,true,null]}`},
		{"foreign", "a: 1\nb: two", `{"a":1,"b":"two"}`, `{"a":1,"b":"two"}`},
		{"foreign", "no mapping\nat all", "no mapping\nat all", `"no mapping\nat all"`},
		{"foreign", "verbose", "verbose", `"verbose"`},
		{"a.b_token", "12345678901234", "12345678901234", `"****1234"`},
	} {
		path := write(t, "")
		if _, err := Set(path, tc.key, tc.value, runFlags()...); err != nil {
			t.Errorf("%s=%q: %v", tc.key, tc.value, err)
			continue
		}
		v, err := Get(path, tc.key, runFlags()...)
		if err != nil || v.String() != tc.text || string(v.JSON()) != tc.json || v.Source != "config.yaml" || v.Path != path || v.Line == 0 {
			t.Errorf("%s=%q: %q %s %+v, %v", tc.key, tc.value, v.String(), v.JSON(), v, err)
		}
	}
}

// TestGetFindsWhatARunReads: other spellings, old places, merges, aliases, references and defaults.
func TestGetFindsWhatARunReads(t *testing.T) {
	t.Setenv("HERMES_TEST_REFERENCE", "from-env")
	for _, tc := range []struct{ file, key, want, source string }{
		{"model: gpt", "model", "gpt", "config.yaml"},
		{"model: {name: n, model: m}", "model.default", "m", "config.yaml"},
		{"model: {default: '', name: n}", "model.default", "n", "config.yaml"},
		{"model: {api_base: 'http://h'}", "model.base_url", "http://h", "config.yaml"},
		{"provider: p", "provider", "p", "config.yaml"},
		{"base_url: http://h\nmodel: m", "model.base_url", "http://h", "config.yaml"},
		{"providers: {lab: {url: 'http://h'}}", "providers.lab.base_url", "http://h", "config.yaml"},
		{"a: &x {k: 1}\nb: {<<: *x}\nc: *x", "b.k", "1", "config.yaml"},
		{"a: &x {k: 1}\nb: {<<: [*x]}\nc: *x", "c", `{"k":1}`, "config.yaml"},
		{"l: [a, {b: c}]", "l.1.b", "c", "config.yaml"},
		{"a: 0x10\nb: 010", "a", "16", "config.yaml"},
		{"a: ${HERMES_TEST_REFERENCE}/x", "a", "from-env/x", "config.yaml"},
		{"u: http://me:pw@h/", "u", "http://me:pw@h/", "config.yaml"},
		{"", "provider", "auto", "default"},
		{"model: {provider: ''}", "model.provider", "auto", "default"},
		{"", "oneshot.retries", "3", "default"},
		{"", "oneshot.idle_timeout", "120s", "default"},
		{"", "auxiliary.vision.provider", "auto", "default"},
		{"", "providers.lab.enabled", "true", "default"},
	} {
		v, err := Get(write(t, tc.file), tc.key, runFlags()...)
		if err != nil || v.String() != tc.want || v.Source != tc.source || (tc.source == "default") != (v.Path == "" && v.Line == 0) {
			t.Errorf("%s of %q: %q %+v, %v", tc.key, tc.file, v.String(), v, err)
		}
	}
}

func TestGetFails(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		file, key, class, says string
		notSet                 bool
	}{
		{"", "model.default", "usage", "model.default: is not set", true},
		{"", "model.defualt", "usage", "is not set, and is not a key that this program reads; did you mean model.default?", true},
		{"l: [a]", "l.1", "usage", "is not set", true},
		{"l: [a]", "l.x", "usage", "is not set", true},
		{"a: 1", "a.b", "usage", "is not set", true},
		{"a: ~", "a.b.c", "usage", "is not set", true},
		{"a: [", "a", "config", "broken YAML", false},
		{"", "", "usage", "dotted name", false},
		{"", "X_API_KEY", "usage", ".env: X_API_KEY: is not set", true},
		{"a: &a [*a]", "a", "config", "too large to print", false},
	} {
		_, err := Get(write(t, tc.file), tc.key)
		if e, ok := err.(*Error); !ok || e.Class() != tc.class || e.NotSet != tc.notSet || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s of %q: %v", tc.key, tc.file, err)
		}
	}
}

// TestGetMasks: headers are secret whatever their names, and so is what an address's query holds.
func TestGetMasks(t *testing.T) {
	t.Parallel()
	path := write(t, "model: {api_key: "+canary+"}\nu: http://me:"+canary+"@h/\nproviders: {lab: {base_url: 'http://h', headers: {X-Token: "+canary+", X-A: b}}}\nq: http://h/?a="+canary+"&b\n")
	for key, want := range map[string]string{
		"model.api_key": "****cdef", "u": "http://me:****@h/", "providers.lab.headers": `{"X-Token":"****cdef","X-A":"****"}`, "providers.lab.headers.X-Token": "****cdef",
		"q": "http://h/?a=****&****",
	} {
		v, err := Get(path, key)
		if err != nil || v.Display() != want || strings.Contains(string(v.JSON()), "canary") || !strings.Contains(v.String(), canary) {
			t.Errorf("%s: %q %s, %v", key, v.Display(), v.JSON(), err)
		}
	}
	for _, key := range []string{"model.api_key", "u"} {
		c, err := Set(path, key, "http://me:canary-of-the-new@h")
		if err != nil || strings.Contains(c.Old+c.Value, "canary") || c.Secret != (key == "model.api_key") {
			t.Errorf("%+v, %v", c, err)
		}
	}
}

// TestSecretsGoToDotenv is §3.3 of Hermes Agent's rules: names without a dot, by list, suffix or prefix, in capitals.
func TestSecretsGoToDotenv(t *testing.T) {
	t.Parallel()
	for key, name := range map[string]string{
		"MINIMAX_API_KEY": "MINIMAX_API_KEY", "my_api_key": "MY_API_KEY", "Telegram_Bot_Token": "TELEGRAM_BOT_TOKEN", "x_secret": "X_SECRET",
		"VOICE_TOOLS_OPENAI_KEY": "VOICE_TOOLS_OPENAI_KEY", "fal_key": "FAL_KEY", "sudo_password": "SUDO_PASSWORD", "TERMINAL_SSH_HOST": "TERMINAL_SSH_HOST",
		"FIRECRAWL_API_URL": "FIRECRAWL_API_URL", "API_SERVER_KEY": "API_SERVER_KEY", "BROWSERBASE_PROJECT_ID": "BROWSERBASE_PROJECT_ID", "GITHUB_TOKEN": "GITHUB_TOKEN",
		"MINIMAX_BASE_URL": "MINIMAX_BASE_URL",
		"model.api_key":    "", "platform.bot_token": "", "base_url": "", "token": "", "api-key": "", "model": "", "API_KEY_NAME": "",
	} {
		path := write(t, "")
		c, err := Set(path, key, canary)
		env, _ := LoadEnv(envBeside(path))
		if err != nil || name == "" && len(env) > 0 || name != "" && (env[name] != canary || read(t, path) != "" || c.Path != envBeside(path) || c.Key != name || !c.Secret || c.Value != "****cdef") {
			t.Errorf("%s: %+v, %v, %q", key, c, err, env)
		}
	}
}

// TestSecretLife: set, the same again, get, replace, unset, and unset once more.
func TestSecretLife(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if c, err := Set(path, "x_api_key", canary); err != nil || !c.Changed || c.Old != "" || c.Warning != "" {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := Set(path, "X_API_KEY", canary); err != nil || c.Changed {
		t.Errorf("%+v, %v", c, err)
	}
	if v, err := Get(path, "x_api_key"); err != nil || v.Display() != "****cdef" || string(v.JSON()) != `"****cdef"` || v.String() != canary || v.Source != ".env" || !v.Secret || v.Line != 0 {
		t.Errorf("%+v, %v", v, err)
	}
	if c, err := Set(path, "X_API_KEY", ""); err != nil || !c.Changed || c.Old != "****cdef" || c.Value != "" || !strings.Contains(c.Warning, "does not look like a real key") {
		t.Errorf("%+v, %v", c, err)
	}
	if v, err := Get(path, "X_API_KEY"); err != nil || v.String() != "" || string(v.JSON()) != `""` {
		t.Errorf("an empty one: %+v, %v", v, err)
	}
	if _, err := Set(path, "X_API_KEY", "a\nb"); class(err) != "usage" {
		t.Errorf("a line break: %v", err)
	}
	if c, err := Unset(path, "x_api_key"); err != nil || !c.Changed || c.Key != "X_API_KEY" || !c.Secret {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := Unset(path, "x_api_key"); class(err) != "usage" || !strings.Contains(err.Error(), "X_API_KEY: is not set") {
		t.Error(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("config.yaml was made")
	}
	if err := os.WriteFile(envBeside(path), []byte("non sense\nX_API_KEY="+canary+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if v, err := Get(path, "X_API_KEY"); err != nil || v.String() != canary {
		t.Errorf("beside a bad line: %+v, %v", v, err)
	}
	if _, err := Get(path, "Y_API_KEY"); class(err) != "config" || strings.Contains(err.Error(), "canary") {
		t.Errorf("what the bad line may have been: %v", err)
	}
}
