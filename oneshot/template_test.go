package oneshot

import (
	"io"
	"strings"
	"testing"

	"hermes/oneshot/class"
)

// TestTemplate: where each value goes, what is left as it is, and what is refused because it would be dropped.
func TestTemplate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tmpl  string
		in    Input
		want  string // the prompt
		data  string // what comes behind it
		class class.Class
		part  string
	}{
		"a prompt":             {"<{{input}}>\r\n", Input{Prompt: "a"}, "<a>\r\n", "", "", ""},
		"stdin":                {"<{{ input }}>", Input{Stdin: strings.NewReader("x\r\n")}, "<x\r\n>", "", "", ""},
		"twice":                {"{{input}}{{input}}", Input{Prompt: "a"}, "aa", "", "", ""},
		"variables":            {"{{lang}}: {{input}} {{\tlang\n}}", Input{Prompt: "a", Vars: map[string]string{"lang": "de{{x}}"}}, "de{{x}}: a de{{x}}", "", "", ""},
		"a variable alone":     {"say {{word}}", Input{Vars: map[string]string{"word": "hi"}}, "say hi", "", "", ""},
		"no placeholder":       {"say hi", Input{}, "say hi", "", "", ""},
		"braces of its own":    {"{x} {{}} {{1}} {{a-b}} {{{input}}}", Input{Prompt: "a"}, "{x} {{}} {{1}} {{a-b}} {a}", "", "", ""},
		"input is not scanned": {"{{input}}", Input{Prompt: "{{word}}"}, "{{word}}", "", "", ""},
		"an empty value":       {"[{{word}}]", Input{Vars: map[string]string{"word": ""}}, "[]", "", "", ""},
		"data beside a prompt": {"<{{input}}>", Input{Prompt: "a", Stdin: strings.NewReader("x")}, "<a>", fenced("stdin", "stdin", "x"), "", ""},
		"no value":             {"{{input}} {{word}}", Input{Prompt: "a"}, "", "", "usage", "{{word}} has no value; pass --var word="},
		"no place":             {"{{input}}", Input{Prompt: "a", Vars: map[string]string{"b": "", "a": ""}}, "", "", "usage", "--var a, b: "},
		"no place for input":   {"say hi", Input{Prompt: "a"}, "", "", "usage", "has no {{input}}"},
		"no place for stdin":   {"say hi", Input{Stdin: strings.NewReader("x")}, "", "", "usage", "has no {{input}}"},
		"nothing to put there": {"{{input}}", Input{}, "", "", "no_input", "{{input}} has nothing to stand for"},
		"a blank result":       {" {{input}}\n", Input{Prompt: " "}, "", "", "no_input", "no prompt"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			if c.class == "" {
				s = serve(t, answers("hi"))
			}
			job := asks(Target{Transport: s})
			job.Input = c.in
			job.Input.Template = file(t, "tmpl", c.tmpl)
			r := perform(t, t.Context(), job)
			if c.class != "" {
				r.fails(t, c.class, c.part)
				return
			}
			if r.err != nil {
				t.Fatal(r.err)
			}
			got := parse(t, s.asked()[0]).texts()
			if got[0] != c.want || strings.Join(got[1:], "") != c.data {
				t.Errorf("sent %q, want %q", got, c.want)
			}
			last := r.start.Input.Sources[len(r.start.Input.Sources)-1]
			if last.Kind != "template" || last.SHA256 != sum(c.tmpl) || last.Bytes != int64(len(c.tmpl)) {
				t.Errorf("told of %+v", r.start.Input.Sources)
			}
		})
	}
}

// TestTemplateOnStdin: "-" is stdin, which then is no input besides.
func TestTemplateOnStdin(t *testing.T) {
	t.Parallel()
	s := serve(t, answers("hi"))
	job := asks(Target{Transport: s})
	job.Input = Input{Prompt: "a", Template: "-", Stdin: io.MultiReader(strings.NewReader("<{{in"), strings.NewReader("put}}>"))}
	r := perform(t, t.Context(), job)
	if got := parse(t, s.asked()[0]).texts(); r.err != nil || len(got) != 1 || got[0] != "<a>" {
		t.Errorf("%q %v", got, r.err)
	}
}
