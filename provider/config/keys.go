package config

import (
	"path/filepath"
	"strings"

	"hermes/provider/config/yamledit"
)

// Key describes one known key of config.yaml.
type Key struct {
	Path    string   // dotted; <name> stands for a name the user chooses, <n> for a list index
	Type    string   // string, text (kept with its white space), int, float, bool, duration, decimal, enum, list, map, words (a list or one text), seconds, flag, verify
	Default string   // as written in YAML; "" when there is none
	Help    string   // one line, no full stop
	Values  []string // the words that an enum allows
	Secret  bool     // shown masked
	Legacy  bool     // read, but written under another name
	Min     int      // least value of an int

	also []string // other spellings of the last part, in order of precedence after it
}

// Keys lists the known keys in the order of the documentation, sections before what they hold. flags are those of the
// section oneshot, which the flags of a run declare.
func Keys(flags ...Key) []Key {
	keys := make([]Key, 0, 100) // about as many as there are: completions list them at the start of a shell
	keys = append(keys, Key{Path: "model", Type: "map", Help: "which model and provider a run uses by default"})
	keys = append(keys, keyList("model", modelFields())...)
	keys = append(keys, aliasKeys()...)
	keys = append(keys, Key{Path: "providers", Type: "map", Help: "servers of your own, by name"},
		Key{Path: "providers.<name>", Type: "map", Help: "one server"})
	keys = append(keys, keyList("providers.<name>", rowFields())...)
	keys = append(keys, Key{Path: "providers.<name>.headers.<name>", Type: "string", Help: "one extra request header"},
		Key{Path: "fallback_providers", Type: "list", Help: "what is tried when the chosen provider fails, in order"},
		Key{Path: "fallback_providers.<n>", Type: "map", Help: "one fallback"})
	keys = append(keys, keyList("fallback_providers.<n>", entryFields(""))...)
	keys = append(keys, Key{Path: "auxiliary", Type: "map", Help: "helper models"})
	for _, name := range []string{"vision", "delegation"} {
		keys = append(keys, Key{Path: "auxiliary." + name, Type: "map", Help: "helper model for " + name})
		keys = append(keys, keyList("auxiliary."+name, entryFields("auto"))...)
	}
	keys = append(keys, Key{Path: "oneshot", Type: "map", Help: "defaults of a run's flags"})
	keys = append(keys, flags...)
	for _, k := range flags {
		if k.Type == "list" {
			keys = append(keys, Key{Path: k.Path + ".<n>", Type: "text", Help: "one item of the list"})
		}
	}
	keys = append(keys, toolKeys()...)
	keys = append(keys, Key{Path: "prices", Type: "map", Help: "USD per million tokens, by model"},
		Key{Path: "prices.<name>", Type: "map", Help: "prices of one model"})
	keys = append(keys, keyList("prices.<name>", priceFields())...)
	keys = append(keys, Key{Path: "models_dev", Type: "map", Help: "where facts on models come from"})
	keys = append(keys, keyList("models_dev", modelsDevFields())...)
	keys = append(keys, mcpKeys()...)
	return append(keys, legacyKeys()...)
}

// Names lists the keys that can be typed as they are: no section, no name of the user's own in them.
func Names(flags ...Key) []string {
	all := []string{"model", "provider"}
	for _, k := range Keys(flags...) {
		if k.Type != "map" && !k.Legacy && !strings.Contains(k.Path, "<") {
			all = append(all, k.Path)
		}
	}
	return all
}

func legacyKeys() []Key {
	return []Key{
		{Path: "provider", Type: "string", Legacy: true, Help: "old place of model.provider"},
		{Path: "base_url", Type: "string", Legacy: true, Help: "old place of model.base_url"},
		{Path: "context_length", Type: "int", Legacy: true, Help: "old place of model.context_length"},
		{Path: "fallback_model", Type: "map", Legacy: true, Help: "old name of fallback_providers"},
		{Path: "custom_providers", Type: "list", Legacy: true, Help: "old form of providers"},
	}
}

// Files names the files of a home.
type Files struct {
	Config string // config.yaml
	Env    string // .env
	Auth   string // auth.json
}

// Paths names the files of the home folder; it touches nothing.
func Paths(home string) Files {
	return Files{filepath.Join(home, "config.yaml"), filepath.Join(home, ".env"), filepath.Join(home, "auth.json")}
}

// knownKey finds the known key that the names spell, under any of its spellings.
func knownKey(keys []Key, names []string) (Key, bool) {
	for _, k := range keys {
		pattern := strings.Split(k.Path, ".")
		if matches(pattern, names) {
			return k, true
		}
		for _, other := range k.also {
			pattern[len(pattern)-1] = other
			if matches(pattern, names) {
				return k, true
			}
		}
	}
	return Key{}, false
}

func matches(pattern, names []string) bool {
	if len(pattern) != len(names) {
		return false
	}
	for i, p := range pattern {
		if p != names[i] && p != "<name>" && (p != "<n>" || !yamledit.IsIndex(names[i])) {
			return false
		}
	}
	return true
}

// nearestKey returns the known key that a dotted key was most likely meant to be, with the user's own names in the place
// of <name>, or "". A key without its section (retries) is compared with the last parts.
func nearestKey(keys []Key, key string) string {
	parts := strings.Split(key, ".")
	var whole, leaf []string
	byLeaf := make(map[string]string)
	for _, k := range keys {
		pattern := strings.Split(k.Path, ".")
		if k.Legacy || matches(pattern, parts) {
			continue
		}
		last := pattern[len(pattern)-1]
		for i, p := range pattern {
			if strings.HasPrefix(p, "<") && i < len(parts) {
				pattern[i] = parts[i]
			}
		}
		full := strings.Join(pattern, ".")
		whole = append(whole, full)
		if byLeaf[last] == "" && !strings.Contains(full+last, "<") {
			byLeaf[last] = full
			leaf = append(leaf, last)
		}
	}
	if near := Nearest(key, append(whole, "model", "provider")); near != "" {
		return near
	}
	if len(parts) > 1 {
		return ""
	}
	return byLeaf[Nearest(key, leaf)]
}

// Nearest returns the word of known that word was most likely meant to be, or "": a third of its letters may be wrong.
func Nearest(word string, known []string) string {
	best, least := "", len(word)/3+1
	for _, k := range known {
		if d := Distance(word, k); d < least {
			best, least = k, d
		}
	}
	return best
}

// Distance is Levenshtein's: how many letters must be put in, taken out or changed.
func Distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		corner := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := corner
			if a[i-1] != b[j-1] {
				cost++
			}
			corner = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
