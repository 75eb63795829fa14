package oneshot

import (
	"cmp"
	"strings"
	"time"
)

// Defaults stand behind the flags: the section oneshot of config.yaml, field by field. A nil pointer, an empty string or a
// nil slice was not said there.
type Defaults struct {
	Retries          *int
	SchemaRetries    *int
	MaxTokens        *int
	ConnectTimeout   *time.Duration
	FirstByteTimeout *time.Duration
	IdleTimeout      *time.Duration
	Deadline         *time.Duration
	LockTimeout      *time.Duration
	StdinWait        *time.Duration
	Temperature      *float64
	TopP             *float64
	UsageLedger      *bool
	ShowThinking     *bool
	Atomic           *bool
	Quiet            *bool
	Fallback         *bool
	Stop             []string
	System           string
	SystemFile       string
	CAFile           string
	Reasoning        string
	OutputFormat     string
	Stdin            string
	OverLimit        string
	MaxCost          string
}

// Default fills in what no flag said: from config.yaml, else the built-in value.
func (f *Flags) Default(d Defaults) {
	f.Retries = said(f.Retries, d.Retries, 3)
	f.SchemaRetries = said(f.SchemaRetries, d.SchemaRetries, 1)
	f.ConnectTimeout = said(f.ConnectTimeout, d.ConnectTimeout, 10*time.Second)
	f.FirstByteTimeout = said(f.FirstByteTimeout, d.FirstByteTimeout, 300*time.Second)
	f.IdleTimeout = said(f.IdleTimeout, d.IdleTimeout, 120*time.Second)
	f.Deadline = said(f.Deadline, d.Deadline, 0)
	f.ShowThinking = said(f.ShowThinking, d.ShowThinking, false)
	f.Atomic = said(f.Atomic, d.Atomic, false)
	f.Quiet = said(f.Quiet, d.Quiet, false)
	f.Fallback = said(f.Fallback, d.Fallback, true)
	f.MaxTokens, f.StdinWait = cmp.Or(f.MaxTokens, d.MaxTokens), cmp.Or(f.StdinWait, d.StdinWait)
	f.Temperature, f.TopP = cmp.Or(f.Temperature, d.Temperature), cmp.Or(f.TopP, d.TopP)
	if f.Stop == nil {
		f.Stop = d.Stop
	}
	if f.System == "" && f.SystemFile == "" {
		f.System, f.SystemFile = d.System, d.SystemFile
	}
	f.CAFile, f.Reasoning, f.MaxCost = cmp.Or(f.CAFile, d.CAFile), cmp.Or(f.Reasoning, d.Reasoning), cmp.Or(f.MaxCost, d.MaxCost)
	f.Stdin, f.OverLimit = cmp.Or(f.Stdin, d.Stdin, "auto"), cmp.Or(f.OverLimit, d.OverLimit, "fail")
	if f.JSON {
		f.OutputFormat = cmp.Or(f.OutputFormat, "json")
	}
	f.OutputFormat = cmp.Or(f.OutputFormat, d.OutputFormat, "text")
}

// said is the flag, else the key of config.yaml, else the built-in value.
func said[T any](flag, key *T, otherwise T) *T { return cmp.Or(flag, key, &otherwise) }

// Limits are the bounds that the flags set, after Default.
func (f *Flags) Limits() Limits {
	return Limits{
		Connect: *f.ConnectTimeout, FirstByte: *f.FirstByteTimeout, Idle: *f.IdleTimeout, Deadline: *f.Deadline,
		Retries: *f.Retries, MaxCost: f.MaxCost, OverLimit: f.OverLimit,
	}
}

// Overheard are the flags that say where a run reports, as far as a line that does not parse still shows them.
func Overheard(words []string) Flags {
	var f Flags
	places := map[string]*string{"--output-format": &f.OutputFormat, "--events": &f.Events, "--usage-file": &f.UsageFile}
	for i, word := range words {
		name, value, joined := strings.Cut(word, "=")
		if name == "--json" {
			f.JSON = true
		}
		place, ok := places[name]
		switch {
		case word == "--":
			return f
		case !ok:
		case joined:
			*place = value
		case i+1 < len(words):
			*place = words[i+1]
		}
	}
	if f.OutputFormat != "json" && f.OutputFormat != "stream-json" {
		f.OutputFormat = ""
	}
	if f.Events != "" && named(words, f.Events) > 1 { // it may be an input too, which is not to be overwritten
		f.Events = ""
	}
	return f
}

// named counts the words that are the name of a file, alone or behind a flag.
func named(words []string, name string) int {
	n := 0
	for _, w := range words {
		_, value, joined := strings.Cut(w, "=")
		if w == name || joined && value == name || len(w) > 2 && w[0] == '-' && w[2:] == name {
			n++
		}
	}
	return n
}
