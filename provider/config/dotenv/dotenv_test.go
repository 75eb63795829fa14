package dotenv

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestParseForms: what python-dotenv reads, for the file is shared.
func TestParseForms(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"K=v":                   "v",
		"K = v ":                "v",
		"  K=v":                 "v",
		"export K=v":            "v",
		"export\tK = v":         "v",
		"K=v\r":                 "v",
		"K=":                    "",
		"K= # none":             "",
		"K=#v":                  "#v",
		"K=a#b":                 "a#b",
		"K=a # b":               "a",
		"K=a\t# b":              "a",
		"K=a b c":               "a b c",
		"K=a=b=":                "a=b=",
		"K='a # b' # c":         "a # b",
		`K='it\'s \\ \n'`:       `it's \ \n`,
		`K="a\nb\t\"c\" \\ \'"`: "a\nb\t\"c\" \\ '",
		`K="\q\$"`:              `\q\$`,
		"K=\"a\nb\"":            "a\nb",
		"K='a\r\nb'":            "a\r\nb",
		"K=''":                  "",
		"K=$X":                  "$X",
		"'K' = v":               "v",
		"K=v\nexport X\nX # c":  "v",
		"K=a\nexport K":         "",
		"export":                "",
		"\ufeffK=v":             "v",
		"K=a\nK=b":              "b",
		"# K=a\n\nK=b":          "b",
		"exportK=x\nK=v":        "v",
	} {
		if got, err := Parse([]byte(line), os.LookupEnv); err != nil || got["K"] != want {
			t.Errorf("%q: %q, %v, want %q", line, got["K"], err, want)
		}
	}
}

// TestParseExpands: ${NAME} as python-dotenv's load_dotenv(override=True), by its rules: the lines above, then the
// variables of the process, then the default; quotes make no difference.
func TestParseExpands(t *testing.T) {
	t.Parallel()
	lookup := func(name string) (string, bool) {
		value, ok := map[string]string{"HOST": "outside", "EMPTY": "", "K": "old"}[name]
		return value, ok
	}
	for text, want := range map[string]string{
		"K=${HOST}/v1":                      "outside/v1",
		"HOST=inside\nK=${HOST}":            "inside",
		"K=${HOST}\nHOST=inside":            "outside",
		"K=\"a${HOST}b\"":                   "aoutsideb",
		"K='a${HOST}b'":                     "aoutsideb",
		"K=${NONE}x":                        "x",
		"K=${NONE:-d}x":                     "dx",
		"K=${NONE:-}x":                      "x",
		"K=${NONE:-a:-b}":                   "a:-b",
		"K=${EMPTY:-d}":                     "",
		"HOST\nK=${HOST:-d}":                "",
		"K=${HOST:d}":                       "${HOST:d}",
		"K=${HOST":                          "${HOST",
		"K=${HOST:?x}${HOST}":               "${HOST:?x}outside",
		"K=$HOST $(HOST)":                   "$HOST $(HOST)",
		"K=${K}:new":                        "old:new",
		"K=1\nK=${K}2\nK=${K}3":             "123",
		"A='${HOST}'\nHOST=x\nK=${A}${A:-}": "outsideoutside",
		"B=$\nK=${B}{HOST}":                 "${HOST}",
		"K=${:-$}{HOST}":                    "${HOST}",
	} {
		if got, err := Parse([]byte(text), lookup); err != nil || got["K"] != want {
			t.Errorf("%q: %q, %v, want %q", text, got["K"], err, want)
		}
	}
}

// TestParseNamesTheBadLine, and never what stands in it; the other lines count all the same.
func TestParseNamesTheBadLine(t *testing.T) {
	t.Parallel()
	for bad, says := range map[string]string{
		"sk-canary":          "line 3: is not NAME=value",
		"export sk-canary":   "line 3: is not NAME=value",
		"Q canary":           "line 3: is not NAME=value",
		"=canary":            "line 3: is not NAME=value",
		"a canary=1":         "line 3: is not NAME=value",
		"'Q=canary":          "line 3: is not NAME=value",
		"'Q'x=canary":        "line 3: is not NAME=value",
		"''=canary":          "line 3: is not NAME=value",
		"Q='canary":          "line 3: Q: a quote is not closed",
		`Q="canary\"`:        "line 3: Q: a quote is not closed",
		`Q="canary" canary`:  "line 3: Q: there is text after the closing quote",
		"export =canary":     "line 3: is not NAME=value",
		"Q=\"canary\nx\" ??": "line 3: Q: there is text after",
	} {
		got, err := Parse([]byte("A=1\n\n"+bad+"\nB=2\n"), os.LookupEnv)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "canary") || got["A"] != "1" || got["B"] != "2" {
			t.Errorf("%q: %v, %q", bad, err, got)
		}
	}
}

// TestSetChangesOneLine: everything else keeps its bytes.
func TestSetChangesOneLine(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ before, value, after string }{
		"an empty file":         {"", "v", "K=v\n"},
		"appended":              {"# c\nA=1\n", "v", "# c\nA=1\nK=v\n"},
		"appended to an end":    {"A=1", "v", "A=1\nK=v\n"},
		"appended, crlf":        {"A=1\r\nB=2", "v", "A=1\r\nB=2\r\nK=v\r\n"},
		"replaced":              {"# c\nK=old # mine\nA=1\n", "v", "# c\nK=v\nA=1\n"},
		"replaced at the end":   {"A=1\nK=old", "v", "A=1\nK=v\n"},
		"replaced, crlf":        {"K=old\r\nA=1\r\n", "v", "K=v\r\nA=1\r\n"},
		"replaced, bom":         {"\ufeffK=old\n", "v", "\ufeffK=v\n"},
		"bom alone":             {"\ufeff", "v", "\ufeffK=v\n"},
		"export stays":          {"  export K = old\n", "v", "  export K=v\n"},
		"duplicates go":         {"K=1\nA=x\nexport K=2\n# K=3\nK=4\n", "v", "K=v\nA=x\n# K=3\n"},
		"over lines":            {"K='a\nb'\nA=1\n", "v", "K=v\nA=1\n"},
		"a broken one":          {"K='a\nA=1\n", "v", "K=v\nA=1\n"},
		"a broken other":        {"nonsense\nA='x\nK=1\n", "v", "nonsense\nA='x\nK=v\n"},
		"a name that begins so": {"K_2=1\nXK=2\n", "v", "K_2=1\nXK=2\nK=v\n"},
		"nothing":               {"A=1\n", "", "A=1\nK=\n"},
		"white space":           {"", " a b\t", "K=\" a b\t\"\n"},
		"quotes and hashes":     {"", `a"b\c#d'`, `K="a\"b\\c#d'"` + "\n"},
		"a dollar":              {"", "a$B", "K=\"a$B\"\n"},
		"an address":            {"", "https://h:1/v1?a=b%20c,d@e+f", "K=\"https://h:1/v1?a=b%20c,d@e+f\"\n"},
	} {
		out, err := Set([]byte(tc.before), "K", tc.value)
		if err != nil || string(out) != tc.after {
			t.Errorf("%s: %q, want %q, %v", name, out, tc.after, err)
		}
		if got, _ := Parse(out, os.LookupEnv); got["K"] != tc.value {
			t.Errorf("%s: read back %q", name, got["K"])
		}
		left, had := Unset(out, "K")
		if !had || strings.Contains("\n"+strings.ReplaceAll(string(left), "export ", ""), "\nK=") {
			t.Errorf("%s: removed %v: %q", name, had, left)
		}
	}
}

func TestUnset(t *testing.T) {
	t.Parallel()
	for before, after := range map[string]string{"# c\nexport K=1\nA='x\ny'\nK=2\n": "# c\nA='x\ny'\n", "K=1\n": ""} {
		if out, had := Unset([]byte(before), "K"); !had || out == nil || string(out) != after {
			t.Errorf("%q: %v, %q", before, had, out)
		}
	}
	if out, had := Unset([]byte("A=1\n"), "K"); had || string(out) != "A=1\n" {
		t.Errorf("a name that is not there: %v, %q", had, out)
	}
}

func TestSetRefusesAnOpenQuote(t *testing.T) {
	t.Parallel()
	if out, err := Set([]byte("A=\"\nB=1\n"), "K", "#"); err == nil || !strings.Contains(err.Error(), "line 1: the quotes") {
		t.Errorf("an open quote that would swallow it: %v, %q", err, out)
	}
}

// FuzzSetEnv: a value is read back as it was set, and every other setting and comment is as it was.
func FuzzSetEnv(f *testing.F) {
	f.Add("# c\r\nexport K='a\r\nb'\r\nA=\"x\\\"\" # d\r\n", "a\"b\\c #'d")
	f.Add("\ufeffA=1\nK='open\nB=2", " x\t")
	f.Fuzz(func(t *testing.T, before, value string) {
		if strings.ContainsAny(value, "\n\r\x00") {
			return
		}
		out := set([]byte(before), "K", value)
		if entangled([]byte(before), out, "K", value) > 0 {
			if !strings.ContainsAny(before, `"'`) {
				t.Fatalf("%q: refused in %q", value, before)
			}
			return
		}
		var was, is []string
		for _, e := range scan([]byte(before)) {
			if e.name != "K" {
				was = append(was, e.name+"\x00"+e.value)
			}
		}
		mine := 0
		for _, e := range scan(out) {
			if e.name != "K" {
				is = append(is, e.name+"\x00"+e.value)
			} else if mine++; e.value != value || e.msg != "" {
				t.Fatalf("%q: read back %q (%s) from %q", value, e.value, e.msg, out)
			}
		}
		if mine != 1 || strings.Join(was, "\x01") != strings.Join(is, "\x01") {
			t.Fatalf("%q: %d times, the rest was %q and is %q", out, mine, was, is)
		}
		if again := set(out, "K", value); !strings.Contains(strings.ReplaceAll(before, "\r\n", ""), "\r") && !bytes.Equal(again, out) {
			t.Fatalf("%q: the same again gives %q", out, again)
		}
	})
}
