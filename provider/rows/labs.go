package rows

// labs are the registry's first rows, with those of MiniMax and Anthropic.
func labs() []Row {
	return []Row{
		{
			ID: "openrouter", Name: "OpenRouter", Aliases: []string{"or", "open-router"}, Wire: Chat, Auth: keyed("OPENROUTER_API_KEY"),
			Base:         Base{URL: "https://openrouter.ai/api/v1", Env: []string{"OPENROUTER_BASE_URL"}, Hosts: []string{"openrouter.ai", "*.openrouter.ai"}},
			Quirks:       Quirks{Reasoning: "object", Schema: "json_schema", PDF: true},
			DefaultModel: "z-ai/glm-5.2",
			Models:       []Model{{ID: "z-ai/glm-5.2", Context: 1_048_576, PDF: true, Price: usd("0.93", "3", "0.18", "")}},
		},
		{
			ID: "openai-api", Name: "OpenAI API", Aliases: []string{"openai"}, Wire: Responses, Auth: keyed("OPENAI_API_KEY"),
			Base:         Base{URL: "https://api.openai.com/v1", Env: []string{"OPENAI_BASE_URL"}, Hosts: []string{"api.openai.com", "*.api.openai.com"}},
			Quirks:       Quirks{NoObfuscation: true, CompletionTokens: true, Schema: "json_schema", PDF: true, Batch: Batch{50_000, 200_000_000, true}},
			DefaultModel: "gpt-5.6-sol", ModelsDev: "openai", Models: openAIModels(),
		},
		{
			ID: "lmstudio", Name: "LM Studio", Aliases: []string{"lm-studio", "lm_studio"}, Wire: Chat, Auth: open("LM_API_KEY"), ByName: true, AsksModel: true,
			Base:   Base{URL: "http://127.0.0.1:1234/v1", Env: []string{"LM_BASE_URL"}},
			Quirks: Quirks{Reasoning: "no_control", Schema: "json_schema"},
		},
		{
			ID: "gemini", Name: "Google AI Studio", Aliases: []string{"google", "google-gemini", "google-ai-studio"}, Wire: Gemini,
			Auth: keyed("GOOGLE_API_KEY", "GEMINI_API_KEY"), DefaultModel: "gemini-3.1-pro-preview", Quirks: Quirks{PDF: true}, ModelsDev: "google", Models: geminiModels(),
			Base: Base{URL: "https://generativelanguage.googleapis.com/v1beta", Env: []string{"GEMINI_BASE_URL"}, Hosts: []string{"generativelanguage.googleapis.com"}},
		},
		{
			ID: "zai", Name: "Z.AI / GLM", Aliases: []string{"glm", "z-ai", "z.ai", "zhipu"}, Wire: Chat, Auth: keyed("GLM_API_KEY", "ZAI_API_KEY", "Z_AI_API_KEY"),
			Base:   Base{URL: "https://api.z.ai/api/paas/v4", Env: []string{"GLM_BASE_URL"}, Hosts: []string{"api.z.ai", "open.bigmodel.cn"}},
			Quirks: Quirks{Reasoning: "thinking", Schema: "json_object"}, DefaultModel: "glm-5.2",
			Models: []Model{{ID: "glm-5.2", Context: 1_000_000, Price: usd("1.40", "4.40", "0.26", "0")}},
		},
		kimi("kimi-coding", "Kimi / Moonshot", Base{URL: "https://api.moonshot.ai/v1", Env: []string{"KIMI_BASE_URL"}, Hosts: []string{"api.moonshot.ai", "api.kimi.com"}},
			[]string{"kimi", "kimi-for-coding", "moonshot"}, "KIMI_API_KEY", "KIMI_CODING_API_KEY", "MOONSHOT_API_KEY"),
		kimi("kimi-coding-cn", "Kimi / Moonshot (China)", Base{URL: "https://api.moonshot.cn/v1", Hosts: []string{"api.moonshot.cn"}},
			[]string{"kimi-cn", "moonshot-cn"}, "KIMI_CN_API_KEY"),
		simple("stepfun", "StepFun Step Plan", "https://api.stepfun.ai/step_plan/v1", "STEPFUN", "step-3.5-flash", "step", "stepfun-coding-plan").at("api.stepfun.com"),
		simple("arcee", "Arcee AI", "https://api.arcee.ai/api/v1", "ARCEE", "trinity-large-thinking", "arcee-ai", "arceeai").key("ARCEEAI_API_KEY"),
		simple("gmi", "GMI Cloud", "https://api.gmi-serving.com/v1", "GMI", "zai-org/GLM-5.1-FP8", "gmi-cloud", "gmicloud").dev("gmicloud"),
		simple("actual", "Actual Computer", "https://api.actual.inc/v1", "ACTUAL", "", "actual-computer", "actualcomputer", "aci").over(Responses),
		minimaxKey(),
		minimaxOAuth(),
		anthropic(),
	}
}

func anthropic() Row {
	return Row{
		ID: "anthropic", Name: "Anthropic", Aliases: []string{"claude", "claude-code", "claude-oauth"}, Wire: Messages, Auth: keyed("ANTHROPIC_API_KEY"),
		Base:   Base{URL: "https://api.anthropic.com", Env: []string{"ANTHROPIC_BASE_URL"}, Hosts: []string{"api.anthropic.com", "*.anthropic.com", "*.claude.com"}},
		Quirks: Quirks{KeyHeader: XAPIKey, CacheMarks: true, Batch: Batch{100_000, 256_000_000, true}}, DefaultModel: "claude-sonnet-5", MaxTokens: 16_384, Context: 1_000_000,
		Models: claudeModels(),
		NotKeys: []NotKey{
			{Prefix: "sk-ant-oat", Why: claudeToken},
			{Env: "CLAUDE_CODE_OAUTH_TOKEN", Why: claudeToken},
			{Env: "ANTHROPIC_TOKEN", Why: claudeToken},
		},
	}
}

const claudeToken = "the token of a Claude subscription is for Claude Code alone; an API key of the Anthropic console works"

// kimi is a row of Moonshot. A key of the coding plan is for another host, which speaks the Messages API.
func kimi(id, name string, base Base, aliases []string, env ...string) Row {
	r := Row{
		ID: id, Name: name, Aliases: aliases, Wire: Chat, Auth: keyed(env...), Base: base, DefaultModel: "kimi-k3", MaxTokens: 32_000,
		Quirks: Quirks{Reasoning: "thinking", Schema: "json_object", NoSampling: true}, ModelsDev: "moonshotai",
	}
	r = r.knows(Model{Context: 1_048_576, Images: true, MaxOutput: 32_000, Price: usd("3", "15", "0.30", "")})
	if owned := base.Hosts; len(owned) > 1 {
		r.KeyBases = []KeyBase{{Prefix: "sk-kimi-", URL: "https://api.kimi.com/coding", Wire: Messages}}
	}
	return r
}
