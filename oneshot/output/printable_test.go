package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
)

// TestPrintable: what a terminal obeys or hides is written out, anything else stays.
func TestPrintable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"name\tstate\nlab\tok\n":       "name\tstate\nlab\tok\n",
		"grün 名前 🎉":                    "grün 名前 🎉",
		"\x1b]0;title\a\x1b[2J\r":      `\u001b]0;title\u0007\u001b[2J\u000d`,
		"\u009b31m\x7f":                `\u009b31m\u007f`,
		"a\u202eb\u2066c\u200bd\ufeff": `a\u202eb\u2066c\u200bd\ufeff`,
		"tag \U000e0041":               `tag \udb40\udc41`,
		"bad \x9b]":                    "bad \ufffd]",
	} {
		var got bytes.Buffer
		if n, err := fmt.Fprint(Printable(&got), text); n != len(text) || err != nil || got.String() != want {
			t.Errorf("%q: %d, %v, %q, want %q", text, n, err, got.String(), want)
		}
	}
}

// TestProgressPrintable: the name of a provider is whatever config.yaml says.
func TestProgressPrintable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var screen bytes.Buffer
		p := NewProgress(NewStderr(&screen))
		p.Set("waiting for lab\x1b[2J\u202e")
		time.Sleep(time.Second)
		p.Stop()
		if got, want := screen.String(), "\r\x1b[Kwaiting for lab\\u001b[2J\\u202e… 0s\r\x1b[K"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// FuzzPrintable: JSON keeps its meaning, and no text keeps a character that acts.
func FuzzPrintable(f *testing.F) {
	for _, s := range []string{"", "lab", "\x1b[31m\u009b\u202e\u200b\U000e0041\"\\", "\xff\x9b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		raw, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var want, got string
		if json.Unmarshal(raw, &want) != nil || json.Unmarshal(appendPrintable(nil, raw), &got) != nil || got != want {
			t.Errorf("%q reads %q, want %q", raw, got, want)
		}
		for _, r := range string(appendPrintable(nil, []byte(s))) {
			if r != '\n' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Errorf("%q keeps %U", s, r)
			}
		}
	})
}
