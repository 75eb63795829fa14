package config

import (
	"strconv"
	"strings"
)

// Error is a problem with config.yaml, .env or an edit of them. It never holds a secret.
type Error struct {
	Path   string // file, as it was given
	Line   int    // 1-based; 0 when no line is to blame
	Key    string // dotted path of the key; "" when none is to blame
	Msg    string
	NotSet bool // Get and Unset: the key is known or well-formed, but not in the file

	class string // "" means config
	err   error
}

// Error gives "path:line: key: msg", leaving out what is not known.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Path)
	if e.Line > 0 {
		b.WriteString(":" + strconv.Itoa(e.Line))
	}
	for _, part := range []string{e.Key, e.Msg} {
		if part == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(": ")
		}
		b.WriteString(part)
	}
	return b.String()
}

// Class names the error class: config for a broken file, usage for a bad key or value of an edit, io when the file
// cannot be read or written, lock_timeout when another process keeps the lock of the home.
func (e *Error) Class() string {
	if e.class == "" {
		return "config"
	}
	return e.class
}

// Hint is what to do next: a file that does not load is mended, whatever the provider. "" where the class says it.
func (e *Error) Hint() string {
	switch {
	case e.class != "":
		return ""
	case e.Line > 0:
		return "mend that line of the file"
	}
	return "mend the file, or move it away"
}

// Unwrap gives the system's error behind an io error, or nil.
func (e *Error) Unwrap() error { return e.err }
