package cli

import "testing"

// TestNameOf: under which name the program speaks.
func TestNameOf(t *testing.T) {
	t.Parallel()
	for arg0, want := range map[string]string{
		"hermes": "hermes", "/usr/bin/ask": "ask", "-hermes": "hermes", "one.shot": "one.shot", "Hermes.EXE": "Hermes",
		"": "hermes", "a b": "hermes", "$(x)": "hermes", ".hidden": "hermes",
	} {
		if got := nameOf(arg0); got != want {
			t.Errorf("%q: %q, want %q", arg0, got, want)
		}
	}
}

// TestSpell: the command is renamed, and nothing else that has its name in it.
func TestSpell(t *testing.T) {
	t.Parallel()
	a := &App{Name: "ask"}
	for text, want := range map[string]string{
		"run: hermes auth add p":              "run: ask auth add p",
		"hermes doctor examines, hermes, or":  "ask doctor examines, ask, or",
		"Hermes Agent in ~/.hermes or hermes": "Hermes Agent in ~/.hermes or ask",
		"/usr/bin/hermes x hermes-4 myhermes": "/usr/bin/hermes x hermes-4 myhermes",
		"cannot open hermes: no such file":    "cannot open hermes: no such file",
		"hermes: usage":                       "ask: usage",
		"<(hermes completion bash)":           "<(ask completion bash)",
	} {
		if got := a.spell(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := (&App{Name: "hermes"}).spell("hermes x"); got != "hermes x" {
		t.Error(got)
	}
}
