package oneshot

import (
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"hermes/oneshot/bill"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
)

// Fill puts into the job what the flags say, after Default. It reads the files that are settings; flags that make no
// sense, alone or together, are refused before that. Classes: usage, no_input.
func (f *Flags) Fill(ctx context.Context, job *Job, stdin *os.File, terminal bool) error {
	job.Limits, job.Input = f.Limits(), f.Source(stdin, terminal)
	if err := f.sane(); err != nil {
		return err
	}
	if err := job.Input.Check(); err != nil {
		return err
	}
	job.Params = Params{System: f.System, Temperature: f.Temperature, TopP: f.TopP, Stop: f.Stop, Reasoning: f.Reasoning}
	if f.MaxTokens != nil {
		job.Params.MaxTokens = *f.MaxTokens
	}
	if f.SystemFile != "" {
		raw, err := job.Input.Setting(ctx, "--system-file", f.SystemFile)
		if err != nil {
			return err
		}
		job.Params.System = string(raw)
	}
	if err := f.converse(ctx, job); err != nil {
		return err
	}
	job.SchemaRetries, job.Extract = *f.SchemaRetries, f.Extract
	return f.schema(ctx, job)
}

// schema compiles --output-schema: a file, or the schema itself.
func (f *Flags) schema(ctx context.Context, job *Job) (err error) {
	name, raw := f.OutputSchema, []byte(f.OutputSchema)
	switch {
	case name == "":
		return nil
	case inline(name):
		name = "in the line"
	default:
		if raw, err = job.Input.Setting(ctx, "--output-schema", name); err != nil {
			return err
		}
	}
	job.Schema, err = NewSchema(name, raw)
	return err
}

// inline reports a value of --output-schema that is the schema itself.
func inline(schema string) bool { return strings.HasPrefix(strings.TrimSpace(schema), "{") }

// sane refuses values that no run can have.
func (f *Flags) sane() error {
	for name, d := range map[string]*time.Duration{
		"stdin-wait": f.StdinWait, "connect-timeout": f.ConnectTimeout, "first-byte-timeout": f.FirstByteTimeout,
		"idle-timeout": f.IdleTimeout, "deadline": f.Deadline, "lock-timeout": f.LockTimeout, "wait-for-quota": f.WaitForQuota, "cache": f.Cache,
	} {
		if d != nil && *d < 0 {
			return misuse("--%s %v: a bound is not negative", name, *d)
		}
	}
	for name, n := range map[string]*int{"retries": f.Retries, "schema-retries": f.SchemaRetries} {
		if n != nil && *n < 0 {
			return misuse("--%s %d: a count is not negative", name, *n)
		}
	}
	if f.JSON && f.OutputFormat != "json" {
		return misuse("--json and --output-format %s exclude each other", f.OutputFormat)
	}
	if f.Extract.Wanted && f.OutputSchema != "" {
		return misuse("--extract and --output-schema exclude each other: an answer that fits a schema is the JSON alone")
	}
	if f.IfChanged != "" && f.Thread != "" {
		return misuse("--if-changed and --thread exclude each other: each turn changes the conversation")
	}
	if f.IfChanged == "-" {
		return misuse("--if-changed needs a file: - is not one")
	}
	if f.Record == "-" {
		return misuse("--record needs a file: - is not one")
	}
	if f.MaxTokens != nil && *f.MaxTokens < 1 {
		return misuse("--max-tokens %d: an answer has at least one token", *f.MaxTokens)
	}
	for name, n := range map[string]*int{"rpm": f.RPM, "tpm": f.TPM} {
		if n != nil && *n < 1 {
			return misuse("--%s %d: a limit is at least 1", name, *n)
		}
	}
	for flag, name := range map[string]string{"--provider": f.Provider, "--model": f.Model} {
		if err := input.CheckText(flag, []byte(name)); err != nil {
			return err
		}
	}
	if err := (Params{Temperature: f.Temperature, TopP: f.TopP}).numbers(); err != nil {
		return err
	}
	if f.MaxCost != "" {
		if _, ok := bill.Dollars(f.MaxCost); !ok {
			return misuse("--max-cost %q is not an amount in USD", f.MaxCost)
		}
	}
	return nil
}

// numbers refuses what no model can take, NaN above all, which JSON cannot say.
func (p Params) numbers() error {
	if v := p.Temperature; v != nil && !(*v >= 0 && *v <= math.MaxFloat32) {
		return misuse("--temperature %v is not a number from 0 on", *v)
	}
	if v := p.TopP; v != nil && !(*v >= 0 && *v <= 1) {
		return misuse("--top-p %v is not a number from 0 to 1", *v)
	}
	return nil
}

// check refuses what is not UTF-8 text: it would be sent as it is.
func (p Params) check() error {
	if err := p.numbers(); err != nil {
		return err
	}
	if err := input.CheckText("the system prompt", []byte(p.System)); err != nil {
		return err
	}
	for _, s := range p.Stop {
		if err := input.CheckText("--stop", []byte(s)); err != nil {
			return err
		}
	}
	return nil
}

func misuse(format string, args ...any) error {
	return &input.Error{ErrClass: class.Usage, Msg: fmt.Sprintf(format, args...)}
}
