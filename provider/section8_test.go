package provider

import (
	"strings"
	"testing"

	"hermes/provider/config"
)

// staleQwen is an active login whose tokens are gone; openRouterPool has a key beside one.
const (
	staleQwen      = `{"version":1,"active_provider":"qwen-oauth","providers":{"qwen-oauth":{"last_auth_error":{"code":"invalid_grant"}}}}`
	openRouterPool = `{"version":1,"active_provider":"minimax-oauth","providers":{"minimax-oauth":{"last_auth_error":{"code":"refresh_failed"}}},
"credential_pool":{"openrouter":[{"id":"1","label":"k","auth_type":"api_key","priority":0,"source":"manual","access_token":"sk-or-0123456789"}]}}`
	lookAlike = "https://api.anthropic.com.look-alike.example/v1"
)

// agentCases are the resolution cases of the facts on Hermes Agent §8, by their numbers. Those that say "contract" differ on purpose:
// contract §5 decides otherwise, for the reason beside. 37, 49 to 51 and 59 to 61 are about fallbacks and helpers: TestEntries and
// oneshot's TestFallback have them; 17, 18 and 57 are TestRows and the catalogue.
func agentCases() map[string]decision {
	return map[string]decision{
		"33 a login without a pool":            {config: "model: {provider: minimax-oauth}", auth: expired, credential: "login, auth.json minimax-oauth", url: "https://api.minimax.io/anthropic, default of minimax-oauth"},
		"34 a login beside another api_mode":   {config: "model: {provider: minimax-oauth, api_mode: chat_completions}", auth: expired, credential: "login, auth.json minimax-oauth", notice: "minimax-oauth speaks anthropic_messages"},
		"38 auto, a stale login, a key":        {auth: staleQwen, env: "OPENROUTER_API_KEY=sk-or-0123456789", provider: "openrouter, OPENROUTER_API_KEY is set", credential: "key, OPENROUTER_API_KEY"},
		"39 custom at a vendor's host":         {config: "model: {provider: custom, default: m, base_url: 'https://api.deepseek.com/v1'}", env: "OPENAI_API_KEY=" + someKey + "\nOPENROUTER_API_KEY=sk-or-0123456789", url: "https://api.deepseek.com/v1, config.yaml model.base_url", credential: "none, custom needs none"},
		"40 contract: a look-alike, named":     {config: "model: {provider: anthropic, base_url: '" + lookAlike + "'}", env: "ANTHROPIC_API_KEY=" + someKey, url: lookAlike + ", config.yaml model.base_url"},                                 // a model.base_url beside model.provider is the user's word: a gateway of one's own has any name
		"40 contract: a look-alike, auto":      {config: "model: {base_url: '" + lookAlike + "'}", env: "ANTHROPIC_API_KEY=" + someKey, url: "https://api.anthropic.com, default of anthropic", notice: "no model.provider stands beside it"}, // only an address on one's own network is custom without a word
		"41 auto, this machine, a key":         {config: "model: {default: m, base_url: 'http://localhost:9/v1'}", env: "ANTHROPIC_API_KEY=" + someKey, provider: "custom, config.yaml model.base_url", url: "http://localhost:9/v1, config.yaml model.base_url", credential: "none, custom needs none"},
		"42 auto, the vendor's own address":    {config: "model: {base_url: 'https://api.anthropic.com'}", env: "ANTHROPIC_API_KEY=" + someKey, provider: "anthropic, ANTHROPIC_API_KEY is set", url: "https://api.anthropic.com, default of anthropic"},
		"43 a login, and config.yaml":          {config: "model: {provider: zai}", auth: expired, env: "GLM_API_KEY=" + someKey, provider: "zai, config.yaml model.provider"},
		"44 contract: a login, and a key":      {auth: expired, env: "OPENAI_API_KEY=" + someKey, provider: "minimax-oauth, auth.json active_provider"}, // the active login comes before keys, and OPENAI_API_KEY is openai-api's
		"45 a login alone":                     {auth: expired, provider: "minimax-oauth, auth.json active_provider"},
		"46 contract: a model and a login":     {config: "model: {default: some-model}", auth: expired, provider: "minimax-oauth, auth.json active_provider", model: "some-model, config.yaml model.default"}, // what the user configured is asked, and not replaced
		"47 a key in the pool, a stale login":  {auth: openRouterPool, provider: "openrouter, auth.json credential_pool.openrouter", credential: "key, auth.json credential_pool.openrouter"},
		"48 only a token of Claude Code":       {env: "CLAUDE_CODE_OAUTH_TOKEN=sk-ant-oat01-0123456789", provider: "no provider is configured"},
		"58 the other login's key stays":       {config: "model: {provider: minimax}", env: "ANTHROPIC_API_KEY=" + someKey, credential: "missing, "},
		"openai is openai-api":                 {flags: Flags{Provider: "openai"}, env: "OPENAI_API_KEY=" + someKey, provider: "openai-api, --provider", credential: "key, OPENAI_API_KEY"},
		"OPENAI_API_KEY alone is openai-api's": {env: "OPENAI_API_KEY=" + someKey, provider: "openai-api, OPENAI_API_KEY is set"}, // contract §5: each key for its own row; there it is openrouter
	}
}

func TestAgentCases(t *testing.T) {
	t.Parallel()
	for name, tc := range agentCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.check(t)
		})
	}
}

// TestClaudeTokenIsNamed: case 48, the error names the variable that holds no key.
func TestClaudeTokenIsNamed(t *testing.T) {
	t.Parallel()
	_, err := at(t, nil, map[string]string{"CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-0123456789"}).Resolve(Flags{})
	if e, ok := err.(*Error); !ok || !strings.Contains(e.Hint(), "CLAUDE_CODE_OAUTH_TOKEN is no key: the token of a Claude subscription") {
		t.Errorf("%v", err)
	}
}

// TestKeyGoesNowhereElse: whatever model.base_url an earlier choice left behind, the key of a row goes to its own hosts; and each of the
// row's variables may hold another address for it.
func TestKeyGoesNowhereElse(t *testing.T) {
	t.Parallel()
	all := BuiltIn().Usable()
	for _, r := range all {
		if len(r.KeyEnv()) == 0 || r.Base.URL == "" || len(r.Base.Hosts) == 0 {
			continue
		}
		env := map[string]string{r.KeyEnv()[0]: "sk-or-0123456789"}
		resolve := func(m config.Model) (*Choice, error) {
			get := func(name string) string { return env[name] }
			return Resolve(Query{Config: &config.Config{Model: m}, Secret: get, Env: get})
		}
		for _, other := range all {
			if url := other.Base.URL; other.ID == r.ID || url == "" || len(other.Base.Hosts) == 0 || r.owns(hostOf(url)) {
				continue
			}
			c, err := resolve(config.Model{Provider: r.ID, Default: "m", BaseURL: other.Base.URL})
			if err != nil || c.BaseURL.Value != r.Base.URL || len(c.Notices) == 0 {
				t.Errorf("%s beside %s: %s, %v, %q", r.ID, other.Base.URL, c.BaseURL.Value, err, c.Notices)
			}
		}
		for _, name := range r.Base.Env {
			env[name] = otherProxy
			if c, err := resolve(config.Model{Provider: r.ID, Default: "m"}); err != nil || said(c.BaseURL) != otherProxy+", "+name {
				t.Errorf("%s: %s: %s, %v", r.ID, name, said(c.BaseURL), err)
			}
			delete(env, name)
		}
	}
}
