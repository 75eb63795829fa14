package rows

import (
	"hermes/provider/config"
	"hermes/provider/oauth"
)

// miniMaxModels are the models of the MiniMax rows; the first is the default, as the seed document has it.
// Limits and prices: provider-apis §1.2 and §6, seen between 2026-06-25 and 2026-10-20.
var miniMaxModels = []Model{
	m2("MiniMax-M2.7", "0.30", "1.20", "0.06", "0.375"),
	m2("MiniMax-M2.7-highspeed", "0.60", "2.40", "0.06", "0.375"),
	{
		ID: "MiniMax-M3.1-Flash", Context: 1_000_000, MaxOutput: 131_072, Images: true, Thinking: ThinkEffort,
		Price: usd("0.15", "0.60", "0.015", ""),
	},
	{
		ID: "MiniMax-M3", Context: 1_000_000, MaxOutput: 131_072, Images: true, Thinking: ThinkAdaptive,
		Price:    usd("0.30", "1.20", "0.06", ""),
		LongOver: 512_000, LongPrice: usd("0.60", "2.40", "0.12", ""),
	},
	m2("MiniMax-M2.5", "0.30", "1.20", "0.03", "0.375"),
	m2("MiniMax-M2.5-highspeed", "0.60", "2.40", "0.06", "0.375"),
	m2("MiniMax-M2.1", "0.30", "1.20", "0.03", "0.375"),
	{ID: "MiniMax-M2", Context: 196_608, MaxOutput: 128_000, Thinking: ThinkBudget, Price: usd("0.30", "1.20", "0.03", "0.375")},
}

func m2(id, in, out, read, write string) Model {
	return Model{ID: id, Context: 204_800, MaxOutput: 131_072, Thinking: ThinkBudget, Price: config.Price{Input: in, Output: out, CacheRead: read, CacheWrite: write}}
}

var miniMaxQuirks = Quirks{MaxTemperature: 1, CacheMarks: true}

var miniMax = Row{
	ID: "minimax", Name: "MiniMax", Aliases: []string{"mini-max"}, Wire: Messages, Quirks: miniMaxQuirks,
	DefaultModel: "MiniMax-M2.7", AuxModel: "MiniMax-M2.7-highspeed", Models: miniMaxModels, MaxTokens: 131_072, Context: 204_800,
	Base: https("api.minimax.io", "/anthropic", "MINIMAX_BASE_URL"), Auth: keyed("MINIMAX_API_KEY"),
}

var miniMaxLogin = Row{
	ID: "minimax-oauth", Name: "MiniMax (OAuth)", Aliases: []string{"minimax-portal", "minimax-global", "minimax_oauth", "minimax-oauth-io"}, Wire: Messages, Quirks: miniMaxQuirks,
	DefaultModel: "MiniMax-M2.7", AuxModel: "MiniMax-M2.7-highspeed", Models: miniMaxModels, MaxTokens: 131_072, Context: 204_800,
	Base: Base{URL: "https://api.minimax.io/anthropic", Hosts: hosts("api.minimax.io", "api.minimaxi.com")},
	Auth: []Auth{{Kind: Device, Issuer: oauth.MiniMax()}}, ModelsDev: "minimax",
}

// miniMaxChina takes a login where there is one: ours alone, Hermes Agent knows this id as a key provider.
var miniMaxChina = Row{
	ID: "minimax-cn", Name: "MiniMax (China)", Aliases: []string{"minimax-china", "minimax_cn"}, Wire: Messages, Quirks: miniMaxQuirks,
	DefaultModel: "MiniMax-M2.7", AuxModel: "MiniMax-M2.7-highspeed", Models: miniMaxModels, MaxTokens: 131_072, Context: 204_800,
	Base: https("api.minimaxi.com", "/anthropic", "MINIMAX_CN_BASE_URL"),
	Auth: []Auth{{Kind: Device, Issuer: oauth.MiniMaxChina()}, {Kind: Key, Env: env("MINIMAX_CN_API_KEY")}},
}
