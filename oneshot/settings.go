package oneshot

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Setting is a flag of a run that has a key in the section oneshot of config.yaml.
type Setting struct {
	Key     string // name in the section, such as top_p
	Type    string // int, float, bool, duration, list, enum, decimal, text (kept with its white space) or string
	Default string // as it is written; "" when there is none
	Help    string
	Values  []string // the words of an enum
	Least   int      // least value of an int

	field []int // of Flags
}

// Settings reads them off the tags of Flags, once. Nobody changes the result.
func Settings() []Setting { return settings() }

var settings = sync.OnceValue(func() []Setting {
	return appendSettings(make([]Setting, 0, 64), reflect.TypeFor[Flags](), nil)
})

// appendSettings appends those of the fields of t, which is found by the index at. Each start comes here: reflect.VisibleFields
// would take three times the memory.
func appendSettings(all []Setting, t reflect.Type, at []int) []Setting {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			all = appendSettings(all, f.Type, append(slices.Clip(at), i))
			continue
		}
		tag, ok := f.Tag.Lookup("setting")
		if !ok {
			continue
		}
		s := Setting{field: append(slices.Clip(at), i), Help: f.Tag.Get("help"), Type: typeOf(f)}
		s.Key, s.Default, _ = strings.Cut(tag, "=")
		s.Least, _ = strconv.Atoi(f.Tag.Get("least"))
		if enum := strings.TrimPrefix(f.Tag.Get("enum"), ","); enum != "" {
			s.Values = strings.Split(enum, ",")
		}
		all = append(all, s)
	}
	return all
}

// typeOf is the type of the field; of a string its placeholder tells more.
func typeOf(f reflect.StructField) string {
	switch f.Type {
	case reflect.TypeFor[*int]():
		return "int"
	case reflect.TypeFor[*float64]():
		return "float"
	case reflect.TypeFor[*bool]():
		return "bool"
	case reflect.TypeFor[*time.Duration]():
		return "duration"
	case reflect.TypeFor[[]string]():
		return "list"
	}
	switch placeholder := f.Tag.Get("placeholder"); {
	case f.Tag.Get("enum") != "":
		return "enum"
	case placeholder == "USD":
		return "decimal"
	case placeholder == "TEXT":
		return "text"
	}
	return "string"
}

// Default fills in what no flag said: from config.yaml, else the default. said holds the section oneshot by key: int,
// float64, bool, time.Duration, string or []string. A flag for the system prompt hides both keys of it.
func (f *Flags) Default(said map[string]any) {
	if f.JSON {
		f.OutputFormat = cmp.Or(f.OutputFormat, "json")
	}
	f.prompted = f.System != "" || f.SystemFile != ""
	flags := reflect.ValueOf(f).Elem()
	for _, s := range Settings() {
		value, ok := said[s.Key]
		if !ok {
			value = s.builtIn()
		}
		place := flags.FieldByIndex(s.field)
		if value == nil || !place.IsZero() || f.prompted && strings.HasPrefix(s.Key, "system") {
			continue
		}
		if place.Kind() == reflect.Pointer {
			place.Set(reflect.New(place.Type().Elem()))
			place = place.Elem()
		}
		place.Set(reflect.ValueOf(value))
	}
}

// builtIn is the default with its type, nil when there is none.
func (s Setting) builtIn() (value any) {
	switch {
	case s.Default == "":
		return nil
	case s.Type == "int":
		value, _ = strconv.Atoi(s.Default)
	case s.Type == "bool":
		value = s.Default == "true"
	case s.Type == "duration":
		value, _ = time.ParseDuration(s.Default)
	default:
		value = s.Default
	}
	return value
}

// Limits are the bounds that the flags set, after Default.
func (f *Flags) Limits() Limits {
	l := Limits{
		Connect: *f.ConnectTimeout, FirstByte: *f.FirstByteTimeout, Idle: *f.IdleTimeout,
		Retries: *f.Retries, MaxCost: f.MaxCost, OverLimit: f.OverLimit,
	}
	if f.Deadline != nil {
		l.Deadline = *f.Deadline
	}
	if f.WaitForQuota != nil {
		l.ForQuota = *f.WaitForQuota
	}
	return l
}
