package input

import (
	"context"
	"io"
	"os"
	"strings"

	"hermes/oneshot/class"
	"hermes/oneshot/guard"
	"hermes/oneshot/output"
)

// Setting reads a file of settings that a flag names; "-" is stdin, which then is no input any more.
func (in Sources) Setting(ctx context.Context, flag, name string) ([]byte, error) {
	if name != "-" {
		raw, err := guard.Until(ctx, func(context.Context) ([]byte, error) { return readFile(flag, name) })
		if err != nil {
			return nil, noSetting(ctx, flag, name, err)
		}
		return raw, CheckText(flag+" "+name, raw)
	}
	text, err := in.stdinAs(ctx, flag+" -")
	if err != nil {
		return nil, err
	}
	return text.Bytes(), nil
}

// readFile reads a file, or of --messages a descriptor that the parent gave.
func readFile(flag, name string) ([]byte, error) {
	if !strings.HasPrefix(name, "fd:") || flag != "--messages" {
		return os.ReadFile(name)
	}
	f, err := output.Descriptor(flag, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// noSetting is the error of a file of settings that cannot be read.
func noSetting(ctx context.Context, flag, name string, err error) error {
	bad := &Error{ErrClass: class.NoInput, Msg: flag + ": " + trimOp(err), Advice: fileAdvice(err)}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case class.Is(err, class.Usage):
		return err
	case flag == "--system-file":
		bad.Advice += "; a system prompt itself is for --system"
	}
	return bad
}

// stdinAs reads the stdin that a flag named; without one there is no input.
func (in Sources) stdinAs(ctx context.Context, flag string) (*Text, error) {
	text, err := in.readStdin(ctx, false)
	if err != nil {
		return nil, err
	}
	if text == nil {
		return nil, in.missing(flag, false, 0)
	}
	return text, in.missing(flag, true, text.Size())
}

// readPrompt reads the file of --prompt-file.
func readPrompt(name string) (*Text, error) {
	f, err := os.Open(name)
	if err != nil {
		bad := Unopened(err)
		bad.Advice += "; the prompt itself goes into the arguments"
		return nil, bad
	}
	defer f.Close()
	return readText(name, f, nil)
}
