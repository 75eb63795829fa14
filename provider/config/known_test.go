package config

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// placed is a file that holds value under the key, which is on line 3 at the latest, after a comment and a foreign key.
func placed(path, value string) (text string, key string) {
	parts := strings.Split(strings.NewReplacer("<name>", "lab", "<n>", "0").Replace(path), ".")
	return "# c\nforeign: {x: [1]}\n" + flow(parts, value) + "\n", strings.Join(parts, ".")
}

func flow(parts []string, value string) string {
	text := parts[0] + ": " + value
	if len(parts) > 1 {
		text = parts[0] + ": {" + flow(parts[1:], value) + "}"
		if parts[1] == "0" {
			item := value
			if len(parts) > 2 {
				item = "{" + flow(parts[2:], value) + "}"
			}
			text = parts[0] + ": [" + item + "]"
		}
	}
	return text
}

// wrong are values that no key of the type takes, with a word of what is said of them.
func wrong(k Key) map[string]string {
	switch k.Type {
	case "string", "text":
		return map[string]string{"7": "must be text, not a number (put it in quotes)", "true": "must be text, not true or false", "2024-01-01": "must be text, not a date", "[a]": "must be text, not a list", "{a: b}": "must be text, not a mapping"}
	case "int":
		return map[string]string{"many": "whole number", "1.5": "whole number", "-1": "must be at least", "[1]": "whole number", "true": "whole number", "'5'": "whole number", "99999999999999999999": "whole number"}
	case "float":
		return map[string]string{"hot": "must be a number", "-1": "must be a number, 0 or more", ".inf": "must be a number", ".nan": "must be a number", "[1]": "must be a number"}
	case "bool":
		return map[string]string{"maybe": "true or false", "1": "true or false", "'yes'": "true or false", "[true]": "true or false"}
	case "duration":
		return map[string]string{"soon": "must be a time such as 10s", "-1s": "must be a time", "-5": "must be a time", "1.5": "must be a time", "[1s]": "must be a time", "true": "must be a time", "99999999999999": "must be a time"}
	case "decimal":
		return map[string]string{"cheap": "decimal number such as 0.30", "-1": "decimal", "1e3": "decimal", "'1,5'": "decimal", "[1]": "decimal", "true": "decimal"}
	case "enum":
		return map[string]string{"sideways": "must be one of " + k.Values[0], "[a]": "must be text", "7": "must be text"}
	case "words":
		return map[string]string{"{a: b}": "must be a list"}
	case "seconds":
		return map[string]string{"soon": "must be a number of seconds", "-1": "must be a number", "0": "must be a number", "[1]": "must be a number", "true": "must be a number"}
	case "flag", "verify":
		return map[string]string{"2026-01-01": "true or false", "[true]": "true or false"}
	case "list":
		return map[string]string{"text": "must be a list", "7": "must be a list"}
	case "map":
		return map[string]string{"text": "must be a mapping", "7": "must be a mapping"}
	}
	return nil
}

// TestKnownKeysAreStrict: a known key with a wrong type or value is a config error naming file, line and key; a row of
// providers keeps it to itself, so that a run with another provider is not disturbed.
func TestKnownKeysAreStrict(t *testing.T) {
	t.Parallel()
	for _, k := range Keys(runFlags()...) {
		if k.Path == "model" || k.Path == "fallback_providers" || k.Path == "fallback_model" {
			continue // these take more than one shape
		}
		for value, says := range wrong(k) {
			if k.Path == "model.default" && strings.HasPrefix(value, "{") {
				continue // an old form: a mapping where the name belongs
			}
			text, key := placed(k.Path, value)
			if k.Path == "providers.<name>.transport" && strings.HasPrefix(says, "must be text") {
				says = "must be text"
			}
			path := write(t, text)
			c, err := Load(path, runFlags()...)
			if strings.HasPrefix(k.Path, "providers.<name>") && err == nil && len(c.Providers) == 1 {
				err = c.Providers[0].Err
			}
			if strings.HasPrefix(k.Path, "mcp_servers.<name>") && err == nil && len(c.MCPServers) == 1 {
				err = c.MCPServers[0].Err
			}
			ofPairs := k.Path == "providers.<name>.headers.<name>" || k.Path == "mcp_servers.<name>.headers.<name>" || k.Path == "mcp_servers.<name>.env.<name>"
			if ofPairs && !strings.ContainsAny(value, "[{") {
				continue // a header's or a variable's number counts as the text that it is
			}
			want := fmt.Sprintf("%s:3: %s: ", path, key)
			if class(err) != "config" || !strings.HasPrefix(err.Error(), want) && !strings.HasPrefix(err.Error(), want[:len(want)-2]+".") || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %s: %v, want %s…%s", k.Path, value, err, want, says)
			}
		}
	}
}

// TestNullAndEmptyAreAbsent: of every known key, since files of Hermes Agent hold many of them.
func TestNullAndEmptyAreAbsent(t *testing.T) {
	t.Parallel()
	for _, k := range Keys(runFlags()...) {
		for _, value := range []string{"", "null", "~", "''"} {
			text, key := placed(k.Path, value)
			if _, err := Load(write(t, text), runFlags()...); err != nil && (k.Path != "fallback_providers.<n>" || value != "''") {
				t.Errorf("%s: %q: %v", key, value, err)
			}
		}
	}
}

// TestKeysAreWholeAndDistinct: each is there once, with a type and a help line.
func TestKeysAreWholeAndDistinct(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range Keys(runFlags()...) {
		if seen[k.Path] || k.Type == "" || k.Help == "" || strings.HasSuffix(k.Help, ".") || (k.Type == "enum") != (len(k.Values) > 0) {
			t.Errorf("%+v", k)
		}
		seen[k.Path] = true
		if k.Default == "" {
			continue
		}
		if n, err := coerce(k, true, k.Default); err != nil || n == nil {
			t.Errorf("%s: its own default %q: %v", k.Path, k.Default, err)
		}
	}
	for _, name := range Names(runFlags()...) {
		if strings.Contains(name, "<") || name != "model" && name != "provider" && !seen[name] {
			t.Errorf("%s is offered to complete", name)
		}
	}
}

// runFlags are keys as the flags of a run declare them, each type at least once.
func runFlags() []Key {
	return []Key{
		{Path: "oneshot.retries", Type: "int", Default: "3", Help: "x"},
		{Path: "oneshot.max_tokens", Type: "int", Min: 1, Help: "x"},
		{Path: "oneshot.idle_timeout", Type: "duration", Default: "120s", Help: "x"},
		{Path: "oneshot.deadline", Type: "duration", Help: "x"},
		{Path: "oneshot.temperature", Type: "float", Help: "x"},
		{Path: "oneshot.max_cost", Type: "decimal", Help: "x"},
		{Path: "oneshot.usage_ledger", Type: "bool", Default: "true", Help: "x"},
		{Path: "oneshot.atomic", Type: "bool", Default: "false", Help: "x"},
		{Path: "oneshot.stop", Type: "list", Help: "x"},
		{Path: "oneshot.system", Type: "text", Help: "x"},
		{Path: "oneshot.ca_file", Type: "string", Help: "x"},
		{Path: "oneshot.output_format", Type: "enum", Default: "text", Values: []string{"text", "json", "stream-json"}, Help: "x"},
	}
}

// TestLoadFlags: the section oneshot is read by the types of its keys, and a key that no flag has is a warning.
func TestLoadFlags(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		"retries: 0": 0, "retries: 0x2": 2, "max_tokens: 8_192": 8192, "idle_timeout: 10": 10 * time.Second, "idle_timeout: 250ms": 250 * time.Millisecond,
		"deadline: 1h30m": 90 * time.Minute, "deadline: 0": time.Duration(0), "temperature: 1": 1.0, "temperature: 0.95": 0.95, "max_cost: 0.50": "0.50",
		"usage_ledger: no": false, "usage_ledger: On": true, "atomic: TRUE": true, "stop: [END, ' ', '7']": []string{"END", " ", "7"},
		"system: ' Be brief. '": " Be brief. ", "ca_file: ' ca.pem '": "ca.pem", "output_format: json": "json",
	} {
		c, err := Load(write(t, "oneshot: {"+text+"}\n"), runFlags()...)
		key, _, _ := strings.Cut(text, ":")
		if err != nil || len(c.Oneshot) != 1 || !reflect.DeepEqual(c.Oneshot[key], want) {
			t.Errorf("%s: %#v, %v, want %#v", text, c, err, want)
		}
	}
	c, err := Load(write(t, "oneshot: {retrys: 1, unheard_of: 1}\n"), runFlags()...)
	if err != nil {
		t.Fatal(err)
	}
	if want := "unknown_key: oneshot.retrys is not a key of this program; did you mean oneshot.retries?\nunknown_key: oneshot.unheard_of is not a key of this program"; strings.Join(c.Warnings, "\n") != want {
		t.Errorf("warnings %q", c.Warnings)
	}
}

// TestReferences: ${NAME} in a known key is the variable's value, whatever the type and the quotes; an unknown name stays.
func TestReferences(t *testing.T) {
	t.Parallel()
	vars := map[string]string{"N": "4", "B": "no", "D": " 7s ", "F": "0.5", "P": "0.30", "M": "gpt", "H": "h.example", "BAD": "many"}
	lookup := func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
	c, err := LoadWith(write(t, `model: {default: "${M}-${N}", base_url: "http://${H}/${NONE}/${"}
providers: {lab: {base_url: "http://${H}", headers: {X-A: "v${N}"}, models: ["${M}"]}}
foreign: "${M}"
oneshot: {retries: "${N}", atomic: "${B}", usage_ledger: '${B}', deadline: "${D}", temperature: "${F}", max_cost: "${P}", system: "${M}\n", stop: ["${M} "]}
`), lookup, runFlags()...)
	if err != nil {
		t.Fatal(err)
	}
	o := c.Oneshot
	got := fmt.Sprintf("%s %s %s %v %v %d %v %v %s %v %s %q %q", c.Model.Default, c.Model.BaseURL, c.Providers[0].BaseURL, c.Providers[0].Headers, c.Providers[0].Models, o["retries"], o["atomic"], o["usage_ledger"], o["deadline"], o["temperature"], o["max_cost"], o["system"], o["stop"])
	if want := `gpt-4 http://h.example/${NONE}/${ http://h.example map[X-A:v4] [gpt] 4 false false 7s 0.5 0.30 "gpt\n" ["gpt "]`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, err := LoadWith(write(t, "oneshot: {retries: \"${BAD}\"}"), lookup, runFlags()...); class(err) != "config" || !strings.Contains(err.Error(), "oneshot.retries: must be a whole number") {
		t.Errorf("a variable of the wrong type: %v", err)
	}
}
