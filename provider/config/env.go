package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"hermes/provider/config/dotenv"
)

// LoadEnv reads a .env file as package dotenv does. A missing file is an empty map. When a line is malformed the error
// names the first one, and the map still holds every other line; of a file that cannot be read there is none.
func LoadEnv(path string) (map[string]string, error) {
	src, err := readFile(path)
	if err != nil {
		return nil, err
	}
	values, err := dotenv.Parse(src, os.LookupEnv)
	return values, envError(path, err)
}

// envError adds the file to an error of package dotenv.
func envError(path string, err error) error {
	if e, ok := errors.AsType[*dotenv.Error](err); ok {
		return &Error{Path: path, Line: e.Line, Key: e.Name, Msg: e.Msg}
	}
	return err
}

// SetEnv stores name=value in the .env file at path, creating it with mode 0600; everything else stays. A name that would
// change how programs run (PATH, LD_PRELOAD, HERMES_HOME …), a value with a line break or NUL, and a credential that is not
// ASCII are refused; errors are *Error, class usage, io or lock_timeout, and never hold the value.
func SetEnv(path, name, value string) error {
	if msg := refusedEnv(name, value); msg != "" {
		return &Error{Path: path, Key: name, Msg: msg, class: "usage"}
	}
	return editFile(path, false, func(src []byte) ([]byte, error) {
		out, err := dotenv.Set(src, name, value)
		return out, envError(path, err)
	})
}

// UnsetEnv removes every line that sets name and reports whether there was one. A missing file is not made.
func UnsetEnv(path, name string) (had bool, err error) {
	if src, err := readFile(path); err != nil || src == nil {
		return false, err
	}
	err = editFile(path, false, func(src []byte) (out []byte, err error) {
		if out, had = dotenv.Unset(src, name); !had {
			return nil, nil
		}
		return out, nil
	})
	return had && err == nil, err
}

func refusedEnv(name, value string) string {
	switch {
	case !dotenv.ValidName(name):
		return "is not a name for a variable"
	case deniedName(strings.ToUpper(name)):
		return "is refused: it changes how programs run, and .env is for secrets"
	case strings.ContainsAny(value, "\n\r\x00"):
		return "the value has a line break or NUL"
	case !SecretName(name) || strings.HasSuffix(name, "_URL"):
		return ""
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "the value has a character that no key has; was it copied whole and from the right place?"
	}
	return ""
}

// deniedName lists variables that steer loaders, shells and interpreters, or this program and Hermes Agent.
func deniedName(name string) bool {
	for _, prefix := range []string{"LD_", "DYLD_", "PYTHON", "BASH_", "GIT_", "NODE_", "PERL5", "RUBY", "HERMES_"} {
		if strings.HasPrefix(name, prefix) {
			return !SecretName(name)
		}
	}
	switch name {
	case "PATH", "HOME", "SHELL", "USER", "LOGNAME", "IFS", "ENV", "EDITOR", "VISUAL", "PAGER", "BROWSER", "PROMPT_COMMAND", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR":
		return true
	}
	return false
}

// SecretName reports whether a key without a dot belongs into .env rather than config.yaml: a credential by its suffix
// (_API_KEY, _TOKEN, _SECRET, any case) or a name that Hermes Agent lists. A base URL variable in capitals goes there too,
// since a key provider reads it only from the environment.
func SecretName(key string) bool {
	if strings.Contains(key, ".") || !dotenv.ValidName(key) {
		return false
	}
	name := strings.ToUpper(key)
	for _, suffix := range []string{"_API_KEY", "_TOKEN", "_SECRET"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	switch name {
	case "VOICE_TOOLS_OPENAI_KEY", "FIRECRAWL_API_URL", "API_SERVER_KEY", "BROWSERBASE_PROJECT_ID", "FAL_KEY", "SUDO_PASSWORD":
		return true
	}
	return strings.HasPrefix(name, "TERMINAL_SSH") || key == name && strings.HasSuffix(name, "_BASE_URL")
}

// envBeside is the .env of the home that holds config.yaml.
func envBeside(path string) string { return filepath.Join(filepath.Dir(path), ".env") }
