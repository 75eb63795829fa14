package rows

// unserved are the providers of Hermes Agent that cannot be asked here, in their registry order. They are rows for the
// sake of their hosts and variables, which a config.yaml that Hermes Agent wrote may hold: no other key goes there.
// Source: catalogue §1 and §2, read from its releases 0.20.3 and 0.21.3.
func unserved() []Row {
	return []Row{
		refused("openrouter", notYet, []string{"openrouter.ai", "*.openrouter.ai"}, []string{"OPENROUTER_API_KEY"}),
		refused("nous", notYet, []string{"inference-api.nousresearch.com", "welcome-api.nousresearch.com", "portal.nousresearch.com"}, nil),
		refused("openai-codex", notYet, []string{"chatgpt.com"}, nil),
		refused("openai-api", notYet, []string{"api.openai.com", "*.api.openai.com"}, []string{"OPENAI_API_KEY"}),
		refused("xai-oauth", notYet, []string{"x.ai", "*.x.ai"}, nil),
		refused("qwen-oauth", notYet, []string{"portal.qwen.ai"}, nil),
		refused("copilot", notYet, []string{"api.githubcopilot.com", "*.githubcopilot.com"}, []string{"COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"}),
		refused("gemini", notYet, []string{"generativelanguage.googleapis.com"}, []string{"GOOGLE_API_KEY", "GEMINI_API_KEY"}),
		refused("zai", notYet, []string{"api.z.ai", "open.bigmodel.cn"}, []string{"GLM_API_KEY", "ZAI_API_KEY", "Z_AI_API_KEY"}),
		refused("kimi-coding", notYet, []string{"api.moonshot.ai", "api.kimi.com"}, []string{"KIMI_API_KEY", "KIMI_CODING_API_KEY"}),
		refused("kimi-coding-cn", notYet, []string{"api.moonshot.cn"}, []string{"KIMI_CN_API_KEY"}),
		refused("stepfun", notYet, []string{"api.stepfun.ai", "api.stepfun.com"}, []string{"STEPFUN_API_KEY"}),
		refused("arcee", notYet, []string{"api.arcee.ai"}, []string{"ARCEEAI_API_KEY"}),
		refused("gmi", notYet, []string{"api.gmi-serving.com"}, []string{"GMI_API_KEY"}),
		refused("actual", notYet, []string{"api.actual.inc"}, []string{"ACTUAL_API_KEY"}),
		refused("alibaba", notYet, []string{"dashscope-intl.aliyuncs.com"}, []string{"DASHSCOPE_API_KEY"}),
		refused("alibaba-coding-plan", notYet, []string{"coding-intl.dashscope.aliyuncs.com"}, []string{"ALIBABA_CODING_PLAN_API_KEY", "DASHSCOPE_API_KEY"}),
		refused("deepseek", notYet, []string{"api.deepseek.com"}, []string{"DEEPSEEK_API_KEY"}),
		refused("xai", notYet, []string{"x.ai", "*.x.ai"}, []string{"XAI_API_KEY"}),
		refused("nvidia", notYet, []string{"integrate.api.nvidia.com"}, []string{"NVIDIA_API_KEY"}),
		refused("ai-gateway", notYet, []string{"ai-gateway.vercel.sh"}, []string{"AI_GATEWAY_API_KEY"}),
		refused("opencode-zen", notYet, []string{"opencode.ai"}, []string{"OPENCODE_ZEN_API_KEY"}),
		refused("opencode-go", notYet, []string{"opencode.ai"}, []string{"OPENCODE_GO_API_KEY"}),
		refused("kilocode", notYet, []string{"api.kilo.ai"}, []string{"KILOCODE_API_KEY"}),
		refused("huggingface", notYet, []string{"router.huggingface.co"}, []string{"HF_TOKEN"}),
		refused("xiaomi", notYet, []string{"api.xiaomimimo.com"}, []string{"XIAOMI_API_KEY"}),
		refused("tencent-tokenhub", notYet, []string{"tokenhub.tencentmaas.com"}, []string{"TOKENHUB_API_KEY"}),
		refused("tencent-tokenplan", notYet, []string{"api.lkeap.cloud.tencent.com"}, []string{"TOKENPLAN_API_KEY"}),
		refused("ollama-cloud", notYet, []string{"ollama.com"}, []string{"OLLAMA_API_KEY"}),
		refused("bedrock", notYet, []string{"bedrock-runtime.*.amazonaws.com"}, []string{"AWS_BEARER_TOKEN_BEDROCK"}),
		refused("vertex", notYet, []string{"aiplatform.googleapis.com", "*-aiplatform.googleapis.com"}, nil),
		refused("azure-foundry", notYet, nil, []string{"AZURE_FOUNDRY_API_KEY"}),
		refused("commandcode", notYet, []string{"api.commandcode.ai"}, []string{"COMMANDCODE_API_KEY"}),
		refused("deepinfra", notYet, []string{"api.deepinfra.com"}, []string{"DEEPINFRA_API_KEY"}),
		refused("fireworks", notYet, []string{"api.fireworks.ai"}, []string{"FIREWORKS_API_KEY"}),
		refused("novita", notYet, []string{"api.novita.ai"}, []string{"NOVITA_API_KEY"}),
		refused("upstage", notYet, []string{"api.upstage.ai"}, []string{"UPSTAGE_API_KEY"}),
		refused("router", notYet, []string{"api.router.com"}, []string{"RAMP_ROUTER_API_KEY", "ROUTER_API_KEY"}),
		refused("nebius-token-factory", notYet, []string{"api.tokenfactory.nebius.com"}, []string{"NEBIUS_API_KEY", "NEBIUS_TOKEN_FACTORY_API_KEY"}),
		refused("alibaba-cn", notYet, []string{"dashscope.aliyuncs.com"}, []string{"DASHSCOPE_API_KEY"}),
		refused("alibaba-token-plan", notYet, []string{"token-plan.ap-southeast-1.maas.aliyuncs.com"}, []string{"ALIBABA_TOKEN_PLAN_API_KEY"}),
		refused("alibaba-token-plan-cn", notYet, []string{"token-plan.cn-beijing.maas.aliyuncs.com"}, []string{"ALIBABA_TOKEN_PLAN_CN_API_KEY", "ALIBABA_TOKEN_PLAN_API_KEY"}),
		refused("meta-ai", notYet, []string{"api.meta.ai"}, []string{"MODEL_API_KEY", "META_API_KEY", "META_MODEL_API_KEY"}),
	}
}

const notYet = "this program cannot ask it yet; a server with its address and wire can be a row of providers: in config.yaml"

func refused(id, why string, hosts, keys []string) Row {
	r := Row{ID: id, Name: id, Base: Base{Hosts: hosts}, Refused: why, Yields: true}
	if keys != nil {
		r.Auth = keyed(keys...)
	}
	return r
}
