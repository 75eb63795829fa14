package rows

import "hermes/provider/config"

var openRouter = Row{
	ID: "openrouter", Name: "OpenRouter", Aliases: []string{"or", "open-router"}, Wire: Chat, Auth: keyed("OPENROUTER_API_KEY"),
	Base:         Base{"https://openrouter.ai/api/v1", env("OPENROUTER_BASE_URL"), hosts("openrouter.ai", "*.openrouter.ai")},
	Quirks:       Quirks{Reasoning: "object", Schema: "json_schema", PDF: true},
	DefaultModel: "z-ai/glm-5.2",
	Models:       []Model{{ID: "z-ai/glm-5.2", Context: 1_048_576, PDF: true, Price: usd("0.93", "3", "0.18", "")}},
}

var openAI = Row{
	ID: "openai-api", Name: "OpenAI API", Aliases: []string{"openai"}, Wire: Responses, Auth: keyed("OPENAI_API_KEY"),
	Base:         Base{"https://api.openai.com/v1", env("OPENAI_BASE_URL"), hosts("api.openai.com", "*.api.openai.com")},
	Quirks:       Quirks{NoObfuscation: true, CompletionTokens: true, Schema: "json_schema", PDF: true, Batch: Batch{50_000, 200_000_000, true}},
	DefaultModel: "gpt-5.6-sol", ModelsDev: "openai", Models: openAIModels,
}

var lmStudio = Row{
	ID: "lmstudio", Name: "LM Studio", Aliases: []string{"lm-studio", "lm_studio"}, Wire: Chat, Auth: open("LM_API_KEY"), ByName: true, AsksModel: true,
	Base:   Base{URL: "http://127.0.0.1:1234/v1", Env: env("LM_BASE_URL")},
	Quirks: Quirks{Reasoning: "no_control", Schema: "json_schema"},
}

var google = Row{
	ID: "gemini", Name: "Google AI Studio", Aliases: []string{"google", "google-gemini", "google-ai-studio"}, Wire: Gemini,
	Auth: keyed("GOOGLE_API_KEY", "GEMINI_API_KEY"), DefaultModel: "gemini-3.1-pro-preview", Quirks: Quirks{PDF: true}, ModelsDev: "google", Models: geminiModels,
	Base: https("generativelanguage.googleapis.com", "/v1beta", "GEMINI_BASE_URL"),
}

var zai = Row{
	ID: "zai", Name: "Z.AI / GLM", Aliases: []string{"glm", "z-ai", "z.ai", "zhipu"}, Wire: Chat, Auth: keyed("GLM_API_KEY", "ZAI_API_KEY", "Z_AI_API_KEY"),
	Base:   Base{"https://api.z.ai/api/paas/v4", env("GLM_BASE_URL"), hosts("api.z.ai", "open.bigmodel.cn")},
	Quirks: Quirks{Reasoning: "thinking", Schema: "json_object"}, DefaultModel: "glm-5.2",
	Models: []Model{{ID: "glm-5.2", Context: 1_000_000, Price: usd("1.40", "4.40", "0.26", "0")}},
}

// kimi: a key of the coding plan is for another host, which speaks the Messages API.
var kimi = Row{
	ID: "kimi-coding", Name: "Kimi / Moonshot", Aliases: []string{"kimi", "kimi-for-coding", "moonshot"}, Wire: Chat,
	Auth:     keyed("KIMI_API_KEY", "KIMI_CODING_API_KEY", "MOONSHOT_API_KEY"),
	Base:     Base{"https://api.moonshot.ai/v1", env("KIMI_BASE_URL"), hosts("api.moonshot.ai", "api.kimi.com")},
	KeyBases: []KeyBase{{Prefix: "sk-kimi-", URL: "https://api.kimi.com/coding", Wire: Messages}},
	Quirks:   kimiQuirks, DefaultModel: "kimi-k3", ModelsDev: "moonshotai", Models: kimiModels, MaxTokens: 32_000,
}

var kimiChina = Row{
	ID: "kimi-coding-cn", Name: "Kimi / Moonshot (China)", Aliases: []string{"kimi-cn", "moonshot-cn"}, Wire: Chat, Auth: keyed("KIMI_CN_API_KEY"),
	Base: https("api.moonshot.cn", "/v1"), Quirks: kimiQuirks, DefaultModel: "kimi-k3", ModelsDev: "moonshotai", Models: kimiModels, MaxTokens: 32_000,
}

var anthropic = Row{
	ID: "anthropic", Name: "Anthropic", Aliases: []string{"claude", "claude-code", "claude-oauth"}, Wire: Messages, Auth: keyed("ANTHROPIC_API_KEY"),
	Base:   Base{"https://api.anthropic.com", env("ANTHROPIC_BASE_URL"), hosts("api.anthropic.com", "*.anthropic.com", "*.claude.com")},
	Quirks: Quirks{KeyHeader: XAPIKey, CacheMarks: true, Batch: Batch{100_000, 256_000_000, true}}, DefaultModel: "claude-sonnet-5", MaxTokens: 16_384, Context: 1_000_000,
	Models: claudeModels,
	NotKeys: []NotKey{
		{Prefix: "sk-ant-oat", Why: claudeToken},
		{Env: "CLAUDE_CODE_OAUTH_TOKEN", Why: claudeToken},
		{Env: "ANTHROPIC_TOKEN", Why: claudeToken},
	},
}

const claudeToken = "the token of a Claude subscription is for Claude Code alone; an API key of the Anthropic console works"

// Quirks of servers that several rows lead to.
var (
	kimiQuirks = Quirks{Reasoning: "thinking", Schema: "json_object", NoSampling: true}
	qwenQuirks = Quirks{Reasoning: "budget", Schema: "json_object"}
	grokQuirks = Quirks{CompletionTokens: true, NoStop: true, Schema: "json_schema", PlainSchemas: true}
)

// sandbox answers inside of this process.
var sandbox = Row{
	ID: "sandbox", Name: "Sandbox (offline)", Wire: Messages, Auth: []Auth{{Kind: None}}, Serve: InProcess,
	DefaultModel: "sandbox", AuxModel: "sandbox-mini", MaxTokens: 131_072, Context: 1_000_000,
	Models: []Model{pretended("sandbox", true, true), pretended("sandbox-mini", false, false), pretended("sandbox-vision", true, false)},
}

// pretended is a model of the sandbox.
func pretended(id string, images, pdf bool) Model {
	return Model{
		ID: id, Context: 1_000_000, MaxOutput: 131_072, Images: images, PDF: pdf, Thinking: ThinkBudget,
		Price: config.Price{Input: "0", Output: "0", CacheRead: "0", CacheWrite: "0"},
	}
}
