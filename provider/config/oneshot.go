package config

import (
	"hermes/provider/config/yamledit"
)

func oneshotFields() []field[Oneshot] {
	return []field[Oneshot]{
		{Key: Key{Path: "retries", Type: "int", Default: "3", Help: "tries after a failure that may pass"}, dest: func(o *Oneshot) any { return &o.Retries }},
		{Key: Key{Path: "connect_timeout", Type: "duration", Default: "10s", Help: "longest wait for a connection"}, dest: func(o *Oneshot) any { return &o.ConnectTimeout }},
		{Key: Key{Path: "first_byte_timeout", Type: "duration", Default: "300s", Help: "longest wait for the answer to begin"}, dest: func(o *Oneshot) any { return &o.FirstByteTimeout }},
		{Key: Key{Path: "idle_timeout", Type: "duration", Default: "120s", Help: "longest silence inside an answer"}, dest: func(o *Oneshot) any { return &o.IdleTimeout }},
		{Key: Key{Path: "deadline", Type: "duration", Help: "longest duration of a whole run; none by default"}, dest: func(o *Oneshot) any { return &o.Deadline }},
		{Key: Key{Path: "lock_timeout", Type: "duration", Default: "30s", Help: "longest wait for another process that renews the login"}, dest: func(o *Oneshot) any { return &o.LockTimeout }},
		{Key: Key{Path: "stdin_wait", Type: "duration", Help: "longest wait for the first byte on stdin; no limit by default"}, dest: func(o *Oneshot) any { return &o.StdinWait }},
		{Key: Key{Path: "stdin", Type: "enum", Default: "auto", Values: []string{"auto", "never", "require"}, Help: "whether stdin is read"}, dest: func(o *Oneshot) any { return &o.Stdin }},
		{Key: Key{Path: "max_tokens", Type: "int", Help: "most tokens of an answer"}, min: 1, dest: func(o *Oneshot) any { return &o.MaxTokens }},
		{Key: Key{Path: "temperature", Type: "float", Help: "sampling temperature"}, dest: func(o *Oneshot) any { return &o.Temperature }},
		{Key: Key{Path: "top_p", Type: "float", Help: "nucleus sampling"}, dest: func(o *Oneshot) any { return &o.TopP }},
		{Key: Key{Path: "stop", Type: "list", Help: "texts that end the answer"}, dest: func(o *Oneshot) any { return &o.Stop }},
		{Key: Key{Path: "reasoning", Type: "enum", Values: []string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}, Help: "how much the model thinks first"}, dest: func(o *Oneshot) any { return &o.Reasoning }},
		{Key: Key{Path: "system", Type: "text", Help: "system prompt"}, dest: func(o *Oneshot) any { return &o.System }},
		{Key: Key{Path: "system_file", Type: "string", Help: "file with the system prompt"}, dest: func(o *Oneshot) any { return &o.SystemFile }},
		{Key: Key{Path: "output_format", Type: "enum", Default: "text", Values: []string{"text", "json", "stream-json"}, Help: "what stdout carries"}, dest: func(o *Oneshot) any { return &o.OutputFormat }},
		{Key: Key{Path: "schema_retries", Type: "int", Default: "1", Help: "corrective turns after an answer that fails its schema"}, dest: func(o *Oneshot) any { return &o.SchemaRetries }},
		{Key: Key{Path: "show_thinking", Type: "bool", Default: "false", Help: "reasoning on stderr"}, dest: func(o *Oneshot) any { return &o.ShowThinking }},
		{Key: Key{Path: "atomic", Type: "bool", Default: "false", Help: "nothing on stdout until the answer is complete"}, dest: func(o *Oneshot) any { return &o.Atomic }},
		{Key: Key{Path: "quiet", Type: "bool", Default: "false", Help: "no notices on stderr"}, dest: func(o *Oneshot) any { return &o.Quiet }},
		{Key: Key{Path: "fallback", Type: "bool", Default: "true", Help: "whether fallback_providers are tried"}, dest: func(o *Oneshot) any { return &o.Fallback }},
		{Key: Key{Path: "over_limit", Type: "enum", Default: "fail", Values: []string{"fail", "head", "tail", "middle", "map-reduce"}, Help: "what happens to input beyond the context window"}, dest: func(o *Oneshot) any { return &o.OverLimit }},
		{Key: Key{Path: "max_cost", Type: "decimal", Help: "most USD that a run may cost"}, dest: func(o *Oneshot) any { return &o.MaxCost }},
		{Key: Key{Path: "ca_file", Type: "string", Help: "PEM file with the certificates to trust"}, dest: func(o *Oneshot) any { return &o.CAFile }},
		{Key: Key{Path: "usage_ledger", Type: "bool", Default: "true", Help: "one line for every run in usage.jsonl"}, dest: func(o *Oneshot) any { return &o.UsageLedger }},
	}
}

func priceFields() []field[Price] {
	return []field[Price]{
		{Key: Key{Path: "input", Type: "decimal", Help: "USD per million input tokens"}, dest: func(p *Price) any { return &p.Input }},
		{Key: Key{Path: "output", Type: "decimal", Help: "USD per million output tokens"}, dest: func(p *Price) any { return &p.Output }},
		{Key: Key{Path: "cache_read", Type: "decimal", Help: "USD per million tokens read from the cache"}, dest: func(p *Price) any { return &p.CacheRead }},
		{Key: Key{Path: "cache_write", Type: "decimal", Help: "USD per million tokens written to the cache"}, dest: func(p *Price) any { return &p.CacheWrite }},
	}
}

// prices reads the table by model name.
func (r *reader) prices(root *yamledit.Node) map[string]Price {
	m := r.section(root, "prices", "prices")
	if m == nil || len(m.Content) == 0 {
		return nil
	}
	out := make(map[string]Price, len(m.Content)/2)
	for i := 0; i+1 < len(m.Content); i += 2 {
		name := m.Content[i].Value
		if m.Content[i].Tag == "!!merge" {
			continue
		}
		key := yamledit.JoinKey("prices", name)
		if row := r.section(m, name, key); row != nil {
			var p Price
			readFields(r, row, key, priceFields(), &p)
			out[name] = p
		}
	}
	return out
}
