package rows

import (
	"hermes/authfile"
	"hermes/provider/oauth"
)

// The rows that a login alone opens, beside MiniMax's. Source: logins §1 to §4.
var (
	nous = Row{
		ID: "nous", Name: "Nous Portal", Aliases: []string{"nous-portal", "nousresearch"}, Wire: Chat, AsksModel: true,
		Base: Base{
			URL:   "https://inference-api.nousresearch.com/v1",
			Hosts: []string{"inference-api.nousresearch.com", "welcome-api.nousresearch.com", "portal.nousresearch.com"},
		},
		Auth:      []Auth{{Kind: Device, Issuer: oauth.Nous(), Layout: authfile.Keyed}},
		Wires:     []ModelWire{{"anthropic/", Messages}},
		Quirks:    Quirks{Reasoning: "object"},
		Forbidden: "the login is good: this account may not ask for that; see its plan and credits at portal.nousresearch.com",
	}
	codex = Row{
		ID: "openai-codex", Name: "OpenAI Codex (ChatGPT subscription)", Aliases: []string{"codex", "openai_codex"}, Wire: Responses,
		Base: Base{URL: "https://chatgpt.com/backend-api/codex", Hosts: []string{"chatgpt.com", "auth.openai.com"}},
		Auth: []Auth{{Kind: Device, Issuer: oauth.Codex(), Layout: authfile.Row}},
		Sent: []Header{
			{Name: "ChatGPT-Account-ID", Claim: []string{"https://api.openai.com/auth", "chatgpt_account_id"}},
			{Name: "Originator", Value: "hermes"},
		},
		Quirks:       Quirks{NoLimit: true, NoSampling: true, Instructions: "Answer the user."},
		DefaultModel: "gpt-5.6-sol", ModelsDev: "openai", Models: openAIModels,
		Forbidden: "the login is good: either its plan does not cover this, or the server refuses programs other than OpenAI's own; hermes says who it is. " +
			"An API key works: --provider openai-api",
	}
	grokLogin = Row{
		ID: "xai-oauth", Name: "xAI Grok (OAuth)", Aliases: []string{"grok-oauth", "x-ai-oauth", "xai-grok-oauth"}, Wire: Responses,
		Base:         Base{URL: "https://api.x.ai/v1", Hosts: []string{"api.x.ai", "x.ai", "*.x.ai"}},
		Auth:         []Auth{{Kind: Device, Issuer: oauth.XAI(), Layout: authfile.Row}},
		Quirks:       grokQuirks,
		DefaultModel: "grok-4.6", ModelsDev: "xai", Models: grokModels,
		Forbidden: "the login is good: its subscription does not cover this; see x.ai, or use an API key: --provider xai",
	}
	qwenLogin = Row{
		ID: "qwen-oauth", Name: "Qwen (OAuth of Qwen Code)", Aliases: []string{"qwen", "qwen-portal", "qwen-cli"}, Wire: Chat,
		Base:         Base{URL: "https://portal.qwen.ai/v1", Hosts: []string{"portal.qwen.ai", "chat.qwen.ai"}},
		Auth:         []Auth{{Kind: Device, Issuer: oauth.Qwen(), Layout: authfile.Alone, File: ".qwen/oauth_creds.json"}},
		Quirks:       qwenQuirks,
		DefaultModel: "qwen3-coder-plus", MaxTokens: 65_536,
	}
)
