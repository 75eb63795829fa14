package shell

import (
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// Describe reads the model of a grammar off the struct that its parser reads, by the same tags: cmd (with default for the
// one that needs no name), arg and optional, name, short, placeholder, negatable, enum, group, help and hidden. Embedded
// structs are part of what embeds them. A command whose type has the method Help() string gets it as its Detail.
//
// values are the closed lists of flags and arguments by their names, where the program knows one that no tag says.
func Describe(name string, grammar reflect.Type, values map[string][]string) Command {
	c := Command{Name: name}
	c.read(grammar, values)
	return c
}

func (c *Command) read(t reflect.Type, values map[string][]string) {
	if h, ok := reflect.Zero(t).Interface().(interface{ Help() string }); ok {
		c.Detail = h.Help()
	}
	for f := range t.Fields() {
		_, cmd := f.Tag.Lookup("cmd")
		_, arg := f.Tag.Lookup("arg")
		_, hidden := f.Tag.Lookup("hidden")
		switch {
		case hidden:
		case f.Anonymous:
			c.read(f.Type, values)
		case cmd:
			sub := Describe(nameOf(f), f.Type, values)
			sub.Help, sub.Default = f.Tag.Get("help"), f.Tag.Get("default") != ""
			c.Commands = append(c.Commands, sub)
		case arg:
			_, optional := f.Tag.Lookup("optional")
			all := valuesOf(f, values)
			c.Args = append(c.Args, Arg{Name: nameOf(f), Help: helpOf(f, all), Optional: optional, Many: f.Type.Kind() == reflect.Slice, Values: all})
		default:
			c.Flags = append(c.Flags, flagOf(f, values))
		}
	}
}

func flagOf(f reflect.StructField, values map[string][]string) Flag {
	_, negatable := f.Tag.Lookup("negatable")
	all := valuesOf(f, values)
	x := Flag{
		Long: nameOf(f), Short: f.Tag.Get("short"), Help: helpOf(f, all), Group: f.Tag.Get("group"), Negatable: negatable, Values: all,
	}
	if t := f.Type; t.Kind() != reflect.Bool && !(t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Bool) {
		x.Placeholder = f.Tag.Get("placeholder")
	}
	return x
}

// valuesOf is the closed list of the tag enum, in which the empty string means that nothing was said, else the program's.
func valuesOf(f reflect.StructField, values map[string][]string) []string {
	if enum := f.Tag.Get("enum"); enum != "" {
		return slices.DeleteFunc(strings.Split(enum, ","), func(s string) bool { return s == "" })
	}
	return values[nameOf(f)]
}

func helpOf(f reflect.StructField, values []string) string {
	return strings.ReplaceAll(f.Tag.Get("help"), "${enum}", strings.Join(values, ", "))
}

// nameOf is the tag name, else the field's name in kebab case: CAFile is ca-file.
func nameOf(f reflect.StructField) string {
	if name := f.Tag.Get("name"); name != "" {
		return name
	}
	var b strings.Builder
	runes := []rune(f.Name)
	for i, r := range runes {
		begins := i > 0 && unicode.IsUpper(r) && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if begins {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
