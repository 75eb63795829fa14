package config

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"hermes/authfile/atomicfile"
)

// LoadEnv reads a .env file. A missing file is an empty map. A malformed line is an error that names it.
func LoadEnv(path string) (map[string]string, error) {
	src, err := readFile(path)
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for i, line := range envLines(src) {
		name, raw, ok := splitEnv(line)
		if !ok {
			if text := strings.TrimSpace(line); text != "" && text[0] != '#' {
				return values, &Error{Path: path, Line: i + 1, Msg: "not NAME=value"}
			}
			continue
		}
		value, err := unquote(raw)
		if err != nil {
			return values, &Error{Path: path, Line: i + 1, Key: name, Msg: err.Error()}
		}
		values[name] = value
	}
	return values, nil
}

func envLines(src []byte) []string {
	return strings.Split(string(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))), "\n")
}

// splitEnv takes "export NAME = value" apart. The value is as written.
func splitEnv(line string) (name, raw string, ok bool) {
	line = strings.TrimSuffix(strings.TrimSpace(line), "\r")
	if rest, found := strings.CutPrefix(line, "export "); found {
		line = strings.TrimSpace(rest)
	}
	name, raw, found := strings.Cut(line, "=")
	name = strings.TrimSpace(name)
	return name, strings.TrimSpace(raw), found && validName(name)
}

func validName(name string) bool {
	for i, c := range name {
		letter := c == '_' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// unquote reads a value: in single quotes as it is, in double quotes with backslash escapes, else up to a comment.
func unquote(raw string) (string, error) {
	switch {
	case raw == "":
		return "", nil
	case raw[0] == '\'':
		value, _, ok := strings.Cut(raw[1:], "'")
		if !ok {
			return "", fmt.Errorf("a quote is not closed")
		}
		return value, nil
	case raw[0] == '"':
		return unescape(raw[1:])
	}
	if i := strings.Index(raw, " #"); i >= 0 {
		raw = strings.TrimSpace(raw[:i])
	}
	return raw, nil
}

func unescape(raw string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		switch {
		case raw[i] == '"':
			return b.String(), nil
		case raw[i] == '\\' && i+1 < len(raw):
			i++
			switch raw[i] {
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			default:
				b.WriteByte(raw[i])
			}
		default:
			b.WriteByte(raw[i])
		}
	}
	return "", fmt.Errorf("a quote is not closed")
}

// SetEnv stores name=value in the .env file at path, creating it with mode 0600. A name that would change how programs
// run (PATH, LD_PRELOAD, HERMES_HOME …) and a value with a line break or NUL are refused.
func SetEnv(path, name, value string) error {
	switch {
	case !validName(name):
		return &Error{Path: path, Key: name, Msg: "not a name for a variable", class: "usage"}
	case slices.Contains([]string{"PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONPATH", "HOME", "SHELL", "IFS", "HERMES_HOME", "HERMES_YOLO_MODE"}, strings.ToUpper(name)):
		return &Error{Path: path, Key: name, Msg: "this name is refused: it changes how programs run", class: "usage"}
	case strings.ContainsAny(value, "\n\r\x00"):
		return &Error{Path: path, Key: name, Msg: "the value has a line break or NUL", class: "usage"}
	}
	line := name + "=" + quoteEnv(value)
	_, err := editEnv(path, func(lines []string) ([]string, bool) {
		for i, l := range lines {
			if n, _, ok := splitEnv(l); ok && n == name {
				lines[i] = line
				return lines, true
			}
		}
		if n := len(lines); n > 0 && lines[n-1] == "" {
			return append(lines[:n-1], line, ""), true
		}
		return append(lines, line, ""), true
	})
	return err
}

// quoteEnv quotes what a reader would otherwise take apart.
func quoteEnv(value string) string {
	if !strings.ContainsAny(value, " \t#\"'\\$`") {
		return value
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

// UnsetEnv removes every line that sets name and reports whether there was one.
func UnsetEnv(path, name string) (bool, error) {
	return editEnv(path, func(lines []string) ([]string, bool) {
		kept := slices.DeleteFunc(slices.Clone(lines), func(l string) bool {
			n, _, ok := splitEnv(l)
			return ok && n == name
		})
		return kept, len(kept) != len(lines)
	})
}

// editEnv rewrites the file whole; every other line stays as it is.
func editEnv(path string, edit func([]string) ([]string, bool)) (bool, error) {
	src, err := readFile(path)
	if err != nil {
		return false, err
	}
	var lines []string
	if len(src) > 0 {
		lines = strings.Split(string(src), "\n")
	}
	lines, changed := edit(lines)
	if !changed {
		return false, nil
	}
	err = atomicfile.Write(path, []byte(strings.Join(lines, "\n")), atomicfile.Options{Mode: 0o600, KeepMode: true})
	if err != nil {
		return false, ioError(path, err)
	}
	return true, nil
}
