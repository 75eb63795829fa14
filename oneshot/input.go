package oneshot

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"

	"hermes/oneshot/class"
	"hermes/oneshot/output"
	"hermes/oneshot/wire"
)

// gathered is the input of a run, read and checked.
type gathered struct {
	parts []wire.Part
	// prompt and data are the texts behind the parts, for strategies that cut them.
	prompt  *Text
	data    []*attachment
	sources []output.Source
	noted   []*Text // the bytes of the sources
	bytes   int64
	sum     string
}

// attachment is data beside the prompt.
type attachment struct {
	tag  string // stdin or file
	name string
	text *Text // nil for an image or document
	mime string
	raw  []byte
}

// read gathers the input. Files are left behind when ctx ends, since the opening of a named pipe heeds none.
func (in Input) read(ctx context.Context) (*gathered, error) {
	if strings.Join(in.named(), "") == "" {
		return in.gather(ctx)
	}
	return heed(ctx, in.gather)
}

// gather reads everything the job names.
func (in Input) gather(ctx context.Context) (*gathered, error) {
	g := &gathered{}
	given, err := in.givenPrompt(ctx, g)
	if err != nil {
		return nil, err
	}
	if err := in.attach(ctx, g); err != nil {
		return nil, err
	}
	if err := in.addStdin(ctx, g, given); err != nil {
		return nil, err
	}
	if in.Template != "" {
		if err := in.applyTemplate(ctx, g); err != nil {
			return nil, err
		}
	}
	if g.prompt == nil || g.prompt.blank() {
		if len(g.data) == 0 || g.prompt != nil {
			return nil, &InputError{ErrClass: class.NoInput, Msg: "no prompt: nothing in the arguments and nothing on stdin"}
		}
	}
	g.assemble()
	g.sum = g.digest()
	return g, nil
}

// orMissing is the error that stands when nobody can be asked: that there is nothing to ask, where no prompt was named
// and stdin holds none, else err.
func (in Input) orMissing(ctx context.Context, err error) error {
	if len(in.Args) > 0 || in.Prompt != "" || in.PromptFile != "" || len(in.Files) > 0 {
		return err
	}
	if _, missing := in.gather(ctx); class.Is(missing, class.NoInput) {
		return missing
	}
	return err
}

// check refuses a prompt given twice and stdin named twice.
func (in Input) check() error {
	given := 0
	for _, ok := range []bool{len(in.Args) > 0, in.Prompt != "", in.PromptFile != ""} {
		if ok {
			given++
		}
	}
	if given > 1 {
		return &InputError{ErrClass: class.Usage, Msg: "the prompt is given more than once: use the arguments, -z or --prompt-file"}
	}
	dashes := 0
	for _, name := range in.named() {
		if name == "-" {
			dashes++
		}
	}
	if dashes > 1 {
		return &InputError{ErrClass: class.Usage, Msg: "stdin (-) can be named only once"}
	}
	return nil
}

// named are the files that flags name.
func (in Input) named() []string {
	return slices.Concat([]string{in.PromptFile, in.Template}, in.Files, in.Settings)
}

// givenPrompt reads the prompt that was named: arguments, -z or --prompt-file.
func (in Input) givenPrompt(ctx context.Context, g *gathered) (bool, error) {
	words, kind, name := strings.Join(in.Args, " "), "arg", ""
	if in.Prompt != "" {
		words = in.Prompt
	}
	var err error
	switch {
	case in.PromptFile == "-":
		kind, name = "prompt_file", "-"
		flag := "--prompt-file -"
		if in.Dash {
			flag = "the prompt -"
		}
		g.prompt, err = in.stdinAs(ctx, flag)
	case in.PromptFile != "":
		kind, name = "prompt_file", in.PromptFile
		g.prompt, err = readFile(in.PromptFile)
	case words != "":
		g.prompt, err = textOf(words)
	default:
		return false, nil
	}
	if err != nil {
		return false, err
	}
	g.note(kind, name, g.prompt, "text/plain")
	return true, nil
}

// stdinAs reads the stdin that a flag named; without one there is no input.
func (in Input) stdinAs(ctx context.Context, flag string) (*Text, error) {
	text, err := in.readStdin(ctx, false)
	if err != nil {
		return nil, err
	}
	if text == nil {
		return nil, in.missing(flag, false, 0)
	}
	return text, in.missing(flag, true, text.Size())
}

func readFile(name string) (*Text, error) {
	f, err := os.Open(name)
	if err != nil {
		bad := Unopened(err)
		bad.Advice += "; the prompt itself goes into the arguments"
		return nil, bad
	}
	defer f.Close()
	return readText(name, f, nil)
}

// addStdin reads the stdin that no flag named: the prompt when there is no other, else data beside it.
func (in Input) addStdin(ctx context.Context, g *gathered, given bool) error {
	if slices.Contains(in.named(), "-") {
		return nil
	}
	text, err := in.readStdin(ctx, given || len(in.Files) > 0)
	if err != nil {
		return err
	}
	if text == nil || text.Size() == 0 {
		if in.Mode == "require" {
			return errRequired()
		}
		return nil
	}
	g.note("stdin", "-", text, "text/plain")
	if !given {
		g.prompt = text
		return nil
	}
	g.data = append(g.data, &attachment{tag: "stdin", text: text})
	return nil
}

// note adds a source to what run.start tells of the input.
func (g *gathered) note(kind, name string, t *Text, mime string) {
	g.sources = append(g.sources, output.Source{Kind: kind, Name: name, Bytes: t.Size(), SHA256: t.SHA256(), MIME: mime})
	g.bytes += t.Size()
	g.noted = append(g.noted, t)
}

// assemble lays out the parts: the prompt, then each piece of data in its fence; images come before the
// prompt, where models read them best.
func (g *gathered) assemble() {
	var images, texts []wire.Part
	if g.prompt != nil {
		texts = append(texts, wire.TextPart(g.prompt.parts...))
	}
	for _, a := range g.data {
		if a.text != nil {
			texts = append(texts, a.part())
			continue
		}
		images = append(images, a.part())
	}
	g.parts = append(images, texts...)
}

// digest is one hash over the bytes of all sources, in order.
func (g *gathered) digest() string {
	if len(g.sources) == 1 {
		return g.sources[0].SHA256
	}
	h := sha256.New()
	for _, t := range g.noted {
		for _, p := range t.parts {
			h.Write(p)
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// part fences a text, or wraps an image or document.
func (a *attachment) part() wire.Part {
	if a.text == nil {
		kind := wire.PartImage
		if a.mime == "application/pdf" {
			kind = wire.PartDocument
		}
		return wire.Part{Kind: kind, MediaType: a.mime, Data: a.raw, Name: a.name}
	}
	id := a.text.fence()
	open := fmt.Sprintf("<%s id=%q>\n", a.tag, id)
	if a.tag == "file" {
		open = fmt.Sprintf("<file name=%q id=%q>\n", a.name, id)
	}
	parts := append([][]byte{[]byte(open)}, a.text.parts...)
	return wire.TextPart(append(parts, fmt.Appendf(nil, "\n</%s id=%q>", a.tag, id))...)
}
