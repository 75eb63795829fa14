package rows

// clouds are the registry's rows after Anthropic.
func clouds() []Row {
	qwen := Quirks{Reasoning: "budget", Schema: "json_object"}
	return []Row{
		simple("alibaba", "Qwen Cloud", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "DASHSCOPE", "qwen3.7-max",
			"dashscope", "alibaba-cloud", "qwen-dashscope", "aliyun").with(qwen).
			knows(Model{Context: 1_000_000, Price: usd("2.50", "7.50", "0.50", "3.125")}),
		simple("alibaba-coding-plan", "Alibaba Cloud (Coding Plan)", "https://coding-intl.dashscope.aliyuncs.com/v1", "ALIBABA_CODING_PLAN", "qwen3.7-plus",
			"alibaba_coding", "alibaba-coding", "alibaba_coding_plan", "dashscope-coding").with(qwen).key("ALIBABA_CODING_PLAN_API_KEY", "DASHSCOPE_API_KEY"),
		minimaxChina(),
		simple("deepseek", "DeepSeek", "https://api.deepseek.com/v1", "DEEPSEEK", "deepseek-v4-pro", "deepseek-chat").
			with(Quirks{Reasoning: "deepseek", Schema: "json_object"}).knows(Model{Context: 1_000_000, Price: usd("0.435", "0.87", "0.003625", "")}),
		simple("xai", "xAI", "https://api.x.ai/v1", "XAI", "grok-4.6", "grok", "x-ai", "x.ai").over(Responses).at("x.ai", "*.x.ai").
			with(Quirks{CompletionTokens: true, NoStop: true, Schema: "json_schema", PlainSchemas: true}).knows(grok()),
		simple("nvidia", "NVIDIA NIM", "https://integrate.api.nvidia.com/v1", "NVIDIA", "nvidia/nemotron-3-ultra-550b-a55b", "nvidia-nim").
			with(Quirks{Reasoning: "template"}).limit(16_384),
		simple("ai-gateway", "Vercel AI Gateway", "https://ai-gateway.vercel.sh/v1", "AI_GATEWAY", "moonshotai/kimi-k2.6",
			"vercel", "vercel-ai-gateway", "ai_gateway", "aigateway").dev("vercel").with(Quirks{Reasoning: "object", Schema: "json_schema", PDF: true}),
		simple("opencode-zen", "OpenCode Zen", "https://opencode.ai/zen/v1", "OPENCODE_ZEN", "kimi-k2.5", "opencode", "opencode_zen", "zen").dev("opencode").
			models(openCode("claude-")...),
		simple("opencode-go", "OpenCode Go", "https://opencode.ai/zen/go/v1", "OPENCODE_GO", "kimi-k3", "go", "opencode_go", "opencode-go-sub").
			models(openCode("minimax-")...),
		{
			ID: "opencode-free", Name: "OpenCode Free", Aliases: []string{"free", "opencode_free"}, Wire: Chat, Auth: []Auth{{Kind: None}},
			Base: Base{URL: "https://opencode.ai/zen/v1", Hosts: []string{"opencode.ai"}}, AsksModel: true, ModelsDev: "opencode",
		},
		simple("kilocode", "Kilo Code", "https://api.kilo.ai/api/gateway", "KILOCODE", "anthropic/claude-opus-4.6", "kilo", "kilo-code", "kilo-gateway").dev("kilo"),
		simple("huggingface", "Hugging Face", "https://router.huggingface.co/v1", "HF", "moonshotai/Kimi-K2.5", "hf", "hugging-face", "huggingface-hub").
			key("HF_TOKEN"),
		simple("xiaomi", "Xiaomi MiMo", "https://api.xiaomimimo.com/v1", "XIAOMI", "mimo-v2.5-pro", "mimo", "xiaomi-mimo"),
		simple("tencent-tokenhub", "Tencent TokenHub", "https://tokenhub.tencentmaas.com/v1", "TOKENHUB", "hy3-preview",
			"tencent", "tokenhub", "tencent-cloud", "tencentmaas"),
		simple("tencent-tokenplan", "Tencent TokenPlan", "https://api.lkeap.cloud.tencent.com/plan/anthropic", "TOKENPLAN", "hy3", "tokenplan", "tencent-lkeap").
			over(Messages).with(Quirks{KeyHeader: XAPIKey}),
		simple("ollama-cloud", "Ollama Cloud", "https://ollama.com/v1", "OLLAMA", "", "ollama_cloud"),
		{
			ID: "azure-foundry", Name: "Azure Foundry", Aliases: []string{"azure", "azure-ai", "azure-ai-foundry"}, ModelsDev: "azure", Auth: keyed("AZURE_FOUNDRY_API_KEY"),
			Base:   Base{Env: []string{"AZURE_FOUNDRY_BASE_URL"}, Hosts: []string{"*.openai.azure.com", "*.services.ai.azure.com"}},
			Quirks: Quirks{KeyHeader: APIKey, CompletionTokens: true, Schema: "json_schema", PDF: true, Batch: Batch{100_000, 200_000_000, true}},
		},
	}
}

// openCode are the wires of OpenCode's models; the rest is asked over Chat Completions.
func openCode(first string) []ModelWire {
	return []ModelWire{
		{first, Messages},
		{"qwen", Messages},
		{"union-alpha", Messages},
		{"gpt-", Responses},
		{"grok-", Responses},
		{"muse-spark", Responses},
	}
}

// plugins are the rows that Hermes Agent's plugins add.
func plugins() []Row {
	qwen := Quirks{Reasoning: "budget", Schema: "json_object"}
	return []Row{
		simple("commandcode", "CommandCode", "https://api.commandcode.ai/provider/v1", "COMMANDCODE", "", "commandcode-chat"),
		simple("commandcode-anthropic", "CommandCode (Anthropic)", "https://api.commandcode.ai/provider/v1", "COMMANDCODE", "", "commandcode-claude").
			base("COMMANDCODE_ANTHROPIC_BASE_URL").over(Messages).with(Quirks{KeyHeader: XAPIKey}),
		simple("deepinfra", "DeepInfra", "https://api.deepinfra.com/v1/openai", "DEEPINFRA", "", "deep-infra", "deepinfra-ai"),
		simple("fireworks", "Fireworks AI", "https://api.fireworks.ai/inference/v1", "FIREWORKS", "", "fireworks-ai", "fw").dev("fireworks-ai").
			base().with(Quirks{Schema: "json_schema"}),
		simple("novita", "NovitaAI", "https://api.novita.ai/openai/v1", "NOVITA", "", "novita-ai", "novitaai").dev("novita-ai"),
		simple("upstage", "Upstage Solar", "https://api.upstage.ai/v1", "UPSTAGE", "", "solar"),
		simple("router", "Ramp Router", "https://api.router.com/v1", "RAMP_ROUTER", "", "ramp-router", "ramp", "router.com").
			over(Responses).key("RAMP_ROUTER_API_KEY", "ROUTER_API_KEY"),
		simple("nebius-token-factory", "Nebius Token Factory", "https://api.tokenfactory.nebius.com/v1", "NEBIUS", "",
			"nebius", "nebius-tf", "nebius-tokenfactory", "token-factory", "tokenfactory").key("NEBIUS_API_KEY", "NEBIUS_TOKEN_FACTORY_API_KEY").dev("nebius"),
		simple("alibaba-cn", "Alibaba Cloud DashScope (China)", "https://dashscope.aliyuncs.com/compatible-mode/v1", "DASHSCOPE", "",
			"dashscope-cn", "alibaba-cloud-cn").base("DASHSCOPE_CN_BASE_URL").with(qwen),
		simple("alibaba-token-plan", "Alibaba Cloud (Token Plan)", "https://token-plan.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1", "ALIBABA_TOKEN_PLAN", "",
			"dashscope-token-plan").with(qwen),
		simple("alibaba-token-plan-cn", "Alibaba Cloud (Token Plan, China)", "https://token-plan.cn-beijing.maas.aliyuncs.com/compatible-mode/v1", "ALIBABA_TOKEN_PLAN_CN", "",
			"dashscope-token-plan-cn").with(qwen).key("ALIBABA_TOKEN_PLAN_CN_API_KEY", "ALIBABA_TOKEN_PLAN_API_KEY"),
		simple("meta-ai", "Meta Model API", "https://api.meta.ai/v1", "META", "", "meta", "muse", "muse-spark", "model-api", "msl").
			over(Responses).dev("meta").key("MODEL_API_KEY", "META_API_KEY", "META_MODEL_API_KEY"),
	}
}

// others are well-known servers that Hermes Agent leaves to providers: of config.yaml, which still may name them.
func others() []Row {
	return []Row{
		simple("groq", "Groq", "https://api.groq.com/openai/v1", "GROQ", "").with(Quirks{Schema: "json_schema", Batch: Batch{50_000, 200_000_000, true}}).yields(),
		simple("mistral", "Mistral", "https://api.mistral.ai/v1", "MISTRAL", "", "mistralai").
			with(Quirks{Reasoning: "on_off", Schema: "json_schema", NoUsageOption: true}).yields(),
		simple("together", "Together AI", "https://api.together.xyz/v1", "TOGETHER", "", "togetherai").at("api.together.ai").dev("togetherai").
			with(Quirks{Reasoning: "enabled"}).yields(),
		simple("perplexity", "Perplexity", "https://api.perplexity.ai", "PERPLEXITY", "", "pplx").with(Quirks{NoUsageOption: true}).yields(),
		simple("cerebras", "Cerebras", "https://api.cerebras.ai/v1", "CEREBRAS", "").with(Quirks{Schema: "json_schema"}).yields(),
		simple("cohere", "Cohere", "https://api.cohere.ai/compatibility/v1", "COHERE", "").at("api.cohere.com").
			key("COHERE_API_KEY", "CO_API_KEY").with(Quirks{Reasoning: "on_off"}).yields(),
		gitHubModels(),
	}
}

// gitHubModels is never chosen by itself: its variable is set in every workflow.
func gitHubModels() Row {
	r := simple("github-models", "GitHub Models", "https://models.github.ai/inference", "GITHUB_MODELS", "").base().key("GITHUB_TOKEN", "GH_TOKEN").yields()
	r.ByName = true
	return r
}

// local are servers on this machine, at the ports that they take by themselves, and a server of one's own anywhere.
func local() []Row {
	here := func(id, name, port string, q Quirks, aliases ...string) Row {
		return Row{
			ID: id, Name: name, Aliases: aliases, Wire: Chat, Auth: open(), Quirks: q, Yields: true, AsksModel: true, Own: true,
			Base: Base{URL: "http://127.0.0.1:" + port + "/v1"},
		}
	}
	return []Row{
		here("ollama", "Ollama", "11434", Quirks{Schema: "json_schema"}),
		here("llamacpp", "llama-server (llama.cpp)", "8080", Quirks{Reasoning: "template", Schema: "json_schema"}, "llama.cpp", "llama-cpp", "llama-server"),
		here("vllm", "vLLM", "8000", Quirks{Reasoning: "template", Schema: "json_schema"}),
		{ID: Custom, Name: "Custom endpoint", Aliases: []string{"local"}, Auth: open(), Own: true},
	}
}
