package cli

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"hermes/oneshot"
	"hermes/oneshot/shell"
)

// parse reads the words of a command: a prompt without flags as it is, all else by kong, which sees the flags of this
// command alone. To build the model of one command takes kong as long as a tenth of a request, that of all thrice as long.
func (c command) parse(words []string) (runner, error) {
	cmd := c.new()
	if run, ok := cmd.(*runCmd); ok && !slices.ContainsFunc(words, func(w string) bool { return len(w) > 1 && w[0] == '-' }) {
		run.Prompt = words
		return cmd, nil
	}
	flags, args := shell.Describe(reflect.TypeOf(cmd).Elem(), nil)
	if len(args) > 0 && args[0].Many {
		words = shell.Permute(words, flags)
	}
	if err := read(cmd, words); err != nil {
		return nil, err
	}
	return cmd, nil
}

// errHelp ends the parsing of a line that asks for help by an -h among other letters.
var errHelp = errors.New("help was asked for")

// read lets kong fill the struct of a command. A file without a name is refused: it is a variable of a script that was not set.
func read(cmd runner, words []string) error {
	parsed, err := kong.Trace(parser(cmd), words)
	if err == nil {
		err = fill(parsed)
	}
	if err != nil {
		return err
	}
	for _, p := range parsed.Path {
		switch {
		case p.Flag != nil && strings.Contains(p.Flag.PlaceHolder, "FILE") && isEmpty(p.Flag.Target):
			return fmt.Errorf("--%s needs the name of a file, and it is empty", p.Flag.Name)
		case p.Positional != nil && p.Positional.Name == "file" && isEmpty(p.Positional.Target):
			return errors.New("the name of the file is empty")
		}
	}
	return nil
}

// fill takes the steps of kong's own Parse, without its hooks: they are looked up by name, and for that the linker keeps each exported
// method of everything that the program holds, a tenth of it.
func fill(parsed *kong.Context) error {
	if parsed.Error != nil {
		return parsed.Error
	}
	if slices.ContainsFunc(parsed.Path, func(p *kong.Path) bool { return p.Flag != nil && p.Flag == parsed.Model.HelpFlag }) {
		return errHelp
	}
	if err := parsed.Reset(); err != nil {
		return err
	}
	if _, err := parsed.Apply(); err != nil {
		return err
	}
	return parsed.Validate()
}

// isEmpty reports a word, or one of several, that is empty.
func isEmpty(v reflect.Value) bool {
	if all, ok := v.Interface().([]string); ok {
		return slices.Contains(all, "")
	}
	return v.Kind() == reflect.String && v.Len() == 0
}

// parser panics for a struct whose tags make no sense, which the first test would see.
func parser(cmd any) *kong.Kong {
	version := struct{ Version bool }{} // asked for before; here it is a near name for what is misspelled
	return kong.Must(cmd,
		kong.Name("hermes"), kong.Embed(&version),
		kong.KindMapper(reflect.String, kong.MapperFunc(asGiven)), kong.KindMapper(reflect.Map, kong.MapperFunc(pairAsGiven)),
		kong.TypeMapper(reflect.TypeFor[oneshot.Fence](), fence{}))
}

// asGiven takes a word byte for byte. kong's own mapper sends it through JSON, which replaces what is not UTF-8.
func asGiven(ctx *kong.DecodeContext, target reflect.Value) error {
	word, err := ctx.Scan.PopValue("string")
	if err == nil {
		target.SetString(word.String())
	}
	return err
}

// fence takes --extract, alone or with a language behind =.
type fence struct{}

// IsBool says that no word behind the flag is its value.
func (fence) IsBool() bool { return true }

// Decode reads the flag.
func (fence) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	f := oneshot.Fence{Wanted: true}
	if ctx.Scan.Peek().Type == kong.FlagValueToken {
		f.Lang = ctx.Scan.Pop().String()
	}
	target.Set(reflect.ValueOf(f))
	return nil
}

// pairAsGiven takes NAME=VALUE byte for byte.
func pairAsGiven(ctx *kong.DecodeContext, target reflect.Value) error {
	word, err := ctx.Scan.PopValue("NAME=VALUE")
	if err != nil {
		return err
	}
	name, value, ok := strings.Cut(word.String(), "=")
	if !ok {
		return fmt.Errorf("%q is not NAME=VALUE", word.String())
	}
	if target.IsNil() {
		target.Set(reflect.MakeMap(target.Type()))
	}
	target.SetMapIndex(reflect.ValueOf(name), reflect.ValueOf(value))
	return nil
}
