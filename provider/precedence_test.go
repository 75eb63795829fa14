package provider

import (
	"errors"
	"strings"
	"testing"

	"hermes/provider/config"
	"hermes/provider/rows"
)

const (
	labConfig  = "providers: {lab: {base_url: 'http://127.0.0.1:9/v1', default_model: qwen, models: [qwen, phi]}, bare: {base_url: 'http://127.0.0.1:8'}}\n"
	someKey    = "sk-0123456789"
	otherProxy = "https://proxy.example/a"
)

// decision is a row of contract §5.
type decision struct {
	config, auth, env string // env: NAME=value, a line each
	flags             Flags
	provider, model   string // value, source
	url, credential   string
	notice            string // a part of the one there is, "" for none that the row looks at
}

// TestWhoDecides is contract §5 as tables, over the files of a home: who is asked, which model, where, with what, and
// who decided each. A want that is "" is not looked at.
func TestWhoDecides(t *testing.T) {
	t.Parallel()
	for _, table := range []map[string]decision{whoseProvider(), whoseModel(), whoseURL(), whoseHost(), whoseHandoff(), whoseCredential()} {
		for name, tc := range table {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				tc.check(t)
			})
		}
	}
}

func (tc decision) check(t *testing.T) {
	t.Helper()
	env := map[string]string{}
	for line := range strings.Lines(tc.env) {
		k, v, _ := strings.Cut(strings.TrimSpace(line), "=")
		env[k] = v
	}
	files := map[string]string{"config.yaml": tc.config}
	if tc.auth != "" {
		files["auth.json"] = tc.auth
	}
	c, err := at(t, files, env).Resolve(tc.flags)
	if err != nil {
		if e, ok := errors.AsType[*Error](err); !ok || e.Class() != "config" || tc.provider == "" || !strings.Contains(err.Error(), tc.provider) || strings.Contains(err.Error(), "canary") {
			t.Fatalf("error %v, want %q", err, tc.provider)
		}
		return
	}
	for _, f := range [][2]string{{tc.provider, said(c.Provider)}, {tc.model, said(c.Model)}, {tc.url, said(c.BaseURL)}, {tc.credential, said(c.Credential)}} {
		if f[0] != "" && f[0] != f[1] {
			t.Errorf("%q, want %q", f[1], f[0])
		}
	}
	if tc.notice != "" && (len(c.Notices) != 1 || !strings.Contains(c.Notices[0].Text, tc.notice)) {
		t.Errorf("notices %+v, want %q", c.Notices, tc.notice)
	}
}

func whoseProvider() map[string]decision {
	return map[string]decision{
		"1 flag":             {config: "model: {provider: minimax}", auth: expired, env: "HERMES_INFERENCE_PROVIDER=anthropic", flags: Flags{Provider: "sandbox"}, provider: "sandbox, --provider"},
		"1 flag, alias":      {flags: Flags{Provider: " Claude-Code "}, provider: "anthropic, --provider", model: "claude-sonnet-5, default of anthropic"},
		"1 flag auto":        {config: "model: {provider: sandbox}", flags: Flags{Provider: "AUTO"}, provider: "sandbox, config.yaml model.provider"},
		"2 config":           {config: "model: {provider: sandbox}", auth: expired, env: "HERMES_INFERENCE_PROVIDER=anthropic\nMINIMAX_API_KEY=" + someKey, provider: "sandbox, config.yaml model.provider"},
		"2 config, alias":    {config: "model: {provider: MiniMax-Portal}", provider: "minimax-oauth, config.yaml model.provider"},
		"2 config, old root": {config: "provider: sandbox\nmodel: sandbox-mini", env: "HERMES_INFERENCE_PROVIDER=anthropic", provider: "sandbox, config.yaml model.provider", model: "sandbox-mini, config.yaml model.default"},
		"2 config ''":        {config: "model: {provider: ''}", env: "HERMES_INFERENCE_PROVIDER=sandbox", provider: "sandbox, the parent's handoff"},
		"2 config Auto":      {config: "model: {provider: ' Auto '}", env: "HERMES_INFERENCE_PROVIDER=sandbox", provider: "sandbox, the parent's handoff"},
		"3 handoff":          {auth: expired, env: "HERMES_INFERENCE_PROVIDER=minimax-china\nMINIMAX_API_KEY=" + someKey, provider: "minimax-cn, the parent's handoff"},
		"3 handoff auto":     {auth: expired, env: "HERMES_INFERENCE_PROVIDER=auto", provider: "minimax-oauth, auth.json active_provider"},
		"4 login":            {auth: expired, env: "MINIMAX_API_KEY=" + someKey, provider: "minimax-oauth, auth.json active_provider", credential: "login, auth.json minimax-oauth"},
		"4 key":              {env: "MINIMAX_API_KEY=" + someKey, provider: "minimax, MINIMAX_API_KEY is set", credential: "key, MINIMAX_API_KEY"},
		"4 placeholder":      {env: "MINIMAX_API_KEY=changeme\nANTHROPIC_API_KEY=" + someKey, provider: "anthropic, ANTHROPIC_API_KEY is set"},
		"a flag's wrong name is no reason to go on": {config: "model: {provider: sandbox}", flags: Flags{Provider: "sandbax"}, provider: `unknown provider "sandbax" (--provider); did you mean sandbox, `},
		"nor is config's":  {config: "model: {provider: copilot}", env: "MINIMAX_API_KEY=" + someKey, provider: `provider copilot (config.yaml model.provider): `},
		"nor the parent's": {env: "HERMES_INFERENCE_PROVIDER=nobody\nMINIMAX_API_KEY=" + someKey, provider: `unknown provider "nobody" (the parent's handoff)`},
	}
}

func whoseModel() map[string]decision {
	return map[string]decision{
		"model 1 flag":              {config: "model: {provider: sandbox, default: sandbox}", env: "HERMES_INFERENCE_MODEL=x", flags: Flags{Model: "sandbox-mini"}, model: "sandbox-mini, --model"},
		"model 2 handoff":           {config: "model: {provider: sandbox, default: sandbox}", env: "HERMES_INFERENCE_MODEL=sandbox-mini", model: "sandbox-mini, the parent's handoff"},
		"model 3 config":            {config: "model: {provider: sandbox, default: own}", model: "own, config.yaml model.default"},
		"model 3 listed":            {config: "model: {provider: minimax, default: MiniMax-M3}", flags: Flags{Provider: "minimax-oauth"}, model: "MiniMax-M3, config.yaml model.default"},
		"model 3 other provider's":  {config: "model: {provider: minimax, default: own}", flags: Flags{Provider: "sandbox"}, model: "sandbox, default of sandbox"},
		"model 3 alias is the same": {config: "model: {provider: mini-max, default: own}", flags: Flags{Provider: "minimax"}, model: "own, config.yaml model.default"},
		"model 3 unlisted, auto":    {config: "model: own", env: "MINIMAX_API_KEY=" + someKey, model: "own, config.yaml model.default"},
		"model 3 unlisted, handed":  {config: "model: own", env: "HERMES_INFERENCE_PROVIDER=minimax", model: "MiniMax-M2.7, default of minimax", notice: "model.default of config.yaml, own, is not used: it is not known to be a model of minimax"},
		"model 3 another's, auto":   {config: "model: claude-sonnet-5", env: "MINIMAX_API_KEY=" + someKey, model: "MiniMax-M2.7, default of minimax", notice: "it is a model of anthropic, and the provider is minimax (MINIMAX_API_KEY is set); MiniMax-M2.7 is asked"},
		"model 3 own server":        {config: labConfig + "model: {provider: lab, default: phi}", model: "phi, config.yaml model.default"},
		"model 3 own, no list":      {config: labConfig + "model: any", flags: Flags{Provider: "bare"}, model: "any, config.yaml model.default"},
		"model 4 own server's":      {config: labConfig + "model: MiniMax-M3", flags: Flags{Provider: "lab"}, model: "qwen, default of lab"},
		"model none":                {config: labConfig, flags: Flags{Provider: "bare"}, provider: "provider bare names no model"},
	}
}

func whoseURL() map[string]decision {
	return map[string]decision{
		"url of a login":         {config: "model: {provider: minimax-oauth, base_url: '" + otherProxy + "', api_key: " + someKey + "}", auth: expired, env: "MINIMAX_BASE_URL=" + otherProxy + "\nMINIMAX_API_KEY=" + someKey, url: "https://api.minimax.io/anthropic, default of minimax-oauth", credential: "login, auth.json minimax-oauth"},
		"url the login names":    {config: "model: {provider: minimax-oauth, base_url: '" + otherProxy + "'}", auth: strings.Replace(expired, `"access_token"`, `"inference_base_url":"https://api.minimaxi.com/anthropic","access_token"`, 1), url: "https://api.minimaxi.com/anthropic, auth.json minimax-oauth"},
		"url of config":          {config: "model: {provider: minimax, base_url: '" + otherProxy + "'}", env: "MINIMAX_API_KEY=" + someKey + "\nMINIMAX_BASE_URL=https://v.example", url: otherProxy + ", config.yaml model.base_url"},
		"url of another's":       {config: "model: {provider: minimax, base_url: '" + otherProxy + "'}", flags: Flags{Provider: "anthropic"}, url: "https://api.anthropic.com, default of anthropic"},
		"url, nobody named":      {config: "model: {base_url: '" + otherProxy + "'}", env: "MINIMAX_API_KEY=" + someKey, url: "https://api.minimax.io/anthropic, default of minimax"},
		"url of the variable":    {flags: Flags{Provider: "minimax"}, env: "MINIMAX_BASE_URL=https://v.example", url: "https://v.example, MINIMAX_BASE_URL"},
		"url, china's variable":  {flags: Flags{Provider: "minimax-cn"}, env: "MINIMAX_CN_BASE_URL=https://v.example\nMINIMAX_BASE_URL=https://w.example", url: "https://v.example, MINIMAX_CN_BASE_URL"},
		"url, china's login":     {flags: Flags{Provider: "minimax-cn"}, auth: china, env: "MINIMAX_CN_BASE_URL=https://v.example\nMINIMAX_CN_API_KEY=" + someKey, url: "https://api.minimaxi.com/anthropic, default of minimax-cn", credential: "login, auth.json minimax-cn"},
		"url of an own server":   {config: labConfig + "model: {provider: lab, base_url: '" + otherProxy + "'}", url: "http://127.0.0.1:9/v1, config.yaml providers.lab"},
		"url of custom":          {config: "model: {provider: ollama, base_url: 'http://127.0.0.1:1', default: m, api_key: " + someKey + "}", provider: "ollama, config.yaml model.provider", url: "http://127.0.0.1:1/v1, config.yaml model.base_url", credential: "key, config.yaml"},
		"url of custom, none":    {flags: Flags{Provider: "custom", Model: "m"}, provider: `no address is known (default of custom)`},
		"url, no web address":    {config: "model: {provider: minimax, base_url: 'ftp://me:canary@h'}", provider: `base URL "ftp://me:****@h" (config.yaml model.base_url) is not an http or https address`},
		"url, not to be read":    {config: "model: {provider: minimax, base_url: 'https://me:canary%zz@h'}", provider: `base URL "https://me:****@h" (config.yaml model.base_url) is not an http or https address`},
		"url, with a password":   {config: "model: {provider: minimax, base_url: 'https://me:canary@h'}", provider: "base URL of h (config.yaml model.base_url) carries a user name"},
		"url, in the clear":      {config: "model: {provider: minimax, base_url: 'http://h.example'}", env: "MINIMAX_API_KEY=" + someKey, provider: `would send the credential in the clear`},
		"url, in the clear here": {config: "model: {provider: minimax, base_url: 'http://LOCALHOST:1'}", env: "MINIMAX_API_KEY=" + someKey, url: "http://LOCALHOST:1, config.yaml model.base_url"},
		"url, in the clear, v6":  {config: "model: {provider: minimax, base_url: 'http://[::1]:1'}", env: "MINIMAX_API_KEY=" + someKey, url: "http://[::1]:1, config.yaml model.base_url"},
		"url, no secret to lose": {config: "providers: {lab: {base_url: 'http://h.example', default_model: m}}", flags: Flags{Provider: "lab"}, url: "http://h.example, config.yaml providers.lab", credential: "none, lab needs none"},
	}
}

func whoseHost() map[string]decision {
	return map[string]decision{
		"url of another's host":   {config: "model: {provider: anthropic, base_url: 'https://OpenRouter.ai./api/v1'}", env: "ANTHROPIC_API_KEY=" + someKey, url: "https://api.anthropic.com, default of anthropic", notice: "openrouter.ai belongs to openrouter, and the provider is anthropic"},
		"url of another's, then":  {config: "model: {provider: minimax, base_url: 'https://api.minimaxi.com/anthropic'}", env: "MINIMAX_BASE_URL=https://v.example", url: "https://v.example, MINIMAX_BASE_URL", notice: "api.minimaxi.com belongs to minimax-"},
		"url, a region's host":    {config: "model: {provider: anthropic, base_url: 'https://bedrock-runtime.eu-west-1.amazonaws.com'}", url: "https://api.anthropic.com, default of anthropic", notice: "belongs to bedrock"},
		"url of its own hosts":    {config: "model: {provider: claude, base_url: 'https://eu.anthropic.com'}", url: "https://eu.anthropic.com, config.yaml model.base_url"},
		"url of custom, anyone's": {config: "model: {provider: custom, default: m, base_url: 'https://openrouter.ai/api', key_env: OPENROUTER_API_KEY}", env: "OPENROUTER_API_KEY=" + someKey, url: "https://openrouter.ai/api, config.yaml model.base_url", credential: "key, OPENROUTER_API_KEY"},
		"url, nobody named, told": {config: "model: {base_url: '" + otherProxy + "'}", env: "MINIMAX_API_KEY=" + someKey, notice: "no model.provider stands beside it, and the provider is minimax (MINIMAX_API_KEY is set)"},
		"url beside a row's own":  {config: labConfig + "model: {provider: lab, base_url: '" + otherProxy + "'}", notice: "the provider lab has a base_url of its own"},
		"url of custom, by flag":  {config: "model: {default: m, base_url: '" + otherProxy + "', key_env: K}", env: "K=" + someKey, flags: Flags{Provider: "vllm"}, provider: "vllm, --provider", model: "m, config.yaml model.default", url: otherProxy + ", config.yaml model.base_url", credential: "key, K"},
		"url of a row so named":   {config: "custom_providers: [{name: Custom, base_url: 'http://127.0.0.1:5', model: m}]\nmodel: {provider: custom}", provider: "custom, config.yaml model.provider", model: "m, default of custom", url: "http://127.0.0.1:5/v1, config.yaml providers.custom", credential: "none, custom needs none"},
		"url, here, alone":        {config: "model: {default: m, base_url: 'http://127.0.0.1:11434/v1'}", auth: expired, env: "ANTHROPIC_API_KEY=" + someKey + "\nHERMES_INFERENCE_PROVIDER=anthropic", provider: "custom, config.yaml model.base_url", model: "m, config.yaml model.default", url: "http://127.0.0.1:11434/v1, config.yaml model.base_url", credential: "none, custom needs none"},
		"url, here, with auto":    {config: "model: {provider: auto, default: m, base_url: 'http://gpu-box:8000'}", env: "ANTHROPIC_API_KEY=" + someKey, provider: "custom, config.yaml model.base_url"},
		"url, here, old root":     {config: "model: m\nbase_url: http://192.168.1.5:8000", env: "ANTHROPIC_API_KEY=" + someKey, provider: "custom, config.yaml model.base_url", url: "http://192.168.1.5:8000/v1, config.yaml model.base_url"},
		"url, here, and a flag":   {config: "model: {default: m, base_url: 'http://127.0.0.1:1'}", flags: Flags{Provider: "minimax"}, provider: "minimax, --provider", model: "MiniMax-M2.7, default of minimax", url: "https://api.minimax.io/anthropic, default of minimax", notice: "model.default of config.yaml, m, is not used: it is set for custom"},
		"url a login brought":     {auth: strings.Replace(expired, `"access_token"`, `"portal_base_url":"https://api.minimax.io","inference_base_url":"https://collector.example/a","access_token"`, 1), url: "https://api.minimax.io/anthropic, default of minimax-oauth", notice: "collector.example is no host of minimax-oauth"},
		"url, a login's, no port": {auth: strings.Replace(expired, `"access_token"`, `"inference_base_url":"https://collector.example/a","access_token"`, 1), url: "https://api.minimax.io/anthropic, default of minimax-oauth", notice: "collector.example"},
		"url of an own portal":    {auth: strings.Replace(expired, `"access_token"`, `"portal_base_url":"https://id.example/r","inference_base_url":"https://llm.example/a","access_token"`, 1), url: "https://llm.example/a, auth.json minimax-oauth"},
	}
}

func whoseHandoff() map[string]decision {
	return map[string]decision{
		"model 2 handed to another":   {env: "HERMES_INFERENCE_PROVIDER=minimax\nHERMES_INFERENCE_MODEL=MiniMax-M3", flags: Flags{Provider: "sandbox"}, model: "sandbox, default of sandbox"},
		"model 2 handed by its alias": {env: "HERMES_INFERENCE_PROVIDER=mini-max\nHERMES_INFERENCE_MODEL=MiniMax-M3", flags: Flags{Provider: "minimax"}, model: "MiniMax-M3, the parent's handoff"},
		"model 2 handed to nobody":    {env: "HERMES_INFERENCE_PROVIDER=nobody\nHERMES_INFERENCE_MODEL=x", flags: Flags{Provider: "sandbox"}, model: "sandbox, default of sandbox"},
	}
}

func whoseCredential() map[string]decision {
	return map[string]decision{
		"credential left over":    {config: "model: {provider: anthropic, base_url: 'https://openrouter.ai/api/v1', key_env: MINE, api_key: " + someKey + "}", env: "MINE=" + someKey, credential: "missing, "},
		"credential of a rival":   {config: "model: {provider: anthropic, key_env: OPENAI_API_KEY}", env: "OPENAI_API_KEY=" + someKey, credential: "missing, ", notice: "OPENAI_API_KEY is the key of openai-api, and the provider is anthropic"},
		"credential for gateways": {config: "model: {provider: anthropic, base_url: '" + otherProxy + "', key_env: OPENAI_API_KEY}", env: "OPENAI_API_KEY=" + someKey, credential: "key, OPENAI_API_KEY", url: otherProxy + ", config.yaml model.base_url"},
		"credential, model's own": {config: "model: {provider: anthropic, api_key: " + someKey + "}", credential: "key, config.yaml"},
		"credential of .env":      {config: "model: {provider: minimax}", credential: "missing, "},
		"credential refused":      {flags: Flags{Provider: "minimax-oauth"}, auth: quarantined, env: "MINIMAX_API_KEY=" + someKey, credential: "missing, "},
		"credential model names":  {config: "model: {provider: ollama, default: m, base_url: 'http://127.0.0.1:1', key_env: MINE, api_key: inline-key}", env: "MINE=" + someKey, credential: "key, MINE"},
		"credential it prefers":   {config: "model: {provider: minimax, api_key_env: MINE}", env: "MINE=" + someKey + "\nMINIMAX_API_KEY=" + someKey, credential: "key, MINE"},
		"credential, not set":     {config: "model: {provider: minimax, key_env: MINE}", env: "MINIMAX_API_KEY=" + someKey, credential: "key, MINIMAX_API_KEY"},
		"credential of another":   {config: "model: {provider: minimax, key_env: MINE}", flags: Flags{Provider: "anthropic"}, env: "MINE=" + someKey, credential: "missing, "},
		"credential of a login":   {config: "model: {provider: minimax-oauth, key_env: MINE}", env: "MINE=" + someKey, credential: "missing, "},
		"credential, own key":     {config: "providers: {lab: {base_url: 'http://127.0.0.1:1', default_model: m, key_env: LAB}}", flags: Flags{Provider: "lab"}, env: "LAB=" + someKey, credential: "key, LAB"},
		"credential, inline key":  {config: "providers: {lab: {base_url: 'http://127.0.0.1:1', default_model: m, key_env: LAB, api_key: " + someKey + "}}", flags: Flags{Provider: "lab"}, credential: "key, config.yaml"},
	}
}

func said(s Setting) string { return s.Value + ", " + s.Source }

// TestGatewayAsksWithoutARequest: what a parent that outlives one request decides is config.yaml's, then its own parent's.
func TestGatewayAsksWithoutARequest(t *testing.T) {
	t.Parallel()
	none := func(string) string { return "" }
	q := Query{Config: &config.Config{Model: config.Model{Provider: "sandbox"}}, Handoff: Handoff{Provider: "minimax"}, Secret: none, Env: none}
	if c, err := Resolve(q); err != nil || said(c.Provider) != "sandbox, config.yaml model.provider" {
		t.Errorf("%+v, %v", c.Provider, err)
	}
	q.Config.Model.Provider = ""
	if c, err := Resolve(q); err != nil || said(c.Provider) != "minimax, the parent's handoff" {
		t.Errorf("%+v, %v", c.Provider, err)
	}
}

// TestReady: a run that lacks its credential says which, by the class that its exit code comes from.
func TestReady(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ provider, auth, class, says string }{
		"no login":      {"minimax-oauth", "", "not_logged_in", "not logged in to minimax-oauth"},
		"refused login": {"minimax-oauth", quarantined, "reauth_required", "re-authentication required for minimax-oauth: refresh_failed"},
		"no key":        {"anthropic", "", "not_logged_in", "anthropic needs an API key and ANTHROPIC_API_KEY is not set"},
		"neither":       {"minimax-cn", "", "not_logged_in", "not logged in to minimax-cn"},
		"none needed":   {"sandbox", "", "", ""},
		"a login":       {"minimax-oauth", expired, "", ""},
		"no key, named": {"", "", "not_logged_in", "minimax needs an API key and MINE is not set"},
	} {
		files := map[string]string{"config.yaml": "model: {provider: minimax, key_env: MINE}\n"}
		if tc.auth != "" {
			files["auth.json"] = tc.auth
		}
		c, err := at(t, files, nil).Resolve(Flags{Provider: tc.provider})
		if err != nil {
			t.Fatal(err)
		}
		err = c.Ready()
		e, _ := errors.AsType[*Error](err)
		if (err == nil) != (tc.class == "") || err != nil && (e.Class() != tc.class || err.Error() != tc.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestModelOfTheRow: what config.yaml says of the model beats what is built in, for that model alone.
func TestModelOfTheRow(t *testing.T) {
	t.Parallel()
	s := at(t, map[string]string{"config.yaml": "model: {provider: minimax, default: MiniMax-M3, context_length: 5, max_tokens: 6}\nprices: {MiniMax-M3: {input: '9'}, new: {input: '1'}}\n"}, nil)
	for model, want := range map[string]rows.Model{
		"MiniMax-M3":   {ID: "MiniMax-M3", Context: 5, MaxOutput: 6, Images: true, Thinking: rows.ThinkAdaptive, Price: config.Price{Input: "9"}, LongPrice: config.Price{Input: "0.60", Output: "2.40", CacheRead: "0.12"}},
		"MiniMax-M2.1": {ID: "MiniMax-M2.1", Context: 204_800, MaxOutput: 131_072, Thinking: rows.ThinkBudget, Price: config.Price{Input: "0.30", Output: "1.20", CacheRead: "0.03", CacheWrite: "0.375"}},
		"new":          {ID: "new", Context: 204_800, MaxOutput: 131_072, Images: true, PDF: true, Thinking: rows.ThinkBudget, Price: config.Price{Input: "1"}},
	} {
		if c, err := s.Resolve(Flags{Model: model}); err != nil || c.Info != want {
			t.Errorf("%s: %+v, %v", model, c.Info, err)
		}
	}
}
