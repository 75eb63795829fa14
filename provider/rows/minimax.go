package rows

import (
	"hermes/provider/config"
	"hermes/provider/oauth"
)

// minimaxModels are the models of the MiniMax rows; the first is the default, as the seed document has it.
// Limits and prices: provider-apis §1.2 and §6, seen between 2026-06-25 and 2026-10-20.
func minimaxModels() []Model {
	m2 := func(id string, p config.Price) Model {
		return Model{ID: id, Context: 204_800, MaxOutput: 131_072, Thinking: ThinkBudget, Price: p}
	}
	return []Model{
		m2("MiniMax-M2.7", usd("0.30", "1.20", "0.06", "0.375")),
		m2("MiniMax-M2.7-highspeed", usd("0.60", "2.40", "0.06", "0.375")),
		{
			ID: "MiniMax-M3.1-Flash", Context: 1_000_000, MaxOutput: 131_072, Images: true, Thinking: ThinkEffort,
			Price: usd("0.15", "0.60", "0.015", ""),
		},
		{
			ID: "MiniMax-M3", Context: 1_000_000, MaxOutput: 131_072, Images: true, Thinking: ThinkAdaptive,
			Price:    usd("0.30", "1.20", "0.06", ""),
			LongOver: 512_000, LongPrice: usd("0.60", "2.40", "0.12", ""),
		},
		m2("MiniMax-M2.5", usd("0.30", "1.20", "0.03", "0.375")),
		m2("MiniMax-M2.5-highspeed", usd("0.60", "2.40", "0.06", "0.375")),
		m2("MiniMax-M2.1", usd("0.30", "1.20", "0.03", "0.375")),
		{ID: "MiniMax-M2", Context: 196_608, MaxOutput: 128_000, Thinking: ThinkBudget, Price: usd("0.30", "1.20", "0.03", "0.375")},
	}
}

// minimax is what the rows of MiniMax have in common.
func minimax(id, name string, at oauth.Issuer, hosts ...string) Row {
	return Row{
		ID: id, Name: name, Wire: Messages, Base: Base{URL: at.BaseURL(), Hosts: hosts}, Quirks: Quirks{MaxTemperature: 1, CacheMarks: true},
		DefaultModel: "MiniMax-M2.7", AuxModel: "MiniMax-M2.7-highspeed", Models: minimaxModels(), MaxTokens: 131_072, Context: 204_800,
	}
}

func minimaxOAuth() Row {
	at := oauth.MiniMax()
	r := minimax("minimax-oauth", "MiniMax (OAuth)", at, "api.minimax.io", "api.minimaxi.com")
	r.Aliases = []string{"minimax-portal", "minimax-global", "minimax_oauth", "minimax-oauth-io"}
	r.Auth, r.ModelsDev = []Auth{{Kind: Device, Issuer: &at}}, "minimax"
	return r
}

func minimaxKey() Row {
	r := minimax("minimax", "MiniMax", oauth.MiniMax(), "api.minimax.io")
	r.Aliases, r.Auth, r.Base.Env = []string{"mini-max"}, keyed("MINIMAX_API_KEY"), []string{"MINIMAX_BASE_URL"}
	return r
}

// minimaxChina takes a login where there is one: ours alone, Hermes Agent knows this id as a key provider.
func minimaxChina() Row {
	at := oauth.MiniMaxChina()
	r := minimax("minimax-cn", "MiniMax (China)", at, "api.minimaxi.com")
	r.Aliases, r.Base.Env = []string{"minimax-china", "minimax_cn"}, []string{"MINIMAX_CN_BASE_URL"}
	r.Auth = []Auth{{Kind: Device, Issuer: &at}, {Kind: Key, Env: []string{"MINIMAX_CN_API_KEY"}}}
	return r
}
