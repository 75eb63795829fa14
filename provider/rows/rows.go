// Package rows is the catalogue of the built-in providers, as data: whom a run may ask, over which wire, at which address,
// with which credential, and how the server differs from others of its wire.
//
// A new provider is one [Row] in [All] and no other line. What a row means is decided elsewhere: package provider chooses
// among them, the command line makes a protocol of the wire and the quirks.
package rows

import (
	"hermes/authfile"
	"hermes/provider/config"
	"hermes/provider/oauth"
)

// Wire names an API that requests are sent over, in the words of config.yaml.
type Wire string

// The wires.
const (
	Messages  Wire = "anthropic_messages"
	Chat      Wire = "chat_completions"
	Responses Wire = "responses"
	Gemini    Wire = "gemini"
)

// Row is a provider.
type Row struct {
	ID, Name string
	Aliases  []string
	Wire     Wire        // "" is decided by the address
	Wires    []ModelWire // models that the server answers over another wire; the first that fits counts
	Base     Base
	Auth     []Auth // ways to authenticate; the first that is there wins
	Quirks   Quirks

	// ModelsDev is the provider's id at models.dev, where that is another.
	ModelsDev string

	DefaultModel string
	AuxModel     string // for delegation, and for vision where it takes images
	Models       []Model
	MaxTokens    int // of an answer, for a model that is not listed; 0 leaves it to the server
	Context      int // tokens of a model that is not listed; 0 is unknown

	// KeyBases are other addresses of the provider, for keys of another kind; they count where the user set no address.
	KeyBases []KeyBase
	// NotKeys are credentials that the provider gave out for another program.
	NotKeys []NotKey

	Serve Serve
	// Own says that this is a server of the user's own: model.base_url is meant for it, whichever of such rows stands beside.
	Own bool
	// AsksModel says that the server's own list tells which model is meant where nobody named one.
	AsksModel bool
	// ByName says that the row is never chosen because its key is set: the variable is there for other programs too.
	ByName bool
	// Yields says that a row of config.yaml with the same name takes its place: Hermes Agent has no row of that name.
	Yields bool
	// Sent are headers of every request.
	Sent []Header
	// Forbidden is what an answer 403 says of a login here, for a person.
	Forbidden string
	// Refused says why nothing can be asked here, and what works in its place. The row's hosts and keys are its own all
	// the same.
	Refused string
}

// Base says where a provider answers, and where its credential may go.
type Base struct {
	URL   string   // without a setting of the user; "" where the user always gives it
	Env   []string // variables that may hold another URL, in order of precedence
	Hosts []string // hosts that the credential may go to; * stands for any letters, as in *.x.ai
}

// Header is a header of every request: a value, or a claim of the login's access token by the names on the way to it.
type Header struct {
	Name, Value string
	Claim       []string
}

// ModelWire is the wire of the models whose names begin with Prefix.
type ModelWire struct {
	Prefix string
	Wire   Wire
}

// KeyBase is the address and the wire for keys that begin with Prefix.
type KeyBase struct {
	Prefix, URL string
	Wire        Wire
}

// NotKey is a credential that is not used: what begins with Prefix, or stands in the variable Env.
type NotKey struct{ Prefix, Env, Why string }

// Kind is a way to authenticate.
type Kind string

// The kinds.
const (
	Key     Kind = "key"     // an API key: of the variables in Env, else of config.yaml
	Device  Kind = "device"  // a login at Issuer, kept in auth.json
	Command Kind = "command" // a command that prints the key
	None    Kind = "none"    // nothing is sent
)

// Auth is one way to authenticate.
type Auth struct {
	Kind    Kind
	Env     []string      // variables that may hold the key, in order of precedence
	Issuer  *oauth.Issuer // who gives out the login
	Layout  authfile.Layout
	File    string        // of another program that keeps the login, below the user's home folder; "" for auth.json
	Command string        // prints the key; run without a shell
	Value   config.Secret // the key itself, from config.yaml
}

// Serve says who answers in place of a server.
type Serve string

// InProcess is the sandbox inside of this process.
const InProcess Serve = "in process"

// Thinking names the form in which a model of the Messages API takes a reasoning effort.
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
	MaxOutput int // tokens sent as the limit of an answer when the user sets none
	Images    bool
	PDF       bool
	Thinking  Thinking
	Price     config.Price // USD per million tokens, decimal strings; empty = unknown
	LongOver  int          // input tokens above which the whole request costs LongPrice
	LongPrice config.Price
	// NoReasoning says that the model takes no reasoning effort.
	NoReasoning bool
}

// Quirks is how a server differs from others of its wire. The zero value is the common way of each wire.
type Quirks struct {
	// KeyHeader carries the bare credential; "" is the header of the wire, see Header.
	KeyHeader string
	// MaxTemperature bounds --temperature, which must then be above 0; 0 = unknown. Source: provider-apis §1.4.
	MaxTemperature float64
	// Reasoning is the form in which Chat Completions take an effort, Schema how they are asked for JSON: the words of
	// package wire/chat.
	Reasoning, Schema string
	// CompletionTokens sends max_completion_tokens; Developer sends the system text in that role.
	CompletionTokens, Developer bool
	// NoUsageOption leaves stream_options out, NoStop, NoSampling, NoReasoning and NoLimit say what the server refuses.
	NoUsageOption, NoStop, NoSampling, NoReasoning, NoLimit bool
	// PDF says that Chat Completions take documents; NoSchema that Responses hold no answer to a schema.
	PDF, NoSchema bool
	// DoneIsEnd takes [DONE] without a finish reason for a whole answer.
	DoneIsEnd bool
	// Instructions stand in place of a system text where the server wants one.
	Instructions string
	// NoObfuscation asks OpenAI's own servers for events without padding.
	NoObfuscation bool
	// PlainSchemas says that schemas of tools may hold no patterns, formats and enums with a slash.
	PlainSchemas bool
	// Batch is the server's own batch API, the one of its wire; the zero value is none.
	Batch Batch
	// CacheMarks says that the Messages API takes marks for its prompt cache there.
	CacheMarks bool
}

// Batch is what a server takes as one batch, and whether a row in it costs half. Source: facts on batch APIs, a.
type Batch struct {
	Rows  int
	Bytes int64
	Half  bool
}

// Headers that carry the credential bare.
const (
	XAPIKey = "X-Api-Key"
	APIKey  = "Api-Key"
	Bearer  = "Authorization" // as a Bearer token, where the wire itself would do otherwise
)

// Custom is the id of the row for a server of the user's own whose address is model.base_url.
const Custom = "custom"

// PricesVerified is the day on which a source last showed the prices of the catalogue.
const PricesVerified = "2026-10-20"
