package oneshot_test

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hermes/oneshot"
)

// TestDefault: each setting shows in its flag, config.yaml before the default, and no flag that was given changes.
func TestDefault(t *testing.T) {
	t.Parallel()
	said := map[string]any{}
	for _, s := range oneshot.Settings() {
		said[s.Key] = map[string]any{
			"int": 5, "float": 0.5, "bool": s.Default != "true", "duration": 7 * time.Second, "list": []string{"x"}, "enum": "x", "decimal": "1", "text": "x", "string": "x",
		}[s.Type]
	}
	var f, standard oneshot.Flags
	f.Default(said)
	standard.Default(nil)
	for _, s := range oneshot.Settings() {
		name := strings.ReplaceAll(s.Key, "_", "")
		field := func(f oneshot.Flags) any {
			v := reflect.ValueOf(f).FieldByNameFunc(func(n string) bool { return strings.EqualFold(n, name) })
			return reflect.Indirect(v).Interface()
		}
		if got := field(f); !reflect.DeepEqual(got, said[s.Key]) {
			t.Errorf("%s of config.yaml: the flag is %v, want %v", s.Key, got, said[s.Key])
		}
		if s.Default == "" {
			continue
		}
		got := strings.TrimSuffix(fmt.Sprint(field(standard)), "m0s")
		if want := map[string]string{"300s": "5", "120s": "2", "60s": "1"}[s.Default]; got != cmp.Or(want, s.Default) {
			t.Errorf("%s: the default is %s, want %s", s.Key, got, s.Default)
		}
	}
	one := 1
	given := oneshot.Flags{JSON: true}
	given.Retries, given.System = &one, "mine"
	given.Default(said)
	if *given.Retries != 1 || given.OutputFormat != "json" || given.System != "mine" || given.SystemFile != "" {
		t.Errorf("a flag lost: %+v", given)
	}
}

// TestSettings: every key has a type, and the enum of its tag.
func TestSettings(t *testing.T) {
	t.Parallel()
	for _, s := range oneshot.Settings() {
		if s.Help == "" || (s.Type == "enum") != (len(s.Values) > 0) || s.Type == "enum" && s.Default != "" && !slices.Contains(s.Values, s.Default) {
			t.Errorf("%+v", s)
		}
	}
}

func TestReportFlags(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		words []string
		want  oneshot.Flags
	}{
		"nothing":       {nil, oneshot.Flags{}},
		"json":          {[]string{"--bogus", "--json"}, oneshot.Flags{JSON: true}},
		"joined":        {[]string{"--events=fd:3", "--output-format=stream-json"}, oneshot.Flags{Events: "fd:3", OutputFormat: "stream-json"}},
		"apart":         {[]string{"--events", "e", "--usage-file", "u"}, oneshot.Flags{Events: "e", UsageFile: "u"}},
		"unknown value": {[]string{"--output-format", "xml"}, oneshot.Flags{}},
		"no value":      {[]string{"--events"}, oneshot.Flags{}},
		"prompt":        {[]string{"--", "--json"}, oneshot.Flags{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := oneshot.ReportFlags(tc.words); !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}
