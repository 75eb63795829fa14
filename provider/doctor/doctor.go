// Package doctor examines a home folder and tells what a run would meet there.
//
// A check is a name and a function; every check runs, whatever the others found, and none asks a question, takes a lock
// or waits without a bound. Only a check of the section Network makes a request, and only with --online.
package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"hermes/provider"
)

// Level says how bad a finding is.
type Level string

// The levels. Only Problem makes a home unhealthy.
const (
	OK      Level = "ok"
	Warning Level = "warning"
	Problem Level = "problem"
)

// Finding is one line of the report. It never holds a secret.
type Finding struct {
	Level Level  `json:"level"`
	Text  string `json:"text"`
	Fixed bool   `json:"fixed,omitempty"` // it was worse before --fix
	// Fixable says that --fix mends it.
	Fixable bool `json:"fixable,omitempty"`

	fix func() error
}

// Section is a heading and what stands under it.
type Section struct {
	Name     string    `json:"name"`
	Findings []Finding `json:"findings"`
}

// Report is all that was found; its JSON names are a promise.
type Report struct {
	V        int       `json:"v"` // 1
	Healthy  bool      `json:"healthy"`
	Sections []Section `json:"sections"`
}

// Command is `hermes doctor`: its flags are the fields, for a parser that reads the tags.
type Command struct {
	JSON   bool `help:"As JSON."`
	Fix    bool `help:"Take read access to secret files away from others."`
	Online bool `help:"Also try the provider's server: proxy, DNS, TLS, clock, its API, the key, the model."`
}

// Env is the home and the outside that the checks look at.
type Env struct {
	Name string // that the program was called by; "" is hermes
	Home string
	// Session is the opened home, nil when Broken says why it could not be opened.
	Session *provider.Session
	Broken  error
	Getenv  func(string) string
	// Dial makes the transport of a run, for the checks of the section Network.
	Dial func() (http.RoundTripper, error)
	// Endpoint is where a run by the choice sends its requests, and the name of the API that it expects there.
	Endpoint func(c *provider.Choice) (address, api string)
	// Models asks the choice's server which models it has, and renews no login for it. May be nil.
	Models func(ctx context.Context, c *provider.Choice) ([]string, error)
	Now    func() time.Time
	// Tools are the servers of tools that are switched on.
	Tools []Tool
}

// Tool is a server of tools, with what starts it and counts its tools.
type Tool struct {
	Name string
	Try  func(context.Context) (tools int, err error)
}

// check examines one thing.
type check struct {
	section string
	run     func(context.Context, Env) []Finding
}

// checks lists every check in the order of the report.
func checks(online bool) []check {
	all := []check{
		{"Program", program},
		{"Home", home},
		{"Configuration", configuration},
		{"Resolution", resolution},
		{"Auth Providers", authProviders},
		{"Prices", prices},
	}
	if online {
		all = append(all, check{"Network", network}, check{"Tools", tools})
	}
	return all
}

// Run examines everything, mends what --fix may mend, and writes the report. It tells whether the home is healthy.
func (c *Command) Run(ctx context.Context, e Env, out io.Writer) (healthy bool, err error) {
	report := Report{V: 1, Healthy: true}
	for _, k := range checks(c.Online) {
		s := Section{Name: k.section, Findings: k.run(ctx, e)}
		for i := range s.Findings {
			f := &s.Findings[i]
			f.Fixable = f.fix != nil
			if c.Fix && f.fix != nil {
				f.mend()
			}
			report.Healthy = report.Healthy && f.Level != Problem
		}
		report.Sections = append(report.Sections, s)
	}
	raw, err := report.text(), error(nil)
	if c.JSON {
		raw, err = json.MarshalIndent(report, "", "  ")
		raw = append(raw, '\n')
	}
	if err == nil {
		_, err = out.Write(raw)
	}
	return report.Healthy, err
}

func (f *Finding) mend() {
	if err := f.fix(); err != nil {
		f.Text += "; --fix failed: " + err.Error()
		return
	}
	f.Level, f.Fixed, f.Fixable = OK, true, false
}

// text is the report for people.
func (r Report) text() []byte {
	marks := map[Level]string{OK: "✓", Warning: "⚠", Problem: "✗"}
	var b strings.Builder
	problems := 0
	for _, s := range r.Sections {
		fmt.Fprintf(&b, "◆ %s\n", s.Name)
		for _, f := range s.Findings {
			tail := ""
			switch {
			case f.Fixed:
				tail = " — fixed"
			case f.Fixable:
				tail = " — hermes doctor --fix mends it"
			}
			fmt.Fprintf(&b, "  %s %s%s\n", marks[f.Level], f.Text, tail)
			if f.Level == Problem {
				problems++
			}
		}
		b.WriteByte('\n')
	}
	switch problems {
	case 0:
		b.WriteString("No problem found.\n")
	case 1:
		b.WriteString("1 problem found.\n")
	default:
		fmt.Fprintf(&b, "%d problems found.\n", problems)
	}
	return []byte(b.String())
}

func found(level Level, format string, args ...any) Finding {
	return Finding{Level: level, Text: fmt.Sprintf(format, args...)}
}
