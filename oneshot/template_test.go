package oneshot

import (
	"io"
	"strings"
	"testing"

	"hermes/oneshot/class"
	"hermes/oneshot/input"
)

// TestTemplate: where each value goes, what is left as it is, and what is refused because it would be dropped.
func TestTemplate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tmpl  string
		in    input.Sources
		want  string // the prompt
		data  string // what comes behind it
		class class.Class
		part  string
	}{
		"a prompt":             {"<{{input}}>\r\n", input.Sources{Prompt: "a"}, "<a>\r\n", "", "", ""},
		"stdin":                {"<{{ input }}>", input.Sources{Stdin: strings.NewReader("x\r\n")}, "<x\r\n>", "", "", ""},
		"twice":                {"{{input}}{{input}}", input.Sources{Prompt: "a"}, "aa", "", "", ""},
		"variables":            {"{{lang}}: {{input}} {{\tlang\n}}", input.Sources{Prompt: "a", Vars: map[string]string{"lang": "de{{x}}"}}, "de{{x}}: a de{{x}}", "", "", ""},
		"a variable alone":     {"say {{word}}", input.Sources{Vars: map[string]string{"word": "hi"}}, "say hi", "", "", ""},
		"no placeholder":       {"say hi", input.Sources{}, "say hi", "", "", ""},
		"braces of its own":    {"{x} {{}} {{1}} {{a-b}} {{{input}}}", input.Sources{Prompt: "a"}, "{x} {{}} {{1}} {{a-b}} {a}", "", "", ""},
		"input is not scanned": {"{{input}}", input.Sources{Prompt: "{{word}}"}, "{{word}}", "", "", ""},
		"an empty value":       {"[{{word}}]", input.Sources{Vars: map[string]string{"word": ""}}, "[]", "", "", ""},
		"data beside a prompt": {"<{{input}}>", input.Sources{Prompt: "a", Stdin: strings.NewReader("x")}, "<a>", fenced("stdin", "stdin", "x"), "", ""},
		"no value":             {"{{input}} {{word}}", input.Sources{Prompt: "a"}, "", "", "usage", "{{word}} has no value; pass --var word="},
		"no place":             {"{{input}}", input.Sources{Prompt: "a", Vars: map[string]string{"b": "", "a": ""}}, "", "", "usage", "--var a, b: "},
		"no place for input":   {"say hi", input.Sources{Prompt: "a"}, "", "", "usage", "has no {{input}}"},
		"no place for stdin":   {"say hi", input.Sources{Stdin: strings.NewReader("x")}, "", "", "usage", "has no {{input}}"},
		"nothing to put there": {"{{input}}", input.Sources{}, "", "", "no_input", "{{input}} has nothing to stand for"},
		"a blank result":       {" {{input}}\n", input.Sources{Prompt: " "}, "", "", "no_input", "no prompt"},
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
	job.Input = input.Sources{Prompt: "a", Template: "-", Stdin: io.MultiReader(strings.NewReader("<{{in"), strings.NewReader("put}}>"))}
	r := perform(t, t.Context(), job)
	if got := parse(t, s.asked()[0]).texts(); r.err != nil || len(got) != 1 || got[0] != "<a>" {
		t.Errorf("%q %v", got, r.err)
	}
}
