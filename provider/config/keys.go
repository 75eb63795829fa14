package config

import "path/filepath"

// Key describes one known key of config.yaml.
type Key struct {
	Path    string   // dotted; <name> stands for a name the user chooses, <n> for a list index
	Type    string   // string, int, float, bool, duration, decimal, enum, list, map
	Default string   // as written in YAML; "" when there is none
	Help    string   // one line, no full stop
	Values  []string // the words that an enum allows
	Secret  bool     // shown masked
	Legacy  bool     // read, but written under another name
}

// Keys lists the known keys in the order of the documentation.
func Keys() []Key { return nil }

// Nearest returns the known key that key was most likely meant to be, or "".
func Nearest(key string) string {
	_ = key
	return ""
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
