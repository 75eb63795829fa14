package input

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"hermes/oneshot/class"
)

// FuzzTemplate: each value goes where its placeholder is, all else stays as it is, and nothing that was put in is looked at again.
func FuzzTemplate(f *testing.F) {
	f.Add("<", "a {{word}}", ">\r\n", "{{input}}", "}}")
	f.Add("{", "\ufeff", "} {x} {", "", "")
	f.Add("", "a\xff", "", "\x00", "é")
	f.Add("\xde", "\x80", "", "", "")
	f.Fuzz(func(t *testing.T, before, prompt, between, word, behind string) {
		if strings.Contains(before+"\n"+between+"\n"+behind, "{{") || prompt == "" {
			return
		}
		in := Sources{
			Prompt: prompt, Mode: "never", Template: "t", Vars: map[string]string{"word": word},
			TemplateText: []byte(before + "{{input}}" + between + "{{ word\t}}" + behind),
		}
		want := before + prompt + between + word + behind
		text := func(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
		c, err := in.Read(t.Context())
		switch {
		case !text(string(in.TemplateText)) || !text(prompt) || !text(word):
			if !class.Is(err, class.InvalidInput) {
				t.Fatalf("%q: %v", want, err)
			}
		case strings.Trim(want, " \t\r\n") == "":
			if !class.Is(err, class.NoInput) {
				t.Fatalf("%q: %v", want, err)
			}
		case err != nil:
			t.Fatalf("%q: %v", want, err)
		default:
			if got := string(bytes.Join(c.Prompt.parts, nil)); got != want {
				t.Fatalf("%q, want %q", got, want)
			}
		}
	})
}
