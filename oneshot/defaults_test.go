package oneshot_test

import (
	"reflect"
	"testing"
	"time"

	"hermes/oneshot"
)

// TestDefault fills every field of Defaults and wants each to show in the flags, and no flag that was given to change.
func TestDefault(t *testing.T) {
	t.Parallel()
	five, yes, half, wait := 5, true, 0.5, 7*time.Second
	d := oneshot.Defaults{
		Retries: &five, SchemaRetries: &five, MaxTokens: &five, ConnectTimeout: &wait, FirstByteTimeout: &wait, IdleTimeout: &wait,
		Deadline: &wait, StdinWait: &wait, Temperature: &half, TopP: &half, ShowThinking: &yes, Atomic: &yes, Quiet: &yes, Fallback: &yes,
		Stop: []string{"x"}, System: "x", SystemFile: "x", CAFile: "x", Reasoning: "low", OutputFormat: "json", Stdin: "never",
		OverLimit: "head", MaxCost: "1",
	}
	elsewhere := map[string]bool{"LockTimeout": true, "UsageLedger": true} // obeyed where the home is opened
	var f oneshot.Flags
	f.Default(d)
	from, to := reflect.ValueOf(d), reflect.ValueOf(f)
	for i := range from.NumField() {
		name := from.Type().Field(i).Name
		if elsewhere[name] {
			continue
		}
		if got, want := to.FieldByName(name).Interface(), from.Field(i).Interface(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	one := 1
	given := oneshot.Flags{Retries: &one, JSON: true, System: "mine"}
	given.Default(d)
	if *given.Retries != 1 || given.OutputFormat != "json" || given.System != "mine" || given.SystemFile != "" {
		t.Errorf("a flag lost: %+v", given)
	}
}

func TestOverheard(t *testing.T) {
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
			if got := oneshot.Overheard(tc.words); !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}
