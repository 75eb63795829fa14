package sandbox

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseFault(t *testing.T) {
	t.Parallel()
	tests := []struct {
		item string
		want fault
	}{
		{"reset", fault{scope: "messages", name: "reset", from: 1}},
		{"status=429", fault{scope: "messages", name: "status", arg: "429", from: 1}},
		{"status=429*2", fault{scope: "messages", name: "status", arg: "429", from: 1, limit: 2}},
		{"status=500@3", fault{scope: "messages", name: "status", arg: "500", from: 3}},
		{"status=500@3*2", fault{scope: "messages", name: "status", arg: "500", from: 3, limit: 2}},
		{"reset*1", fault{scope: "messages", name: "reset", from: 1, limit: 1}},
		{"lost-answer", fault{scope: "token", name: "lost-answer", from: 1}},
		{"wrong-state", fault{scope: "code", name: "wrong-state", from: 1}},
		{"token:status=503", fault{scope: "token", name: "status", arg: "503", from: 1, scoped: true}},
		{"any:slow=10ms", fault{scope: "any", name: "slow", arg: "10ms", from: 1, scoped: true}},
		{"stall", fault{scope: "messages", name: "stall", from: 1}},
		{"stall=3", fault{scope: "messages", name: "stall", arg: "3", from: 1}},
		{"stall=3/2s", fault{scope: "messages", name: "stall", arg: "3/2s", from: 1}},
		{"error=overloaded_error", fault{scope: "messages", name: "error", arg: "overloaded_error", from: 1}},
		{"error=api_error/0", fault{scope: "messages", name: "error", arg: "api_error/0", from: 1}},
		{"drip", fault{scope: "messages", name: "drip", from: 1}},
		{"drip=1ms", fault{scope: "messages", name: "drip", arg: "1ms", from: 1}},
		{"retry-date", fault{scope: "messages", name: "retry-date", from: 1}},
		{"refuse=2s", fault{scope: "messages", name: "refuse", arg: "2s", from: 1}},
		{
			"redirect=http://user@127.0.0.1:9/a*b",
			fault{scope: "messages", name: "redirect", arg: "http://user@127.0.0.1:9/a*b", from: 1},
		},
		{
			"redirect=http://127.0.0.1:9/*3",
			fault{scope: "messages", name: "redirect", arg: "http://127.0.0.1:9/", from: 1, limit: 3},
		},
	}
	for _, test := range tests {
		t.Run(test.item, func(t *testing.T) {
			t.Parallel()
			fs, err := parseFaults(test.item)
			if err != nil {
				t.Fatal(err)
			}
			test.want.text = test.item
			if len(fs) != 1 || fs[0] != test.want {
				t.Errorf("got %+v, want %+v", fs, test.want)
			}
		})
	}
}

func TestParseFaultList(t *testing.T) {
	t.Parallel()
	tests := []struct {
		spec string
		want []string
	}{
		{"", nil},
		{"none", nil},
		{" , ,", nil},
		{"reset", []string{"reset"}},
		{" status=429*2 , retry-after=1", []string{"status", "retry-after"}},
		{"token:lost-answer,cut=5", []string{"lost-answer", "cut"}},
	}
	for _, test := range tests {
		fs, err := parseFaults(test.spec)
		if err != nil {
			t.Errorf("%q: %v", test.spec, err)
			continue
		}
		var got []string
		for _, f := range fs {
			got = append(got, f.name)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%q: got %v, want %v", test.spec, got, test.want)
		}
	}
}

func TestParseFaultErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ item, says string }{
		{"explode", "no fault of the name"},
		{"status", "needs an argument, =CODE"},
		{"status=", "shape =CODE"},
		{"status=99", "shape =CODE"},
		{"status=600", "shape =CODE"},
		{"status=teapot", "shape =CODE"},
		{"status=500*0", "shape =CODE"},
		{"cut=-1", "shape =N"},
		{"cut=1.5", "shape =N"},
		{"big=99999999999", "shape =N"},
		{"reset=1", "takes no argument"},
		{"slow=soon", "shape =D"},
		{"slow=-1s", "shape =D"},
		{"slow=5", "shape =D"},
		{"drip=x", "shape [=D]"},
		{"stall=x", "shape [=N[/D]]"},
		{"stall=1/x", "shape [=N[/D]]"},
		{"error=Overloaded Error", "shape =TYPE[/N]"},
		{"error=", "shape =TYPE[/N]"},
		{"error=api_error/x", "shape =TYPE[/N]"},
		{"redirect=", "shape =URL"},
		{"nowhere:reset", "no fault of the name"},
		{"reset*-1", "no fault of the name"},
	}
	for _, test := range tests {
		_, err := parseFaults("crlf," + test.item)
		if err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), test.item) {
			t.Errorf("%q: got %v, want the item and %q", test.item, err, test.says)
		}
	}
}

func TestFaultArguments(t *testing.T) {
	t.Parallel()
	fs, err := parseFaults("cut=7,stall=3/2s,slow=40ms,reset,drip")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		what      string
		got, want any
	}{
		{"cut", fs.num("cut", -1), 7},
		{"stall, before the slash", fs.num("stall", 0), 3},
		{"absent number", fs.num("big", -1), -1},
		{"number of a fault without argument", fs.num("reset", 9), 9},
		{"slow", fs.dur("slow"), 40 * time.Millisecond},
		{"drip without argument", fs.dur("drip"), time.Duration(0)},
		{"absent duration", fs.dur("slow-token"), time.Duration(0)},
		{"has", fs.has("reset"), true},
		{"has not", fs.has("refuse"), false},
		{"text", fs.text("stall"), "3/2s"},
	}
	for _, test := range tests {
		if test.got != test.want {
			t.Errorf("%s: got %v, want %v", test.what, test.got, test.want)
		}
	}
	if got := fs.names(); !slices.Equal(got, []string{"cut=7", "stall=3/2s", "slow=40ms", "reset", "drip"}) {
		t.Errorf("names: %v", got)
	}
}

func TestFaultScopes(t *testing.T) {
	t.Parallel()
	scopes := []string{"anthropic", "chat", "responses", "gemini", "models", "code", "token"}
	tests := map[string][]string{
		"messages":  {"anthropic", "chat", "responses", "gemini"},
		"anthropic": {"anthropic"},
		"chat":      {"chat"},
		"responses": {"responses"},
		"gemini":    {"gemini"},
		"models":    {"models"},
		"code":      {"code"},
		"token":     {"token"},
		"oauth":     {"code", "token"},
		"any":       scopes,
	}
	for scope, want := range tests {
		fs, err := parseFaults(scope + ":reset")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range scopes {
			if fs[0].meets(s) {
				got = append(got, s)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s meets %v, want %v", scope, got, want)
		}
	}
}

// sampleArg is an argument that each shape of the table takes.
func sampleArg(shape string) string {
	return map[string]string{
		"": "", "=D": "=1ms", "[=D]": "=1ms", "=N": "=1", "=S": "=1", "[=S]": "=1", "=CODE": "=500", "=WORD": "=slow_down",
		"=URL": "=http://127.0.0.1:9/", "[=N[/D]]": "=1/1ms", "=TYPE[/N]": "=api_error/1", "[=TYPE]": "=api_error",
	}[shape]
}

func TestEveryFaultIsDocumentedAndParses(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range Faults() {
		if seen[f.Name] {
			t.Errorf("%s stands twice in the table", f.Name)
		}
		seen[f.Name] = true
		if f.Doc == "" || strings.HasSuffix(f.Doc, ".") || !isScope(f.Scope) {
			t.Errorf("%s: doc %q, scope %q", f.Name, f.Doc, f.Scope)
		}
		item := f.Name + sampleArg(f.Arg)
		if f.Arg != "" && sampleArg(f.Arg) == "" {
			t.Errorf("%s: the test knows no argument of the shape %s", f.Name, f.Arg)
		}
		if _, err := parseFaults(item + "*2"); err != nil {
			t.Errorf("%s: %v", item, err)
		}
		if strings.HasPrefix(f.Arg, "[") || f.Arg == "" {
			if _, err := parseFaults(f.Name); err != nil {
				t.Errorf("%s without argument: %v", f.Name, err)
			}
		}
	}
}

func FuzzParseFaults(f *testing.F) {
	for _, info := range Faults() {
		f.Add(info.Name + sampleArg(info.Arg) + "@2*3")
	}
	f.Add("token:lost-answer*1,any:slow=1ms")
	f.Fuzz(func(t *testing.T, spec string) {
		fs, err := parseFaults(spec)
		if err != nil {
			return
		}
		again, err := parseFaults(strings.Join(fs.names(), ","))
		if err != nil || !slices.Equal(fs, again) {
			t.Errorf("%q: what was understood reads differently the second time: %v, %v, %v", spec, fs, again, err)
		}
	})
}
