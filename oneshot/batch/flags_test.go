package batch

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"hermes/oneshot/class"
)

// TestOptions: what the flags say of a batch, and which make no sense.
func TestOptions(t *testing.T) {
	t.Parallel()
	result := func(jobs int, limit int64, grace time.Duration) (f Flags) {
		f.Jobs, f.Limit, f.Grace = jobs, limit, grace
		return f
	}
	journal := func(merge, again bool) Flags {
		f := result(1, 0, 0)
		f.Journal, f.Merge, f.RetryFailed = "j", merge, again
		return f
	}
	beside := func(change func(*Flags)) Flags {
		f := journal(true, false)
		change(&f)
		return f
	}
	for want, all := range map[string][]Flags{
		"":                              {result(1, 0, 0), result(4, 1, time.Second), journal(true, false), journal(false, true), journal(false, false)},
		"--jobs is at least 1":          {result(0, 0, 0), result(1, -1, 0), result(1, 0, -1)},
		"are about a journal":           {beside(func(f *Flags) { f.Journal = "" }), beside(func(f *Flags) { f.Journal, f.Merge, f.RetryFailed = "", false, true })},
		"--merge asks nothing":          {journal(true, true), beside(func(f *Flags) { f.Shard = "0/2" }), beside(func(f *Flags) { f.Limit = 1 })},
		"--halt-on tired: hermes batch": {beside(func(f *Flags) { f.HaltOn = []string{"billing", "tired"} })},
		"--shard":                       {beside(func(f *Flags) { f.Merge, f.Shard = false, "2/2" })},
	} {
		for _, f := range all {
			_, err := f.Options(func(string) string { return "" })
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: %v, want %s", f, err, want)
			}
		}
	}
	f := result(3, 2, time.Minute)
	f.Model, f.Format, f.Unordered, f.Journal, f.RetryFailed, f.Shard, f.HaltOn = "m", "openai", true, "j", true, "1/2", []string{"billing"}
	want := Options{
		Jobs: 3, Limit: 2, Grace: time.Minute, Model: "m", OpenAI: true, Unordered: true, Journal: "j", RetryFailed: true,
		Shard: Shard{I: 1, N: 2}, HaltOn: []class.Class{class.Billing},
	}
	if o, err := f.Options(os.Getenv); err != nil || !reflect.DeepEqual(o, want) {
		t.Errorf("%+v, %v", o, err)
	}
}

// TestFilesOfFlags: where the rows come from, and that files are found from another folder.
func TestFilesOfFlags(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"": os.Stdin.Name(), "-": os.Stdin.Name(), "flags.go": "flags.go", "gone": ""} {
		f := RowFlags{Requests: name}
		file, err := f.Open(os.Stdin)
		if (err == nil) != (want != "") || err == nil && file.Name() != want {
			t.Errorf("%q: %v", name, err)
		}
		if file != os.Stdin && err == nil {
			file.Close()
		}
	}
	whole, err := filepath.Abs("flags.go")
	if err != nil {
		t.Fatal(err)
	}
	f := RowFlags{Template: "flags.go", OutputSchema: `{"type":"object"}`}
	if f.Absolute(); f.Template != whole || f.OutputSchema != `{"type":"object"}` {
		t.Errorf("%+v", f)
	}
	f = RowFlags{OutputSchema: "flags.go"}
	if f.Absolute(); f.Template != "" || f.OutputSchema != whole {
		t.Errorf("%+v", f)
	}
}
