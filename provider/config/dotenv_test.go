package config

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// dotenv makes a .env in a fresh folder.
func dotenv(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestLoadEnvForms: what python-dotenv reads, for the file is shared.
func TestLoadEnvForms(t *testing.T) {
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
		if got, err := LoadEnv(dotenv(t, line)); err != nil || got["K"] != want {
			t.Errorf("%q: %q, %v, want %q", line, got["K"], err, want)
		}
	}
}

// TestLoadEnvExpands: ${NAME} as python-dotenv's load_dotenv(override=True), by its rules: the lines above, then the
// variables of the process, then the default; quotes make no difference.
func TestLoadEnvExpands(t *testing.T) {
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
		if got, err := loadEnv(dotenv(t, text), lookup); err != nil || got["K"] != want {
			t.Errorf("%q: %q, %v, want %q", text, got["K"], err, want)
		}
	}
}

// TestLoadEnvNamesTheBadLine, and never what stands in it; the other lines count all the same.
func TestLoadEnvNamesTheBadLine(t *testing.T) {
	t.Parallel()
	for bad, says := range map[string]string{
		"sk-canary":          ".env:3: is not NAME=value",
		"export sk-canary":   ".env:3: is not NAME=value",
		"Q canary":           ".env:3: is not NAME=value",
		"=canary":            ".env:3: is not NAME=value",
		"a canary=1":         ".env:3: is not NAME=value",
		"'Q=canary":          ".env:3: is not NAME=value",
		"'Q'x=canary":        ".env:3: is not NAME=value",
		"''=canary":          ".env:3: is not NAME=value",
		"Q='canary":          ".env:3: Q: a quote is not closed",
		`Q="canary\"`:        ".env:3: Q: a quote is not closed",
		`Q="canary" canary`:  ".env:3: Q: there is text after the closing quote",
		"export =canary":     ".env:3: is not NAME=value",
		"Q=\"canary\nx\" ??": ".env:3: Q: there is text after",
	} {
		got, err := LoadEnv(dotenv(t, "A=1\n\n"+bad+"\nB=2\n"))
		if class(err) != "config" || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "canary") || got["A"] != "1" || got["B"] != "2" {
			t.Errorf("%q: %v, %q", bad, err, got)
		}
	}
	if got, err := LoadEnv(filepath.Join(t.TempDir(), "none")); err != nil || len(got) != 0 {
		t.Errorf("a missing file: %q, %v", got, err)
	}
}

// TestSetEnvChangesOneLine: everything else keeps its bytes.
func TestSetEnvChangesOneLine(t *testing.T) {
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
		path := dotenv(t, tc.before)
		if err := SetEnv(path, "K", tc.value); err != nil || read(t, path) != tc.after {
			t.Errorf("%s: %q, want %q, %v", name, read(t, path), tc.after, err)
		}
		if got, _ := LoadEnv(path); got["K"] != tc.value {
			t.Errorf("%s: read back %q", name, got["K"])
		}
		if removed, err := UnsetEnv(path, "K"); !removed || err != nil || strings.Contains("\n"+strings.ReplaceAll(read(t, path), "export ", ""), "\nK=") {
			t.Errorf("%s: removed %v, %v: %q", name, removed, err, read(t, path))
		}
	}
}

func TestUnsetEnv(t *testing.T) {
	t.Parallel()
	path := dotenv(t, "# c\nexport K=1\nA='x\ny'\nK=2\n")
	if had, err := UnsetEnv(path, "K"); !had || err != nil || read(t, path) != "# c\nA='x\ny'\n" {
		t.Errorf("%v, %v, %q", had, err, read(t, path))
	}
	if had, err := UnsetEnv(path, "K"); had || err != nil {
		t.Errorf("again: %v, %v", had, err)
	}
	path = dotenv(t, "K=1\n")
	if had, err := UnsetEnv(path, "K"); !had || err != nil || read(t, path) != "" {
		t.Errorf("the only line: %v, %v, %q", had, err, read(t, path))
	}
	missing := filepath.Join(t.TempDir(), "none", ".env")
	if had, err := UnsetEnv(missing, "K"); had || err != nil {
		t.Errorf("a missing file: %v, %v", had, err)
	}
	if _, err := os.Stat(filepath.Dir(missing)); err == nil {
		t.Error("its folder was made")
	}
}

func TestSetEnvRefuses(t *testing.T) {
	t.Parallel()
	path := dotenv(t, "A=1\n")
	for _, tc := range [][3]string{
		{"", "v", "not a name"},
		{"1A", "v", "not a name"},
		{"A-B", "v", "not a name"},
		{"Ä", "v", "not a name"},
		{"A=B", "v", "not a name"},
		{"PATH", "v", "changes how programs run"},
		{"Path", "v", "changes how programs run"},
		{"LD_PRELOAD", "v", "changes how programs run"},
		{"HERMES_HOME", "v", "changes how programs run"},
		{"HERMES_YOLO_MODE", "v", "changes how programs run"},
		{"PYTHONPATH", "v", "changes how programs run"},
		{"GIT_SSH_COMMAND", "v", "changes how programs run"},
		{"K", "canary\n", "line break"},
		{"K", "canary\rx", "line break"},
		{"K", "canary\x00", "line break or NUL"},
		{"X_API_KEY", "canary\u200b", "no key has"},
		{"X_TOKEN", "canäry canary", "no key has"},
		{"X_TOKEN", "canary\t", "no key has"},
	} {
		if err := SetEnv(path, tc[0], tc[1]); class(err) != "usage" || !strings.Contains(err.Error(), tc[2]) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s=%q: %v", tc[0], tc[1], err)
		}
	}
	open := dotenv(t, "A=\"\nB=1\n")
	if err := SetEnv(open, "K", "#"); class(err) != "config" || !strings.Contains(err.Error(), ".env:1: the quotes") || read(t, open) != "A=\"\nB=1\n" {
		t.Errorf("an open quote that would swallow it: %v, %q", err, read(t, open))
	}
	for name, value := range map[string]string{"GIT_TOKEN": "x", "HERMES_X_API_KEY": "x", "MINE": "Zoë", "X_BASE_URL": "https://bücher.example"} {
		if err := SetEnv(path, name, value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEnvModeAndLink(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("modes and links of unix")
	}
	folder := t.TempDir()
	fresh := filepath.Join(folder, "home", ".env")
	if err := SetEnv(fresh, "K", "v"); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{fresh: 0o600, filepath.Dir(fresh): 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	real, link := dotenv(t, "K=1\n"), filepath.Join(folder, ".env")
	if err := os.Chmod(real, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	if err := SetEnv(link, "K", "2"); err != nil {
		t.Fatal(err)
	}
	at, err := os.Lstat(link)
	if err != nil || at.Mode()&os.ModeSymlink == 0 || read(t, real) != "K=2\n" {
		t.Errorf("%v, %v, %q", at.Mode(), err, read(t, real))
	}
	if info, _ := os.Stat(real); info.Mode().Perm() != 0o600 {
		t.Errorf("a file with a key keeps the mode %v", info.Mode())
	}
}

// TestParallelSecrets: two writers at once lose nothing, whoever is first.
func TestParallelSecrets(t *testing.T) {
	t.Parallel()
	path := dotenv(t, "# c\nA=1\n")
	var wg sync.WaitGroup
	for name := range strings.SplitSeq("ABCDEFGHIJKLMNOP", "") {
		wg.Go(func() {
			if err := SetEnv(path, name, "v"+name); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := LoadEnv(path)
	if err != nil || len(got) != 16 || got["A"] != "vA" || got["P"] != "vP" {
		t.Errorf("%q, %v", got, err)
	}
}

// FuzzSetEnv: a value is read back as it was set, and every other setting and comment is as it was.
func FuzzSetEnv(f *testing.F) {
	f.Add("# c\r\nexport K='a\r\nb'\r\nA=\"x\\\"\" # d\r\n", "a\"b\\c #'d")
	f.Add("\ufeffA=1\nK='open\nB=2", " x\t")
	f.Fuzz(func(t *testing.T, before, value string) {
		if refusedEnv("K", value) != "" {
			return
		}
		out := setEnv([]byte(before), "K", value)
		if entangled([]byte(before), out, "K", value) > 0 {
			if !strings.ContainsAny(before, `"'`) {
				t.Fatalf("%q: refused in %q", value, before)
			}
			return
		}
		var was, is []string
		for _, e := range scanEnv([]byte(before)) {
			if e.name != "K" {
				was = append(was, e.name+"\x00"+e.value)
			}
		}
		mine := 0
		for _, e := range scanEnv(out) {
			if e.name != "K" {
				is = append(is, e.name+"\x00"+e.value)
			} else if mine++; e.value != value || e.msg != "" {
				t.Fatalf("%q: read back %q (%s) from %q", value, e.value, e.msg, out)
			}
		}
		if mine != 1 || strings.Join(was, "\x01") != strings.Join(is, "\x01") {
			t.Fatalf("%q: %d times, the rest was %q and is %q", out, mine, was, is)
		}
		if again := setEnv(out, "K", value); !strings.Contains(strings.ReplaceAll(before, "\r\n", ""), "\r") && !bytes.Equal(again, out) {
			t.Fatalf("%q: the same again gives %q", out, again)
		}
	})
}
