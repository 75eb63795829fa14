// Package config reads and edits the two settings files of a hermes home: config.yaml (behaviour) and .env (secrets).
//
// config.yaml is shared with Hermes Agent, so the package is strict only about the keys it knows: a wrong type or value
// there is an [*Error] naming file, line and key; every other key is left alone, on reading and on writing. A row under
// providers that cannot be used (another wire, a wrong type) does not fail the load: it keeps the reason in [Row.Err],
// because the file may describe servers that only the other program can talk to.
//
// An edit changes the bytes of one value ([yamledit]) or the lines of one variable ([dotenv]) and nothing else. The keys of the
// section oneshot are declared by the flags of a run, which the caller hands over.
//
// Caveats. Only one document in the file is allowed. Dates, merges (<<) and yes/no/on/off follow YAML 1.1, as the other
// program reads them. An edit waits for other edits and for a renewal of a login, through the home's auth.lock; a program that
// takes no lock can still write at the same moment, and then the later write wins.
package config

// Config is what config.yaml says, with legacy spellings folded in and ${VAR} expanded. The zero value is an empty file.
type Config struct {
	Path      string           // file it was read from
	Model     Model            // which model and provider a run uses by default
	Providers []Row            // providers: in file order, then the legacy custom_providers: list
	Fallbacks []Entry          // fallback_providers: then fallback_model:, duplicates dropped
	Auxiliary Auxiliary        // helper models
	Aliases   map[string]Entry // model_aliases: and model.aliases:, by name in lower case; see Alias
	Oneshot   map[string]any   // what the section oneshot says of flags, by key: int, float64, bool, time.Duration, string, []string
	Commands  []Command        // oneshot.tools: in file order
	Prices    map[string]Price // by model name; nil when absent
	ModelsDev string           // models_dev.url: where the facts on models are fetched, "" when absent
	Warnings  []string         // "code: message", never with a secret; in file order

	// MCPServers are mcp_servers: in file order.
	MCPServers []MCPServer
}

// Model is the model section. Provider is "" when absent, empty or "auto".
type Model struct {
	Default       string // model name: default, else model, else name, else a bare string
	Provider      string // trimmed, as written otherwise; aliases are the catalogue's business
	BaseURL       string // base_url or api_base
	APIMode       string // wire name, empty when absent
	APIKey        Secret // inline key, empty when absent
	KeyEnv        string // key_env or api_key_env: name of the variable that holds the key
	ContextLength int    // tokens, 0 when absent
	MaxTokens     int    // tokens, 0 when absent
}

// Row is a user-defined provider: an entry of providers: or of the legacy list custom_providers:.
type Row struct {
	Name        string // key of the mapping, or name of the legacy entry
	DisplayName string // name: of the mapping, may be empty
	Endpoint
	DefaultModel string // default_model or model
	// CatalogProvider names the provider whose models the server resells, "" when absent.
	CatalogProvider string
	Models          []string // models: as list or mapping, in file order
	ContextLength   int      // tokens, 0 when absent
	MaxTokens       int      // tokens, 0 when absent
	Disabled        bool     // enabled: false
	Legacy          bool     // from custom_providers:
	Line            int      // 1-based line of the row's name in the file
	Err             error    // *Error; why the row cannot be used, nil when it can
	NoBase          bool     // Err says no more than that there is no base_url, which a built-in provider does not need
}

// Auxiliary names the helper models. An empty field means: chosen by the provider.
type Auxiliary struct {
	Vision     Entry
	Delegation Entry
}

// Price is USD per million tokens, each a decimal as written in the file; "" when absent.
type Price struct {
	Input      string
	Output     string
	CacheRead  string
	CacheWrite string
}
