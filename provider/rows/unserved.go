package rows

// unserved are the providers of Hermes Agent that cannot be asked here, with the way that works. They are rows for the sake
// of their names, hosts and variables, which a config.yaml that Hermes Agent wrote may hold: no other key goes there.
// Source: catalogue §1 and §2, read from its releases 0.20.3 and 0.21.3.
func unserved() []Row {
	return []Row{
		refused("copilot", "its tokens are for GitHub's own editors; --provider github-models with GITHUB_TOKEN works",
			[]string{"api.githubcopilot.com", "*.githubcopilot.com"}, []string{"COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"},
			"github", "github-copilot", "github-model"),
		refused("copilot-acp", "it is a program of its own, which is not started; --provider github-models with GITHUB_TOKEN works", nil, nil,
			"github-copilot-acp", "copilot-acp-agent"),
		refused("bedrock", "AWS signatures are not made; a row of providers: works, with base_url https://bedrock-runtime.REGION.amazonaws.com/openai/v1 and key_env AWS_BEARER_TOKEN_BEDROCK",
			[]string{"bedrock-runtime.*.amazonaws.com"}, []string{"AWS_BEARER_TOKEN_BEDROCK"}, "aws", "aws-bedrock", "amazon-bedrock", "amazon"),
		refused("vertex", "service accounts are not used; a row of providers: works, with the base_url of its OpenAI-compatible endpoint and key_cmd: gcloud auth print-access-token",
			[]string{"aiplatform.googleapis.com", "*-aiplatform.googleapis.com"}, nil, "google-vertex", "vertex-ai", "gcp-vertex"),
		refused("alibaba-coding-plan-cn", "nothing is known of its address; a row of providers: with that address works", nil, nil),
		refused("moa", "it mixes answers of several models inside of Hermes Agent; name one of their providers", nil, nil),
	}
}

func refused(id, why string, hosts, keys []string, aliases ...string) Row {
	r := Row{ID: id, Name: id, Aliases: aliases, Base: Base{Hosts: hosts}, Refused: why, Yields: true}
	if keys != nil {
		r.Auth = keyed(keys...)
	}
	return r
}
