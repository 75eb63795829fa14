package rows

// all is what [All] returns, laid out by the compiler, so that a start builds nothing: a row is a literal or one call.
var all = [...]*Row{
	// The registry's first rows.
	&openRouter, &openAI, &lmStudio, &google, &zai, &kimi, &kimiChina,
	{
		ID: "stepfun", Name: "StepFun Step Plan", Aliases: []string{"step", "stepfun-coding-plan"}, Wire: Chat, Auth: keyed("STEPFUN_API_KEY"),
		Base: Base{"https://api.stepfun.ai/step_plan/v1", env("STEPFUN_BASE_URL"), hosts("api.stepfun.ai", "api.stepfun.com")}, DefaultModel: "step-3.5-flash",
	},
	simple("arcee", "Arcee AI", "api.arcee.ai", "/api/v1", "ARCEE_BASE_URL", "ARCEEAI_API_KEY", "trinity-large-thinking", "arcee-ai", "arceeai"),
	{
		ID: "gmi", Name: "GMI Cloud", Aliases: []string{"gmi-cloud", "gmicloud"}, Wire: Chat, Auth: keyed("GMI_API_KEY"),
		Base: https("api.gmi-serving.com", "/v1", "GMI_BASE_URL"), DefaultModel: "zai-org/GLM-5.1-FP8", ModelsDev: "gmicloud",
	},
	{
		ID: "actual", Name: "Actual Computer", Aliases: []string{"actual-computer", "actualcomputer", "aci"}, Wire: Responses, Auth: keyed("ACTUAL_API_KEY"),
		Base: https("api.actual.inc", "/v1", "ACTUAL_BASE_URL"),
	},
	&miniMax, &miniMaxLogin, &anthropic,

	&nous, &codex, &grokLogin, &qwenLogin,

	// The registry's rows after Anthropic.
	{
		ID: "alibaba", Name: "Qwen Cloud", Aliases: []string{"dashscope", "alibaba-cloud", "qwen-dashscope", "aliyun"}, Wire: Chat, Auth: keyed("DASHSCOPE_API_KEY"),
		Base: https("dashscope-intl.aliyuncs.com", "/compatible-mode/v1", "DASHSCOPE_BASE_URL"), Quirks: qwenQuirks,
		DefaultModel: "qwen3.7-max", Models: []Model{{ID: "qwen3.7-max", Context: 1_000_000, Price: usd("2.50", "7.50", "0.50", "3.125")}},
	},
	{
		ID: "alibaba-coding-plan", Name: "Alibaba Cloud (Coding Plan)", Aliases: []string{"alibaba_coding", "alibaba-coding", "alibaba_coding_plan", "dashscope-coding"},
		Wire: Chat, Auth: keyed("ALIBABA_CODING_PLAN_API_KEY", "DASHSCOPE_API_KEY"), Quirks: qwenQuirks, DefaultModel: "qwen3.7-plus",
		Base: https("coding-intl.dashscope.aliyuncs.com", "/v1", "ALIBABA_CODING_PLAN_BASE_URL"),
	},
	&miniMaxChina,
	{
		ID: "deepseek", Name: "DeepSeek", Aliases: []string{"deepseek-chat"}, Wire: Chat, Auth: keyed("DEEPSEEK_API_KEY"),
		Base: https("api.deepseek.com", "/v1", "DEEPSEEK_BASE_URL"), Quirks: Quirks{Reasoning: "deepseek", Schema: "json_object"},
		DefaultModel: "deepseek-v4-pro", Models: []Model{{ID: "deepseek-v4-pro", Context: 1_000_000, Price: usd("0.435", "0.87", "0.003625", "")}},
	},
	{
		ID: "xai", Name: "xAI", Aliases: []string{"grok", "x-ai", "x.ai"}, Wire: Responses, Auth: keyed("XAI_API_KEY"), Quirks: grokQuirks,
		Base: Base{"https://api.x.ai/v1", env("XAI_BASE_URL"), hosts("api.x.ai", "x.ai", "*.x.ai")}, DefaultModel: "grok-4.6", Models: grokModels,
	},
	{
		ID: "nvidia", Name: "NVIDIA NIM", Aliases: []string{"nvidia-nim"}, Wire: Chat, Auth: keyed("NVIDIA_API_KEY"), Quirks: Quirks{Reasoning: "template"},
		Base: https("integrate.api.nvidia.com", "/v1", "NVIDIA_BASE_URL"), DefaultModel: "nvidia/nemotron-3-ultra-550b-a55b", MaxTokens: 16_384,
	},
	{
		ID: "ai-gateway", Name: "Vercel AI Gateway", Aliases: []string{"vercel", "vercel-ai-gateway", "ai_gateway", "aigateway"}, Wire: Chat,
		Auth: keyed("AI_GATEWAY_API_KEY"), Base: https("ai-gateway.vercel.sh", "/v1", "AI_GATEWAY_BASE_URL"), DefaultModel: "moonshotai/kimi-k2.6",
		ModelsDev: "vercel", Quirks: Quirks{Reasoning: "object", Schema: "json_schema", PDF: true},
	},
	{
		ID: "opencode-zen", Name: "OpenCode Zen", Aliases: []string{"opencode", "opencode_zen", "zen"}, Wire: Chat, Auth: keyed("OPENCODE_ZEN_API_KEY"),
		Base: https("opencode.ai", "/zen/v1", "OPENCODE_ZEN_BASE_URL"), DefaultModel: "kimi-k2.5", ModelsDev: "opencode", Wires: openCode("claude-"),
	},
	{
		ID: "opencode-go", Name: "OpenCode Go", Aliases: []string{"go", "opencode_go", "opencode-go-sub"}, Wire: Chat, Auth: keyed("OPENCODE_GO_API_KEY"),
		Base: https("opencode.ai", "/zen/go/v1", "OPENCODE_GO_BASE_URL"), DefaultModel: "kimi-k3", Wires: openCode("minimax-"),
	},
	{
		ID: "opencode-free", Name: "OpenCode Free", Aliases: []string{"free", "opencode_free"}, Wire: Chat, Auth: []Auth{{Kind: None}},
		Base: https("opencode.ai", "/zen/v1"), AsksModel: true, ModelsDev: "opencode",
	},
	{
		ID: "kilocode", Name: "Kilo Code", Aliases: []string{"kilo", "kilo-code", "kilo-gateway"}, Wire: Chat, Auth: keyed("KILOCODE_API_KEY"),
		Base: https("api.kilo.ai", "/api/gateway", "KILOCODE_BASE_URL"), DefaultModel: "anthropic/claude-opus-4.6", ModelsDev: "kilo",
	},
	simple("huggingface", "Hugging Face", "router.huggingface.co", "/v1", "HF_BASE_URL", "HF_TOKEN", "moonshotai/Kimi-K2.5", "hf", "hugging-face", "huggingface-hub"),
	simple("xiaomi", "Xiaomi MiMo", "api.xiaomimimo.com", "/v1", "XIAOMI_BASE_URL", "XIAOMI_API_KEY", "mimo-v2.5-pro", "mimo", "xiaomi-mimo"),
	simple("tencent-tokenhub", "Tencent TokenHub", "tokenhub.tencentmaas.com", "/v1", "TOKENHUB_BASE_URL", "TOKENHUB_API_KEY", "hy3-preview",
		"tencent", "tokenhub", "tencent-cloud", "tencentmaas"),
	{
		ID: "tencent-tokenplan", Name: "Tencent TokenPlan", Aliases: []string{"tokenplan", "tencent-lkeap"}, Wire: Messages, Auth: keyed("TOKENPLAN_API_KEY"),
		Base: https("api.lkeap.cloud.tencent.com", "/plan/anthropic", "TOKENPLAN_BASE_URL"), Quirks: Quirks{KeyHeader: XAPIKey}, DefaultModel: "hy3",
	},
	simple("ollama-cloud", "Ollama Cloud", "ollama.com", "/v1", "OLLAMA_BASE_URL", "OLLAMA_API_KEY", "", "ollama_cloud"),
	{
		ID: "azure-foundry", Name: "Azure Foundry", Aliases: []string{"azure", "azure-ai", "azure-ai-foundry"}, ModelsDev: "azure", Auth: keyed("AZURE_FOUNDRY_API_KEY"),
		Base:   Base{"", env("AZURE_FOUNDRY_BASE_URL"), hosts("*.openai.azure.com", "*.services.ai.azure.com")},
		Quirks: Quirks{KeyHeader: APIKey, CompletionTokens: true, Schema: "json_schema", PDF: true, Batch: Batch{100_000, 200_000_000, true}},
	},

	// The rows that Hermes Agent's plugins add.
	simple("commandcode", "CommandCode", "api.commandcode.ai", "/provider/v1", "COMMANDCODE_BASE_URL", "COMMANDCODE_API_KEY", "", "commandcode-chat"),
	{
		ID: "commandcode-anthropic", Name: "CommandCode (Anthropic)", Aliases: []string{"commandcode-claude"}, Wire: Messages, Auth: keyed("COMMANDCODE_API_KEY"),
		Base: https("api.commandcode.ai", "/provider/v1", "COMMANDCODE_ANTHROPIC_BASE_URL"), Quirks: Quirks{KeyHeader: XAPIKey},
	},
	simple("deepinfra", "DeepInfra", "api.deepinfra.com", "/v1/openai", "DEEPINFRA_BASE_URL", "DEEPINFRA_API_KEY", "", "deep-infra", "deepinfra-ai"),
	{
		ID: "fireworks", Name: "Fireworks AI", Aliases: []string{"fireworks-ai", "fw"}, Wire: Chat, Auth: keyed("FIREWORKS_API_KEY"),
		Base: https("api.fireworks.ai", "/inference/v1"), ModelsDev: "fireworks-ai", Quirks: Quirks{Schema: "json_schema"},
	},
	{
		ID: "novita", Name: "NovitaAI", Aliases: []string{"novita-ai", "novitaai"}, Wire: Chat, Auth: keyed("NOVITA_API_KEY"),
		Base: https("api.novita.ai", "/openai/v1", "NOVITA_BASE_URL"), ModelsDev: "novita-ai",
	},
	simple("upstage", "Upstage Solar", "api.upstage.ai", "/v1", "UPSTAGE_BASE_URL", "UPSTAGE_API_KEY", "", "solar"),
	{
		ID: "router", Name: "Ramp Router", Aliases: []string{"ramp-router", "ramp", "router.com"}, Wire: Responses, Auth: keyed("RAMP_ROUTER_API_KEY", "ROUTER_API_KEY"),
		Base: https("api.router.com", "/v1", "RAMP_ROUTER_BASE_URL"),
	},
	{
		ID: "nebius-token-factory", Name: "Nebius Token Factory", Aliases: []string{"nebius", "nebius-tf", "nebius-tokenfactory", "token-factory", "tokenfactory"},
		Wire: Chat, Auth: keyed("NEBIUS_API_KEY", "NEBIUS_TOKEN_FACTORY_API_KEY"), Base: https("api.tokenfactory.nebius.com", "/v1", "NEBIUS_BASE_URL"), ModelsDev: "nebius",
	},
	{
		ID: "alibaba-cn", Name: "Alibaba Cloud DashScope (China)", Aliases: []string{"dashscope-cn", "alibaba-cloud-cn"}, Wire: Chat, Auth: keyed("DASHSCOPE_API_KEY"),
		Base: https("dashscope.aliyuncs.com", "/compatible-mode/v1", "DASHSCOPE_CN_BASE_URL"), Quirks: qwenQuirks,
	},
	{
		ID: "alibaba-token-plan", Name: "Alibaba Cloud (Token Plan)", Aliases: []string{"dashscope-token-plan"}, Wire: Chat, Auth: keyed("ALIBABA_TOKEN_PLAN_API_KEY"),
		Base: https("token-plan.ap-southeast-1.maas.aliyuncs.com", "/compatible-mode/v1", "ALIBABA_TOKEN_PLAN_BASE_URL"), Quirks: qwenQuirks,
	},
	{
		ID: "alibaba-token-plan-cn", Name: "Alibaba Cloud (Token Plan, China)", Aliases: []string{"dashscope-token-plan-cn"}, Wire: Chat,
		Auth: keyed("ALIBABA_TOKEN_PLAN_CN_API_KEY", "ALIBABA_TOKEN_PLAN_API_KEY"), Quirks: qwenQuirks,
		Base: https("token-plan.cn-beijing.maas.aliyuncs.com", "/compatible-mode/v1", "ALIBABA_TOKEN_PLAN_CN_BASE_URL"),
	},
	{
		ID: "meta-ai", Name: "Meta Model API", Aliases: []string{"meta", "muse", "muse-spark", "model-api", "msl"}, Wire: Responses,
		Auth: keyed("MODEL_API_KEY", "META_API_KEY", "META_MODEL_API_KEY"), Base: https("api.meta.ai", "/v1", "META_BASE_URL"), ModelsDev: "meta",
	},

	// Well-known servers that Hermes Agent leaves to providers: of config.yaml, which still may name them.
	{
		ID: "groq", Name: "Groq", Wire: Chat, Auth: keyed("GROQ_API_KEY"), Base: https("api.groq.com", "/openai/v1", "GROQ_BASE_URL"), Yields: true,
		Quirks: Quirks{Schema: "json_schema", Batch: Batch{50_000, 200_000_000, true}},
	},
	{
		ID: "mistral", Name: "Mistral", Aliases: []string{"mistralai"}, Wire: Chat, Auth: keyed("MISTRAL_API_KEY"), Yields: true,
		Base: https("api.mistral.ai", "/v1", "MISTRAL_BASE_URL"), Quirks: Quirks{Reasoning: "on_off", Schema: "json_schema", NoUsageOption: true},
	},
	{
		ID: "together", Name: "Together AI", Aliases: []string{"togetherai"}, Wire: Chat, Auth: keyed("TOGETHER_API_KEY"), Yields: true, ModelsDev: "togetherai",
		Base:   Base{"https://api.together.xyz/v1", env("TOGETHER_BASE_URL"), hosts("api.together.xyz", "api.together.ai")},
		Quirks: Quirks{Reasoning: "enabled"},
	},
	{
		ID: "perplexity", Name: "Perplexity", Aliases: []string{"pplx"}, Wire: Chat, Auth: keyed("PERPLEXITY_API_KEY"), Yields: true,
		Base: https("api.perplexity.ai", "", "PERPLEXITY_BASE_URL"), Quirks: Quirks{NoUsageOption: true},
	},
	{
		ID: "cerebras", Name: "Cerebras", Wire: Chat, Auth: keyed("CEREBRAS_API_KEY"), Yields: true,
		Base: https("api.cerebras.ai", "/v1", "CEREBRAS_BASE_URL"), Quirks: Quirks{Schema: "json_schema"},
	},
	{
		ID: "cohere", Name: "Cohere", Wire: Chat, Auth: keyed("COHERE_API_KEY", "CO_API_KEY"), Yields: true, Quirks: Quirks{Reasoning: "on_off"},
		Base: Base{"https://api.cohere.ai/compatibility/v1", env("COHERE_BASE_URL"), hosts("api.cohere.ai", "api.cohere.com")},
	},
	{ // never chosen by itself: its variable is set in every workflow
		ID: "github-models", Name: "GitHub Models", Wire: Chat, Auth: keyed("GITHUB_TOKEN", "GH_TOKEN"), Yields: true, ByName: true,
		Base: https("models.github.ai", "/inference"),
	},

	// Servers on this machine, at the ports that they take by themselves, and a server of one's own anywhere.
	here("ollama", "Ollama", "11434", Quirks{Schema: "json_schema"}),
	here("llamacpp", "llama-server (llama.cpp)", "8080", Quirks{Reasoning: "template", Schema: "json_schema"}, "llama.cpp", "llama-cpp", "llama-server"),
	here("vllm", "vLLM", "8000", Quirks{Reasoning: "template", Schema: "json_schema"}),
	{ID: Custom, Name: "Custom endpoint", Aliases: []string{"local"}, Auth: open(), Own: true},
	&sandbox,

	// The providers of Hermes Agent that cannot be asked here, with the way that works. They are rows for the sake of their names,
	// hosts and variables, which a config.yaml that Hermes Agent wrote may hold: no other key goes there.
	// Source: catalogue §1 and §2, read from its releases 0.20.3 and 0.21.3.
	{
		ID: "copilot", Name: "copilot", Aliases: []string{"github", "github-copilot", "github-model"}, Base: Base{Hosts: hosts("api.githubcopilot.com", "*.githubcopilot.com")}, Auth: keyed("COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"), Yields: true,
		Refused: "its tokens are for GitHub's own editors; --provider github-models with GITHUB_TOKEN works",
	},
	{
		ID: "copilot-acp", Name: "copilot-acp", Aliases: []string{"github-copilot-acp", "copilot-acp-agent"}, Yields: true,
		Refused: "it is a program of its own, which is not started; --provider github-models with GITHUB_TOKEN works",
	},
	{
		ID: "bedrock", Name: "bedrock", Aliases: []string{"aws", "aws-bedrock", "amazon-bedrock", "amazon"}, Base: Base{Hosts: hosts("bedrock-runtime.*.amazonaws.com")}, Auth: keyed("AWS_BEARER_TOKEN_BEDROCK"), Yields: true,
		Refused: "AWS signatures are not made; a row of providers: works, with base_url https://bedrock-runtime.REGION.amazonaws.com/openai/v1 and key_env AWS_BEARER_TOKEN_BEDROCK",
	},
	{
		ID: "vertex", Name: "vertex", Aliases: []string{"google-vertex", "vertex-ai", "gcp-vertex"}, Base: Base{Hosts: hosts("aiplatform.googleapis.com", "*-aiplatform.googleapis.com")}, Yields: true,
		Refused: "service accounts are not used; a row of providers: works, with the base_url of its OpenAI-compatible endpoint and key_cmd: gcloud auth print-access-token",
	},
	{
		ID: "alibaba-coding-plan-cn", Name: "alibaba-coding-plan-cn", Yields: true,
		Refused: "nothing is known of its address; a row of providers: with that address works",
	},
	{
		ID: "moa", Name: "moa", Yields: true,
		Refused: "it mixes answers of several models inside of Hermes Agent; name one of their providers",
	},
}

// All are the built-in rows in registry order, which is Hermes Agent's: the order in which API keys are looked for. After
// its rows come those that it leaves to providers:, then servers of one's own. Nobody changes them.
// Source: catalogue §1 and §2, wires §1.1 and §5.
func All() []*Row { return all[:] }
