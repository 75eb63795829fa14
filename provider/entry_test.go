package provider

import (
	"strings"
	"testing"

	"hermes/provider/rows"
)

// TestEntries: a fallback or helper is resolved by the rule of the run itself, with what it sets in place of the row's own.
// The last fallback is asked, or the helper delegation where there is none.
func TestEntries(t *testing.T) {
	t.Parallel()
	const set = "sk-0123456789"
	const lab = "providers: {lab: {base_url: 'http://127.0.0.1:9', key_env: LAB, default_model: qwen, headers: {X-A: row, X-B: row}}}\n"
	for name, tc := range map[string]struct {
		config, env string
		provider    string // and model, with its source
		url, key    string // value, source
	}{
		"no model":                     {config: "fallback_providers: [{provider: mini-max}]", provider: "minimax MiniMax-M2.7, default of minimax", url: "https://api.minimax.io/anthropic, default of minimax", key: "missing, "},
		"a model":                      {config: "fallback_providers: [{provider: minimax, model: own}]", provider: "minimax own, config.yaml fallback_providers.0"},
		"not the parent's model":       {config: "fallback_providers: [{provider: minimax}]", env: "HERMES_INFERENCE_MODEL=theirs", provider: "minimax MiniMax-M2.7, default of minimax"},
		"the run's own, again":         {config: "model: {provider: minimax, default: MiniMax-M3, base_url: 'https://gw.example', key_env: GW}\nfallback_providers: [{provider: minimax}]", env: "GW=" + set, provider: "minimax MiniMax-M3, config.yaml model.default", url: "https://gw.example, config.yaml model.base_url", key: "key, GW"},
		"an address":                   {config: "fallback_providers: [{provider: minimax, base_url: 'https://gw.example'}]", env: "MINIMAX_API_KEY=" + set, url: "https://gw.example, config.yaml fallback_providers.0", key: "key, MINIMAX_API_KEY"},
		"a key, not the run's address": {config: "model: {provider: minimax, base_url: 'https://gw.example'}\nfallback_providers: [{provider: minimax, key_env: K}]", env: "K=" + set, url: "https://api.minimax.io/anthropic, default of minimax", key: "key, K"},
		"an address, not model's key":  {config: "model: {provider: custom, default: m, base_url: 'http://127.0.0.1:1', key_env: K, api_key: " + set + "}\nfallback_providers: [{base_url: 'http://127.0.0.1:2', model: m}]", env: "K=" + set, provider: "custom m, config.yaml fallback_providers.0", url: "http://127.0.0.1:2/v1, config.yaml fallback_providers.0", key: "none, custom needs none"},
		"its key is the only one":      {config: "fallback_providers: [{provider: minimax, base_url: 'https://gw.example', key_env: K}]", env: "MINIMAX_API_KEY=" + set, key: "missing, "},
		"a key of custom":              {config: "fallback_providers: [{base_url: 'http://127.0.0.1:2', model: m, key_env: K}]", key: "missing, "},
		"inline":                       {config: "fallback_providers: [{base_url: 'https://openrouter.ai/api', model: m, api_key: " + set + "}]", url: "https://openrouter.ai/api, config.yaml fallback_providers.0", key: "key, config.yaml"},
		"over a row's own":             {config: lab + "fallback_providers: [{provider: lab, base_url: 'http://127.0.0.1:2', api_key: " + set + "}]", env: "LAB=other-0123", provider: "lab qwen, default of lab", url: "http://127.0.0.1:2/v1, config.yaml fallback_providers.0", key: "key, config.yaml"},
		"a row as it is":               {config: lab + "fallback_providers: [{provider: lab}]", env: "LAB=" + set, url: "http://127.0.0.1:9/v1, config.yaml providers.lab", key: "key, LAB"},
		"another wire":                 {config: "fallback_providers: [{base_url: 'http://127.0.0.1:2', model: m, api_mode: bedrock_converse}]", provider: "fallback_providers.0.api_mode: this program does not speak \"bedrock_converse\""},
		"a row that is off":            {config: "providers: {minimax: {enabled: false}}\nfallback_providers: [{provider: minimax}]", provider: "is switched off"},

		"helper":                   {config: "model: {provider: minimax}", provider: "minimax MiniMax-M2.7-highspeed, default of minimax"},
		"helper, another's":        {config: "model: {provider: sandbox, default: sandbox}\nauxiliary: {delegation: {provider: minimax}}", env: "HERMES_INFERENCE_MODEL=sandbox", provider: "minimax MiniMax-M2.7-highspeed, default of minimax"},
		"helper, another's, bare":  {config: lab + "model: {provider: sandbox, default: sandbox}\nauxiliary: {delegation: {provider: lab}}", env: "HERMES_INFERENCE_PROVIDER=sandbox\nHERMES_INFERENCE_MODEL=sandbox", provider: "lab qwen, default of lab"},
		"helper, a key":            {config: "model: {provider: minimax}\nauxiliary: {delegation: {api_key: " + set + "}}", provider: "minimax MiniMax-M2.7-highspeed, default of minimax", url: "https://api.minimax.io/anthropic, default of minimax", key: "key, config.yaml"},
		"helper, a server":         {config: "model: {provider: minimax}\nauxiliary: {delegation: {base_url: 'http://127.0.0.1:2', model: m}}", env: "MINIMAX_API_KEY=" + set, provider: "custom m, config.yaml auxiliary.delegation", url: "http://127.0.0.1:2/v1, config.yaml auxiliary.delegation", key: "none, custom needs none"},
		"helper of nobody":         {config: lab + "model: {provider: lab}", provider: "nobody"},
		"helper of a row, a model": {config: lab + "model: {provider: lab}\nauxiliary: {delegation: {model: phi}}", provider: "lab phi, config.yaml auxiliary.delegation"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{}
			for line := range strings.Lines(tc.env) {
				k, v, _ := strings.Cut(strings.TrimSpace(line), "=")
				env[k] = v
			}
			s := at(t, map[string]string{"config.yaml": tc.config}, env)
			c, err := even(last(t, s))
			if err != nil || c.Row.ID == "" {
				if text := "nobody"; err != nil && !strings.Contains(err.Error(), tc.provider) || err == nil && tc.provider != text {
					t.Errorf("%v, want %q", err, tc.provider)
				}
				return
			}
			for _, f := range [][2]string{{tc.provider, c.Row.ID + " " + said(c.Model)}, {tc.url, said(c.BaseURL)}, {tc.key, said(c.Credential)}} {
				if f[0] != "" && f[0] != f[1] {
					t.Errorf("%q, want %q", f[1], f[0])
				}
			}
		})
	}
}

func last(t *testing.T, s *Session) (*Choice, error) {
	if n := len(s.Config.Fallbacks); n > 0 {
		return s.Fallback(s.Config.Fallbacks[n-1])
	}
	own, err := s.Resolve(Flags{})
	if err != nil {
		t.Fatal(err)
	}
	e, ok := own.Helper(s.Config.Auxiliary.Delegation, false)
	if !ok {
		return nil, nil
	}
	return s.Helper(e)
}

// TestEntryHeaders: what an entry sets goes before the row's own, which stays as it was.
func TestEntryHeaders(t *testing.T) {
	t.Parallel()
	s := at(t, map[string]string{"config.yaml": "providers: {lab: {base_url: 'http://127.0.0.1:9', default_model: m, headers: {X-A: row, X-B: row}, extra_body: {a: 1, b: 1}}}\nfallback_providers: [{provider: lab, headers: {X-A: entry}, extra_body: {a: 2}, auth_header: bearer}]\n"}, nil)
	c, err := last(t, s)
	if err != nil || c.Row.Headers["X-A"] != "entry" || c.Row.Headers["X-B"] != "row" || c.Row.Quirks.KeyHeader != rows.Bearer || len(c.Row.Extra) != 3 || string(c.Row.Extra[0].Value) != "2" {
		t.Errorf("%+v, %v", c.Row, err)
	}
	if r, _ := s.Rows().Lookup("lab"); r.Headers["X-A"] != "row" || len(r.Extra) != 2 {
		t.Errorf("%+v", r)
	}
}

// TestHelperSees: a model that takes no images is not asked to see them, unless config.yaml says so.
func TestHelperSees(t *testing.T) {
	t.Parallel()
	s := at(t, map[string]string{"config.yaml": "model: {provider: minimax}\n"}, nil)
	c, err := s.Resolve(Flags{})
	if _, ok := c.Helper(s.Config.Auxiliary.Vision, true); err != nil || ok {
		t.Errorf("a helper that is blind, %v", err)
	}
	s = at(t, map[string]string{"config.yaml": "model: {provider: minimax}\nauxiliary: {vision: {model: MiniMax-M3}}\n"}, nil)
	e, ok := c.Helper(s.Config.Auxiliary.Vision, true)
	if c, err := s.Helper(e); !ok || err != nil || c.Model.Value != "MiniMax-M3" || c.Row.ID != "minimax" {
		t.Errorf("%+v, %v", c.Model, err)
	}
}

// TestCheck: what an entry sets and its provider cannot obey is refused by file, line and key before anything is asked;
// what another program may be able to ask is left alone.
func TestCheck(t *testing.T) {
	t.Parallel()
	for entry, want := range map[string]string{
		"{provider: minimax-oauth, base_url: 'https://api.minimax.io/anthropic'}":                 "",
		"{provider: minimax-oauth, base_url: 'https://gw.example'}":                               "base_url: minimax-oauth takes its address from the login",
		"{provider: minimax-portal, api_key: canary-0123}":                                        "api_key: minimax-oauth takes a login alone",
		"{provider: minimax-oauth, api_key_env: K}":                                               "api_key_env: minimax-oauth takes a login alone",
		"{provider: minimax-oauth, key_cmd: k}":                                                   "key_cmd: minimax-oauth takes a login alone",
		"{provider: minimax-cn, api_key: canary-0123}":                                            "",
		"{provider: anthropic, base_url: 'https://openrouter.ai/api'}":                            "base_url: openrouter.ai belongs to openrouter, and the key of anthropic does not go there",
		"{provider: anthropic, base_url: 'https://openrouter.ai/api', key_env: K}":                "",
		"{provider: anthropic, key_env: OPENAI_API_KEY}":                                          "key_env: OPENAI_API_KEY is the key of openai-api, which does not go to anthropic",
		"{provider: sandbox, base_url: 'http://127.0.0.1:1'}":                                     "base_url: the sandbox answers inside",
		"{provider: openrouter, base_url: 'https://openrouter.ai/api', key_env: K}":               "",
		"{provider: custom, base_url: 'http://127.0.0.1:1', api_mode: bedrock_converse}":          "",
		"{provider: anthropic, base_url: 'https://api.openai.com/v1', api_mode: codex_responses}": "base_url: api.openai.com belongs to openai-api",
	} {
		for place, text := range map[string]string{"fallback_providers.0.": "fallback_providers:\n - " + entry + "\n", "auxiliary.vision.": "auxiliary:\n vision: " + entry + "\n"} {
			err := at(t, map[string]string{"config.yaml": text}, nil).Check()
			if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), "config.yaml:2: "+place+want) || strings.Contains(err.Error(), "canary")) {
				t.Errorf("%s: %v, want %q", entry, err, want)
			}
		}
	}
}
