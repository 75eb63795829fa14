package config

import "errors"

// LoadEnv reads a .env file. A missing file is an empty map. When a line is malformed the error names it, and the map
// still holds every other line.
func LoadEnv(path string) (map[string]string, error) {
	_ = path
	return nil, errors.New("not written yet")
}

// SetEnv stores name=value in the .env file at path, creating it with mode 0600. A name that would change how programs
// run (PATH, LD_PRELOAD, HERMES_HOME …) and a value with a line break or NUL are refused.
func SetEnv(path, name, value string) error {
	_, _, _ = path, name, value
	return errors.New("not written yet")
}

// UnsetEnv removes every line that sets name and reports whether there was one.
func UnsetEnv(path, name string) (bool, error) {
	_, _ = path, name
	return false, errors.New("not written yet")
}

// SecretName reports whether a key without a dot belongs into .env rather than config.yaml: a credential by its suffix
// (_API_KEY, _TOKEN, _SECRET, any case) or one of Hermes Agent's listed names.
func SecretName(key string) bool {
	_ = key
	return false
}
