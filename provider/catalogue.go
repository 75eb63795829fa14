package provider

import (
	"slices"

	"hermes/provider/config"
	"hermes/provider/login"
)

// AuthKind says what a provider wants to see before it answers.
type AuthKind string

// The three kinds of credential, and the mixed one of the China region, where a login is used when there is one.
const (
	AuthOAuth      AuthKind = "oauth"
	AuthKey        AuthKind = "key"
	AuthOAuthOrKey AuthKind = "oauth or key"
	AuthNone       AuthKind = "none"
)

// Header names the one header that carries the credential.
type Header string

// A server rejects a request that carries both.
const (
	Bearer Header = "bearer"
	APIKey Header = "x-api-key"
)

// Thinking names the form in which a model takes a reasoning effort.
// Source: provider-apis §1.4 for MiniMax, §3.2 for Anthropic.
type Thinking string

// The forms seen in the wild.
const (
	ThinkBudget   Thinking = "budget"   // {"type":"enabled","budget_tokens":N}
	ThinkAdaptive Thinking = "adaptive" // {"type":"adaptive"} or {"type":"disabled"}
	ThinkEffort   Thinking = "effort"   // adaptive, and output_config.effort
)

// Model is what is known of one model of a provider. Zero means unknown.
type Model struct {
	ID        string
	Context   int // tokens of input and output together
	MaxOutput int // tokens sent as max_tokens when the user sets none
	Images    bool
	PDF       bool
	Thinking  Thinking
	Price     config.Price // USD per million tokens, decimal strings; empty = unknown
	LongOver  int          // input tokens above which the whole request costs LongPrice
	LongPrice config.Price
}

// Row is a provider: data, not code.
type Row struct {
	ID, Name     string
	Aliases      []string
	Auth         AuthKind
	Region       string
	Portal       string // origin of the login, for OAuth rows
	Base         Base
	KeyEnv       []string
	Header       Header
	Headers      map[string]string
	Extra        []config.Member // further fields of the request's body
	KeyCmd       string          // a command that prints the key, before all others
	APIKey       config.Secret   // written in config.yaml, after all others
	DefaultModel string
	AuxModel     string // for delegation, and for vision where it takes images
	Models       []Model
	MaxTokens    int // max_tokens for a model that is not listed
	Context      int
	// MaxTemperature bounds --temperature, which must then be above 0; 0 = unknown. Source: provider-apis §1.4.
	MaxTemperature float64
	User           bool // a row of config.yaml
	// Unsupported says why a row that config.yaml holds for another program cannot be used here.
	Unsupported string
}

// Model returns what the row knows of the model id, or a model with the row's own defaults.
func (r Row) Model(id string) Model {
	for _, m := range r.Models {
		if m.ID == id {
			if m.MaxOutput == 0 {
				m.MaxOutput = r.MaxTokens
			}
			if m.Context == 0 {
				m.Context = r.Context
			}
			return m
		}
	}
	return Model{ID: id, Context: r.Context, MaxOutput: r.MaxTokens, Images: true, PDF: true, Thinking: ThinkBudget}
}

// Listed are the models to show: those that the row lists, else its default, which may have no name.
func (r Row) Listed() []Model {
	if len(r.Models) > 0 || !r.User || r.Base.URL == "" {
		return r.Models
	}
	return []Model{{ID: r.DefaultModel}}
}

// Has reports whether the row lists the model.
func (r Row) Has(model string) bool {
	return slices.ContainsFunc(r.Models, func(m Model) bool { return m.ID == model })
}

// Plan reports whether a request through a login of this row costs nothing beside the subscription.
func (r Row) Plan() bool { return r.Auth == AuthOAuth || r.Auth == AuthOAuthOrKey }

// The portals of MiniMax's two regions.
const (
	GlobalPortal = "https://api.minimax.io"
	ChinaPortal  = login.ChinaPortal
)

// minimaxModels are the models of the MiniMax rows; the first is the default, as the seed document has it.
// Limits and prices: provider-apis §1.2 and §6, seen between 2026-06-25 and 2026-10-20.
func minimaxModels() []Model {
	price := func(in, out, read, write string) config.Price {
		return config.Price{Input: in, Output: out, CacheRead: read, CacheWrite: write}
	}
	m2 := func(id string, p config.Price) Model {
		return Model{ID: id, Context: 204_800, MaxOutput: 131_072, Thinking: ThinkBudget, Price: p}
	}
	return []Model{
		m2("MiniMax-M2.7", price("0.30", "1.20", "0.06", "0.375")),
		m2("MiniMax-M2.7-highspeed", price("0.60", "2.40", "0.06", "0.375")),
		{
			ID: "MiniMax-M3.1-Flash", Context: 1_000_000, MaxOutput: 131_072, Images: true, Thinking: ThinkEffort,
			Price: price("0.15", "0.60", "0.015", ""),
		},
		{
			ID: "MiniMax-M3", Context: 1_000_000, MaxOutput: 131_072, Images: true, Thinking: ThinkAdaptive,
			Price:    price("0.30", "1.20", "0.06", ""),
			LongOver: 512_000, LongPrice: price("0.60", "2.40", "0.12", ""),
		},
		m2("MiniMax-M2.5", price("0.30", "1.20", "0.03", "0.375")),
		m2("MiniMax-M2.5-highspeed", price("0.60", "2.40", "0.06", "0.375")),
		m2("MiniMax-M2.1", price("0.30", "1.20", "0.03", "0.375")),
		{ID: "MiniMax-M2", Context: 196_608, MaxOutput: 128_000, Thinking: ThinkBudget, Price: price("0.30", "1.20", "0.03", "0.375")},
	}
}

// PricesVerified is the day on which a source last showed the prices of the catalogue.
const PricesVerified = "2026-10-20"

// Names are the ids and aliases of the built-in rows.
func Names() []string {
	var all []string
	for _, r := range Catalogue() {
		all = append(append(all, r.ID), r.Aliases...)
	}
	return all
}

// ModelNames are the models of the built-in rows, each once.
func ModelNames() []string {
	var all []string
	for _, r := range Catalogue() {
		for _, m := range r.Models {
			if !slices.Contains(all, m.ID) {
				all = append(all, m.ID)
			}
		}
	}
	return all
}

// customID is the row of a server of one's own whose address is model.base_url.
const customID = "custom"

// Catalogue returns the built-in rows in registry order: the order in which API keys are looked for.
func Catalogue() []Row {
	mm := minimaxModels()
	return []Row{
		{
			ID: "minimax-oauth", Name: "MiniMax (OAuth)", Auth: AuthOAuth, Region: "global",
			Aliases: []string{"minimax-portal", "minimax-global", "minimax_oauth", "minimax-oauth-io"},
			Portal:  GlobalPortal, Base: Base{URL: GlobalPortal + "/anthropic", Hosts: []string{"api.minimax.io", "api.minimaxi.com"}}, Header: Bearer,
			DefaultModel: "MiniMax-M2.7", AuxModel: "MiniMax-M2.7-highspeed", Models: mm, MaxTokens: 131_072, Context: 204_800, MaxTemperature: 1,
		},
		{
			ID: "minimax", Name: "MiniMax", Auth: AuthKey, Region: "global", Aliases: []string{"mini-max"},
			Base:   Base{URL: GlobalPortal + "/anthropic", Env: []string{"MINIMAX_BASE_URL"}, Hosts: []string{"api.minimax.io"}},
			KeyEnv: []string{"MINIMAX_API_KEY"}, Header: Bearer,
			DefaultModel: "MiniMax-M2.7", AuxModel: "MiniMax-M2.7-highspeed", Models: mm, MaxTokens: 131_072, Context: 204_800, MaxTemperature: 1,
		},
		{
			ID: "anthropic", Name: "Anthropic", Auth: AuthKey, Aliases: []string{"claude", "claude-code"},
			Base:   Base{URL: "https://api.anthropic.com", Hosts: []string{"api.anthropic.com", "*.anthropic.com", "*.claude.com"}},
			KeyEnv: []string{"ANTHROPIC_API_KEY"}, Header: APIKey,
			DefaultModel: "claude-sonnet-5", MaxTokens: 16_384, Context: 200_000,
			Models: []Model{
				{ID: "claude-sonnet-5", Context: 200_000, MaxOutput: 16_384, Images: true, PDF: true, Thinking: ThinkEffort},
				{ID: "claude-opus-4-8", Context: 200_000, MaxOutput: 16_384, Images: true, PDF: true, Thinking: ThinkEffort},
			},
		},
		{
			ID: "minimax-cn", Name: "MiniMax (China)", Auth: AuthOAuthOrKey, Region: "cn", Aliases: []string{"minimax-china", "minimax_cn"},
			Portal: ChinaPortal, Base: Base{URL: ChinaPortal + "/anthropic", Env: []string{"MINIMAX_CN_BASE_URL"}, Hosts: []string{"api.minimaxi.com"}},
			KeyEnv: []string{"MINIMAX_CN_API_KEY"}, Header: Bearer,
			DefaultModel: "MiniMax-M2.7", AuxModel: "MiniMax-M2.7-highspeed", Models: mm, MaxTokens: 131_072, Context: 204_800, MaxTemperature: 1,
		},
		{
			ID: customID, Name: "Custom endpoint", Auth: AuthNone, Header: APIKey, MaxTokens: 4_096, User: true,
			Aliases: []string{"ollama", "vllm", "llamacpp", "llama.cpp", "llama-cpp"},
		},
		{
			ID: "sandbox", Name: "Sandbox (offline)", Auth: AuthNone, Header: Bearer, DefaultModel: "sandbox", AuxModel: "sandbox-mini",
			MaxTokens: 131_072, Context: 1_000_000,
			Models: []Model{
				{ID: "sandbox", Context: 1_000_000, MaxOutput: 131_072, Images: true, PDF: true, Thinking: ThinkBudget, Price: config.Price{Input: "0", Output: "0", CacheRead: "0", CacheWrite: "0"}},
				{ID: "sandbox-mini", Context: 1_000_000, MaxOutput: 131_072, Thinking: ThinkBudget, Price: config.Price{Input: "0", Output: "0", CacheRead: "0", CacheWrite: "0"}},
				{ID: "sandbox-vision", Context: 1_000_000, MaxOutput: 131_072, Images: true, Thinking: ThinkBudget, Price: config.Price{Input: "0", Output: "0", CacheRead: "0", CacheWrite: "0"}},
			},
		},
	}
}
