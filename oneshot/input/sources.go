// Package input reads what a run sends: the prompt, what is on stdin, files and templates. It knows no model: what a server
// takes of images and documents comes in as values.
//
// What a caller should know:
//
//   - Text is never cut and never changed here; [Cut] and [Chunks] are for callers that must. What is not UTF-8 is refused with
//     the offset of the first bad byte.
//   - What a file is, its first bytes say, never its name.
//   - A read that does not watch its context, of a terminal or of a named pipe, is left behind when the context ends.
package input

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/guard"
	"hermes/oneshot/wire"
)

// Sources says where the prompt and its data come from.
type Sources struct {
	Args       []string // joined by one space
	Prompt     string   // -z
	PromptFile string   // "-" is stdin
	Dash       bool     // the prompt itself was "-", and PromptFile is
	Template   string   // a file with {{input}} and {{name}}; "-" is stdin
	// TemplateText is the template itself, where Template is only its name.
	TemplateText []byte
	Vars         map[string]string
	Turns        []wire.Turn // a conversation before the prompt, or in its place
	History      *History    // where Turns come from, nil for a row of a batch
	Files        []string    // "-" is stdin
	Settings     []string    // other files that flags name, which may be stdin too
	Stdin        io.Reader   // nil when closed or a terminal
	Terminal     bool        // stdin is a terminal: never read
	Mode         string      // auto, never or require
	Wait         time.Duration
	Missing      class.Class // of the error that nothing is asked: no_input, or usage before a person
	// Notice hears, once, that the run waits for stdin.
	Notice func()
	// Shared hears that stdin, which goes along as data, is a file that another program read in part, such as a loop of a shell.
	Shared func(before, rest int64)
}

// History is the file of a conversation: kind is messages or thread.
type History struct {
	Kind, Name string
	Text       *Text
}

// Read gathers the input. Files are left behind when ctx ends, since the opening of a named pipe does not watch it.
func (in Sources) Read(ctx context.Context) (*Content, error) {
	if strings.Join(in.named(), "") == "" {
		return in.gather(ctx)
	}
	return guard.Until(ctx, in.gather)
}

// gather reads everything that is named.
func (in Sources) gather(ctx context.Context) (*Content, error) {
	c := &Content{Turns: in.Turns}
	if in.History != nil {
		c.note(in.History.Kind, in.History.Name, in.History.Text, "application/json")
	}
	given, err := in.givenPrompt(ctx, c)
	if err != nil {
		return nil, err
	}
	given = given || in.isPrompt()
	if err := in.attach(ctx, c); err != nil {
		return nil, err
	}
	if err := in.addStdin(ctx, c, given); err != nil {
		return nil, err
	}
	if in.Template != "" {
		if err := in.applyTemplate(ctx, c); err != nil {
			return nil, err
		}
	}
	if c.Prompt == nil || c.Prompt.blank() {
		if len(c.Data)+len(c.Turns) == 0 || c.Prompt != nil {
			return nil, in.noPrompt("")
		}
		if in.History != nil && len(c.Data) == 0 && c.Turns[len(c.Turns)-1].Role == wire.Assistant {
			return nil, in.noPrompt(", and the conversation ends with the model's turn")
		}
	}
	return c, nil
}

func (in Sources) noPrompt(more string) error {
	return &Error{ErrClass: cmp.Or(in.Missing, class.NoInput), Msg: "no prompt: nothing in the arguments and nothing on stdin" + more}
}

// OrMissing is the error that stands when nobody can be asked: that there is nothing to ask, where no prompt was named
// and stdin holds none, else err.
func (in Sources) OrMissing(ctx context.Context, err error) error {
	if len(in.Args) > 0 || in.Prompt != "" || in.PromptFile != "" || len(in.Files) > 0 {
		return err
	}
	if _, missing := in.gather(ctx); class.Is(missing, class.NoInput, cmp.Or(in.Missing, class.NoInput)) {
		return missing
	}
	return err
}

// Check refuses a prompt given twice and stdin named twice.
func (in Sources) Check() error {
	given := 0
	for _, ok := range []bool{len(in.Args) > 0, in.Prompt != "", in.PromptFile != ""} {
		if ok {
			given++
		}
	}
	if given > 1 {
		return &Error{ErrClass: class.Usage, Msg: "the prompt is given more than once: use the arguments, -z or --prompt-file"}
	}
	dashes := 0
	for _, name := range in.named() {
		if name == "-" {
			dashes++
		}
	}
	if dashes > 1 {
		return &Error{ErrClass: class.Usage, Msg: "stdin (-) can be named only once"}
	}
	return nil
}

// named are the files that flags name.
func (in Sources) named() []string {
	return slices.Concat([]string{in.PromptFile, in.Template}, in.Files, in.Settings)
}

// givenPrompt reads the prompt that was named: arguments, -z or --prompt-file.
func (in Sources) givenPrompt(ctx context.Context, c *Content) (bool, error) {
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
		c.Prompt, err = in.stdinAs(ctx, flag)
	case in.PromptFile != "":
		kind, name = "prompt_file", in.PromptFile
		c.Prompt, err = readPrompt(in.PromptFile)
	case words != "":
		c.Prompt, err = NewText(words)
	default:
		return false, nil
	}
	if err != nil {
		return false, err
	}
	c.note(kind, name, c.Prompt, "text/plain")
	return true, nil
}

// addStdin reads the stdin that no flag named: the prompt when there is no other, else data beside it.
func (in Sources) addStdin(ctx context.Context, c *Content, given bool) error {
	if slices.Contains(in.named(), "-") {
		return nil
	}
	if given {
		in.tellShared()
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
	c.note("stdin", "-", text, "text/plain")
	if !given {
		c.Prompt = text
		return nil
	}
	c.Data = append(c.Data, &Data{tag: "stdin", Text: text})
	return nil
}
