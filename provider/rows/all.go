package rows

import (
	"slices"

	"hermes/provider/config"
)

// All are the built-in rows in registry order, which is Hermes Agent's: the order in which API keys are looked for. After
// its rows come those that it leaves to providers:, then servers of one's own.
// Source: catalogue §1 and §2, wires §1.1 and §5.
func All() []Row {
	return slices.Concat(labs(), logins(), clouds(), plugins(), others(), local(), []Row{sandbox()}, unserved())
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
