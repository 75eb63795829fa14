package sandbox

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Command is `hermes sandbox`: its flags are the fields, for a parser that reads the tags.
type Command struct {
	Faults           string        `arg:"" optional:"" enum:"faults," default:"" placeholder:"faults" help:"List every fault on a line of its own, and serve nothing."`
	Listen           string        `default:"127.0.0.1:0" placeholder:"ADDR" help:"Address to serve on."`
	Script           string        `placeholder:"FILE" help:"Answers from a YAML file."`
	Wire             []string      `sep:"none" placeholder:"API" help:"Serve this API alone: anthropic, chat, responses or gemini; may be repeated."`
	Fault            string        `placeholder:"LIST" help:"Faults for requests that bring none of their own, e.g. status=429*1,retry-after=1."`
	Chaos            int64         `placeholder:"SEED" help:"Random faults that replay exactly with the same seed."`
	Cassette         string        `placeholder:"FILE" help:"Serve the exchanges of a recording."`
	Log              string        `placeholder:"FILE" help:"Log requests as JSON lines, redacted."`
	AutoApprove      bool          `help:"Approve every login without a person."`
	TokenTTL         time.Duration `placeholder:"D" name:"token-ttl" default:"15m" help:"Life of an access token (default 15m)."`
	PollInterval     time.Duration `placeholder:"D" default:"2s" help:"Interval that the login asks for (default 2s)."`
	ExpiresIn        string        `placeholder:"UNIT" enum:"ms,s,epoch-s" default:"ms" help:"Encoding of expired_in: ms (default), s, epoch-s."`
	Grace            time.Duration `placeholder:"D" help:"How long a spent refresh token is answered again."`
	BatchTime        time.Duration `placeholder:"D" default:"1s" help:"How long a batch of a batch API takes (default 1s)."`
	ClockSkew        time.Duration `placeholder:"D" help:"Move the server's clock."`
	RedirectOAuth    bool          `name:"redirect-oauth" help:"Answer the login with a 307 to a second port."`
	AnyToken         bool          `help:"Accept any credential, and none, for inference."`
	AllowRemote      bool          `help:"Allow an address that is not loopback."`
	ExitOnStdinClose bool          `help:"Stop when stdin closes."`
}

// CommandError is a flag that cannot be served, or a sink that cannot be written.
type CommandError struct{ ErrClass, Msg string }

// Error implements error.
func (e *CommandError) Error() string { return e.Msg }

// Class is usage or io.
func (e *CommandError) Class() string { return e.ErrClass }

// Run serves the sandbox until a signal, or until stdin closes.
func (c *Command) Run(ctx context.Context, stdin io.Reader, stdout io.Writer, decode func(name string, raw []byte, v any) error) error {
	if c.Faults != "" {
		return listFaults(stdout)
	}
	o := Options{
		Fault: c.Fault, Chaos: c.Chaos, AutoApprove: c.AutoApprove, TokenTTL: c.TokenTTL, PollInterval: c.PollInterval, ExpiresIn: c.ExpiresIn,
		Grace: c.Grace, ClockSkew: c.ClockSkew, RedirectOAuth: c.RedirectOAuth, AnyToken: c.AnyToken, BatchTime: c.BatchTime, AllowRemote: c.AllowRemote, Wires: c.Wire,
	}
	if c.Script != "" {
		raw, err := os.ReadFile(c.Script)
		if err != nil {
			return &CommandError{"usage", "--script: " + err.Error()}
		}
		o.Script = &Script{}
		if err := decode(c.Script, raw, o.Script); err != nil {
			return err
		}
	}
	if c.Cassette != "" {
		f, err := os.Open(c.Cassette)
		if err != nil {
			return &CommandError{"usage", "--cassette: " + err.Error()}
		}
		defer f.Close()
		o.Cassette = f
	}
	if c.Log != "" {
		f, err := os.OpenFile(c.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return &CommandError{"io", "--log: " + err.Error()}
		}
		defer f.Close()
		o.Log = f
	}
	srv, err := New(o)
	if err != nil {
		return &CommandError{"usage", err.Error()}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if _, err := srv.Listen(ctx, c.Listen); err != nil {
		return &CommandError{"usage", err.Error()}
	}
	if err := srv.Announce(stdout); err != nil {
		return err // of the system: whoever explains it sees a reader that is gone
	}
	if c.ExitOnStdinClose {
		go func() {
			_, _ = io.Copy(io.Discard, stdin)
			stop()
		}()
	}
	return srv.Wait() // a signal is how it is meant to end
}

// listFaults writes the table of faults: what it meets, how it is written, what it does.
func listFaults(w io.Writer) error {
	var b strings.Builder
	for _, f := range Faults() {
		fmt.Fprintf(&b, "%-9s  %-18s  %s\n", f.Scope, f.Name+f.Arg, f.Doc)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
