package config

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Secret is a key that prints as its mask. Convert it with string(s) where the bytes themselves are needed.
type Secret string

// String returns the mask, so that a stray %v or %s shows no key.
func (s Secret) String() string { return Mask(string(s)) }

// GoString returns the mask for %#v.
func (s Secret) GoString() string { return Mask(string(s)) }

// MarshalText returns the mask, so that JSON and YAML encoders show no key.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Mask hides a secret for people: four stars and the last four characters. A secret of fewer than 12 characters gives
// four stars alone, since its tail would be too much of it, and so does one with a line break there; an empty one gives
// "".
func Mask(secret string) string {
	secret = strings.TrimSpace(secret)
	switch n := utf8.RuneCountInString(secret); {
	case n == 0:
		return ""
	case n < 12:
		return "****"
	}
	tail := secret
	for utf8.RuneCountInString(tail) > 4 {
		_, size := utf8.DecodeRuneInString(tail)
		tail = tail[size:]
	}
	if strings.ContainsFunc(tail, unicode.IsControl) {
		return "****"
	}
	return "****" + tail
}

// UsableSecret reports whether s can be a real key: at least four characters after trimming, and not one of the words
// that templates leave behind (changeme, your_api_key, ***).
func UsableSecret(s string) bool {
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) < 4 || strings.Trim(s, s[:1]) == "" {
		return false
	}
	switch strings.ToLower(s) {
	case "changeme", "change_me", "change-me", "dummy", "none", "null", "placeholder", "example", "todo",
		"your_api_key", "your-api-key", "your_key_here", "your-key-here", "your_api_key_here", "your-api-key-here":
		return false
	}
	return true
}
