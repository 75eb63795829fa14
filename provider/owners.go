package provider

// owner is a provider as far as hosts and key variables go.
type owner struct {
	ID     string
	Base   Base
	KeyEnv []string
}

// owners are the rows of the catalogue, then the providers of Hermes Agent that have no row here yet: a config.yaml that
// it wrote may hold their hosts and their variables.
func owners() []owner {
	var all []owner
	for _, r := range Catalogue() {
		if len(r.Base.Hosts) > 0 {
			all = append(all, owner{r.ID, r.Base, r.KeyEnv})
		}
	}
	for _, o := range unserved() {
		all = append(all, owner{o.id, Base{Hosts: o.hosts}, o.keys})
	}
	return all
}

type unservedRow struct {
	id    string
	hosts []string
	keys  []string
}

// unserved lists them in their registry order. azure-foundry has no host of its own: its address is always the user's.
// Source: catalogue §1 and §2, read from its releases 0.20.3 and 0.21.3.
func unserved() []unservedRow {
	return []unservedRow{
		{"openrouter", []string{"openrouter.ai", "*.openrouter.ai"}, []string{"OPENROUTER_API_KEY"}},
		{"nous", []string{"inference-api.nousresearch.com", "welcome-api.nousresearch.com", "portal.nousresearch.com"}, nil},
		{"openai-codex", []string{"chatgpt.com"}, nil},
		{"openai-api", []string{"api.openai.com", "*.api.openai.com"}, []string{"OPENAI_API_KEY"}},
		{"xai-oauth", []string{"x.ai", "*.x.ai"}, nil},
		{"qwen-oauth", []string{"portal.qwen.ai"}, nil},
		{"copilot", []string{"api.githubcopilot.com", "*.githubcopilot.com"}, []string{"COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"}},
		{"gemini", []string{"generativelanguage.googleapis.com"}, []string{"GOOGLE_API_KEY", "GEMINI_API_KEY"}},
		{"zai", []string{"api.z.ai", "open.bigmodel.cn"}, []string{"GLM_API_KEY", "ZAI_API_KEY", "Z_AI_API_KEY"}},
		{"kimi-coding", []string{"api.moonshot.ai", "api.kimi.com"}, []string{"KIMI_API_KEY", "KIMI_CODING_API_KEY"}},
		{"kimi-coding-cn", []string{"api.moonshot.cn"}, []string{"KIMI_CN_API_KEY"}},
		{"stepfun", []string{"api.stepfun.ai", "api.stepfun.com"}, []string{"STEPFUN_API_KEY"}},
		{"arcee", []string{"api.arcee.ai"}, []string{"ARCEEAI_API_KEY"}},
		{"gmi", []string{"api.gmi-serving.com"}, []string{"GMI_API_KEY"}},
		{"actual", []string{"api.actual.inc"}, []string{"ACTUAL_API_KEY"}},
		{"alibaba", []string{"dashscope-intl.aliyuncs.com"}, []string{"DASHSCOPE_API_KEY"}},
		{"alibaba-coding-plan", []string{"coding-intl.dashscope.aliyuncs.com"}, []string{"ALIBABA_CODING_PLAN_API_KEY", "DASHSCOPE_API_KEY"}},
		{"deepseek", []string{"api.deepseek.com"}, []string{"DEEPSEEK_API_KEY"}},
		{"xai", []string{"x.ai", "*.x.ai"}, []string{"XAI_API_KEY"}},
		{"nvidia", []string{"integrate.api.nvidia.com"}, []string{"NVIDIA_API_KEY"}},
		{"ai-gateway", []string{"ai-gateway.vercel.sh"}, []string{"AI_GATEWAY_API_KEY"}},
		{"opencode-zen", []string{"opencode.ai"}, []string{"OPENCODE_ZEN_API_KEY"}},
		{"opencode-go", []string{"opencode.ai"}, []string{"OPENCODE_GO_API_KEY"}},
		{"kilocode", []string{"api.kilo.ai"}, []string{"KILOCODE_API_KEY"}},
		{"huggingface", []string{"router.huggingface.co"}, []string{"HF_TOKEN"}},
		{"xiaomi", []string{"api.xiaomimimo.com"}, []string{"XIAOMI_API_KEY"}},
		{"tencent-tokenhub", []string{"tokenhub.tencentmaas.com"}, []string{"TOKENHUB_API_KEY"}},
		{"tencent-tokenplan", []string{"api.lkeap.cloud.tencent.com"}, []string{"TOKENPLAN_API_KEY"}},
		{"ollama-cloud", []string{"ollama.com"}, []string{"OLLAMA_API_KEY"}},
		{"bedrock", []string{"bedrock-runtime.*.amazonaws.com"}, []string{"AWS_BEARER_TOKEN_BEDROCK"}},
		{"vertex", []string{"aiplatform.googleapis.com", "*-aiplatform.googleapis.com"}, nil},
		{"azure-foundry", nil, []string{"AZURE_FOUNDRY_API_KEY"}},
		{"commandcode", []string{"api.commandcode.ai"}, []string{"COMMANDCODE_API_KEY"}},
		{"deepinfra", []string{"api.deepinfra.com"}, []string{"DEEPINFRA_API_KEY"}},
		{"fireworks", []string{"api.fireworks.ai"}, []string{"FIREWORKS_API_KEY"}},
		{"novita", []string{"api.novita.ai"}, []string{"NOVITA_API_KEY"}},
		{"upstage", []string{"api.upstage.ai"}, []string{"UPSTAGE_API_KEY"}},
		{"router", []string{"api.router.com"}, []string{"RAMP_ROUTER_API_KEY", "ROUTER_API_KEY"}},
		{"nebius-token-factory", []string{"api.tokenfactory.nebius.com"}, []string{"NEBIUS_API_KEY", "NEBIUS_TOKEN_FACTORY_API_KEY"}},
		{"alibaba-cn", []string{"dashscope.aliyuncs.com"}, []string{"DASHSCOPE_API_KEY"}},
		{"alibaba-token-plan", []string{"token-plan.ap-southeast-1.maas.aliyuncs.com"}, []string{"ALIBABA_TOKEN_PLAN_API_KEY"}},
		{"alibaba-token-plan-cn", []string{"token-plan.cn-beijing.maas.aliyuncs.com"}, []string{"ALIBABA_TOKEN_PLAN_CN_API_KEY", "ALIBABA_TOKEN_PLAN_API_KEY"}},
		{"meta-ai", []string{"api.meta.ai"}, []string{"MODEL_API_KEY", "META_API_KEY", "META_MODEL_API_KEY"}},
	}
}
