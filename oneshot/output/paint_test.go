package output

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestPaintOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		terminal bool
		env      string
		want     Paint
	}{
		"terminal":    {true, "TERM=xterm", Paint{Colour: true, Links: true}},
		"NO_COLOR":    {true, "TERM=xterm NO_COLOR=1", Paint{Links: true}},
		"no NO_COLOR": {true, "TERM=xterm NO_COLOR=", Paint{Colour: true, Links: true}},
		"dumb":        {true, "TERM=dumb", Paint{}},
		"unknown":     {true, "", Paint{}},
		"pipe":        {false, "TERM=xterm", Paint{}},
	} {
		getenv := func(key string) string {
			for word := range strings.FieldsSeq(c.env) {
				if k, v, _ := strings.Cut(word, "="); k == key {
					return v
				}
			}
			return ""
		}
		if got := PaintOf(c.terminal, getenv); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// TestReport: marks and state words get a colour where they stand alone; nothing else does, and nothing without colour.
func TestReport(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"◆ Home\n":                       "<1>◆ Home<0>\n",
		"  ✓ a is ✗ b\n  ✗ c\n":          "  <32>✓<0> a is ✗ b\n  <1;31>✗<0> c\n",
		"  ⚠ d":                          "  <33>⚠<0> d",
		"P   oauth  logged in  active\n": "P   oauth  <32>logged in<0>  active\n",
		"P  reauth required\n\n":         "P  <1;31>reauth required<0>\n\n",
		"m  needs hermes auth add m\n":   "m  <2>needs hermes auth add m<0>\n",
		"it is usable\n":                 "it is usable\n",
		"{\"state\": \"usable\"}\n":      "{\"state\": \"usable\"}\n",
		"":                               "",
	} {
		var plain, painted bytes.Buffer
		fmt.Fprint(Paint{}.Report(&plain, 0), text)
		n, err := fmt.Fprint(Paint{Colour: true}.Report(&painted, 0), text)
		if got := strings.NewReplacer("\x1b[", "<", "m", ">").Replace(painted.String()); n != len(text) || err != nil || got != strings.ReplaceAll(want, "m", ">") {
			t.Errorf("%q: %d, %v, %q, want %q", text, n, err, got, want)
		}
		if plain.String() != text {
			t.Errorf("%q is %q without colour", text, plain.String())
		}
	}
}

// TestFold: a report is broken between words, and its colours take no room; a document goes as it is.
func TestFold(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"  ✗ a line that goes on and on\n":        "  ✗ a line that goes\n    on and on\n",
		"  ✓ exactly twenty c\nb\n":               "  ✓ exactly twenty c\nb\n",
		"lab  phi  usable  more of it\n":          "lab  phi  usable\n    more of it\n",
		"lab  phi  needs a login\n":               "lab  phi\n    needs a login\n",
		"m  https://a.test/very/long?a=b c\n":     "m  https://a.test/very/long?a=b\n    c\n",
		"model  https://a.test/very/long?a=b c\n": "model\n    https://a.test/very/long?a=b\n    c\n",
		"no end":                                 "no end",
		`{"text": "a line that goes on and on"}`: `{"text": "a line that goes on and on"}`,
	} {
		for _, colour := range []bool{false, true} {
			var got bytes.Buffer
			fmt.Fprint(Paint{Colour: colour}.Report(&got, 20), text)
			plain := strings.NewReplacer("\x1b[1;31m", "", "\x1b[2m", "", "\x1b[32m", "", "\x1b[0m", "").Replace(got.String())
			if plain != want {
				t.Errorf("%q, want %q", plain, want)
			}
		}
	}
}

// TestLink: an address that a server chose ends no sequence, and only a page is a link.
func TestLink(t *testing.T) {
	t.Parallel()
	p := Paint{Colour: true, Links: true}
	for address, want := range map[string]string{
		"https://a.test/?c=1":    "\x1b]8;;https://a.test/?c=1\x1b\\https://a.test/?c=1\x1b]8;;\x1b\\",
		"http://a.test/\x1b\\\a": "\x1b]8;;http://a.test/\\u001b\\\\u0007\x1b\\http://a.test/\\u001b\\\\u0007\x1b]8;;\x1b\\",
		"javascript:alert(1)":    "javascript:alert(1)",
	} {
		if got := p.Link(address); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if got := (Paint{Colour: true}).Link(address); got != printed(address) {
			t.Errorf("%q without links", got)
		}
	}
	if got := p.Code("AB\x1b[0mCD"); got != "\x1b[1;7m AB\\u001b[0mCD \x1b[0m" {
		t.Errorf("%q", got)
	}
	if got := (Paint{}).Code("ABCD"); got != "ABCD" {
		t.Errorf("%q", got)
	}
}

// TestError: the name of the program is painted, and nothing else can be.
func TestError(t *testing.T) {
	t.Parallel()
	var screen bytes.Buffer
	s := NewStderr(&screen)
	s.Error("a\x1b[2J")
	s.Paint.Colour = true
	fmt.Fprint(s, "x")
	s.Error("b")
	s.Notice("c")
	if got, want := screen.String(), "hermes: a\\u001b[2J\nx\n\x1b[1;31mhermes:\x1b[0m b\nhermes: c\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
