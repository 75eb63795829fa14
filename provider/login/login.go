// Package login holds what the commands `hermes auth …` do.
//
// A [Commands] knows the home's store and .env and talks to a person through a
// [UI]; the caller says with an [Account] which provider is meant. Nothing
// here reads flags, looks a provider up by name, or ends the process: the
// caller fills accounts from its catalogue and turns an error's class into an
// exit code.
//
// Texts for people go to UI.Err, one line each with "hermes: " first; UI.Out
// carries what was asked for: a table, a state, a token, JSON.
//
// Caveats:
//
//   - A login replaces the stored one only after it was approved. Whatever
//     ends it earlier leaves auth.json as it was.
//   - No function writes config.yaml. A login becomes active_provider, which
//     decides only where config.yaml names no provider.
//   - Names and texts from auth.json and from the portal are printed without
//     their control characters. Tokens and keys are printed by Token alone.
package login

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"hermes/authfile"
	"hermes/provider/oauth"
)

// UI is the outside of a command.
type UI struct {
	In       io.Reader // not a terminal unless Terminal
	Out, Err io.Writer

	Terminal    bool // stdin and stderr are terminals
	OutTerminal bool // stdout is one

	// ReadSecret asks on the terminal without echo and ends with ctx. nil
	// where stdin is no terminal.
	ReadSecret func(ctx context.Context, prompt string) (string, error)
	// OpenBrowser opens a page, see Browser. nil: BrowserWhy says why not.
	OpenBrowser func(url string) error
	BrowserWhy  string

	// Show puts the page and the code of a login on a terminal, whatever characters they have; Await counts down there to the code's
	// end, until stop is called. nil where stderr is none.
	Show  func(page, code string)
	Await func(what string, until time.Time) (stop func())

	Getenv func(string) string
}

// The kinds of an Account.
const (
	KindOAuth = "oauth" // logs in at Issuer; may have KeyEnv as a second way in
	KindKey   = "key"   // an API key under KeyEnv
	KindNone  = "none"  // needs nothing
)

// Account is a provider as far as its credential goes.
type Account struct {
	ID        string       // key in auth.json
	Name      string       // for people
	Kind      string       // KindOAuth, KindKey or KindNone
	Issuer    oauth.Issuer // who gives out the login, of KindOAuth
	Inference string       // base URL that the token is for
	Layout    authfile.Layout
	Store     *authfile.Store // where its login stands, where that is not Commands.Store; else nil
	File      string          // of another program that makes the login, "" for none
	KeyEnv    string          // name of the API key's variable, "" for none
	Label     string          // of the row that a login makes in the pool; "" for one out of the token
	passive   bool            // another provider is the active one of auth.json
	elsewhere string          // the portal, where it is not the issuer's
	Typed     bool            // the person typed Portal or Inference: what is wrong with them is usage
}

// AddArgs are what `hermes auth add` needs to log in to the account: its id,
// and the kind where it would ask for a key.
func (a Account) AddArgs() string {
	if a.Kind == KindOAuth && a.KeyEnv != "" {
		return a.ID + " --type oauth"
	}
	return a.ID
}

// AddHint says how the account gets a credential.
func (a Account) AddHint() string {
	if a.File != "" {
		return "log in with " + a.Issuer.Dialect.Elsewhere + ", which keeps its login in " + a.File
	}
	return "run: hermes auth add " + a.AddArgs()
}

// store is where the login of the account stands.
func (c Commands) store(a Account) *authfile.Store {
	if a.Store != nil {
		return a.Store
	}
	return c.Store
}

// Commands is where logins are made, shown and removed. Its methods print through
// UI; their errors have a method Class.
type Commands struct {
	UI        UI
	Store     *authfile.Store
	EnvFile   string // the home's .env
	Transport http.RoundTripper
	Task      Task // of a helper process, see Told

	// ConfigProvider is the id that config.yaml's model.provider resolves to,
	// "" when it names none (or auto).
	ConfigProvider string
}

// Error is a failure of this package's own.
type Error struct {
	ErrClass, Message string
	Advice            string // what to do next, "" where the class says it
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Class names the error class, from which the exit code follows.
func (e *Error) Class() string { return e.ErrClass }

// Hint is what to do next, "" where the class says it.
func (e *Error) Hint() string { return e.Advice }

func failf(class, format string, args ...any) error {
	return &Error{ErrClass: class, Message: fmt.Sprintf(format, args...)}
}

// advise is failf with what to do next.
func advise(advice, class, format string, args ...any) error {
	return &Error{ErrClass: class, Message: fmt.Sprintf(format, args...), Advice: advice}
}

// say writes one line for people.
func (c Commands) say(format string, args ...any) {
	fmt.Fprintf(c.UI.Err, "hermes: "+format+"\n", args...)
}

// print writes v to stdout as one line of JSON.
func (c Commands) print(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return failf("internal", "cannot encode the answer: %v", err)
	}
	return c.write(string(raw) + "\n")
}

// write hands an error of stdout on as it is: the caller knows how it is told.
func (c Commands) write(s string) error {
	_, err := io.WriteString(c.UI.Out, s)
	return err
}
