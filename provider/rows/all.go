package rows

import "hermes/provider/config"

// All are the built-in rows in registry order: the order in which API keys are looked for.
func All() []Row {
	return append([]Row{minimaxOAuth(), minimaxKey(), anthropic(), minimaxChina(), custom(), sandbox()}, unserved()...)
}

func anthropic() Row {
	return Row{
		ID: "anthropic", Name: "Anthropic", Aliases: []string{"claude", "claude-code"}, Wire: Messages, Auth: keyed("ANTHROPIC_API_KEY"),
		Base:   Base{URL: "https://api.anthropic.com", Hosts: []string{"api.anthropic.com", "*.anthropic.com", "*.claude.com"}},
		Quirks: Quirks{KeyHeader: XAPIKey}, DefaultModel: "claude-sonnet-5", MaxTokens: 16_384, Context: 200_000,
		Models: []Model{
			{ID: "claude-sonnet-5", Context: 200_000, MaxOutput: 16_384, Images: true, PDF: true, Thinking: ThinkEffort},
			{ID: "claude-opus-4-8", Context: 200_000, MaxOutput: 16_384, Images: true, PDF: true, Thinking: ThinkEffort},
		},
	}
}

func custom() Row {
	return Row{
		ID: Custom, Name: "Custom endpoint", Auth: open(),
		Aliases: []string{"ollama", "vllm", "llamacpp", "llama.cpp", "llama-cpp"},
	}
}

// sandbox answers inside of this process.
func sandbox() Row {
	free := config.Price{Input: "0", Output: "0", CacheRead: "0", CacheWrite: "0"}
	model := func(id string, images, pdf bool) Model {
		return Model{ID: id, Context: 1_000_000, MaxOutput: 131_072, Images: images, PDF: pdf, Thinking: ThinkBudget, Price: free}
	}
	return Row{
		ID: "sandbox", Name: "Sandbox (offline)", Wire: Messages, Auth: []Auth{{Kind: None}}, Serve: InProcess,
		DefaultModel: "sandbox", AuxModel: "sandbox-mini", MaxTokens: 131_072, Context: 1_000_000,
		Models: []Model{model("sandbox", true, true), model("sandbox-mini", false, false), model("sandbox-vision", true, false)},
	}
}
