package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func loaded(t *testing.T, text string) *Config {
	t.Helper()
	c, err := LoadWith(write(t, text), nil)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return c
}

// TestModelInEachOfItsShapes: what older versions and Hermes Agent wrote for the same thing.
func TestModelInEachOfItsShapes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Model{
		"":                                       {},
		"model: gpt":                             {Default: "gpt"},
		"model: ' gpt '":                         {Default: "gpt"},
		"model: {default: a, model: b, name: c}": {Default: "a"},
		"model: {model: b, name: c}":             {Default: "b"},
		"model: {name: c}":                       {Default: "c"},
		"model: {default: '', name: c}":          {Default: "c"},
		"model: {default: {default: a, provider: p, base_url: http://h, api_mode: w, key_env: K}}": {Default: "a", Provider: "p", BaseURL: "http://h", APIMode: "w", KeyEnv: "K"},
		"model: {default: {model: a, provider: p}, provider: q, name: c}":                          {Default: "a", Provider: "q"},
		"model: {default: {provider: p}, name: c}":                                                 {Default: "c", Provider: "p"},

		"model: {provider: AUTO}":  {},
		"model: {provider: ' p '}": {Provider: "p"},
		"model: {api_base: http://h, api_key_env: K, context_length: 5, max_tokens: 6}": {BaseURL: "http://h", KeyEnv: "K", ContextLength: 5, MaxTokens: 6},
		"model: {base_url: http://h, api_base: http://i}":                               {BaseURL: "http://h"},
		"provider: p\nbase_url: http://h\ncontext_length: 5\nmodel: gpt":                {Default: "gpt", Provider: "p", BaseURL: "http://h", ContextLength: 5},
		"provider: p\nbase_url: http://h\nmodel: {provider: q}":                         {Provider: "q", BaseURL: "http://h"},
		"base: &b {default: a, provider: p}\nmodel: {<<: *b, provider: q}":              {Default: "a", Provider: "q"},
		"base: &b {default: a}\nother: &o {default: c, name: n}\nmodel: {<<: [*o, *b]}": {Default: "c"},
		"name: &n gpt\nmodel: *n":             {Default: "gpt"},
		"\ufeff# c\r\nmodel:\r\n  default: a": {Default: "a"},
		"---\nmodel: a\n...\n":                {Default: "a"},
	} {
		if got := loaded(t, text).Model; got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

func TestOldPlacesAreTold(t *testing.T) {
	t.Parallel()
	c := loaded(t, "# c\nprovider: p\nbase_url: http://h\nmodel: {provider: q}\n")
	want := []string{"stale_key: provider at the top level (line 2) has no effect beside model.provider; remove the line", "legacy_key: base_url at the top level (line 3) is an old place; move it to model.base_url"}
	if !slices.Equal(c.Warnings, want) {
		t.Errorf("%q", c.Warnings)
	}
	if c := loaded(t, "provider: [x]\nmodel: {provider: q}\n"); c.Model.Provider != "q" {
		t.Errorf("a stale one of a wrong type stops the run: %+v", c)
	}
}

// TestRows: a server of one's own in three lines, in every spelling, and from the legacy list.
func TestRows(t *testing.T) {
	t.Parallel()
	c := loaded(t, `providers:
  lab: {base_url: http://h, key_env: K, default_model: m, models: [a, {id: b}, {name: c}, {model: d}, ~, ''], headers: {X-A: 1, X-B: true, X-C: ~}, auth_header: bearer}
  Old: {name: Shown, api: https://h/v1, api_key_env: L, model: n, models: {x: {}, y: ~}, extra_headers: {X-D: v}, api_mode: anthropic_messages}
  off: {url: http://h, enabled: no}
custom_providers:
  - {name: legacy, base_url: http://l, model: m, api_key_env: M}
  - {name: LAB, base_url: http://taken}
  - {base_url: http://nameless}
  - text
  - {name: wire, base_url: http://l, api_mode: bedrock_converse}
`)
	var got []string
	for _, r := range c.Providers {
		got = append(got, fmt.Sprintf("%s|%s|%s|%s|%s|%s|%v|%v|%v|%v|%d|%v", r.Name, r.DisplayName, r.BaseURL, r.KeyEnv, r.DefaultModel, r.AuthHeader, r.Models, r.Headers, r.Disabled, r.Legacy, r.Line, r.Err != nil))
	}
	want := []string{
		"lab||http://h|K|m|bearer|[a b c d]|map[X-A:1 X-B:true]|false|false|2|false",
		"Old|Shown|https://h/v1|L|n||[x y]|map[X-D:v]|false|false|3|false",
		"off||http://h||||[]|map[]|true|false|4|false",
		"legacy||http://l|M|m||[]|map[]|false|true|6|false",
		"wire||http://l||||[]|map[]|false|true|10|true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := strings.Join(c.Warnings, "; "); got != "row_skipped: custom_providers.2 is no provider with a name; row_skipped: custom_providers.3 is no provider with a name" {
		t.Errorf("warnings: %s", got)
	}
}

// TestRowsThatCannotBeUsed keep the reason, with file, line and key, and stop no other run.
func TestRowsThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for row, says := range map[string]string{
		"":                                 ":2: providers.lab: is empty; it needs a base_url",
		"text":                             ":2: providers.lab: must be a mapping with base_url, not text",
		"{}":                               ":2: providers.lab.base_url: must be an http or https address with a host",
		"{base_url: 'lab:80'}":             ":2: providers.lab.base_url: must be an http or https address",
		"{api: 'ftp://h'}":                 ":2: providers.lab.api: must be an http or https address",
		"{url: 'http://'}":                 ":2: providers.lab.url: must be an http or https address",
		"{base_url: 'http://u:canary%@h'}": ":2: providers.lab.base_url: must be an http or https address",
		"{base_url: http://h, transport: bedrock_converse}":                  ":2: providers.lab.transport: this program does not speak \"bedrock_converse\"; it speaks anthropic_messages, chat_completions, responses, gemini",
		"{base_url: http://h, api_mode: acp}":                                ":2: providers.lab.api_mode: this program does not speak \"acp\"",
		"{base_url: http://h, headers: {'X A': v}}":                          ":2: providers.lab.headers: holds a name or value that cannot be a request header",
		"{base_url: http://h, headers: {'': v}}":                             ":2: providers.lab.headers: holds a name",
		"{base_url: http://h, headers: {X-A: \"a\\nb\"}}":                    ":2: providers.lab.headers: holds a name or value",
		"{base_url: http://h, extra_headers: {'a:b': v}}":                    ":2: providers.lab.extra_headers: holds a name",
		"{base_url: http://h, headers: {HOST: v}}":                           ":2: providers.lab.headers: HOST is set by the run itself",
		"{base_url: http://h, headers: {Content-Length: 5}}":                 ":2: providers.lab.headers: Content-Length is set by",
		"{base_url: http://h, headers: {transfer-encoding: x}}":              ":2: providers.lab.headers: transfer-encoding is set",
		"{base_url: http://h, key_env: K, headers: {Authorization: canary}}": ":2: providers.lab.headers: Authorization carries the key, which is named",
		"{base_url: http://h, key_cmd: k, headers: {X-Api-Key: canary}}":     ":2: providers.lab.headers: X-Api-Key carries",
		"{base_url: http://h, extra_body: {model: canary}}":                  ":2: providers.lab.extra_body: model is set by the run itself",
		"{base_url: http://h, extra_body: [a]}":                              ":2: providers.lab.extra_body: must be a mapping",
		"{base_url: http://h, extra_body: {<<: {a: 1}}}":                     ":2: providers.lab.extra_body: takes no merge",
		"{base_url: http://h, headers: {X-A: [v]}}":                          ":2: providers.lab.headers.X-A: must be text, not a list",
		"{base_url: http://h, models: text}":                                 ":2: providers.lab.models: must be a list or a mapping of models, not text",
		"{base_url: http://h, models: [[a]]}":                                ":2: providers.lab.models.0: must be text, not a list",
		"{base_url: http://h, auth_header: basic}":                           ":2: providers.lab.auth_header: must be one of bearer, x-api-key",
		"{base_url: http://h, context_length: long, name: 5}":                ":2: providers.lab.context_length: must be a whole number",
	} {
		c := loaded(t, "providers:\n  lab: "+row+"\n  fine: {base_url: http://h}\n")
		if len(c.Providers) != 2 || c.Providers[1].Err != nil {
			t.Fatalf("%s: %+v", row, c.Providers)
		}
		if err := c.Providers[0].Err; class(err) != "config" || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", row, err)
		}
	}
}

func TestFallbacks(t *testing.T) {
	t.Parallel()
	c := loaded(t, `fallback_providers:
  - {provider: a, model: m, base_url: http://h, key_env: K}
  - {provider: A, model: m, base_url: http://h}
  - {provider: "", model: ""}
  - {provider: b}
  - ~
  - {provider: b, model: n, api_key_env: L}
fallback_model: {provider: c, model: o}
`)
	var got []string
	for _, f := range c.Fallbacks {
		got = append(got, fmt.Sprint(f.Key, f.Provider, f.Model, f.BaseURL, f.KeyEnv, f.Line))
	}
	if want := []string{"fallback_providers.0amhttp://hK2", "fallback_providers.3b5", "fallback_providers.5bnL7", "fallback_model.0co8"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if len(c.Warnings) > 0 {
		t.Errorf("%q", c.Warnings)
	}
	c = loaded(t, "fallback_model: [{provider: a, model: m}, {provider: b, model: n}]\nfallback_providers: []\n")
	if len(c.Fallbacks) != 2 {
		t.Errorf("%+v", c.Fallbacks)
	}
}

// TestEntriesThatCannotBe: an entry that is wrong in itself stops every run; one of another wire waits until it is asked.
func TestEntriesThatCannotBe(t *testing.T) {
	t.Parallel()
	for entry, says := range map[string]string{
		"{model: m}":                               ":2: fallback_providers.0.provider: must name the provider to try next",
		"{provider: Auto, model: m}":               ":2: fallback_providers.0.provider: must name",
		"{provider: p, url: 'lab:80'}":             ":2: fallback_providers.0.url: must be an http or https address",
		"{provider: p, headers: {Host: a}}":        ":2: fallback_providers.0.headers: Host is set by the run itself",
		"{provider: p, extra_body: {stream: no}}":  ":2: fallback_providers.0.extra_body: stream is set by",
		"{provider: p, key_env: [a]}":              ":2: fallback_providers.0.key_env: must be text",
		"{provider: p, extra_body: {a: *x}, b: 1}": "broken YAML",
	} {
		if _, err := LoadWith(write(t, "fallback_providers:\n  - "+entry+"\n"), nil); class(err) != "config" || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", entry, err)
		}
	}
	c := loaded(t, "fallback_providers: [{base_url: http://h, api_mode: bedrock_converse, api_key: "+canary+"}]\n")
	if f := c.Fallbacks[0]; f.Provider != "custom" || class(f.Err) != "config" || !strings.Contains(f.Err.Error(), ":1: fallback_providers.0.api_mode: this program does not speak") || !slices.Equal(f.Given(), []string{"base_url", "api_key", "transport"}) {
		t.Errorf("%+v", f)
	}
	if len(c.Warnings) != 2 || !strings.HasPrefix(c.Warnings[0], "inline_key: fallback_providers.0.api_key") || !strings.HasPrefix(c.Warnings[1], "entry_unusable: fallback_providers.0 (line 1)") {
		t.Errorf("%q", c.Warnings)
	}
}

// TestExtraBody keeps the order and the types of the file, with ${VAR} expanded.
func TestExtraBody(t *testing.T) {
	t.Parallel()
	c, err := LoadWith(write(t, "providers: {lab: {base_url: http://h, extra_body: {z: 1, a: [true, ~, 0.5], m: {x: '${A}'}}}}\n"), func(string) (string, bool) { return "v", true })
	var got []string
	for _, m := range c.Providers[0].ExtraBody {
		got = append(got, m.Name+"="+string(m.Value))
	}
	if want := []string{"z=1", "a=[true,null,0.5]", `m={"x":"v"}`}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAuxiliaryAndPrices(t *testing.T) {
	t.Parallel()
	c := loaded(t, `auxiliary:
  vision: {provider: AUTO, model: "", timeout: 5, extra_body: {}}
  delegation: {provider: p, model: m, base_url: http://h}
  compression: anything
prices:
  a: {input: 1, output: 1.50, cache_read: "0.060", note: x}
  b:
  <<: {c: {input: 2}}
`)
	v, d := c.Auxiliary.Vision, c.Auxiliary.Delegation
	if v.Any() || v.Key != "auxiliary.vision" || d.Provider != "p" || d.Model != "m" || d.BaseURL != "http://h" || d.Line != 3 || d.Refuse("base_url", "x").Line != 3 {
		t.Errorf("%+v", c.Auxiliary)
	}
	if len(c.Prices) != 1 || c.Prices["a"] != (Price{Input: "1", Output: "1.50", CacheRead: "0.060"}) {
		t.Errorf("%+v", c.Prices)
	}
}

// TestBrokenFilesNameTheLine and quote nothing of what stands there.
func TestBrokenFilesNameTheLine(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"a: 1\nb: [1\nc: 2\n":                  ":2: broken YAML",
		"a: 1\nb: canary: 2\n":                 ":2: broken YAML",
		"a: 1\nb: *canary\n":                   ":2: broken YAML: a value starts with * but no anchor has that name; put it in quotes",
		"a: 1\nb: @canary\n":                   ":2: broken YAML",
		"a: 1\n\tb: 2\n":                       ":2: broken YAML",
		"a: \"canary\nb: 1\n":                  "broken YAML",
		"a: 1\n\nb: \x00canary":                ":3: a NUL byte",
		"a: 1\nb: \xffcanary\n":                ":2: a byte that is not UTF-8",
		"\xff\xfea\x00":                        ":1: the file is UTF-16; save it as UTF-8",
		"a: 1\n---\nb: canary\n":               "a second document starts here",
		"a: 1\nb: 2\na: canary\n":              ":3: a: the key is there twice",
		"m:\n  - x:\n      k: 1\n      k: 2\n": ":4: m.x.k: the key is there twice",
		"canary":                               ":1: the file must hold settings as key: value, not text",
		"5":                                    "not a number",
		"2024-01-01":                           "not a date",
		"true":                                 "not true or false",
		"- a":                                  "not a list",
		"oneshot: [canary]":                    ":1: oneshot: must be a mapping, not a list",
		"providers: {a: {}}\nmodel: [canary]":  ":2: model: must be a model name or a mapping, not a list",
		"auxiliary:\n  vision: canary":         ":2: auxiliary.vision: must be a mapping, not text",
		"prices: {m: 5}":                       ":1: prices.m: must be a mapping, not a number",
		"fallback_providers: [canary]":         ":1: fallback_providers.0: must be a mapping with provider and model, not text",
		"custom_providers: {a: b}":             ":1: custom_providers: must be a list, not a mapping",
	} {
		_, err := Load(write(t, text), runFlags()...)
		if class(err) != "config" || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", text, err)
		}
	}
	many := strings.Repeat("k: 1\n", 40)
	for i := range 40 {
		many = strings.Replace(many, "k: ", fmt.Sprintf("k%d: ", i), 1)
	}
	if _, err := Load(write(t, many+"k7: 2\n")); err == nil || !strings.Contains(err.Error(), ":41: k7: the key is there twice") {
		t.Errorf("a long file: %v", err)
	}
}

func TestMissingFileIsEmpty(t *testing.T) {
	t.Parallel()
	home := filepath.Join(t.TempDir(), "none")
	c, err := Load(Paths(home).Config)
	if err != nil || c.Model != (Model{}) || c.Prices != nil || len(c.Warnings) > 0 {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := os.Stat(home); err == nil {
		t.Error("a home was made")
	}
	if p := Paths("h"); p.Env != filepath.Join("h", ".env") || p.Auth != filepath.Join("h", "auth.json") {
		t.Errorf("%+v", p)
	}
}

func TestDecodeYAML(t *testing.T) {
	t.Parallel()
	type step struct {
		Name  string
		Count int
		Inner struct{ Deep bool }
	}
	got := step{Name: "kept"}
	if err := DecodeYAML("f", []byte("count: 3\ninner: {deep: true}\n"), &got); err != nil || got.Name != "kept" || got.Count != 3 || !got.Inner.Deep {
		t.Errorf("%+v, %v", got, err)
	}
	if err := DecodeYAML("f", nil, &got); err != nil || got.Count != 3 {
		t.Errorf("nothing: %+v, %v", got, err)
	}
	for text, says := range map[string]string{
		"count: 1\nnone: x\n":         "f:2: none: no such key here",
		"count: many\n":               "f:1: cannot unmarshal !!str `many`",
		"a: [":                        "f:1: broken YAML",
		"count: 1\ncount: 2\n":        "f:2: count: the key is there twice",
		"count: 1\n---\ncount: 2\n":   "f:2: a second document",
		"count: \xff\n":               "f:1: a byte that is not UTF-8",
		"inner:\n  deep: 1\n  x: 2\n": "f:",
	} {
		if err := DecodeYAML("f", []byte(text), &got); class(err) != "config" || !strings.HasPrefix(err.Error(), says) || strings.Contains(err.Error(), "config.") || strings.Contains(err.Error(), "step") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
