package provider

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hermes/provider/config"
)

const aliasHome = `
model_aliases:
  Fast: {provider: minimax, model: MiniMax-M3}
  box: {model: qwen3, base_url: "http://127.0.0.1:9/v1"}
  gate: {provider: openrouter, model: x/y, base_url: "https://gate.example/v1", key_env: GATE_KEY}
  broken: {provider: minimax}
  short: {model: not-this}
providers:
  lab: {base_url: "http://127.0.0.1:8/v1", default_model: qwen3}
custom_providers:
  - {name: My Box, base_url: "http://127.0.0.1:7/v1", model: phi}
  - {name: off, base_url: "http://127.0.0.1:6/v1", model: phi}
`

// meantCases: what a model's name means, by the facts on Hermes Agent §5.5 (-m alone: an alias, else PROVIDER/MODEL or
// custom:NAME:MODEL; beside --provider it is used as it is). answer is "provider model url (who decided the provider)".
// Where we differ on purpose: an alias without provider and address is a model of the run's own provider, because custom, which it is
// there, would have no address; PROVIDER/MODEL stays one name at a provider whose names have slashes, because a prompt for a gateway
// of one's own goes nowhere else; and PROVIDER:MODEL is no form of a name, there and here: colons are variants, as in m:free.
func meantCases() map[string]struct{ model, provider, answer string } {
	type c = struct{ model, provider, answer string }
	const section = "model: {provider: anthropic, default: claude-sonnet-5}"
	return map[string]c{
		section + "|alias":                                                               {"fast", "", "minimax MiniMax-M3 https://api.minimax.io/anthropic (config.yaml model_aliases.Fast)"},
		section + "|alias, another case":                                                 {"FAST", "", "minimax MiniMax-M3 https://api.minimax.io/anthropic (config.yaml model_aliases.Fast)"},
		section + "|alias of that provider":                                              {"fast", "mini-max", "minimax MiniMax-M3 https://api.minimax.io/anthropic (config.yaml model_aliases.Fast)"},
		section + "|alias of another provider":                                           {"fast", "deepseek", "deepseek fast https://api.deepseek.com/v1 (--provider)"},
		section + "|alias with an address":                                               {"box", "", "custom qwen3 http://127.0.0.1:9/v1 (config.yaml model_aliases.box)"},
		section + "|alias with a key of its own":                                         {"gate", "", "openrouter x/y https://gate.example/v1 (config.yaml model_aliases.gate)"},
		section + "|alias without a model":                                               {"broken", "", "config"},
		section + "|no alias":                                                            {"faster", "", "anthropic faster https://api.anthropic.com (config.yaml model.provider)"},
		section + "|provider and model":                                                  {"minimax/MiniMax-M3", "", "minimax MiniMax-M3 https://api.minimax.io/anthropic (--model)"},
		section + "|by an alias of the provider":                                         {"grok/grok-4.6", "", "xai grok-4.6 https://api.x.ai/v1 (--model)"},
		section + "|a row and a model":                                                   {"lab/Qwen/Q3", "", "lab Qwen/Q3 http://127.0.0.1:8/v1 (--model)"},
		section + "|custom:NAME:MODEL":                                                   {"custom:lab:qwen3:14b", "", "lab qwen3:14b http://127.0.0.1:8/v1 (--model)"},
		section + "|custom: and a slug":                                                  {"custom:my-box:phi4", "", "My Box phi4 http://127.0.0.1:7/v1 (--model)"},
		section + "|custom: of nobody":                                                   {"custom:nobody:m", "", "anthropic custom:nobody:m https://api.anthropic.com (config.yaml model.provider)"},
		section + "|nobody's prefix":                                                     {"acme/m", "", "anthropic acme/m https://api.anthropic.com (config.yaml model.provider)"},
		section + "|a colon is no provider":                                              {"minimax:MiniMax-M3", "", "anthropic minimax:MiniMax-M3 https://api.anthropic.com (config.yaml model.provider)"},
		section + "|beside --provider":                                                   {"minimax/MiniMax-M3", "anthropic", "anthropic minimax/MiniMax-M3 https://api.anthropic.com (--provider)"},
		section + "|a provider that is refused":                                          {"copilot/gpt-5", "", "config"},
		"model: {provider: openrouter}|a gateway":                                        {"minimax/MiniMax-M3", "", "openrouter minimax/MiniMax-M3 https://openrouter.ai/api/v1 (config.yaml model.provider)"},
		"model: {provider: lab}|one's own server":                                        {"qwen/qwen3", "", "lab qwen/qwen3 http://127.0.0.1:8/v1 (config.yaml model.provider)"},
		"model: {provider: lab}|custom: anywhere":                                        {"custom:my-box:phi4", "", "My Box phi4 http://127.0.0.1:7/v1 (--model)"},
		"|nobody is chosen":                                                              {"deepseek/deepseek-v4-pro", "", "deepseek deepseek-v4-pro https://api.deepseek.com/v1 (--model)"},
		"model: {default: fast}|default":                                                 {"", "", "minimax MiniMax-M3 https://api.minimax.io/anthropic (config.yaml model_aliases.Fast)"},
		"model: {provider: minimax, default: fast}|default of its provider":              {"", "", "minimax MiniMax-M3 https://api.minimax.io/anthropic (config.yaml model_aliases.Fast)"},
		"model: {provider: lab, default: fast}|default beside another":                   {"", "", "lab fast http://127.0.0.1:8/v1 (config.yaml model.provider)"},
		"model: {provider: lab, default: s, aliases: {s: qwen9}}|short form":             {"", "", "lab qwen9 http://127.0.0.1:8/v1 (config.yaml model.provider)"},
		"model: {provider: lab, aliases: {S: qwen9}}|short form by -m":                   {"s", "", "lab qwen9 http://127.0.0.1:8/v1 (config.yaml model.provider)"},
		"model: {provider: lab, aliases: {s: minimax/MiniMax-M3}}|short form, qualified": {"s", "", "minimax MiniMax-M3 https://api.minimax.io/anthropic (config.yaml model.aliases.s)"},
		"model: {provider: lab, aliases: {fast: qwen9}}|the long form wins":              {"fast", "", "minimax MiniMax-M3 https://api.minimax.io/anthropic (config.yaml model_aliases.Fast)"},
	}
}

func TestMeant(t *testing.T) {
	t.Parallel()
	for name, c := range meantCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			section, _, _ := strings.Cut(name, "|")
			path := filepath.Join(t.TempDir(), "config.yaml")
			if err := os.WriteFile(path, []byte(section+aliasHome), 0o600); err != nil {
				t.Fatal(err)
			}
			cfg, err := config.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			none := func(string) string { return "" }
			got, err := even(Resolve(Query{Flags: Flags{Provider: c.provider, Model: c.model}, Config: cfg, Secret: none, Env: none}))
			answer := got.Provider.Value + " " + got.Model.Value + " " + got.BaseURL.Value + " (" + got.Provider.Source + ")"
			if e, ok := errors.AsType[*Error](err); ok {
				answer = e.Class()
			}
			if answer != c.answer {
				t.Errorf("%s, %v; want %s", answer, err, c.answer)
			}
		})
	}
}
